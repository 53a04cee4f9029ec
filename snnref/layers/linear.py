"""Linear layers, as frozen dataclasses: callables on `(..., *features)`.

They appear unchanged in the projections of the canonical graph; there the bias is kept apart, since every code
gives it a role of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from ..arrays import Array, convolve, dense, namespace, window_sum
from .windows import Padding, Pool, Shape, Size, Window, expect

Reach = list[np.ndarray]


class Linear(ABC):
    """A linear map plus an offset (0 unless the layer has a bias)."""

    @abstractmethod
    def __call__(self, x: Array) -> Array:
        """The linear map, without the offset: `(..., *features)` -> `(..., *shape(features))`."""

    @abstractmethod
    def shape(self, features: Shape) -> Shape:
        """Compute the feature shape of the output.

        Parameters
        ----------
        features
            The feature shape of the input.

        Returns
        -------
        tuple of int
            The feature shape of the output.

        Raises
        ------
        ValueError
            If the layer does not take such features.
        """

    @abstractmethod
    def reach(self, axes: Reach) -> Reach:
        """Compute where the spike of one source neuron has spread to, after this map.

        The neurons that it reaches are a product of one set an axis. The map's own weights are assumed to be all
        non-zero.

        Parameters
        ----------
        axes : arrays `(positions now, positions of the source)`
            Boolean, one for each feature axis, channels first.

        Returns
        -------
        list of arrays
            The same behind this map.
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
        """The bias `(out,)`, or 0."""
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
    """Convolution (cross-correlation, as in every framework) along one to three axes: y = W * x + b."""

    weight: Array  # (out, in / groups, *window): of length, of height and width, of depth, height and width
    bias: Array | None = None  # (out,)
    stride: Size = 1
    padding: Padding = 0
    dilation: Size = 1
    groups: int = 1  # so many parts of the channels, each convolved by itself

    @property
    def offset(self) -> Array | float:
        """The bias, shaped to broadcast over the output's features."""
        return 0.0 if self.bias is None else self.bias.reshape(-1, *[1] * (self.weight.ndim - 2))

    @cached_property
    def window(self) -> Window:
        """The window that slides over the trailing axes."""
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
class UnevenAvgPool(Linear):
    """Mean over windows that differ in size, as at a border that does not count, or interpolation: one matrix of
    weights an axis."""

    high: Array  # (places, entries) along the first spatial axis
    wide: Array | None = None  # and along the second, if there is one

    def __call__(self, x: Array) -> Array:
        if self.wide is None:
            return dense(x, self.high)
        turn = namespace(x).matrix_transpose
        return turn(dense(turn(dense(x, self.wide)), self.high))

    @property
    def matrices(self) -> tuple[Array, ...]:
        """One for each axis behind the channels."""
        return (self.high,) if self.wide is None else (self.high, self.wide)

    def shape(self, features: Shape) -> Shape:
        entries = tuple(m.shape[1] for m in self.matrices)
        if features[1:] != entries:
            raise ValueError(f"UnevenAvgPool: got features {features}, expected {entries} behind the channels")
        return (features[0], *(m.shape[0] for m in self.matrices))

    def reach(self, axes: Reach) -> Reach:
        channels, *space = axes
        reached = [(m != 0) @ axis for m, axis in zip(self.matrices, space, strict=False)]
        return [channels, *reached, *space[len(reached) :]]


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
        """The bias, or 0."""
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
