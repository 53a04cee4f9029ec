"""Ordinary layers joined to a graph without loops, and its forward pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import InitVar, dataclass, field, fields, replace
from numbers import Integral, Real
from typing import Any, Self

import numpy as np

from .. import layers as kinds
from ..arrays import Array, WeightCache, check_input
from ..layers import Layer, Linear, Shape

INPUT, READOUT = "input", "readout"
TRAINED = ("weight", "bias", "value")  # fields of layers
Layers = dict[str, tuple[Layer, tuple[str, ...]]]  # name -> layer, the names that it reads
KINDS = {k.__name__: k for k in Layer.__args__}


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """Layers joined to a graph without loops; the last one added is the output.

    >>> net = Graph((1, 8, 8)).add("conv", Conv(weight)).add("relu", ReLU()).add("sum", Add(), "relu", "conv")

    Called with `x (batch, *input_shape)`, NumPy or torch, it gives the output in the same kind and type.
    """

    input_shape: Shape
    layers: Layers = field(default_factory=dict)
    known: InitVar[dict[str, Shape] | None] = field(default=None, kw_only=True)  # by `add`: what was checked before
    shapes: dict[str, Shape] = field(init=False)  # name -> feature shape
    _weights: WeightCache = field(init=False, repr=False)

    def __post_init__(self, known: dict[str, Shape] | None) -> None:
        if not isinstance(self.input_shape, tuple) or not all(
            isinstance(n, Integral) and n > 0 for n in self.input_shape
        ):
            raise ValueError(f"input_shape: got {self.input_shape!r}, expected a tuple such as (1, 28, 28)")
        shapes = dict(known or {INPUT: self.input_shape})
        for name, (layer, sources) in list(self.layers.items())[len(shapes) - 1 :]:
            shapes[name] = _shape(name, layer, sources, shapes)
        object.__setattr__(self, "shapes", shapes)
        object.__setattr__(self, "_weights", WeightCache({k: layer for k, (layer, _) in self.layers.items()}))

    def __repr__(self) -> str:
        out = self.shapes[self.output] if self.layers else self.input_shape
        return (
            f"{type(self).__name__}: {self.input_shape} -> {out}, {len(self.layers)} layers, "
            f"{self.parameters():,} parameters (summary() tells more)"
        )

    def add(self, name: str, layer: Layer, *sources: str) -> Self:
        """Make a graph with one more layer.

        Parameters
        ----------
        name
            Name of the layer.
        layer
            The layer.
        *sources
            The layers that it reads; by default the layer added last.

        Returns
        -------
        Graph
            A new graph, of the same class.

        Raises
        ------
        ValueError
            For a name in use, an unknown source, shapes that do not fit, or weights that are not finite.
        TypeError
            If `layer` is no layer.
        """
        if name in self.layers:
            raise ValueError(f"layer {name!r}: the name is taken; choose another")
        last = next(reversed(self.layers), INPUT)
        return replace(self, layers={**self.layers, name: (layer, sources or (last,))}, known=self.shapes)

    def activations(self, x: Array) -> dict[str, Array]:
        """Compute the output of every layer.

        Parameters
        ----------
        x : array `(batch, *input_shape)`
            The input, NumPy or torch.

        Returns
        -------
        dict of array `(batch, *features)`
            Outputs by layer, and the input.

        Raises
        ------
        ValueError
            If the input does not fit.
        TypeError
            If the input is no array of floats.
        """
        check_input(x, self.input_shape)
        return self.forward(x, self._weights.like(x))

    def forward(self, x: Array, layers: Mapping[str, Any]) -> dict[str, Array]:
        """Compute `activations` with other layers in the places of the network's own, and without checks: for training.

        Parameters
        ----------
        x : array `(batch, *input_shape)`
            The input.
        layers
            A layer for each name.

        Returns
        -------
        dict of array `(batch, *features)`
            Outputs by layer, and the input.
        """
        values = {INPUT: x}
        for name, (_, sources) in self.layers.items():
            values[name] = layers[name](*(values[source] for source in sources))
            if isinstance(layers[name], Linear):
                values[name] = values[name] + layers[name].offset
        return values

    def __call__(self, x: Array) -> Array:
        """The output of the last layer: `(batch, *input_shape)` -> `(batch, *features)`."""
        check_input(x, self.input_shape)
        output = self.output
        return next(value for name, value in self.one_by_one(x) if name == output)

    def one_by_one(self, x: Array) -> Iterator[tuple[str, Array]]:
        """Compute what `activations` does without keeping it: what no later layer reads is let go.

        Parameters
        ----------
        x : array `(batch, *input_shape)`
            The input, of which nothing is checked.

        Yields
        ------
        tuple
            The name of a layer, and its output `(batch, *features)`.
        """
        weights, values = self._weights.like(x), {INPUT: x}
        readers = Counter(source for _, sources in self.layers.values() for source in sources)
        for name, (_, sources) in self.layers.items():
            layer = weights[name]
            value = layer(*(values[source] for source in sources))
            values[name] = value + layer.offset if isinstance(layer, Linear) else value
            readers.subtract(sources)
            for source in {name, *sources}:
                if source in values and not readers[source] and source != name:
                    del values[source]
            yield name, values[name]

    def parameters(self, *names: str) -> int:
        """Count the trained numbers of some layers; weights that two layers share count twice.

        Parameters
        ----------
        *names
            The layers; all, if none is named.

        Returns
        -------
        int
            The number of parameters.
        """
        held = (vars(self.layers[name][0]).get(k) for name in names or self.layers for k in TRAINED)
        return sum(value.size for value in held if isinstance(value, np.ndarray))

    @property
    def output(self) -> str:
        """The name of the last layer.

        Raises
        ------
        ValueError
            If the network has no layer.
        """
        if not self.layers:
            raise ValueError("the network has no layer; add some with Network.add")
        return next(reversed(self.layers))


def needed(layers: Layers, output: str) -> Layers:
    """Only what the output depends on; it comes last."""
    wanted = {output}
    for name, (_, sources) in reversed(layers.items()):
        if name in wanted:
            wanted.update(sources)
    return {name: entry for name, entry in layers.items() if name in wanted}


def _check_weights(name: str, layer: Layer) -> None:
    """Whatever numbers a layer holds are finite, and its weight and bias fit together."""
    for f in fields(layer):
        value = getattr(layer, f.name)
        if f.name not in (*TRAINED, "high", "wide") or value is None:
            continue
        number = isinstance(value, Real) and isinstance(layer, kinds.Gain)
        if not (number or (isinstance(value, np.ndarray) and value.dtype.kind == "f")):
            kind = getattr(value, "dtype", type(value).__name__)
            raise ValueError(f"layer {name!r}: {f.name} is {kind}, expected a NumPy array of floats")
        if not np.all(np.isfinite(value)):
            raise ValueError(f"layer {name!r}: {f.name} holds NaN or infinite values; train or load it again")
    if not isinstance(layer, kinds.Dense | kinds.Conv):
        return
    axes = (2,) if isinstance(layer, kinds.Dense) else (3, 4, 5)
    if layer.weight.ndim not in axes:
        wanted = " or ".join(map(str, axes))
        raise ValueError(f"layer {name!r}: weight has shape {layer.weight.shape}, expected {wanted} axes")
    if layer.weight.size == 0:
        raise ValueError(f"layer {name!r}: weight has shape {layer.weight.shape}, expected at least one entry an axis")
    if layer.bias is not None and layer.bias.shape != layer.weight.shape[:1]:
        raise ValueError(f"layer {name!r}: bias has shape {layer.bias.shape}, expected one value for each output")


def _shape(name: str, layer: Layer, sources: tuple[str, ...], shapes: dict[str, Shape]) -> Shape:
    """The feature shape of a new layer, after checking that it fits."""
    if name in (INPUT, READOUT):
        raise ValueError(f"layer {name!r}: the name is taken; choose another")
    for source in sources:
        if source not in shapes:
            raise ValueError(f"layer {name!r}: unknown source {source!r}; there are {', '.join(shapes)}")
    if not isinstance(layer, Layer):
        raise TypeError(f"layer {name!r}: got {type(layer).__name__}, expected one of {', '.join(KINDS)}")
    _check_weights(name, layer)
    try:
        return layer.shape(*(shapes[source] for source in sources))
    except (ValueError, TypeError) as error:
        raise ValueError(f"layer {name!r} after {', '.join(sources)}: {error}") from error
