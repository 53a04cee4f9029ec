"""What each call of torch means as a layer: one function a call, and the tables that find it.

Every function takes the importer first, then the call's own arguments under torch's names (`x` for `input`). It
raises ValueError for what it cannot express.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ..layers import (
    Activation,
    Add,
    AvgPool,
    Concat,
    Conv,
    Dense,
    Flatten,
    Gain,
    MaxPool,
    Multiply,
    ReLU,
    Reshape,
    Shape,
    Softmax,
    Spread,
)


@dataclass(frozen=True, eq=False)
class Value:
    """What depends on the input: the output of a layer."""

    name: str
    shape: Shape  # without the batch


@dataclass(frozen=True, eq=False)
class Constant:
    """A parameter, a buffer, or what was computed from them."""

    tensor: torch.Tensor


class Batch:
    """The number of samples, which no layer may depend on."""


BATCH = Batch()


def _array(constant: Constant | torch.Tensor | None) -> np.ndarray | None:
    """A copy, since a module's own memory may be shared."""
    tensor = constant.tensor if isinstance(constant, Constant) else constant
    return None if tensor is None else tensor.detach().numpy().copy()


def _weight(weight: Any, what: str = "weight") -> Any:
    if isinstance(weight, Value):
        raise ValueError(f"its {what} depends on the input, expected constants")
    return _array(weight)


def _tuple(value: Any, n: int) -> tuple[int, ...]:
    values = tuple(value) if isinstance(value, Sequence) else (value,)
    return values * n if len(values) == 1 else values


def _axis(dim: int, x: Value) -> int:
    """The feature axis that torch's `dim` means, which counts the batch."""
    axis = (dim if dim >= 0 else dim + len(x.shape) + 1) - 1
    if axis < 0:
        raise ValueError(f"it works along dim={dim}, the batch; expected an axis of the features")
    return axis


# --- linear layers ---------------------------------------------------------------------------------------------


def linear(b: Any, x: Value, weight: Any, bias: Any = None) -> Value:
    if len(x.shape) != 1:
        raise ValueError(f"got features {x.shape}, expected one axis; flatten them first")
    return b.add(Dense(_weight(weight), _weight(bias, "bias")), x)


def conv(
    b: Any,
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
    weight = _weight(weight)
    n = weight.ndim - 2
    dilation = _tuple(dilation, n)
    if padding == "same":  # the odd one of an even kernel goes to the end
        spare = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
        padding = tuple((k // 2, k - k // 2) for k in spare)
    else:
        padding = _tuple(0 if padding == "valid" else padding, n)
    return b.add(Conv(weight, _weight(bias, "bias"), _tuple(stride, n), padding, dilation, groups), x)


def batch_norm(
    b: Any,
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
    mean, variance = _weight(running_mean), _weight(running_var)
    gain = (1.0 if weight is None else _weight(weight)) / np.sqrt(variance + eps)
    offset = (0.0 if bias is None else _weight(bias, "bias")) - gain * mean
    if len(gain) != x.shape[0]:
        raise ValueError(f"got features {x.shape}, expected {len(gain)} channels")
    each = (-1, *[1] * (len(x.shape) - 1))
    return b.add(Gain(gain.reshape(each), offset.reshape(each)), x)


# --- pooling ---------------------------------------------------------------------------------------------------


def _window(x: Value, n: int, size: Any, stride: Any, padding: Any) -> list[tuple[int, ...]]:
    if len(x.shape) != n + 1:
        raise ValueError(f"got features {x.shape}, expected {n + 1} axes")
    size = _tuple(size, n)
    return [size, size if stride is None or stride == [] else _tuple(stride, n), _tuple(padding, n)]


def _past_the_end(n: int, size: int, stride: int, padding: int) -> int:
    """Padding after the last entry, with `ceil_mode`: one more window if it starts before the end."""
    places = -(-(n + 2 * padding - size) // stride) + 1
    places -= (places - 1) * stride >= n + padding
    return max(padding, (places - 1) * stride + size - n - padding)


def _max_pool(n: int) -> Callable[..., Value]:
    def max_pool(
        b: Any,
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
        dilation, sides = _tuple(dilation, n), padding
        if ceil_mode:
            extent = [d * (k - 1) + 1 for d, k in zip(dilation, size, strict=True)]
            after = map(_past_the_end, x.shape[1:], extent, stride, padding)
            sides = tuple(zip(padding, after, strict=True))
        return b.add(MaxPool(size, stride, sides, dilation), x)

    return max_pool


def _avg_pool(n: int) -> Callable[..., Value]:
    def avg_pool(
        b: Any,
        x: Value,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Value:
        size, stride, padding = _window(x, n, kernel_size, stride, padding)
        beyond = ceil_mode and tuple(map(_past_the_end, x.shape[1:], size, stride, padding)) != padding
        if beyond or (any(padding) and not count_include_pad) or divisor_override is not None:
            raise ValueError(
                "the mean over a window cut by the border is not the mean over a window here; expected "
                "ceil_mode=False, count_include_pad=True or no padding, and no divisor_override"
            )
        return b.add(AvgPool(size, stride, padding), x)

    return avg_pool


def adaptive_avg_pool(b: Any, x: Value, output_size: Any) -> Value:
    sizes = _tuple(output_size, len(x.shape) - 1)
    wanted = [n if k is None else k for k, n in zip(sizes, x.shape[1:], strict=True)]
    if any(k < 1 or n % k for n, k in zip(x.shape[1:], wanted, strict=True)):
        raise ValueError(
            f"got {x.shape[1:]} for an output of {tuple(wanted)}, expected a multiple: windows of one size"
        )
    size = tuple(n // k for n, k in zip(x.shape[1:], wanted, strict=True))
    return clone(b, x) if set(size) == {1} else b.add(AvgPool(size), x)


def mean(b: Any, x: Value, dim: Any = None, keepdim: bool = False) -> Value:
    axes = sorted({_axis(d, x) for d in (dim if isinstance(dim, Sequence) else (dim,))} if dim is not None else {-1})
    if axes not in ([1, 2], [len(x.shape) - 1]) or axes == [0]:
        raise ValueError(f"got dim={dim} of features {x.shape}, expected both axes of the image, or the last alone")
    size = tuple(n if axis in axes else 1 for axis, n in enumerate(x.shape))[1:]
    pooled = b.add(AvgPool(size), x)
    to = tuple(n for axis, n in enumerate(pooled.shape) if axis not in axes)
    return pooled if keepdim else _under(b, pooled, to, suffix=".flat")


# --- shapes ----------------------------------------------------------------------------------------------------


def _under(b: Any, x: Value, to: Shape, *, suffix: str = "") -> Value:
    """The same features under another shape; of two changes in a row the second is enough."""
    layer, sources = b.layers.get(x.name, (None, ()))
    if isinstance(layer, Flatten | Reshape) and to != x.shape:
        x = Value(sources[0], tuple(layer.features))
    if to == x.shape:
        return x
    return b.add(Flatten(x.shape) if len(to) == 1 else Reshape(x.shape, to), x, suffix=suffix)


def reshape(b: Any, x: Value, *shape: Any) -> Value:
    batch, *to = shape[0] if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
    everything = prod(x.shape)
    if batch is BATCH and BATCH not in to and to.count(-1) == 1:
        rest = -prod(to)
        to = [everything // rest if k == -1 and rest and everything % rest == 0 else k for k in to]
    fits = all(isinstance(k, int) and k > 0 for k in to) and prod(to) == everything
    if not (to and fits and (batch is BATCH or batch == -1)):
        asked = ", ".join("batch" if k is BATCH else str(k) for k in (batch, *to))
        raise ValueError(f"got ({asked}) for features {x.shape}, expected (x.size(0) or -1, then as many features)")
    return _under(b, x, tuple(to))


def flatten(b: Any, x: Value, start_dim: int = 0, end_dim: int = -1) -> Value:
    first, last = _axis(start_dim, x), _axis(end_dim, x)
    return _under(b, x, (*x.shape[:first], prod(x.shape[first : last + 1]), *x.shape[last + 1 :]))


def unflatten(b: Any, x: Value, dim: int, unflattened_size: Any) -> Value:
    axis, sizes = _axis(dim, x), list(unflattened_size)
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = x.shape[axis] // -prod(sizes)
    return reshape(b, x, BATCH, *x.shape[:axis], *sizes, *x.shape[axis + 1 :])


def squeeze(b: Any, x: Value, dim: Any = None) -> Value:
    if dim is None:
        raise ValueError("without dim it would also drop a batch of one, expected a dim, or flatten(1)")
    axes = {_axis(d, x) for d in (dim if isinstance(dim, Sequence) else (dim,))}
    return _under(b, x, tuple(n for axis, n in enumerate(x.shape) if axis not in axes or n != 1))


def unsqueeze(b: Any, x: Value, dim: int) -> Value:
    axis = (dim if dim >= 0 else dim + len(x.shape) + 2) - 1
    if axis < 0:
        raise ValueError(f"dim={dim} is before the batch, expected an axis of the features")
    return _under(b, x, (*x.shape[:axis], 1, *x.shape[axis:]))


def expand(b: Any, x: Value, *sizes: Any) -> Value:
    batch, *to = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], Sequence) else sizes
    if (batch is not BATCH and batch != -1) or len(to) != len(x.shape):
        raise ValueError(f"got {sizes} for features {x.shape}, expected (-1, then one size an axis)")
    return b.add(Spread(tuple(n if k == -1 else k for k, n in zip(to, x.shape, strict=True))), x)


def expand_as(b: Any, x: Value, other: Value) -> Value:
    return b.add(Spread(other.shape), x)


def getitem(b: Any, x: Value, index: Any) -> Value:
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
    return _under(b, x, (*shape, *axes))


def size(b: Any, x: Value, dim: int | None = None) -> Any:
    return (BATCH, *x.shape) if dim is None else (BATCH, *x.shape)[dim]


def attribute(b: Any, x: Value, name: str) -> Any:
    answers = {"shape": (BATCH, *x.shape), "ndim": len(x.shape) + 1}
    if name not in answers:
        raise ValueError(f"it asks for .{name}, expected {' or '.join(f'.{k}' for k in answers)}")
    return answers[name]


def dim(b: Any, x: Value) -> int:
    return len(x.shape) + 1


# --- sums, products, branches ----------------------------------------------------------------------------------


def _number(constant: Any, x: Value) -> float | np.ndarray:
    """A constant that broadcasts over the features."""
    if isinstance(constant, Batch) or not isinstance(constant, Constant | bool | int | float):
        raise ValueError(f"got {type(constant).__name__}, expected a tensor or a number")
    if not isinstance(constant, Constant):
        return float(constant)
    value = np.asarray(_array(constant), dtype=np.float64)
    if value.ndim == len(x.shape) + 1 and value.shape[0] == 1:
        value = value[0]
    if value.ndim > len(x.shape) or np.broadcast_shapes(value.shape, x.shape) != x.shape:
        raise ValueError(f"got a constant of {value.shape} for features {x.shape}, expected one that broadcasts")
    return float(value) if value.ndim == 0 else value.reshape((1,) * (len(x.shape) - value.ndim) + value.shape)


def _together(b: Any, x: Value, y: Value) -> tuple[Value, Value]:
    """Both in the shape that they broadcast to."""
    if len(x.shape) != len(y.shape):
        raise ValueError(f"got features {x.shape} and {y.shape}, expected as many axes")
    to = np.broadcast_shapes(x.shape, y.shape)  # or a ValueError that says what does not fit
    first, second = (k if k.shape == to else b.add(Spread(to), k, suffix=".spread") for k in (x, y))
    return first, second


def add(b: Any, x: Any, other: Any, *, alpha: float = 1) -> Value:
    if alpha != 1 and isinstance(other, Constant):
        other = Constant(other.tensor * alpha)
    elif alpha != 1:
        other = multiply(b, other, alpha) if isinstance(other, Value) else other * alpha
    if isinstance(x, Value) and isinstance(other, Value):
        return b.add(Add(), *_together(b, x, other))
    x, other = (x, other) if isinstance(x, Value) else (other, x)
    return b.add(Gain(1.0, _number(other, x)), x)


def multiply(b: Any, x: Any, other: Any) -> Value:
    if isinstance(x, Value) and isinstance(other, Value):
        return b.add(Multiply(), *_together(b, x, other))
    x, other = (x, other) if isinstance(x, Value) else (other, x)
    return b.add(Gain(_number(other, x)), x)


def subtract(b: Any, x: Any, other: Any) -> Value:
    if isinstance(other, Value):
        return add(b, multiply(b, other, -1.0), x)
    return b.add(Gain(1.0, -_number(other, x)), x)


def divide(b: Any, x: Any, other: Any) -> Value:
    if isinstance(other, Value):
        raise ValueError("it divides by something that depends on the input, expected a constant")
    number = _number(other, x)
    if not np.all(number):
        raise ValueError("it divides by 0, expected another number")
    return b.add(Gain(1.0 / number), x)


def negative(b: Any, x: Value) -> Value:
    return multiply(b, x, -1.0)


def concatenate(b: Any, tensors: Any, dim: int = 0) -> Value:
    if not tensors or not all(isinstance(k, Value) for k in tensors):
        raise ValueError("got constants among the tensors, expected only what depends on the input")
    if _axis(dim, tensors[0]) != 0:
        raise ValueError(f"got dim={dim}, expected dim=1, the channels")
    return clone(b, tensors[0]) if len(tensors) == 1 else b.add(Concat(), *tensors)


# --- one value at a time ---------------------------------------------------------------------------------------


def relu(b: Any, x: Value, inplace: bool = False) -> Value:
    return b.add(ReLU(), x)


def leaky_relu(b: Any, x: Value, negative_slope: float = 0.01, inplace: bool = False) -> Value:
    return b.add(Activation("leaky_relu", float(negative_slope)), x)


def elu(b: Any, x: Value, alpha: float = 1.0, inplace: bool = False) -> Value:
    return b.add(Activation("elu", float(alpha)), x)


def gelu(b: Any, x: Value, approximate: str = "none") -> Value:
    return b.add(Activation("gelu_tanh" if approximate == "tanh" else "gelu"), x)


def _named(kind: str) -> Callable[..., Value]:
    def activation(b: Any, x: Value, inplace: bool = False) -> Value:
        return b.add(Activation(kind), x)

    return activation


def _softmax(log: bool) -> Callable[..., Value]:
    def softmax(b: Any, x: Value, dim: int | None = None, dtype: Any = None, _stacklevel: int = 3) -> Value:
        if len(x.shape) != 1 or (dim is not None and _axis(dim, x) != 0):
            raise ValueError(f"got dim={dim} of features {x.shape}, expected dim=1 of a vector of classes")
        return b.add(Softmax(log), x)

    return softmax


def _dropout(default: bool) -> Callable[..., Value]:
    def dropout(b: Any, x: Value, p: float = 0.5, training: bool = default, inplace: bool = False) -> Value:
        if training:
            raise ValueError("it drops at random even in eval mode, expected training=self.training")
        return x

    return dropout


def same(b: Any, x: Value, *args: Any) -> Value:
    return x


def clone(b: Any, x: Value, *, memory_format: Any = None) -> Value:
    """The same value, but not the same memory: what is done to one in place is not done to the other."""
    return Value(x.name, x.shape)


# --- tables ----------------------------------------------------------------------------------------------------

_CALLS: dict[str, Callable[..., Any]] = {  # the same under torch, torch.nn.functional and as a method
    "relu": relu,
    "sigmoid": _named("sigmoid"),
    "tanh": _named("tanh"),
    "flatten": flatten,
    "reshape": reshape,
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
    "unflatten": unflatten,
    "mean": mean,
    "softmax": _softmax(False),
    "log_softmax": _softmax(True),
    "add": add,
    "sub": subtract,
    "mul": multiply,
    "div": divide,
    "neg": negative,
}
METHODS = _CALLS | {  # with a trailing _: in place
    **{"view": reshape, "size": size, "dim": dim, "contiguous": same},
    **{"clone": clone, "expand_as": expand_as, "expand": expand},
}

FUNCTIONS: dict[Any, Callable[..., Any]] = {
    F.linear: linear,
    F.conv1d: conv,
    F.conv2d: conv,
    F.batch_norm: batch_norm,
    F.max_pool1d: _max_pool(1),
    F.max_pool2d: _max_pool(2),
    torch.max_pool1d: _max_pool(1),
    torch.max_pool2d: _max_pool(2),
    F.avg_pool1d: _avg_pool(1),
    F.avg_pool2d: _avg_pool(2),
    F.adaptive_avg_pool1d: adaptive_avg_pool,
    F.adaptive_avg_pool2d: adaptive_avg_pool,
    F.relu6: _named("relu6"),
    F.silu: _named("silu"),
    F.hardswish: _named("hard_swish"),
    F.hardsigmoid: _named("hard_sigmoid"),
    F.leaky_relu: leaky_relu,
    F.elu: elu,
    F.gelu: gelu,
    F.dropout: _dropout(True),
    F.dropout1d: _dropout(True),
    F.dropout2d: _dropout(True),
    F.alpha_dropout: _dropout(False),
    torch.clone: clone,
    torch.cat: concatenate,
    torch.concatenate: concatenate,
    torch.concat: concatenate,
    operator.add: add,
    operator.sub: subtract,
    operator.mul: multiply,
    operator.truediv: divide,
    operator.neg: negative,
    operator.getitem: getitem,
    getattr: attribute,
}
for _name, _call in _CALLS.items():
    for _place in (torch, F):
        if hasattr(_place, _name):
            FUNCTIONS[getattr(_place, _name)] = _call

IN_PLACE: dict[Any, Callable[..., Any]] = {
    F.relu_: relu,
    torch.relu_: relu,
    F.leaky_relu_: leaky_relu,
    F.elu_: elu,
}


_CONV = ("weight", "bias", "stride", "padding", "dilation", "groups", "padding_mode")
_NORM = ("running_mean", "running_var", "weight", "bias", "eps")
_MAX = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
_MEAN = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")

MODULES: dict[
    type[nn.Module], tuple[Callable[..., Value], tuple[str, ...]]
] = {  # the call, its arguments in the module
    nn.Linear: (linear, ("weight", "bias")),
    nn.Conv1d: (conv, _CONV),
    nn.Conv2d: (conv, _CONV),
    nn.BatchNorm1d: (batch_norm, _NORM),
    nn.BatchNorm2d: (batch_norm, _NORM),
    nn.MaxPool1d: (_max_pool(1), _MAX),
    nn.MaxPool2d: (_max_pool(2), _MAX),
    nn.AvgPool1d: (_avg_pool(1), _MEAN),
    nn.AvgPool2d: (_avg_pool(2), (*_MEAN, "divisor_override")),
    nn.AdaptiveAvgPool1d: (adaptive_avg_pool, ("output_size",)),
    nn.AdaptiveAvgPool2d: (adaptive_avg_pool, ("output_size",)),
    nn.Flatten: (flatten, ("start_dim", "end_dim")),
    nn.Unflatten: (
        lambda b, x, dim, unflattened_size: unflatten(b, x, dim, unflattened_size),
        ("dim", "unflattened_size"),
    ),
    nn.ReLU: (relu, ("inplace",)),
    nn.ReLU6: (_named("relu6"), ("inplace",)),
    nn.LeakyReLU: (leaky_relu, ("negative_slope", "inplace")),
    nn.ELU: (elu, ("alpha", "inplace")),
    nn.Sigmoid: (_named("sigmoid"), ()),
    nn.Tanh: (_named("tanh"), ()),
    nn.SiLU: (_named("silu"), ("inplace",)),
    nn.GELU: (gelu, ("approximate",)),
    nn.Hardswish: (_named("hard_swish"), ("inplace",)),
    nn.Hardsigmoid: (_named("hard_sigmoid"), ("inplace",)),
    nn.Softmax: (_softmax(False), ("dim",)),
    nn.LogSoftmax: (_softmax(True), ("dim",)),
    nn.Identity: (same, ()),
    nn.Dropout: (_dropout(True), ("training",)),
    nn.Dropout1d: (_dropout(True), ("training",)),
    nn.Dropout2d: (_dropout(True), ("training",)),
    nn.AlphaDropout: (_dropout(True), ("training",)),
}


def supported(module: nn.Module) -> type[nn.Module] | None:
    """The entry of MODULES that a module is of: its class, or a subclass with the same forward."""
    exact = [kind for kind in MODULES if type(module) is kind]
    alike = [kind for kind in MODULES if isinstance(module, kind) and type(module).forward is kind.forward]
    return next(iter(exact + alike), None)
