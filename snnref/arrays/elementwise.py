"""Operations on every entry, and sums over time, that NumPy and PyTorch do not have in common."""

from __future__ import annotations

import numpy as np
from array_api_compat import is_torch_array

from .conversion import BLOCK, Array, namespace


def running_sum(x: Array, past: Array | float = 0.0, *, out: Array | None = None) -> Array:
    """Sums over the first axis up to each entry, and `past` (libraries' own go through memory against the grain)."""
    xp = namespace(x)
    sums = xp.empty_like(x) if out is None else out
    xp.add(x[0, ...], past, out=sums[0, ...])
    for i in range(1, x.shape[0]):
        xp.add(sums[i - 1, ...], x[i, ...], out=sums[i, ...])
    return sums


def time_buffer(x: Array, steps: int) -> Array:
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


def lookup(table: Array, x: Array, *, width: float, first: float) -> Array:
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
