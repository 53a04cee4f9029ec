"""Activation functions by name; the equations are those of torch.nn."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt

from ..arrays import Array, erf, logistic, namespace
from .reverse_coding import staircase


def relu(x: Array) -> Array:
    """max(0, x)"""
    return namespace(x).where(x > 0, x, 0.0)


def relu6(x: Array) -> Array:
    """min(6, max(0, x))"""
    return namespace(x).clip(x, 0.0, 6.0)


def leaky_relu(x: Array, slope: float = 0.01) -> Array:
    """x for x > 0, slope · x below"""
    return namespace(x).where(x > 0, x, slope * x)


def elu(x: Array, alpha: float = 1.0) -> Array:
    """x for x > 0, alpha · (exp(x) − 1) below"""
    xp = namespace(x)
    return xp.where(x > 0, x, alpha * xp.expm1(xp.clip(x, None, 0.0)))


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(−x))"""
    return logistic(x)


def tanh(x: Array) -> Array:
    """tanh(x)"""
    return namespace(x).tanh(x)


def silu(x: Array) -> Array:
    """x · sigmoid(x), also called Swish"""
    return x * sigmoid(x)


def gelu(x: Array) -> Array:
    """x · Φ(x), with the distribution function Φ of the normal distribution"""
    return 0.5 * x * (1 + erf(x / sqrt(2)))


def gelu_tanh(x: Array) -> Array:
    """The approximation of gelu by a hyperbolic tangent"""
    return 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))


def hard_sigmoid(x: Array) -> Array:
    """relu6(x + 3) / 6"""
    return relu6(x + 3) / 6


def hard_swish(x: Array) -> Array:
    """x · hard_sigmoid(x)"""
    return x * hard_sigmoid(x)


def heaviside(x: Array) -> Array:
    """1 for x > 0, else 0"""
    return namespace(x).astype(x > 0, x.dtype)


def sign(x: Array) -> Array:
    """1 for x > 0, −1 for x < 0, 0 for 0"""
    return namespace(x).sign(x)


def reverse(x: Array, leak: float = 5.0) -> Array:
    """exp(⌈L · ln(max(0, x) + 1)⌉ / L): what reverse coding makes of x, about x + 1 (Zhang et al. 2019)"""
    return staircase(x, leak=leak)


FUNCTIONS: dict[str, Callable[..., Array]] = {
    f.__name__: f
    for f in (
        relu,
        relu6,
        leaky_relu,
        elu,
        sigmoid,
        tanh,
        silu,
        gelu,
        gelu_tanh,
        hard_sigmoid,
        hard_swish,
        heaviside,
        sign,
        reverse,
    )
}
PARAMETERS = {"leaky_relu": "slope", "elu": "alpha", "reverse": "leak"}  # the others have none
NON_NEGATIVE = {"relu", "relu6", "sigmoid", "hard_sigmoid", "heaviside", "reverse"}
MONOTONE = NON_NEGATIVE | {"leaky_relu", "elu", "tanh", "sign"}  # leaky_relu and elu unless their parameter is negative
