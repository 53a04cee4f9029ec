"""Which neuron receives from which: what the event queue and the engines need of the graph."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from ..network.graph import READOUT
from ..network.nodes import MaxPool, Nodes, Population, Readout, depths
from ..network.synapses import Synapses, members, synapses


@dataclass(frozen=True, eq=False)
class Inlet:
    """What comes into one node; its sources' neurons are numbered on, one source after the other."""

    synapses: Synapses
    first: dict[str, int]  # source -> the number of its first neuron
    bias: np.ndarray  # (neurons,)


class Wiring:
    """Of a converted network, built when it is first asked for."""

    def __init__(self, nodes: Nodes):
        self._nodes = nodes
        self._inlets: dict[str, Inlet] = {}
        self._windows: dict[str, tuple[Synapses, Synapses]] = {}
        self.rank = {name: i for i, name in enumerate(nodes)}  # the order of sources that speak at the same time
        self.depth = depths(nodes)[READOUT]

    def inlet(self, name: str) -> Inlet:
        """Of a population or the readout."""
        if name not in self._inlets:
            node, nodes = self._nodes[name], self._nodes
            assert isinstance(node, Population | Readout)
            parts, first, total = [], {}, 0
            for source in node.sources:
                own = tuple(p for p in node.input.projections if p.source == source)
                parts.append(synapses(own, nodes[source].shape))
                first[source], total = total, total + prod(nodes[source].shape)
            offsets = np.append(0, np.cumsum([len(part.targets) for part in parts]))
            starts = [part.starts[:-1] + offset for part, offset in zip(parts, offsets, strict=False)]
            whole = Synapses(
                np.concatenate([*starts, offsets[-1:]]),
                np.concatenate([part.targets for part in parts]),
                np.concatenate([part.weights for part in parts]),
            )
            bias = np.broadcast_to(np.asarray(node.input.bias, float), node.shape).ravel()
            self._inlets[name] = Inlet(whole, first, bias)
        return self._inlets[name]

    def windows(self, name: str) -> tuple[Synapses, Synapses]:
        """Of a pool: the windows in which each source neuron lies, and the source neurons in each window."""
        if name not in self._windows:
            node = self._nodes[name]
            assert isinstance(node, MaxPool)
            self._windows[name] = members(node.window, self._nodes[node.source].shape)
        return self._windows[name]
