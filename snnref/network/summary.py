"""What a network is made of, node by node of its canonical graph."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..layers import Shape
from . import counting
from .canonical import canonical, without_unused_layers
from .graph import READOUT, Graph
from .nodes import Node, Population

HEADERS = ("node", "kind", "reads", "shape", "neurons", "synapses", "parameters", "MACs", "operations")


@dataclass(frozen=True)
class Row:
    """A node, with the layers of the ordinary network that end in it."""

    node: str
    kind: str
    reads: tuple[str, ...]
    shape: Shape
    neurons: int  # spiking ones
    synapses: int  # of the projections that end here
    parameters: int
    macs: int  # multiply-accumulates of the dense and convolutional layers
    operations: int  # of the same, by Eq. 9 of Rueckauer 2017

    def cells(self) -> list[str]:
        shape = "×".join(map(str, self.shape))
        numbers = (self.neurons, self.synapses, self.parameters, self.macs, self.operations)
        return [self.node, self.kind, ", ".join(self.reads), shape, *(f"{n:,}" if n else "" for n in numbers)]


@dataclass(frozen=True)
class Summary:
    """A table that prints itself, in notebooks as HTML."""

    rows: tuple[Row, ...]

    @property
    def total(self) -> Row:
        def added(field: str) -> int:
            return sum(getattr(row, field) for row in self.rows)

        numbers = {k: added(k) for k in ("neurons", "synapses", "parameters", "macs", "operations")}
        return Row("total", "", (), (), **numbers)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"nodes": [asdict(row) for row in self.rows], "total": asdict(self.total)}

    def __str__(self) -> str:
        return self._table("simple")

    def _repr_html_(self) -> str:
        return self._table("html")

    def _table(self, style: str) -> str:
        from tabulate import tabulate

        cells = [row.cells() for row in (*self.rows, self.total)]
        align = ("left",) * 4 + ("right",) * 5
        return str(tabulate(cells, HEADERS, tablefmt=style, colalign=align, disable_numparse=True))


def summarise(net: Graph) -> Summary:
    """Neurons and synapses of the canonical graph; parameters, multiply-accumulates, operations of the layers."""
    net = without_unused_layers(net)
    nodes = canonical(net)
    synapses = dict.fromkeys(nodes, 0)
    for p, node in counting.projections(nodes):
        synapses[node.name] += int(p.fan_out(nodes[p.source].shape).sum())
    costs = {name: [0, 0, 0] for name in nodes}
    for name, end in _ends(net, nodes).items():
        layer, (source, *_) = net.layers[name]
        macs = counting.multiply_accumulates(layer, net.shapes[source])
        parts = (net.parameters(name), macs, counting.layer_operations(net, name))
        costs[end] = [a + b for a, b in zip(costs[end], parts, strict=True)]
    return Summary(
        tuple(
            Row(
                name,
                _kind(node),
                node.sources,
                node.shape,
                counting.neurons({name: node}),
                synapses[name],
                *costs[name],
            )
            for name, node in nodes.items()
        )
    )


def _kind(node: Node) -> str:
    if not isinstance(node, Population):
        return type(node).__name__.lower()
    return f"population ({node.activation.kind if node.activation else 'product'})"


def _ends(net: Graph, nodes: dict[str, Node]) -> dict[str, str]:
    """For every layer the node in which its output first ends: a population, or the readout."""
    ends: dict[str, str] = {}
    for name in reversed(net.layers):
        readers = [ends[k] for k, (_, sources) in net.layers.items() if name in sources]
        ends[name] = name if isinstance(nodes.get(name), Population) else (*readers, READOUT)[0]
    return ends
