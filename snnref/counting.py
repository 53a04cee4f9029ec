"""What a network costs: neurons, synapses, operations. Counted after the fact from spikes and fan-out.

One synaptic operation is one update of one post-synaptic neuron caused by one spike. Parallel projections
(a residual branch next to another path) are synapses of their own. A synapse whose weight happens to be
zero counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .arrays import Array, to_numpy
from .canonical import MaxPool, Nodes, Population, Projection, Readout


def projections(nodes: Nodes) -> list[tuple[Projection, Population | Readout]]:
    """Every projection with the node that it drives."""
    return [(p, n) for n in nodes.values() if isinstance(n, Population | Readout) for p in n.input.projections]


def neurons(nodes: Nodes) -> int:
    """Spiking neurons: those of the populations. Inputs, pooling gates and readouts are not counted."""
    return sum(int(np.prod(n.shape)) for n in nodes.values() if isinstance(n, Population))


def synapses(nodes: Nodes) -> int:
    """Connections, without those to padded positions; the multiply-accumulates of one ANN forward pass."""
    return sum(int(p.fan_out(nodes[p.source].shape).sum()) for p, _ in projections(nodes))


def ann_operations(nodes: Nodes) -> int:
    """Σ (2·f_in + 1)·n over neurons and readouts; pooling is not counted (Eq. 9, Rueckauer 2017)."""
    units = sum(int(np.prod(n.shape)) for n in nodes.values() if isinstance(n, Population | Readout))
    return 2 * synapses(nodes) + units


@dataclass(frozen=True)
class Operations:
    """The operations of a run, for each sample, `(batch,)`; exact, as float64."""

    by_projection: dict[tuple[str, str], np.ndarray]  # (source, target) -> Σ spikes · fan-out (Eq. 10)
    pooling: np.ndarray  # spikes that reach a max-pool window, once for each window; not part of the total

    @property
    def total(self) -> np.ndarray:
        """All synaptic operations."""
        return sum(self.by_projection.values(), np.zeros_like(self.pooling))


def operations(nodes: Nodes, counts: Mapping[str, Array]) -> Operations:
    """Spikes times the fan-out of their own neuron (Eq. 10, Rueckauer 2017), from `counts (batch, *features)`."""

    def weighed(source: str, fan_out: np.ndarray) -> np.ndarray:
        flat = to_numpy(counts[source]).astype(np.float64)
        return np.abs(flat.reshape(len(flat), -1)) @ fan_out.reshape(-1)

    by_projection: dict[tuple[str, str], np.ndarray] = {}
    for p, node in projections(nodes):
        cost = weighed(p.source, p.fan_out(nodes[p.source].shape))
        by_projection[p.source, node.name] = by_projection.get((p.source, node.name), 0.0) + cost
    pools = [weighed(n.source, _windows_over(n, nodes)) for n in nodes.values() if isinstance(n, MaxPool)]
    batch = len(next(iter(counts.values())))
    return Operations(by_projection, sum(pools, np.zeros(batch)))


def _windows_over(pool: MaxPool, nodes: Nodes) -> np.ndarray:
    """`(*features)`: in how many windows each source neuron lies."""
    shape = nodes[pool.source].shape
    high, wide = (axis.sum(axis=0) for axis in pool.window.support([np.eye(n, dtype=bool) for n in shape[1:]]))
    return np.broadcast_to(np.multiply.outer(high, wide), shape)


def analog_operations(nodes: Nodes, source: str) -> int:
    """Multiply-accumulates that turn one analog input into currents: a one-off cost that Eq. 10 leaves out."""
    return sum(int(p.fan_out(nodes[source].shape).sum()) for p, _ in projections(nodes) if p.source == source)
