"""What a run answers: outputs, predictions, spikes, operations."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..arrays import Array, check_labels, like, namespace, to_numpy
from ..network import counting
from ..network.graph import READOUT
from ..network.nodes import Nodes, Population, Scales
from .synaptic_operations import SynapticOperations, analog_operations, synaptic_operations
from .trains import Analog, Readings, concatenate


@dataclass(frozen=True, eq=False)
class Run:
    """The result of `SNN.run` for a batch."""

    nodes: Nodes = field(repr=False)
    parts: list[dict[str, Any]] = field(repr=False)  # node -> its train, for some samples after the others
    scales: Scales
    code: Any = field(repr=False)  # what sent the trains, with its options

    @cached_property
    def trains(self) -> dict[str, Any]:
        """The train of every node, for the whole batch."""
        return {name: concatenate([part[name] for part in self.parts]) for name in self.nodes}

    @property
    def latency(self) -> float:
        """Steps until the answer is complete; in a code without steps, units of time. The mean of the samples, where it
        depends on them."""
        each = [part[READOUT].latency for part in self.parts]
        if any(latency is None for latency in each):
            return self.code.latency()
        return float(np.mean(np.concatenate([to_numpy(latency) for latency in each]), dtype=np.float64))

    @property
    def output(self) -> Array:
        """`(batch, *features)`: the decoded readout, to be compared with the ANN's output."""
        return self.output_over_time[-1]

    @cached_property
    def output_over_time(self) -> Array:
        """`(steps, batch, *features)`: the decoded readout, as read at each step; probabilities if the network
        ends with a softmax or sigmoid."""
        answer = concatenate([part[READOUT] for part in self.parts])
        readings = answer.over_time
        if answer.final:
            return readings
        decoded = readings * like(self.scales[READOUT], readings)
        function = getattr(self.nodes[READOUT], "function", None)
        return function(decoded) if function else decoded

    @property
    def prediction(self) -> Array:
        """`(batch,)`: the class with the largest output. Of equals the one with the highest potential, where the code
        knows it, else the first (so also where there is no output yet)."""
        return self.prediction_over_time[-1]

    @property
    def ties(self) -> Array:
        """`(batch,)`: whether several classes have the largest output."""
        self._require_classes()
        xp, output = namespace(self.output), self.output
        return xp.sum(xp.astype(output == xp.max(output, axis=-1, keepdims=True), xp.int64), axis=-1) > 1

    @property
    def unanswered(self) -> Array:
        """`(batch,)`: where the last layer has given no answer so far: its readings are all 0, and the prediction means
        nothing, unless potentials decide."""
        readings = concatenate([part[READOUT] for part in self.parts]).over_time[-1]
        return ~namespace(readings).any(readings != 0, axis=tuple(range(1, readings.ndim)))

    @property
    def prediction_over_time(self) -> Array:
        """`(steps, batch)`: the prediction, as read at each step."""
        self._require_classes()
        output = self.output_over_time
        xp, decides = namespace(output), concatenate([part[READOUT] for part in self.parts]).potentials
        if decides is not None:
            largest = output == xp.max(output, axis=-1, keepdims=True)
            output = xp.where(largest, decides, xp.full_like(decides, -float("inf")))
        return xp.argmax(output, axis=-1)

    def _require_classes(self) -> None:
        if len(self.nodes[READOUT].shape) != 1:
            raise ValueError(f"the network has outputs {self.nodes[READOUT].shape}, no classes; use run.output")

    @property
    def spikes(self) -> dict[str, Array]:
        """`(batch, *features)` for every node that sends spikes: how often each neuron fired."""
        silent = (Analog, Readings)
        return {name: train.count() for name, train in self.trains.items() if not isinstance(train, silent)}

    @cached_property
    def spikes_per_neuron(self) -> float:
        """Spikes of all populations (not of input and pools) over their neurons, for one sample."""
        counts = [to_numpy(v) for k, v in self.spikes.items() if isinstance(self.nodes[k], Population)]
        batch = len(to_numpy(self.output))
        return float(sum(c.sum(dtype=np.float64) for c in counts) / max(1, batch * self.neurons))

    @property
    def neurons(self) -> int:
        """Of all populations; a code may have several for one unit."""
        return getattr(self.code, "neurons", counting.neurons)(self.nodes)

    @cached_property
    def operations(self) -> SynapticOperations:
        """Synaptic operations of each sample, in total and by projection."""
        batch, receiving = self.output.shape[0], getattr(self.code, "neurons_receiving", None)
        return synaptic_operations(self.nodes, self.spikes, batch=batch, neurons_receiving=receiving)

    @property
    def analog_operations(self) -> int:
        """Multiply-accumulates spent once per sample on analog trains; 0 where the input spikes."""
        analog = [name for name, train in self.trains.items() if isinstance(train, Analog)]
        return sum(analog_operations(self.nodes, name) for name in analog)

    def accuracy(self, labels: Array) -> float:
        """Compute the share of samples that are predicted as labelled.

        Parameters
        ----------
        labels : array `(batch,)`
            The index of each sample's class.

        Returns
        -------
        float
            From 0 to 1.

        Raises
        ------
        TypeError
            For labels that are no class indices.
        ValueError
            If there is not one label for each sample, for a label outside the classes, and where there are no classes.
        """
        labels = check_labels(labels, len(self.output), self.nodes[READOUT].shape)
        return float(np.mean(to_numpy(self.prediction) == labels))


@dataclass(frozen=True, eq=False)
class Trace(Run):
    """The result of `SNN.simulate`: a run with everything recorded."""

    @property
    def spikes_over_time(self) -> dict[str, Array]:
        """`(steps, batch, *features)` for every node that sends clocked spikes."""
        return {k: t.spikes for k, t in self.trains.items() if hasattr(t, "spikes")}

    @property
    def potentials(self) -> dict[str, Array]:
        """`(steps, batch, *features)` for every population, in units of the threshold, after the spike; of a code
        without steps, at the times of the readings, and for the readout too; where the threshold is 0, in units of a
        weight."""
        return {k: t.potentials for k, t in self.trains.items() if getattr(t, "potentials", None) is not None}
