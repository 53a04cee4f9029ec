"""What torch's calls that reshape and combine values mean as layers (see `torch_layers`)."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ..layers import Add, AvgPool, Concat, Flatten, Gain, Multiply, Reshape, Shape, Spread
from .torch_layers import clone
from .torch_values import BATCH, Batch, Builder, Constant, Value, array, feature_axis


def _under(net: Builder, x: Value, to: Shape, *, suffix: str = "") -> Value:
    """The same features under another shape; of two changes in a row the second is enough."""
    layer, sources = net.layers.get(x.name, (None, ()))
    if isinstance(layer, Flatten | Reshape) and to != x.shape:
        x = Value(sources[0], tuple(layer.features))
    if to == x.shape:
        return x
    return net.add(Flatten(x.shape) if len(to) == 1 else Reshape(x.shape, to), x, suffix=suffix)


def reshape(net: Builder, x: Value, *shape: Any) -> Value:
    batch, *to = shape[0] if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
    everything = prod(x.shape)
    if batch is BATCH and BATCH not in to and to.count(-1) == 1:
        rest = -prod(to)
        to = [everything // rest if k == -1 and rest and everything % rest == 0 else k for k in to]
    fits = all(isinstance(k, int) and k > 0 for k in to) and prod(to) == everything
    if not (to and fits and (batch is BATCH or batch == -1)):
        asked = ", ".join("batch" if k is BATCH else str(k) for k in (batch, *to))
        raise ValueError(f"got ({asked}) for features {x.shape}, expected (x.size(0) or -1, then as many features)")
    return _under(net, x, tuple(to))


def flatten(net: Builder, x: Value, start_dim: int = 0, end_dim: int = -1) -> Value:
    first, last = feature_axis(start_dim, x), feature_axis(end_dim, x)
    return _under(net, x, (*x.shape[:first], prod(x.shape[first : last + 1]), *x.shape[last + 1 :]))


def unflatten(net: Builder, x: Value, dim: int, unflattened_size: Any) -> Value:
    axis, sizes = feature_axis(dim, x), list(unflattened_size)
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = x.shape[axis] // -prod(sizes)
    return reshape(net, x, BATCH, *x.shape[:axis], *sizes, *x.shape[axis + 1 :])


def squeeze(net: Builder, x: Value, dim: Any = None) -> Value:
    if dim is None:
        raise ValueError("without dim it would also drop a batch of one, expected a dim, or flatten(1)")
    axes = {feature_axis(d, x) for d in (dim if isinstance(dim, Sequence) else (dim,))}
    return _under(net, x, tuple(n for axis, n in enumerate(x.shape) if axis not in axes or n != 1))


def unsqueeze(net: Builder, x: Value, dim: int) -> Value:
    axis = (dim if dim >= 0 else dim + len(x.shape) + 2) - 1
    if axis < 0:
        raise ValueError(f"dim={dim} is before the batch, expected an axis of the features")
    return _under(net, x, (*x.shape[:axis], 1, *x.shape[axis:]))


def expand(net: Builder, x: Value, *sizes: Any) -> Value:
    batch, *to = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], Sequence) else sizes
    if (batch is not BATCH and batch != -1) or len(to) != len(x.shape):
        raise ValueError(f"got {sizes} for features {x.shape}, expected (-1, then one size an axis)")
    return net.add(Spread(tuple(n if k == -1 else k for k, n in zip(to, x.shape, strict=True))), x)


def expand_as(net: Builder, x: Value, other: Value) -> Value:
    return net.add(Spread(other.shape), x)


def getitem(net: Builder, x: Value, index: Any) -> Value:
    index = index if isinstance(index, tuple) else (index,)
    whole = slice(None)
    if index.count(...) == 1:
        missing = len(x.shape) + 1 - sum(k is not None for k in index) + 1
        index = tuple(k for i in index for k in ([whole] * missing if i is ... else [i]))
    kept = [k for k in index if k is not None]
    if index[0] != whole or any(k != whole for k in kept) or len(kept) > len(x.shape) + 1:
        raise ValueError(f"got [{index}], expected whole axes and new ones, such as x[:, :, None, None]")
    shape, axes = [], iter(x.shape)
    for k in index[1:]:
        shape.append(1 if k is None else next(axes))
    return _under(net, x, (*shape, *axes))


def size(net: Builder, x: Value, dim: int | None = None) -> Any:
    return (BATCH, *x.shape) if dim is None else (BATCH, *x.shape)[dim]


def attribute(net: Builder, x: Value, name: str) -> Any:
    answers = {"shape": (BATCH, *x.shape), "ndim": len(x.shape) + 1}
    if name not in answers:
        raise ValueError(f"it asks for .{name}, expected {' or '.join(f'.{k}' for k in answers)}")
    return answers[name]


def dim(net: Builder, x: Value) -> int:
    return len(x.shape) + 1


def mean(net: Builder, x: Value, dim: Any = None, keepdim: bool = False) -> Value:
    """Over both axes of an image, or over the last axis alone."""
    dims = () if dim is None else dim if isinstance(dim, Sequence) else (dim,)
    axes = {feature_axis(d, x) for d in dims}
    if axes not in ({1, 2}, {len(x.shape) - 1}) or 0 in axes:
        raise ValueError(f"got dim={dim} of features {x.shape}, expected both axes of the image, or the last alone")
    pooled = net.add(AvgPool(tuple(n if axis in axes else 1 for axis, n in enumerate(x.shape))[1:]), x)
    to = tuple(n for axis, n in enumerate(pooled.shape) if axis not in axes)
    return pooled if keepdim else _under(net, pooled, to, suffix=".flat")


def _number(constant: Any, x: Value) -> float | np.ndarray:
    """A constant that broadcasts over the features."""
    if isinstance(constant, Batch) or not isinstance(constant, Constant | bool | int | float):
        raise ValueError(f"got {type(constant).__name__}, expected a tensor or a number")
    if not isinstance(constant, Constant):
        return float(constant)
    value = np.asarray(array(constant), dtype=np.float64)
    if value.ndim == len(x.shape) + 1 and value.shape[0] == 1:
        value = value[0]
    if value.ndim > len(x.shape) or np.broadcast_shapes(value.shape, x.shape) != x.shape:
        raise ValueError(f"got a constant of {value.shape} for features {x.shape}, expected one that broadcasts")
    return float(value) if value.ndim == 0 else value.reshape((1,) * (len(x.shape) - value.ndim) + value.shape)


def _together(net: Builder, x: Value, y: Value) -> tuple[Value, Value]:
    """Both in the shape that they broadcast to."""
    if len(x.shape) != len(y.shape):
        raise ValueError(f"got features {x.shape} and {y.shape}, expected as many axes")
    to = np.broadcast_shapes(x.shape, y.shape)  # or a ValueError that says what does not fit
    first, second = (k if k.shape == to else net.add(Spread(to), k, suffix=".spread") for k in (x, y))
    return first, second


def add(net: Builder, x: Any, other: Any, *, alpha: float = 1) -> Value:
    if alpha != 1 and isinstance(other, Constant):
        other = Constant(other.tensor * alpha)
    elif alpha != 1:
        other = multiply(net, other, alpha) if isinstance(other, Value) else other * alpha
    if isinstance(x, Value) and isinstance(other, Value):
        return net.add(Add(), *_together(net, x, other))
    x, other = (x, other) if isinstance(x, Value) else (other, x)
    return net.add(Gain(1.0, _number(other, x)), x)


def multiply(net: Builder, x: Any, other: Any) -> Value:
    if isinstance(x, Value) and isinstance(other, Value):
        return net.add(Multiply(), *_together(net, x, other))
    x, other = (x, other) if isinstance(x, Value) else (other, x)
    return net.add(Gain(_number(other, x)), x)


def subtract(net: Builder, x: Any, other: Any) -> Value:
    if isinstance(other, Value):
        return add(net, multiply(net, other, -1.0), x)
    return net.add(Gain(1.0, -_number(other, x)), x)


def divide(net: Builder, x: Any, other: Any) -> Value:
    if isinstance(other, Value):
        raise ValueError("it divides by something that depends on the input, expected a constant")
    number = _number(other, x)
    if not np.all(number):
        raise ValueError("it divides by 0, expected another number")
    return net.add(Gain(1.0 / number), x)


def negative(net: Builder, x: Value) -> Value:
    return multiply(net, x, -1.0)


def concatenate(net: Builder, tensors: Any, dim: int = 0) -> Value:
    if not tensors or not all(isinstance(k, Value) for k in tensors):
        raise ValueError("got constants among the tensors, expected only what depends on the input")
    if feature_axis(dim, tensors[0]) != 0:
        raise ValueError(f"got dim={dim}, expected dim=1, the channels")
    return clone(net, tensors[0]) if len(tensors) == 1 else net.add(Concat(), *tensors)
