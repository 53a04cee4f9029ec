"""Two-stage time to first spike, step by step as the paper writes it: `simulate` walks this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..arrays import Array, like, namespace
from ..nodes import MaxPool, Population, Readout
from ..trains import Readings, Timed
from .options import TTFS


def silent_stage(arriving: Iterable[Array], *, bias: Array | float = 0.0) -> list[Array]:
    """u after each step of the silent stage (Eq. 2, Lopez-Randulfe et al. 2022).

    arriving : for each step the sum of the weights of the spikes that arrive then
    bias : a constant current, as of a neuron that fires at 0
    Every spike that has arrived raises u by its weight in each step, its own among them: at the end by Σ W (t_max − t).
    """
    u: Array = 0.0
    slope: Array = 0.0
    potentials = []
    for weights in arriving:
        slope = slope + weights
        u = u + slope + bias
        potentials.append(u)
    return potentials


def spiking_stage(u: Array, *, threshold: float, t_max: int, early: float = 0.0) -> tuple[Array, list[Array]]:
    """When each neuron fires, and u before each step of the spiking stage (Eq. 4, Lopez-Randulfe et al. 2022).

    u : the potential at the end of the silent stage
    early : charge at the beginning, in steps of the current
    A constant current u_th / t_max charges every neuron; it fires when u reaches the threshold, once, and rests. Times
    are steps from the beginning of the stage; t_max: it did not fire, as for u ≤ 0.
    """
    xp = namespace(u)
    current = threshold / t_max
    u = u + early * current
    times = xp.full_like(u, t_max)
    potentials = []
    for t in range(t_max):
        potentials.append(u)
        fires = (u >= threshold) & (times == t_max)
        times = xp.where(fires, xp.full_like(times, t), times)
        u = xp.where(times == t_max, u + current, 0 * u)
    return times, potentials


class Stepwise(TTFS):
    """The paper's dynamics, one step after the other. After `normalise` the threshold is one a step: t_max."""

    def population(self, node: Population, trains: Mapping[str, Timed]) -> Timed:
        silent = self._silent_stage(node, trains)
        times, spiking = self._spiking_stage(silent[-1])
        return Timed(self.t_max - times, self.t_max, namespace(times).stack(silent + spiking) / self.t_max)

    def max_pool(self, node: MaxPool, train: Timed) -> Timed:
        """The earliest spike of a window passes, and no other."""
        xp = namespace(train.lead)
        times = node.window(0 * train.lead) + self.t_max
        for t in range(self.t_max):
            arrives = node.window(xp.astype(train.times == t, train.lead.dtype)) > 0
            times = xp.where(arrives & (times == self.t_max), xp.full_like(times, t), times)
        return Timed(self.t_max - times, self.t_max)

    def readout(self, node: Readout, trains: Mapping[str, Timed]) -> Readings:
        """The potentials of the last layer over its silent stage; or its spikes over the spiking stage."""
        potentials = self._silent_stage(node, trains)
        xp = namespace(potentials[-1])
        if self.output == "potential":
            return Readings(xp.stack(potentials) / self.t_max)
        times, _ = self._spiking_stage(potentials[-1])
        answers = [xp.where(times <= t, self.t_max - times, 0 * times) for t in range(self.t_max)]
        return Readings(xp.stack(answers) / self.t_max)

    def _silent_stage(self, node: Population | Readout, trains: Mapping[str, Timed]) -> list[Array]:
        return silent_stage(self._arriving(node, trains), bias=like(node.input.bias, next(iter(trains.values())).lead))

    def _arriving(self, node: Population | Readout, trains: Mapping[str, Timed]) -> Iterator[Array]:
        for t in range(self.t_max):
            spikes = {k: namespace(train.lead).astype(train.times == t, train.lead.dtype) for k, train in trains.items()}
            yield node.input.drive(spikes)

    def _spiking_stage(self, u: Array) -> tuple[Array, list[Array]]:
        return spiking_stage(u, threshold=float(self.t_max), t_max=self.t_max, early=self.early)
