"""NumPy or PyTorch: the only file that knows the backend.

Arrays are `(..., *features)`: features are the trailing axes, anything (time, batch) may lead.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
from array_api_compat import array_namespace as namespace
from array_api_compat import device, is_numpy_array, is_torch_array

Array = Any  # a NumPy array or a torch tensor
Pair = tuple[int, int]

BLOCK = 2**22  # values that an intermediate array may hold before work is split up


def like(value: Any, x: Array) -> Array:
    """`value` as an array of x's kind, float type and device."""
    xp = namespace(x)
    return xp.asarray(value, dtype=x.dtype, device=device(x))


def to_numpy(x: Array) -> np.ndarray:
    """`x` as a NumPy array on the CPU."""
    return x.detach().cpu().numpy() if is_torch_array(x) else np.asarray(x)


def tree_like(tree: Any, x: Array) -> Any:
    """`tree` (dataclasses, dicts, tuples) with every NumPy array in it converted by `like`."""
    if isinstance(tree, np.ndarray):
        return like(tree, x)
    if isinstance(tree, dict):
        return {key: tree_like(value, x) for key, value in tree.items()}
    if isinstance(tree, tuple):
        return tuple(tree_like(value, x) for value in tree)
    if is_dataclass(tree) and not isinstance(tree, type):
        return replace(tree, **{f.name: tree_like(getattr(tree, f.name), x) for f in fields(tree)})
    return tree


class Placed:
    """A tree of weights, moved once to every kind, float type and device that asks for it."""

    def __init__(self, tree: Any):
        self.tree = tree
        self._copies: dict[tuple, Any] = {}

    def like(self, x: Array) -> Any:
        key = (is_torch_array(x), str(x.dtype), str(device(x)))
        if key not in self._copies:
            self._copies[key] = tree_like(self.tree, x)
        return self._copies[key]


def check_input(x: Array, shape: tuple[int, ...], *, what: str = "input") -> None:
    """Refuse anything but a finite floating-point array `(batch, *shape)`.

    Raises
    ------
    TypeError : not a NumPy array or torch tensor, or not of a real floating type
    ValueError : another shape, no sample at all, NaN or infinite values
    """
    expected = f"({', '.join(['batch', *map(str, shape)])})"
    if not (is_numpy_array(x) or is_torch_array(x)):
        raise TypeError(f"{what}: got {type(x).__name__}, expected a NumPy array or torch tensor {expected}")
    xp = namespace(x)
    if not xp.isdtype(x.dtype, "real floating"):
        raise TypeError(f"{what}: got {x.dtype}, expected a floating type; convert it, for example pixels / 255.0")
    if tuple(x.shape[1:]) != tuple(shape) or x.ndim != len(shape) + 1:
        raise ValueError(f"{what}: got shape {tuple(x.shape)}, expected {expected}; a single sample needs x[None]")
    if x.shape[0] == 0:
        raise ValueError(f"{what}: got no sample at all, expected {expected} with batch ≥ 1")
    if not bool(xp.all(xp.isfinite(x))):
        raise ValueError(f"{what}: got NaN or infinite values, expected finite ones; clean the data first")


def out_size(n: int, size: int, stride: int, padding: int) -> int:
    """Positions of a window along an axis of n entries; borders that do not fit are dropped."""
    return (n + 2 * padding - size) // stride + 1


def pad(x: Array, widths: tuple[Pair, ...], *, fill: float = 0.0) -> Array:
    """`x` with `(before, after)` entries of `fill` added along its last `len(widths)` axes."""
    if not any(map(any, widths)):
        return x
    if is_torch_array(x):
        import torch

        return torch.nn.functional.pad(x, [n for pair in reversed(widths) for n in pair], value=fill)
    return np.pad(x, [(0, 0)] * (x.ndim - len(widths)) + list(widths), constant_values=fill)


def _window_entries(x: Array, size: Pair, stride: Pair, padding: Pair, fill: float) -> Iterator[Array]:
    """For each place in a window, `(..., H', W')`: the entry that every window has there. Row by row."""
    high, wide = (out_size(*axis) for axis in zip(x.shape[-2:], size, stride, padding, strict=True))
    x = pad(x, ((padding[0], padding[0]), (padding[1], padding[1])), fill=fill)
    for i in range(size[0]):
        rows = slice(i, i + stride[0] * (high - 1) + 1, stride[0])
        for j in range(size[1]):
            yield x[..., rows, j : j + stride[1] * (wide - 1) + 1 : stride[1]]


def window_sum(x: Array, size: Pair, stride: Pair, padding: Pair = (0, 0)) -> Array:
    """`(..., H, W)` -> `(..., H', W')`: the sum over every pooling window; padding adds nothing."""
    return reduce(operator.add, _window_entries(x, size, stride, padding, 0.0))


def window_max(x: Array, size: Pair, stride: Pair, padding: Pair = (0, 0)) -> Array:
    """`(..., H, W)` -> `(..., H', W')`: the maximum over every pooling window; padding never wins."""
    if is_torch_array(x):
        import torch

        y = torch.nn.functional.max_pool2d(x.reshape(-1, 1, *x.shape[-2:]), size, stride, padding)
        return y.reshape(*x.shape[:-2], *y.shape[-2:])
    return reduce(namespace(x).maximum, _window_entries(x, size, stride, padding, -float("inf")))


def running_sum(x: Array) -> Array:
    """Sums over the first axis up to each entry (libraries' own go through memory against the grain)."""
    sums = namespace(x).asarray(x, copy=True)
    for i in range(1, x.shape[0]):
        sums[i, ...] += sums[i - 1, ...]
    return sums


def dense(x: Array, weight: Array) -> Array:
    """`(..., in)` and weight `(out, in)` -> `(..., out)`, as one product whatever leads."""
    xp = namespace(x)
    flat = xp.reshape(x, (int(np.prod(x.shape[:-1])), x.shape[-1]))
    return xp.reshape(flat @ weight.T, (*x.shape[:-1], weight.shape[0]))


def conv2d(x: Array, weight: Array, stride: Pair, padding: Pair) -> Array:
    """Cross-correlation: x `(..., C, H, W)`, weight `(out, C, h, w)` -> `(..., out, H', W')`."""
    xp = namespace(x)
    lead = x.shape[:-3]
    x = xp.reshape(x, (int(np.prod(lead)), *x.shape[-3:]))
    if is_torch_array(x):
        import torch

        y: Array = torch.nn.functional.conv2d(x, weight, stride=stride, padding=padding)
    else:
        y = _conv2d_numpy(x, weight, stride, padding)
    return xp.reshape(y, (*lead, *y.shape[1:]))


def _conv2d_numpy(x: np.ndarray, weight: np.ndarray, stride: Pair, padding: Pair) -> np.ndarray:
    """As a product of patches and weights, a block of samples at a time (patches repeat every entry h·w times)."""
    out, _, *size = weight.shape
    high, wide = (out_size(*axis) for axis in zip(x.shape[-2:], size, stride, padding, strict=True))
    x = pad(x, ((padding[0], padding[0]), (padding[1], padding[1])))
    patches = np.lib.stride_tricks.sliding_window_view(x, size, axis=(-2, -1))[:, :, :: stride[0], :: stride[1]]
    y = np.empty((len(x), out, high, wide), np.result_type(x, weight))
    block = max(1, BLOCK // (weight[0].size * high * wide))
    for start in range(0, len(x), block):
        part = np.tensordot(patches[start : start + block], weight, axes=((1, 4, 5), (1, 2, 3)))
        y[start : start + block] = np.moveaxis(part, -1, 1)
    return y
