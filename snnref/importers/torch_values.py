"""What flows through a traced `forward`: tensors that have a shape, and a layer in the place of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from ..layers import Layer, Shape
from ..network.graph import Layers

BATCH = 2  # samples that a traced tensor pretends to have


@dataclass(frozen=True, eq=False)
class Value:
    """The output of a layer, or the input."""

    name: str
    shape: Shape  # without the batch


class Builder(Protocol):
    """What every call gets first: where its layers go."""

    layers: Layers

    def add(self, layer: Layer, *sources: Value, suffix: str = "") -> Value: ...


class Traced(torch.Tensor):
    """A tensor of a traced `forward`. Its shape is known, so Python may compute with it; every call goes to `trace`."""

    value: Value
    trace: Any

    @classmethod
    def of(cls, value: Value, trace: Any, *, shape: Shape | None = None) -> Traced:
        shape = (BATCH, *value.shape) if shape is None else shape
        made = torch.Tensor._make_subclass(cls, torch.empty(shape, dtype=torch.float64, device="meta"))
        made.value, made.trace = value, trace
        return made

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return first(args, kwargs).trace.call(func, args, kwargs or {})

    def __deepcopy__(self, memo: Any) -> Traced:
        return Traced.of(self.value, self.trace)


def first(*tree: Any) -> Any:
    """The first traced tensor among arguments; None if there is none."""
    for branch in tree:
        if isinstance(branch, Traced):
            return branch
        if isinstance(branch, tuple | list | dict):
            found = first(*(branch.values() if isinstance(branch, dict) else branch))
            if found is not None:
                return found
    return None


def replaced(tree: Any, change: Any) -> Any:
    """Arguments with `change(value)` in the place of every traced tensor."""
    if isinstance(tree, Traced | Value):
        return change(tree.value if isinstance(tree, Traced) else tree)
    if isinstance(tree, dict):
        return {key: replaced(branch, change) for key, branch in tree.items()}
    if isinstance(tree, tuple | list) and not isinstance(tree, torch.Size):
        branches = [replaced(branch, change) for branch in tree]
        return type(tree)(*branches) if hasattr(tree, "_fields") else type(tree)(branches)
    return tree


def constant(value: Any, what: str = "weight") -> Any:
    """A tensor as a NumPy array, None as it is; what depends on the input is refused, by ValueError."""
    if isinstance(value, Value | Traced):
        raise ValueError(f"its {what} depends on the input, expected constants")
    return None if value is None else value.detach().cpu().double().numpy()


def same_for_all(value: np.ndarray, features: Shape) -> np.ndarray:
    """A constant as the features of one sample see it; one that differs between samples is refused, by ValueError."""
    if value.ndim != len(features) + 1:
        return value
    if value.shape[0] > 1 and not np.all(value == value[:1]):
        raise ValueError("got a constant that differs between the samples of a batch, expected the same for all")
    return value[0]


def words(text: str) -> frozenset[str]:
    """The names of a table."""
    return frozenset(text.split())


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
