"""From a trained network to neurons that send the changes of their quantised activation."""

from __future__ import annotations

from typing import Any

from ..arrays import Array, check_calibration
from ..network.canonical import canonical, require_kinds
from ..network.graph import Graph
from ..network.normalisation import normalise
from ..network.relus import in_relus
from ..spiking.snn import SNN, with_settings
from .closed import Closed
from .encoding import check_pixels
from .options import EXPRESSES, check_whole
from .scales import Threshold, thresholds
from .stepwise import Stepwise
from .wiring import Wiring


def convert(
    net: Graph,
    calibration: Array,
    *,
    threshold: Threshold = 1.0,
    percentile: float | None = None,
    levels: int = 1,
    **options: Any,
) -> SNN:
    """Convert a network to hysteresis sigma-delta neurons (Yousefzadeh et al. 2019).

    Parameters
    ----------
    net
        A trained network with ReLUs.
    calibration : array `(batch, *input_shape)`
        Samples like those the network was trained on, none below 0. Their largest value is that of the brightest pixel.
    threshold
        θ, the quantisation level, in units of the activation: one number for all neurons, or a mapping from populations
        (and "readout") to numbers, the others being 1.
    percentile
        If given, θ is the threshold times this percentile of the positive activations of each population.
    levels
        Number of levels into which the input is quantised; the paper's is 1, a bit a pixel.
    **options
        Options of `SigmaDelta`, by name; `run` and `simulate` can replace them for one call.

    Returns
    -------
    SNN
        The converted network. Its scales are θ of every node, in units of the activation.

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
    check_pixels(calibration, "calibration")
    check_whole("levels", levels)
    nodes = in_relus(canonical(net), EXPRESSES)
    require_kinds(nodes, "hysteresis sigma-delta", EXPRESSES)
    scales = thresholds(nodes, calibration, threshold=threshold, percentile=percentile, levels=levels)
    nodes = normalise(nodes, scales)
    wiring = Wiring(nodes)
    codes = (code(_levels=int(levels), _wiring=wiring) for code in (Stepwise, Closed))
    besides = ("threshold", "percentile", "levels")
    stepwise, closed = (with_settings(code, options, besides=besides) for code in codes)
    return SNN(nodes, scales, stepwise, closed)
