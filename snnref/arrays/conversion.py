"""Arrays of one kind made of another: NumPy or PyTorch, float type, device."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device, is_torch_array
from array_api_compat import numpy as numpy_namespace

Array = Any  # a NumPy array or a torch tensor
BLOCK = 2**22  # values that an intermediate array may hold before work is split up


def namespace(*arrays: Any) -> Any:
    """The functions for arrays of this kind, by the names of the array API standard."""
    if all(type(array) is np.ndarray for array in arrays):  # the usual case, ten times as fast
        return numpy_namespace
    return array_namespace(*arrays)


def like(value: Any, x: Array) -> Array:
    """`value` as an array of x's kind, float type and device."""
    xp = namespace(x)
    if isinstance(value, np.ndarray) and is_torch_array(x) and not value.flags.writeable:
        value = value.copy()  # a tensor could be written to
    return xp.asarray(value, dtype=x.dtype, device=device(x))


def to_numpy(x: Array) -> np.ndarray:
    """`x` as a NumPy array on the CPU."""
    return x.detach().cpu().numpy() if is_torch_array(x) else np.asarray(x)


def quickest(x: np.ndarray) -> Array:
    """`x` as a torch tensor if torch is there, since large networks run several times faster on it; else as it is."""
    try:
        import torch
    except ImportError:
        return x
    return torch.from_numpy(np.ascontiguousarray(x))


def tree_like(tree: Any, x: Array) -> Any:
    """`tree` (dataclasses, dicts, tuples) with every NumPy array in it converted by `like`; whole numbers stay such."""
    if isinstance(tree, np.ndarray):
        return namespace(x).asarray(tree, device=device(x)) if tree.dtype.kind == "i" else like(tree, x)
    if isinstance(tree, dict):
        return {key: tree_like(value, x) for key, value in tree.items()}
    if isinstance(tree, tuple):
        values = [tree_like(value, x) for value in tree]
        if all(moved is value for moved, value in zip(values, tree, strict=True)):
            return tree
        return type(tree)(*values) if hasattr(tree, "_fields") else tuple(values)
    if is_dataclass(tree) and not isinstance(tree, type):
        parts = {f.name: getattr(tree, f.name) for f in fields(tree) if f.init}
        moved = {name: tree_like(part, x) for name, part in parts.items()}
        return tree if all(moved[name] is part for name, part in parts.items()) else replace(tree, **moved)
    return tree


class WeightCache:
    """A tree of weights, moved once to every kind, float type and device that asks for it."""

    def __init__(self, tree: Any):
        self.tree = tree
        self._copies: dict[tuple, Any] = {}

    def like(self, x: Array) -> Any:
        key = (is_torch_array(x), str(x.dtype), str(device(x)))
        if key not in self._copies:
            self._copies[key] = tree_like(self.tree, x)
        return self._copies[key]


def number(value: Any) -> Any:
    """A NumPy number as Python's: those of NumPy would turn single precision into double."""
    return value.item() if isinstance(value, np.generic) else value
