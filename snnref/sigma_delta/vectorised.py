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
Change = tuple[np.ndarray, np.ndarray, int]  # neurons, by how much their counts change, the event that caused it
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


def max_pool(
    lies_in: Synapses, holds: Synapses, ends: np.ndarray, neuron: np.ndarray, sign: np.ndarray, *, keep: bool
) -> Sent:
    """What a pool sends, so that its counts are the largest of each window."""
    sent: list[Change] = []
    counts = []
    for sample, (begin, end) in enumerate(pairwise(ends)):
        if sample == 0 or not keep:
            heard, n = np.zeros(len(lies_in.starts) - 1), np.zeros(len(holds.starts) - 1)
        for event in range(begin, end):
            heard[neuron[event]] += sign[event]
            windows = lies_in.targets[lies_in.of(neuron[event])]
            largest = np.array([heard[holds.targets[holds.of(window)]].max() for window in windows])
            change = largest - n[windows]
            if change.any():
                n[windows] = largest
                moved = np.flatnonzero(change)
                sent.append((windows[moved], change[moved], event))
        counts.append(len(sent))
    return _unrolled(sent, counts)


def _unrolled(sent: list[Change], counts: list[int]) -> Sent:
    """One row a spike; those of one neuron together."""
    if not sent:
        none = np.zeros(0, int)
        return np.zeros(len(counts) + 1, int), none, none, none
    times = [np.abs(change).astype(int) for _, change, _ in sent]
    neuron, sign = (
        np.repeat(np.concatenate(a), np.concatenate(times))
        for a in ([r for r, _, _ in sent], [np.sign(c) for _, c, _ in sent])
    )
    spikes = np.array([t.sum() for t in times])
    cause = np.repeat([event for _, _, event in sent], spikes)
    return np.append(0, np.cumsum(spikes))[[0, *counts]], neuron, sign.astype(int), cause
