"""Why a neuron of TDSNN fired when it did: Eqs. 8-10, with numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import to_numpy
from ..layers.reverse_coding import growth
from ..network.nodes import Population
from ..spiking.contributions import contributions, received
from ..spiking.run import Trace


def explain(trace: Trace, node: Population, place: tuple[int, ...], sample: int) -> str:
    """Explain when a neuron fired: what it received, its potential, and how long the ticks took (Eqs. 8-10).

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
        Several lines of text; times are in steps, values in units of the node's scale.
    """
    code, trains = trace.code, {source: trace.trains[source] for source in node.sources}
    sent = {source: to_numpy(train.value())[sample] for source, train in trains.items()}
    bias = float(np.broadcast_to(to_numpy(node.input.bias), node.shape)[place])
    a = bias + received(node, sent, place)
    end = int(to_numpy(code.end(trains))[sample])
    left = float(growth(np.asarray(-float(end)), leak=code.leak))
    unit = trace.scales[node.name]
    here = (sample, *place)
    time = int(to_numpy(trace.trains[node.name].lag)[here])

    def what(source: str, value: float) -> str:
        step = code.leak * np.log1p(value)
        return f"spike at {step:.0f}, so {value:.4f} more than one at 0"

    return "\n".join(
        [
            f"{node.name}{list(place)}, sample {sample}, leak {code.leak:g}, threshold {code.h * left:.4g}; values in "
            f"units of {unit:.4g}",
            f"  bias: {bias:+.4f} (what the bias neuron brings, with its spike at {code.one}, and spikes at 0 do)",
            *contributions(node, sent, place, what),
            f"A = {a:+.4f}: weights are negated, so at the end of an inhibitory period of {end} steps the potential "
            f"is −A exp(−{end}/{code.leak:g}) = {-a * left:+.4f}",
            _verdict(a, time, code, node.name),
            f"That says exp({time}/{code.leak:g}) − 1 = {float(to_numpy(trace.trains[node.name].value())[here]):.4f}.",
        ]
    )


def _verdict(a: float, time: int, code: Any, name: str) -> str:
    if time == 0:
        return "It fired at once, at step 0: its potential was at the threshold or above (the ReLU)."
    if time == code.horizon(name):
        return f"It fired at step {time}, where the fixed time of its layer ended."
    formula = f"({a:.4f} + 1)" + (f" / (1 − {code.h:.4g})" if code.h else "")
    return f"Ticks raised it to the threshold at step {time} = ⌈{code.leak:g} ln {formula}⌉ of the active period."
