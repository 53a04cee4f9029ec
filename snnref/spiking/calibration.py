"""What the choice of scales from calibration data has in common: how much of it is looked at, and what is tried."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, prod

import numpy as np

from ..arrays import Array
from ..network.nodes import Nodes

VALUES, TRIED = 2**24, 2**18  # of a population on calibration samples: looked at, and tried out in a search
PARTS = 4  # in which a search looks at the values
CANDIDATES = 1.04 ** -np.arange(81.0)  # of a search for a scale, as parts of the largest value: down to a 23rd


def subsample(nodes: Nodes, x: Array) -> Array:
    """Samples `(batch, *input_shape)`, every n-th where the largest population has more than VALUES values on them."""
    most = len(x) * max(prod(node.shape) for node in nodes.values())
    return x[:: max(1, -(-most // VALUES))]


def subsample_values(values: np.ndarray) -> np.ndarray:
    """Some TRIED of the values, evenly."""
    flat = values.ravel()
    return flat[:: max(1, len(flat) // TRIED)]


def largest(values: np.ndarray) -> float:
    """The maximum; 0 for neurons that are never active."""
    return max(0.0, float(values.max())) if values.size else 0.0


def best_candidate(candidates: np.ndarray, error: Callable[..., float], *values: np.ndarray) -> float:
    """The candidate with the least `error(candidate, *values)`, the first of equals.

    error : a sum over the first axis of all values, of terms ≥ 0. It is taken part by part: once it exceeds that of
        another candidate, the rest is left out
    """
    parts = list(zip(*(np.array_split(v, PARTS) for v in values), strict=True))
    first = [error(candidate, *parts[0]) for candidate in candidates]
    chosen, least = 0, inf
    for i in np.argsort(first, kind="stable"):  # what does well on a part is likely to do well on the others
        total, rest = first[i], iter(parts[1:])
        while total <= least and (part := next(rest, None)) is not None:
            total += error(candidates[i], *part)
        if (total, i) < (least, chosen):
            chosen, least = i, total
    return float(candidates[chosen])
