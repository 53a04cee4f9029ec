"""What sigma-delta neurons do besides their synapses: they compare with what they have said, at every spike."""

from __future__ import annotations

from ..energy import Work, each
from ..nodes import Population
from ..results import Run


def work(run: Run) -> Work:
    """Of each sample: for every spike that reaches a neuron two comparisons, upwards and downwards, with V_q, which is
    read; and for every spike that it sends V_q is changed. Nothing happens between events."""
    reached = run.operations.total
    sent = sum(each(run.trains[name].count()) for name, node in run.nodes.items() if isinstance(node, Population))
    return Work(additions=sent, comparisons=2 * reached, words=reached + sent)
