"""What a node receives, in the wave order, and what it sends in response."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

import numpy as np

from .trains import EVENT, Stream
from .vectorised import Sent

Layer = Callable[[np.ndarray, np.ndarray, np.ndarray], Sent]  # ends, neuron, sign of what it receives -> what it sends


def merge_events(
    streams: Mapping[str, Stream], first: Mapping[str, int], rank: Mapping[str, int], delay: float
) -> Stream:
    """The spikes of all sources as they arrive: by time, then by the input spike that caused them, then by source, then
    as sent. Neurons are numbered on from `first` of their source."""
    (one, *others) = streams.values()
    if not others and delay == 0:
        return one
    logs = []
    for name, stream in streams.items():
        log = stream.log.copy()
        log["time"] += delay
        log["neuron"] += first[name]
        logs.append(log)
    whole = np.concatenate(logs)
    source = np.concatenate([np.full(len(s.log), rank[name]) for name, s in streams.items()])
    sample = np.concatenate([s.samples() for s in streams.values()])
    order = np.lexsort((source, whole["wave"], whole["time"], sample))
    ends = np.sum([s.ends for s in streams.values()], axis=0)
    return Stream(whole[order], ends, (), one.kind, one.keep)


def propagate(incoming: Stream, layer: Layer, shape: tuple[int, ...], *, parallel: bool) -> Stream:
    """What a layer of features `shape` sends on hearing the spikes; samples that do not depend on each other are
    handled in parallel, if that helps."""
    batch = len(incoming.ends) - 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    pieces = 1 if incoming.keep or not parallel else min(batch, 4 * cores)
    cuts = [part[[0, -1]] + [0, 1] for part in np.array_split(np.arange(batch), pieces)]
    neuron, sign = (np.ascontiguousarray(incoming.log[name]) for name in ("neuron", "sign"))

    def piece(cut: np.ndarray) -> Sent:
        return layer(incoming.ends[cut[0] : cut[1] + 1], neuron, sign)

    if pieces == 1:
        found = [piece(cuts[0])]
    else:
        from concurrent.futures import ThreadPoolExecutor  # not in a browser

        with ThreadPoolExecutor(cores) as pool:
            found = list(pool.map(piece, cuts))
    counts = np.concatenate([np.diff(ends) for ends, *_ in found])
    neuron, sign, cause = (np.concatenate(columns) for columns in list(zip(*found, strict=True))[1:])
    log = np.append(incoming.log, np.array((0.0, -1, 0, 0), EVENT))[cause]  # the reset is cause −1
    log["neuron"], log["sign"] = neuron, sign
    return Stream(log, np.append(0, np.cumsum(counts)), shape, incoming.kind, incoming.keep)
