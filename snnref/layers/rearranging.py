"""Linear layers that only move entries: each output is one input, or zero."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import islice, permutations
from math import prod

import numpy as np

from ..arrays import Array, Axis, namespace, pad, window_entries
from .linear import Linear, Reach
from .windows import Shape


class NotAProduct(ValueError):
    """What a source neuron reaches is no product of one set an axis."""


@dataclass(frozen=True)
class Entry(Linear):
    """The entry at one place of every window along one axis; zeros outside."""

    axis: int  # counted from the end
    size: Axis  # of the window, and how it slides
    place: int  # in the window

    def __call__(self, x: Array) -> Array:
        axes = [self.size if i == self.axis else Axis(1) for i in range(self.axis, 0)]
        return next(islice(window_entries(x, axes, 0.0), self.place, None))

    def shape(self, features: Shape) -> Shape:
        places = list(features)
        places[self.axis] = self.size.places(features[self.axis])
        return tuple(places)

    def reach(self, axes: Reach) -> Reach:
        found = list(axes)
        at = self.place * self.size.dilation - self.size.before
        found[self.axis] = np.stack(
            [
                axes[self.axis][i] if 0 <= i < len(axes[self.axis]) else np.zeros_like(axes[self.axis][0])
                for i in at + self.size.stride * np.arange(self.size.places(len(axes[self.axis])))
            ]
        )
        return found


@dataclass(frozen=True)
class Flatten(Linear):
    """All features into one axis."""

    features: Shape  # the shape that is flattened

    def __call__(self, x: Array) -> Array:
        lead = x.shape[: x.ndim - len(self.features)]
        return namespace(x).reshape(x, (*lead, prod(self.features)))

    def shape(self, features: Shape) -> Shape:
        if features != tuple(self.features):
            raise ValueError(f"Flatten: got features {features}, expected {self.features}")
        return (prod(features),)

    def reach(self, axes: Reach) -> Reach:
        return axes


@dataclass(frozen=True)
class Reshape(Linear):
    """The same features, in the same order, under another shape."""

    features: Shape  # before
    to: Shape  # after

    def __call__(self, x: Array) -> Array:
        lead = x.shape[: x.ndim - len(self.features)]
        return namespace(x).reshape(x, (*lead, *self.to))

    def shape(self, features: Shape) -> Shape:
        if features != tuple(self.features) or prod(features) != prod(self.to):
            raise ValueError(f"Reshape: got features {features}, expected {self.features} and as many as in {self.to}")
        return tuple(self.to)

    @property
    def drops_ones(self) -> bool:
        """Whether it only cuts off trailing axes of one entry."""
        n = len(self.to)
        return tuple(self.features[:n]) == tuple(self.to) and all(k == 1 for k in self.features[n:])

    def reach(self, axes: Reach) -> Reach:
        if not self.drops_ones:
            raise NotAProduct(f"Reshape: {self.features} to {self.to} does not keep the axes")
        return axes


@dataclass(frozen=True)
class Gather(Linear):
    """Every output entry is one input entry, or zero: slices, permutations, flips, padding, repetition."""

    features: Shape  # before
    to: Shape  # after
    index: Array  # (entries after,): the flat index of the input entry; -1: zero

    def __call__(self, x: Array) -> Array:
        xp, lead = namespace(x), x.shape[: x.ndim - len(self.features)]
        found = xp.take(xp.reshape(x, (*lead, prod(self.features))), xp.where(self.index < 0, 0, self.index), axis=-1)
        if self._zeros:
            found = xp.where(self.index < 0, xp.zeros_like(found), found)
        return xp.reshape(found, (*lead, *self.to))

    @cached_property
    def _zeros(self) -> bool:
        return bool((self.index < 0).any())

    def shape(self, features: Shape) -> Shape:
        index, entries = self.index, prod(self.features)
        fits = index.ndim == 1 and len(index) == prod(self.to) > 0 and index.dtype.kind == "i"
        if features != tuple(self.features) or not fits or index.min() < -1 or index.max() >= entries:
            raise ValueError(
                f"Gather: got features {features} and {index.shape} indices ({index.dtype}), expected features "
                f"{self.features} and a whole number from -1 to {entries - 1} for every entry of {self.to}"
            )
        return tuple(self.to)

    @cached_property
    def by_axis(self) -> tuple[tuple[int, ...], tuple[np.ndarray, ...]] | None:
        """The input axis that each output axis runs along, and the entry there of each of its places (-1: zero).

        None where entries do not move axis by axis.
        """
        if len(self.to) != len(self.features):
            return None
        index = np.asarray(self.index).reshape(self.to)
        for order in permutations(range(len(self.to))):
            if (places := _along_axes(index, self.features, order)) is not None:
                return order, places
        return None

    def reach(self, axes: Reach) -> Reach:
        if self.by_axis is None:
            raise NotAProduct(f"Gather: {self.features} to {self.to} does not move entries axis by axis")
        order, places = self.by_axis
        return [
            np.where((at >= 0)[:, None], axes[k][np.maximum(at, 0)], False) for k, at in zip(order, places, strict=True)
        ]


def _along_axes(index: np.ndarray, features: Shape, order: tuple[int, ...]) -> tuple[np.ndarray, ...] | None:
    """The entry along input axis `order[k]` of each place along output axis k, if every entry follows from these."""
    inside = index >= 0
    if not inside.any():
        return None
    at = np.unravel_index(np.maximum(index, 0), features)
    found = []
    for k, axis in enumerate(order):
        others = tuple(i for i in range(index.ndim) if i != k)
        found.append(np.where(inside, at[axis], -1).max(axis=others))
    expected: np.ndarray = np.zeros(index.shape, np.int64)
    strides = np.cumprod([1, *features[:0:-1]])[::-1]
    every = np.ones(index.shape, bool)
    for k, axis in enumerate(order):
        place = found[k].reshape([-1 if i == k else 1 for i in range(index.ndim)])
        every &= place >= 0
        expected = expected + np.maximum(place, 0) * strides[axis]
    return tuple(found) if np.array_equal(np.where(every, expected, -1), index) else None


@dataclass(frozen=True)
class Spread(Linear):
    """Axes of one entry repeated, as a product or sum of unequal shapes asks for."""

    to: Shape

    def __call__(self, x: Array) -> Array:
        return namespace(x).broadcast_to(x, (*x.shape[: x.ndim - len(self.to)], *self.to))

    def shape(self, features: Shape) -> Shape:
        if len(features) != len(self.to) or any(n not in (1, m) for n, m in zip(features, self.to, strict=True)):
            raise ValueError(f"Spread: got features {features}, expected {self.to}, or 1 in the place of a number")
        return tuple(self.to)

    def reach(self, axes: Reach) -> Reach:
        now = [np.repeat(axis, n, axis=0) if len(axis) == 1 else axis for axis, n in zip(axes, self.to, strict=False)]
        return now + axes[len(now) :]


@dataclass(frozen=True)
class Place(Linear):
    """One branch of a concatenation as a linear map: zeros in the channels of the other branches."""

    start: int  # first channel of the branch
    channels: int  # of the branch
    total: int  # channels of the concatenation
    axes: int  # feature axes

    def __call__(self, x: Array) -> Array:
        after = self.total - self.start - self.channels
        return pad(x, ((self.start, after), *[(0, 0)] * (self.axes - 1)))

    def shape(self, features: Shape) -> Shape:
        return (self.total, *features[1:])

    def reach(self, axes: Reach) -> Reach:
        if self.axes == 1 and len(axes) > 1:
            return axes  # flattened: only dense layers can follow, and they reach everything
        channels, *space = axes
        return [np.pad(channels, ((self.start, self.total - self.start - self.channels), (0, 0))), *space]
