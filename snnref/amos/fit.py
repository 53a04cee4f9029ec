"""A unit for any function of one value or two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import floor, log2
from typing import Any

import numpy as np

from ..arrays import Array
from .search import Progress, Target, best_weights, fires, packed, search
from .unit import Unit

POINTS, FINE = 2048, 20_000  # of the range: for the search, and for the last choice of d


def fit(
    f: Callable[..., Array],
    K: int,
    *,
    low: float,
    high: float,
    inputs: int = 1,
    seed: int = 0,
    starts: int = 16,
    iterations: int = 3000,
    name: str = "",
    progress: Progress | None = None,
) -> Unit:
    """Train K gates to represent f(x), or f(x, y), on [low, high] with a small mean square error.

    One input takes the package cma (extra `units`) and about 10 s a start; two take torch. All parameters are rounded
    to multiples of a small power of two, so that sums of them are exact.

    Parameters
    ----------
    f
        A function of one array, or of two, as `inputs` says; each value is treated alike.
    K
        Number of gates.
    low, high
        The range of each input.
    inputs
        Number of inputs, 1 or 2.
    seed, starts, iterations
        Of the search; the more starts and iterations, the better and the slower.
    name
        Name of the function, which the unit keeps.
    progress
        Called after each start with the number of starts done, of all starts, and the least error so far.

    Returns
    -------
    Unit
        The trained unit.

    Raises
    ------
    ValueError
        For a range or a number that is not allowed, and for an f that is not finite on the range.
    """
    _check(f, K, low, high, inputs, starts, iterations)
    if inputs == 2:
        return _of_two(f, K, low, high, name, seed=seed, starts=starts, iterations=iterations, progress=progress)

    def target(points: int) -> Target:
        x = middles(low, high, points)
        return Target(x, np.asarray(f(x), float), np.full(points, 1 / points))

    how: Any = {"starts": starts, "iterations": iterations, "seed": seed, "progress": progress}
    T, h, d = _searched(target, POINTS, Starts(K, low, high), **how)
    return Unit(T, h, d, np.ones((1, K)), low, high, name)


def product(
    K: int = 40, *, seed: int = 0, starts: int = 16, iterations: int = 3000, progress: Progress | None = None
) -> Unit:
    """Train K gates to represent x · y for x and y from −1 to 1, as ((x + y)² − (x − y)²) / 4.

    One half of them represents s² / 4 for the sum, the other for the difference. A constant that both halves get wrong
    does not matter, and a sum of two values is the rarer the larger it is, so the search minimises the variance under
    that weight.

    Parameters
    ----------
    K
        Number of gates; even.
    seed, starts, iterations, progress
        As for `fit`.

    Returns
    -------
    Unit
        A unit of two inputs.

    Raises
    ------
    ValueError
        If K is odd, or another number is not allowed.
    """
    _check_counts(K=K, starts=starts, iterations=iterations)
    if K % 2:
        raise ValueError(f"K: got {K!r}, expected an even number of gates: two halves say a square each")
    low, high = -2.0, 2.0

    def target(points: int) -> Target:
        s = middles(low, high, points)
        weight = 2 - np.abs(s)
        return Target(s, s**2 / 4, weight / weight.sum(), free=True)

    how: Any = {"starts": starts, "iterations": iterations, "seed": seed, "progress": progress}
    T, h, d = _searched(target, POINTS // 2, Starts(K // 2, low, high), **how)
    one, none = np.ones(K // 2), np.zeros_like(h)
    return Unit(
        np.append(T, T),
        np.block([[h, none], [none, h]]),
        np.append(d, -d),
        np.block([[one, one], [one, -one]]),
        -1.0,
        1.0,
        "product",
    )


def error(unit: Unit, f: Callable[..., Array], *, points: int = FINE + 1) -> tuple[float, float]:
    """Measure the error of a unit on its range.

    Parameters
    ----------
    unit
        The unit.
    f
        The function that it should represent, of as many arrays as the unit has inputs.
    points
        Number of points of the grid along the range; for two inputs about as many in all.

    Returns
    -------
    tuple of float
        The mean square of the error, and the largest error, in the units of f.
    """
    side = points if unit.inputs == 1 else round(points**0.5)
    x = np.meshgrid(*[np.linspace(unit.low, unit.high, side)] * unit.inputs)
    wrong = unit(*x) - f(*x)
    return float(np.mean(wrong**2)), float(np.abs(wrong).max())


def middles(low: float, high: float, points: int) -> np.ndarray:
    """`(points,)`: the middles of so many equal parts of a range."""
    return low + (np.arange(points) + 0.5) * ((high - low) / points)


def rounded(values: np.ndarray, *, by: float) -> np.ndarray:
    """To multiples of a power of two: about 2⁻¹⁴ of `by`."""
    step = 2.0 ** (floor(log2(by or 1.0)) - 14)
    return np.round(values / step) * step


@dataclass(frozen=True)
class Starts:
    """Circuits that do most of the work already, each a little different; `(K + K(K − 1)/2,)`.

    Either a converter of the range to binary numbers; or a gate that fires in the upper half (from 0 on, where 0 lies
    in the range), a converter of that half behind it, and steps below, which that gate silences.
    """

    K: int
    low: float
    high: float

    def __call__(self, rng: np.random.Generator) -> np.ndarray:
        make = self._converter if self.K < 4 or rng.random() < 0.3 else self._halves
        v = packed(*make(rng))
        return v + rng.choice([0.0, 0.01, 0.05]) * (self.high - self.low) / 16 * rng.normal(size=v.size)

    def _converter(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        low, high = self.low * rng.uniform(0.4, 1.05), self.high * rng.uniform(0.4, 1.05)
        return _bits(self.K, low, high)

    def _halves(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        K, width = self.K, self.high - self.low
        bend = 0.0 if self.low < 0 < self.high else (self.low + self.high) / 2
        n = 1 + int(rng.integers(K // 2, max(K // 2 + 1, (3 * K) // 4)))  # gates of the upper half
        T, h = np.full(K, bend), np.zeros((K, K))
        T[1:n], h[1:n, 1:n] = _bits(n - 1, bend, self.high)
        T[n:] = bend - np.sort(rng.exponential((bend - self.low) / 4, K - n))
        h[n:, 0] = 2 * width
        return T, h


def _searched(
    target: Callable[[int], Target], points: int, start: Starts, **how: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """T and h from a search on some points, rounded; then the best d on many more."""
    T, h = (rounded(found, by=start.high - start.low) for found in search(target(points), start.K, start, **how))
    fine = target(FINE)
    (d,), _ = best_weights(fires(T[None], h[None], fine.x), fine)
    return T, h, rounded(d, by=float(np.abs(d).max()))


def _bits(K: int, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """T and h of a converter: each gate asks for half of what is left, and takes it from those after it."""
    bits = (high - low) * 0.5 ** np.arange(1, K + 1)
    return low + bits, np.tril(np.tile(bits, (K, 1)), -1)


def _of_two(
    f: Callable[..., Array],
    K: int,
    low: float,
    high: float,
    name: str,
    *,
    seed: int,
    starts: int,
    iterations: int,
    progress: Progress | None,
) -> Unit:
    """By descent from random gates, all starts at once; of the best, d by least squares."""
    from .gradient_descent import descend

    rng, side = np.random.default_rng(seed), np.linspace(low, high, 40)
    x = np.stack([axis.ravel() for axis in np.meshgrid(side, side)])
    y = np.asarray(f(*x), float)
    start: dict[str, Any] = {
        "T": rng.uniform(low, high, (starts, K)),
        "h": np.tril(rng.normal(size=(starts, K, K)) * (high - low) / 8, -1),
        "d": rng.normal(size=(starts, K)) * np.std(y) / K**0.5,
        "c": rng.normal(size=(starts, 2, K)),
    }
    found = descend(x, y, **start, steps=iterations, rate=0.02, width=(high - low) / 4)
    best = int(found.errors.min(axis=0).argmin())
    T, h, c = (rounded(value[best], by=high - low) for value in (found.T, found.h, found.c))
    gates = Unit(T, h, np.zeros(K), c, low, high).gates(*x)
    (d,), _ = best_weights(gates[None], Target(x, y, np.full(len(y), 1 / len(y))))
    if progress:
        progress(starts, starts, float(found.errors.min()))
    return Unit(T, h, rounded(d, by=float(np.abs(d).max())), c, low, high, name)


def _check_counts(**counts: Any) -> None:
    for what, value in counts.items():
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{what}: got {value!r}, expected a whole number ≥ 1")


def _check(f: Any, K: int, low: float, high: float, inputs: int, starts: int, iterations: int) -> None:
    _check_counts(K=K, starts=starts, iterations=iterations)
    if inputs not in (1, 2):
        raise ValueError(f"inputs: got {inputs!r}, expected 1 or 2")
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"got the range {low} to {high}, expected two finite numbers, low < high")
    ends = np.meshgrid(*[np.linspace(low, high, 5)] * inputs)
    try:
        with np.errstate(all="ignore"):
            said = np.asarray(f(*ends), float)
    except Exception as problem:
        takes = "one NumPy array" if inputs == 1 else "two NumPy arrays"
        raise ValueError(
            f"f: {type(problem).__name__}: {problem}; expected a function of {takes}, value by value (inputs={inputs}; "
            "np.where for cases), as those of snnref.activations.FUNCTIONS"
        ) from problem
    if said.shape != ends[0].shape or not np.all(np.isfinite(said)):
        raise ValueError(
            f"f: got {said.shape} from arrays {ends[0].shape}, or values that are not finite between {low} and {high}; "
            "expected one finite value for each"
        )
