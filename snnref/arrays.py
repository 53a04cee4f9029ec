"""NumPy or PyTorch: the only file that knows the backend.

Arrays are `(..., *features)`: features are the trailing axes, anything (time, batch) may lead.
"""

from __future__ import annotations

import itertools
import operator
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import reduce
from math import prod
from typing import Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace as namespace
from array_api_compat import device, is_numpy_array, is_torch_array

Array = Any  # a NumPy array or a torch tensor
Pair = tuple[int, int]

BLOCK = 2**22  # values that an intermediate array may hold before work is split up
PATCHES = 2**18  # of a convolution in NumPy: what stays in the processor's cache is several times as fast
NO_BLAS = sys.platform == "emscripten"  # NumPy in a browser


def like(value: Any, x: Array) -> Array:
    """`value` as an array of x's kind, float type and device."""
    xp = namespace(x)
    if isinstance(value, np.ndarray) and is_torch_array(x) and not value.flags.writeable:
        value = value.copy()  # a tensor could be written to
    return xp.asarray(value, dtype=x.dtype, device=device(x))


def to_numpy(x: Array) -> np.ndarray:
    """`x` as a NumPy array on the CPU."""
    return x.detach().cpu().numpy() if is_torch_array(x) else np.asarray(x)


def quickest(x: np.ndarray) -> Array:
    """`x` as a torch tensor if torch is there, since large networks run several times faster on it; else as it is."""
    try:
        import torch
    except ImportError:
        return x
    return torch.from_numpy(np.ascontiguousarray(x))


def tree_like(tree: Any, x: Array) -> Any:
    """`tree` (dataclasses, dicts, tuples) with every NumPy array in it converted by `like`."""
    if isinstance(tree, np.ndarray):
        return like(tree, x)
    if isinstance(tree, dict):
        return {key: tree_like(value, x) for key, value in tree.items()}
    if isinstance(tree, tuple):
        values = [tree_like(value, x) for value in tree]
        if all(moved is value for moved, value in zip(values, tree, strict=True)):
            return tree
        return type(tree)(*values) if hasattr(tree, "_fields") else tuple(values)
    if is_dataclass(tree) and not isinstance(tree, type):
        parts = {f.name: getattr(tree, f.name) for f in fields(tree) if f.init}
        moved = {name: tree_like(part, x) for name, part in parts.items()}
        return tree if all(moved[name] is part for name, part in parts.items()) else replace(tree, **moved)
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
    TypeError : not a NumPy array or torch tensor, or not of single or double precision
    ValueError : another shape, no sample at all, NaN or infinite values
    """
    expected = f"({', '.join(['batch', *map(str, shape)])})"
    if not (is_numpy_array(x) or is_torch_array(x)):
        raise TypeError(f"{what}: got {type(x).__name__}, expected a NumPy array or torch tensor {expected}")
    xp = namespace(x)
    if x.dtype not in (xp.float32, xp.float64):  # with less, sums over time go wrong
        raise TypeError(f"{what}: got {x.dtype}, expected float32 or float64; convert it, for example pixels / 255.0")
    if tuple(x.shape[1:]) != tuple(shape) or x.ndim != len(shape) + 1:
        hint = "; a single sample needs x[None]" if tuple(x.shape) == tuple(shape) else ""
        raise ValueError(f"{what}: got shape {tuple(x.shape)}, expected {expected}{hint}")
    if x.shape[0] == 0:
        raise ValueError(f"{what}: got no sample at all, expected {expected} with batch ≥ 1")
    if not bool(xp.all(xp.isfinite(x))):
        raise ValueError(f"{what}: got NaN or infinite values, expected finite ones; clean the data first")


def check_calibration(x: Array, shape: tuple[int, ...]) -> None:
    """Refuse samples from which no scale can be read: what `check_input` refuses, and nothing but zeros."""
    check_input(x, shape, what="calibration")
    if not bool(namespace(x).any(x != 0)):
        raise ValueError("calibration: got nothing but zeros, expected samples like those of the training data")


def number(value: Any) -> Any:
    """A NumPy number as Python's: those of NumPy would turn single precision into double."""
    return value.item() if isinstance(value, np.generic) else value


def check_alike(**arrays: Array) -> None:
    """Refuse arrays of two kinds or on two devices, by TypeError; plain numbers go with any."""
    found = {k: x for k, x in arrays.items() if is_numpy_array(x) or is_torch_array(x)}
    kinds = {k: f"{'torch' if is_torch_array(x) else 'NumPy'} on {device(x)}" for k, x in found.items()}
    if len(set(kinds.values())) > 1:
        got = ", ".join(f"{k} is {kind}" for k, kind in kinds.items())
        raise TypeError(f"{got}: expected one kind on one device; convert with torch.from_numpy, .numpy() or .to()")


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
    return np.pad(x, [(0, 0)] * (x.ndim - len(widths)) + list(widths), constant_values=fill)


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

        pool = {1: functional.max_pool1d, 2: functional.max_pool2d}[len(axes)]
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


def running_sum(x: Array, past: Array | float = 0.0, *, out: Array | None = None) -> Array:
    """Sums over the first axis up to each entry, and `past` (libraries' own go through memory against the grain)."""
    xp = namespace(x)
    sums = xp.empty_like(x) if out is None else out
    xp.add(x[0, ...], past, out=sums[0, ...])
    for i in range(1, x.shape[0]):
        xp.add(sums[i - 1, ...], x[i, ...], out=sums[i, ...])
    return sums


def room(x: Array, steps: int) -> Array:
    """An empty array `(steps, *x.shape[1:])` whose entries lie in memory in the same order as x's."""
    if not is_torch_array(x):
        return np.empty((steps, *x.shape[1:]), x.dtype)
    import torch

    one = torch.empty_like(x[0], device="meta")
    strides = (one.numel(), *one.stride())
    return torch.empty_strided((steps, *one.shape), strides, dtype=x.dtype, device=x.device)


def at_least(x: Array, level: Array | float, *, out: Array) -> None:
    """Write 1 into `out` where x ≥ level, else 0."""
    namespace(x).greater_equal(x, level, out=out)


def dense(x: Array, weight: Array) -> Array:
    """`(..., in)` and weight `(out, in)` -> `(..., out)`, as one product whatever leads."""
    xp = namespace(x)
    flat = xp.reshape(x, (int(np.prod(x.shape[:-1])), x.shape[-1]))
    y = np.einsum("ni,oi->no", flat, weight) if NO_BLAS else flat @ weight.T
    return xp.reshape(y, (*x.shape[:-1], weight.shape[0]))


def convolve(x: Array, weight: Array, axes: Sequence[Axis], *, groups: int = 1) -> Array:
    """Cross-correlation: x `(..., C, *sizes)`, weight `(out, C/groups, *window)` -> `(..., out, *places)`."""
    xp = namespace(x)
    lead = x.shape[: -len(axes) - 1]
    x = xp.reshape(x, (int(np.prod(lead)), *x.shape[-len(axes) - 1 :]))
    y = _convolve_torch(x, weight, axes, groups) if is_torch_array(x) else _convolve_numpy(x, weight, axes, groups)
    return xp.reshape(y, (*lead, *y.shape[1:]))


def _convolve_torch(x: Array, weight: Array, axes: Sequence[Axis], groups: int) -> Array:
    import torch
    from torch.nn import functional

    _, stride, before, after, dilation = zip(*axes, strict=True)
    if len(axes) == 2 and x.dtype == torch.float32 and not (x.requires_grad or weight.requires_grad):
        x = x.contiguous(memory_format=torch.channels_last)  # twice as fast; what follows keeps this layout
    if before != after:  # torch pads both sides alike
        x, before = pad(x, _widths(axes)), (0,) * len(axes)
    product = {1: functional.conv1d, 2: functional.conv2d}[len(axes)]
    return product(x, weight, stride=stride, padding=before, dilation=dilation, groups=groups)


def _convolve_numpy(x: np.ndarray, weight: np.ndarray, axes: Sequence[Axis], groups: int) -> np.ndarray:
    """As a product of patches and weights, a block of samples at a time (patches repeat every entry many times)."""
    if groups > 1:
        parts = zip(np.split(x, groups, axis=1), np.split(weight, groups), strict=True)
        return np.concatenate([_convolve_numpy(part, own, axes, 1) for part, own in parts], axis=1)
    places = [axis.places(size) for axis, size in zip(axes, x.shape[2:], strict=True)]
    y = np.empty((len(x), len(weight), *places), np.result_type(x, weight))
    block = max(1, PATCHES // (weight[0].size * prod(places)))
    for start in range(0, len(x), block):
        part = np.moveaxis(x[start : start + block], 1, 0)  # channels first
        entries = window_entries(part, axes, 0.0)
        patches = np.stack(list(entries), axis=1)  # (channels, entries of a window, samples, *places)
        product = _product(weight.reshape(len(weight), -1), patches.reshape(weight[0].size, -1))
        y[start : start + block] = np.moveaxis(product.reshape(len(weight), -1, *places), 0, 1)
    return y


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a @ b, for a wide b. Without a BLAS, NumPy's own product is the slowest of its ways."""
    return np.einsum("ok,kn->on", a, b) if NO_BLAS else a @ b


def logistic(x: Array) -> Array:
    """1 / (1 + exp(−x)), without overflow and with its lower tail."""
    if is_torch_array(x):
        import torch

        return torch.sigmoid(x)
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1 + small)


def erf(x: Array) -> Array:
    """The error function, of which the array libraries have no common one."""
    if is_torch_array(x):
        import torch

        return torch.special.erf(x)
    from scipy import special

    return special.erf(x)


def cell(x: Array, *, width: float, first: float, last: int) -> Array:
    """⌊x / width − first⌋, between 0 and last."""
    y, torch, whole = x / width, is_torch_array(x), first == round(first)
    if not whole:
        y -= first
    y = y.floor_() if torch else np.floor(y, out=y)
    if whole and first:
        y -= first  # only now: before, it might have rounded
    return y.clamp_(0, last) if torch else np.clip(y, 0, last, out=y)


def take(table: Array, places: Array) -> Array:
    """The entries of a table `(n,)` at places that are whole numbers of any type."""
    if is_torch_array(table):
        import torch

        return torch.index_select(table, 0, places.to(torch.int32).reshape(-1)).reshape(places.shape)
    return table[places.astype(np.intp)]


def looked_up(table: Array, x: Array, *, width: float, first: float) -> Array:
    """The entry of a table for each value, whose cells are so wide; the outer ones have no end."""
    xp, strides = namespace(x), x.stride() if is_torch_array(x) else x.strides
    order = tuple(sorted(range(x.ndim), key=lambda i: -strides[i]))  # as the values lie in memory
    turned = xp.permute_dims(x, order)
    flat = xp.reshape(turned, (-1,))
    said = xp.empty_like(flat)
    for start in range(0, flat.shape[0], BLOCK // 16):  # small enough for the cache: twice as fast
        part = slice(start, start + BLOCK // 16)
        said[part] = take(table, cell(flat[part], width=width, first=first, last=len(table) - 1))
    return xp.permute_dims(xp.reshape(said, turned.shape), tuple(order.index(i) for i in range(x.ndim)))
