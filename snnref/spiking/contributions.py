"""What each source neuron brought to one neuron: the sum that `explain` itemises."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ..network.nodes import Population, Projection

SHOWN = 5  # sources that are named


def contributions(
    node: Population, sent: Mapping[str, np.ndarray], place: tuple[int, ...], what: Callable[[str, float], str]
) -> list[str]:
    """A line for each of the largest contributions, and one for all others.

    sent : by source, `(*features)`: how many times the weight of each source neuron was received
    place : of the neuron, along the feature axes of the node
    what : from a source and what was sent to a description of it
    """
    found = [part for p in node.input.projections for part in _parts(p, sent[p.source], place, what)]
    found.sort(key=lambda part: -abs(part[0]))
    lines = [f"  {text}: {charge:+.4f}" for charge, text in found[:SHOWN]]
    if len(found) > SHOWN:
        rest = [charge for charge, _ in found[SHOWN:]]
        up, down = sum(c for c in rest if c > 0), sum(c for c in rest if c < 0)
        lines.append(f"  {len(rest)} others: {up:+.4f} and {down:+.4f}")
    return lines


def received(node: Population, sent: Mapping[str, np.ndarray], place: tuple[int, ...]) -> float:
    """All contributions together."""
    drive = node.input.drive({source: sent[source][None] for source in node.sources})
    return float(drive[(0, *place)])


def _parts(
    projection: Projection, sent: np.ndarray, place: tuple[int, ...], what: Callable[[str, float], str]
) -> list[tuple[float, str]]:
    active = np.argwhere(sent)
    found = []
    for source, weight in zip(active, _weights(projection, sent.shape, active, place), strict=True):
        amount = float(sent[tuple(source)])
        text = f"{projection.source}{source.tolist()}, {what(projection.source, amount)} × weight {weight:+.4f}"
        if weight:
            found.append((amount * float(weight), text))
    return found


def _weights(projection: Projection, shape: tuple[int, ...], sources: np.ndarray, place: tuple[int, ...]) -> np.ndarray:
    """What a unit from each source neuron brings to the neuron at `place`."""
    weights = []
    for some in np.array_split(sources, max(1, len(sources) // 64)):
        unit = np.zeros((len(some), *shape))
        unit[(np.arange(len(some)), *some.T)] = 1
        weights.append(projection(unit)[(slice(None), *place)])
    return np.concatenate(weights)
