"""What sums of ReLUs can say: bounded and two-sided units, for codes whose neurons are ReLUs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .. import layers as ann
from .canonical import Inexpressible
from .nodes import MaxPool, Node, Nodes, Population, Projection, Readout, Sum


class Term(NamedTuple):
    """weight · relu(slope · x + shift)"""

    weight: float
    slope: float = 1.0
    shift: float = 0.0


def terms(activation: ann.Activation) -> tuple[Term, ...] | None:
    """The sum of ReLUs that equals an activation everywhere; None if there is none."""
    match activation.kind:
        case "relu6":
            return Term(1.0), Term(-1.0, shift=-6.0)
        case "hard_sigmoid":
            return Term(1 / 6, shift=3.0), Term(-1 / 6, shift=-3.0)
        case "leaky_relu":
            below = -(0.01 if activation.parameter is None else activation.parameter)
            return (Term(1.0), Term(below, slope=-1.0)) if below else (Term(1.0),)
    return None


def in_relus(nodes: Nodes, kinds: tuple[str, ...]) -> Nodes:
    """Write populations that are none of these kinds as ReLUs and a sum, where that is the same function.

    The first ReLU keeps the population's name, the second is called NAME.above or NAME.below: neurons of their own,
    with synapses of their own.

    Parameters
    ----------
    nodes
        A canonical graph.
    kinds
        The kinds of population that a code expresses.

    Returns
    -------
    dict
        The nodes by name; populations that ReLUs cannot say are left as they are.

    Raises
    ------
    Inexpressible
        For a max-pool of a unit that is the difference of a rising and a falling ReLU.
    """
    found: Nodes = {}
    parts: dict[str, tuple[tuple[float, str], ...]] = {}  # node -> weight and name of each node that stands for it
    for name, node in nodes.items():
        node = _reading(node, parts)
        of = terms(node.activation) if isinstance(node, Population) and node.activation else None
        if isinstance(node, Population) and of and node.activation and node.activation.kind not in kinds:
            parts[name] = tuple((term.weight, _free(name, term, {**nodes, **found}, i)) for i, term in enumerate(of))
            for term, (_, own) in zip(of, parts[name], strict=True):
                whole = None if own == name else name
                found[own] = Population(own, node.shape, _affine(node.input, term), part_of=whole)
        elif isinstance(node, MaxPool) and node.source in parts:
            parts[name] = _pooled(node, nodes, parts[node.source], found)
        else:
            found[name] = node
    return found


def _free(name: str, term: Term, taken: Mapping[str, object], i: int) -> str:
    """A name for the i-th part."""
    if i == 0:
        return name
    name += ".below" if term.slope < 0 else ".above"
    while name in taken:
        name += "'"
    return name


def _affine(term: Sum, relu: Term) -> Sum:
    """slope · x + shift"""
    projections = tuple(p.scaled(relu.slope) for p in term.projections)
    return Sum(projections, np.asarray(relu.slope * term.bias + relu.shift))


def _pooled(
    pool: MaxPool, nodes: Nodes, parts: tuple[tuple[float, str], ...], found: Nodes
) -> tuple[tuple[float, str], ...]:
    """The maximum commutes with every ReLU that rises."""
    if any(".below" in name for _, name in parts[1:]):
        raise Inexpressible(
            f"max-pool {pool.name!r}: of {pool.source!r}, whose units fall on one side; put the pooling before the "
            "activation, or use ReLU there"
        )
    result = []
    for i, (weight, source) in enumerate(parts):
        name = _free(pool.name, Term(weight), {**nodes, **found}, i)
        found[name] = replace(pool, name=name, source=source)
        result.append((weight, name))
    return tuple(result)


def _reading(node: Node, parts: Mapping[str, tuple[tuple[float, str], ...]]) -> Node:
    """The node with parts in the place of its sources."""
    if isinstance(node, Population):
        factor = None if node.factor is None else _over(node.factor, parts)
        return replace(node, input=_over(node.input, parts), factor=factor)
    return replace(node, input=_over(node.input, parts)) if isinstance(node, Readout) else node


def _over(term: Sum, parts: Mapping[str, tuple[tuple[float, str], ...]]) -> Sum:
    projections: list[Projection] = []
    for p in term.projections:
        for weight, name in parts.get(p.source, ((1.0, p.source),)):
            projections.append(replace(p, source=name).scaled(weight))
    return replace(term, projections=tuple(projections))
