"""Rate coding by whole stretches of time: `run` walks this.

The synaptic input of all steps of a stretch comes from one product. The neuron keeps an account instead of a
potential: what it has received, and what its spikes have paid. What must be remembered from one stretch to the
next is one value a neuron, so memory does not grow with time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from numbers import Integral
from typing import Any

import numpy as np

from ..arrays import BLOCK, Array, device, namespace, running_sum, window_gate
from ..graph import INPUT
from ..nodes import MaxPool, Nodes, Population, Readout
from ..trains import Analog, Clocked, Readings
from .encoding import Rate

LONGEST = 64  # steps of a stretch: accounts stay small, so that float32 keeps their last digits


@dataclass(frozen=True)
class Windowed(Rate):
    """Many steps at once."""

    chunk: int | None = None  # steps in a stretch; None: at most LONGEST, fewer if arrays get too large
    _memory: Any = field(default=None, repr=False, compare=False)  # node -> what it carries over; made by `parts`

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.chunk is not None and (not isinstance(self.chunk, Integral) or self.chunk < 1):
            raise ValueError(f"chunk: got {self.chunk!r}, expected a whole number ≥ 1, or None")

    def parts(self, nodes: Nodes, batch: int) -> Iterator[Windowed]:
        largest = batch * max(prod(node.shape) for node in nodes.values())
        chunk = self.chunk or max(1, min(LONGEST, BLOCK // largest))
        memory: dict[str, Any] = {}
        for start in range(0, self.steps, chunk):
            yield replace(self, steps=min(chunk, self.steps - start), _memory=memory)

    def poisson(self, x: Array, draws: np.random.Generator) -> Clocked:
        """Stretch by stretch from one generator: the draws of all steps in a row."""
        return super().poisson(x, self._memory.setdefault(INPUT, draws))

    def regular(self, x: Array, past: int = 0) -> Clocked:
        """Each stretch goes on where the one before it ended."""
        past = self._memory.get(INPUT, past)
        self._memory[INPUT] = past + self.steps
        return super().regular(x, past)

    def population(self, node: Population, trains: Mapping[str, Analog | Clocked]) -> Clocked:
        """Spikes where the charge, counted from the last reset, reaches one threshold."""
        z = self._current(node, trains)
        xp, spikes = namespace(z), []
        charge = self._memory.get(node.name, xp.zeros_like(z[0, ...]))
        paid = xp.zeros_like(charge)  # charge that spikes of this stretch have used up
        for current in z:
            charge = charge + current
            spike = charge - paid >= 1
            paid = xp.where(spike, charge if self.reset == "zero" else paid + 1, paid)
            spikes.append(spike)
        self._memory[node.name] = charge - paid
        return Clocked(xp.astype(xp.stack(spikes), z.dtype))

    def max_pool(self, node: MaxPool, train: Analog | Clocked) -> Analog | Clocked:
        """The steps at which the maximum of the counts differs from the step before."""
        if isinstance(train, Analog):
            return Analog(node.window(train.values))
        if self.pooling != "exact":
            return Clocked(window_gate(self._estimates(node, train.spikes), train.spikes, node.window.axes))
        xp = namespace(train.spikes)
        past = self._memory.get(node.name, xp.zeros_like(train.spikes[0, ...]))
        counts = running_sum(xp.concat([past[None], train.spikes], axis=0))
        self._memory[node.name] = counts[-1, ...]
        largest = node.window(counts)
        return Clocked(largest[1:, ...] - largest[:-1, ...])

    def _estimates(self, node: MaxPool, spikes: Array) -> Array:
        """`(steps, batch, *features)`: what every gate knows of the rates at every step."""
        xp = namespace(spikes)
        nothing = xp.zeros_like(spikes[:1, ...])
        if self.pooling == "filter":  # counts now, less the counts so many steps ago
            past = self._memory.get(node.name, xp.concat([nothing] * self.gate_steps, axis=0))
            counts = running_sum(xp.concat([nothing, past, spikes], axis=0))
            self._memory[node.name] = xp.concat([past, spikes], axis=0)[-self.gate_steps :, ...]
            return counts[self.gate_steps + 1 :, ...] - counts[1 : -self.gate_steps, ...]
        past = self._memory.get(node.name, nothing)
        if self.pooling == "average":
            estimates = running_sum(xp.concat([past, spikes], axis=0))[1:, ...]
        else:
            known = [past[0, ...]]
            for spike in spikes:
                known.append(known[-1] + (spike - known[-1]) / self.gate_steps)
            estimates = xp.stack(known[1:])
        self._memory[node.name] = estimates[-1:, ...]
        return estimates

    def readout(self, node: Readout, trains: Mapping[str, Analog | Clocked]) -> Readings:
        """The charge collected so far over the time so far."""
        held, past = self._memory.get(node.name, (0.0, 0))
        z = self._current(node, trains)
        xp = namespace(z)
        charge = held + running_sum(z)
        self._memory[node.name] = charge[-1, ...], past + self.steps
        time = xp.arange(past + 1, past + self.steps + 1, dtype=charge.dtype, device=device(charge))
        return Readings(charge / xp.reshape(time, (-1, *[1] * (charge.ndim - 1))))

    def _current(self, node: Population | Readout, trains: Mapping[str, Analog | Clocked]) -> Array:
        """`(steps, batch, *features)`: the input of every step of the stretch, by one product a projection."""
        z = node.input.drive({k: train.window() for k, train in trains.items()}) + node.input.bias
        return namespace(z).broadcast_to(z, (self.steps, *z.shape[1:]))
