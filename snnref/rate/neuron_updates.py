"""What rate-coding neurons do besides their synapses: in every step each adds its current and compares."""

from __future__ import annotations

from math import prod

import numpy as np

from ..network.nodes import Population, weighted_nodes
from ..spiking.energy import OperationCounts, per_sample_sums, updates_per_step
from ..spiking.run import Run
from ..spiking.trains import Analog


def neuron_updates(run: Run) -> OperationCounts:
    """Count what the neurons do besides synaptic operations, up to the time of the run.

    In every step in which it is not held, a neuron adds its current (the bias, and what analog pixels contribute), and
    compares if it can fire (sign units twice). A spike is paid with a subtraction, which that update writes. Biases
    count as currents. What a readout's own spikes and its softmax cost is left out.

    Parameters
    ----------
    run
        A run of `snnref.rate`.

    Returns
    -------
    OperationCounts
        Operations of each sample, `(batch,)`.
    """
    total, fires = OperationCounts(), run.code.output == "spikes"
    for name, node in weighted_nodes(run.nodes).items():
        spiking = isinstance(node, Population)
        current = any(isinstance(run.trains[source], Analog) for source in node.sources)
        adds = current or bool(np.any(node.input.bias))
        steps, n = max(0, run.latency - run.code.held(node)), prod(node.shape)
        if adds or spiking or fires:
            total += updates_per_step(run, steps, neurons=n, compares=spiking or fires, adds=adds)
        if isinstance(node, Population):
            paid = run.code.reset == "subtract"
            total += OperationCounts(additions=paid * per_sample_sums(run.trains[name].count()))
            if node.activation is not None and node.activation.kind == "sign":
                total += OperationCounts(comparisons=steps * n)
    return total
