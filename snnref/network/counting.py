"""What a network costs: neurons, synapses, operations. Counted after the fact from spikes and fan-out.

One synaptic operation is one update of one post-synaptic neuron caused by one spike. Parallel projections
(a residual branch next to another path) are synapses of their own. A synapse whose weight happens to be
zero counts.
"""

from __future__ import annotations

import numpy as np

from ..layers import Conv, Dense, Shape
from .canonical import without_unused_layers
from .graph import Graph
from .nodes import Nodes, Population, Projection, Readout, weighted_nodes


def projections(nodes: Nodes) -> list[tuple[Projection, Population | Readout]]:
    """Every projection with the node that it drives."""
    return [(p, node) for node in weighted_nodes(nodes).values() for term in node.inputs for p in term.projections]


def neurons(nodes: Nodes) -> int:
    """Spiking neurons: those of the populations. Inputs, pooling gates and readouts are not counted."""
    return sum(int(np.prod(n.shape)) for n in nodes.values() if isinstance(n, Population))


def synapses(nodes: Nodes) -> int:
    """Connections between neurons, without those to padded positions."""
    return sum(int(p.fan_out(nodes[p.source].shape).sum()) for p, _ in projections(nodes))


def multiply_accumulates(layer: object, shape: Shape) -> int:
    """Count the multiply-accumulates of a layer; padded positions and pooling are not counted.

    Parameters
    ----------
    layer
        The layer.
    shape
        The features of its input.

    Returns
    -------
    int
        Multiply-accumulates of one application.
    """
    if isinstance(layer, Dense):
        return int(layer.weight.size)
    return int(Projection("", (layer,)).fan_out(shape).sum()) if isinstance(layer, Conv) else 0


def layer_operations(net: Graph, name: str) -> int:
    """Count (2·f_in + 1)·n over the units of a dense or convolutional layer (Eq. 9, Rueckauer 2017).

    Pooling is not counted, nor are the additions of a residual connection.

    Parameters
    ----------
    net
        A network.
    name
        The layer.

    Returns
    -------
    int
        Operations of one application; 0 for other layers.
    """
    layer, (source, *_) = net.layers[name]
    if not isinstance(layer, Dense | Conv):
        return 0
    return 2 * multiply_accumulates(layer, net.shapes[source]) + int(np.prod(net.shapes[name]))


def ann_operations(net: Graph) -> int:
    """Operations of all layers that the output depends on (Eq. 9, Rueckauer 2017)."""
    net = without_unused_layers(net)
    return sum(layer_operations(net, name) for name in net.layers)
