"""From a trained network to AMOS units: which unit stands for what, and its range."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..arrays import Array, WeightCache, check_calibration, to_numpy
from ..layers.activations import FUNCTIONS
from ..network.canonical import Inexpressible, canonical
from ..network.graph import INPUT, Graph
from ..network.nodes import Nodes, Population
from ..network.normalisation import normalise
from ..network.relus import in_relus
from ..spiking.calibration import subsample, subsample_values
from ..spiking.snn import SNN, with_settings
from ..spiking.walk import activations
from .closed import Closed
from .fit import error
from .pooling import in_pairs, may_be_negative, of_negatives
from .scales import Alpha, Chooser
from .stepwise import Stepwise
from .trained import RECIPES, unit
from .unit import Unit

ALIKE = {"gelu_tanh": "gelu"}  # they differ by less than the unit's error
OFTEN = 0.01  # share of inputs beyond a unit's range that is worth a warning
FREE = ("relu", "relu6", "hard_sigmoid", "maximum")  # whose units need no training
EXPRESSES = (*FREE, *RECIPES, *ALIKE)  # kinds of population; others with units of one's own


def convert(
    net: Graph,
    calibration: Array,
    *,
    K: int = 10,
    alpha: Alpha = "search",
    per: str = "population",
    units: Mapping[str, Unit] | None = None,
    **options: Any,
) -> SNN:
    """Convert a network to units of gates with at most one spike (Stöckl & Maass 2019).

    Parameters
    ----------
    net
        A trained network.
    calibration : array `(batch, *input_shape)`
        Samples like those the network was trained on.
    K
        Number of bits of the ReLU units. α is chosen for them, though `run` and `simulate` can replace K for one call.
    alpha
        The end of a ReLU unit's range, in units of the activation: "search" for the one in which K bits represent the
        activations best, by the mean square; "maximum" for the largest activation; a number; or a mapping from
        populations to any of these. The factors of products are scaled in the same way, to the largest, or to where
        their unit represents the products best.
    per
        One α for the whole "network" (the paper's), for each "population", or for each "channel".
    units
        Trained units by activation, by "product", or by population, which replace those that ship with the package. For
        other activations, such as elu, `snnref.amos.fit` makes one.
    **options
        Options of `AMOS`, by name: `steps`, `half_step`, `encoding`; `run` and `simulate` can replace them for one
        call.

    Returns
    -------
    SNN
        The converted network. Its scales are α of every node, in units of the activation.

    Raises
    ------
    TypeError
        If `net` is no network, a unit is none, or an option is unknown.
    ValueError
        If the data, the network, a unit or an option does not fit.

    Warns
    -----
    UserWarning
        Where a population often receives inputs beyond the range of its trained unit.
    """
    if not isinstance(net, Graph):
        raise TypeError(f"net: got {type(net).__name__}, expected a Network; import a torch module with from_torch")
    check_calibration(calibration, net.input_shape)
    settings, besides = {"K": K, **options}, ("alpha", "per", "units")
    codes = [with_settings(code(), settings, besides=besides) for code in (Stepwise, Closed)]
    codes[0].check(calibration, "calibration")
    plain = expressible(net, units)
    ann = activations(plain, subsample(plain, calibration))
    below = [INPUT] if float(calibration.min()) < 0 else []
    nodes = in_pairs(plain, may_be_negative(plain, below))
    if len(nodes) > len(plain):
        ann = activations(nodes, ann[INPUT])
    trained = trained_units(nodes, units or {})
    _warn(nodes, ann, trained)
    top = max(float(calibration.max()), -float(calibration.min()))
    scales, thresholds = Chooser(alpha, per, K, codes[0].half_step, trained)(nodes, ann, top)
    signed = of_negatives(nodes, below)
    nodes = normalise(nodes, scales, thresholds)
    stepwise, closed = (replace(code, _trained=trained, _nodes=nodes, _signed=signed) for code in codes)
    return SNN(nodes, scales, stepwise, closed)


def expressible(net: Graph, units: Mapping[str, Unit] | None) -> Nodes:
    """The canonical graph; what has no units here, nor is given any, as ReLUs, if they can say it."""
    nodes = canonical(net)
    given = [nodes[name] for name in (units if isinstance(units, Mapping) else {}) if name in nodes]
    kinds = [node.activation.kind for node in given if isinstance(node, Population) and node.activation]
    return in_relus(nodes, (*EXPRESSES, *kinds))


def trained_units(nodes: Nodes, given: Mapping[str, Unit]) -> dict[str, Unit]:
    """By population, the units of those whose function no formula makes."""
    if not isinstance(given, Mapping):
        raise TypeError(f"units: got {type(given).__name__}, expected a mapping such as {{'elu': unit}}")
    kinds = {name: said_by(node) for name, node in nodes.items() if isinstance(node, Population)}
    for key, value in given.items():
        if not isinstance(value, Unit):
            raise TypeError(f"units: got {type(value).__name__} for {key!r}, expected a Unit, as `fit` makes them")
        if key not in {*kinds, *kinds.values(), *(ALIKE.get(kind) for kind in kinds.values())}:
            known = ", ".join(dict.fromkeys(kinds.values()))
            raise ValueError(f"units: got one for {key!r}, expected {known}, or a population: {', '.join(kinds)}")
        wanted = kinds.get(key, key)
        if key in kinds.values() and wanted != key:
            raise ValueError(f"units: {key!r} is a population ({wanted}) and what others say; rename that layer")
        if value.name in {*FUNCTIONS, *FREE, *RECIPES} - {wanted, ALIKE.get(wanted)}:
            raise ValueError(f"units: got one that says {value.name} for {key!r}, which is {wanted}")
    found = {}
    for name, kind in kinds.items():
        chosen = given.get(name, given.get(kind, given.get(ALIKE.get(kind, kind))))
        if chosen is None and kind not in FREE:
            chosen = _shipped(name, kind, nodes[name])
        if chosen is not None:
            inputs = 1 if nodes[name].factor is None else 2  # type: ignore[union-attr]
            if chosen.inputs != inputs:
                raise ValueError(f"units: got one with {chosen.inputs} inputs for {name!r}, expected {inputs}")
            found[name] = chosen
    return found


def said_by(node: Population) -> str:
    """Its function by name."""
    return node.activation.kind if node.activation else node.gate


def _shipped(name: str, kind: str, node: Any) -> Unit:
    near = ALIKE.get(kind, kind)
    if near not in RECIPES or (node.activation and node.activation.parameter is not None):
        raise Inexpressible(
            f"population {name!r} is {kind}, for which no unit ships (those: {', '.join([*FREE, *RECIPES])}); make one "
            f"with snnref.amos.fit and pass it as units={{{kind!r}: unit}}"
        )
    return unit(near)


def _warn(nodes: Nodes, ann: Mapping[str, Array], trained: Mapping[str, Unit]) -> None:
    """Say which populations often get what their units were not made for, and answer it worse than anything else."""
    placed, often = WeightCache(nodes).like(ann[INPUT]), []
    for name, made in trained.items():
        if made.inputs == 2:
            continue  # both are scaled
        f: Any = nodes[name].activation  # type: ignore[union-attr]
        drive = to_numpy(placed[name].input.drive(ann) + placed[name].input.bias).ravel()
        beyond = drive[(drive < made.low) | (drive > made.high)]
        tried = subsample_values(beyond)
        wrong = np.abs(made(tried) - f(tried)) > error(made, f)[1] if len(tried) else np.zeros(1)
        share = float(np.mean(wrong)) * len(beyond) / len(drive)
        if share > OFTEN:
            often.append(f"{name} ({share:.1%} of its inputs, from {drive.min():.3g} to {drive.max():.3g})")
    if often:
        warnings.warn(
            f"populations {', '.join(often)} get inputs beyond the range of their trained units, which are wrong "
            "there: fit units for a wider range and pass them as units={population: unit}",
            stacklevel=3,
        )
