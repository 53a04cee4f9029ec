"""Hysteresis sigma-delta (Yousefzadeh et al. 2019): neurons send the changes of their quantised activation, at no
clock.

=============  ==========================  ==============================================
paper          name in code                unit
=============  ==========================  ==============================================
Vmem           v, potentials               activation (`Trace`: thresholds)
Vmem_q         n times the threshold       the same; n is the signed count of spikes
threshold (1)  threshold, θ, `scales`      activation; 1 after `normalise`
Diff           ReLU(v) − n                 thresholds
W · Sign       charge                      activation (`Trace`: thresholds)
TU             times, `delay`, `latency`   time units: a 1-bit frame takes 1 − 0.2
=============  ==========================  ==============================================

Read `encoding` (pixels to delays), `quantisers` (Eq. 1), `stepwise` (Eqs. 2 and 3, Algorithm 1, the queue of events),
`scales` and `convert` (θ), `q_ann` (the baseline), then `closed`, `hearing` and one of the engines, `vectorised` or
`compiled` (the same spikes, faster).

Departures from the paper, and choices where it is silent:

- Eq. 1 fires beyond a difference of θ, Algorithm 1 at it. The algorithm is the default (`strict=False`): otherwise a
  neuron whose potential fell below 0 never takes its last spike back.
- Comparisons are of the potential with n ± 1, which is exact, not of a difference, which would be rounded.
- One spike for each that comes in (`rule` "one") is the algorithm; then V_q does not always follow V as the text says.
  "settled" fires until it does.
- A neuron with a bias of θ or more would wait for its first event; by default all neurons compare once at reset
  (`settle`).
- The order of events is the wave order: by time of arrival, then by the input spike that caused them, then by the place
  of their source in the graph, then as sent. On chains that is first in, first out. A neuron's repeated spikes come
  together. A `delay` can be put between neurons.
- A max-pool sends the changes of the largest count in its window; it takes no time.
- Pixels are quantised to one bit (`levels` for more); equal ones fire in the order of their index. The training may
  have seen grey images or not: the paper does not say.
- The last layer are neurons like all others. Of equal counts the highest potential wins, and `Run.ties` tells.
- Absolute thresholds depend on how large activations happen to be; `percentile` makes them relative.
- Films (`keep`) are ours: nothing is reset between frames, and only what changes is sent.
"""

from . import check
from .advice import advice
from .convert import convert
from .encoding import intensity_to_delay
from .explain import explain
from .neuron_updates import neuron_updates
from .options import COMPARED, EXPRESSES, SigmaDelta
from .q_ann import q_ann
from .quantisers import follow, hysteresis
from .stepwise import neuron

OPTIONS = SigmaDelta

__all__ = [
    "COMPARED",
    "EXPRESSES",
    "OPTIONS",
    "SigmaDelta",
    "advice",
    "check",
    "convert",
    "explain",
    "follow",
    "hysteresis",
    "intensity_to_delay",
    "neuron",
    "neuron_updates",
    "q_ann",
]
