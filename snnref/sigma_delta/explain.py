"""Why a neuron sent what it sent: Algorithm 1, with numbers."""

from __future__ import annotations

import numpy as np

from ..arrays import to_numpy
from ..network.nodes import Population
from ..spiking.contributions import contributions, received
from ..spiking.run import Trace


def explain(trace: Trace, node: Population, place: tuple[int, ...], sample: int) -> str:
    """Explain what a neuron sent: what it received, its potential, and its spikes with their times (Algorithm 1).

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
        Several lines of text; potentials are in thresholds, times in time units of an image.
    """
    said = {source: to_numpy(trace.trains[source].value())[sample] for source in node.sources}
    bias = float(np.broadcast_to(to_numpy(node.input.bias), node.shape)[place])
    v = bias + received(node, said, place)
    theta = float(np.broadcast_to(to_numpy(trace.scales[node.name]), node.shape)[place])
    count = float(to_numpy(trace.trains[node.name].value())[(sample, *place)])
    return "\n".join(
        [
            f"{node.name}{list(place)}, sample {sample}, quantiser {trace.code.quantiser}; a spike stands for "
            f"{theta:.4g}, which is the threshold",
            f"  bias: {bias:+.4f}",
            *contributions(node, said, place, lambda _, n: f"{n:+g} spike{'s' * (abs(n) != 1)}"),
            f"potential when all has arrived: {v:+.4f}, after the ReLU {max(v, 0):.4f}",
            _events(trace, node, place, sample),
            f"It has said {count:g} × {theta:.4g} = {count * theta:.4g}; {max(v, 0) - count:+.4f} of a threshold is "
            "left unsaid.",
        ]
    )


def _events(trace: Trace, node: Population, place: tuple[int, ...], sample: int) -> str:
    time, neuron, sign = trace.trains[node.name].events(sample)
    frame = " in this frame" if trace.code.keep else ""
    own = neuron == np.ravel_multi_index(place, node.shape)
    if not own.any():
        return f"It sent no spike{frame}."
    shown = ", ".join(f"{'+' if s > 0 else '−'}1 at {t:.3f}" for t, s in zip(time[own][:8], sign[own][:8], strict=True))
    more = f" and {own.sum() - 8} more" if own.sum() > 8 else ""
    return f"It sent {shown}{more}{frame}."
