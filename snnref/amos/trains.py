"""What flows from node to node in AMOS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Array, like, namespace, to_numpy
from ..spiking.trains import Events


class Planes:
    """At most one spike of each of the K gates that stand for one value (Stöckl & Maass 2019)."""

    spikes: Array  # (K, batch, *features): 1 where a gate fires
    worth: np.ndarray  # (K,): d, what the spike of each gate stands for
    step: np.ndarray  # (K,): in which step of the node's window each gate fires, if it does

    def weighed(self, weights: np.ndarray) -> Array:
        """`(batch, *features)`: the sum of a weight `(K,)` over the gates that fire."""
        sent = like(weights, self.spikes)
        return namespace(sent).tensordot(sent, self.spikes, axes=1)

    def count(self) -> Array:
        return self.weighed(np.ones(len(self.step)))

    def value(self) -> Array:
        """Σ d z (Eq. 5, Stöckl & Maass 2019)."""
        return self.weighed(self.worth)

    def until(self, step: int) -> Array:
        """The part of the value that has been sent once a step is over."""
        return self.weighed(self.worth * (self.step <= step))

    def events(self, sample: int) -> Events:
        """A neuron is told by the value that it stands for, in which it is one of K."""
        flat = to_numpy(self.spikes[:, sample]).reshape(len(self.step), -1)
        gate, neuron = np.nonzero(flat)
        order = np.lexsort((neuron, gate, self.step[gate]))
        return self.step[gate][order], neuron[order], np.ones(len(order), int)

    def counted(self) -> Planes:
        return self


@dataclass(frozen=True)
class Fired(Planes):
    """Such spikes, one by one."""

    spikes: Array
    worth: np.ndarray
    step: np.ndarray
    potentials: Array | None = None  # as spikes: what a gate has above its threshold; kept by `simulate`
