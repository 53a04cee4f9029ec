"""What flows from node to node.

A method defines trains of its own where these do not say what it sends (its module `trains`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

import numpy as np

from ..arrays import Array, namespace, to_numpy

Events = tuple[np.ndarray, np.ndarray, np.ndarray]  # time, neuron (flat index), sign


class Train(Protocol):
    """What every train answers. One that arrives in chunks of time is put together with `then(later)` too."""

    def count(self) -> Array:
        """`(batch, *features)`: how many spikes each neuron sends."""

    def value(self) -> Array:
        """`(batch, *features)`: what they stand for, in units of the node's scale."""

    def events(self, sample: int) -> Events:
        """Times, neurons and signs of one sample's spikes."""

    def counted(self) -> Train:
        """The train without the times of its spikes, where that saves memory."""


@dataclass(frozen=True)
class Analog:
    """A constant current: it has a value at every time and no spike."""

    batch_axes: ClassVar = {"values": 0}
    values: Array  # (batch, *features)

    def at(self, step: int) -> Array:
        return self.values

    def window(self) -> Array:
        """`(1, batch, *features)`: broadcasts over any number of steps."""
        return self.values[None]

    def count(self) -> Array:
        return namespace(self.values).zeros_like(self.values)

    def value(self) -> Array:
        return self.values

    def events(self, sample: int) -> Events:
        none = np.zeros(0, int)
        return none, none, none

    def counted(self) -> Analog:
        return self

    def then(self, later: Analog) -> Analog:
        return self


@dataclass(frozen=True)
class Clocked:
    """Spikes on a clock: 0 or 1 for every step, or −1 too if `signed`."""

    batch_axes: ClassVar = {"spikes": 1, "potentials": 1, "known": 0}
    spikes: Array  # (steps, batch, *features)
    potentials: Array | None = None  # same shape, after the spike; kept by `simulate`
    signed: bool = False
    start: int = 0  # the neurons were held for so many steps: their rates are measured from there
    known: Array | None = None  # the number of spikes, where it was counted already

    def at(self, step: int) -> Array:
        return self.spikes[step]

    def window(self) -> Array:
        return self.spikes

    def count(self) -> Array:
        if self.known is not None:
            return self.known
        xp = namespace(self.spikes)
        return xp.sum(xp.abs(self.spikes) if self.signed else self.spikes, axis=0)

    def value(self) -> Array:
        """Rates: spikes per step, those of −1 taken off."""
        return self.counted().value()

    def events(self, sample: int) -> Events:
        flat = to_numpy(self.spikes[:, sample]).reshape(self.spikes.shape[0], -1)
        time, neuron = np.nonzero(flat)
        return time, neuron, flat[time, neuron].astype(int)

    def counted(self) -> Counted:
        sums = namespace(self.spikes).sum(self.spikes, axis=0) if self.signed else None
        return Counted(self.count(), self.spikes.shape[0], sums, self.start)

    def then(self, later: Clocked) -> Clocked:
        return replace(self, spikes=namespace(self.spikes).concat([self.spikes, later.spikes], axis=0), known=None)


@dataclass(frozen=True)
class Counted:
    """Spikes of which only the number was kept."""

    batch_axes: ClassVar = {"counts": 0, "sums": 0}
    counts: Array  # (batch, *features)
    steps: int
    sums: Array | None = None  # those of −1 taken off, where there are any
    start: int = 0  # as of `Clocked`

    def count(self) -> Array:
        return self.counts

    def value(self) -> Array:
        return (self.counts if self.sums is None else self.sums) / max(1, self.steps - self.start)

    def events(self, sample: int) -> Events:
        raise ValueError("only spike counts were kept; call run(x, record=True) or simulate(x) to keep the times")

    def counted(self) -> Counted:
        return self

    def then(self, later: Counted) -> Counted:
        sums = None if self.sums is None else self.sums + later.sums
        return Counted(self.counts + later.counts, self.steps + later.steps, sums, self.start)


@dataclass(frozen=True)
class Readings:
    """What the readout would answer if it were read at each step; its spikes, if it sends any, go nowhere."""

    batch_axes: ClassVar = {"over_time": 1, "potentials": 1}
    over_time: Array  # (steps, batch, classes)
    final: bool = False  # the answer itself: neither in units of a scale nor in want of a softmax
    potentials: Array | None = None  # same shape; of equal readings the one with the higher potential wins
    latency: Array | None = None  # (batch,): when the answer was complete, where that depends on the sample

    def count(self) -> Array:
        return namespace(self.over_time).zeros_like(self.over_time[-1])

    def value(self) -> Array:
        return self.over_time[-1]

    def events(self, sample: int) -> Events:
        none = np.zeros(0, int)
        return none, none, none

    def counted(self) -> Readings:
        return self

    def then(self, later: Readings) -> Readings:
        both = [(self.over_time, later.over_time), (self.potentials, later.potentials)]
        over_time, potentials = (a if a is None else namespace(a).concat([a, b], axis=0) for a, b in both)
        return replace(self, over_time=over_time, potentials=potentials)


def concatenate(trains: Sequence[Any]) -> Any:
    """The trains of parts of a batch, as one. `batch_axes` names the axis of the samples in each array of a train."""
    first = trains[0]
    if len(trains) == 1:
        return first
    arrays = {
        name: namespace(getattr(first, name)).concat([getattr(train, name) for train in trains], axis=axis)
        for name, axis in first.batch_axes.items()
        if getattr(first, name) is not None
    }
    return replace(first, **arrays)
