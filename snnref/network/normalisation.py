"""Weights rescaled so that every threshold, range and spike is 1 (section 2.2.2, Rueckauer 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .. import layers as ann
from ..layers.rearranging import Entry
from .nodes import Node, Nodes, Population, Projection, Readout, Scales, Sum


def normalise(nodes: Nodes, scales: Scales, thresholds: Mapping[str, Any] | None = None) -> Nodes:
    """W -> W·s_source/s_target and b -> b/s_target (section 2.2.2, Rueckauer 2017).

    scales : the value of one unit of each node's train; broadcasts over the node's features
    thresholds : instead of s_target, for nodes whose spikes stand for something else than what makes them fire; for a
        gate, one for each of its sums

    Afterwards every threshold, range and spike is 1, whatever the code.
    """
    return {name: _normalised(node, scales, (thresholds or {}).get(name)) for name, node in nodes.items()}


def _normalised(node: Node, scales: Scales, threshold: Any) -> Node:
    if not isinstance(node, Population | Readout):
        return node
    target = scales[node.name] if threshold is None else threshold
    if not isinstance(node, Population) or node.factor is None:
        return replace(node, input=_in_units(node.input, scales, np.asarray(target)))
    first, second = (target, 1.0) if threshold is None else threshold  # a product is divided once
    return replace(
        node,
        input=_in_units(node.input, scales, np.asarray(first)),
        factor=_in_units(node.factor, scales, np.asarray(second)),
    )


def _in_units(term: Sum, scales: Scales, target: np.ndarray) -> Sum:
    projections = tuple(_rescaled(p, np.asarray(scales[p.source]), target) for p in term.projections)
    return Sum(projections, np.asarray(term.bias / target))


def _rescaled(p: Projection, source: np.ndarray, target: np.ndarray) -> Projection:
    """Scalar scales go into the first weight of the chain; others become gains around it."""
    if np.array_equal(source, target) and all(isinstance(m, Entry) for m in p.maps):
        return p  # the same values: not even rounding changes them
    if source.ndim or target.ndim:
        return Projection(p.source, (ann.Gain(source), *p.maps, ann.Gain(np.asarray(1 / target))))
    return p.scaled(float(source / target))
