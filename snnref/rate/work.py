"""What rate-coding neurons do besides their synapses: in every step each adds its current and compares."""

from __future__ import annotations

from math import prod

import numpy as np

from ..energy import Work, each, updates
from ..nodes import Population, driven
from ..results import Run
from ..trains import Analog


def work(run: Run) -> Work:
    """Of each sample, up to the time of the run. The bias, and the current of analog pixels, are one addition a step;
    what fires compares (sign units twice), and pays for a spike with a subtraction, which its update writes."""
    total = Work()
    for name, node in driven(run.nodes).items():
        current = any(isinstance(run.trains[source], Analog) for source in node.sources)
        adds = current or bool(np.any(node.input.bias))
        fires = isinstance(node, Population) or run.code.output == "spikes"
        if adds or fires:
            total += updates(run, run.latency, neurons=prod(node.shape), compares=fires, adds=adds)
        if isinstance(node, Population):
            paid = run.code.reset == "subtract"
            total += Work(additions=paid * each(run.trains[name].count()))
            if node.activation is not None and node.activation.kind == "sign":
                total += Work(comparisons=run.latency * prod(node.shape))
    return total
