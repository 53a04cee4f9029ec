"""Rate coding step by step, as the paper writes it: `simulate` walks this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..arrays import Array, check_alike, namespace, window_gate
from ..network.nodes import MaxPool, Population, Readout
from ..spiking.trains import Analog, Clocked, Readings
from . import softmax
from .options import RESETS, Rate, check_choice


def integrate_and_fire(
    z: Array, v: Array, *, threshold: float = 1.0, reset: str = "subtract", signed: bool = False
) -> tuple[Array, Array]:
    """Advance the integrate-and-fire neuron by one step (Eqs. 2-4, Rueckauer 2017).

    Under a constant z the rate after t steps is A − V/(tθ) with A = z/θ if the reset subtracts (Eq. 5b), and less if it
    does not (Eq. 5a).

    Parameters
    ----------
    z : array `(...)`
        Input current of this step, in the unit of the threshold.
    v : array `(...)`
        Potential before the step, in the same unit, of any shape that broadcasts with z.
    threshold
        θ, at which the neuron fires.
    reset
        "subtract" the threshold (Eq. 4b), or reset to "zero" (Eq. 4a).
    signed
        Whether there is a second threshold at −threshold, where the neuron fires −1 (section 3.4).

    Returns
    -------
    spike : array `(...)`
        1 where the neuron fires (or −1), else 0.
    v : array `(...)`
        The potential after the reset.

    Raises
    ------
    ValueError
        If the reset is unknown.
    TypeError
        If z and v are not of one kind (NumPy or torch) and on one device.
    """
    check_choice("reset", reset, RESETS)
    check_alike(z=z, v=v)
    v = v + z
    spike = namespace(v).astype(v >= threshold, v.dtype)  # Eq. 3
    if signed:
        spike = spike - namespace(v).astype(v <= -threshold, v.dtype)
    if reset == "zero":
        return spike, v * (1 - abs(spike))  # Eq. 4a
    return spike, v - threshold * spike  # Eq. 4b


class Stepwise(Rate):
    """The paper's dynamics, one step after the other."""

    def population(self, node: Population, trains: Mapping[str, Analog | Clocked]) -> Clocked:
        signed, held = node.activation is not None and node.activation.kind == "sign", self.held(node)
        spikes: list[Array] = []
        potentials: list[Array] = []
        for step, z in enumerate(self._currents(node, trains)):
            v = potentials[-1] if potentials else 0 * z + self.initial
            spike = 0 * z
            if step >= held:
                spike, v = integrate_and_fire(z, v, reset=self.reset, signed=signed)
            spikes.append(spike)
            potentials.append(v)
        xp = namespace(v)
        return Clocked(xp.stack(spikes), xp.stack(potentials), signed, held)

    def max_pool(self, node: MaxPool, train: Analog | Clocked) -> Analog | Clocked:
        """A spike passes whenever the largest spike count of the window rises: the output's count *is* the maximum.

        Or through a gate: only the spikes of the input with the largest estimated rate pass (section 2.2.6,
        Rueckauer 2017). Where spikes of −1 come in, the largest sum may fall, and −1 passes.
        """
        if isinstance(train, Analog):
            return Analog(node.window(train.values))
        if self.pooling != "exact":
            return self._gate(node, train)
        count, largest, spikes = 0 * train.at(0), 0 * node.window(train.at(0)), []
        for step in range(self.steps):
            count = count + train.at(step)
            before, largest = largest, node.window(count)
            spikes.append(largest - before)
        return Clocked(namespace(count).stack(spikes), signed=train.signed, start=train.start)

    def _gate(self, node: MaxPool, train: Clocked) -> Clocked:
        """The estimate includes the spike of the step itself; of equals the first in the window wins."""
        estimate: Array = 0 * train.at(0)
        last: list[Array] = []
        spikes = []
        for step in range(self.steps):
            spike = train.at(step)
            if self.pooling == "average":  # N(t) / t; the same t everywhere does not matter
                estimate = estimate + spike
            elif self.pooling == "exponential":
                estimate = estimate + (spike - estimate) / self.gate_steps
            else:
                last = [*last, spike][-self.gate_steps :]
                estimate = sum(last[1:], last[0])
            spikes.append(window_gate(estimate, spike, node.window.axes))
        return Clocked(namespace(estimate).stack(spikes), signed=train.signed, start=train.start)

    def readout(self, node: Readout, trains: Mapping[str, Analog | Clocked]) -> Readings:
        """What the last layer has collected, or how often it fired, divided by the time."""
        held, v, potentials = self.held(node), 0.0, []
        for step, z in enumerate(self._currents(node, trains)):
            v = v + z if step >= held else 0 * z
            potentials.append(v)
        potential = namespace(v).stack(potentials)
        if self.output == "potential":
            return Readings(self._per_step(potential, held))
        if self.output == "spikes":
            neurons = Population(node.name, node.shape, node.input)
            return Readings(self._per_step(_so_far(self.population(neurons, trains).spikes), held))
        if self.output == "clock":
            spikes = softmax.clocked(potential, self.draw("softmax", (*potential.shape[:2], 2)), clock=self.clock)
        else:
            spikes = softmax.poisson(potential, self.draw("softmax", tuple(potential.shape)))
        spikes[:held, ...] = 0
        return Readings(self._per_step(_so_far(spikes), held), final=True)

    def _per_step(self, collected: Array, held: int) -> Array:
        return namespace(collected).stack([now / max(1, step + 1 - held) for step, now in enumerate(collected)])

    def _currents(self, node: Population | Readout, trains: Mapping[str, Analog | Clocked]) -> Iterator[Array]:
        """z(t) = Σ W Θ(t) + b for every step (Eq. 2, in units of the threshold)."""
        changes = not all(isinstance(train, Analog) for train in trains.values())
        for step in range(self.steps):
            if step == 0 or changes:
                drive = node.input.drive({k: train.at(step) for k, train in trains.items()})
            biases = self.biases(node, drive)
            yield drive + biases[step if len(biases) > 1 else 0]


def _so_far(spikes: Array) -> Array:
    """Counts up to each step."""
    counts = [spikes[0]]
    for spike in spikes[1:]:
        counts.append(counts[-1] + spike)
    return namespace(spikes).stack(counts)
