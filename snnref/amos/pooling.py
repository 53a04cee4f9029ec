"""Max-pooling by units of two inputs: a maximum of many is one of pairs, first along one axis, then along the other.

The paper's networks have average pooling instead, which belongs to the synapses.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..layers.rearranging import Entry
from ..network.canonical import Inexpressible
from ..network.nodes import MaxPool, Nodes, Population, Projection, Sum


def in_pairs(nodes: Nodes, negative: Collection[str] = ()) -> Nodes:
    """The nodes with every max-pool taken apart into maxima of two.

    negative : sources that may say values below 0

    Raises Inexpressible for a padded pool over one of those: what lies outside counts as 0.
    """
    apart: Nodes = {}
    for node in nodes.values():
        parts = _pairs(node, nodes, negative) if isinstance(node, MaxPool) else [node]
        apart |= {part.name: part for part in parts}
    return apart


def may_be_negative(nodes: Nodes, below: Collection[str] = ()) -> set[str]:
    """The nodes that may say values below 0; `below`: the input, if it does."""
    found = set(below)
    for name, node in nodes.items():
        if isinstance(node, MaxPool) and node.source in found:
            found.add(name)
        elif isinstance(node, Population):
            known = node.activation is not None and node.activation.non_negative
            larger = node.gate == "maximum" and not found & set(node.sources)
            found |= set() if known or larger else {name}
    return found


def of_negatives(nodes: Nodes, below: Collection[str] = ()) -> frozenset[str]:
    """The nodes that receive from such."""
    negative = may_be_negative(nodes, below)
    return frozenset(name for name, node in nodes.items() if negative & set(node.sources))


def _pairs(pool: MaxPool, nodes: Nodes, negative: Collection[str]) -> list[Population]:
    """Its populations; the last bears the name of the pool."""
    axes, shape, chosen = pool.window.axes, nodes[pool.source].shape, Projection(pool.source)
    if pool.source in negative and any(axis.before or axis.after for axis in axes):
        raise Inexpressible(
            f"max-pool {pool.name!r}: got padding around {pool.source!r}, which may be negative; expected none: what "
            "lies outside would count as 0"
        )
    found: list[Population] = []

    def larger(first: Projection, second: Projection) -> Projection:
        name = f"{pool.name}.{len(found) + 1}"
        while name in nodes:
            name += "'"  # a layer bears that name
        found.append(Population(name, shape, Sum((first,)), None, Sum((second,)), "maximum"))
        return Projection(name)

    for i in reversed(range(len(axes))):
        entries = [chosen.then(Entry(i - len(axes), axes[i], place)) for place in range(axes[i].size)]
        shape = Entry(i - len(axes), axes[i], 0).shape(shape)
        while len(entries) > 1:
            odd = entries[-1:] if len(entries) % 2 else []
            entries = [larger(*pair) for pair in zip(entries[::2], entries[1::2], strict=False)] + odd
        (chosen,) = entries
    if not found or chosen.maps:  # it is no node yet, but an entry of one
        larger(chosen, chosen)
    return [*found[:-1], replace(found[-1], name=pool.name)]
