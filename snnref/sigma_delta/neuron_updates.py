"""What sigma-delta neurons do besides their synapses: they compare with what they have said, at every spike."""

from __future__ import annotations

from ..network.nodes import Population
from ..spiking.energy import OperationCounts, per_sample_sums
from ..spiking.run import Run


def neuron_updates(run: Run) -> OperationCounts:
    """Count what the neurons do besides synaptic operations.

    Each synapse that a spike crosses causes two comparisons with V_q, upwards and downwards, for which V_q is read
    (parallel projections count separately). Each spike that a population sends changes V_q. Nothing happens between
    events. The comparisons at reset, and the readout's own V_q, are left out.

    Parameters
    ----------
    run
        A run of `snnref.sigma_delta`.

    Returns
    -------
    OperationCounts
        Operations of each sample, `(batch,)`.
    """
    reached = run.operations.total
    sent = sum(
        per_sample_sums(run.trains[name].count()) for name, node in run.nodes.items() if isinstance(node, Population)
    )
    return OperationCounts(sent + 0 * reached, 0 * reached, 2 * reached, reached + sent)
