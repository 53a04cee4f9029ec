"""Why a neuron of rate coding fired as often as it did: Eq. 6, with numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import to_numpy
from ..network.nodes import Population
from ..spiking.contributions import contributions, received
from ..spiking.run import Trace
from ..spiking.trains import Analog


def explain(trace: Trace, node: Population, place: tuple[int, ...], sample: int) -> str:
    """Explain how often a neuron fired: what it received from whom, what its spikes paid, and what is left (Eq. 6).

    Parameters
    ----------
    trace
        A simulated run.
    node
        The neuron's population.
    place
        Index of the neuron along the feature axes.
    sample
        Index in the batch.

    Returns
    -------
    str
        Several lines of text; charges are in thresholds.
    """
    code, train = trace.code, trace.trains[node.name]
    time = max(0, code.steps - train.start)
    here: Any = (slice(None), sample, *place)
    spikes, potentials = to_numpy(train.spikes)[here], to_numpy(train.potentials)[here]
    biases = np.broadcast_to(to_numpy(code.biases(node, train.spikes)), train.spikes.shape)
    bias = float(biases[here][train.start :].sum())
    sent = {source: _sent(trace, source, sample, train.start) for source in node.sources}

    def what(source: str, amount: float) -> str:
        analog = isinstance(trace.trains[source], Analog)
        return f"current {amount / max(1, time):.4g}" if analog else f"{amount:g} spikes"

    charge = bias + received(node, sent, place)
    lines = [
        f"{node.name}{list(place)}, sample {sample}, {time} steps, threshold 1, a spike stands for "
        f"{np.mean(trace.scales[node.name]) / max(1, time):.4g}",
        f"  bias {bias / max(1, time):+.4f} a step: {bias:+.4f}",
        *contributions(node, sent, place, what),
    ]
    lines.append(f"received in all: {charge:+.4f}" + (f", and V(0) = {code.initial:g}" if code.initial else ""))
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


def _sent(trace: Trace, source: str, sample: int, start: int) -> np.ndarray:
    """`(*features)`: the spikes of each source neuron since the step `start`, or its current times the steps."""
    train = trace.trains[source]
    if isinstance(train, Analog):
        return to_numpy(train.values)[sample] * max(0, trace.code.steps - start)
    return to_numpy(train.spikes)[start:, sample].sum(axis=0)
