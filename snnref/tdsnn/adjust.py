"""The adjusted network: G(x) before every layer with synapses (Fig. 2, Zhang et al. 2019), put in and taken out."""

from __future__ import annotations

from dataclasses import replace
from math import inf, log2
from numbers import Real
from typing import Any

import numpy as np

from ..layers import Activation, Add, AvgPool, Concat, Conv, Dense, Flatten, Gain, MaxPool, Softmax
from ..network.canonical import canonical, require_kinds, without_unused_layers
from ..network.graph import INPUT, READOUT, Graph, Layers
from ..network.nodes import Nodes, Population, Readout, weighted_nodes
from .options import EXPRESSES, check_leak

KIND = "reverse"  # of the layer that is G
UNIT = f"{INPUT}.unit"  # the layer that divides the input by its unit
CODED = ".G"  # how the names of those layers end
PASSING = (MaxPool, AvgPool, Softmax)  # a constant behind them is one before them


def adjust(net: Graph, *, leak: float, unit: float = 1.0) -> Any:
    """Put G behind the input and every ReLU (or its max-pool) that synapses read (Fig. 2, Zhang et al. 2019).

    G(x) ≈ x + 1 adds Σ W to a unit's sum: this is subtracted from the bias before the ReLU. Where a convolution meets
    padding, that is too much; where no bias is found before the ReLU, it stays. Training then continues from there.

    Parameters
    ----------
    net
        A trained network with ReLUs.
    leak
        L, in time steps.
    unit
        The pixel value that is encoded as 1: a power of two, so that dividing by it is exact.

    Returns
    -------
    Graph
        The adjusted network, of the same class as `net`.

    Raises
    ------
    ValueError
        For units that reverse coding cannot express, a sum that is max-pooled without a ReLU, layer names that G would
        take, a leak or unit that is not allowed, or a network that is adjusted already.
    """
    check_leak(leak)
    if not isinstance(unit, Real) or not 0 < unit < inf or not log2(unit).is_integer():
        raise ValueError(f"unit: got {unit!r}, expected a power of two, such as 1 or 0.125, for the pixels")
    nodes = canonical(net)
    require_kinds(nodes, "TDSNN", EXPRESSES)
    layers = without_unused_layers(net).layers
    for name, node in nodes.items():
        if isinstance(node, Population) and not isinstance(layers[name][0], Activation):
            raise ValueError(f"layer {name!r}: max-pooled without a ReLU; put one behind it")
    for name in layers:
        if name == UNIT or name.endswith(CODED):
            raise ValueError(f"layer {name!r}: the adjusted network needs names that end so; choose another")
    for name, node in weighted_nodes(nodes).items():
        now = weighted_nodes(canonical(replace(net, layers=layers)))[
            name
        ].input.bias  # layers that are shared have changed
        over = ones(node, nodes) + now - node.input.bias
        start = net.output if name == READOUT else layers[name][1][0]
        layers = _absorb(layers, start, inner(np.broadcast_to(over, node.shape)), net)
    return replace(net, layers=_with_codes(layers, nodes, leak, unit))


def adjustment(net: Graph) -> tuple[float, float] | None:
    """Find the leak and the unit with which a network was adjusted.

    Parameters
    ----------
    net
        Any network.

    Returns
    -------
    tuple of float or None
        The leak, in time steps, and the unit, in pixel values; None for an ordinary network.

    Raises
    ------
    ValueError
        If G is not where `adjust` puts it.
    """
    codes = [layer for layer, _ in net.layers.values() if isinstance(layer, Activation) and layer.kind == KIND]
    leaks = {layer.parameter for layer in codes if layer.parameter}
    if not leaks:
        return None
    match net.layers.get(UNIT):
        case (Gain(value=value), _):
            unit = float(1 / value)
        case _:
            unit = 1.0
    ordinary, leak = plain(net), max(leaks)
    expected = _with_codes(ordinary.layers, canonical(ordinary), leak, unit)
    if len(leaks) > 1 or _wiring(expected) != _wiring(net.layers):
        raise ValueError("net: G does not stand where it should; expected what snnref.tdsnn.retrain returns")
    return leak, unit


def _wiring(layers: Layers) -> dict[str, tuple[str, ...]]:
    return {name: sources for name, (_, sources) in layers.items()}


def plain(net: Graph) -> Any:
    """The same layers and weights without G. What its biases mean is another thing."""
    out = {name for name, (layer, _) in net.layers.items() if name == UNIT or getattr(layer, "kind", "") == KIND}
    layers: Layers = {}
    behind = {INPUT: INPUT}
    for name, (layer, sources) in net.layers.items():
        read = tuple(behind[source] for source in sources)
        behind[name] = read[0] if name in out else name
        if name not in out:
            layers[name] = (layer, read)
    return replace(net, layers=layers)


def ones(node: Population | Readout, nodes: Nodes) -> np.ndarray:
    """Σ W of every neuron, `(*features)`: what a value of 1 in all sources brings, which padding does not have."""
    return node.input.drive({source: np.ones((1, *nodes[source].shape)) for source in node.sources})[0]


def inner(constant: np.ndarray) -> np.ndarray:
    """Of each channel the value at most positions, `(channels,)`."""
    return np.median(constant.reshape(len(constant), -1), axis=1)


def _with_codes(layers: Layers, nodes: Nodes, leak: float, unit: float) -> Layers:
    """G where a value is read by anything that is not a max-pool or a ReLU."""
    found: Layers = {}
    if unit != 1:
        found[UNIT] = (Gain(1 / unit), (INPUT,))
    state = {INPUT: "value"}  # what a layer gives: a "value", "coded" values, or a "sum" of such
    where = {INPUT: UNIT if unit != 1 else INPUT}

    def read(source: str, coded: bool) -> str:
        if not coded or state[source] != "value":
            return where[source]
        name = f"{source}{CODED}"
        found.setdefault(name, (Activation(KIND, leak), (where[source],)))
        return name

    for name, (layer, sources) in layers.items():
        before = {state[source] for source in sources}
        own = isinstance(layer, Activation) and name in nodes  # a population, with synapses even if it reads a value
        alone = isinstance(layer, MaxPool) or (isinstance(layer, Activation) and not (own and before == {"value"}))
        found[name] = (layer, tuple(read(source, not alone) for source in sources))
        where[name] = name
        match layer:
            case Activation():
                state[name] = "coded" if before == {"coded"} and not own else "value"
            case MaxPool():
                (state[name],) = before
            case Concat() | Flatten() if before <= {"coded", "value"}:
                state[name] = "coded"
            case _:
                state[name] = "sum"
    read(name, coded=True)  # the answer is read as its spikes say it
    return found


def _absorb(layers: Layers, name: str, constant: np.ndarray, net: Graph) -> Layers:
    """Take a constant for each channel off a bias in front of `name`, if one is found."""
    if name == INPUT:
        return layers
    layer, sources = layers[name]
    changed: Any
    match layer:
        case Dense() | Conv():
            bias = 0 if layer.bias is None else layer.bias
            changed = replace(layer, bias=(bias - constant).astype(layer.weight.dtype))
        case Gain():
            shape = (-1, *[1] * (len(net.shapes[name]) - 1))
            changed = replace(layer, bias=(layer.offset - constant.reshape(shape)).astype(dtype(net)))
        case Flatten():
            return _absorb(layers, sources[0], inner(constant.reshape(layer.features)), net)
        case Add():
            for source in sources:
                if (tried := _absorb(layers, source, constant, net)) is not layers:
                    return tried
            return layers
        case _ if isinstance(layer, PASSING):
            return _absorb(layers, sources[0], constant, net)
        case _:
            return layers
    return {**layers, name: (changed, sources)}


def dtype(net: Graph) -> np.dtype:
    """The type of its weights."""
    return np.result_type(*(layer.weight for layer, _ in net.layers.values() if isinstance(layer, Dense | Conv)))
