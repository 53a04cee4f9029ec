"""Activation functions as layers, max-pooling and softmax."""

from __future__ import annotations

from dataclasses import dataclass, field
from numbers import Real

import numpy as np

from ..arrays import Array, namespace, window_max
from .activations import FUNCTIONS, MONOTONE, NON_NEGATIVE, PARAMETERS
from .windows import Pool, Shape, expect


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
        """The function of every value: `(...)` -> `(...)`."""
        return FUNCTIONS[self.kind](x, *(() if self.parameter is None else (self.parameter,)))

    def shape(self, features: Shape) -> Shape:
        """The feature shape of the output, equal to that of the input."""
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
        """The maximum of each window: `(..., *features)` -> `(..., *shape(features))`."""
        return window_max(x, self.axes)


@dataclass(frozen=True)
class Softmax:
    """Outputs as probabilities that sum to 1, or as their logarithms; the last layer of a network, if at all."""

    log: bool = False

    def __call__(self, x: Array) -> Array:
        """Probabilities, or their logarithms, along the last axis: `(..., classes)` -> `(..., classes)`."""
        xp = namespace(x)
        x = x - xp.max(x, axis=-1, keepdims=True)
        x = x - xp.log(xp.sum(xp.exp(x), axis=-1, keepdims=True))
        return x if self.log else xp.exp(x)

    def shape(self, features: Shape) -> Shape:
        """The feature shape of the output, equal to that of the input."""
        expect(self, features, axes=1)
        return features
