"""Input, Population, MaxPool, Readout: the four kinds of node that every code converts, and what joins them.

A population is an activation over a bias plus a sum of projections; a projection is a chain of linear maps from one
source. `canonical` makes them from a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from .. import layers as ann
from ..arrays import Array, namespace
from ..layers import Linear, Shape

Scales = Mapping[str, "np.ndarray | float"]  # node -> value of one unit of its train


@dataclass(frozen=True)
class Projection:
    """The synapses from one source: `maps[-1](… maps[0](x))`, without bias."""

    source: str
    maps: tuple[Linear, ...] = ()

    def __call__(self, x: Array) -> Array:
        """`(..., *source features)` -> `(..., *target features)`."""
        return reduce(lambda value, linear: linear(value), self.maps, x)

    def then(self, *maps: Linear) -> Projection:
        """The projection followed by further linear maps."""
        return replace(self, maps=self.maps + maps)

    def fan_out(self, shape: Shape) -> np.ndarray:
        """Count how many target neurons one spike of each source neuron reaches.

        The count is exact at borders, with stride, dilation and groups. What a source neuron reaches is a product of
        one set an axis, so it is counted axis by axis.

        Parameters
        ----------
        shape
            The features of the source.

        Returns
        -------
        array `(*shape)`
            Target neurons of each source neuron.
        """
        maps = [m for m in self.maps if not isinstance(m, ann.Gain)]  # a gain reaches what it stands on
        if maps and isinstance(maps[0], ann.Reshape):  # the same neurons, counted under the new shape
            return Projection(self.source, tuple(maps[1:])).fan_out(maps[0].to).reshape(shape)
        dense = next((i for i, m in enumerate(maps) if isinstance(m, ann.Dense)), 0)
        if maps and isinstance(maps[dense], ann.Dense) and all(isinstance(m, ann.Place) for m in maps[:dense]):
            start, maps = [np.ones((1, 1), bool)], maps[dense:]  # every neuron reaches the same
        else:
            start = [np.eye(n, dtype=bool) for n in shape]
        axes = reduce(lambda reached, linear: linear.reach(reached), maps, start)
        return np.broadcast_to(reduce(np.multiply.outer, [axis.sum(axis=0) for axis in axes]), shape)


@dataclass(frozen=True)
class Sum:
    """bias + Σ projections: any linear expression of nodes. Every code uses its `drive`."""

    projections: tuple[Projection, ...]
    bias: Array | float = 0.0  # broadcasts over the features

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of all sources, each once."""
        return tuple(dict.fromkeys(p.source for p in self.projections))

    def drive(self, values: Mapping[str, Array]) -> Array:
        """Synaptic input, without the bias: `values[source]` is `(..., *features)`."""
        first, *rest = (p(values[p.source]) for p in self.projections)
        return sum(rest, first)

    def then(self, linear: Linear, shape: Shape) -> Sum:
        """Send this expression through a layer.

        The bias is spread over all features first: behind a padded convolution it differs at the borders.

        Parameters
        ----------
        linear
            The layer.
        shape
            The features of this expression.

        Returns
        -------
        Sum
            The expression behind the layer.
        """
        bias = linear(np.broadcast_to(self.bias, shape)) if np.any(self.bias) else 0.0
        stripped = replace(linear, bias=None) if hasattr(linear, "bias") else linear  # type: ignore[type-var]
        return Sum(tuple(p.then(stripped) for p in self.projections), bias + linear.offset)


RELU = ann.ReLU()


@dataclass(frozen=True)
class Input:
    """The pixels."""

    name: str
    shape: Shape
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Population:
    """Spiking neurons, one for each unit: a = f(bias + Σ projections), with f = ReLU unless another is named
    (Eq. 1, Rueckauer 2017).

    Without f it is a gate, the product of two such sums, or the larger of them.
    """

    name: str
    shape: Shape
    input: Sum
    activation: ann.Activation | None = RELU
    factor: Sum | None = None  # of a gate: the other sum
    gate: str = "product"  # or "maximum"

    def answer(self, *drives: Array) -> Array:
        """Compute what the ANN's units answer.

        Parameters
        ----------
        *drives : arrays `(..., *features)`
            The value of each of the node's sums, bias included.

        Returns
        -------
        array `(..., *features)`
            Activations.
        """
        if self.activation:
            return self.activation(*drives)
        first, second = drives
        return namespace(first).maximum(first, second) if self.gate == "maximum" else first * second

    @property
    def inputs(self) -> tuple[Sum, ...]:
        """The sums that the units read: one, or two for a gate."""
        return (self.input,) if self.factor is None else (self.input, self.factor)

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of all sources, each once."""
        return tuple(dict.fromkeys(source for sum_ in self.inputs for source in sum_.sources))


@dataclass(frozen=True)
class MaxPool:
    """The maximum over windows of one source."""

    name: str
    shape: Shape
    window: ann.MaxPool
    source: str

    @property
    def sources(self) -> tuple[str, ...]:
        """The name of the source."""
        return (self.source,)


@dataclass(frozen=True)
class Readout:
    """The outputs whose largest names the class; linear, since a network may end without a ReLU.

    A softmax behind them changes no prediction; it is named for those who want probabilities.
    """

    name: str
    shape: Shape
    input: Sum
    softmax: ann.Softmax | None = None

    @property
    def inputs(self) -> tuple[Sum, ...]:
        """The one sum that the outputs read."""
        return (self.input,)

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of all sources, each once."""
        return self.input.sources


Node = Input | Population | MaxPool | Readout
Nodes = dict[str, Node]  # in topological order


def weighted_nodes(nodes: Nodes) -> dict[str, Population | Readout]:
    """Those with a sum of projections: the populations and the readout."""
    return {name: node for name, node in nodes.items() if isinstance(node, Population | Readout)}


def depths(nodes: Nodes) -> dict[str, int]:
    """Count the populations (the readout among them) on the longest way from the input to each node, itself included.

    Parameters
    ----------
    nodes
        The canonical graph.

    Returns
    -------
    dict of int
        Number of populations by node; 0 for the input.
    """
    depth: dict[str, int] = {}
    for name, node in nodes.items():
        before = max((depth[source] for source in node.sources), default=0)
        depth[name] = before + isinstance(node, Population | Readout)
    return depth
