"""The tables that find what a call of torch means: by function, by method, by module."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from .torch_layers import (
    adaptive_avg_pool,
    avg_pool,
    batch_norm,
    clone,
    conv,
    dropout,
    elu,
    gelu,
    leaky_relu,
    linear,
    max_pool,
    named,
    relu,
    same,
    softmax,
)
from .torch_shapes import (
    add,
    attribute,
    concatenate,
    dim,
    divide,
    expand,
    expand_as,
    flatten,
    getitem,
    mean,
    multiply,
    negative,
    reshape,
    size,
    squeeze,
    subtract,
    unflatten,
    unsqueeze,
)
from .torch_values import Value

_CALLS: dict[str, Callable[..., Any]] = {  # the same under torch, torch.nn.functional and as a method
    "relu": relu,
    "sigmoid": named("sigmoid"),
    "tanh": named("tanh"),
    "flatten": flatten,
    "reshape": reshape,
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
    "unflatten": unflatten,
    "mean": mean,
    "softmax": softmax(False),
    "log_softmax": softmax(True),
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
    F.max_pool1d: max_pool(1),
    F.max_pool2d: max_pool(2),
    torch.max_pool1d: max_pool(1),
    torch.max_pool2d: max_pool(2),
    F.avg_pool1d: avg_pool(1),
    F.avg_pool2d: avg_pool(2),
    F.adaptive_avg_pool1d: adaptive_avg_pool,
    F.adaptive_avg_pool2d: adaptive_avg_pool,
    F.relu6: named("relu6"),
    F.silu: named("silu"),
    F.hardswish: named("hard_swish"),
    F.hardsigmoid: named("hard_sigmoid"),
    F.leaky_relu: leaky_relu,
    F.elu: elu,
    F.gelu: gelu,
    F.dropout: dropout(True),
    F.dropout1d: dropout(True),
    F.dropout2d: dropout(True),
    F.alpha_dropout: dropout(False),
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
    nn.MaxPool1d: (max_pool(1), _MAX),
    nn.MaxPool2d: (max_pool(2), _MAX),
    nn.AvgPool1d: (avg_pool(1), _MEAN),
    nn.AvgPool2d: (avg_pool(2), (*_MEAN, "divisor_override")),
    nn.AdaptiveAvgPool1d: (adaptive_avg_pool, ("output_size",)),
    nn.AdaptiveAvgPool2d: (adaptive_avg_pool, ("output_size",)),
    nn.Flatten: (flatten, ("start_dim", "end_dim")),
    nn.Unflatten: (unflatten, ("dim", "unflattened_size")),
    nn.ReLU: (relu, ("inplace",)),
    nn.ReLU6: (named("relu6"), ("inplace",)),
    nn.LeakyReLU: (leaky_relu, ("negative_slope", "inplace")),
    nn.ELU: (elu, ("alpha", "inplace")),
    nn.Sigmoid: (named("sigmoid"), ()),
    nn.Tanh: (named("tanh"), ()),
    nn.SiLU: (named("silu"), ("inplace",)),
    nn.GELU: (gelu, ("approximate",)),
    nn.Hardswish: (named("hard_swish"), ("inplace",)),
    nn.Hardsigmoid: (named("hard_sigmoid"), ("inplace",)),
    nn.Softmax: (softmax(False), ("dim",)),
    nn.LogSoftmax: (softmax(True), ("dim",)),
    nn.Identity: (same, ()),
    nn.Dropout: (dropout(True), ("training",)),
    nn.Dropout1d: (dropout(True), ("training",)),
    nn.Dropout2d: (dropout(True), ("training",)),
    nn.AlphaDropout: (dropout(True), ("training",)),
}


def supported(module: nn.Module) -> type[nn.Module] | None:
    """The entry of MODULES that a module is of: its class, or a subclass with the same forward."""
    exact = [kind for kind in MODULES if type(module) is kind]
    alike = [kind for kind in MODULES if isinstance(module, kind) and type(module).forward is kind.forward]
    return next(iter(exact + alike), None)


def path(thing: Any) -> str:
    """The dotted path under which users know a module class or a function."""
    return torch.overrides.resolve_name(thing) or f"{thing.__module__}.{thing.__qualname__}"


def supported_calls() -> str:
    """What the tables hold, for messages."""
    modules = ", ".join(f"torch.nn.{kind.__name__}" for kind in MODULES)
    functions = ", ".join(sorted({path(k).rpartition(".")[2] for k in FUNCTIONS}))
    return f"the modules {modules}; the functions {functions}; the methods {', '.join(METHODS)}"
