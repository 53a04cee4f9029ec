"""Neurons, layers, parameters, spikes: what Tables 1 to 3 count (Stöckl & Maass 2019)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from ..network.graph import INPUT, READOUT, Graph
from ..network.nodes import Population
from ..spiking.energy import per_sample_sums
from ..spiking.run import Run
from ..spiking.snn import with_settings
from .convert import expressible, said_by, trained_units
from .options import AMOS
from .pooling import in_pairs, may_be_negative, of_negatives
from .schedule import starts
from .unit import Unit


@dataclass(frozen=True)
class Size:
    """What a network's conversion consists of.

    Parameters
    ----------
    neurons
        Gates of all populations.
    pixels
        Gates that turn the image into spikes. The paper does not count them, if it has them.
    layers
        Steps of gates on the longest way, without those for pixels: the paper's number of layers.
    units
        Number of units of each kind, by the function.
    parameters
        Parameters of each kind of unit, which all of that kind share.
    """

    neurons: int
    pixels: int
    layers: int
    units: dict[str, int]
    parameters: dict[str, int]


def size(net: Graph, *, units: Mapping[str, Unit] | None = None, **options: Any) -> Size:
    """Count what a conversion consists of, from the shapes alone; pixels are assumed to be 0 or more.

    Parameters
    ----------
    net
        A network.
    units
        Trained units, as for `convert`.
    **options
        Options of `AMOS`, by name.

    Returns
    -------
    Size
        Gates, units, layers and parameters.

    Raises
    ------
    TypeError
        If `net` is no network, or an option is unknown.
    """
    if not isinstance(net, Graph):
        raise TypeError(f"net: got {type(net).__name__}, expected a Network; of a conversion, `schedule` tells as much")
    plain = expressible(net, units)
    nodes = in_pairs(plain, may_be_negative(plain))
    trained = trained_units(nodes, units or {})
    code = replace(with_settings(AMOS(), options), _trained=trained, _signed=of_negatives(nodes))
    used = code.units(nodes)
    populations = {k: node for k, node in nodes.items() if isinstance(node, Population)}
    kinds: Counter[str] = Counter()
    for node in populations.values():
        kinds[said_by(node)] += prod(node.shape)
    without = {k: unit for k, unit in used.items() if k != INPUT}
    return Size(
        neurons=code.neurons(nodes),
        pixels=prod(net.input_shape) * used[INPUT].K if INPUT in used else 0,
        layers=starts(nodes, without)[READOUT],
        units=dict(kinds),
        parameters={said_by(node): used[k].parameters for k, node in populations.items()},
    )


def counted(run: Run) -> dict[str, np.ndarray]:
    """Count what `evaluate` also reports: neurons, spikes of the populations, and inhibitions between gates of a unit.

    Synaptic operations do not include these inhibitions.

    Parameters
    ----------
    run
        A run of `snnref.amos`.

    Returns
    -------
    dict of array `(batch,)`
        The numbers of each sample, by name.
    """
    trains = run.trains
    spikes = sum(per_sample_sums(trains[name].count()) for name in run.code.units(run.nodes) if name != INPUT)
    neurons = np.full(run.output.shape[0], float(run.neurons))
    return {"neurons": neurons, "spikes": spikes + 0 * neurons, "inhibition between gates": inhibitions(run)}


def inhibitions(run: Run, *, besides: tuple[str, ...] = ()) -> np.ndarray:
    """`(batch,)`: how often a gate was inhibited by another of its unit, in all nodes but some."""
    units = {name: unit for name, unit in run.code.units(run.nodes).items() if name not in besides}
    incoming = (
        per_sample_sums(run.trains[name].weighed(np.count_nonzero(unit.h, axis=0))) for name, unit in units.items()
    )
    return sum(incoming, np.zeros(run.output.shape[0]))
