"""Matrix products and convolutions, in NumPy or PyTorch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from math import prod

import numpy as np
from array_api_compat import is_torch_array

from .conversion import Array, namespace
from .windows import Axis, _widths, pad, window_entries

PATCHES = 2**18  # of a convolution in NumPy: what stays in the processor's cache is several times as fast
NO_BLAS = sys.platform == "emscripten"  # NumPy in a browser


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
    product = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}[len(axes)]
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
