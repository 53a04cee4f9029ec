"""What torch's sums, products and means mean as layers."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import torch

from ..layers import Add, AvgPool, Conv, Dense, Gain, MaxPool, Multiply, ReLU, Spread
from .torch_moves import reshaped, turned
from .torch_values import Builder, Value, constant, feature_axis, same_for_all


def number(value: Any, x: Value) -> float | np.ndarray:
    """A constant that broadcasts over the features."""
    if isinstance(value, Value) or not isinstance(value, torch.Tensor | bool | int | float):
        raise ValueError(f"got {type(value).__name__}, expected a tensor or a number")
    if not isinstance(value, torch.Tensor):
        return float(value)
    found = same_for_all(constant(value), x.shape)
    if found.ndim > len(x.shape) or np.broadcast_shapes(found.shape, x.shape) != x.shape:
        raise ValueError(f"got a constant of {found.shape} for features {x.shape}, expected one that broadcasts")
    return float(found) if found.ndim == 0 else found.reshape((1,) * (len(x.shape) - found.ndim) + found.shape)


def _together(net: Builder, x: Value, y: Value) -> tuple[Value, Value]:
    """Both in the shape that they broadcast to."""
    if len(x.shape) != len(y.shape):
        raise ValueError(f"got features {x.shape} and {y.shape}, expected as many axes")
    to = np.broadcast_shapes(x.shape, y.shape)  # or a ValueError that says what does not fit
    first, second = (k if k.shape == to else net.add(Spread(to), k, suffix=".spread") for k in (x, y))
    return first, second


def add(net: Builder, x: Any, other: Any, *, alpha: float = 1) -> Value:
    if alpha != 1:
        other = multiply(net, other, alpha) if isinstance(other, Value) else other * alpha
    if isinstance(x, Value) and isinstance(other, Value):
        return net.add(Add(), *_together(net, x, other))
    x, other = (x, other) if isinstance(x, Value) else (other, x)
    if isinstance(other, np.ndarray):
        other = torch.from_numpy(other)
    shift = number(other, x)
    return net.add(Gain(1.0, shift), x) if np.any(shift) else Value(x.name, x.shape)


def multiply(net: Builder, x: Any, other: Any) -> Value:
    if isinstance(x, Value) and isinstance(other, Value):
        return net.add(Multiply(), *_together(net, x, other))
    x, other = (x, other) if isinstance(x, Value) else (other, x)
    return net.add(Gain(number(other, x)), x)


def subtract(net: Builder, x: Any, other: Any, *, alpha: float = 1) -> Value:
    if isinstance(other, Value):
        return add(net, multiply(net, other, -alpha), x)
    return add(net, x, other, alpha=-alpha)


def subtract_from(net: Builder, x: Any, other: Any) -> Value:
    return subtract(net, other, x)


def divide(net: Builder, x: Any, other: Any, *, rounding_mode: str | None = None) -> Value:
    if isinstance(other, Value):
        raise ValueError("it divides by something that depends on the input, expected a constant")
    if rounding_mode is not None:
        raise ValueError(f"got rounding_mode={rounding_mode!r}, expected None")
    divisor = number(other, x)
    if not np.all(divisor):
        raise ValueError("it divides by 0, expected another number")
    return net.add(Gain(1.0 / divisor), x)


def divide_into(net: Builder, x: Any, other: Any) -> Value:
    return divide(net, other, x)


def negative(net: Builder, x: Value) -> Value:
    return multiply(net, x, -1.0)


def square(net: Builder, x: Value) -> Value:
    return multiply(net, x, x)


def power(net: Builder, x: Any, exponent: Any) -> Value:
    if exponent not in (1, 2):
        raise ValueError(f"got exponent {exponent}, expected 2")
    return multiply(net, x, x) if exponent == 2 else Value(x.name, x.shape)


def linear(net: Builder, x: Value, weight: Any, bias: Any = None) -> Value:
    """Along the last axis; the others are places of a convolution by a window of one."""
    weight, bias = constant(weight), constant(bias, "bias")
    if len(x.shape) == 1:
        return net.add(Dense(weight, bias), x)
    return _contract(net, x, weight, len(x.shape) - 1, bias)


def _contract(net: Builder, x: Value, weight: np.ndarray, axis: int, bias: np.ndarray | None = None) -> Value:
    """y[…, o, …] = Σ_i weight[o, i] x[…, i, …] along one axis; the others are places, where nothing is summed."""
    if weight.ndim != 2 or weight.shape[1] != x.shape[axis]:
        raise ValueError(
            f"got features {x.shape} for weights {weight.shape}, expected {weight.shape[-1]} along {_which(axis, x)}"
        )
    if len(x.shape) == 1:
        return net.add(Dense(weight, bias), x)
    order = (axis, *(k for k in range(len(x.shape)) if k != axis))
    x = turned(net, x, order, suffix=".turned")
    places = x.shape[1:]
    if len(places) > 2:  # a convolution slides along two axes at most
        x = reshaped(net, x, (x.shape[0], prod(places)), suffix=".places")
    y = net.add(_by_one(weight, bias, len(places) if len(places) < 3 else 1), x)
    y = reshaped(net, y, (len(weight), *places), suffix=".shape")
    return turned(net, y, tuple(np.argsort(order)), suffix=".back")


def _which(axis: int, x: Value) -> str:
    return "the last axis" if axis == len(x.shape) - 1 else f"axis {axis + 1}"


def _by_one(weight: np.ndarray, bias: np.ndarray | None, axes: int, *, groups: int = 1) -> Conv:
    """A convolution by a window of one entry: the same product at every place."""
    kernel = np.array(weight).reshape(*weight.shape, *[1] * axes)
    return Conv(kernel, bias, groups=groups)


def matmul(net: Builder, x: Any, other: Any) -> Value:
    """One of the two is a constant matrix or vector: a sum along one axis of the other."""
    if isinstance(x, Value) and isinstance(other, Value):
        raise ValueError("it multiplies two matrices that both depend on the input, expected one to be constant")
    value, matrix = (x, constant(other)) if isinstance(x, Value) else (other, constant(x))
    if matrix.ndim not in (1, 2):
        raise ValueError(f"got a constant of {matrix.shape}, expected a matrix or a vector")
    if isinstance(x, Value):
        y = _contract(net, value, np.atleast_2d(matrix.T), len(value.shape) - 1)
        return y if matrix.ndim == 2 else reshaped(net, y, value.shape[:-1], suffix=".shape")
    if len(value.shape) < 2:
        raise ValueError(f"got features {value.shape} behind a constant: it sums over the batch; expected two axes")
    y = _contract(net, value, np.atleast_2d(matrix), len(value.shape) - 2)
    return y if matrix.ndim == 2 else reshaped(net, y, (*value.shape[:-2], value.shape[-1]), suffix=".shape")


def einsum(net: Builder, equation: str, *operands: Any) -> Value:
    """A value and a constant: axes of both that the result lacks are summed, axes of all three are groups."""
    operands = tuple(operands[0]) if len(operands) == 1 and isinstance(operands[0], Sequence) else operands
    left, _, right = equation.replace(" ", "").partition("->")
    names = left.split(",")
    values = [k for k in operands if isinstance(k, Value)]
    if len(operands) != 2 or len(values) != 1 or "." in equation or not right:
        raise ValueError(f"got {equation!r}, expected one value and one constant, and a result behind ->")
    (x,) = values
    at = next(i for i, k in enumerate(operands) if isinstance(k, Value))
    of_x, of_w, weight = names[at], names[1 - at], constant(operands[1 - at])
    batch, of_x = of_x[0], of_x[1:]
    letters = [of_x, of_w, right[1:]]
    if right[0] != batch or batch in of_w or any(len(set(k)) < len(k) for k in letters):
        raise ValueError(f"got {equation!r}, expected the batch first, in value and result, and every axis once")
    groups = [k for k in of_x if k in of_w and k in right]
    summed = [k for k in of_x if k not in right]
    places = [k for k in of_x if k not in of_w and k in right]
    made = [k for k in of_w if k not in of_x]
    sizes = dict(zip(of_x, x.shape, strict=True)) | dict(zip(of_w, weight.shape, strict=True))
    if set(right[1:]) != {*groups, *places, *made}:
        raise ValueError(f"got {equation!r}, expected no axis that only the constant has summed away")
    extra = [k for k in summed if k not in of_w]  # summed with weight 1
    weight = np.einsum(f"{of_w}->{''.join([*groups, *made, *(k for k in summed if k in of_w)])}", weight)
    weight = weight.reshape(*weight.shape, *[1] * len(extra))
    shape = [prod(sizes[k] for k in part) for part in (groups, made, summed)]
    weight = np.broadcast_to(
        weight,
        [*(sizes[k] for k in [*groups, *made]), *(sizes[k] for k in summed if k in of_w), *(sizes[k] for k in extra)],
    ).reshape(shape[0] * shape[1], shape[2])
    order = [*groups, *(k for k in summed if k in of_w), *extra, *places]
    x = turned(net, x, tuple(of_x.index(k) for k in order), suffix=".turned")
    x = reshaped(net, x, (shape[0] * shape[2], prod(sizes[k] for k in places)), suffix=".places")
    y = net.add(_by_one(weight, None, 1, groups=shape[0]), x)
    found = [*groups, *made, *places]
    if not found:
        raise ValueError(f"got {equation!r}, expected a result with features")
    y = reshaped(net, y, tuple(sizes[k] for k in found), suffix=".shape")
    return turned(net, y, tuple(found.index(k) for k in right[1:]), suffix=".back")


def _dims(dim: Any, x: Value) -> list[int]:
    dims = dim if isinstance(dim, Sequence) else (dim,)
    if dim is None or not dims:
        raise ValueError("without dim it works over the batch too, expected axes of the features")
    return sorted({feature_axis(d, x) for d in dims})


def mean(net: Builder, x: Value, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Value:
    """Over both axes of an image, or the last of two, it is pooling; else a sum with equal weights."""
    axes = _dims(dim, x)
    if 0 in axes or axes not in ([1], [1, 2]) or len(x.shape) != axes[-1] + 1:
        return _summed(net, x, axes, 1 / prod(x.shape[k] for k in axes), keepdim=keepdim)
    pooled = net.add(AvgPool(tuple(n if axis in axes else 1 for axis, n in enumerate(x.shape))[1:]), x)
    return pooled if keepdim else reshaped(net, pooled, (x.shape[0],), suffix=".flat")


def running_total(net: Builder, x: Value, dim: int, *, dtype: Any = None) -> Value:
    axis = feature_axis(dim, x)
    return _contract(net, x, np.tri(x.shape[axis]), axis)


def total(net: Builder, x: Value, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Value:
    return _summed(net, x, _dims(dim, x), 1.0, keepdim=keepdim)


def _summed(net: Builder, x: Value, axes: list[int], weight: float, *, keepdim: bool) -> Value:
    """The summed axes as the channels of a convolution by a window of one."""
    kept = [k for k in range(len(x.shape)) if k not in axes]
    to = tuple(1 if k in axes else n for k, n in enumerate(x.shape) if keepdim or k not in axes)
    n = prod(x.shape[k] for k in axes)
    x = turned(net, x, (*axes, *kept), suffix=".turned")
    if not kept:
        x = reshaped(net, x, (n,), suffix=".flat")
        y = net.add(Dense(np.full((1, n), weight)), x)
        return reshaped(net, y, to, suffix=".shape")
    x = reshaped(net, x, (n, prod(x.shape[len(axes) :])), suffix=".places")
    y = net.add(_by_one(np.full((1, n), weight), None, 1), x)
    return reshaped(net, y, to, suffix=".shape")


def largest(net: Builder, x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Over the trailing axes, or over others once these are trailing."""
    axes = _dims(dim, x)
    kept = [k for k in range(len(x.shape)) if k not in axes]
    to = tuple(1 if k in axes else n for k, n in enumerate(x.shape) if keepdim or k not in axes)
    n = prod(x.shape[k] for k in axes)
    if kept != [0] or len(axes) > 2:
        x = turned(net, x, (*kept, *axes), suffix=".turned")
        x = reshaped(net, x, (prod(x.shape[: len(kept)]), n), suffix=".windows")
    pooled = net.add(MaxPool(x.shape[1:]), x)
    return reshaped(net, pooled, to, suffix=".shape")


def maximum(net: Builder, x: Any, other: Any) -> Value:
    """relu(x − c) + c, with a constant c."""
    if isinstance(x, Value) and isinstance(other, Value):
        return add(net, net.add(ReLU(), subtract(net, x, other)), other)
    x, other = (x, other) if isinstance(x, Value) else (other, x)
    bound = number(other, x)
    shifted = add(net, x, -other) if np.any(bound) else x
    return add(net, net.add(ReLU(), shifted), other)


def largest_along(net: Builder, x: Any, *args: Any, **kwargs: Any) -> Any:
    """`torch.max`: of two tensors, or the values and indices along one axis."""
    second = args[0] if args else kwargs.get("dim", kwargs.get("other"))
    if isinstance(second, Value | torch.Tensor):
        return maximum(net, x, second)
    if second is None:
        raise ValueError("without dim it works over the batch too, expected axes of the features")
    return largest(net, x, *args, **kwargs), None  # nothing here gives the indices
