"""What flows through a traced `forward`: values that depend on the input, constants, the size of the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from ..layers import Layer, Shape
from ..network.graph import Layers


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


def array(constant: Constant | torch.Tensor | None) -> np.ndarray | None:
    """A copy, since a module's own memory may be shared."""
    tensor = constant.tensor if isinstance(constant, Constant) else constant
    return None if tensor is None else tensor.detach().numpy().copy()


def constant(weight: Any, what: str = "weight") -> Any:
    """As a NumPy array; what depends on the input is refused, by ValueError."""
    if isinstance(weight, Value):
        raise ValueError(f"its {what} depends on the input, expected constants")
    return array(weight)


def each(value: Any, n: int) -> tuple[int, ...]:
    """One number for all n axes, or one an axis."""
    values = tuple(value) if isinstance(value, Sequence) else (value,)
    return values * n if len(values) == 1 else values


def feature_axis(dim: int, x: Value) -> int:
    """The feature axis that torch's `dim` means, which counts the batch."""
    axis = (dim if dim >= 0 else dim + len(x.shape) + 1) - 1
    if axis < 0:
        raise ValueError(f"it works along dim={dim}, the batch; expected an axis of the features")
    return axis


class Builder(Protocol):
    """What every call gets first: where its layers go."""

    layers: Layers

    def add(self, layer: Layer, *sources: Value, suffix: str = "") -> Value: ...
