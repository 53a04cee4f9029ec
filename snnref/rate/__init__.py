"""Rate coding (Rueckauer et al. 2017, Front. Neurosci. 11:682): a value is a firing rate.

=========  =====================  ==========================================
paper      here                   unit
=========  =====================  ==========================================
T          steps                  time steps
V_thr      1 (after `normalise`)  the node's scale λ
V_i(t)     v, potentials          thresholds
Θ_t,i      spike, spikes          0 or 1 in a step
z_i(t)     z                      thresholds per step
N_i(t)     count()                spikes
r_i(t)     value()                spikes per step, so r_max = 1
λ          scales                 activation
=========  =====================  ==========================================

Read `encoding` (the input, section 2.2.4), `stepwise` (the neuron, Eqs. 2-4), `convert` (normalisation, section
2.2.2), then `closed` (the same spikes, faster).

Departures from the paper, and choices where it is silent:

- Eq. 5b is printed with the activation a; it holds with the pre-activation A = z/θ, and then for every sign.
- The percentile of normalisation is that of the non-zero activations, as Fig. 1 plots them; "all" is offered too.
- A residual sum or a concatenation needs no common λ: each projection is rescaled from its own source's.
- Max-pooling lets a spike through whenever the largest spike count of the window rises, so that what comes out
  is the maximum at every step. The paper's gates, which follow an estimated rate and are not exact, are options;
  where it is silent, the estimate includes the step itself, and of equals the first in the window wins.
- The readout has no threshold: its potential over time answers, not a spike count (the paper's softmax variant iii).
- Input as "regular" spikes is this package's own; it and "poisson" need pixels in [0, 1].
- Spikes of a step reach the next layer within the same step; the paper does not say.
"""

from . import check
from .advice import ADVICE
from .convert import convert
from .errors import Errors, errors
from .explain import explain
from .options import Rate
from .scales import choose_scales, choose_thresholds
from .stepwise import integrate_and_fire

__all__ = [
    "ADVICE",
    "Errors",
    "Rate",
    "check",
    "choose_scales",
    "choose_thresholds",
    "convert",
    "errors",
    "explain",
    "integrate_and_fire",
]
