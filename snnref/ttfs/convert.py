"""From a trained network to two-stage neurons: thresholds, and with them scales; options."""

from __future__ import annotations

from typing import Any

from ..arrays import Array, check_calibration
from ..network.canonical import canonical, require_kinds
from ..network.graph import Graph
from ..network.normalisation import normalise
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

    calibration : `(batch, *input_shape)`, samples like those the network was trained on, none below 0
    t_max : steps of a window; the thresholds are chosen for it, though `run` and `simulate` can replace it for one call
    threshold : "search" for those at which the spikes say what the ANN's units answer, as nearly as they can; "maximum"
        for the largest activations; "bound" for what no activation can reach (Eq. 5); a number, u_th of all
        populations, in units of a weight times a step; or a mapping from populations to any of these
    per : one threshold a "layer", or one a "channel"
    options : those of `TTFS`, by name: `half_step`, `output`; `run` and `simulate` can replace them for one call

    Raises ValueError or TypeError for data or options that make no sense.
    """
    if not isinstance(net, Graph):
        raise TypeError(f"net: got {type(net).__name__}, expected a Network; import a torch module with from_torch")
    check_calibration(calibration, net.input_shape)
    nodes = canonical(net)
    require_kinds(nodes, "time to first spike", EXPRESSES)
    settings, besides = {"t_max": t_max, **options}, ("threshold", "per")
    codes = (code(_windows=windows(nodes)) for code in (Stepwise, Closed))
    stepwise, closed = (with_settings(code, settings, besides=besides) for code in codes)
    stepwise.check(calibration, "calibration")
    scales = Chooser(threshold, per, t_max, stepwise.early)(nodes, calibration)
    return SNN(normalise(nodes, scales), scales, stepwise, closed)
