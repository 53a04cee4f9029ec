"""Layers with a gradient where they have none, in torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..layers import Activation, Conv, Dense
from .binary_weights import binary
from .torch_extra import functional as F
from .torch_extra import torch


def with_surrogate_gradient(layer: Any, binary_weights: str = "") -> Any:
    """The layer with a gradient where it is a staircase: that of a plain function near it.

    Binary weights get the gradient of full-precision ones; binary units that of their input where it lies between −1
    and 1 (Courbariaux et al. 2016); G(x) that of max(0, x) + 1.
    """
    if isinstance(layer, Dense | Conv) and binary_weights:

        def forward(x: torch.Tensor) -> torch.Tensor:
            weight = layer.weight + (binary(layer.weight) - layer.weight).detach()
            return replace(layer, weight=weight)(x)

        return forward
    if isinstance(layer, Activation) and layer.kind in SOFT:

        def forward(x: torch.Tensor) -> torch.Tensor:
            soft = SOFT[layer.kind](x)
            return soft + (layer(x.detach()) - soft).detach()

        return forward
    return layer


SOFT: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {  # activation -> the function whose gradient it gets
    "sign": F.hardtanh,
    "heaviside": lambda x: (F.hardtanh(x) + 1) / 2,
    "reverse": lambda x: F.relu(x) + 1,
}
