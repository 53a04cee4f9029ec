"""From a trained network to rate-coding neurons: scales, normalisation, options."""

from __future__ import annotations

import warnings
from numbers import Real

import numpy as np

from ..arrays import Array, check_calibration, to_numpy
from ..canonical import canonical, require_relu
from ..graph import INPUT, READOUT, Graph
from ..nodes import MaxPool, Nodes, Population, normalise
from ..walk import SNN, activations
from .closed import Windowed
from .encoding import Rate, check_choice
from .stepwise import Stepwise

DISTRIBUTIONS = ("nonzero", "all")


def convert(
    net: Graph,
    calibration: Array,
    *,
    percentile: float = 99.9,
    distribution: str = "nonzero",
    steps: int = Rate.steps,
    reset: str = Rate.reset,
    encoding: str = Rate.encoding,
    seed: int = Rate.seed,
    pooling: str = Rate.pooling,
    gate_steps: int = Rate.gate_steps,
) -> SNN:
    """Convert a network to rate-coding integrate-and-fire neurons (Rueckauer et al. 2017).

    calibration : `(batch, *input_shape)`, samples like those the network was trained on
    percentile : the activation that a neuron firing at every step stands for; 100 is the maximum ("max-norm")
    distribution : percentile of the "nonzero" activations (as Fig. 1 plots them) or of "all" of them
    steps, reset, encoding, seed, pooling, gate_steps : the options of `Rate`; `run` and `simulate` can replace them
        for one call

    Raises ValueError or TypeError for data or options that make no sense.
    """
    if not isinstance(net, Graph):
        raise TypeError(f"net: got {type(net).__name__}, expected a Network; import a torch module with from_torch")
    check_calibration(calibration, net.input_shape)
    nodes = canonical(net)
    require_relu(nodes, "rate coding")
    scales = choose_scales(nodes, calibration, percentile=percentile, distribution=distribution)
    options = (steps, reset, encoding, seed, pooling, gate_steps)
    return SNN(normalise(nodes, scales), scales, Stepwise(*options), Windowed(*options))


def choose_scales(
    nodes: Nodes, calibration: Array, *, percentile: float = 99.9, distribution: str = "nonzero"
) -> dict[str, float]:
    """λ of every node: a percentile of its activations on the calibration data (section 2.2.2, Rueckauer 2017).

    A pool has its source's scale. The input is a current and the readout a potential: their scale is 1.
    """
    if not (isinstance(percentile, Real) and 0 < percentile <= 100):
        raise ValueError(f"percentile: got {percentile!r}, expected a number with 0 < percentile ≤ 100")
    if percentile < 1:
        warnings.warn(f"percentile={percentile} means {percentile} %, not a fraction; did you mean 99.9?", stacklevel=3)
    check_choice("distribution", distribution, DISTRIBUTIONS)
    scales = {INPUT: 1.0, READOUT: 1.0}
    for name, value in activations(nodes, calibration).items():
        node, a = nodes[name], to_numpy(value)
        if isinstance(node, MaxPool):
            scales[name] = scales[node.source]
        elif isinstance(node, Population):
            a = a[a > 0] if distribution == "nonzero" else a
            scales[name] = float(np.percentile(a, percentile)) if a.size else 0.0
            if scales[name] <= 0:
                raise ValueError(
                    f"population {name!r}: its {percentile}th percentile on the calibration data is 0; "
                    "give more or other samples, a higher percentile, or look whether the layer is alive at all"
                )
    return scales
