"""What the gates of AMOS do besides their synapses: each compares once, and inhibits those after it."""

from __future__ import annotations

from math import prod

from ..energy import Work
from ..graph import INPUT, READOUT
from ..results import Run
from .costs import inhibitions


def work(run: Run) -> Work:
    """Of each sample: an addition for each gate that another inhibits; one comparison a gate, for which its sum and its
    threshold are read and the sum is cleared; the biases of the readout (those of units are in their thresholds)."""
    inhibited = inhibitions(run, besides=(INPUT,))
    gates, classes = run.neurons, prod(run.nodes[READOUT].shape)
    return Work(inhibited + classes, 0 * inhibited, gates + 0 * inhibited, 3 * (inhibited + gates + classes))
