"""Rate coding step by step, as the paper writes it: `simulate` walks this."""

from __future__ import annotations

from collections.abc import Mapping

from ..arrays import Array, check_alike, namespace, window_gate
from ..nodes import MaxPool, Population, Readout
from ..trains import Analog, Clocked, Readings
from .encoding import RESETS, Rate, check_choice


def integrate_and_fire(
    z: Array, v: Array, *, threshold: float = 1.0, reset: str = "subtract"
) -> tuple[Array, Array]:  # fmt: skip
    """One step of the integrate-and-fire neuron (Eqs. 2-4, Rueckauer 2017).

    z : input current of this step, in the unit of the threshold
    v : potential before it, of any shape that fits
    Returns `(spike, v)`: 1 where the neuron fires, else 0, and the
    potential after the reset. Raises ValueError for an unknown reset,
    TypeError if z and v are not of one kind and on one device.
    """
    check_choice("reset", reset, RESETS)
    check_alike(z=z, v=v)
    v = v + z
    spike = namespace(v).astype(v >= threshold, v.dtype)  # Eq. 3
    if reset == "zero":
        return spike, v * (1 - spike)  # Eq. 4a
    return spike, v - threshold * spike  # Eq. 4b


class Stepwise(Rate):
    """The paper's dynamics, one step after the other."""

    def population(self, node: Population, trains: Mapping[str, Analog | Clocked]) -> Clocked:
        spikes, potentials = [], []
        v = 0 * self._current(node, trains, 0)
        for step in range(self.steps):
            spike, v = integrate_and_fire(self._current(node, trains, step), v, reset=self.reset)
            spikes.append(spike)
            potentials.append(v)
        xp = namespace(v)
        return Clocked(xp.stack(spikes), xp.stack(potentials))

    def max_pool(self, node: MaxPool, train: Analog | Clocked) -> Analog | Clocked:
        """A spike passes whenever the largest spike count of the window rises: the output's count *is* the maximum.

        Or through a gate: only the spikes of the input with the largest estimated rate pass (section 2.2.6,
        Rueckauer 2017).
        """
        if isinstance(train, Analog):
            return Analog(node.window(train.values))
        if self.pooling != "exact":
            return self._gate(node, train)
        xp = namespace(train.spikes)
        count, largest, spikes = 0 * train.at(0), 0 * node.window(train.at(0)), []
        for step in range(self.steps):
            count = count + train.at(step)
            before, largest = largest, node.window(count)
            spikes.append(xp.astype(largest > before, count.dtype))
        return Clocked(xp.stack(spikes))

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
        return Clocked(namespace(estimate).stack(spikes))

    def readout(self, node: Readout, trains: Mapping[str, Analog | Clocked]) -> Readings:
        """Neurons without threshold; what they collected, divided by the time, estimates the ANN's output."""
        v, readings = 0 * self._current(node, trains, 0), []
        for step in range(self.steps):
            v = v + self._current(node, trains, step)
            readings.append(v / (step + 1))
        return Readings(namespace(v).stack(readings))

    def _current(self, node: Population | Readout, trains: Mapping[str, Analog | Clocked], step: int) -> Array:
        """z(t) = Σ W Θ(t) + b  (Eq. 2, in units of the threshold)."""
        return node.input.drive({k: train.at(step) for k, train in trains.items()}) + node.input.bias
