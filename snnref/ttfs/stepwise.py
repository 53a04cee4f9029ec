"""Two-stage time to first spike, step by step as the paper writes it: `simulate` walks this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..arrays import Array, like, namespace
from ..network.nodes import MaxPool, Population, Readout
from ..spiking.trains import Readings
from .options import TTFS
from .trains import Timed


def silent_stage(arriving: Iterable[Array], *, bias: Array | float = 0.0) -> list[Array]:
    """Compute u after each step of the silent stage (Eq. 2, Lopez-Randulfe et al. 2022).

    Every spike that has arrived raises u by its weight in each step, its own step included: at the end by Σ W (t_max −
    t).

    Parameters
    ----------
    arriving : arrays `(...)`
        For each step, the sum of the weights of the spikes that arrive in it.
    bias
        A constant current, as of a neuron that fires at 0.

    Returns
    -------
    list of arrays `(...)`
        The potential after each step, in units of a weight times a step.
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
    """Compute when each neuron fires, and u before each step of the spiking stage (Eq. 4, Lopez-Randulfe et al. 2022).

    A constant current u_th / t_max charges every neuron. It fires once, when u reaches the threshold, and then rests.

    Parameters
    ----------
    u : array `(...)`
        The potential at the end of the silent stage, in units of a weight times a step.
    threshold
        u_th, in the same unit.
    t_max
        Length of the stage, in time steps.
    early
        Charge at the beginning, in steps of the current.

    Returns
    -------
    times : array `(...)`
        Time steps since the stage began; t_max where the neuron does not fire, as for u ≤ 0.
    potentials : list of arrays `(...)`
        u before each step.
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


def two_stages(
    arriving: Iterable[Array], *, threshold: float = 1.0, bias: Array | float = 0.0, early: float = 0.0
) -> tuple[Array, list[Array]]:
    """Run both stages of the neuron; as many steps as there are arrivals are t_max.

    Parameters
    ----------
    arriving : arrays `(...)`
        For each step of the silent stage, the sum of the weights of the spikes that arrive in it.
    threshold
        u_th, in units of a weight times a step.
    bias
        A constant current in the silent stage.
    early
        Charge at the beginning of the spiking stage, in steps of its current.

    Returns
    -------
    times : array `(...)`
        Time steps of the spiking stage; t_max where the neuron does not fire.
    potentials : list of arrays `(...)`
        u in the steps of both stages.
    """
    silent = silent_stage(arriving, bias=bias)
    times, spiking = spiking_stage(silent[-1], threshold=threshold, t_max=len(silent), early=early)
    return times, silent + spiking


class Stepwise(TTFS):
    """The paper's dynamics, one step after the other.

    After `normalise`, a value of x_max brings a charge of one a step: the threshold is t_max.
    """

    def population(self, node: Population, trains: Mapping[str, Timed]) -> Timed:
        times, potentials = self._two_stages(node, trains)
        return Timed(self.t_max - times, self.t_max, namespace(times).stack(potentials) / self.t_max)

    def max_pool(self, node: MaxPool, train: Timed) -> Timed:
        """The earliest spike of a window passes, and no other."""
        times = node.window(0 * train.lead) + self.t_max
        xp = namespace(times)
        for t, spikes in enumerate(self._spikes(train)):
            first = (node.window(spikes) > 0) & (times == self.t_max)
            times = xp.where(first, xp.full_like(times, t), times)
        return Timed(self.t_max - times, self.t_max)

    def readout(self, node: Readout, trains: Mapping[str, Timed]) -> Readings:
        """The potentials of the last layer over its silent stage; or its spikes over its spiking stage."""
        if self.output == "potential":
            silent = silent_stage(self._arriving(node, trains), bias=self._bias(node, trains))
            return Readings(namespace(silent[-1]).stack(silent) / self.t_max)
        times, _ = self._two_stages(node, trains)
        xp = namespace(times)
        so_far = [xp.where(times <= t, self.t_max - times, 0 * times) for t in range(self.t_max)]
        return Readings(xp.stack(so_far) / self.t_max)

    def _two_stages(self, node: Population | Readout, trains: Mapping[str, Timed]) -> tuple[Array, list[Array]]:
        arriving, bias = self._arriving(node, trains), self._bias(node, trains)
        return two_stages(arriving, threshold=float(self.t_max), bias=bias, early=self.early)

    def _arriving(self, node: Population | Readout, trains: Mapping[str, Timed]) -> Iterator[Array]:
        """At each step Σ W over the spikes that arrive then."""
        for spikes in zip(*map(self._spikes, trains.values()), strict=True):
            yield node.input.drive(dict(zip(trains, spikes, strict=True)))

    def _spikes(self, train: Timed) -> Iterator[Array]:
        """`(batch, *features)` for each step: 1 where a neuron fires."""
        for t in range(self.t_max):
            yield namespace(train.lead).astype(train.times == t, train.lead.dtype)

    def _bias(self, node: Population | Readout, trains: Mapping[str, Timed]) -> Array:
        return like(node.input.bias, next(iter(trains.values())).lead)
