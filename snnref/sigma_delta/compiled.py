"""The neurons of one layer on all spikes that they receive, compiled by Numba (extra `fast`): the engine for data sets.

Each event is two loops. The first charges the neurons that it reaches and notes those that have passed one of their two
thresholds, without a branch; the second lets these few fire.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from ..network.synapses import Synapses
from .vectorised import Sent

PARALLEL = True
# By how much the potential must rise above a neuron's count, or fall below it; and whether just there is too little.
THRESHOLDS = {
    ("hysteresis", False): (1.0, 1.0, False, False),
    ("hysteresis", True): (1.0, 1.0, True, True),
    ("floor", False): (1.0, 0.0, False, True),
    ("round", False): (0.5, 0.5, False, True),
}
_compile: Any = njit(cache=True, nogil=True, error_model="numpy")


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
    """As `vectorised.population`."""
    hysteresis = quantiser == "hysteresis"
    return _population(
        synapses.starts,
        synapses.targets,
        synapses.weights,
        bias,
        ends,
        neuron,
        sign,
        THRESHOLDS[quantiser, strict and hysteresis],
        not (hysteresis and rule == "one"),
        settle,
        keep,
    )


def max_pool(
    lies_in: Synapses, holds: Synapses, ends: np.ndarray, neuron: np.ndarray, sign: np.ndarray, *, keep: bool
) -> Sent:
    """As `vectorised.max_pool`."""
    return _max_pool(lies_in.starts, lies_in.targets, holds.starts, holds.targets, ends, neuron, sign, keep)


@_compile
def _population(starts, targets, weights, bias, ends, neuron, sign, thresholds, until_settled, settle, keep):  # type: ignore[no-untyped-def]
    v, high, low = np.empty(len(bias)), np.empty(len(bias)), np.empty(len(bias))
    n = np.zeros(len(bias))
    passed = np.empty(len(bias) + 1, np.int32)
    sent = np.empty((3, 1024), np.int64)  # neuron, sign, cause
    spikes, sent_ends = 0, np.zeros(len(ends), np.int64)
    for sample in range(len(ends) - 1):
        begin = ends[sample]
        if sample == 0 or not keep:
            v[:], n[:] = bias, 0.0
            high[:], low[:] = _levels(0.0, thresholds)
            if settle:
                begin -= 1  # an event before the first, which reaches every neuron and charges none
        for event in range(begin, ends[sample + 1]):
            if event < ends[sample]:
                found, cause = _past(v, high, low, passed), -1
            else:
                j = neuron[event]
                found = _charge(starts[j], starts[j + 1], sign[event], targets, weights, v, high, low, passed)
                cause = event
            for i in range(found):
                t = passed[i]
                while True:
                    if spikes == sent.shape[1]:
                        sent = _doubled(sent)
                    step = 1 if v[t] >= high[t] else -1
                    n[t] += step
                    high[t], low[t] = _levels(n[t], thresholds)
                    sent[0, spikes], sent[1, spikes], sent[2, spikes] = t, step, cause
                    spikes += 1
                    if not until_settled or low[t] < v[t] < high[t]:
                        break
        sent_ends[sample + 1] = spikes
    return sent_ends, sent[0, :spikes], sent[1, :spikes], sent[2, :spikes]


@_compile
def _charge(first, last, sign, targets, weights, v, high, low, passed):  # type: ignore[no-untyped-def]
    found = 0
    for k in range(first, last):
        t = targets[k]
        now = v[t] + weights[k] * sign
        v[t] = now
        passed[found] = t
        found += (now >= high[t]) | (now <= low[t])
    return found


@_compile
def _past(v, high, low, passed):  # type: ignore[no-untyped-def]
    found = 0
    for t in range(len(v)):
        passed[found] = t
        found += (v[t] >= high[t]) | (v[t] <= low[t])
    return found


@_compile
def _levels(n, thresholds):  # type: ignore[no-untyped-def]
    """The potentials at which a neuron of count n fires: the upper one, and the lower one if a ReLU can get there."""
    rise, fall, rise_open, fall_open = thresholds
    high, low = n + rise, n - fall
    if rise_open:
        high = np.nextafter(high, np.inf)
    if low < 0 or (low == 0 and fall_open):
        return high, -np.inf
    return high, np.nextafter(low, -np.inf) if fall_open else low


@_compile
def _doubled(sent):  # type: ignore[no-untyped-def]
    more = np.empty((sent.shape[0], 2 * sent.shape[1]), sent.dtype)
    more[:, : sent.shape[1]] = sent
    return more


@_compile
def _max_pool(in_starts, in_targets, of_starts, of_targets, ends, neuron, sign, keep):  # type: ignore[no-untyped-def]
    incoming, n = np.zeros(len(in_starts) - 1), np.zeros(len(of_starts) - 1)
    sent = np.empty((3, 1024), np.int64)
    spikes, sent_ends = 0, np.zeros(len(ends), np.int64)
    for sample in range(len(ends) - 1):
        if not keep:
            incoming[:], n[:] = 0.0, 0.0
        for event in range(ends[sample], ends[sample + 1]):
            j = neuron[event]
            incoming[j] += sign[event]
            for k in range(in_starts[j], in_starts[j + 1]):
                window = in_targets[k]
                if sign[event] < 0 and incoming[j] + 1 < n[window]:
                    continue  # another is larger
                largest = -np.inf
                for i in range(of_starts[window], of_starts[window + 1]):
                    largest = max(largest, incoming[of_targets[i]])
                if largest != n[window]:
                    if spikes == sent.shape[1]:
                        sent = _doubled(sent)
                    sent[0, spikes], sent[1, spikes], sent[2, spikes] = window, largest - n[window], event
                    spikes += 1
                    n[window] = largest
        sent_ends[sample + 1] = spikes
    return sent_ends, sent[0, :spikes], sent[1, :spikes], sent[2, :spikes]
