"""What the gates of AMOS do besides their synapses: each compares once, and inhibits those after it."""

from __future__ import annotations

from math import prod

from ..network.graph import INPUT, READOUT
from ..network.nodes import weighted_nodes
from ..spiking.energy import OperationCounts
from ..spiking.run import Run
from ..spiking.trains import Analog
from .costs import inhibitions


def neuron_updates(run: Run) -> OperationCounts:
    """Count what the gates do besides synaptic operations.

    Each gate takes an addition if another gate inhibits it, one if an analog current reaches it, and one comparison,
    for which its sum and its threshold are read and the sum is cleared. The biases of the readout are added (those of
    units are in their thresholds).

    Parameters
    ----------
    run
        A run of `snnref.amos`.

    Returns
    -------
    OperationCounts
        Operations of each sample, `(batch,)`.
    """
    incoming = inhibitions(run, besides=(INPUT,)) + _analog(run)
    gates, classes = run.neurons, prod(run.nodes[READOUT].shape)
    return OperationCounts(incoming + classes, 0 * incoming, gates + 0 * incoming, 3 * (incoming + gates + classes))


def _analog(run: Run) -> int:
    """Gates that are given a current: each adds it once."""
    analog = {name for name, train in run.trains.items() if isinstance(train, Analog)}
    return sum(
        run.code.neurons_receiving(node, term) * prod(node.shape)
        for node in weighted_nodes(run.nodes).values()
        for term, sum_ in enumerate(node.inputs)
        if analog & set(sum_.sources)
    )
