"""TDSNN, step by step as the paper writes it: `simulate` walks this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..arrays import Array, namespace, window_sum
from ..layers.reverse_coding import decay, growth, slack
from ..network.graph import INPUT
from ..network.nodes import MaxPool, Population, Readout
from ..spiking.trains import Readings
from .options import TDSNN, each, per_sample
from .ticking import tick_weight
from .trains import Late


def inhibitory_period(arriving: Iterable[Array], *, leak: float) -> list[Array]:
    """Compute the potential after each step in which the neuron must not fire (Eqs. 3 and 4, Zhang et al. 2019).

    The potential decays by exp(−1/L) a step, so that the latest spikes count most: at the end Σ W exp(−(T_il − t)/L).

    Parameters
    ----------
    arriving : arrays `(...)`
        For each step, the sum of the weights of the spikes that arrive in it.
    leak
        L, in time steps.

    Returns
    -------
    list of arrays `(...)`
        The potential after each step, in units of a weight.
    """
    v: Array = 0.0
    potentials = []
    for weights in arriving:
        v = v * decay(leak) + weights
        potentials.append(v)
    return potentials


def active_period(
    v: Array, *, tick: Array | float, leak: float, threshold: Array | float = 0.0, last: int | None = None
) -> tuple[Array, list[Array]]:
    """Compute when each neuron fires, and its potential from the release on (Eq. 5, Zhang et al. 2019).

    A neuron that has fired then rests.

    Parameters
    ----------
    v : array `(...)`
        The potential at the release; at or above the threshold a neuron fires at once, at step 0.
    tick
        ω_tick, in the unit of v: the ticking neuron raises all neurons by it in every step from 1 on, until all have
        fired.
    leak
        L, in time steps.
    threshold
        θ, in the unit of v.
    last
        The step in which all remaining neurons are made to fire; None: they take the time they need.

    Returns
    -------
    times : array `(...)`
        Time steps since the release.
    potentials : list of arrays `(...)`
        The potential at the release and in each step after it.

    Raises
    ------
    ValueError
        If the ticks never reach the threshold.
    """
    xp = namespace(v)
    waiting, times, potentials = v == v, xp.zeros_like(v), [v]
    while True:
        fires = waiting if len(potentials) - 1 == last else waiting & (v >= threshold)
        times = xp.where(fires, xp.full_like(times, len(potentials) - 1), times)
        waiting = waiting & ~fires
        if not bool(xp.any(waiting)):
            return times, potentials
        before, v = v, xp.where(waiting, v * decay(leak) + tick, xp.zeros_like(v))
        potentials.append(v)
        if last is None and bool(xp.any(waiting & (v <= before))):
            raise ValueError("tick: never reaches the threshold; expected more than threshold · (1 − exp(−1/leak))")


class Stepwise(TDSNN):
    """The paper's dynamics, one step after the other."""

    def encode(self, x: Array) -> Late:
        """Every pixel as one spike, at T(x) (Eq. 10, Zhang et al. 2019)."""
        self.check(x, "input")
        times = self.within(self.time(x), INPUT)
        return Late(times, self.last(per_sample(times), INPUT), 0 * per_sample(times), self.leak)

    def population(self, node: Population, trains: Mapping[str, Late]) -> Late:
        """The samples are aligned at the release: one with a shorter inhibitory period begins it later."""
        end = self.end(trains)
        arriving = self._arriving(node, trains, wait=end.max() - end)
        silent = inhibitory_period((-weights for weights in arriving), leak=self.leak)
        end = each(end, silent[-1])
        times, active = active_period(
            silent[-1],
            tick=tick_weight(end, leak=self.leak),
            leak=self.leak,
            threshold=(self.h - (1 - self.h) * slack(end)) * growth(-end, leak=self.leak),
            last=self.horizon(node.name),
        )
        potentials = namespace(times).stack(silent + active[1:])
        return Late(times, self.last(per_sample(times), node.name), self.release(trains), self.leak, potentials)

    def max_pool(self, node: MaxPool, train: Late) -> Late:
        """Without leak and ticks, with threshold N and weights of 1: it fires with the last of the N spikes of its
        window, which is the largest value. N is what a window at the border really sees."""
        xp, axes = namespace(train.lag), node.window.axes
        inputs = window_sum(xp.ones_like(train.lag), axes)
        incoming, times = 0 * inputs, 0 * inputs - 1
        for t in range(int(train.last.max()) + 1):
            incoming = incoming + window_sum(_fired(train.lag, t), axes)
            times = xp.where((incoming >= inputs) & (times < 0), xp.full_like(times, t), times)
        last = train.last if self.inhibition == "fixed" else per_sample(times)
        return Late(times, last, train.begin, self.leak)

    def readout(self, node: Readout, trains: Mapping[str, Late]) -> Readings:
        """Weights are not negated and nothing fires: potentials accumulate, and the largest names the class.

        They are read as what they stand for, the decay since the first step taken out.
        """
        arriving = self._arriving(node, trains, wait=0 * self.end(trains))
        potentials = inhibitory_period(arriving, leak=self.leak)
        xp = namespace(potentials[-1])
        read = [v * growth(xp.full_like(v, t), leak=self.leak) for t, v in enumerate(potentials)]
        return Readings(self.finite(xp.stack(read)), latency=self.release(trains))

    def _arriving(self, node: Population | Readout, trains: Mapping[str, Late], *, wait: Array) -> Iterator[Array]:
        """At each step of the inhibitory period Σ W over the spikes that arrive then, the bias neuron's among them.

        wait : (batch,), by how many steps each sample begins later
        """
        lags = {k: train.lag + each(wait, train.lag) for k, train in trains.items()}
        bias = self.bias(node, wait) / growth(0 * wait[:1] + self.one, leak=self.leak)
        for t in range(int((self.end(trains) + wait).max()) + 1):
            weights = node.input.drive({k: _fired(lag, t) for k, lag in lags.items()})
            yield weights + bias * _fired(each(wait + self.one, weights), t)


def _fired(lag: Array, t: int) -> Array:
    """1 where a neuron fires at step t, else 0."""
    return namespace(lag).astype(lag == t, lag.dtype)
