"""Network -> Input, Population, MaxPool, Readout: the graph that every code converts.

Addition, concatenation, reshaping and average pooling end inside projections, so that no code sees them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .. import layers as ann
from ..layers import Linear, Shape
from .graph import INPUT, READOUT, Graph, needed
from .nodes import Input, MaxPool, Node, Nodes, Population, Projection, Readout, Sum

AT_THE_END = ("sigmoid", "tanh")  # functions that never fall, and can be applied to what was read


class Inexpressible(ValueError):
    """A network of which a method cannot say what it says."""


def canonical(net: Graph) -> Nodes:
    """Rewrite a network as populations joined by projections; its function stays the same.

    Parameters
    ----------
    net
        A network.

    Returns
    -------
    dict
        The nodes by name.

    Raises
    ------
    Inexpressible
        For a max-pool of a sum that no ReLU follows (such a maximum is not a maximum of spikes), or a softmax before
        the end.
    """
    nodes: Nodes = {INPUT: Input(INPUT, net.shapes[INPUT])}
    value = {INPUT: Sum((Projection(INPUT),))}  # every layer as a linear expression of nodes
    net = without_unused_layers(net)
    swapped: set[str] = set()  # activations that were moved in front of a max-pool
    for name, (layer, sources) in net.layers.items():
        terms = [value[s] for s in sources]
        match layer:
            case ann.Activation("relu") if _only_moved(terms[0], nodes) and _non_negative(terms[0], nodes):
                value[name] = terms[0]
            case ann.Activation() if name in swapped or (name == net.output and layer.kind in AT_THE_END):
                value[name] = terms[0]
            case ann.Activation():
                value[name] = _add_node(nodes, Population(name, net.shapes[name], terms[0], layer))
            case ann.Multiply():
                value[name] = _add_node(nodes, Population(name, net.shapes[name], terms[0], None, terms[1]))
            case ann.Softmax():
                if name != net.output:
                    raise Inexpressible(
                        f"layer {name!r}: a softmax can only end a network; leave it out, or take a ReLU"
                    )
                value[name] = terms[0]
            case ann.Add():
                value[name] = _add(*terms)
            case ann.Concat():
                value[name] = _concat(terms, [net.shapes[s] for s in sources])
            case ann.MaxPool():
                value[name] = _max_pool(nodes, net, name, terms[0], swapped)
            case Linear():
                value[name] = terms[0].then(layer, net.shapes[sources[0]])
    nodes[READOUT] = Readout(READOUT, net.shapes[net.output], value[net.output], _at_the_end(net, swapped))
    return nodes


def _at_the_end(net: Graph, swapped: set[str]) -> ann.Softmax | ann.Activation | None:
    """The last layer, if it belongs to the readout."""
    last = net.layers[net.output][0]
    monotone = isinstance(last, ann.Activation) and last.kind in AT_THE_END and net.output not in swapped
    return last if isinstance(last, ann.Softmax) or monotone else None  # type: ignore[return-value]


def without_unused_layers(net: Graph) -> Graph:
    """Without the layers that the output does not depend on."""
    return replace(net, layers=needed(net.layers, net.output))


def require_kinds(nodes: Nodes, method: str, kinds: tuple[str, ...]) -> None:
    """Refuse populations of other kinds, by Inexpressible: for the methods that express no others."""
    for node in nodes.values():
        if isinstance(node, Population) and (node.activation is None or node.activation.kind not in kinds):
            kind = "a product of two layers" if node.activation is None else f"the activation {node.activation.kind}"
            raise Inexpressible(
                f"population {node.name!r} is {kind}; {method} expresses {', '.join(kinds)} only: "
                "train the network with ReLU there"
            )


def _add_node(nodes: Nodes, node: Population) -> Sum:
    nodes[node.name] = node
    return Sum((Projection(node.name),))


def _concat(terms: list[Sum], shapes: list[Shape]) -> Sum:
    total, start, placed = sum(shape[0] for shape in shapes), 0, []
    for term, shape in zip(terms, shapes, strict=True):
        placed.append(term.then(ann.Place(start, shape[0], total, len(shape)), shape))
        start += shape[0]
    return _add(*placed)


def _side_by_side(term: Sum, nodes: Nodes) -> bool:
    """Whether the expression is nothing but the trains of nodes, each channel one node's."""
    taken: set[int] = set()
    for p in term.projections:
        if not all(isinstance(m, ann.Place) for m in p.maps):
            return False
        start = sum(m.start for m in p.maps if isinstance(m, ann.Place))
        channels = set(range(start, start + nodes[p.source].shape[0]))
        if channels & taken:
            return False
        taken |= channels
    return True


MOVES = (ann.Place, ann.Flatten, ann.Reshape, ann.Gather, ann.Spread)


def _only_moved(term: Sum, nodes: Nodes) -> bool:
    """Whether every value of the expression is one value of a node, or zero."""
    alone = len(term.projections) == 1 and all(isinstance(m, MOVES) for m in term.projections[0].maps)
    return not np.any(term.bias) and (alone or _side_by_side(term, nodes))


def _non_negative(term: Sum, nodes: Nodes) -> bool:
    """Whether a ReLU would change nothing: sums and means of populations and of their pools."""

    def positive(node: Node) -> bool:
        if isinstance(node, MaxPool):
            return positive(nodes[node.source])
        return isinstance(node, Population) and node.activation is not None and node.activation.non_negative

    def keeps_sign(linear: Linear) -> bool:
        if isinstance(linear, ann.UnevenAvgPool):
            return all(np.all(m >= 0) for m in linear.matrices)
        return isinstance(linear, (*MOVES, ann.AvgPool))

    return all(positive(nodes[p.source]) and all(map(keeps_sign, p.maps)) for p in term.projections)


def _max_pool(nodes: Nodes, net: Graph, name: str, term: Sum, swapped: set[str]) -> Sum:
    """Pool every branch of a concatenation by itself; a sum becomes a population first.

    Gains per channel that are not negative come behind the pooling. A population takes an activation: a ReLU, which
    changes nothing where the sum cannot be negative, or the one right behind the pooling if it never falls, since the
    maximum commutes with it.

    Raises
    ------
    Inexpressible
        If there is no such activation.
    """
    _, (source,) = net.layers[name]
    gain = _gain_of_channels(term, net.shapes[source])
    bare = Sum(tuple(replace(p, maps=_without_gains(p.maps)) for p in term.projections)) if gain else term
    if gain and _side_by_side(bare, nodes) and not np.any(falling := np.asarray(gain.value) < 0):
        return _pooled(nodes, net, name, bare).then(gain, net.shapes[name])
    if not _side_by_side(term, nodes):
        readers = [(k, kind) for k, (kind, read) in net.layers.items() if name in read]
        kinds = {kind for _, kind in readers if isinstance(kind, ann.Activation) and kind.monotone}
        if _non_negative(term, nodes):
            term = _add_node(nodes, Population(source, net.shapes[source], term))
        elif len(kinds) == 1 and all(kind in kinds for _, kind in readers):
            swapped.update(reader for reader, _ in readers)
            term = _add_node(nodes, Population(readers[0][0], net.shapes[source], term, kinds.pop()))
        elif gain and _side_by_side(bare, nodes):
            raise Inexpressible(
                f"layer {name!r}: max-pooling of {source!r}, which turns channels "
                f"{', '.join(map(str, np.flatnonzero(falling)[:9]))} round (their gains are negative): that is no "
                "maximum of spikes; put the pooling before the normalisation, or train with positive gains there"
            )
        else:
            raise Inexpressible(
                f"layer {name!r}: max-pooling of {source!r}, which may be negative; "
                "put a ReLU before the pooling (or right behind it), or use average pooling"
            )
    return _pooled(nodes, net, name, term)


def _pooled(nodes: Nodes, net: Graph, name: str, term: Sum) -> Sum:
    """The maximum of the trains of nodes, branch by branch."""
    layer = net.layers[name][0]
    pooled = []
    for p in term.projections:
        branch = name if len(term.projections) == 1 else f"{name}.{p.source}"
        shape = layer.shape(nodes[p.source].shape)
        node = MaxPool(branch, shape, layer, p.source)  # type: ignore[arg-type]
        while branch != name and (branch in net.layers or nodes.get(branch, node) != node):
            branch += "'"  # a layer or another branch bears that name
            node = replace(node, name=branch)
        nodes[branch] = node
        pooled.append(Projection(branch, p.maps))
    return Sum(tuple(pooled))


def _without_gains(maps: tuple[Linear, ...]) -> tuple[Linear, ...]:
    return tuple(m for m in maps if not isinstance(m, ann.Gain))


def _gain_of_channels(term: Sum, shape: Shape) -> ann.Gain | None:
    """Gain and offset of each channel, if the expression is otherwise nothing but trains side by side."""
    gains = [m for p in term.projections for m in p.maps if isinstance(m, ann.Gain)]
    others = [m for p in term.projections for m in p.maps if not isinstance(m, ann.Place | ann.Gain)]
    if not gains or others or len(shape) < 2:
        return None
    ones = {p.source: np.ones(_shape_before(p, shape)) for p in term.projections}
    values = [np.broadcast_to(v, shape) for v in (term.drive(ones), np.asarray(term.bias))]
    channels = [v.reshape(shape[0], -1) for v in values]
    if any(np.any(v != v[:, :1]) for v in channels):
        return None
    value, bias = (v[:, :1].reshape(-1, *[1] * (len(shape) - 1)) for v in channels)
    return ann.Gain(value, bias)


def _shape_before(p: Projection, shape: Shape) -> Shape:
    """The features of a branch of a concatenation."""
    places = [m for m in p.maps if isinstance(m, ann.Place)]
    return (places[0].channels, *shape[1:]) if places else shape


def _add(*terms: Sum) -> Sum:
    return Sum(sum((t.projections for t in terms), ()), sum(t.bias for t in terms))
