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
from .fan_out import fan_out

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

    def scaled(self, ratio: float) -> Projection:
        """The projection times a number, which goes into the first weights of the chain."""
        if ratio == 1:
            return self
        for i, m in enumerate(self.maps):
            if isinstance(m, ann.Dense | ann.Conv):
                return replace(self, maps=(*self.maps[:i], replace(m, weight=m.weight * ratio), *self.maps[i + 1 :]))
        return self.then(ann.Gain(ratio))

    def fan_out(self, shape: Shape) -> np.ndarray:
        """Count how many target neurons one spike of each source neuron reaches.

        The count is exact at borders, with stride, dilation and groups, and a moved entry is no synapse more.

        Parameters
        ----------
        shape
            The features of the source.

        Returns
        -------
        array `(*shape)`
            Target neurons of each source neuron.
        """
        return fan_out(self.maps, shape)


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
        return Sum(tuple(_behind(p, stripped) for p in self.projections), bias + linear.offset)


def _behind(p: Projection, linear: Linear) -> Projection:
    """The projection through one more layer; of a branch of a concatenation, only by the weights that read it."""
    place = p.maps[-1] if p.maps else None
    if not isinstance(place, ann.Place):
        return p.then(linear)
    own, before = slice(place.start, place.start + place.channels), replace(p, maps=p.maps[:-1])
    if isinstance(linear, ann.Dense) or (isinstance(linear, ann.Conv) and linear.groups == 1):
        return before.then(replace(linear, weight=linear.weight[:, own]))
    if isinstance(linear, ann.Gain):
        value = np.asarray(linear.value)
        by_channel = value.ndim == place.axes and len(value) == place.total
        return before.then(ann.Gain(value[own] if by_channel else linear.value), place)
    return p.then(linear)


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
    part_of: str | None = None  # the population that it makes up with others, where ReLUs say what one unit did

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

    A softmax behind them, or another function that never falls, changes no prediction; it belongs to the readout,
    which applies it to what was read.
    """

    name: str
    shape: Shape
    input: Sum
    function: ann.Softmax | ann.Activation | None = None

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
