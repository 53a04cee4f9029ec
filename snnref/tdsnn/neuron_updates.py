"""What TDSNN's neurons do besides their synapses: they leak, and receive ticks."""

from __future__ import annotations

from ..network.counting import neurons
from ..spiking.energy import OperationCounts
from ..spiking.run import Run
from .costs import costs, waited, weighted_neurons


def neuron_updates(run: Run) -> OperationCounts:
    """Count what the neurons do besides synaptic operations.

    A neuron takes a multiplication for every step in which it leaks, a tick and a comparison for every step of its
    active period until it fires, and an addition for the bias neuron's spike.

    Parameters
    ----------
    run
        A run of `snnref.tdsnn`.

    Returns
    -------
    OperationCounts
        Operations of each sample, `(batch,)`.
    """
    leaks, ticks = costs(run).multiplications, waited(run)
    biased = weighted_neurons(run.nodes)
    return OperationCounts(biased + ticks, leaks, ticks + neurons(run.nodes), 2 * leaks + ticks + 3 * biased)
