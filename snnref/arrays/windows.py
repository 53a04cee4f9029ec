"""Windows that slide over the trailing axes of an array: their entries, sums and maxima."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from array_api_compat import device, is_torch_array

from .conversion import Array, namespace

Pair = tuple[int, int]


class Axis(NamedTuple):
    """How a window slides along one axis."""

    size: int
    stride: int = 1
    before: int = 0  # padding
    after: int = 0
    dilation: int = 1  # distance between the entries that a window reads

    @property
    def extent(self) -> int:
        """From the first to the last entry of a window."""
        return self.dilation * (self.size - 1) + 1

    def places(self, n: int) -> int:
        """Positions of the window along n entries; what does not fit at the end is dropped."""
        return (n + self.before + self.after - self.extent) // self.stride + 1


def pad(x: Array, widths: tuple[Pair, ...], *, fill: float = 0.0) -> Array:
    """`x` with `(before, after)` entries of `fill` added along its last `len(widths)` axes."""
    if not any(map(any, widths)):
        return x
    if is_torch_array(x):
        import torch

        return torch.nn.functional.pad(x, [n for pair in reversed(widths) for n in pair], value=fill)
    lead, sizes = x.shape[: x.ndim - len(widths)], x.shape[x.ndim - len(widths) :]
    whole = [before + n + after for (before, after), n in zip(widths, sizes, strict=True)]
    inside: Any = [slice(before, before + n) for (before, _), n in zip(widths, sizes, strict=True)]
    padded = np.full((*lead, *whole), fill, x.dtype)  # several times as fast as np.pad
    padded[..., *inside] = x
    return padded


def _widths(axes: Sequence[Axis]) -> tuple[Pair, ...]:
    return tuple((axis.before, axis.after) for axis in axes)


def window_entries(x: Array, axes: Sequence[Axis], fill: float) -> Iterator[Array]:
    """For each place in a window, `(..., *places)`: the entry that every window has there. Row by row."""
    places = [axis.places(n) for axis, n in zip(axes, x.shape[-len(axes) :], strict=True)]
    x = pad(x, _widths(axes), fill=fill)
    for entry in itertools.product(*(range(axis.size) for axis in axes)):
        starts = [i * axis.dilation for i, axis in zip(entry, axes, strict=True)]
        cuts = [
            slice(start, start + axis.stride * (n - 1) + 1, axis.stride)
            for start, axis, n in zip(starts, axes, places, strict=True)
        ]
        yield x[(..., *cuts)]


def window_sum(x: Array, axes: Sequence[Axis]) -> Array:
    """`(..., *sizes)` -> `(..., *places)`: the sum over every pooling window; padding adds nothing."""
    for i, axis in enumerate(axes, start=-len(axes)):  # axis by axis: fewer additions
        if axis == Axis(x.shape[i]) or axis == Axis(x.shape[i], x.shape[i]):  # one window sees them all
            x = namespace(x).sum(x, axis=i, keepdims=True)
        else:
            x = reduce(operator.add, window_entries(x, _along(axes, i), 0.0))
    return x


def _along(axes: Sequence[Axis], i: int) -> list[Axis]:
    """Axis i of a window, which is a single entry along the others."""
    return [axis if k == i % len(axes) else Axis(1) for k, axis in enumerate(axes)]


def window_max(x: Array, axes: Sequence[Axis]) -> Array:
    """`(..., *sizes)` -> `(..., *places)`: the maximum over every pooling window; padding never wins."""
    if is_torch_array(x) and x.requires_grad:  # of equals, one gets the whole gradient
        from torch.nn import functional

        pool = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)[len(axes) - 1]
        x = pad(x, _widths(axes), fill=-float("inf"))
        size, stride, _, _, dilation = zip(*axes, strict=True)
        y = pool(x.reshape(-1, 1, *x.shape[-len(axes) :]), size, stride, 0, dilation)
        return y.reshape(*x.shape[: -len(axes)], *y.shape[2:])
    for i in range(-len(axes), 0):  # axis by axis: ten times as fast
        x = reduce(namespace(x).maximum, window_entries(x, _along(axes, i), -float("inf")))
    return x


def window_gate(estimate: Array, x: Array, axes: Sequence[Axis], *, most: int | None = None) -> Array:
    """`(..., *sizes)` twice -> `(..., *places)`: in every window, the x whose estimate is largest (the first of equals,
    row by row); padding never wins.

    most : estimates are whole numbers of at most this size, and x is −1, 0 or 1: then one maximum finds it, and the
        estimates are overwritten
    """
    xp, places = namespace(estimate, x), int(np.prod(x.shape[-len(axes) :]))
    digits = 24 if x.dtype == xp.float32 else 53
    if most is None or 3 * (most + 1) * places >= 2**digits:
        best, passed = -float("inf"), 0.0
        for e, value in zip(window_entries(estimate, axes, best), window_entries(x, axes, 0.0), strict=True):
            better = e > best
            best, passed = xp.where(better, e, best), xp.where(better, value, passed)
        return passed
    first = xp.arange(places - 1, -1, -1, dtype=x.dtype, device=device(x))  # what comes first in a window is largest
    key = estimate
    key *= 3 * places
    key += 3 * xp.reshape(first, x.shape[-len(axes) :]) + 1
    key += x
    best = window_max(key, axes)
    return best - 3 * xp.floor(best / 3) - 1
