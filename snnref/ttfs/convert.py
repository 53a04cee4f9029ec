"""From a trained network to two-stage neurons: thresholds, and with them scales; options."""

from __future__ import annotations

from typing import Any

from ..arrays import Array, check_calibration
from ..network.canonical import canonical, require_kinds
from ..network.graph import Graph
from ..network.normalisation import normalise
from ..network.relus import in_relus
from ..spiking.snn import SNN, with_settings
from .closed import Closed
from .options import EXPRESSES
from .scales import Chooser, Threshold
from .schedule import windows
from .stepwise import Stepwise


def convert(
    net: Graph,
    calibration: Array,
    *,
    t_max: int = 64,
    threshold: Threshold = "search",
    per: str = "layer",
    **options: Any,
) -> SNN:
    """Convert a network to two-stage neurons with at most one spike (Lopez-Randulfe et al. 2022).

    Parameters
    ----------
    net
        A trained network with ReLUs.
    calibration : array `(batch, *input_shape)`
        Samples like those the network was trained on, none below 0.
    t_max
        Length of a window, in time steps. The thresholds are chosen for it, though `run` and `simulate` can replace it
        for one call.
    threshold
        "search" for the thresholds at which the spikes represent the ANN's activations best, by the mean square;
        "maximum" for the largest activations; "bound" for what no activation can reach (Eq. 5); a number, u_th of all
        populations, in units of a weight times a step; or a mapping from populations to any of these.
    per
        One threshold for each "layer", or one for each "channel".
    **options
        Options of `TTFS`, by name: `half_step`, `output`; `run` and `simulate` can replace them for one call.

    Returns
    -------
    SNN
        The converted network. Its scales are x_max of every node, in units of the activation.

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
    require_kinds(nodes, "time to first spike", EXPRESSES)
    settings, besides = {"t_max": t_max, **options}, ("threshold", "per")
    codes = (code(_windows=windows(nodes)) for code in (Stepwise, Closed))
    stepwise, closed = (with_settings(code, settings, besides=besides) for code in codes)
    stepwise.check(calibration, "calibration")
    scales = Chooser(threshold, per, t_max, stepwise.early)(nodes, calibration)
    return SNN(normalise(nodes, scales), scales, stepwise, closed)
