"""What torch's calls on one value mean as layers: weights, pooling, activations.

Every function takes the builder first, then the call's own arguments under torch's names (`x` for `input`). It
raises ValueError for what it cannot express. What changes nothing (momentum, a dtype) is accepted and ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..layers import Activation, AvgPool, Conv, Dense, Gain, MaxPool, ReLU, Softmax, UnevenAvgPool
from .torch_values import Builder, Value, constant, each, feature_axis


def linear(net: Builder, x: Value, weight: Any, bias: Any = None) -> Value:
    if len(x.shape) != 1:
        raise ValueError(f"got features {x.shape}, expected one axis; flatten them first")
    return net.add(Dense(constant(weight), constant(bias, "bias")), x)


def conv(
    net: Builder,
    x: Value,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Value:
    if padding_mode != "zeros":
        raise ValueError(f"got padding_mode={padding_mode!r}, expected 'zeros'")
    weight = constant(weight)
    n = weight.ndim - 2
    dilation = each(dilation, n)
    if padding == "same":  # the odd one of an even kernel goes to the end
        spare = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
        padding = tuple((k // 2, k - k // 2) for k in spare)
    else:
        padding = each(0 if padding == "valid" else padding, n)
    return net.add(Conv(weight, constant(bias, "bias"), each(stride, n), padding, dilation, groups), x)


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
        return net.add(UnevenAvgPool(*(_means(*axis, count_padding=count_include_pad) for axis in axes)), x)

    return call


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
        return clone(net, x)
    if not any(n % k for n, k in zip(before, wanted, strict=True)):
        return net.add(AvgPool(tuple(n // k for n, k in zip(before, wanted, strict=True))), x)
    matrices = []
    for n, k in zip(before, wanted, strict=True):
        i = np.arange(k)
        matrices.append(_weights(n, i * n // k, -(-(i + 1) * n // k)))
    return net.add(UnevenAvgPool(*matrices), x)


def relu(net: Builder, x: Value, inplace: bool = False) -> Value:
    return net.add(ReLU(), x)


def leaky_relu(net: Builder, x: Value, negative_slope: float = 0.01, inplace: bool = False) -> Value:
    return net.add(Activation("leaky_relu", float(negative_slope)), x)


def elu(net: Builder, x: Value, alpha: float = 1.0, inplace: bool = False) -> Value:
    return net.add(Activation("elu", float(alpha)), x)


def gelu(net: Builder, x: Value, approximate: str = "none") -> Value:
    return net.add(Activation("gelu_tanh" if approximate == "tanh" else "gelu"), x)


def named(kind: str) -> Callable[..., Value]:
    """An activation without parameters."""

    def call(net: Builder, x: Value, inplace: bool = False) -> Value:
        return net.add(Activation(kind), x)

    return call


def softmax(log: bool) -> Callable[..., Value]:
    """Probabilities of a vector of classes, or their logarithms."""

    def call(net: Builder, x: Value, dim: int | None = None, dtype: Any = None, _stacklevel: int = 3) -> Value:
        if len(x.shape) != 1 or (dim is not None and feature_axis(dim, x) != 0):
            raise ValueError(f"got dim={dim} of features {x.shape}, expected dim=1 of a vector of classes")
        return net.add(Softmax(log), x)

    return call


def dropout(default: bool) -> Callable[..., Value]:
    """`default` is torch's own for `training`."""

    def call(net: Builder, x: Value, p: float = 0.5, training: bool = default, inplace: bool = False) -> Value:
        if training:
            raise ValueError("it drops at random even in eval mode, expected training=self.training")
        return x

    return call


def same(net: Builder, x: Value, *args: Any) -> Value:
    return x


def clone(net: Builder, x: Value, *, memory_format: Any = None) -> Value:
    """The same value, but not the same memory: what is done to one in place is not done to the other."""
    return Value(x.name, x.shape)
