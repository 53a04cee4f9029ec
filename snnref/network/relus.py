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


class Part(NamedTuple):
    """One of the nodes that stand for a node."""

    name: str
    term: Term


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
    parts: dict[str, list[Part]] = {}  # the nodes that stand for a node
    for name, node in nodes.items():
        node = _reading(node, parts)
        of = terms(node.activation) if isinstance(node, Population) and node.activation else None
        if isinstance(node, Population) and of and node.activation and node.activation.kind not in kinds:
            parts[name] = []
            for term in of:
                part = Part(_free(name, term.slope > 0, {**nodes, **found}) if parts[name] else name, term)
                whole = name if parts[name] else None
                found[part.name] = Population(part.name, node.shape, _affine(node.input, term), part_of=whole)
                parts[name].append(part)
        elif isinstance(node, MaxPool) and node.source in parts:
            parts[name] = _pooled(node, nodes, parts[node.source], found)
        else:
            found[name] = node
    return found


def _free(name: str, rises: bool, taken: Mapping[str, object]) -> str:
    """A name for the second part."""
    name += ".above" if rises else ".below"
    while name in taken:
        name += "'"
    return name


def _affine(term: Sum, relu: Term) -> Sum:
    """slope · x + shift"""
    projections = tuple(p.scaled(relu.slope) for p in term.projections)
    return Sum(projections, np.asarray(relu.slope * term.bias + relu.shift))


def _pooled(pool: MaxPool, nodes: Nodes, parts: list[Part], found: Nodes) -> list[Part]:
    """The maximum commutes with every ReLU that rises."""
    if any(part.term.slope < 0 for part in parts):
        raise Inexpressible(
            f"max-pool {pool.name!r}: of {pool.source!r}, whose units fall on one side; put the pooling before the "
            "activation, or use ReLU there"
        )
    pooled: list[Part] = []
    for part in parts:
        name = _free(pool.name, True, {**nodes, **found}) if pooled else pool.name
        found[name] = replace(pool, name=name, source=part.name)
        pooled.append(Part(name, part.term))
    return pooled


def _reading(node: Node, parts: Mapping[str, list[Part]]) -> Node:
    """The node with parts in the place of its sources."""
    if isinstance(node, Population):
        factor = None if node.factor is None else _over(node.factor, parts)
        return replace(node, input=_over(node.input, parts), factor=factor)
    return replace(node, input=_over(node.input, parts)) if isinstance(node, Readout) else node


def _over(term: Sum, parts: Mapping[str, list[Part]]) -> Sum:
    projections: list[Projection] = []
    for p in term.projections:
        for part in parts.get(p.source, (Part(p.source, Term(1.0)),)):
            projections.append(replace(p, source=part.name).scaled(part.term.weight))
    return replace(term, projections=tuple(projections))
