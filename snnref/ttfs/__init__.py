"""Two-stage time to first spike (Lopez-Randulfe et al. 2022): a value is the time of one spike, the larger the earlier.

=========  ==============================  ==========================================
paper      name in code                    unit
=========  ==============================  ==========================================
t_max      t_max                           time steps: the length of each window
x_max      scales                          activation
t(x)       first_spike, times              time steps since the window's beginning
(none)     lead = t_max − times            time steps before the window's end
u_i(t)     u, potentials                   a weight times a step (`Trace`: thresholds)
u_th       threshold, `thresholds()`       the same; t_max after `normalise`
I_ext      current = u_th / t_max          the same, per step
W⁺         up, in `bound`                  activation
=========  ==============================  ==========================================

Read `encoding` (Eq. 1), `stepwise` (the two stages, Eqs. 2-4), `bound` (Eq. 5), `scales` and `convert` (how u_th is
chosen), `schedule` (the pipeline), then `closed` (the same spikes, faster).

Departures from the paper, and choices where it is silent:

- Time is in whole steps. The crossing of the threshold then comes ⌈·⌉ late, so that values are half a step too small
  on average; by default neurons begin the spiking stage with half a step's charge (`half_step`), and the input is
  rounded likewise.
- A spike counts from its own step on, so that one at step t brings its weight t_max − t times.
- A bias is a constant current in the silent stage: as of a neuron of value x_max that fires at 0. Eq. 5 then needs b.
- Eq. 5 sums the positive weights of a neuron. It is evaluated for each neuron from the x_max of each of its sources,
  which may differ; the largest of the layer (or of each channel) is taken.
- "Empirically" (the paper on its thresholds) is a search for the least mean square of what each population says wrong,
  layer by layer, given what the layers below say.
- The last layer answers by its earliest spike, of equals by the first; where the paper's ReLU on the output is missing,
  neurons below 0 stay silent just as well. Its potential is offered too. All classes have one threshold: otherwise
  their times could not be compared.
- A max-pool lets the earliest spike of its window pass; that takes no time.
- Spikes that skip a window (residual connections, concatenations of branches of unequal depth) wait in delay lines,
  which `schedule` counts.
"""

from . import check
from .advice import advice
from .bound import bound
from .convert import convert
from .encoding import first_spike
from .explain import explain
from .neuron_updates import neuron_updates
from .options import COMPARED, EXPRESSES, TTFS
from .scales import error, quantised, thresholds
from .schedule import Schedule, schedule
from .stepwise import silent_stage, spiking_stage, two_stages

OPTIONS = TTFS

__all__ = [
    "COMPARED",
    "EXPRESSES",
    "OPTIONS",
    "TTFS",
    "Schedule",
    "advice",
    "bound",
    "check",
    "convert",
    "error",
    "explain",
    "first_spike",
    "neuron_updates",
    "quantised",
    "schedule",
    "silent_stage",
    "spiking_stage",
    "thresholds",
    "two_stages",
]
