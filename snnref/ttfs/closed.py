"""Two-stage time to first spike by closed forms: `run` walks this. Its time does not depend on t_max."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..arrays import Array, device, like, namespace
from ..network.nodes import MaxPool, Population, Readout
from ..spiking.snn import SinglePass
from ..spiking.trains import Readings
from .options import TTFS
from .trains import Timed


@dataclass(frozen=True)
class Closed(SinglePass, TTFS):
    """A spike that comes n steps before the end of the window brings n times its weight."""

    def population(self, node: Population, trains: Mapping[str, Timed]) -> Timed:
        """max(0, u), in whole steps, t_max at most: what the two stages make of Σ W x."""
        return Timed(self._lead(self._charge(node, trains)), self.t_max)

    def max_pool(self, node: MaxPool, train: Timed) -> Timed:
        return Timed(node.window(train.lead), self.t_max)

    def readout(self, node: Readout, trains: Mapping[str, Timed]) -> Readings:
        if self.output == "potential":
            return Readings(self._over_silent_stage(node, trains) / self.t_max)
        lead = self._lead(self._charge(node, trains))
        if not self._record:
            return Readings(lead[None] / self.t_max)
        return Readings(lead * (lead >= self.t_max - self._steps(lead)) / self.t_max)

    def _charge(self, node: Population | Readout, trains: Mapping[str, Timed]) -> Array:
        """u(t_max), in units of the threshold's share of a step (Eq. 3, Lopez-Randulfe et al. 2022)."""
        u = node.input.drive({k: train.lead for k, train in trains.items()})
        return u + self.t_max * like(node.input.bias, u)

    def _lead(self, u: Array) -> Array:
        """By how many steps the spike comes before the end: t_max − ⌈t_max − u⌉, between none and all of them."""
        xp = namespace(u)
        return xp.clip(xp.floor(u + self.early), 0, self.t_max)

    def _over_silent_stage(self, node: Readout, trains: Mapping[str, Timed]) -> Array:
        """`(steps, batch, classes)`: u after each step; after the last only, unless more is recorded."""
        if not self._record:
            return self._charge(node, trains)[None]
        after = {k: train.lead - (self.t_max - 1) for k, train in trains.items()}
        passed = self._steps(next(iter(after.values())))
        xp = namespace(passed)
        arrived = {k: xp.clip(xp.reshape(passed, (-1, *[1] * lead.ndim)) + lead, 0, None) for k, lead in after.items()}
        u = node.input.drive(arrived)
        return u + xp.reshape(passed + 1, (-1, *[1] * (u.ndim - 1))) * like(node.input.bias, u)

    def _steps(self, x: Array) -> Array:
        """`(steps, 1, 1)`: 0, 1, … t_max − 1."""
        return namespace(x).arange(self.t_max, dtype=x.dtype, device=device(x))[:, None, None]
