"""The quantised ANN: what a spiking network with direct quantisers ends at, without a single spike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..arrays import Array, WeightCache, check_input, like, namespace
from ..network.graph import INPUT, READOUT
from ..network.nodes import Population, Readout
from ..spiking.snn import SNN
from ..spiking.trains import Analog, Readings
from ..spiking.walk import ANN, walk
from .options import SigmaDelta

ROUNDINGS = ("floor", "round")


def q_ann(snn: SNN, x: Array, *, rounding: str = "floor") -> Array:
    """Run the quantised ANN on what the input spikes stand for (Q-ANN, Table I, Yousefzadeh et al. 2019).

    It has the same weights, and its activations are quantised directly with the same levels.

    Parameters
    ----------
    snn
        A network that `snnref.sigma_delta.convert` returned.
    x : array `(batch, *input_shape)`
        Images, none below 0.
    rounding
        How activations are rounded to whole levels: "floor", or "round" to the nearest. The outputs are not rounded.

    Returns
    -------
    array `(batch, classes)`
        The outputs, in units of the activation; where the network ends with a softmax, its inputs.

    Raises
    ------
    TypeError
        If another method converted the network.
    ValueError
        If the rounding is unknown, or the images do not fit.
    """
    if not isinstance(snn, SNN) or snn.stepwise.method != SigmaDelta.method:
        raise TypeError(f"snn: got {str(snn)[:60]}, expected what snnref.sigma_delta.convert returns")
    if rounding not in ROUNDINGS:
        raise ValueError(f"rounding: got {rounding!r}, expected one of {', '.join(map(repr, ROUNDINGS))}")
    check_input(x, snn.nodes[INPUT].shape)
    said = snn.stepwise.encode(x / like(snn.scales[INPUT], x)).value()
    trains = walk(WeightCache(snn.nodes).like(x), Quantised(rounding), said)
    return trains[READOUT].value() * like(snn.scales[READOUT], x)


@dataclass(frozen=True)
class Quantised(ANN):
    """The ANN's units, rounded to whole levels."""

    rounding: str

    def population(self, node: Population, trains: Mapping[str, Analog]) -> Analog:
        a = super().population(node, trains).values
        below = namespace(a).floor(a)
        return Analog(below if self.rounding == "floor" else below + like(a - below >= 0.5, a))

    def readout(self, node: Readout, trains: Mapping[str, Analog]) -> Readings:
        return super().readout(replace(node, function=None), trains)
