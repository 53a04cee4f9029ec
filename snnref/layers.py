"""Ordinary layers, as frozen dataclasses.

The linear ones are callables on `(..., *features)` and appear unchanged in the projections of the
canonical graph; there the bias is kept apart, since every code gives it a role of its own.

`shape(*inputs)` is the feature shape of the output, or an error. `reach(ways, axes)` follows the spread
of one spike: `axes[i]` is boolean `(positions now, positions of the source)` along spatial axis i, and
`ways` counts the channels reached; the map's own weights are taken as all non-zero.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import prod
from numbers import Integral

import numpy as np

from .arrays import Array, Pair, conv2d, dense, namespace, out_size, pad, window_max, window_sum

Shape = tuple[int, ...]
Reach = tuple[int, list[np.ndarray]]


def pair(value: int | Pair) -> Pair:
    """3 -> (3, 3); (3, 1) stays."""
    if isinstance(value, Integral):
        return int(value), int(value)
    high, wide = value  # type: ignore[misc]
    return int(high), int(wide)


def _expect(layer: object, shape: Shape, *, axes: int | None = None, channels: int | None = None) -> None:
    wanted = [f"{axes} feature axes"] * (axes is not None) + [f"{channels} in the first"] * (channels is not None)
    if (axes is not None and len(shape) != axes) or (channels is not None and shape[0] != channels):
        raise ValueError(f"{type(layer).__name__}: got features {shape}, expected {' and '.join(wanted)}")


@dataclass(frozen=True)
class Window:
    """A window that slides over the last two feature axes (an int means the same for both)."""

    size: int | Pair
    stride: int | Pair | None = None  # None: equal to the size, as in torch
    padding: int | Pair = 0

    def __post_init__(self) -> None:
        size, stride, padding = self.geometry
        if min(size) < 1 or min(stride) < 1 or min(padding) < 0:
            raise ValueError(
                f"{type(self).__name__}: got size {size}, stride {stride}, padding {padding}, "
                "expected size and stride ≥ 1 and padding ≥ 0"
            )

    @property
    def geometry(self) -> tuple[Pair, Pair, Pair]:
        return pair(self.size), pair(self.size if self.stride is None else self.stride), pair(self.padding)

    def shape(self, features: Shape) -> Shape:
        _expect(self, features, axes=3)
        out = tuple(out_size(*axis) for axis in zip(features[-2:], *self.geometry, strict=True))
        if min(out) < 1:
            raise ValueError(
                f"{type(self).__name__}: a window of {pair(self.size)} does not fit into features {features}"
            )
        return (*features[:-2], *out)

    def support(self, axes: list[np.ndarray]) -> list[np.ndarray]:
        """Which source positions each output position sees, axis by axis."""
        found = []
        for axis, size, stride, padding in zip(axes, *self.geometry, strict=True):
            start = np.arange(out_size(len(axis), size, stride, padding))[:, None] * stride - padding
            reads = (np.arange(len(axis)) >= start) & (np.arange(len(axis)) < start + size)
            found.append(reads @ axis)
        return found


class Linear(ABC):
    """A linear map plus an offset (0 unless the layer has a bias)."""

    @abstractmethod
    def __call__(self, x: Array) -> Array:
        """The linear map, without the offset: `(..., *features)` -> `(..., *shape(features))`."""

    @abstractmethod
    def shape(self, features: Shape) -> Shape:
        """The features that come out."""

    @abstractmethod
    def reach(self, ways: int, axes: list[np.ndarray]) -> Reach:
        """Where the spike of one source neuron has spread to, after this map."""

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
        _expect(self, features, axes=1, channels=self.weight.shape[1])
        return (self.weight.shape[0],)

    def reach(self, ways: int, axes: list[np.ndarray]) -> Reach:
        return self.weight.shape[0], [np.any(axis, axis=0, keepdims=True) for axis in axes]


@dataclass(frozen=True)
class Conv(Linear):
    """2-D convolution (cross-correlation, as in every framework): y = W * x + b."""

    weight: Array  # (out, in, height, width)
    bias: Array | None = None  # (out,)
    stride: int | Pair = 1
    padding: int | Pair = 0

    @property
    def offset(self) -> Array | float:
        return 0.0 if self.bias is None else self.bias[:, None, None]

    @property
    def window(self) -> Window:
        return Window(tuple(self.weight.shape[2:]), self.stride, self.padding)

    def __call__(self, x: Array) -> Array:
        return conv2d(x, self.weight, pair(self.stride), pair(self.padding))

    def shape(self, features: Shape) -> Shape:
        _expect(self, features, axes=3, channels=self.weight.shape[1])
        return (self.weight.shape[0], *self.window.shape(features)[1:])

    def reach(self, ways: int, axes: list[np.ndarray]) -> Reach:
        return self.weight.shape[0], self.window.support(axes)


@dataclass(frozen=True)
class Pool(Window):
    """A window of which at most half is padding, so that none lies outside altogether."""

    def __post_init__(self) -> None:
        super().__post_init__()
        size, _, padding = self.geometry
        if any(2 * p > s for s, p in zip(size, padding, strict=True)):
            raise ValueError(f"{type(self).__name__}: got padding {padding}, expected at most half the size {size}")


@dataclass(frozen=True)
class AvgPool(Pool, Linear):
    """Mean over a window; padded zeros count, as in torch's default."""

    def __call__(self, x: Array) -> Array:
        return window_sum(x, *self.geometry) / prod(pair(self.size))

    def reach(self, ways: int, axes: list[np.ndarray]) -> Reach:
        return ways, self.support(axes)


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

    def reach(self, ways: int, axes: list[np.ndarray]) -> Reach:
        return ways, axes


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

    def reach(self, ways: int, axes: list[np.ndarray]) -> Reach:
        return ways, axes


@dataclass(frozen=True)
class Gain(Linear):
    """Multiplication by a constant that broadcasts over the features: changes of scale."""

    value: Array | float

    def __call__(self, x: Array) -> Array:
        return x * self.value

    def shape(self, features: Shape) -> Shape:
        return features

    def reach(self, ways: int, axes: list[np.ndarray]) -> Reach:
        return ways, axes


@dataclass(frozen=True)
class MaxPool(Pool):
    """Maximum over a window; padding never wins."""

    def __call__(self, x: Array) -> Array:
        return window_max(x, *self.geometry)


@dataclass(frozen=True)
class ReLU:
    """max(0, x)."""

    def __call__(self, x: Array) -> Array:
        return namespace(x).where(x > 0, x, 0.0)

    def shape(self, features: Shape) -> Shape:
        return features


@dataclass(frozen=True)
class Add:
    """Sum of two or more layers: a residual connection."""

    def __call__(self, *x: Array) -> Array:
        return sum(x[1:], x[0])

    def shape(self, *features: Shape) -> Shape:
        if len(features) < 2 or len(set(features)) > 1:
            raise ValueError(f"Add: got features {features}, expected two or more equal shapes")
        return features[0]


@dataclass(frozen=True)
class Concat:
    """Two or more layers side by side along the first feature axis."""

    def __call__(self, *x: Array) -> Array:
        return namespace(*x).concat(list(x), axis=1)  # after the batch

    def shape(self, *features: Shape) -> Shape:
        if len(features) < 2 or len({f[1:] for f in features}) > 1 or len({len(f) for f in features}) > 1:
            raise ValueError(f"Concat: got features {features}, expected shapes equal but for the first axis")
        return (sum(f[0] for f in features), *features[0][1:])


Layer = Dense | Conv | AvgPool | Flatten | MaxPool | ReLU | Add | Concat
