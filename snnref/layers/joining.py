"""Layers that join several others: sum, product, concatenation."""

from __future__ import annotations

from dataclasses import dataclass

from ..arrays import Array, namespace
from .windows import Shape


@dataclass(frozen=True)
class Add:
    """Sum of two or more layers: a residual connection."""

    def __call__(self, *x: Array) -> Array:
        return sum(x[1:], x[0])

    def shape(self, *features: Shape) -> Shape:
        if len(features) < 2 or len(set(features)) > 1:
            raise ValueError(f"Add: got features {features}, expected two or more equal shapes")
        return features[0]


@dataclass(frozen=True)
class Multiply:
    """Product of two layers: a gate, as in squeeze-and-excitation."""

    def __call__(self, x: Array, y: Array) -> Array:
        return x * y

    def shape(self, *features: Shape) -> Shape:
        if len(features) != 2 or len(set(features)) > 1:
            raise ValueError(f"Multiply: got features {features}, expected two equal shapes")
        return features[0]


@dataclass(frozen=True)
class Concat:
    """Two or more layers side by side along the first feature axis."""

    def __call__(self, *x: Array) -> Array:
        return namespace(*x).concat(list(x), axis=1)  # after the batch

    def shape(self, *features: Shape) -> Shape:
        if len(features) < 2 or len({f[1:] for f in features}) > 1 or len({len(f) for f in features}) > 1:
            raise ValueError(f"Concat: got features {features}, expected shapes equal but for the first axis")
        return (sum(f[0] for f in features), *features[0][1:])
