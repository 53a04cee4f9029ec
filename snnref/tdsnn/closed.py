"""TDSNN by closed forms: `run` walks this. Its time does not depend on the leak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from ..arrays import Array, device, namespace
from ..network.graph import INPUT
from ..network.nodes import MaxPool, Population, Readout
from ..spiking.snn import SinglePass
from ..spiking.trains import Readings
from .options import TDSNN, per_sample
from .trains import Reversed


@dataclass(frozen=True)
class Due(Reversed):
    """Spikes of which A is known; when they come is worked out when they are needed.

    T never falls, so that a max-pool can compare A, and has fewer times to work out.
    """

    drive: Array  # (batch, *features): A = Σ W G(x) + b
    begin: Array  # (batch,), as of `Late`
    name: str  # of the node whose neurons fire
    code: TDSNN = field(repr=False)

    @property
    def leak(self) -> float:  # type: ignore[override]
        return self.code.leak

    @cached_property
    def lag(self) -> Array:
        return self.code.within(self.code.time(self.drive), self.name)

    @cached_property
    def last(self) -> Array:
        return self.code.last(self.code.time(per_sample(self.drive)), self.name)


@dataclass(frozen=True)
class Closed(SinglePass, TDSNN):
    """Ticks make a neuron wait until it has made up for A = Σ W G(x): for T(A) steps (Eqs. 7-10)."""

    def encode(self, x: Array) -> Due:
        self.check(x, "input")
        return Due(x, 0 * x.reshape(x.shape[0], -1)[:, 0], INPUT, self)

    def population(self, node: Population, trains: Mapping[str, Due]) -> Due:
        return Due(self._drive(node, trains), self.release(trains), node.name, self)

    def max_pool(self, node: MaxPool, train: Due) -> Due:
        return replace(train, drive=node.window(train.drive))

    def readout(self, node: Readout, trains: Mapping[str, Due]) -> Readings:
        read = self._over_time(node, trains) if self._record else self._drive(node, trains)[None]
        return Readings(self.finite(read), latency=self.release(trains))

    def _drive(self, node: Population | Readout, trains: Mapping[str, Due]) -> Array:
        """A = −P exp(T_il / L) (Eq. 8, Zhang et al. 2019): a spike at t, once decayed, brings exp(t / L) = G times its
        weight."""
        weighed = node.input.drive({k: train.sent for k, train in trains.items()})
        return weighed + self.bias(node, weighed)

    def _over_time(self, node: Readout, trains: Mapping[str, Due]) -> Array:
        """`(steps, batch, classes)`: A after each step of the inhibitory period."""
        end = self.end(trains)
        steps = namespace(end).arange(int(end.max()) + 1, dtype=end.dtype, device=device(end))

        def so_far(train: Due) -> Array:
            return train.sent * (train.lag <= steps.reshape(-1, *[1] * train.lag.ndim))

        weighed = node.input.drive({k: so_far(train) for k, train in trains.items()})
        return weighed + self.bias(node, weighed) * (steps >= self.one).reshape(-1, 1, 1)
