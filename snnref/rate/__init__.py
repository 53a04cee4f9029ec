"""Rate coding (Rueckauer et al. 2017, Front. Neurosci. 11:682): a value is a firing rate.

=========  =======================  ==========================================
paper      name in code             unit
=========  =======================  ==========================================
T          steps                    time steps
V_thr      1 (after `normalise`)    the node's scale λ
V_i(t)     v, potentials            thresholds
Θ_t,i      spike, spikes            0 or 1 (or −1) in a step
z_i(t)     z                        thresholds per step
V_i(0)     initial                  thresholds
A          `z`, if it is constant   thresholds per step: the pre-activation
N_i(t)     count()                  spikes
r_i(t)     value()                  spikes per step, so r_max = 1
λ          scales                   activation
d, N(l)    clamp, `held`            time steps per layer, time steps
ΔV         own, in `errors`         spikes per step
=========  =======================  ==========================================

Read `encoding` (the input, section 2.2.4), `stepwise` (the neuron, Eqs. 2-4; pooling, 2.2.6), `scales` and `convert`
(normalisation, 2.2.2), `softmax` (the output, 2.2.5), `errors` (Eq. 7), then `closed` (the same spikes, faster).

Departures from the paper, and choices where it is silent:

- Eq. 5b is printed with the activation a; it holds with the pre-activation A = z/θ, and then for every sign. For Eq. 7
  the same: what the ReLU of a silent unit cuts off is a term of its own.
- The percentile of normalisation is that of the non-zero activations, as Fig. 1 plots them; "all" is offered too.
- A residual sum or a concatenation needs no common λ: each projection is rescaled from its own source's.
- Max-pooling lets a spike through whenever the largest spike count of the window rises, so that what comes out
  is the maximum at every step. The paper's gates, which follow an estimated rate and are not exact, are options;
  where it is silent, the estimate includes the step itself, and of equals the first in the window wins.
- By default the last layer has no threshold, and its potential answers (the paper's softmax variant iii; it prefers
  ii). In i and ii the potentials are those since the beginning, in thresholds, and nothing resets them; in i who fires
  is drawn, as in Nessler et al. (2009).
- Input as "regular" spikes is this package's own; it and "poisson" need pixels in [−1, 1]. Bias spikes come evenly
  spaced, of as many external neurons as a bias above 1 needs.
- A clamp holds step N(l) too, the readout is clamped as one layer more, and rates are measured over the time after it.
- A binary unit's spike stands for 1; its threshold is what all but a tenth of a percent of the pre-activations reach.
"""

from . import check
from .advice import advice
from .convert import convert
from .errors import Errors, errors
from .explain import explain
from .neuron_updates import neuron_updates
from .options import COMPARED, EXPRESSES, Rate
from .scales import choose_scales, choose_thresholds
from .stepwise import integrate_and_fire

OPTIONS = Rate

__all__ = [
    "COMPARED",
    "EXPRESSES",
    "OPTIONS",
    "Errors",
    "Rate",
    "advice",
    "check",
    "choose_scales",
    "choose_thresholds",
    "convert",
    "errors",
    "explain",
    "integrate_and_fire",
    "neuron_updates",
]
