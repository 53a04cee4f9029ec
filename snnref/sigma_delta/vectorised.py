"""The neurons of one layer on all they hear, in NumPy: the engine where there is no compiler.

A neuron that follows its potential r ≥ 0 can only rest between two levels, which r alone decides: after each event the
count is moved into this interval.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from ..synapses import Synapses
from .quantisers import rounded

PARALLEL = False  # threads would wait for each other
MANY = 2**16  # entries of a matrix that a cache holds
Between = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]  # potentials -> the counts between which they rest
Change = tuple[
    np.ndarray, np.ndarray, np.ndarray | int
]  # neurons, by how much their counts change, and the cause
Sent = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # (samples + 1,) ends; neuron, sign, event that caused it


def rest(quantiser: str, *, strict: bool) -> Between:
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
    if settle and not one and _close(synapses, len(bias)):
        return _settled(_matrix(synapses, len(bias)), bias, ends, neuron, sign, between=between, keep=keep)
    sent: list[Change] = []
    counts = []
    every = np.arange(len(bias))

    def charge(reached: np.ndarray, amount: np.ndarray | float, cause: int) -> None:
        v[reached] += amount
        low, high = between(np.maximum(v[reached], 0))
        change = np.clip(n[reached], low, high) - n[reached]
        if change.any():
            change = np.clip(change, -1, 1) if one else change
            n[reached] += change
            moved = np.flatnonzero(change)
            sent.append((reached[moved], change[moved], cause))

    for sample, (begin, end) in enumerate(pairwise(ends)):
        if sample == 0 or not keep:
            v, n = bias.copy(), np.zeros(len(bias))
            if settle:
                charge(every, 0.0, -1)
        for event in range(begin, end):
            reached = synapses.of(neuron[event])
            charge(synapses.targets[reached], synapses.weights[reached] * sign[event], event)
        counts.append(len(sent))
    return _unrolled(sent, counts)


def _close(synapses: Synapses, neurons: int) -> bool:
    """Whether an event reaches a tenth of the neurons or more, and a matrix of all synapses is small."""
    entries = (len(synapses.starts) - 1) * neurons
    return entries <= 16 * MANY and 10 * len(synapses.targets) >= entries


def _matrix(synapses: Synapses, neurons: int) -> np.ndarray:
    weights = np.zeros((len(synapses.starts) - 1, neurons))
    weights[np.repeat(np.arange(len(weights)), np.diff(synapses.starts)), synapses.targets] = synapses.weights
    return weights


def _settled(
    weights: np.ndarray,
    bias: np.ndarray,
    ends: np.ndarray,
    neuron: np.ndarray,
    sign: np.ndarray,
    *,
    between: Between,
    keep: bool,
) -> Sent:
    """The same, several times faster, where all neurons are content after each event: potentials are then the sums of
    a block of events, and each count is moved no further than it must."""
    sent: list[Change] = []
    counts = []
    size = max(1, MANY // len(bias))
    for sample, (begin, end) in enumerate(pairwise(ends)):
        if sample == 0 or not keep:
            v = bias
            n = np.clip(np.zeros(len(bias)), *between(np.maximum(v, 0)))
            (moved,) = np.nonzero(n)
            sent.append((moved, n[moved], -1))
        for start in range(begin, end, size):
            events = slice(start, min(start + size, end))
            r = weights[neuron[events]] * sign[events, None]
            r[0] += v
            v = np.cumsum(r, axis=0, out=r)[-1].copy()
            low, high = between(np.maximum(r, 0, out=r))
            path = np.empty((len(r) + 1, len(n)))
            path[0] = n
            for before, least, most, after in zip(path, low, high, path[1:], strict=False):
                np.maximum(np.minimum(before, most, out=after), least, out=after)
            n = path[-1]
            change = np.diff(path, axis=0).ravel()
            (places,) = np.nonzero(change.astype(bool))
            event, moved = np.divmod(places, len(n))
            sent.append((moved, change[places], start + event))
        counts.append(len(sent))
    return _unrolled(sent, counts)


def max_pool(
    lies_in: Synapses, holds: Synapses, ends: np.ndarray, neuron: np.ndarray, sign: np.ndarray, *, keep: bool
) -> Sent:
    """What a pool sends, so that its counts are the largest of each window."""
    windows = [lies_in.targets[lies_in.of(source)].tolist() for source in range(len(lies_in.starts) - 1)]
    members = [holds.targets[holds.of(window)].tolist() for window in range(len(holds.starts) - 1)]
    sent: list[Change] = []
    counts = []
    for sample, (begin, end) in enumerate(pairwise(ends)):
        if sample == 0 or not keep:
            heard, n = [0] * len(windows), [0] * len(members)  # lists, since windows are small
        found = []
        for event, source, change in zip(
            range(begin, end), neuron[begin:end].tolist(), sign[begin:end].tolist(), strict=True
        ):
            heard[source] += change
            for window in windows[source]:
                largest = max([heard[member] for member in members[window]])
                if largest != n[window]:
                    found.append((window, largest - n[window], event))
                    n[window] = largest
        window, change, cause = np.array(found, int).reshape(-1, 3).T
        sent.append((window, change, cause))
        counts.append(len(sent))
    return _unrolled(sent, counts)


def _unrolled(sent: list[Change], counts: list[int]) -> Sent:
    """One row a spike; those of one neuron together. `counts` : how many changes there are up to the end of each
    sample."""
    none = np.zeros(0, int)
    neuron, change = (np.concatenate([none, *column]) for column in ([n for n, _, _ in sent], [c for _, c, _ in sent]))
    cause = np.concatenate([none, *(np.broadcast_to(event, len(n)) for n, _, event in sent)])
    times = np.abs(change).astype(int)
    rows = np.append(0, np.cumsum([len(n) for n, _, _ in sent], dtype=int))[[0, *counts]]
    ends = np.append(0, np.cumsum(times))[rows]
    neuron, sign, cause = (np.repeat(column, times) for column in (neuron, np.sign(change), cause))
    return ends, neuron, sign.astype(int), cause
