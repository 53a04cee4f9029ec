"""Windows that slide over the trailing feature axes: the geometry of convolution and pooling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np

from ..arrays import Axis

Shape = tuple[int, ...]
Size = int | tuple[int, ...]  # the same along both axes, or one value an axis
Padding = int | tuple[int | tuple[int, int], ...]  # of one axis: the same on both sides, or (before, after)


def expect(layer: object, shape: Shape, *, axes: int, channels: int | None = None) -> None:
    """Refuse features of another kind, by ValueError."""
    if len(shape) != axes or (channels is not None and shape[0] != channels):
        wanted = f"{axes} feature axes" + ("" if channels is None else f" and {channels} in the first")
        raise ValueError(f"{type(layer).__name__}: got features {shape}, expected {wanted}")


def _each(value: Any, n: int) -> tuple[Any, ...]:
    """3 -> (3, 3); (3, 1) stays."""
    values = (value,) * n if isinstance(value, Integral) else value
    if not isinstance(values, tuple | list) or len(values) != n:
        raise ValueError(f"got {value!r}, expected one whole number, or {n}")
    return tuple(values)


@dataclass(frozen=True)
class Window:
    """A window over the last two feature axes, or over as many as `size` has entries."""

    size: Size
    stride: Size | None = None  # None: equal to the size, as in torch
    padding: Padding = 0
    dilation: Size = 1

    def __post_init__(self) -> None:
        for axis in self.axes:
            if min(axis.size, axis.stride, axis.dilation) < 1 or min(axis.before, axis.after) < 0:
                raise ValueError(
                    f"{type(self).__name__}: got size {self.size}, stride {self.stride}, padding {self.padding}, "
                    f"dilation {self.dilation}, expected size, stride and dilation ≥ 1 and padding ≥ 0"
                )

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The geometry of the window along each axis."""
        n = len(self.size) if isinstance(self.size, tuple | list) else 2
        if n not in (1, 2, 3):
            raise ValueError(f"{type(self).__name__}: got size {self.size!r}, expected one axis, two or three")
        size, padding, dilation = (_each(value, n) for value in (self.size, self.padding, self.dilation))
        stride = size if self.stride is None else _each(self.stride, n)
        sides = [_each(p, 2) for p in padding]
        axes = [(size[i], stride[i], *sides[i], dilation[i]) for i in range(n)]
        if not all(isinstance(value, Integral) for axis in axes for value in axis):
            raise ValueError(f"{type(self).__name__}: got {axes}, expected whole numbers")
        return tuple(Axis(*map(int, axis)) for axis in axes)  # they may be NumPy integers

    def shape(self, features: Shape) -> Shape:
        """Compute the feature shape of the output.

        Parameters
        ----------
        features
            The feature shape of the input, channels first.

        Returns
        -------
        tuple of int
            Channels, then the number of windows along each axis.

        Raises
        ------
        ValueError
            If the window does not fit.
        """
        expect(self, features, axes=1 + len(self.axes))
        places = tuple(axis.places(n) for axis, n in zip(self.axes, features[1:], strict=True))
        if min(places) < 1:
            raise ValueError(
                f"{type(self).__name__}: a window of {tuple(axis.extent for axis in self.axes)} does not fit into "
                f"features {features}"
            )
        return (features[0], *places)

    def support(self, axes: list[np.ndarray]) -> list[np.ndarray]:
        """Compute which source positions each position of the window covers.

        Parameters
        ----------
        axes : arrays `(positions now, positions of the source)`
            Boolean, one for each spatial axis.

        Returns
        -------
        list of arrays
            The same behind this window.
        """
        found = list(axes)
        for i, (reached, axis) in enumerate(zip(axes, self.axes, strict=False)):
            starts = np.arange(axis.places(len(reached)))[:, None] * axis.stride - axis.before
            offset = np.arange(len(reached)) - starts
            reads = (offset >= 0) & (offset < axis.extent) & (offset % axis.dilation == 0)
            found[i] = reads @ reached
        return found


@dataclass(frozen=True)
class Pool(Window):
    """A window of which no position lies in the padding altogether."""

    def shape(self, features: Shape) -> Shape:
        shape = super().shape(features)
        for axis, n in zip(self.axes, features[1:], strict=True):
            (sees,) = Window((axis.size,), axis.stride, ((axis.before, axis.after),), axis.dilation).support(
                [np.eye(n, dtype=bool)]
            )
            if not sees.any(axis=1).all():
                raise ValueError(
                    f"{type(self).__name__}: got padding {self.padding} with size {self.size}: a window over features "
                    f"{features} would see nothing but padding; expected at most half the size"
                )
        return shape
