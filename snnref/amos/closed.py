"""AMOS by closed forms: what a unit says is a staircase of its input. `run` walks this, as fast whatever K is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import add

import numpy as np

from ..arrays import Array, like, namespace
from ..arrays.conversion import BLOCK
from ..arrays.elementwise import take
from ..layers import Conv, Dense
from ..network.graph import INPUT
from ..network.nodes import Input, MaxPool, Population, Readout, Sum
from ..spiking.snn import SinglePass
from ..spiking.trains import Analog, Readings
from .options import AMOS
from .staircase import Staircase, staircases
from .trains import Fired, Planes
from .unit import Unit


@dataclass(frozen=True)
class LazyPlanes(Planes):
    """Spikes of which the units' inputs are known; they are worked out when they are needed."""

    unit: Unit = field(repr=False)
    stairs: tuple[Staircase, ...] = field(repr=False)
    inputs: tuple[Array, ...] = field(repr=False)  # (batch, *features) each
    bits: bool = False  # whether it is the maximum of values that its unit says exactly

    @property
    def worth(self) -> np.ndarray:  # type: ignore[override]
        return self.unit.d

    @property
    def step(self) -> np.ndarray:  # type: ignore[override]
        return self.unit.step

    @cached_property
    def places(self) -> list[Array]:
        """On which stretch of each staircase the inputs lie."""
        return [stairs.place(stairs.seen(self.inputs)) for stairs in self.stairs]

    @cached_property
    def spikes(self) -> Array:
        fires = {
            gate: take(like(stairs.fires[:, n], place), place)
            for stairs, place in zip(self.stairs, self.places, strict=True)
            for n, gate in enumerate(stairs.gates.tolist())
        }
        return namespace(*fires.values()).stack([fires[i] for i in range(self.unit.K)])

    def weighed(self, weights: np.ndarray) -> Array:
        both = zip(self.stairs, self.places, strict=True)
        return reduce(add, (take(like(stairs.fires @ weights[stairs.gates], place), place) for stairs, place in both))

    def value(self) -> Array:
        return self._value

    @cached_property
    def _value(self) -> Array:
        if self.bits:
            return namespace(*self.inputs).maximum(*self.inputs)
        return reduce(add, (stairs.say(stairs.seen(self.inputs)) for stairs in self.stairs))


@dataclass(frozen=True)
class Closed(SinglePass, AMOS):
    """The ReLU unit is ⌊x 2ᴷ⌋ 2⁻ᴷ between 0 and 1 − 2⁻ᴷ; any other is a table of its steps."""

    def encode(self, x: Array) -> Analog | Planes:
        self.check(x, "input")
        unit = self.unit(Input(INPUT, x.shape[1:]))
        return Analog(x) if unit is None else unit_spikes(unit, x)

    def population(self, node: Population, trains: Mapping[str, Analog | Planes]) -> Planes:
        unit = self.unit(node)
        assert unit is not None
        values = {name: train.value() for name, train in trains.items()}
        bits = unit is self.maxima and all(map(self._exact, trains.values()))
        return unit_spikes(unit, *(_sum(term, values) for term in node.inputs), bits=bits)

    def _exact(self, train: Analog | Planes) -> bool:
        """Whether the units for maxima say these values exactly: those of the ReLU units, and maxima of such."""
        return isinstance(train, LazyPlanes) and (train.bits or train.unit is self.relu)

    def max_pool(self, node: MaxPool, train: Planes) -> Planes:
        raise TypeError(f"max-pool {node.name!r}: expected maxima of two; convert makes them")

    def readout(self, node: Readout, trains: Mapping[str, Analog | Planes]) -> Readings:
        if not self._record:
            return Readings(_sum(node.input, {name: train.value() for name, train in trains.items()})[None])
        last = {name: int(train.step.max()) for name, train in trains.items() if isinstance(train, Planes)}
        after = [
            _sum(
                node.input,
                {k: trains[k].until(last[k] - left) if k in last else trains[k].value() for k in trains},  # type: ignore[union-attr]
            )
            for left in range(max(last.values(), default=0), -1, -1)
        ]
        return Readings(namespace(*after).stack(after))


def _sum(term: Sum, values: Mapping[str, Array]) -> Array:
    drive = term.drive(values)
    if getattr(term.bias, "ndim", 0) == 0 and float(term.bias) == 0:  # as for pools
        return drive
    if len(term.projections) > 1 or any(isinstance(m, Conv | Dense) for m in term.projections[0].maps):
        drive += term.bias  # the array is not shared
        return drive
    return drive + term.bias


def unit_spikes(unit: Unit, *x: Array, bits: bool = False) -> Planes:
    """What units make of their inputs, `(batch, *features)` each."""
    stairs = staircases(unit)
    if stairs is None:
        return Fired(gates_one_by_one(unit, *x), unit.d, unit.step)
    return LazyPlanes(unit, stairs, x, bits)


def gates_one_by_one(unit: Unit, *x: Array) -> Array:
    """`(K, …)`: the gates of a unit that has no staircase, block by block. Each gate that fires takes h_ij off all that
    come after it at once."""
    xp = namespace(*x)
    flat = [xp.reshape(value, (-1,)) for value in x]
    size, out = max(1, BLOCK // unit.K // 8), []
    for start in range(0, flat[0].shape[0], size):
        block = xp.stack([value[start : start + size] for value in flat])
        v = xp.tensordot(like(unit.c.T, block), block, axes=1) - like(unit.T[:, None], block)
        for i in range(unit.K):
            v[i, ...] = xp.astype(v[i, ...] >= 0, v.dtype)
            v[i + 1 :, ...] -= like(unit.h[i + 1 :, i, None], v) * v[i, ...]
        out.append(v)
    return xp.reshape(xp.concat(out, axis=1), (unit.K, *x[0].shape))
