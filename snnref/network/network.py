"""A trained network: a graph of layers with a file, and with what it is made of at a glance."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np

from ..files import complete
from .graph import INPUT, KINDS, READOUT, Graph
from .summary import Summary, summarise

__all__ = ["INPUT", "READOUT", "Network"]
FORMAT = 1  # of the file


class Network(Graph):
    """Layers joined to a graph without loops; the last one added is the output.

    >>> net = Network((1, 8, 8)).add("conv", Conv(weight)).add("relu", ReLU()).add("sum", Add(), "relu", "conv")

    Called with `x (batch, *input_shape)`, NumPy or torch, it gives the output in the same kind and type.
    """

    def summary(self) -> Summary:
        """Shape, neurons, synapses, parameters, operations of every node of the canonical graph: a table."""
        return summarise(self)

    def save(self, path: str | Path) -> Path:
        """Write an `.npz` file: arrays by `layer.field`, the graph as JSON; it is complete or not written at all.

        Parameters
        ----------
        path
            The file.

        Returns
        -------
        Path
            The file that was written.
        """
        path = Path(path)
        graph: dict[str, Any] = {"format": FORMAT, "input_shape": self.input_shape, "layers": []}
        arrays: dict[str, np.ndarray] = {}
        for name, (layer, sources) in self.layers.items():
            plain: dict[str, Any] = {}
            for f in (f for f in fields(layer) if f.init):
                value = getattr(layer, f.name)
                if isinstance(value, np.ndarray):
                    arrays[f"{name}.{f.name}"] = value
                else:
                    plain[f.name] = value
            graph["layers"].append([name, type(layer).__name__, plain, sources])
        with complete(path) as part, part.open("wb") as file:
            np.savez_compressed(file, graph=np.array(json.dumps(graph, default=int)), allow_pickle=False, **arrays)
        return path

    @classmethod
    def load(cls, path: str | Path) -> Network:
        """Read a file that `save` wrote; nothing in it is executed (no pickle).

        Parameters
        ----------
        path
            The file.

        Returns
        -------
        Network
            The network.

        Raises
        ------
        OSError
            If the file does not exist or cannot be read.
        ValueError
            If the file is not complete or not of this format.
        """
        try:
            with open(path, "rb") as file:
                if not is_zipfile(file):
                    raise ValueError("it is no .npz archive, or only a part of one")
            with np.load(path, allow_pickle=False) as data:
                graph = json.loads(str(data["graph"]))
                if graph["format"] != FORMAT:
                    raise ValueError(f"format {graph['format']}, this version reads {FORMAT}")
                arrays = {k: data[k] for k in data.files if k != "graph"}
            layers = {}
            for name, kind, plain, sources in graph["layers"]:
                own = {k.rpartition(".")[2]: v for k, v in arrays.items() if k.rpartition(".")[0] == name}
                plain = {k: _tuples(v) for k, v in plain.items()}
                layers[name] = (KINDS[kind](**plain, **own), tuple(sources))
            if stray := [k for k in arrays if k.rpartition(".")[0] not in layers]:
                raise ValueError(f"arrays of no layer: {', '.join(stray)}")
            return cls(tuple(graph["input_shape"]), layers)
        except OSError:
            raise
        except Exception as error:  # a damaged archive fails in a dozen ways
            raise ValueError(
                f"{path}: not a complete network file ({error}); write it again with Network.save"
            ) from error


def _tuples(value: Any) -> Any:
    """JSON knows lists only."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
