"""Why a two-stage neuron fired when it did: Eqs. 3 and 4, with numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import to_numpy
from ..network.nodes import Population
from ..spiking.contributions import contributions, received
from ..spiking.run import Trace


def explain(trace: Trace, node: Population, place: tuple[int, ...], sample: int) -> str:
    """Explain when a neuron fired: what it received, its potential, and when that reached u_th (Eqs. 3 and 4).

    Parameters
    ----------
    trace
        A simulated run.
    node
        The neuron's population.
    place
        Index of the neuron along the feature axes.
    sample
        Index in the batch.

    Returns
    -------
    str
        Several lines of text; charges are in units of t_max to the threshold, times in steps.
    """
    t_max = trace.code.t_max
    sent = {source: to_numpy(trace.trains[source].lead)[sample] for source in node.sources}
    bias = float(_at(node.input.bias, node.shape, place))
    u = t_max * bias + received(node, sent, place)
    one = float(_at(trace.scales[node.name], node.shape, place))
    return "\n".join(
        [
            f"{node.name}{list(place)}, sample {sample}, windows of {t_max} steps, threshold {t_max}, charged by 1 a "
            f"step; a spike at step 0 stands for {one:.4g}",
            f"  bias {bias:+.4f} in each of {t_max} steps: {t_max * bias:+.4f}",
            *contributions(node, sent, place, lambda _, lead: f"spike at step {t_max - lead:g}, so {lead:g} steps"),
            f"potential at the end of the silent stage: {u:+.4f}",
            _verdict(u, float(to_numpy(trace.trains[node.name].times)[(sample, *place)]), trace.code, one),
        ]
    )


def _verdict(u: float, time: float, code: Any, one: float) -> str:
    t_max, early = code.t_max, " − ½" if code.half_step else ""
    if time < t_max:
        why = f"⌈{t_max} − {u:.4f}{early}⌉ steps" if time else "at once"
        said = f"{t_max - time:g}/{t_max} × {one:.4g} = {(t_max - time) / t_max * one:.4g}"
        return f"It fired at step {time:g} of its spiking stage ({why}), which says {said}."
    if u <= 0:
        return "It did not fire: nothing above 0 to say (the ReLU)."
    return f"It did not fire: {u:.4f} is less than {'half a' if code.half_step else 'one'} step, and says nothing."


def _at(value: Any, shape: tuple[int, ...], place: tuple[int, ...]) -> Any:
    return np.broadcast_to(to_numpy(value), shape)[place]
