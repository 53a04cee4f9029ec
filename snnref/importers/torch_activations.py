"""What torch's functions of single values mean as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..layers import Activation, Add, Gain, ReLU, Softmax
from .torch_arithmetic import add, multiply, number
from .torch_values import Builder, Value, constant, feature_axis


def relu(net: Builder, x: Value, inplace: bool = False) -> Value:
    return net.add(ReLU(), x)


def leaky_relu(net: Builder, x: Value, negative_slope: float = 0.01, inplace: bool = False) -> Value:
    return net.add(Activation("leaky_relu", float(negative_slope)), x)


def prelu(net: Builder, x: Value, weight: Any) -> Value:
    """relu(x) − a · relu(−x), where the slopes a of the channels differ."""
    slopes = constant(weight)
    if slopes.size == 1:
        return leaky_relu(net, x, slopes.item())
    if slopes.size != x.shape[0]:
        raise ValueError(f"got {slopes.size} slopes for features {x.shape}, expected one for each channel")
    positive = net.add(ReLU(), x, suffix=".positive")
    negative = net.add(ReLU(), net.add(Gain(-1.0), x, suffix=".minus"), suffix=".negative")
    slopes = slopes.reshape(-1, *[1] * (len(x.shape) - 1))
    return net.add(Add(), positive, net.add(Gain(-slopes), negative, suffix=".slopes"))


def absolute(net: Builder, x: Value) -> Value:
    return leaky_relu(net, x, -1.0)


def elu(net: Builder, x: Value, alpha: float = 1.0, inplace: bool = False) -> Value:
    return net.add(Activation("elu", float(alpha)), x)


def gelu(net: Builder, x: Value, approximate: str = "none") -> Value:
    return net.add(Activation("gelu_tanh" if approximate == "tanh" else "gelu"), x)


def named(kind: str) -> Callable[..., Value]:
    """An activation without parameters."""

    def call(net: Builder, x: Value, inplace: bool = False) -> Value:
        return net.add(Activation(kind), x)

    return call


def hardtanh(net: Builder, x: Value, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Value:
    return clamp(net, x, min_val, max_val)


def clamp(net: Builder, x: Value, min: Any = None, max: Any = None) -> Value:  # noqa: A002, torch's names
    """A lower bound is a ReLU that is shifted; with an upper bound too, a ReLU6 that is shifted and scaled."""
    low, high = (None if k is None or np.isinf(float(k)) else float(k) for k in (min, max))
    if low is None and high is None:
        return Value(x.name, x.shape)
    if high is None and low is not None:
        return _affine(net, net.add(ReLU(), _affine(net, x, 1.0, -low)), 1.0, low)
    if low is None or high is None:  # min(x, high) = high − relu(high − x)
        high = float(high or 0.0)
        return _affine(net, net.add(ReLU(), _affine(net, x, -1.0, high)), -1.0, high)
    if not low < high:
        raise ValueError(f"got bounds {low} and {high}, expected the first to be smaller")
    factor = 6 / (high - low)
    bounded = net.add(Activation("relu6"), _affine(net, x, factor, -factor * low))
    return _affine(net, bounded, 1 / factor, low)


def _affine(net: Builder, x: Value, factor: float, offset: float) -> Value:
    if (factor, offset) == (1.0, 0.0):
        return x
    return net.add(Gain(factor, offset or None), x, suffix=".shifted")


def threshold(net: Builder, x: Value, threshold: float, value: float, inplace: bool = False) -> Value:
    if float(threshold) != float(value):
        raise ValueError(f"got threshold={threshold}, value={value}: it jumps; expected equal ones")
    return clamp(net, x, min=threshold)


def sign(net: Builder, x: Value) -> Value:
    return net.add(Activation("sign"), x)


def heaviside(net: Builder, x: Value, values: Any) -> Value:
    if np.any(constant(values, "value at 0")):
        raise ValueError("got another value at 0 than 0, expected 0")
    return net.add(Activation("heaviside"), x)


def greater(net: Builder, x: Any, other: Any) -> Value:
    """x > c, as 0 or 1."""
    if not isinstance(x, Value) or isinstance(other, Value):
        raise ValueError("it compares two values, expected one of them to be constant")
    return net.add(Activation("heaviside"), add(net, x, -number(other, x)) if np.any(number(other, x)) else x)


def less(net: Builder, x: Any, other: Any) -> Value:
    """x < c, as 0 or 1."""
    if not isinstance(x, Value) or isinstance(other, Value):
        raise ValueError("it compares two values, expected one of them to be constant")
    return net.add(Activation("heaviside"), add(net, multiply(net, x, -1.0), number(other, x)))


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
        if training and p:
            raise ValueError("it drops at random even in eval mode, expected training=self.training")
        return x

    return call


def clone(net: Builder, x: Value, *, memory_format: Any = None) -> Value:
    """The same value, but not the same memory: what is done to one in place is not done to the other."""
    return Value(x.name, x.shape)
