"""From a trained network to rate-coding neurons: scales, normalisation, options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arrays import Array, check_calibration
from ..network.canonical import canonical, require_kinds
from ..network.graph import INPUT, Graph
from ..network.nodes import depths
from ..network.normalisation import normalise
from ..network.relus import in_relus
from ..spiking.snn import SNN, with_settings
from .closed import Closed
from .options import EXPRESSES
from .scales import choose_scales, choose_thresholds
from .stepwise import Stepwise


def convert(
    net: Graph,
    calibration: Array,
    *,
    percentile: float | None = 99.9,
    distribution: str = "nonzero",
    scales: Mapping[str, float] | None = None,
    **options: Any,
) -> SNN:
    """Convert a network to rate-coding integrate-and-fire neurons (Rueckauer et al. 2017).

    Parameters
    ----------
    net
        A trained network.
    calibration : array `(batch, *input_shape)`
        Samples like those the network was trained on.
    percentile
        The percentile of the activations that a neuron firing at every step stands for. 100 is the maximum
        ("max-norm"); None leaves the weights as they are (every scale is 1).
    distribution
        Whether the percentile is that of the "nonzero" activations (as Fig. 1 plots them) or of "all" of them.
    scales
        λ of some nodes by name, in units of the activation, in the place of a percentile. A bounded unit is exact at a
        λ of its bound.
    **options
        Options of `Rate`, by name: `steps`, `reset`, `encoding`, …; `run` and `simulate` can replace them for one call.

    Returns
    -------
    SNN
        The converted network. Its scales are λ of every node, in units of the activation.

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
    nodes = in_relus(canonical(net), EXPRESSES)
    require_kinds(nodes, "rate coding", EXPRESSES)
    depth = depths(nodes)
    chosen = choose_scales(nodes, calibration, percentile=percentile, distribution=distribution, given=scales)
    known: dict[str, Any] = {"_depth": depth, "_largest_input": float(abs(calibration).max()) / chosen[INPUT]}
    codes, besides = (Stepwise(**known), Closed(**known)), ("percentile", "distribution", "scales")
    stepwise, closed = (with_settings(code, options, besides=besides) for code in codes)
    thresholds = choose_thresholds(nodes, calibration, percentile=percentile)
    return SNN(normalise(nodes, chosen, thresholds), chosen, stepwise, closed)
