"""Linear layers, as frozen dataclasses: callables on `(..., *features)`.

They appear unchanged in the projections of the canonical graph; there the bias is kept apart, since every code
gives it a role of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from math import prod

import numpy as np

from .arrays import Array, Axis, convolve, dense, namespace, pad, window_entries, window_sum
from .windows import Padding, Pool, Shape, Size, Window, expect

Reach = list[np.ndarray]


class Linear(ABC):
    """A linear map plus an offset (0 unless the layer has a bias)."""

    @abstractmethod
    def __call__(self, x: Array) -> Array:
        """The linear map, without the offset: `(..., *features)` -> `(..., *shape(features))`."""

    @abstractmethod
    def shape(self, features: Shape) -> Shape:
        """The features that come out."""

    @abstractmethod
    def reach(self, axes: Reach) -> Reach:
        """Where the spike of one source neuron has spread to, after this map.

        What it reaches is a product of one set an axis: `axes[i]` is boolean `(positions now, positions of the
        source)` along axis i, channels first. The map's own weights are taken as all non-zero.
        """

    @property
    def offset(self) -> Array | float:
        """The bias, shaped to broadcast over the output's features."""
        return 0.0


@dataclass(frozen=True)
class Dense(Linear):
    """Fully connected: y = W x + b."""

    weight: Array  # (out, in)
    bias: Array | None = None  # (out,)

    @property
    def offset(self) -> Array | float:
        return 0.0 if self.bias is None else self.bias

    def __call__(self, x: Array) -> Array:
        return dense(x, self.weight)

    def shape(self, features: Shape) -> Shape:
        expect(self, features, axes=1, channels=self.weight.shape[1])
        return (self.weight.shape[0],)

    def reach(self, axes: Reach) -> Reach:
        channels, *space = (np.any(axis, axis=0, keepdims=True) for axis in axes)
        return [np.repeat(channels, self.weight.shape[0], axis=0), *space]


@dataclass(frozen=True)
class Conv(Linear):
    """Convolution (cross-correlation, as in every framework) along one axis or two: y = W * x + b."""

    weight: Array  # (out, in / groups, height, width) or (out, in / groups, length)
    bias: Array | None = None  # (out,)
    stride: Size = 1
    padding: Padding = 0
    dilation: Size = 1
    groups: int = 1  # so many parts of the channels, each convolved by itself

    @property
    def offset(self) -> Array | float:
        return 0.0 if self.bias is None else self.bias.reshape(-1, *[1] * (self.weight.ndim - 2))

    @cached_property
    def window(self) -> Window:
        return Window(tuple(self.weight.shape[2:]), self.stride, self.padding, self.dilation)

    def __call__(self, x: Array) -> Array:
        return convolve(x, self.weight, self.window.axes, groups=self.groups)

    def shape(self, features: Shape) -> Shape:
        if self.groups < 1 or self.weight.shape[0] % self.groups:
            raise ValueError(f"Conv: got {self.groups} groups for {self.weight.shape[0]} outputs, expected a divisor")
        expect(self, features, axes=self.weight.ndim - 1, channels=self.weight.shape[1] * self.groups)
        return (self.weight.shape[0], *self.window.shape(features)[1:])

    def reach(self, axes: Reach) -> Reach:
        channels, *space = axes
        groups = channels.reshape(self.groups, -1, channels.shape[-1]).any(axis=1)
        return [np.repeat(groups, self.weight.shape[0] // self.groups, axis=0), *self.window.support(space)]


@dataclass(frozen=True)
class AvgPool(Pool, Linear):
    """Mean over a window; padded zeros count, as in torch's default."""

    def __call__(self, x: Array) -> Array:
        return window_sum(x, self.axes) / prod(axis.size for axis in self.axes)

    def reach(self, axes: Reach) -> Reach:
        return [axes[0], *self.support(axes[1:])]


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
class UnevenAvgPool(Linear):
    """Mean over windows that differ in size, as at a border that does not count: one matrix of weights an axis."""

    high: Array  # (places, entries) along the first spatial axis
    wide: Array | None = None  # and along the second, if there is one

    def __call__(self, x: Array) -> Array:
        if self.wide is None:
            return dense(x, self.high)
        turn = namespace(x).matrix_transpose
        return turn(dense(turn(dense(x, self.wide)), self.high))

    @property
    def _matrices(self) -> tuple[Array, ...]:
        return (self.high,) if self.wide is None else (self.high, self.wide)

    def shape(self, features: Shape) -> Shape:
        entries = tuple(m.shape[1] for m in self._matrices)
        if features[1:] != entries:
            raise ValueError(f"UnevenAvgPool: got features {features}, expected {entries} behind the channels")
        return (features[0], *(m.shape[0] for m in self._matrices))

    def reach(self, axes: Reach) -> Reach:
        channels, *space = axes
        reached = [(m != 0) @ axis for m, axis in zip(self._matrices, space, strict=False)]
        return [channels, *reached, *space[len(reached) :]]


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
        if features != tuple(self.features) or prod(features) != prod(self.to) or min(self.to) < 1:
            raise ValueError(f"Reshape: got features {features}, expected {self.features} and as many as in {self.to}")
        return tuple(self.to)

    @property
    def drops_ones(self) -> bool:
        """Whether it only cuts off trailing axes of one entry."""
        n = len(self.to)
        return tuple(self.features[:n]) == tuple(self.to) and all(k == 1 for k in self.features[n:])

    def reach(self, axes: Reach) -> Reach:
        if not self.drops_ones:
            raise ValueError(f"Reshape: {self.features} to {self.to} between linear layers is not a product of axes")
        return axes


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


@dataclass(frozen=True)
class Gain(Linear):
    """y = g x + b with constants that broadcast over the features: changes of scale, normalisation by itself."""

    value: Array | float
    bias: Array | float | None = None

    def __post_init__(self) -> None:
        for name in ("value", "bias"):
            if isinstance(getattr(self, name), np.floating):  # which would raise the precision of float32
                object.__setattr__(self, name, float(getattr(self, name)))

    @property
    def offset(self) -> Array | float:
        return 0.0 if self.bias is None else self.bias

    def __call__(self, x: Array) -> Array:
        return x * self.value

    def shape(self, features: Shape) -> Shape:
        try:
            fits = np.broadcast_shapes(np.shape(self.value), np.shape(self.offset), features) == features
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"Gain: got features {features}, expected what {np.shape(self.value)} and {np.shape(self.offset)} "
                "broadcast to"
            )
        return features

    def reach(self, axes: Reach) -> Reach:
        return axes
