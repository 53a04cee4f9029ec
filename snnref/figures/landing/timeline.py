"""One picture on its way through a converted network: when each spike is sent, what it costs, what is answered when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ... import amos, tdsnn, ttfs
from ...network.graph import READOUT
from ...spiking.run import Run
from ...spiking.snn import SNN
from ...spiking.synaptic_operations import operations_per_spike

# A spike of a step is there once the step is over; those of the other codes are of an instant.
TAKES = {"rate": 1, "ttfs": 1, "sigma_delta": 0, "tdsnn": 0, "amos": 1}


@dataclass(frozen=True)
class Timeline:
    """What became of one picture in one code. Times are shares of the code's own latency."""

    latency: float  # in the code's own time
    times: np.ndarray  # (spikes,): when each is sent, rising
    operations: np.ndarray  # (spikes + 1,): synaptic operations that the first so many cause
    raster: tuple[np.ndarray, np.ndarray]  # times and rows of the spikes that are shown
    asked: np.ndarray  # (readings,): when the readout is asked
    outputs: np.ndarray  # (readings, classes)
    answers: tuple[int | None, ...]  # (readings,): the class; None while the last layer has said nothing

    def until(self, share: float) -> tuple[int | None, int, int, np.ndarray]:
        """The answer, the spikes, their operations and the outputs so far."""
        spikes = int(np.searchsorted(self.times, share, side="right"))
        asked = int(np.searchsorted(self.asked, share, side="right"))
        answer, output = (self.answers[asked - 1], self.outputs[asked - 1]) if asked else (None, 0 * self.outputs[0])
        return answer, spikes, int(self.operations[spikes]), output


def timeline(snn: SNN, x: np.ndarray, *, rows: Mapping[str, np.ndarray]) -> Timeline:
    """One picture `(1, *input_shape)` as a converted network reads it.

    rows : by node whose spikes are shown, `(neurons,)`: the row of each neuron, −1 for none
    """
    run = snn.run(x, record=True)
    latency = float(run.latency)
    spikes = sent(snn, run)
    times = np.concatenate([time for time, _ in spikes.values()]) / latency
    order = np.argsort(times, kind="stable")
    costs = np.concatenate([_costs(snn, name)[neuron] for name, (_, neuron) in spikes.items()])[order]
    shown = [(time / latency, rows[name][neuron]) for name, (time, neuron) in spikes.items() if name in rows]
    raster = np.concatenate([time[row >= 0] for time, row in shown]), np.concatenate([r[r >= 0] for _, r in shown])
    outputs = run.output_over_time[:, 0]
    # Readings are a step apart and the last is the answer, unless the code has its own times.
    asked = getattr(run.code, "times", latency - np.arange(len(outputs))[::-1]) / latency
    readings = run.trains[READOUT]
    said = readings.over_time[:, 0].any(axis=-1) | (readings.potentials is not None)
    answers = tuple(
        int(k) if incoming else None for k, incoming in zip(run.prediction_over_time[:, 0], said, strict=True)
    )
    return Timeline(latency, times[order], np.append(0.0, np.cumsum(costs)), raster, asked, outputs, answers)


def sent(snn: SNN, run: Run) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """For each node that spikes, when the first sample's spikes are sent, in the code's time since the picture was
    shown, and by which neurons."""
    start, takes = _windows(snn, run), TAKES[run.code.method]
    events = {name: run.trains[name].events(0) for name in run.spikes}
    return {name: (time + start.get(name, 0) + takes, neuron) for name, (time, neuron, _) in events.items()}


def _windows(snn: SNN, run: Run) -> Mapping[str, int]:
    """By node, when its window begins; nothing for codes without windows."""
    match run.code.method:
        case "ttfs":
            return {stage.node: stage.spiking[0] for stage in ttfs.schedule(snn).stages if stage.spiking}
        case "tdsnn":
            return {stage.node: stage.active[0] for stage in tdsnn.schedule(run).stages if stage.active}
        case "amos":
            return {stage.node: stage.begin for stage in amos.schedule(snn).stages}
    return {}


@lru_cache(maxsize=64)
def _costs(snn: SNN, name: str) -> np.ndarray:
    """`(neurons,)`: the synaptic operations that a spike of each causes; 0 where only pools receive it."""
    costs = operations_per_spike(snn.nodes, name, neurons_receiving=getattr(snn.closed, "neurons_receiving", None))
    return sum(costs.values(), np.zeros(snn.nodes[name].shape)).ravel()
