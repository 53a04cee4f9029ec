"""Rate coding by whole stretches of time: `run` walks this.

The synaptic input of all steps of a stretch comes from one product. The neuron keeps an account instead of a
potential: what it has received, and what its spikes have paid. What must be remembered from one stretch to the
next is one value a neuron, so memory does not grow with time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np

from ..arrays import Array, at_least, device, namespace, running_sum, time_buffer, window_gate
from ..layers import Conv, Dense
from ..network.graph import READOUT
from ..network.nodes import MaxPool, Nodes, Population, Readout
from ..spiking.trains import Analog, Clocked, Readings
from . import softmax
from .options import Rate, check_whole

CACHE, WORK = 2**17, 2**21  # values of one step, and of a stretch, in the largest population of a group
ACCELERATOR = 64  # times as many at once, where there is no such cache
LONGEST = 64  # steps of a stretch: accounts stay small, so that float32 keeps their last digits


@dataclass(frozen=True)
class Closed(Rate):
    """Many steps at once.

    chunk : steps in a stretch; None: at most LONGEST, fewer if arrays get too large
    stops : steps at which a stretch must end
    """

    chunk: int | None = None
    stops: Sequence[int] = ()
    _is_stop: bool = field(default=True, repr=False)  # whether the run is asked for at its end
    _carried: Any = field(default_factory=dict, repr=False, compare=False)  # what is carried over to the next stretch
    _buffers: Any = field(default_factory=dict, repr=False, compare=False)  # arrays that all groups use in turn
    _overwrite: bool = field(default=False, repr=False)  # whether a stretch may write over the trains of the one before

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.chunk is not None:
            check_whole("chunk", self.chunk, 1)
        for stop in self.stops:
            check_whole("stops", stop, 1)

    def sample_groups(self, nodes: Nodes, x: Array, *, record: bool = True) -> Iterator[tuple[slice, Closed]]:
        """Samples that are walked together: so few that what changes in one step stays in the processor's cache."""
        largest, batch = max(prod(node.shape) for node in nodes.values()), x.shape[0]
        more = 1 if str(device(x)) == "cpu" else ACCELERATOR
        size = max(1, more * CACHE // largest)
        chunk = self.chunk or min(LONGEST, max(1, more * WORK // (min(size, batch) * largest)))
        own: dict[str, Any] = {
            "chunk": chunk,
            "_buffers": {},
            "_overwrite": not record and self.pooling != "filter",
        }  # which looks back
        for start in range(0, batch, size):
            yield slice(start, start + size), replace(self, _first=start, _carried={}, **own)

    def time_chunks(self) -> Iterator[Closed]:
        """One stretch of time after the other, each a stop (`is_stop`) if the run is asked for at its end."""
        past = 0
        for stop in sorted({*(s for s in self.stops if s < self.steps), self.steps}):
            while past < stop:
                steps = min(self.chunk or LONGEST, stop - past)
                past += steps
                yield replace(self, steps=steps, _is_stop=past == stop, _past=past - steps)

    def source(self, what: str, sample: int) -> np.random.Generator:
        """One for all stretches: the draws of all steps in a row."""
        key = "source", what, sample
        if key not in self._carried:
            self._carried[key] = super().source(what, sample)
        return self._carried[key]

    @property
    def is_stop(self) -> bool:
        return self._is_stop

    def options_so_far(self) -> Closed:
        """The options of a run that ends with this stretch."""
        return replace(self, steps=self.latency(), _past=0)

    def population(self, node: Population, trains: Mapping[str, Analog | Clocked]) -> Clocked:
        """Spikes where the charge, counted from the last reset, reaches one threshold more than has been paid."""
        signed, held = node.activation is not None and node.activation.kind == "sign", self.held(node)
        z = self._currents(node, trains)
        xp = namespace(z)
        spikes = self._buffer(node, z)
        charge, due = self._accounts(node, spikes[0, ...])
        first = min(max(0, held - self._past), self.steps)
        spikes[:first, ...] = 0
        before = due + 0
        for step in range(first, self.steps):
            spike = spikes[step, ...]
            charge += z[step if len(z) > 1 else 0, ...]
            at_least(charge, due, out=spike)
            if signed:
                spike -= xp.astype(charge <= due - 2, z.dtype)
            if self.reset == "zero":
                due[...] = xp.where(spike != 0, charge + 1, due)
            else:
                due += spike
        paid_only = self.reset == "subtract" and not signed  # then every spike has raised what is due by one
        return Clocked(spikes, signed=signed, start=held, known=due - before if paid_only else None)

    def _buffer(self, node: Population | MaxPool, x: Array) -> Array:
        """For what x tells of one step or more: the array of the stretch before, if it can be had, since fresh memory
        is slow."""
        found = self._buffers.get(node.name)
        if found is None or tuple(found.shape) != (self.steps, *x.shape[1:]):
            found = time_buffer(x, self.steps)
            if self._overwrite:
                self._buffers[node.name] = found
        return found

    def _accounts(self, node: Population, neurons: Array) -> tuple[Array, Array]:
        """What each neuron has received, and when its next spike is due: changed in place from step to step."""
        xp = namespace(neurons)
        charge, due, since = self._carried.get(node.name, (None, None, 0))
        if charge is None:
            charge, due = xp.full_like(neurons, float(self.initial)), xp.ones_like(neurons)
        elif self._past - since >= LONGEST:  # float32 must keep its last digits
            charge -= due - 1
            due[...] = 1
            since = self._past
        self._carried[node.name] = charge, due, since
        return charge, due

    def max_pool(self, node: MaxPool, train: Analog | Clocked) -> Analog | Clocked:
        """The steps at which the maximum of the counts differs from the step before."""
        if isinstance(train, Analog):
            return Analog(node.window(train.values))
        if self.pooling != "exact":
            most = {"average": self.latency(), "filter": self.gate_steps}.get(self.pooling)
            gated = window_gate(self._estimates(node, train.spikes), train.spikes, node.window.axes, most=most)
            return replace(train, spikes=gated, known=None)
        xp, (past, before) = namespace(train.spikes), self._carried.get(node.name, (0.0, 0.0))
        counts = running_sum(train.spikes, past, out=self._buffer(node, train.spikes))
        largest = node.window(counts)
        last = xp.asarray(largest[-1, ...], copy=True)
        self._carried[node.name] = xp.asarray(counts[-1, ...], copy=True), last
        spikes = xp.empty_like(largest)
        spikes[0, ...] = largest[0, ...] - before
        xp.subtract(largest[1:, ...], largest[:-1, ...], out=spikes[1:, ...])
        return replace(train, spikes=spikes, known=None if train.signed else last - before)

    def _estimates(self, node: MaxPool, spikes: Array) -> Array:
        """`(steps, batch, *features)`: what every gate knows of the rates at every step."""
        xp = namespace(spikes)
        past, last = self._carried.get(node.name, (xp.zeros_like(spikes[0, ...]), []))
        if self.pooling == "average":
            estimates = running_sum(spikes, past)
        else:
            estimates, before = xp.empty_like(spikes), past
            for step, spike in enumerate(spikes):
                now = estimates[step, ...]
                if self.pooling == "exponential":
                    now[...] = before + (spike - before) / self.gate_steps
                else:
                    last.append(spike)
                    xp.add(before, spike, out=now)
                    if len(last) > self.gate_steps:
                        now -= last.pop(0)
                before = now
        self._carried[node.name] = xp.asarray(estimates[-1, ...], copy=True), last
        return estimates

    def readout(self, node: Readout, trains: Mapping[str, Analog | Clocked]) -> Readings:
        """Sums over all steps so far, of currents or of spikes, over the time so far."""
        if self.output == "spikes":
            neurons = Population(node.name, node.shape, node.input)
            return Readings(self._per_step(node, "counts", self.population(neurons, trains).spikes))
        z = self._currents(node, trains)
        z = namespace(z).broadcast_to(z, (self.steps, *z.shape[1:]))
        z = z * self._after(self.held(node), z)
        if self.output == "potential":
            return Readings(self._per_step(node, "charge", z))
        potentials = self._collected("charge", z)
        if self.output == "clock":
            spikes = softmax.clocked(potentials, self.draw("softmax", (*potentials.shape[:2], 2)), clock=self.clock)
        else:
            spikes = softmax.poisson(potentials, self.draw("softmax", tuple(potentials.shape)))
        return Readings(self._per_step(node, "counts", spikes * self._after(self.held(node), z)), final=True)

    def _per_step(self, node: Readout, what: str, values: Array) -> Array:
        elapsed = running_sum(self._after(self.held(node), values)) + max(0, self._past - self.held(node))
        return self._collected(what, values) / namespace(values).clip(elapsed, 1.0, None)

    def _collected(self, what: str, values: Array) -> Array:
        """The sum of `(steps, batch, *features)` up to each step, from the beginning of time."""
        total = running_sum(values, self._carried.get((READOUT, what), 0.0))
        self._carried[READOUT, what] = total[-1, ...]
        return total

    def _after(self, held: int, values: Array) -> Array:
        """`(steps, 1, …)`: 1 for the steps after the first `held`, else 0."""
        xp = namespace(values)
        time = xp.arange(self._past, self._past + self.steps, dtype=values.dtype, device=device(values))
        return xp.reshape(xp.astype(time >= held, values.dtype), (-1, *[1] * (values.ndim - 1)))

    def _currents(self, node: Population | Readout, trains: Mapping[str, Analog | Clocked]) -> Array:
        """`(steps or 1, batch, *features)`: the input of every step of the stretch, by one product a projection."""
        if (node.name, "current") in self._carried:
            return self._carried[node.name, "current"]
        z = node.input.drive({k: train.window() for k, train in trains.items()})
        biases = self.biases(node, z[0, ...])
        if len(biases) > len(z) or not _computed(node):
            z = z + biases
        else:
            z += biases  # in place: these arrays are the largest there are
        if self.bias == "current" and all(isinstance(train, Analog) for train in trains.values()):
            self._carried[node.name, "current"] = z  # the same at all steps
        return z


def _computed(node: Population | Readout) -> bool:
    """Whether the drive is an array of its own, not a view of a train."""
    first, *others = node.input.projections
    return bool(others) or any(isinstance(m, Dense | Conv) for m in first.maps)
