"""How errors of rates accumulate from layer to layer (Eq. 7, Rueckauer et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..arrays import Array, WeightCache, like
from ..network.graph import INPUT
from ..network.nodes import Population
from ..spiking.snn import SNN
from ..spiking.walk import activations


@dataclass(frozen=True)
class Errors:
    """The error of a population's rates, each `(batch, *features)`, in units of its scale.

    The three parts add up to `total`, whatever the weights. Eq. 7 has the first two: it is right where the unit's
    pre-activation is positive. For a negative one `rectified` cancels what has piled up in the potential.
    """

    total: Array  # rate less the ANN's activation
    inherited: Array  # Σ W · (total of the layer below): what came in wrong
    own: Array  # −ΔV = −(V(t) − V(0)) / t: what is left in the potential (of a saturated neuron, what is clipped)
    rectified: Array  # min(0, A): what the ReLU cuts off


def errors(snn: SNN, x: Array, **settings: Any) -> dict[str, Errors]:
    """Simulate a batch and split the error of every population's rates into its parts (Eq. 7, Rueckauer et al. 2017).

    Parameters
    ----------
    snn
        A network that `snnref.rate.convert` returned.
    x : array `(batch, *input_shape)`
        Input of the simulation.
    **settings
        Options of `Rate` that are replaced for this call.

    Returns
    -------
    dict of Errors
        The errors of each population by its name, each `(batch, *features)`, in units of the population's scale.

    Raises
    ------
    ValueError
        If a population has other units than ReLUs; for the reset "zero", which discards charge that no potential
        remembers; for a clamp, since layers then measure their rates over different times; and for bias spikes, since a
        rate times a weight is then not all that a neuron receives.
    """
    trace = snn.simulate(x, **settings)
    code = trace.code
    if code.reset != "subtract" or code.bias != "current" or code.clamp:
        raise ValueError(
            f"errors: got reset {code.reset!r}, bias {code.bias!r} and clamp {code.clamp}, "
            "expected 'subtract', 'current' and 0"
        )
    nodes = WeightCache(snn.nodes).like(x)
    ann = activations(nodes, x / like(snn.scales[INPUT], x))
    wrong = {name: train.value() - ann[name] for name, train in trace.trains.items()}
    found = {}
    for name, node in nodes.items():
        if isinstance(node, Population):
            if node.activation is None or node.activation.kind != "relu":
                raise ValueError(f"errors: population {name!r} is no ReLU, expected ReLUs only")
            pre_activation = node.input.drive(ann) + like(node.input.bias, x)
            found[name] = Errors(
                total=wrong[name],
                inherited=node.input.drive(wrong),
                own=(code.initial - trace.potentials[name][-1]) / code.steps,
                rectified=pre_activation * (pre_activation < 0),
            )
    return found
