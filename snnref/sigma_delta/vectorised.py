"""The neurons of one layer on all spikes that they receive, in NumPy: the engine where there is no compiler.

Neurons of a layer do not receive from each other, and nothing happens to one that an event does not reach. So all of
them, in all samples, are followed at the same time, each at its own pace: the first spike that each receives, then the
second, …

A neuron that follows its potential r ≥ 0 can only rest between two levels, which r alone decides: after each event the
count is moved into this interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from ..network.synapses import Synapses
from .quantisers import rounded

PARALLEL = False  # threads would wait for each other
BLOCK = 2**20  # synapses whose events are handled at the same time
Sent = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # (samples + 1,) ends; neuron, sign, event that caused it


def rest(quantiser: str, *, strict: bool) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The lowest and the highest count with which a neuron of potential r is content."""
    if quantiser == "hysteresis":
        return (lambda r: (np.ceil(r) - 1, np.floor(r) + 1)) if strict else (lambda r: (np.floor(r), np.ceil(r)))
    return (lambda r: (np.floor(r),) * 2) if quantiser == "floor" else (lambda r: (rounded(r),) * 2)


def population(
    synapses: Synapses,
    bias: np.ndarray,
    ends: np.ndarray,
    neuron: np.ndarray,
    sign: np.ndarray,
    *,
    quantiser: str,
    rule: str,
    strict: bool,
    settle: bool,
    keep: bool,
) -> Sent:
    """What a layer sends on hearing `neuron`, `sign`; the events of sample i are those from ends[i] to ends[i + 1].

    `keep` : the samples go on where the one before ended. What is sent at reset is caused by event −1.
    """
    between, one = rest(quantiser, strict=strict), quantiser == "hysteresis" and rule == "one"

    def moved(n: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        to = np.minimum(np.maximum(n, low), high)
        return np.minimum(np.maximum(to, n - 1), n + 1) if one else to

    log, resets = Log(ends, len(bias)), 1 if keep else len(ends) - 1
    v, n = np.tile(bias, resets), np.zeros(resets * len(bias))
    if settle:
        n = moved(n, *between(np.maximum(v, 0)))
        log.at_reset(n)
    for turns in hearings(synapses, ends, neuron, receivers=len(bias), keep=keep):
        path = synapses.weights[turns.synapse] * sign[turns.event]
        path[turns.first] += v[turns.receiver]
        for before, now in turns.steps:
            path[now] += path[before]
        v[turns.receiver] = path[turns.last]
        low, high = between(np.maximum(path, 0))
        counts = low  # each is read once, then written
        counts[turns.first] = moved(n[turns.receiver], low[turns.first], high[turns.first])
        for before, now in turns.steps:
            counts[now] = moved(counts[before], low[now], high[now])
        log.add(turns, counts, n)
    return log.unrolled()


def max_pool(
    lies_in: Synapses, holds: Synapses, ends: np.ndarray, neuron: np.ndarray, sign: np.ndarray, *, keep: bool
) -> Sent:
    """What a pool sends, so that its counts are the largest of each window."""
    windows, sizes = len(holds.starts) - 1, np.diff(holds.starts)
    seat = np.arange(len(holds.targets)) - np.repeat(holds.starts[:-1], sizes)  # of a neuron in a window
    seat = seat[np.lexsort((np.repeat(np.arange(windows), sizes), holds.targets))]  # in the order of `lies_in`
    log, resets = Log(ends, windows), 1 if keep else len(ends) - 1
    incoming, n = np.full((int(sizes.max()), resets * windows), 0.0), np.zeros(resets * windows)
    for turns in hearings(lies_in, ends, neuron, receivers=windows, keep=keep):
        own, largest = incoming[:, turns.receiver], np.empty(len(turns.event))
        for now in turns.each:
            count = now.stop - now.start
            own[seat[turns.synapse[now]], np.arange(count)] += sign[turns.event[now]]
            largest[now] = own[:, :count].max(axis=0)
        incoming[:, turns.receiver] = own
        log.add(turns, largest, n)
    return log.unrolled()


@dataclass(frozen=True, eq=False)
class Turns:
    """What some receivers get, turn by turn: in each turn at most one event each.

    Those that receive the most come first in every turn, so that the receivers of a turn lead those of the turn before.
    """

    receiver: np.ndarray  # (receivers,)
    last: np.ndarray  # (receivers,): where the last that each receives stands
    begins: list[int]  # (turns + 1,)
    synapse: np.ndarray  # (events,): through which it comes
    event: np.ndarray  # (events,)

    @property
    def first(self) -> slice:
        """The first turn."""
        return slice(self.begins[1])

    @cached_property
    def each(self) -> list[slice]:
        return [slice(begin, end) for begin, end in pairwise(self.begins)]

    @cached_property
    def steps(self) -> list[tuple[slice, slice]]:
        """Each turn but the first, behind what its receivers got in the turn before."""
        turns = zip(self.begins, self.begins[1:], self.begins[2:], strict=False)
        return [(slice(before, before + end - begin), slice(begin, end)) for before, begin, end in turns]

    def before(self, values: np.ndarray, at_first: np.ndarray) -> np.ndarray:
        """(events,): the values of a receiver's turn before."""
        sizes = np.diff(self.begins)
        earlier = np.arange(self.begins[1], self.begins[-1]) - np.repeat(sizes[:-1], sizes[1:])
        return np.concatenate([at_first, values[earlier]])


def hearings(
    synapses: Synapses, ends: np.ndarray, neuron: np.ndarray, *, receivers: int, keep: bool
) -> Iterator[Turns]:
    """A block of events after the other. Listeners of all samples are numbered on, unless the samples are one film."""
    events = np.arange(ends[0], ends[-1])
    sample = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    begins, counts = synapses.starts[neuron[events]], np.diff(synapses.starts)[neuron[events]]
    block = np.cumsum(counts) // BLOCK
    for part in np.split(np.arange(len(events)), np.flatnonzero(np.diff(block)) + 1):
        count = counts[part]
        synapse = np.arange(count.sum()) + np.repeat(begins[part] - np.cumsum(count) + count, count)
        receiver = synapses.targets[synapse] + np.repeat(0 * part if keep else sample[part] * receivers, count)
        if len(receiver):
            yield _turns(receiver, synapse, np.repeat(events[part], count))


def _turns(receiver: np.ndarray, synapse: np.ndarray, event: np.ndarray) -> Turns:
    """From what is received, in the order of events."""
    order = np.argsort(receiver.astype(np.min_scalar_type(int(receiver.max()))), kind="stable")  # fast for small types
    receiver = receiver[order]
    first = np.flatnonzero(np.append(True, receiver[1:] != receiver[:-1]))
    counts = np.diff(np.append(first, len(receiver)))
    turn = np.arange(len(receiver)) - np.repeat(first, counts)
    begins = np.append(0, np.cumsum(np.bincount(turn)))
    most = np.argsort(-counts, kind="stable")
    rank = np.empty_like(most)
    rank[most] = np.arange(len(most))
    place = np.empty_like(order)
    place[begins[turn] + np.repeat(rank, counts)] = order
    last = begins[counts[most] - 1] + np.arange(len(most))
    return Turns(receiver[first[most]], last, begins.tolist(), synapse[place], event[place])


@dataclass
class Log:
    """Who changes its count by how much, and why."""

    ends: np.ndarray
    size: int  # receivers of one sample
    found: list[tuple[np.ndarray, ...]] = field(default_factory=list)  # sample, event, receiver, change

    def at_reset(self, n: np.ndarray) -> None:
        (at,) = np.nonzero(n)
        self.found.append((at // self.size, np.full(len(at), -1), at % self.size, n[at]))

    def add(self, turns: Turns, counts: np.ndarray, n: np.ndarray) -> None:
        """What changes in some turns; n, the counts of all receivers before them, is brought up to date."""
        changes = counts - turns.before(counts, n[turns.receiver])
        n[turns.receiver] = counts[turns.last]
        (at,) = np.nonzero(changes)
        rank = at - np.array(turns.begins)[np.searchsorted(turns.begins, at, side="right") - 1]
        event = turns.event[at]
        sample = np.searchsorted(self.ends, event, side="right") - 1
        self.found.append((sample, event, turns.receiver[rank] % self.size, changes[at]))

    def unrolled(self) -> Sent:
        """One row a spike, sample by sample, in the order of events; those of one receiver together."""
        samples = len(self.ends) - 1
        if not self.found:
            none = np.zeros(0, int)
            return np.zeros(samples + 1, int), none, none, none
        sample, event, receiver, change = map(np.concatenate, zip(*self.found, strict=True))
        order = np.lexsort((receiver, event, sample))
        times = np.abs(change[order]).astype(int)
        spikes = np.bincount(sample, np.abs(change), minlength=samples).astype(int)
        neuron, sign, cause = (np.repeat(a[order], times) for a in (receiver, np.sign(change).astype(int), event))
        return np.append(0, np.cumsum(spikes)), neuron, sign, cause
