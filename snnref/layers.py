"""Ordinary layers, as frozen dataclasses: the linear ones (see `linear`) and all others.

`shape(*inputs)` is the feature shape of the output, or an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from numbers import Real

import numpy as np

from .activations import FUNCTIONS, MONOTONE, NON_NEGATIVE, PARAMETERS
from .arrays import Array, namespace, window_max
from .linear import AvgPool, Conv, Dense, Flatten, Gain, Linear, Place, Reshape, Spread, UnevenAvgPool
from .windows import Pool, Shape, expect

__all__ = [
    "Activation",
    "Add",
    "AvgPool",
    "Concat",
    "Conv",
    "Dense",
    "Flatten",
    "Gain",
    "Layer",
    "Linear",
    "MaxPool",
    "Multiply",
    "Place",
    "ReLU",
    "Reshape",
    "Shape",
    "Softmax",
    "Spread",
    "UnevenAvgPool",
]


@dataclass(frozen=True)
class Activation:
    """A function of each value by itself, by its name in `activations.FUNCTIONS`."""

    kind: str
    parameter: float | None = None  # leaky_relu: the slope; elu: alpha; reverse: the leak L; None: the default

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or self.kind not in FUNCTIONS:
            raise ValueError(f"activation: got {self.kind!r}, expected one of {', '.join(FUNCTIONS)}")
        number = isinstance(self.parameter, Real) and np.isfinite(self.parameter)
        if self.kind == "reverse" and number and not float(self.parameter) > 0:  # type: ignore[arg-type]
            raise ValueError(f"activation reverse: got the leak {self.parameter!r}, expected a number > 0")
        if self.parameter is not None and not (number and self.kind in PARAMETERS):
            raise ValueError(
                f"activation {self.kind}: got the parameter {self.parameter!r}, expected "
                f"{'a finite number' if self.kind in PARAMETERS else 'none'}"
            )

    def __call__(self, x: Array) -> Array:
        return FUNCTIONS[self.kind](x, *(() if self.parameter is None else (self.parameter,)))

    def shape(self, features: Shape) -> Shape:
        return features

    @property
    def non_negative(self) -> bool:
        """Whether it gives no value below 0."""
        return self.kind in NON_NEGATIVE

    @property
    def monotone(self) -> bool:
        """Whether a larger input never gives a smaller output."""
        return self.kind in MONOTONE and (self.parameter is None or self.parameter >= 0)


@dataclass(frozen=True)
class ReLU(Activation):
    """max(0, x): the activation that every code expresses."""

    kind: str = field(default="relu", init=False)


@dataclass(frozen=True)
class MaxPool(Pool):
    """Maximum over a window; padding never wins."""

    def __call__(self, x: Array) -> Array:
        return window_max(x, self.axes)


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


@dataclass(frozen=True)
class Softmax:
    """Outputs as probabilities that sum to 1, or as their logarithms; the last layer of a network, if at all."""

    log: bool = False

    def __call__(self, x: Array) -> Array:
        xp = namespace(x)
        x = x - xp.max(x, axis=-1, keepdims=True)
        x = x - xp.log(xp.sum(xp.exp(x), axis=-1, keepdims=True))
        return x if self.log else xp.exp(x)

    def shape(self, features: Shape) -> Shape:
        expect(self, features, axes=1)
        return features


Layer = (
    Dense
    | Conv
    | AvgPool
    | UnevenAvgPool
    | Flatten
    | Reshape
    | Spread
    | Gain
    | MaxPool
    | ReLU
    | Activation
    | Add
    | Multiply
    | Concat
    | Softmax
)
