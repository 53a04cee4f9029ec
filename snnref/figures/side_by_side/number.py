"""One number in each code."""

from __future__ import annotations

from math import log

import numpy as np

from ... import amos, rate, sigma_delta, ttfs
from ...layers import reverse_coding as reverse
from ..codes import COLORS, NAMES
from ..description import Axis, Figure, Line, Panel, Rule, Ticks
from ..wording import times

Spoken = tuple[np.ndarray, np.ndarray]  # when a neuron fires, and what a receiver believes after each of `levels` steps


def one_number(*, value: float = 0.625, bits: int = 4) -> Figure:
    """One number as the spikes of one neuron, in each code; each can tell 2^bits values apart."""
    levels = 2**bits
    spoken = {name: speak(value, bits) for name, speak in SPEAKERS.items()}
    time = np.arange(levels + 1)
    raster, beliefs, said = [], [], []
    for row, (name, (fired, belief)) in enumerate(spoken.items()):
        raster.append(Ticks(fired, np.full(len(fired), float(len(spoken) - row)), color=COLORS[name]))
        beliefs.append(Line(np.repeat(time, 2)[1:], np.repeat(belief, 2)[:-1], color=COLORS[name]))
        said.append(f"{NAMES[name]} {times(len(fired), 'spike')}, {belief[-1]:.4g}")
    rows = [(len(spoken) - row, NAMES[name]) for row, name in enumerate(spoken)]
    steps = Axis("time step", (-0.02 * levels, levels * 1.02))
    return Figure(
        [
            [Panel(raster, Axis("", steps.domain), Axis("", (0.4, len(spoken) + 0.6), ticks=rows), height=140)],
            [
                Panel(
                    [*beliefs, Rule(y=value, label="the number")],
                    steps,
                    Axis("decoded value", (-0.05, 1.25)),
                    height=190,
                )
            ],
        ],
        f"The number {value:g}, said in {times(bits, 'bit')}: {'; '.join(said)}.",
    )


def _by_rate(value: float, bits: int) -> Spoken:
    """A spike for each time that the input has filled the neuron."""
    v, spikes = np.zeros(()), np.zeros(2**bits)
    for step in range(2**bits):
        spikes[step], v = rate.integrate_and_fire(np.asarray(value), v)
    time = np.arange(1, 2**bits + 1)
    return time[spikes > 0], np.append(0.0, np.cumsum(spikes) / time)


def _by_first_spike(value: float, bits: int) -> Spoken:
    """The larger, the sooner."""
    time = float(ttfs.first_spike(np.asarray(value), t_max=2**bits, early=0.5))
    return _at(time, 1 - time / 2**bits, bits, fires=time < 2**bits)


def _by_changes(value: float, bits: int) -> Spoken:
    """No clock: the input rises to the value, and every change by a level is sent."""
    v, n, fired, belief = np.zeros(()), np.zeros(()), [], [0.0]
    for step in range(2**bits):
        sent, v, n = sigma_delta.neuron(v, n, np.asarray(value / 2**bits), threshold=0.5**bits, rule="settled")
        fired += [step + 1.0] * int(sent)
        belief.append(float(n) / 2**bits)
    return np.array(fired), np.array(belief)


def _by_last_spike(value: float, bits: int) -> Spoken:
    """The larger, the later; 1 comes with the last step."""
    leak = 2**bits / log(2)
    time = float(reverse.spike_time(np.asarray(value), leak=leak))
    return _at(time, float(reverse.growth(np.asarray(time), leak=leak)) - 1, bits)


def _by_bits(value: float, bits: int) -> Spoken:
    """A gate for each binary digit, one after the other."""
    unit = amos.relu(bits)
    z = unit.gates(np.asarray(value))
    steps = np.arange(1, bits + 1)
    said = np.concatenate([[0.0], np.cumsum(unit.d * z)])
    return steps[z > 0], said[np.minimum(np.arange(2**bits + 1), bits)]


def _at(time: float, value: float, bits: int, *, fires: bool = True) -> Spoken:
    """One spike: before it, nothing is known."""
    belief = np.where(np.arange(2**bits + 1) >= time, value, 0.0)
    return np.array([time] if fires else []), belief


SPEAKERS = {
    "rate": _by_rate,
    "ttfs": _by_first_spike,
    "sigma_delta": _by_changes,
    "tdsnn": _by_last_spike,
    "amos": _by_bits,
}
