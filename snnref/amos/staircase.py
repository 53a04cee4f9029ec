"""What a unit says as a function of its input: a staircase, whose steps follow from T and h.

Each gate splits every stretch of the input, on which the gates before it fire alike, at T_i + H_i.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import inf

import numpy as np

from ..arrays import Array, like, lookup, namespace
from ..arrays.elementwise import cell, take
from .unit import Unit

CELLS = 2**16  # of a table that finds the stretch of an input
STRETCHES = 2**16  # of a staircase; beyond, the gates are quicker


@dataclass(frozen=True, eq=False)
class Staircase:
    """Some gates of a unit that see the inputs alike: u = Σ c x."""

    c: tuple[float, ...]  # of each input: −1, 0 or 1
    gates: np.ndarray  # (gates,): their places in the unit
    edges: np.ndarray  # (edges,): where what they do changes, in rising order
    fires: np.ndarray  # (edges + 1, gates): which fire on each stretch; at an edge, as above it
    levels: np.ndarray  # (edges + 1,): Σ d z on each stretch

    def seen(self, x: Sequence[Array]) -> Array:
        """u, of inputs of one shape."""
        match self.c:
            case (1.0,) | (1.0, 0.0):
                return x[0]
            case (0.0, 1.0):
                return x[1]
            case (1.0, 1.0):
                return x[0] + x[1]
            case (1.0, -1.0):
                return x[0] - x[1]
        return sum(c * value for c, value in zip(self.c, x, strict=True))

    def place(self, u: Array) -> Array:
        """On which stretch each value lies: whole numbers, as u's type."""
        if self.even is not None:
            width, first = self.even
            return cell(u, width=width, first=first - 1, last=len(self.edges))
        if self._cells is not None:
            width, first, table = self._cells
            return lookup(like(table, u), u, width=width, first=first - 1)
        xp = namespace(u)
        return xp.astype(xp.searchsorted(like(self.edges, u), u, side="right"), u.dtype)

    def say(self, u: Array) -> Array:
        """Σ d z for each value."""
        if self.even is None and self._cells is not None:  # one table for both
            width, first, table = self._cells
            return lookup(like(self.levels[table], u), u, width=width, first=first - 1)
        place = self.place(u)
        if self.even is not None and self._rise is not None:
            return place * self._rise + float(self.levels[0]) if self.levels[0] else place * self._rise
        return take(like(self.levels, place), place)

    @cached_property
    def even(self) -> tuple[float, float] | None:
        """Width of the stretches, and the first edge in units of it, where all are alike."""
        widths = np.diff(self.edges)
        if len(widths) and np.all(widths == widths[0]):
            return float(widths[0]), float(self.edges[0] / widths[0])
        return None

    @cached_property
    def _rise(self) -> float | None:
        rises = np.diff(self.levels)
        return float(rises[0]) if np.all(rises == rises[0]) else None

    @cached_property
    def _cells(self) -> tuple[float, int, np.ndarray] | None:
        """A table for equal cells whose borders hold all edges: width, number of the first edge, stretch of each cell
        (and of all below). None where that would take too many."""
        width = 2.0 ** -min(30, _binary_places(self.edges))
        numbers = self.edges / width
        if len(numbers) == 0 or np.any(numbers != np.round(numbers)) or np.ptp(numbers) > CELLS:
            return None
        first = int(numbers[0])
        cells = np.arange(int(numbers[-1]) - first + 2) + first - 1
        return width, first, np.searchsorted(numbers, cells, side="right")


@lru_cache(maxsize=256)
def staircases(unit: Unit) -> tuple[Staircase, ...] | None:
    """Sort the gates of a unit by how they weigh the inputs.

    Parameters
    ----------
    unit
        The unit.

    Returns
    -------
    tuple of Staircase or None
        None if gates that weigh the inputs differently inhibit each other, or have weights other than −1, 0 and 1,
        since there is no such form then; or if it has too many stretches.
    """
    kinds, of = np.unique(unit.c.T, axis=0, return_inverse=True)
    of = of.ravel()
    if not np.all(np.isin(kinds, (-1.0, 0.0, 1.0))) or np.any(unit.h[of[:, None] != of]):
        return None
    found = [_staircase(unit, tuple(kind), np.flatnonzero(of == n)) for n, kind in enumerate(kinds.tolist())]
    return None if None in found else tuple(found)  # type: ignore[arg-type]


def _staircase(unit: Unit, c: tuple[float, ...], gates: np.ndarray) -> Staircase | None:
    T, h, d = unit.T[gates].tolist(), unit.h[np.ix_(gates, gates)].tolist(), unit.d[gates]
    stretches: list[tuple[float, tuple[bool, ...]]] = [(-inf, ())]  # where it begins, who fires
    if not any(c):  # nothing that comes in reaches them
        stretches, T, h = [(-inf, tuple(t <= 0 for t in T))], [], []
    for threshold, inhibition in zip(T, h, strict=True):
        split = []
        ends = [begin for begin, _ in stretches[1:]] + [inf]
        for (begin, fired), end in zip(stretches, ends, strict=True):
            edge = threshold + sum(weight for weight, z in zip(inhibition, fired, strict=False) if z)
            if begin < edge:
                split.append((begin, (*fired, False)))
            if edge < end:
                split.append((max(begin, edge), (*fired, True)))
        stretches = split
        if len(stretches) > STRETCHES:
            return None
    fires = np.array([fired for _, fired in stretches])
    return Staircase(c, gates, np.array([begin for begin, _ in stretches[1:]]), fires, fires @ d)


def _binary_places(values: np.ndarray) -> int:
    """How often the values must be doubled until all are whole (at most 52 times)."""
    return next((n for n in range(52) if np.all(values * 2.0**n == np.round(values * 2.0**n))), 52)
