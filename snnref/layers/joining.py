"""Layers that join several others: sum, product, concatenation."""

from __future__ import annotations

from dataclasses import dataclass

from ..arrays import Array, namespace
from .windows import Shape


@dataclass(frozen=True)
class Add:
    """Sum of two or more layers: a residual connection."""

    def __call__(self, *x: Array) -> Array:
        """The sum of arrays `(..., *features)`."""
        return sum(x[1:], x[0])

    def shape(self, *features: Shape) -> Shape:
        """Compute the feature shape of the output.

        Parameters
        ----------
        *features
            The feature shape of each input.

        Returns
        -------
        tuple of int
            The same shape.

        Raises
        ------
        ValueError
            Unless there are two or more equal shapes.
        """
        if len(features) < 2 or len(set(features)) > 1:
            raise ValueError(f"Add: got features {features}, expected two or more equal shapes")
        return features[0]


@dataclass(frozen=True)
class Multiply:
    """Product of two layers: a gate, as in squeeze-and-excitation."""

    def __call__(self, x: Array, y: Array) -> Array:
        """The product of two arrays `(..., *features)`."""
        return x * y

    def shape(self, *features: Shape) -> Shape:
        """Compute the feature shape of the output.

        Parameters
        ----------
        *features
            The feature shape of each input.

        Returns
        -------
        tuple of int
            The same shape.

        Raises
        ------
        ValueError
            Unless there are two equal shapes.
        """
        if len(features) != 2 or len(set(features)) > 1:
            raise ValueError(f"Multiply: got features {features}, expected two equal shapes")
        return features[0]


@dataclass(frozen=True)
class Concat:
    """Two or more layers side by side along the first feature axis."""

    def __call__(self, *x: Array) -> Array:
        """Arrays `(..., *features)` side by side along the first feature axis."""
        return namespace(*x).concat(list(x), axis=1)  # after the batch

    def shape(self, *features: Shape) -> Shape:
        """Compute the feature shape of the output.

        Parameters
        ----------
        *features
            The feature shape of each input.

        Returns
        -------
        tuple of int
            With the channels of all inputs in the first axis.

        Raises
        ------
        ValueError
            Unless the shapes are equal except for the first axis.
        """
        if len(features) < 2 or len({f[1:] for f in features}) > 1 or len({len(f) for f in features}) > 1:
            raise ValueError(f"Concat: got features {features}, expected shapes equal but for the first axis")
        return (sum(f[0] for f in features), *features[0][1:])
