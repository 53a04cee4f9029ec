"""AMOS (Stöckl & Maass 2019): a small circuit of neurons in the place of each ANN gate, every neuron with at most one
spike; any activation function, with fixed delays, and a new image at every step.

=========  ==================================  =======================================================
paper      name in code                        unit
=========  ==================================  =======================================================
K          K                                   gates of a unit; of ReLU units, bits
x, x′      inputs of a `Unit`                  activation; after `normalise`, of ReLU and products, α
z_i        spikes, `gates`                     1 or 0
T_i        T                                   as x
c_i, c′_i  c[0, i], c[1, i]                    none
h_ij       h[i, j]                             as x
H_i        in `Unit.potential`                 as x
d_i        d, `worth` of a train               activation, in units of the node's scale
w          weights of projections              none
α          alpha, scales                       activation
=========  ==================================  =======================================================

Read `unit` (Eqs. 2-7), `converters` (section 1.2: the ReLU unit), `search`, `fit` and `trained` (all other functions;
`gradient_descent` has the paper's own way), `stepwise` (the pipeline), `pooling`, `scales` and `convert`, `schedule`
(latency, throughput, reuse), `costs` (Tables 1 to 3), then `closed` and `staircase` (the same spikes, faster).

Departures from the paper, and choices where it is silent:

- The ReLU unit is in units of α 2⁻ᴷ in the paper; here α is its scale, and T_j = d_j = h_ij = 2⁻ʲ.
- It rounds down, as in the paper; `half_step` rounds to the nearest step.
- One α for the whole network is the paper's (`per="network"`); by default each population has its own. The paper does
  not say how α is chosen: here from calibration data.
- Pixels come as spikes of ReLU units, or as currents; the paper does not say how.
- A gate fires in the step after the last gate that inhibits it. In the paper's units that is one after the other;
  gates that do not inhibit each other fire together (`steps`: the shallow variants of section 1.5; maxima; products).
- The product is that of two squares, (x + y)² / 4 and (x − y)² / 4, each of half the gates. Inhibition between the
  halves is 0; it counts as parameters all the same (940, Table 3).
- Units are found by a search (CMA-ES) from structured starts with least squares for d, since descent with the paper's
  pseudo-derivative stops early. c is 1 in those of one input: scaling a gate changes nothing.
- Max-pooling is by units for the maximum of two; the paper's networks have average pooling.
- The range of an input is that of training; the paper gives none, so that its errors cannot be compared.
- Residual connections wait in delay lines, which `schedule` counts.
"""

from . import check, trained
from .advice import advice
from .convert import EXPRESSES, convert
from .converters import maximum, ramp, relu
from .costs import Size, counted, size
from .explain import explain
from .fit import error, fit, product
from .neuron_updates import neuron_updates
from .options import AMOS, COMPARED
from .schedule import Schedule, schedule
from .staircase import staircases
from .trained import unit as load_unit
from .unit import Unit

OPTIONS = AMOS

__all__ = [
    "AMOS",
    "COMPARED",
    "EXPRESSES",
    "OPTIONS",
    "Schedule",
    "Size",
    "Unit",
    "advice",
    "check",
    "convert",
    "counted",
    "error",
    "explain",
    "fit",
    "load_unit",
    "maximum",
    "neuron_updates",
    "product",
    "ramp",
    "relu",
    "schedule",
    "size",
    "staircases",
    "trained",
]
