"""What flows from node to node in TDSNN."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..arrays import Array, namespace, to_numpy
from ..layers.reverse_coding import growth
from ..spiking.trains import Events


class Reversed:
    """Exactly one spike a neuron: the larger the value, the later, by reverse coding (Zhang et al. 2019).

    Times are steps of the window in which the node fires.
    """

    lag: Array  # (batch, *features): how many steps after the beginning of the window the spike comes
    leak: float  # L

    @cached_property
    def sent(self) -> Array:
        """What each spike brings to a weight of 1, compared with one at step 0: G = exp(lag / L)."""
        return growth(self.lag, leak=self.leak)

    def count(self) -> Array:
        return namespace(self.lag).ones_like(self.lag)

    def value(self) -> Array:
        return self.sent - 1

    def events(self, sample: int) -> Events:
        times = to_numpy(self.lag)[sample].reshape(-1)
        order = np.argsort(times, kind="stable")
        return times[order].astype(int), order, np.ones(len(order), int)

    def counted(self) -> Reversed:
        return self  # its times take no more room than counts


@dataclass(frozen=True)
class Late(Reversed):
    """Such spikes, with their times."""

    lag: Array
    last: Array  # (batch,): length of the window: all have fired by then
    begin: Array  # (batch,): when the window begins, in steps since the input's began
    leak: float
    potentials: Array | None = None  # (steps, batch, *features), of both periods; kept by `simulate`
