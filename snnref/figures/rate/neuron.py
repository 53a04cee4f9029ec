"""One neuron, and what its reset throws away."""

from __future__ import annotations

import numpy as np

from ..description import BLUE, GREEN, PINK, Axis, Dots, Figure, Line, Panel, Rule
from ..vocabulary import fire
from ..wording import times


def two_resets(*, threshold: float = 1.0, current: float = 0.40625, steps: int = 40) -> Figure:
    """One neuron under both resets: its rate, and its error beside what Eqs. 5a and 5b say it is."""
    time, activation = np.arange(1, steps + 1), current / threshold
    rows, ends = [], []
    for label, reset, color in (("by subtraction", "subtract", BLUE), ("to zero", "zero", PINK)):
        spikes, v = fire(current, steps=steps, threshold=threshold, reset=reset)
        error = np.cumsum(spikes) / time - activation
        theory = _theory(current, threshold, v, time, reset)
        rows.append((label, color, error, theory))
        ends.append(f"reset {label} {error[-1]:+.4f}")
    span = max(0.02, *(float(np.abs(error).max()) for _, _, error, _ in rows)) * 1.1
    axis = Axis("time step t", (0, steps + 0.5))
    rates = Panel(
        [
            *(Line(time, error + activation, color=color, label=label) for label, color, error, _ in rows),
            Rule(y=activation, color=GREEN, label="activation A = z/θ"),
        ],
        axis,
        Axis("rate r(t)", (min(0.0, activation) - 0.1, max(1.1, activation + 0.1))),
    )
    errors = Panel(
        [
            *(Line(time, theory, color=color, dashed=True) for _, color, _, theory in rows),
            *(Dots(time, error, color=color, label=f"{label}, measured") for label, color, error, _ in rows),
            Rule(y=0.0),
        ],
        axis,
        Axis("r(t) − A", (-span, span)),
        height=190,
    )
    return Figure(
        [[rates], [errors]],
        f"Input {current:g} a step, threshold {threshold:g}, so A = {activation:.4f}. The rate's error after "
        f"{times(steps, 'step')}: {' and '.join(ends)}. Dots are measured, dashed lines are Eq. 5b (subtraction) and "
        "Eq. 5a (zero).",
    )


def _theory(z: float, threshold: float, v: np.ndarray, time: np.ndarray, reset: str) -> np.ndarray:
    """r(t) − A by Eq. 5b, or by Eq. 5a for z > 0."""
    activation = z / threshold
    if reset == "subtract" or z <= 0:
        return -v / (time * threshold)
    wasted = np.ceil(threshold / z) * z - threshold
    return activation * threshold / (threshold + wasted) - v / (time * (threshold + wasted)) - activation
