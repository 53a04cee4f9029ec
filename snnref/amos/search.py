"""Units for functions that have no formula: a local search from structured starts (extra `units`).

The gradient of a threshold is no gradient: descent with a pseudo-derivative (`descent`) stops early. Three things help.
Given the spikes, the best weights d are a linear least-squares problem, so that thresholds and inhibition alone are
searched. The search compares errors and needs no gradient (CMA-ES, Hansen 2016). And it starts at circuits that do most
of the work already: a converter, or a converter behind a gate that tells the two halves of a function apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Progress = Callable[[int, int, float], None]  # starts done, starts in all, best error so far


@dataclass(frozen=True)
class Target:
    """What a unit is to say, and where it matters."""

    x: np.ndarray  # (points,)
    y: np.ndarray  # (points,)
    weight: np.ndarray  # (points,): sums to 1
    free: bool = False  # whether a constant may be added to what the unit says, as where two units are subtracted


def fires(T: np.ndarray, h: np.ndarray, x: np.ndarray) -> np.ndarray:
    """`(units, K)` and `(units, K, K)` -> `(units, K, points)`: the gates of many units with c = 1 (Eqs. 2, 4)."""
    z = np.zeros((*T.shape, len(x)))
    for i in range(T.shape[1]):
        inhibition = (h[:, i, None, :i] @ z[:, :i])[:, 0]
        z[:, i] = x - inhibition - T[:, i, None] >= 0
    return z


def best_weights(z: np.ndarray, target: Target) -> tuple[np.ndarray, np.ndarray]:
    """The d of each unit with the least weighed mean square error, `(units, K)`, and that error, `(units,)`."""
    y = target.y
    if target.free:
        z, y = z - (z @ target.weight)[..., None], y - y @ target.weight
    weighed = z * target.weight
    moments = weighed @ z.transpose(0, 2, 1) + 1e-9 * np.eye(z.shape[1])
    products = weighed @ y
    d = np.linalg.solve(moments, products[..., None])[..., 0]
    return d, (target.weight * y) @ y - (d * products).sum(axis=1)


def search(
    target: Target,
    K: int,
    start: Callable[[np.random.Generator], np.ndarray],
    *,
    starts: int,
    iterations: int,
    seed: int,
    progress: Progress | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """T and h of the best unit that CMA-ES finds from any of the starts.

    start : draws thresholds and inhibition, `(K + K(K − 1)/2,)`, from a random generator
    """
    cma = evolution()
    rng, best, found = np.random.default_rng(seed), np.inf, np.empty(0)
    for n in range(starts):
        options = {"verbose": -9, "popsize": 40, "maxiter": iterations, "tolfun": 1e-10, "seed": 1 + seed * starts + n}
        reach = float(np.ptp(target.x)) * rng.choice([0.001, 0.003, 0.01, 0.03])
        strategy = cma.CMAEvolutionStrategy(start(rng), reach, options)
        while not strategy.stop():
            tried = strategy.ask()
            T, h = unpacked(np.array(tried), K)
            strategy.tell(tried, best_weights(fires(T, h, target.x), target)[1])
        if strategy.result.fbest < best:
            best, found = strategy.result.fbest, strategy.result.xbest
        if progress:
            progress(n + 1, starts, best)
    (T,), (h,) = unpacked(found[None], K)
    return T, h


def evolution() -> Any:
    """The package cma. Raises ImportError where it is not installed."""
    try:
        import cma
    except ImportError as error:
        raise ImportError(
            "searching units needs the extra 'units': pip install '.[units]' in snnref's source"
        ) from error
    return cma


def unpacked(rows: np.ndarray, K: int) -> tuple[np.ndarray, np.ndarray]:
    """`(units, K + K(K − 1)/2)` -> T `(units, K)` and h `(units, K, K)`."""
    h = np.zeros((len(rows), K, K))
    below = np.tril_indices(K, -1)
    h[:, below[0], below[1]] = rows[:, K:]
    return rows[:, :K], h


def packed(T: np.ndarray, h: np.ndarray) -> np.ndarray:
    return np.concatenate([T, h[np.tril_indices(len(T), -1)]])
