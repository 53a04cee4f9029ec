"""The synaptic operations of a run, counted after the fact from spikes and fan-out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np

from ..arrays import Array, to_numpy
from ..network.counting import multiply_accumulates, projections
from ..network.nodes import MaxPool, Nodes, Population, Readout, weighted_nodes


@dataclass(frozen=True)
class SynapticOperations:
    """The operations of a run, for each sample, `(batch,)`; exact, as float64."""

    by_projection: dict[tuple[str, str], np.ndarray]  # (source, target) -> Σ spikes · fan-out (Eq. 10)
    pooling: np.ndarray  # spikes that reach a max-pool window, once for each window; not part of the total

    @property
    def total(self) -> np.ndarray:
        """All synaptic operations."""
        return sum(self.by_projection.values(), np.zeros_like(self.pooling))


NeuronsReceiving = Callable[[Population | Readout, int], int]


def operations_per_spike(
    nodes: Nodes, source: str, *, neurons_receiving: NeuronsReceiving | None = None
) -> dict[str, np.ndarray]:
    """By node that receives from `source`, `(*features)` of the source: the synaptic operations that one spike of each
    of its neurons causes there, its fan-out (Eq. 10, Rueckauer 2017). `neurons_receiving` as for
    `synaptic_operations`."""
    costs: dict[str, np.ndarray] = {}
    for node in weighted_nodes(nodes).values():
        for term, sum_ in enumerate(node.inputs):
            for p in sum_.projections:
                if p.source == source:
                    cost = p.fan_out(nodes[source].shape) * (neurons_receiving(node, term) if neurons_receiving else 1)
                    costs[node.name] = costs.get(node.name, 0) + cost
    return costs


def synaptic_operations(
    nodes: Nodes,
    counts: Mapping[str, Array],
    *,
    batch: int,
    neurons_receiving: NeuronsReceiving | None = None,
) -> SynapticOperations:
    """Spikes times the fan-out of their own neuron (Eq. 10, Rueckauer 2017), from `counts (batch, *features)`.

    neurons_receiving : of a node and one of its sums, how many neurons stand for each unit and receive that sum; by
        default 1

    Nodes without counts send no spikes.
    """

    def weighed(source: str, fan_out: np.ndarray) -> np.ndarray:
        axes = list(range(1 + fan_out.ndim))  # einsum: no copy, whatever the order in memory
        return np.einsum(to_numpy(counts[source]), axes, fan_out.astype(np.float64), axes[1:], [0])

    by_projection = {
        (source, target): weighed(source, cost)
        for source in nodes
        if source in counts  # else an analog source
        for target, cost in operations_per_spike(nodes, source, neurons_receiving=neurons_receiving).items()
    }
    pools = [
        weighed(n.source, windows_over(n, nodes))
        for n in nodes.values()
        if isinstance(n, MaxPool) and n.source in counts
    ]
    return SynapticOperations(by_projection, sum(pools, np.zeros(batch)))


def windows_over(pool: MaxPool, nodes: Nodes) -> np.ndarray:
    """`(*features)`: in how many windows each source neuron lies."""
    shape = nodes[pool.source].shape
    windows = [axis.sum(axis=0) for axis in pool.window.support([np.eye(n, dtype=bool) for n in shape[1:]])]
    return np.broadcast_to(reduce(np.multiply.outer, windows), shape)


def analog_operations(nodes: Nodes, source: str) -> int:
    """Multiply-accumulates that turn one analog train into currents: a one-off cost that Eq. 10 leaves out."""
    total = 0
    for p, _ in projections(nodes):
        shape = nodes[p.source].shape
        for linear in p.maps if p.source == source else ():
            total += multiply_accumulates(linear, shape)
            shape = linear.shape(shape)
    return total
