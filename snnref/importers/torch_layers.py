"""What torch's calls on one value mean as layers: convolution, normalisation, pooling.

Every function takes the builder first, then the call's own arguments under torch's names (`x` for `input`). It
raises ValueError for what it cannot express. What changes nothing (momentum, a dtype) is accepted and ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from ..layers import AvgPool, Conv, Gain, MaxPool, UnevenAvgPool
from .torch_moves import along_axes, moved
from .torch_values import Builder, Value, constant, each


def conv(
    net: Builder,
    x: Value,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Value:
    weight = constant(weight)
    n = weight.ndim - 2
    dilation = each(dilation, n)
    if padding == "same":  # the odd one of an even kernel goes to the end
        spare = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
        padding = tuple((k // 2, k - k // 2) for k in spare)
    else:
        padding = each(0 if padding == "valid" else padding, n)
    return net.add(Conv(weight, constant(bias, "bias"), each(stride, n), padding, dilation, groups), x)


def conv_transpose(
    net: Builder,
    x: Value,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Value:
    """Zeros between the entries, and around them; then a convolution with the kernel turned round."""
    weight = constant(weight)
    n = weight.ndim - 2
    axes = zip(
        x.shape[1:], weight.shape[2:], *(each(k, n) for k in (stride, padding, output_padding, dilation)), strict=True
    )
    places = []
    for entries, size, step, cut, more, apart in axes:
        before = apart * (size - 1) - cut  # negative: entries are cut off
        at = np.arange((entries - 1) * step + 1 + 2 * before + more) - before
        places.append(np.where((at % step == 0) & (at >= 0) & (at < entries * step), at // step, -1))
    spaced = along_axes(net, x, (np.arange(x.shape[0]), *places), suffix=".spaced")
    _, outputs, *size = weight.shape
    turned = weight.reshape(groups, -1, *weight.shape[1:]).swapaxes(1, 2)  # (groups, outputs, inputs, *size)
    turned = np.flip(turned.reshape(groups * outputs, -1, *size), tuple(range(2, 2 + n)))
    return net.add(Conv(turned.copy(), constant(bias, "bias"), dilation=each(dilation, n), groups=groups), spaced)


def interpolate(
    net: Builder,
    x: Value,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Value:
    """Entries repeated, or along each axis a matrix of weights: torch's own answer to unit vectors."""
    if mode.startswith("nearest"):
        return moved(net, F.interpolate, (x, size, scale_factor, mode), {}, in_place=False)
    n = len(x.shape) - 1
    if mode not in ("linear", "bilinear", "bicubic") or n > 2:
        raise ValueError(f"got mode={mode!r} of features {x.shape}, expected nearest, linear, bilinear or bicubic")
    rest: Any = (1,) * (n - 1)  # along the other axis there is one entry, which stays one
    matrices = []
    for axis, entries in enumerate(x.shape[1:]):
        wanted: Any = None if size is None else (each(size, n)[axis], *rest)
        scale: Any = None if scale_factor is None else (each(scale_factor, n)[axis], *rest)
        units = torch.eye(entries).reshape(entries, 1, entries, *rest)
        answer = F.interpolate(units, wanted, scale, mode, align_corners, recompute_scale_factor, antialias)
        matrices.append(answer.reshape(entries, -1).T.numpy().copy())
    return net.add(UnevenAvgPool(*matrices), x)


def batch_norm(
    net: Builder,
    x: Value,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Value:
    if training or running_mean is None or running_var is None:
        raise ValueError("it normalises by the batch at hand, expected running statistics (eval mode)")
    mean, variance = constant(running_mean), constant(running_var)
    gain = (1.0 if weight is None else constant(weight)) / np.sqrt(variance + eps)
    offset = (0.0 if bias is None else constant(bias, "bias")) - gain * mean
    if len(gain) != x.shape[0]:
        raise ValueError(f"got features {x.shape}, expected {len(gain)} channels")
    channels = (-1, *[1] * (len(x.shape) - 1))
    return net.add(Gain(gain.reshape(channels), offset.reshape(channels)), x)


def _window(x: Value, n: int, size: Any, stride: Any, padding: Any) -> list[tuple[int, ...]]:
    if len(x.shape) != n + 1:
        raise ValueError(f"got features {x.shape}, expected {n + 1} axes")
    size = each(size, n)
    return [size, size if stride is None or stride == [] else each(stride, n), each(padding, n)]


def _past_the_end(n: int, size: int, stride: int, padding: int) -> int:
    """Padding after the last entry, with `ceil_mode`: one more window if it starts before the end."""
    places = -(-(n + 2 * padding - size) // stride) + 1
    places -= (places - 1) * stride >= n + padding
    return max(padding, (places - 1) * stride + size - n - padding)


def max_pool(n: int) -> Callable[..., Value]:
    """Maxima along n axes."""

    def call(
        net: Builder,
        x: Value,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Value:
        if return_indices:
            raise ValueError("return_indices=True has no counterpart, expected the maxima alone")
        size, stride, padding = _window(x, n, kernel_size, stride, padding)
        dilation, sides = each(dilation, n), padding
        if ceil_mode:
            extent = [d * (k - 1) + 1 for d, k in zip(dilation, size, strict=True)]
            after = map(_past_the_end, x.shape[1:], extent, stride, padding)
            sides = tuple(zip(padding, after, strict=True))
        return net.add(MaxPool(size, stride, sides, dilation), x)

    return call


def avg_pool(n: int) -> Callable[..., Value]:
    """Means along n axes."""

    def call(
        net: Builder,
        x: Value,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Value:
        size, stride, padding = _window(x, n, kernel_size, stride, padding)
        if divisor_override is not None:
            raise ValueError(f"got divisor_override={divisor_override}, expected None: means")
        after = tuple(map(_past_the_end, x.shape[1:], size, stride, padding)) if ceil_mode else padding
        if after == padding and (count_include_pad or not any(padding)):
            return net.add(AvgPool(size, stride, padding), x)
        axes = zip(x.shape[1:], size, stride, padding, after, strict=True)
        return _uneven(net, x, [_means(*axis, count_padding=count_include_pad) for axis in axes])

    return call


def _uneven(net: Builder, x: Value, matrices: list[np.ndarray]) -> Value:
    if len(matrices) > 2:
        raise ValueError(f"got windows of unequal size in features {x.shape}, expected equal ones along three axes")
    return net.add(UnevenAvgPool(*matrices), x)


def _means(entries: int, size: int, stride: int, before: int, after: int, *, count_padding: bool) -> np.ndarray:
    """`(places, entries)`: the weights of each window; what `ceil_mode` adds beyond the padding never counts."""
    starts = np.arange(0, entries + before + after - size + 1, stride) - before
    ends = np.minimum(starts + size, entries + before)
    return _weights(entries, starts, ends, ends - starts if count_padding else None)


def _weights(entries: int, starts: np.ndarray, ends: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    position = np.arange(entries)
    inside = (position >= starts[:, None]) & (position < ends[:, None])
    return inside / (inside.sum(axis=1) if counts is None else counts)[:, None]


def adaptive_avg_pool(net: Builder, x: Value, output_size: Any) -> Value:
    """k windows of n entries, from ⌊i n/k⌋ up to ⌈(i+1) n/k⌉: of one size only where k divides n."""
    before = x.shape[1:]
    wanted = tuple(n if k is None else k for k, n in zip(each(output_size, len(before)), before, strict=True))
    if min(wanted) < 1:
        raise ValueError(f"got an output of {wanted}, expected at least one place an axis")
    if wanted == before:
        return Value(x.name, x.shape)
    if not any(n % k for n, k in zip(before, wanted, strict=True)):
        return net.add(AvgPool(tuple(n // k for n, k in zip(before, wanted, strict=True))), x)
    matrices = []
    for n, k in zip(before, wanted, strict=True):
        i = np.arange(k)
        matrices.append(_weights(n, i * n // k, -(-(i + 1) * n // k)))
    return _uneven(net, x, matrices)


def adaptive_max_pool(net: Builder, x: Value, output_size: Any, return_indices: bool = False) -> Value:
    """k windows of n entries, where k divides n."""
    before = x.shape[1:]
    wanted = tuple(n if k is None else k for k, n in zip(each(output_size, len(before)), before, strict=True))
    if return_indices or min(wanted) < 1 or any(n % k for n, k in zip(before, wanted, strict=True)):
        raise ValueError(f"got an output of {wanted} for features {x.shape}, expected divisors, and the maxima alone")
    return net.add(MaxPool(tuple(n // k for n, k in zip(before, wanted, strict=True))), x)


def instance_norm(
    net: Builder,
    x: Value,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Value:
    """With tracked statistics it is batch normalisation."""
    if use_input_stats:
        raise ValueError("it divides by what it computes from the input, expected running statistics")
    return batch_norm(net, x, running_mean, running_var, weight, bias, eps=eps)
