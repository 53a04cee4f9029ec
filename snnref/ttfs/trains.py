"""What flows from node to node in time to first spike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Array, namespace, to_numpy
from ..spiking.trains import Events


@dataclass(frozen=True)
class Timed:
    """At most one spike a neuron, at a time that stands for the value: the earlier, the larger.

    Times are steps of the window in which the node may fire.
    """

    lead: Array  # (batch, *features): how many steps before the end of the window the spike comes; 0: there is none
    end: int  # length of the window
    potentials: Array | None = None  # (steps, batch, *features), of the node's windows; kept by `simulate`

    @property
    def times(self) -> Array:
        """`(batch, *features)`: the step of each spike; `end` where there is none."""
        return self.end - self.lead

    def count(self) -> Array:
        return namespace(self.lead).astype(self.lead > 0, self.lead.dtype)

    def value(self) -> Array:
        """1 for a spike at step 0, and less by one share of the window for each step later."""
        return self.lead / self.end

    def events(self, sample: int) -> Events:
        times = to_numpy(self.times)[sample].reshape(-1)
        (fired,) = np.nonzero(times < self.end)
        fired = fired[np.argsort(times[fired], kind="stable")]
        return times[fired].astype(int), fired, np.ones(len(fired), int)

    def counted(self) -> Timed:
        return self  # its times take no more room than counts
