"""What flows from node to node in hysteresis sigma-delta: events in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from ..arrays import Array, like
from ..spiking.trains import Counted, Events

# One event: when it was sent, since the sample was first shown; the input spike that caused it, by its place in the
# sample, −1: the reset; the neuron's flat index; 1 or −1.
EVENT = np.dtype([("time", float), ("wave", np.int32), ("neuron", np.int32), ("sign", np.int8)], align=True)


@dataclass(frozen=True)
class Stream:
    """Signed spikes in the order in which they are sent, sample by sample; a neuron says how many more there were of
    +1 than of −1. There is no clock."""

    log: np.ndarray  # (events,), of EVENT
    ends: np.ndarray  # (batch + 1,): those of sample i are the events from ends[i] to ends[i + 1]
    shape: tuple[int, ...]  # features
    kind: Array  # any array of the kind that counts and values are given as
    keep: bool = False  # each sample goes on where the one before ended
    potentials: Array | None = None  # (points, batch, *features): at the times of the readings; kept by `simulate`

    def count(self) -> Array:
        return like(self._sums(None), self.kind)

    def value(self) -> Array:
        """Spikes, those of −1 taken off; with `keep`, those of the samples before too."""
        sums = self._sums(self.log["sign"])
        return like(sums.cumsum(axis=0) if self.keep else sums, self.kind)

    def events(self, sample: int) -> Events:
        own = self.of(range(len(self.ends) - 1)[sample])
        return own["time"], own["neuron"], own["sign"].astype(int)

    def of(self, sample: int) -> np.ndarray:
        """The events of one sample."""
        return self.log[self.ends[sample] : self.ends[sample + 1]]

    def between(self, since: float, until: float) -> Stream:
        """Select the events after one time and not after the other.

        Parameters
        ----------
        since, until
            Times, in time units of an image.

        Returns
        -------
        Stream
            These events.

        Raises
        ------
        ValueError
            With `keep`, since the samples before would be cut too.
        """
        if self.keep:
            raise ValueError("the events of a film (keep=True) cannot be cut at a time of each frame")
        kept = (self.log["time"] > since) & (self.log["time"] <= until)
        return replace(self, log=self.log[kept], ends=np.append(0, np.cumsum(kept))[self.ends])

    def counted(self) -> Counted:
        return Counted(self.count(), 0, self.value())

    def then(self, later: Stream) -> Stream:
        """The events of both, sample by sample."""
        order = np.argsort(np.concatenate([self.samples(), later.samples()]), kind="stable")
        return replace(self, log=np.concatenate([self.log, later.log])[order], ends=self.ends + later.ends)

    def samples(self) -> np.ndarray:
        """`(events,)`: the sample of each."""
        return np.repeat(np.arange(len(self.ends) - 1), np.diff(self.ends))

    def derived(self, logs: Sequence[np.ndarray], shape: tuple[int, ...], *, potentials: Any = None) -> Stream:
        """The train of another node on the same samples, from its events in each of them."""
        ends = np.append(0, np.cumsum([len(log) for log in logs]))
        return Stream(np.concatenate(logs), ends, shape, self.kind, self.keep, potentials)

    def _sums(self, weights: np.ndarray | None) -> np.ndarray:
        batch, n = len(self.ends) - 1, prod(self.shape)
        sums = np.bincount(self.samples() * n + self.log["neuron"], weights, minlength=batch * n)
        return sums.reshape(batch, *self.shape)
