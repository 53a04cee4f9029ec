"""What two-stage neurons do besides their synapses: slopes are added in every step, and then the current."""

from __future__ import annotations

from math import prod

from ..network.graph import READOUT
from ..network.nodes import weighted_nodes
from ..spiking.energy import OperationCounts, per_sample_sums, updates_per_step
from ..spiking.run import Run
from .schedule import answering


def neuron_updates(run: Run) -> OperationCounts:
    """Count what the neurons do besides synaptic operations.

    In every step of the silent stage a neuron adds its slope. In every step of the spiking stage it compares, and adds
    the current unless it fires. A readout that fires is counted as if it never did.

    Parameters
    ----------
    run
        A run of `snnref.ttfs`.

    Returns
    -------
    OperationCounts
        Operations of each sample, `(batch,)`.
    """
    total, t_max = OperationCounts(), run.code.t_max
    for name, node in weighted_nodes(run.nodes).items():
        n = prod(node.shape)
        if name == READOUT and run.code.output == "earliest" and answering(run.nodes) != READOUT:
            continue  # it only looks whose spike came first
        total += updates_per_step(run, t_max, neurons=n, compares=False)
        if name != READOUT:
            waited, fired = per_sample_sums(run.trains[name].times), per_sample_sums(run.trains[name].count())
            total += updates_per_step(run, waited, neurons=1) + OperationCounts(comparisons=fired, words=fired)
        elif run.code.output == "earliest":
            total += updates_per_step(run, t_max, neurons=n)
    return total
