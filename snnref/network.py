"""A trained network: ordinary layers in a graph, its forward pass, and its file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from . import layers as kinds
from .arrays import Array, Placed, check_input, to_numpy
from .layers import Layer, Linear, Shape

INPUT, READOUT = "input", "readout"
FORMAT = 1  # of the file
_KINDS = {k.__name__: k for k in Layer.__args__}


@dataclass(frozen=True, eq=False)
class Network:
    """Layers joined to a graph without loops; the last one added is the output.

    >>> net = Network((1, 8, 8)).add("conv", Conv(weight)).add("relu", ReLU()).add("sum", Add(), "relu", "conv")

    Called with `x (batch, *input_shape)`, NumPy or torch, it gives the output in the same kind and type.
    """

    input_shape: Shape
    layers: dict[str, tuple[Layer, tuple[str, ...]]] = field(default_factory=dict)  # name -> layer, sources
    shapes: dict[str, Shape] = field(init=False)  # name -> feature shape
    _placed: Placed = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.input_shape, tuple) or not all(
            isinstance(n, Integral) and n > 0 for n in self.input_shape
        ):
            raise ValueError(f"input_shape: got {self.input_shape!r}, expected a tuple such as (1, 28, 28)")
        shapes = {INPUT: self.input_shape}
        for name, (layer, sources) in self.layers.items():
            shapes[name] = _shape(name, layer, sources, shapes)
        object.__setattr__(self, "shapes", shapes)
        object.__setattr__(self, "_placed", Placed({k: layer for k, (layer, _) in self.layers.items()}))

    def add(self, name: str, layer: Layer, *sources: str) -> Network:
        """A network with one more layer, fed by `sources` (by default the layer added last).

        Raises ValueError for a name in use, an unknown source, shapes that do not fit, or weights that are
        not finite.
        """
        if name in self.layers or name in (INPUT, READOUT):
            raise ValueError(f"layer {name!r}: the name is taken; choose another")
        last = next(reversed(self.layers), INPUT)
        return replace(self, layers={**self.layers, name: (layer, sources or (last,))})

    def activations(self, x: Array) -> dict[str, Array]:
        """The output of every layer, by name, and the input."""
        check_input(x, self.input_shape)
        return self.forward(x, self._placed.like(x))

    def forward(self, x: Array, layers: Mapping[str, Any]) -> dict[str, Array]:
        """`activations` with other layers in the places of the network's own, and without checks: for training."""
        values = {INPUT: x}
        for name, (_, sources) in self.layers.items():
            values[name] = layers[name](*(values[source] for source in sources))
            if isinstance(layers[name], Linear):
                values[name] = values[name] + layers[name].offset
        return values

    def __call__(self, x: Array) -> Array:
        return self.activations(x)[self.output]

    @property
    def output(self) -> str:
        """The name of the last layer. Raises ValueError where there is none."""
        if not self.layers:
            raise ValueError("the network has no layer; add some with Network.add")
        return next(reversed(self.layers))

    def save(self, path: str | Path) -> Path:
        """Write an `.npz` file: arrays by `layer.field`, the graph as JSON. Complete or not at all."""
        path = Path(path)
        graph: dict[str, Any] = {"format": FORMAT, "input_shape": self.input_shape, "layers": []}
        arrays: dict[str, np.ndarray] = {}
        for name, (layer, sources) in self.layers.items():
            plain: dict[str, Any] = {}
            for f in fields(layer):
                value = getattr(layer, f.name)
                if hasattr(value, "shape"):
                    arrays[f"{name}.{f.name}"] = to_numpy(value)
                else:
                    plain[f.name] = value
            graph["layers"].append([name, type(layer).__name__, plain, sources])
        part = path.with_name(f"{path.name}.part")
        try:
            with part.open("wb") as file:
                np.savez_compressed(file, graph=np.array(json.dumps(graph)), allow_pickle=False, **arrays)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
        return path

    @classmethod
    def load(cls, path: str | Path) -> Network:
        """Read a file written by `save`. Nothing in it is executed (no pickle).

        Raises FileNotFoundError, or ValueError for a file that is not complete and of this format.
        """
        try:
            with np.load(path, allow_pickle=False) as data:
                graph = json.loads(str(data["graph"]))
                if graph["format"] != FORMAT:
                    raise ValueError(f"format {graph['format']}, this version reads {FORMAT}")
                arrays = {k: data[k] for k in data.files if k != "graph"}
            layers = {}
            for name, kind, plain, sources in graph["layers"]:
                own = {k.rpartition(".")[2]: v for k, v in arrays.items() if k.rpartition(".")[0] == name}
                plain = {k: tuple(v) if isinstance(v, list) else v for k, v in plain.items()}
                layers[name] = (_KINDS[kind](**plain, **own), tuple(sources))
            return cls(tuple(graph["input_shape"]), layers)
        except FileNotFoundError:
            raise
        except Exception as error:  # a damaged archive fails in a dozen ways
            raise ValueError(
                f"{path}: not a complete network file ({error}); write it again with Network.save"
            ) from error


def _check_weights(name: str, layer: kinds.Dense | kinds.Conv) -> None:
    axes = 2 if isinstance(layer, kinds.Dense) else 4
    for field_, value, wanted in (
        ("weight", layer.weight, f"{axes} axes"),
        ("bias", layer.bias, "one value for each output"),
    ):
        if field_ == "bias" and value is None:
            continue
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            kind = getattr(value, "dtype", type(value).__name__)
            raise ValueError(f"layer {name!r}: {field_} is {kind}, expected a NumPy array of floats")
        if value.ndim != axes if field_ == "weight" else value.shape != layer.weight.shape[:1]:
            raise ValueError(f"layer {name!r}: {field_} has shape {value.shape}, expected {wanted}")
        if not np.all(np.isfinite(value)):
            raise ValueError(f"layer {name!r}: {field_} holds NaN or infinite values; train or load it again")


def _shape(name: str, layer: Layer, sources: tuple[str, ...], shapes: dict[str, Shape]) -> Shape:
    """The feature shape of a new layer, after checking that it fits."""
    for source in sources:
        if source not in shapes:
            raise ValueError(f"layer {name!r}: unknown source {source!r}; there are {', '.join(shapes)}")
    if not isinstance(layer, Layer):
        raise TypeError(f"layer {name!r}: got {type(layer).__name__}, expected one of {', '.join(_KINDS)}")
    if isinstance(layer, kinds.Dense | kinds.Conv):
        _check_weights(name, layer)
    try:
        return layer.shape(*(shapes[source] for source in sources))
    except (ValueError, TypeError) as error:
        raise ValueError(f"layer {name!r} after {', '.join(sources)}: {error}") from error
