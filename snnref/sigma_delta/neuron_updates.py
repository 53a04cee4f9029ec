"""What sigma-delta neurons do besides their synapses: they compare with what they have said, at every spike."""

from __future__ import annotations

from ..network.nodes import Population
from ..spiking.energy import OperationCounts, per_sample_sums
from ..spiking.run import Run


def neuron_updates(run: Run) -> OperationCounts:
    """Of each sample: for every synapse that a spike crosses two comparisons, upwards and downwards, with V_q, which is
    read (parallel projections count apart); and for every spike that a population sends V_q is changed. Nothing happens
    between events. What is compared at reset, and the readout's own V_q, are left out."""
    reached = run.operations.total
    sent = sum(
        per_sample_sums(run.trains[name].count()) for name, node in run.nodes.items() if isinstance(node, Population)
    )
    return OperationCounts(sent + 0 * reached, 0 * reached, 2 * reached, reached + sent)
