"""From a trained network to reverse coding: what the bias neuron has to make up for; how long a layer takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np

from ..arrays import Array, WeightCache, check_calibration, number
from ..network.canonical import canonical, require_kinds
from ..network.graph import INPUT, READOUT, Graph
from ..network.nodes import Input, MaxPool, Nodes, Population, weighted_nodes
from ..network.normalisation import normalise
from ..network.relus import in_relus
from ..spiking.snn import SNN, with_settings
from .adjust import adjustment, ones, plain
from .closed import Closed
from .options import EXPRESSES, TDSNN
from .stepwise import Stepwise

BATCH = 256  # calibration samples that are run together

Unit = float | Mapping[str, float]


def convert(
    net: Graph,
    calibration: Array,
    *,
    leak: float | None = None,
    offset: str | None = None,
    unit: Unit | None = None,
    **options: Any,
) -> SNN:
    """Convert a network to neurons that fire once, the later the larger their value (Zhang et al. 2019).

    Parameters
    ----------
    net
        A trained network with ReLUs, or one that `snnref.tdsnn.retrain` returned.
    calibration : array `(batch, *input_shape)`
        Samples like those the network was trained on, none below 0. Only a "fixed" inhibition depends on them: it is as
        long as they need, for this leak and threshold.
    leak
        L, in time steps; 5 unless given. Times and resolution grow with it: values are told apart by factors of
        exp(1/L) of x + unit.
    offset
        What becomes of the 1 in G(x) ≈ x + 1, which a spike contributes. "fold" subtracts it from the biases (b − Σ W):
        this converts any network with ReLUs, approximately. "retrained" takes a network from `snnref.tdsnn.retrain`,
        which has its own leak, and gives the same outputs as its conversion. By default whichever the network is made
        for.
    unit
        The value that is encoded as 1 (at T(1)): one for all, or a mapping from nodes ("input", populations) to theirs,
        1 where none is given. The smaller, the finer and the slower. A retrained network has its own.
    **options
        Options of `TDSNN`, by name: `inhibition`, `threshold`; `run` and `simulate` can replace them for one call, and
        the leak where the offset is folded.

    Returns
    -------
    SNN
        The converted network. Its scales are the units of every node.

    Raises
    ------
    TypeError
        If `net` is no network, or an option is unknown.
    ValueError
        If the data, the network or an option does not fit.
    """
    if not isinstance(net, Graph):
        raise TypeError(f"net: got {type(net).__name__}, expected a Network; import a torch module with from_torch")
    check_calibration(calibration, net.input_shape)
    trained = adjustment(net)
    if trained is None:
        nodes = in_relus(canonical(net), EXPRESSES)
        require_kinds(nodes, "TDSNN", EXPRESSES)
        scales = _scales(nodes, unit)
        nodes = normalise(nodes, scales)
        bias = {name: node.input.bias - ones(node, nodes) for name, node in weighted_nodes(nodes).items()}
    else:
        nodes = canonical(plain(net))
        if unit not in (None, trained[1]):
            raise ValueError(f"unit: got {unit!r} for a network retrained with {trained[1]:g}; leave it out")
        scales = dict.fromkeys(nodes, 1.0) | {INPUT: trained[1]}
        bias = {name: node.input.bias for name, node in weighted_nodes(nodes).items()}
        nodes = {name: _unfolded(node, nodes) for name, node in nodes.items()}
    known: dict[str, Any] = {
        "leak": number(leak) if leak is not None else trained[0] if trained else TDSNN.leak,
        "offset": offset if offset is not None else "retrained" if trained else "fold",
        "_bias": WeightCache({name: np.asarray(value) for name, value in bias.items()}),
        "_trained": trained and trained[0],
    }
    stepwise, closed = (with_settings(code(**known), options, besides=("unit",)) for code in (Stepwise, Closed))
    stepwise.check(calibration, "calibration")
    if stepwise.inhibition == "fixed":
        largest = _largest(SNN(nodes, scales, stepwise, closed), calibration)
        measured = {"_largest": largest, "_measured": (stepwise.leak, stepwise.h)}
        stepwise, closed = replace(stepwise, **measured), replace(closed, **measured)
    return SNN(nodes, scales, stepwise, closed)


def _unfolded(node: Any, nodes: Nodes) -> Any:
    """The node with the bias of an ordinary network: that which G − 1 instead of G leaves."""
    if not hasattr(node, "input"):
        return node
    return replace(node, input=replace(node.input, bias=node.input.bias + ones(node, nodes)))


def _largest(snn: SNN, calibration: Array) -> dict[str, float]:
    """The largest A of every node on calibration data."""
    found: dict[str, float] = {}
    for start in range(0, len(calibration), BATCH):
        trains = snn.run(calibration[start : start + BATCH], inhibition="last").trains
        for name in trains.keys() - {READOUT}:
            found[name] = max(float(trains[name].drive.max()), found.get(name, 0.0))
    return found


def _scales(nodes: Nodes, unit: Unit | None) -> dict[str, float]:
    given: dict[str, Any] = dict(unit) if isinstance(unit, Mapping) else {}
    coded = [name for name, node in nodes.items() if isinstance(node, Input | Population)]
    if unknown := set(given) - set(coded):
        raise ValueError(f"unit: got one for {', '.join(unknown)}, expected names of {', '.join(coded)}")
    one: Any = 1.0 if unit is None or isinstance(unit, Mapping) else unit
    values = {name: given.get(name, one) for name in coded}
    for value in values.values():
        if not isinstance(value, Real) or isinstance(value, bool) or not 0 < float(value) < float("inf"):
            raise ValueError(f"unit: got {value!r}, expected a number > 0, or a mapping from nodes to such")
    scales: dict[str, float] = {}
    for name, node in nodes.items():
        scales[name] = scales[node.source] if isinstance(node, MaxPool) else float(values.get(name, 1.0))
    return scales
