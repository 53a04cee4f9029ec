"""θ of every node: the value of its spikes."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from ..arrays import Array, to_numpy
from ..network.nodes import Input, MaxPool, Nodes, weighted_nodes
from ..spiking.walk import activations
from .options import is_number

VALUES = 2**24  # of the largest layer on calibration samples, that are looked at

Threshold = float | Mapping[str, float]


def thresholds(
    nodes: Nodes, calibration: Array, *, threshold: Threshold, percentile: float | None, levels: int
) -> dict[str, np.ndarray | float]:
    """θ of each population and of the readout, of each pool that of its source; of the input the value of a level.

    threshold : θ itself, one for all (the paper) or by name; with `percentile`, as a share of that percentile of the
        node's positive activations on the calibration data

    Raises ValueError for numbers that make no sense, and names that are not there.
    """
    _check(nodes, threshold, percentile)
    unit = dict.fromkeys(weighted_nodes(nodes), 1.0)
    if percentile is not None:
        most = len(calibration) * max(prod(node.shape) for node in nodes.values())
        found = activations(nodes, calibration[:: max(1, -(-most // VALUES))])
        unit = {name: _percentile(to_numpy(found[name]), percentile) for name in unit}
    scales: dict[str, np.ndarray | float] = {}
    for name, node in nodes.items():
        if isinstance(node, Input):
            scales[name] = float(calibration.max()) / levels
        elif isinstance(node, MaxPool):
            scales[name] = scales[node.source]
        else:
            scales[name] = unit[name] * (threshold.get(name, 1.0) if isinstance(threshold, Mapping) else threshold)
    return scales


def _percentile(values: np.ndarray, percentile: float) -> float:
    """Of the positive values; 1 if there are none."""
    positive = values[values > 0]
    return float(np.percentile(positive, percentile)) if positive.size else 1.0


def _check(nodes: Nodes, threshold: Threshold, percentile: float | None) -> None:
    known = weighted_nodes(nodes)
    for name, value in (threshold if isinstance(threshold, Mapping) else {None: threshold}).items():
        if name is not None and name not in known:
            raise ValueError(f"threshold: got one for {name!r}, expected names of {', '.join(known)}")
        if not is_number(value) or not 0 < value < np.inf:
            where = "" if name is None else f" for {name!r}"
            raise ValueError(f"threshold: got {value!r}{where}, expected a number > 0, in units of the activations")
    if percentile is not None and not (is_number(percentile) and 0 < percentile <= 100):
        raise ValueError(f"percentile: got {percentile!r}, expected None or 0 < percentile ≤ 100")
