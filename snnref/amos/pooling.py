"""Max-pooling by units of two inputs: a maximum of many is one of pairs, first along one axis, then along the other.

The paper's networks have average pooling instead, which belongs to the synapses.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..linear import Entry
from ..nodes import MaxPool, Nodes, Population, Projection, Sum


def in_pairs(nodes: Nodes, negative: Collection[str] = ()) -> Nodes:
    """The nodes with every max-pool taken apart into maxima of two.

    negative : sources that may say values below 0

    Raises ValueError for a padded pool over one of those: what lies outside counts as 0.
    """
    apart: Nodes = {}
    for name, node in nodes.items():
        parts = _pairs(node, nodes, negative) if isinstance(node, MaxPool) else [node]
        apart |= {part.name: part for part in parts}
        assert name in apart
    return apart


def _pairs(pool: MaxPool, nodes: Nodes, negative: Collection[str]) -> list[Population]:
    """Its populations; the last bears the name of the pool."""
    axes, shape, chosen = pool.window.axes, nodes[pool.source].shape, Projection(pool.source)
    if pool.source in negative and any(axis.before or axis.after for axis in axes):
        raise ValueError(
            f"max-pool {pool.name!r}: got padding around {pool.source!r}, which may be negative; expected none: what "
            "lies outside would count as 0"
        )
    found: list[Population] = []

    def larger(first: Projection, second: Projection) -> Projection:
        name = f"{pool.name}.{len(found) + 1}"
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
