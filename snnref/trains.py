"""What flows from node to node.

Every train answers `count()` (spikes of each neuron), `value()` (what they stand for, in units of the
node's scale) and `events(sample)` (time, neuron, sign). A train that arrives in chunks of time is put
together with `then`; `counted()` forgets when the spikes came.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Array, namespace, to_numpy

Events = tuple[np.ndarray, np.ndarray, np.ndarray]  # time, neuron (flat index), sign


@dataclass(frozen=True)
class Analog:
    """A constant current: it has a value at every time and no spike."""

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
    """Spikes on a clock: 0, 1 (or −1) for every step."""

    spikes: Array  # (steps, batch, *features)
    potentials: Array | None = None  # same shape, after the spike; kept by `simulate`

    def at(self, step: int) -> Array:
        return self.spikes[step]

    def window(self) -> Array:
        return self.spikes

    def count(self) -> Array:
        return namespace(self.spikes).sum(self.spikes, axis=0)

    def value(self) -> Array:
        """Rates: spikes per step."""
        return self.count() / self.spikes.shape[0]

    def events(self, sample: int) -> Events:
        flat = to_numpy(self.spikes[:, sample]).reshape(self.spikes.shape[0], -1)
        time, neuron = np.nonzero(flat)
        return time, neuron, flat[time, neuron].astype(int)

    def counted(self) -> Counted:
        return Counted(self.count(), self.spikes.shape[0])

    def then(self, later: Clocked) -> Clocked:
        return Clocked(namespace(self.spikes).concat([self.spikes, later.spikes], axis=0))


@dataclass(frozen=True)
class Counted:
    """Spikes of which only the number was kept."""

    counts: Array  # (batch, *features)
    steps: int

    def count(self) -> Array:
        return self.counts

    def value(self) -> Array:
        return self.counts / self.steps

    def events(self, sample: int) -> Events:
        raise ValueError("only spike counts were kept; call run(x, record=True) or simulate(x) to keep the times")

    def counted(self) -> Counted:
        return self

    def then(self, later: Counted) -> Counted:
        return Counted(self.counts + later.counts, self.steps + later.steps)


@dataclass(frozen=True)
class Readings:
    """What the readout would answer if it were asked at each step; it sends no spike."""

    over_time: Array  # (steps, batch, classes)

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
        return Readings(namespace(self.over_time).concat([self.over_time, later.over_time], axis=0))


Train = Analog | Clocked | Counted | Readings
