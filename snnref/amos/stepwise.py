"""AMOS, step by step, as a pipeline: a new image enters at every step (section 1.2, Stöckl & Maass 2019)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..arrays import Array, namespace
from ..network.graph import INPUT, READOUT
from ..network.nodes import Node, Nodes, Projection, Readout, Sum
from ..spiking.trains import Analog, Readings, Train
from .options import AMOS
from .schedule import starts
from .trains import Fired
from .unit import Unit, heaviside


@dataclass
class Passage:
    """One image in the units of one node: what their gates have done so far, by gate."""

    inputs: Sequence[Array]  # of the units: (*features) each
    potentials: dict[int, Array] = field(default_factory=dict)
    spikes: dict[int, Array] = field(default_factory=dict)


class Bank:
    """The units of one node, with another image in each of their steps."""

    def __init__(self, unit: Unit):
        self.unit = unit
        self.slots: deque[Passage | None] = deque(maxlen=unit.steps)

    def step(self, inputs: Sequence[Array] | None) -> Passage | None:
        """All move on by one step, another image enters (or none), every gate fires or not. Returns who is through."""
        self.slots.appendleft(None if inputs is None else Passage(inputs))
        for step, passage in enumerate(self.slots):
            if passage is None:
                continue
            for i in np.flatnonzero(self.unit.step == step).tolist():
                v = self.unit.potential(i, passage.inputs, passage.spikes)
                passage.potentials[i], passage.spikes[i] = v, heaviside(v)
        return self.slots[-1] if len(self.slots) == self.unit.steps else None


Lines = dict[str, deque]  # what each node has said, the latest first: spikes on their way through delay lines


class Stepwise(AMOS):
    """The paper's dynamics, one step after the other."""

    def simulate_all(self, nodes: Nodes, x: Array) -> dict[str, Train]:
        """What happens in all nodes while the images `(batch, *features)` pass."""
        self.check(x, "input")
        units = self.units(nodes)
        begin = starts(nodes, units)
        banks = {name: Bank(unit) for name, unit in units.items()}
        lines: Lines = {name: deque() for name in nodes}
        for t in range(x.shape[0] + begin[READOUT]):
            image = x[t, ...] if t < x.shape[0] else None
            if INPUT not in banks:
                lines[INPUT].appendleft(image)  # a current is there at once
            incoming: dict[str, Any] = {INPUT: None if image is None else (image,)}
            for name, node in nodes.items():
                sources = {s: begin[name] - begin[s] - (units[s].steps if s in units else 0) for s in node.sources}
                if sources:
                    incoming[name] = self._incoming(
                        node, units, {s: _held(lines[s], wait) for s, wait in sources.items()}
                    )
            for name, bank in banks.items():  # after all have received: a spike arrives one step later
                lines[name].appendleft(bank.step(incoming[name]))
            lines[READOUT].appendleft(incoming[READOUT])
        said = {name: [passage for passage in reversed(line) if passage is not None] for name, line in lines.items()}
        trains: dict[str, Train] = {name: _planes(unit, said[name]) for name, unit in units.items()}
        readings = Readings(namespace(x).stack(said[READOUT], axis=1))
        return {INPUT: Analog(x), **trains, READOUT: readings}

    def _incoming(self, node: Node, units: Mapping[str, Unit], said: Mapping[str, Any]) -> Any:
        """The sums that reach a node in this step; of the readout, one after each plane of spikes. None where there is
        no image."""
        if any(passage is None for passage in said.values()):
            return None
        if isinstance(node, Readout):
            longest = max((units[s].steps for s in said if s in units), default=1)
            after = [self._sum(node.input, units, said, longest - 1 - n) for n in range(longest)]
            return namespace(after[0]).stack(after)
        return tuple(self._sum(term, units, said, 0) for term in node.inputs)  # type: ignore[union-attr]

    def _sum(self, term: Sum, units: Mapping[str, Unit], said: Mapping[str, Any], early: int) -> Array:
        """Σ w d_i z_i (Eq. 5), one spike after the other, but for those of the last `early` steps; and the bias."""
        total: Array = 0.0
        for p in term.projections:
            for current in _currents(p, units.get(p.source), said[p.source], early):
                total = total + current
        return total + term.bias


def _currents(p: Projection, unit: Unit | None, said: Any, early: int) -> list[Array]:
    """What each gate of the source brings; or the source's current."""
    if unit is None:
        return [p(said)]
    return [float(unit.d[i]) * p(z) for i, z in said.spikes.items() if unit.step[i] < unit.steps - early] or [
        p(0 * said.spikes[0])
    ]


def _held(line: deque, wait: int) -> Any:
    return line[wait] if wait < len(line) else None


def _planes(unit: Unit, said: Sequence[Passage]) -> Fired:
    """The images one beside the other."""
    xp = namespace(said[0].spikes[0])

    def stacked(what: str) -> Array:
        return xp.stack([xp.stack([getattr(passage, what)[i] for passage in said]) for i in range(unit.K)])

    return Fired(stacked("spikes"), unit.d, unit.step, stacked("potentials"))
