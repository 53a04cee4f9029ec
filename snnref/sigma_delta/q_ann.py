"""The quantised ANN: what a spiking network with direct quantisers ends at, without a single spike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..arrays import Array, Placed, check_input, like, namespace
from ..graph import INPUT, READOUT
from ..nodes import MaxPool, Population, Readout
from ..trains import Analog, Readings
from ..walk import SNN, walk
from .options import SigmaDelta

ROUNDINGS = ("floor", "round")


def q_ann(snn: SNN, x: Array, *, rounding: str = "floor") -> Array:
    """`(batch, classes)`: the outputs of the network with the same weights, the activations quantised directly with the
    same levels, the input as the spikes say it (Q-ANN, Table I, Yousefzadeh et al. 2019).

    rounding : of activations to whole levels: "floor", or "round" to the nearest; the outputs are not rounded
    """
    if not isinstance(snn, SNN) or snn.stepwise.method != SigmaDelta.method:
        raise TypeError(f"snn: got {str(snn)[:60]}, expected what snnref.sigma_delta.convert returns")
    if rounding not in ROUNDINGS:
        raise ValueError(f"rounding: got {rounding!r}, expected one of {', '.join(map(repr, ROUNDINGS))}")
    check_input(x, snn.nodes[INPUT].shape)
    said = snn.stepwise.encode(x / like(snn.scales[INPUT], x)).value()
    trains = walk(Placed(snn.nodes).like(x), Quantised(rounding), said)
    return trains[READOUT].value() * like(snn.scales[READOUT], x)


@dataclass(frozen=True)
class Quantised:
    """The ANN's units, rounded to whole levels."""

    rounding: str

    def encode(self, x: Array) -> Analog:
        return Analog(x)

    def population(self, node: Population, trains: Mapping[str, Analog]) -> Analog:
        v = self._drive(node, trains)
        v = v * (v > 0)
        below = namespace(v).floor(v)
        return Analog(below if self.rounding == "floor" else below + like(v - below >= 0.5, v))

    def max_pool(self, node: MaxPool, train: Analog) -> Analog:
        return Analog(node.window(train.values))

    def readout(self, node: Readout, trains: Mapping[str, Analog]) -> Readings:
        return Readings(self._drive(node, trains)[None])

    def _drive(self, node: Population | Readout, trains: Mapping[str, Any]) -> Array:
        v = node.input.drive({k: train.values for k, train in trains.items()})
        return v + like(node.input.bias, v)
