"""The walker: every node once, in topological order, its sources' trains in, its own train out.

A code (one paper's method) says what each of the four kinds of node does. The plain ANN is one of the
codes: it verifies `canonical` and measures the activations from which scales are chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..arrays import Array, WeightCache
from ..network.nodes import Input, MaxPool, Nodes, Population, Readout
from .trains import Analog, Readings, Train

Trains = dict[str, Train]


class Code(Protocol):
    """One half of a method: frozen options, and a train for each kind of node."""

    def encode(self, x: Array) -> Train: ...
    def population(self, node: Population, trains: Mapping[str, Any]) -> Train: ...
    def max_pool(self, node: MaxPool, train: Any) -> Train: ...
    def readout(self, node: Readout, trains: Mapping[str, Any]) -> Train: ...


def walk(nodes: Nodes, code: Code, x: Array) -> Trains:
    """Send an input `(batch, *features)` through the graph under one code.

    A code in which the order of events crosses nodes says itself, as `simulate_all(nodes, x)`, what happens in all of
    them.
    """
    if hasattr(code, "simulate_all"):
        return code.simulate_all(nodes, x)
    trains: Trains = {}
    for name, node in nodes.items():
        incoming = {source: trains[source] for source in node.sources}
        match node:
            case Input():
                trains[name] = code.encode(x)
            case Population():
                trains[name] = code.population(node, incoming)
            case MaxPool():
                trains[name] = code.max_pool(node, incoming[node.source])
            case Readout():
                trains[name] = code.readout(node, incoming)
    return trains


class ANN:
    """The identity code: every train is the activation itself."""

    def encode(self, x: Array) -> Analog:
        return Analog(x)

    def population(self, node: Population, trains: Mapping[str, Analog]) -> Analog:
        return Analog(node.answer(*(self._drive(term, trains) for term in node.inputs)))

    def max_pool(self, node: MaxPool, train: Analog) -> Analog:
        return Analog(node.window(train.values))

    def readout(self, node: Readout, trains: Mapping[str, Analog]) -> Readings:
        value = self._drive(node.input, trains)
        return Readings((node.function(value) if node.function else value)[None])

    def _drive(self, term: Any, trains: Mapping[str, Analog]) -> Array:
        return term.drive({k: train.values for k, train in trains.items()}) + term.bias


def activations(nodes: Nodes, x: Array) -> dict[str, Array]:
    """The ANN's activation of every node, `(batch, *features)`, by name."""
    return {k: train.value() for k, train in walk(WeightCache(nodes).like(x), ANN(), x).items()}
