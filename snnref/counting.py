"""What a network costs: neurons, synapses, operations. Counted after the fact from spikes and fan-out.

One synaptic operation is one update of one post-synaptic neuron caused by one spike. Parallel projections
(a residual branch next to another path) are synapses of their own. A synapse whose weight happens to be
zero counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np

from .arrays import Array, to_numpy
from .canonical import live
from .graph import Graph
from .layers import Conv, Dense, Shape
from .nodes import MaxPool, Nodes, Population, Projection, Readout, driven


def projections(nodes: Nodes) -> list[tuple[Projection, Population | Readout]]:
    """Every projection with the node that it drives."""
    return [(p, node) for node in driven(nodes).values() for term in node.inputs for p in term.projections]


def neurons(nodes: Nodes) -> int:
    """Spiking neurons: those of the populations. Inputs, pooling gates and readouts are not counted."""
    return sum(int(np.prod(n.shape)) for n in nodes.values() if isinstance(n, Population))


def synapses(nodes: Nodes) -> int:
    """Connections between neurons, without those to padded positions."""
    return sum(int(p.fan_out(nodes[p.source].shape).sum()) for p, _ in projections(nodes))


def multiply_accumulates(layer: object, shape: Shape) -> int:
    """Of one application of a layer to features `shape`; padded positions and pooling are not counted."""
    if isinstance(layer, Dense):
        return int(layer.weight.size)
    return int(Projection("", (layer,)).fan_out(shape).sum()) if isinstance(layer, Conv) else 0


def layer_operations(net: Graph, name: str) -> int:
    """(2·f_in + 1)·n over the units of a dense or convolutional layer; 0 for others (Eq. 9, Rueckauer 2017).

    Pooling is not counted, nor are the additions of a residual connection.
    """
    layer, (source, *_) = net.layers[name]
    if not isinstance(layer, Dense | Conv):
        return 0
    return 2 * multiply_accumulates(layer, net.shapes[source]) + int(np.prod(net.shapes[name]))


def ann_operations(net: Graph) -> int:
    """Operations of all layers that the output depends on (Eq. 9, Rueckauer 2017)."""
    net = live(net)
    return sum(layer_operations(net, name) for name in net.layers)


@dataclass(frozen=True)
class Operations:
    """The operations of a run, for each sample, `(batch,)`; exact, as float64."""

    by_projection: dict[tuple[str, str], np.ndarray]  # (source, target) -> Σ spikes · fan-out (Eq. 10)
    pooling: np.ndarray  # spikes that reach a max-pool window, once for each window; not part of the total

    @property
    def total(self) -> np.ndarray:
        """All synaptic operations."""
        return sum(self.by_projection.values(), np.zeros_like(self.pooling))


Copies = Callable[[Population | Readout, int], int]


def spike_costs(nodes: Nodes, source: str, *, copies: Copies | None = None) -> dict[str, np.ndarray]:
    """By node that hears `source`, `(*features)` of the source: the synaptic operations that one spike of each of its
    neurons causes there, its fan-out (Eq. 10, Rueckauer 2017). `copies` as for `operations`."""
    costs: dict[str, np.ndarray] = {}
    for node in driven(nodes).values():
        for term, sum_ in enumerate(node.inputs):
            for p in sum_.projections:
                if p.source == source:
                    cost = p.fan_out(nodes[source].shape) * (copies(node, term) if copies else 1)
                    costs[node.name] = costs.get(node.name, 0) + cost
    return costs


def operations(
    nodes: Nodes,
    counts: Mapping[str, Array],
    *,
    batch: int,
    copies: Copies | None = None,
) -> Operations:
    """Spikes times the fan-out of their own neuron (Eq. 10, Rueckauer 2017), from `counts (batch, *features)`.

    copies : of a node and one of its sums, how many neurons stand for each unit and hear that sum; 1 by default

    Nodes without counts send no spikes.
    """

    def weighed(source: str, fan_out: np.ndarray) -> np.ndarray:
        axes = list(range(1 + fan_out.ndim))  # einsum: no copy, whatever the order in memory
        return np.einsum(to_numpy(counts[source]), axes, fan_out.astype(np.float64), axes[1:], [0])

    by_projection = {
        (source, target): weighed(source, cost)
        for source in nodes
        if source in counts  # else an analog source
        for target, cost in spike_costs(nodes, source, copies=copies).items()
    }
    pools = [
        weighed(n.source, windows_over(n, nodes))
        for n in nodes.values()
        if isinstance(n, MaxPool) and n.source in counts
    ]
    return Operations(by_projection, sum(pools, np.zeros(batch)))


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
