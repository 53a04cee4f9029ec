"""What flows from node to node.

Every train answers `count()` (spikes of each neuron), `value()` (what they stand for, in units of the
node's scale) and `events(sample)` (time, neuron, sign). A train that arrives in chunks of time is put
together with `then`; `counted()` forgets when the spikes came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from .arrays import Array, like, namespace, to_numpy
from .reverse import growth

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
    """Spikes on a clock: 0 or 1 for every step, or −1 too if `signed`."""

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
class Timed:
    """At most one spike a neuron, at a time that stands for the value: the earlier, the larger.

    Times are steps of the window in which the node may fire.
    """

    lead: Array  # (batch, *features): how many steps before the end of the window the spike comes; 0: there is none
    end: int  # length of the window
    potentials: Array | None = None  # (steps, batch, *features), of the node's windows; kept by `simulate`

    @property
    def times(self) -> Array:
        """`(batch, *features)`: the step of each spike; `end` where there is none."""
        return self.end - self.lead

    def count(self) -> Array:
        return namespace(self.lead).astype(self.lead > 0, self.lead.dtype)

    def value(self) -> Array:
        """1 for a spike at step 0, and less by one share of the window for each step later."""
        return self.lead / self.end

    def events(self, sample: int) -> Events:
        times = to_numpy(self.times)[sample].reshape(-1)
        (fired,) = np.nonzero(times < self.end)
        fired = fired[np.argsort(times[fired], kind="stable")]
        return times[fired].astype(int), fired, np.ones(len(fired), int)

    def counted(self) -> Timed:
        return self  # its times take no more room than counts


class Reversed:
    """Exactly one spike a neuron: the larger the value, the later, by reverse coding (Zhang et al. 2019).

    Times are steps of the window in which the node fires.
    """

    lag: Array  # (batch, *features): how many steps after the beginning of the window the spike comes
    leak: float  # L

    @cached_property
    def sent(self) -> Array:
        """What each spike brings to a weight of 1, compared with one at step 0: G = exp(lag / L)."""
        return growth(self.lag, leak=self.leak)

    def count(self) -> Array:
        return namespace(self.lag).ones_like(self.lag)

    def value(self) -> Array:
        return self.sent - 1

    def events(self, sample: int) -> Events:
        times = to_numpy(self.lag)[sample].reshape(-1)
        order = np.argsort(times, kind="stable")
        return times[order].astype(int), order, np.ones(len(order), int)

    def counted(self) -> Reversed:
        return self  # its times take no more room than counts


@dataclass(frozen=True)
class Late(Reversed):
    """Such spikes, with their times."""

    lag: Array
    last: Array  # (batch,): length of the window: all have fired by then
    begin: Array  # (batch,): when the window begins, in steps since the input's began
    leak: float
    potentials: Array | None = None  # (steps, batch, *features), of both periods; kept by `simulate`


class Planes:
    """At most one spike of each of the K gates that stand for one value (Stöckl & Maass 2019)."""

    spikes: Array  # (K, batch, *features): 1 where a gate fires
    worth: np.ndarray  # (K,): d, what the spike of each gate stands for
    step: np.ndarray  # (K,): in which step of the node's window each gate fires, if it does

    def weighed(self, weights: np.ndarray) -> Array:
        """`(batch, *features)`: the sum of a weight `(K,)` over the gates that fire."""
        sent = like(weights, self.spikes)
        return namespace(sent).tensordot(sent, self.spikes, axes=1)

    def count(self) -> Array:
        return self.weighed(np.ones(len(self.step)))

    def value(self) -> Array:
        """Σ d z (Eq. 5, Stöckl & Maass 2019)."""
        return self.weighed(self.worth)

    def until(self, step: int) -> Array:
        """The part of the value that has been sent once a step is over."""
        return self.weighed(self.worth * (self.step <= step))

    def events(self, sample: int) -> Events:
        """A neuron is told by the value that it stands for, in which it is one of K."""
        flat = to_numpy(self.spikes[:, sample]).reshape(len(self.step), -1)
        gate, neuron = np.nonzero(flat)
        order = np.lexsort((neuron, gate, self.step[gate]))
        return self.step[gate][order], neuron[order], np.ones(len(order), int)

    def counted(self) -> Planes:
        return self


@dataclass(frozen=True)
class Fired(Planes):
    """Such spikes, one by one."""

    spikes: Array
    worth: np.ndarray
    step: np.ndarray
    potentials: Array | None = None  # as spikes: what a gate has above its threshold; kept by `simulate`


# One event: when it was sent, since the sample was first shown; the input spike that caused it, by its place in the
# sample, −1: the reset; the neuron's flat index; 1 or −1.
EVENT = np.dtype([("time", float), ("wave", np.int32), ("neuron", np.int32), ("sign", np.int8)], align=True)


@dataclass(frozen=True)
class Stream:
    """Signed spikes in the order in which they are sent, sample by sample; a neuron says how many more there were of
    +1 than of −1. There is no clock."""

    log: np.ndarray  # (events,), of EVENT
    ends: np.ndarray  # (batch + 1,): those of sample i are the events from ends[i] to ends[i + 1]
    shape: tuple[int, ...]  # features
    kind: Array  # any array of the kind that counts and values are given as
    keep: bool = False  # each sample goes on where the one before ended
    potentials: Array | None = None  # (points, batch, *features): at the times of the readings; kept by `simulate`

    def count(self) -> Array:
        return like(self._sums(None), self.kind)

    def value(self) -> Array:
        """Spikes, those of −1 taken off; with `keep`, those of the samples before too."""
        sums = self._sums(self.log["sign"])
        return like(sums.cumsum(axis=0) if self.keep else sums, self.kind)

    def events(self, sample: int) -> Events:
        own = self.of(range(len(self.ends) - 1)[sample])
        return own["time"], own["neuron"], own["sign"].astype(int)

    def of(self, sample: int) -> np.ndarray:
        """The events of one sample."""
        return self.log[self.ends[sample] : self.ends[sample + 1]]

    def between(self, since: float, until: float) -> Stream:
        """The events after one time and not after the other. Raises ValueError with `keep`: the samples before would
        be cut too."""
        if self.keep:
            raise ValueError("the events of a film (keep=True) cannot be cut at a time of each frame")
        kept = (self.log["time"] > since) & (self.log["time"] <= until)
        return replace(self, log=self.log[kept], ends=np.append(0, np.cumsum(kept))[self.ends])

    def counted(self) -> Counted:
        return Counted(self.count(), 0, self.value())

    def then(self, later: Stream) -> Stream:
        """The events of both, sample by sample."""
        order = np.argsort(np.concatenate([self.samples(), later.samples()]), kind="stable")
        return replace(self, log=np.concatenate([self.log, later.log])[order], ends=self.ends + later.ends)

    def samples(self) -> np.ndarray:
        """`(events,)`: the sample of each."""
        return np.repeat(np.arange(len(self.ends) - 1), np.diff(self.ends))

    def derived(self, logs: Sequence[np.ndarray], shape: tuple[int, ...], *, potentials: Any = None) -> Stream:
        """The train of another node on the same samples, from its events in each of them."""
        ends = np.append(0, np.cumsum([len(log) for log in logs]))
        return Stream(np.concatenate(logs), ends, shape, self.kind, self.keep, potentials)

    def _sums(self, weights: np.ndarray | None) -> np.ndarray:
        batch, n = len(self.ends) - 1, prod(self.shape)
        sums = np.bincount(self.samples() * n + self.log["neuron"], weights, minlength=batch * n)
        return sums.reshape(batch, *self.shape)


@dataclass(frozen=True)
class Readings:
    """What the readout would answer if it were asked at each step; nobody receives its spikes, if it sends any."""

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


Train = Analog | Clocked | Counted | Planes | Timed | Reversed | Stream | Readings

# Along which axis the samples of a batch lie in each array of a train.
BATCH = {"values": 0, "spikes": 1, "potentials": 1, "known": 0, "counts": 0, "sums": 0, "lead": 0, "over_time": 1}


def beside(trains: Sequence[Any]) -> Any:
    """The trains of parts of a batch, as one."""
    first = trains[0]
    if len(trains) == 1:
        return first
    arrays = {
        name: namespace(getattr(first, name)).concat([getattr(train, name) for train in trains], axis=axis)
        for name, axis in BATCH.items()
        if getattr(first, name, None) is not None
    }
    return replace(first, **arrays)
