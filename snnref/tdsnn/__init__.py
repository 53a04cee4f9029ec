"""TDSNN (Zhang et al. 2019): reverse coding, where every neuron fires once, the later the larger its value; and the
ticking neuron that makes it fire.

=========  =================================  ==================================================
paper      name in code                       unit
=========  =================================  ==================================================
L          leak                               time steps
T(x)       spike_time, `lag` of a train       time steps since the window's beginning
G(x)       staircase, `sent` of a train       a weight, as one spike at step 0 brings it
A          drive                              activation, in units of the node's scale
P, V       potentials                         a weight
θ          threshold, `h` times exp(−T_il/L)  the same; 0 in the paper after Eq. 6
ω_tick     tick_weight, tick                  a weight
T_il       end                                time steps since the inhibitory period's beginning
T_o        lag                                time steps since the release
T_m        latest, in `pooling`               time steps
ω_k, N     1, inputs, in `pooling`            a weight; inputs of a pooling window
=========  =================================  ==================================================

Read `layers.reverse_coding` (T and G, Eqs. 3, 10, 11), `ticking` (Eqs. 6, 7, 9), `stepwise` (the two periods, Eqs. 4
and 5),
`pooling` (Eqs. 12-14), `convert` and `adjust` (what the bias neuron makes up for; Fig. 2), `retrain`, `schedule`
(Fig. 3), `costs` (Tables 2, 3), then `closed` (the same spikes, faster).

Departures from the paper, and choices where it is silent:

- The first tick comes a step after the release. With the sum of Eq. 5, which begins at t = 0, Eqs. 6, 7 and 10 would
  not follow.
- The threshold is a multiple h of exp(−T_il / L), so that it means the same whatever T_il is; h < 1, or the ticks never
  reach it (a condition that Eq. 6 leaves out). A negative one rounds times to the nearest step (`half_step`).
- T_il covers the bias neuron's spike too. By default it is the last spike of each sample; a fixed one covers the
  calibration data, and whoever would fire later is made to fire at the end.
- A neuron fires when it comes within a small `slack` of its threshold (2⁻³⁰ of x + 1; 2⁻¹⁶ in single precision): where
  weights cancel, as after a fold where nothing arrives, rounding errors would else take a whole step.
- Without retraining, the 1 in G(x) ≈ x + 1 is taken off the biases ("fold"), for each neuron by the sum of the weights
  that reach it.
- Padding contributes nothing: no neuron is there. Σ W is smaller at borders then, which the fold respects.
- Average pooling, batch normalisation and the joints of residual connections and concatenations belong to the synapses
  behind them: they have no neurons of their own. G stands before the chain.
- Retraining: the gradient of ⌈·⌉ goes straight through; biases begin at b − Σ W; the bias neuron's weight is the
  trained bias over G(1). What the pixel value 1 is encoded as is the `unit`.
- Max-pooling is the simple construction (threshold N, no leak, no ticks); where a window is cut by the border, N is
  what it sees. The ticking one is impossible for real layers; `pooling` says when.
- The last layer is read by its potential; where a network ends with a ReLU, by what its spikes bring.
"""

from . import check
from .adjust import adjust, adjustment
from .advice import advice
from .convert import convert
from .costs import Costs, ann_costs, costs, counted, hardware_costs, table_costs
from .explain import explain
from .neuron_updates import neuron_updates
from .options import COMPARED, EXPRESSES, TDSNN, half_step
from .pooling import feasible, shared_leak, tick_bounds, ticking_pool
from .retrain import retrain
from .schedule import Schedule, schedule
from .stepwise import active_period, inhibitory_period
from .ticking import firing_time, tick_weight

OPTIONS = TDSNN

__all__ = [
    "COMPARED",
    "EXPRESSES",
    "OPTIONS",
    "TDSNN",
    "Costs",
    "Schedule",
    "active_period",
    "adjust",
    "adjustment",
    "advice",
    "ann_costs",
    "check",
    "convert",
    "costs",
    "counted",
    "explain",
    "feasible",
    "firing_time",
    "half_step",
    "hardware_costs",
    "inhibitory_period",
    "neuron_updates",
    "retrain",
    "schedule",
    "shared_leak",
    "table_costs",
    "tick_bounds",
    "tick_weight",
    "ticking_pool",
]
