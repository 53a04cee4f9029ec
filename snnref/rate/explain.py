"""Why a neuron of rate coding fired as often as it did: Eq. 6, with numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import to_numpy
from ..nodes import Population, Projection
from ..results import Trace

SHOWN = 5  # sources that are named


def explain(trace: Trace, node: Population, place: tuple[int, ...], sample: int) -> str:
    """Its bias and its sources, by size; what they sum up to; what its spikes paid; what is left."""
    code, train = trace.code, trace.trains[node.name]
    time = max(0, code.steps - train.start)
    here: Any = (slice(None), sample, *place)
    spikes, potentials = to_numpy(train.spikes)[here], to_numpy(train.potentials)[here]
    biases = np.broadcast_to(to_numpy(code.biases(node, train.spikes)), train.spikes.shape)
    bias = float(biases[here][train.start :].sum())
    parts = sorted(_contributions(trace, node, place, sample), key=lambda part: -abs(part[0]))
    received = bias + sum(part[0] for part in parts)
    lines = [
        f"{node.name}{list(place)}, sample {sample}, {time} steps, threshold 1, a spike stands for "
        f"{np.mean(trace.scales[node.name]) / max(1, time):.4g}",
        f"  bias {bias / max(1, time):+.4f} a step: {bias:+.4f}",
        *(f"  {text}: {charge:+.4f}" for charge, text in parts[:SHOWN]),
    ]
    if len(parts) > SHOWN:
        rest = [charge for charge, _ in parts[SHOWN:]]
        up, down = sum(c for c in rest if c > 0), sum(c for c in rest if c < 0)
        lines.append(f"  {len(rest)} others: {up:+.4f} and {down:+.4f}")
    lines.append(f"received in all: {received:+.4f}" + (f", and V(0) = {code.initial:g}" if code.initial else ""))
    if not time:
        return "\n".join([*lines, "It was held the whole time."])
    return "\n".join([*lines, _verdict(spikes, potentials, code.reset)])


def _verdict(spikes: np.ndarray, potentials: np.ndarray, reset: str) -> str:
    up, down, left = int((spikes > 0).sum()), int((spikes < 0).sum()), float(potentials[-1])
    if not spikes.any():
        return f"It never fired: its potential rose to {potentials.max():.4f} at most, and ended at {left:.4f}."
    first = int(np.flatnonzero(spikes)[0]) + 1
    text = f"It fired {up} times" + (f", and {down} times −1" if down else "") + f", first in step {first}"
    if reset == "subtract":
        return f"{text}: {up - down} × 1 paid, {left:.4f} left over (Eq. 6)."
    return f"{text}; its resets to zero threw away what was above the threshold, {left:.4f} is left over."


def _contributions(
    trace: Trace, node: Population, place: tuple[int, ...], sample: int
) -> list[tuple[float, str]]:  # fmt: skip
    """Charge and description of every source neuron that sent anything."""
    found = []
    start = trace.trains[node.name].start
    for projection in node.input.projections:
        train = trace.trains[projection.source]
        analog = not hasattr(train, "spikes")
        if analog:
            sent = to_numpy(train.values)[sample] * max(0, trace.code.steps - start)
        else:
            sent = to_numpy(train.spikes)[start:, sample].sum(axis=0)
        active = np.argwhere(sent)
        weights = _weights(projection, sent.shape, active, place)
        for source, weight in zip(active, weights, strict=True):
            amount = sent[tuple(source)]
            what = f"current {amount / max(1, trace.code.steps - start):.4g}" if analog else f"{amount:g} spikes"
            text = f"{projection.source}{source.tolist()}, {what} × weight {weight:+.4f}"
            if weight:
                found.append((float(amount * weight), text))
    return found


def _weights(
    projection: Projection, shape: tuple[int, ...], sources: np.ndarray, place: tuple[int, ...]
) -> np.ndarray:  # fmt: skip
    """What a unit from each source neuron brings to the neuron at `place`."""
    weights = []
    for some in np.array_split(sources, max(1, len(sources) // 64)):
        unit = np.zeros((len(some), *shape))
        unit[(np.arange(len(some)), *some.T)] = 1
        weights.append(projection(unit)[(slice(None), *place)])
    return np.concatenate(weights)
