"""The tables that find what a call of torch means, by the function's name.

The name is the same under `torch`, `torch.nn.functional` and as a method, with a trailing _ where it works in place;
modules make these calls themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from .torch_activations import (
    absolute,
    clamp,
    clone,
    dropout,
    elu,
    gelu,
    greater,
    hardtanh,
    heaviside,
    leaky_relu,
    less,
    named,
    prelu,
    relu,
    sign,
    softmax,
    threshold,
)
from .torch_arithmetic import (
    add,
    divide,
    divide_into,
    einsum,
    largest,
    largest_along,
    linear,
    matmul,
    maximum,
    mean,
    multiply,
    negative,
    power,
    running_total,
    square,
    subtract,
    subtract_from,
    total,
)
from .torch_layers import (
    adaptive_avg_pool,
    adaptive_max_pool,
    avg_pool,
    batch_norm,
    conv,
    conv_transpose,
    instance_norm,
    interpolate,
    max_pool,
)
from .torch_moves import MOVES
from .torch_values import words

__all__ = ["ABOUT_SHAPES", "CALLS", "CONSTANTS", "MOVES", "NUMBERS", "REASONS", "UNCHANGED"]

CALLS: dict[str, Callable[..., Any]] = {
    "linear": linear,
    **dict.fromkeys(("matmul", "mm"), matmul),
    "__rmatmul__": lambda net, x, other: matmul(net, other, x),
    "einsum": einsum,
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), conv_transpose),
    "batch_norm": batch_norm,
    "instance_norm": instance_norm,
    **{f"max_pool{n}d": max_pool(n) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": avg_pool(n) for n in (1, 2, 3)},
    **dict.fromkeys([f"adaptive_avg_pool{n}d" for n in (1, 2, 3)], adaptive_avg_pool),
    **dict.fromkeys([f"adaptive_max_pool{n}d" for n in (1, 2, 3)], adaptive_max_pool),
    "interpolate": interpolate,
    "relu": relu,
    "relu6": named("relu6"),
    "sigmoid": named("sigmoid"),
    "tanh": named("tanh"),
    "silu": named("silu"),
    "hardswish": named("hard_swish"),
    "hardsigmoid": named("hard_sigmoid"),
    "leaky_relu": leaky_relu,
    "prelu": prelu,
    "elu": elu,
    "gelu": gelu,
    **dict.fromkeys(("abs", "absolute"), absolute),
    "hardtanh": hardtanh,
    **dict.fromkeys(("clamp", "clip"), clamp),
    "clamp_min": clamp,
    "clamp_max": lambda net, x, bound: clamp(net, x, None, bound),
    **dict.fromkeys(("threshold", "_threshold"), threshold),
    **dict.fromkeys(("sign", "sgn"), sign),
    "heaviside": heaviside,
    **dict.fromkeys(("gt", "greater"), greater),
    **dict.fromkeys(("lt", "less"), less),
    "softmax": softmax(False),
    "log_softmax": softmax(True),
    **dict.fromkeys(("dropout", "dropout1d", "dropout2d", "dropout3d", "feature_dropout"), dropout(True)),
    **dict.fromkeys(("alpha_dropout", "feature_alpha_dropout"), dropout(False)),
    "clone": clone,
    "add": add,
    **dict.fromkeys(("sub", "subtract"), subtract),
    **dict.fromkeys(("__rsub__", "rsub"), subtract_from),
    **dict.fromkeys(("mul", "multiply"), multiply),
    **dict.fromkeys(("div", "divide", "true_divide"), divide),
    "__rdiv__": divide_into,
    "__rtruediv__": divide_into,
    **dict.fromkeys(("neg", "negative"), negative),
    "square": square,
    "pow": power,
    "mean": mean,
    "sum": total,
    "cumsum": running_total,
    "amax": largest,
    "max": largest_along,
    "maximum": maximum,
}


def _keeps_values(x: Any, *args: Any, **kwargs: Any) -> None:
    """Only to another float type or device."""
    for wanted in (*args, *kwargs.values()):
        if isinstance(wanted, torch.dtype) and not wanted.is_floating_point:
            raise ValueError(f"it converts to {wanted}, expected a float type")


UNCHANGED: dict[str, Callable[..., None]] = dict.fromkeys(
    words(
        """
        to float double half bfloat16 type type_as detach cpu cuda contiguous requires_grad_ requires_grad data alias
        positive retain_grad resolve_conj resolve_neg
        """
    ),
    _keeps_values,
)
CONSTANTS = words("zeros_like ones_like full_like new_zeros new_ones new_full new_tensor")  # of the shape of a value
ABOUT_SHAPES = words(
    """
    shape size ndim dim ndimension numel nelement __len__ dtype layout stride is_floating_point is_complex is_signed
    is_contiguous is_cuda is_sparse is_quantized is_meta is_leaf is_same_size get_device element_size
    itemsize nbytes storage_offset __hash__
    """
)
NUMBERS = words(
    "__bool__ item tolist __float__ __int__ __index__ __complex__ numpy __array__ __contains__ nonzero equal"
)
_DIVIDES = "it divides by what it computes from the input; use batch normalisation, whose statistics are constants"
_TWO = "it multiplies values that both depend on the input as matrices; no code here expresses that"
REASONS = {
    **dict.fromkeys(("group_norm", "layer_norm", "rms_norm", "local_response_norm", "normalize"), _DIVIDES),
    **dict.fromkeys(("bmm", "scaled_dot_product_attention", "multi_head_attention_forward", "baddbmm"), _TWO),
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), "recurrent layers have no counterpart here"),
    **dict.fromkeys(("rand_like", "randn_like", "bernoulli"), "it draws random numbers, expected the same for all"),
    **dict.fromkeys([f"max_pool{n}d_with_indices" for n in (1, 2, 3)], "the places of maxima have no counterpart here"),
    "reciprocal": "it divides by something that depends on the input, expected a constant",
    **dict.fromkeys(("softplus", "mish", "selu", "celu", "exp", "log", "sqrt"), "it has no counterpart here; use relu"),
}
