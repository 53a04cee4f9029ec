"""Figures of the chapter "Vocabulary": one neuron, one number, one network.

Their default values are multiples of 1/64, so that sums of them are exact.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .. import rate
from ..network import Network
from ..spiking.snn import SNN
from .description import BLUE, GREEN, GREY, ORANGE, PINK, Axis, Bars, Cells, Dots, Figure, Line, Panel, Rule, Ticks
from .digits import digits
from .wording import times

__all__ = ["digit", "neuron", "one_number"]


def fire(
    current: float, *, steps: int, threshold: float = 1.0, reset: str = "subtract"
) -> tuple[np.ndarray, np.ndarray]:
    """Spikes and potentials `(steps,)` of one integrate-and-fire neuron under a constant current."""
    spikes, potentials, v = np.zeros(steps), np.zeros(steps), np.zeros(())
    for step in range(steps):
        spikes[step], v = rate.integrate_and_fire(np.asarray(current), v, threshold=threshold, reset=reset)
        potentials[step] = v
    return spikes, potentials


def neuron(*, threshold: float = 1.0, current: float = 0.3125, reset: str = "subtract", steps: int = 40) -> Figure:
    """One neuron under a constant current: potential, spikes, and the rate that tends to current/threshold."""
    spikes, after = fire(current, steps=steps, threshold=threshold, reset=reset)
    before = np.concatenate([[0.0], after[:-1]]) + current  # the potential that is compared with the threshold
    time = np.arange(1, steps + 1)
    counts, target = np.cumsum(spikes), current / threshold
    low, high = min(-0.2, float(after.min())), max(1.2 * threshold, float(before.max()), 0.2)
    axis = Axis("", (0, steps + 0.5))
    potential = Panel(
        [
            Line(np.repeat(time, 2), np.stack([before, after], axis=1).ravel()),
            Rule(y=threshold, label="threshold θ"),
        ],
        axis,
        Axis("potential V", (low, high)),
        height=170,
    )
    fired = time[spikes > 0]
    raster = Panel([Ticks(fired, np.ones(len(fired)))], axis, Axis("spikes", (0.5, 1.5), ticks=()), height=55)
    rates = Panel(
        [
            Dots(time, counts / time, label="rate r(t)"),
            Rule(y=target, color=GREEN, label="activation A = z/θ"),
        ],
        Axis("time step t", axis.domain),
        Axis("rate", (min(0.0, target) - 0.1, max(1.1, target + 0.1))),
    )
    return Figure(
        [[potential], [raster], [rates]],
        _neuron_caption(threshold, current, reset, counts[-1], after[-1], steps),
    )


def _neuron_caption(threshold: float, current: float, reset: str, count: float, v: float, steps: int) -> str:
    rate_, activation = count / steps, current / threshold
    start = (
        f"Input z = {current:g} a step, threshold θ = {threshold:g}: {times(count, 'spike')} in {steps} steps, "
        f"a rate of {rate_:.4f} against an activation A = z/θ = {activation:.4f}. "
    )
    if reset == "subtract":
        left = v / (steps * threshold)
        return start + f"The difference is exactly the potential left over, V/(tθ) = {left:.4f} (Eq. 5b)."
    if current <= 0:
        return start + "Without a positive input there is no spike and nothing to reset."
    every = int(np.ceil(threshold / current))
    wasted = every * current - threshold
    rhythm = f"A spike comes every {times(every, 'step')}" if every > 1 else "A spike comes at every step"
    if wasted == 0:
        return start + f"{rhythm} and its reset throws nothing away: ε = 0, and the rate tends to A (Eq. 5a)."
    return start + (
        f"{rhythm} and its reset throws away ε = {wasted:.4f}, "
        f"so the rate tends to A·θ/(θ + ε) = {1 / every:.4f} instead of A (Eq. 5a)."
    )


def one_number(*, value: float = 0.625, steps: int = 32) -> Figure:
    """One number in each code: when its spikes come, and what a receiver believes as they come in."""
    codes = (("reset by subtraction", "subtract", BLUE), ("reset to zero", "zero", PINK))
    time = np.arange(1, steps + 1)
    raster, beliefs, ends = [], [], []
    for row, (label, reset, color) in zip((2, 1), codes, strict=True):  # the first on top
        spikes, _ = fire(value, steps=steps, reset=reset)
        fired = time[spikes > 0]
        belief = np.cumsum(spikes) / time
        raster.append(Ticks(fired, np.full(len(fired), row), color=color))
        beliefs.append(Line(time, belief, color=color, label=label))
        ends.append(f"{label}, {times(len(fired), 'spike')} mean {belief[-1]:.4g}")
    axis = Axis("time step", (0, steps + 0.5))
    rows = [(2, "subtract"), (1, "zero")]
    return Figure(
        [
            [Panel(raster, Axis("", axis.domain), Axis("", (0.4, len(codes) + 0.6), ticks=rows), height=90)],
            [
                Panel(
                    [*beliefs, Rule(y=value, color=GREEN, label="the number")],
                    axis,
                    Axis("decoded value", (0, 1.1)),
                )
            ],
        ],
        f"The number {value:g} as a rate, after {times(steps, 'step')}: with {'; with '.join(ends)}.",
    )


@lru_cache(maxsize=1)
def _reader() -> tuple[Network, SNN, np.ndarray, np.ndarray]:
    """digits-cnn, the same in spikes, and the held-out images and labels."""
    net, calibration, images, labels = digits()
    return net, rate.convert(net, calibration), images, labels


def digit(*, image: int = 0, steps: int = 40) -> Figure:
    """A held-out digit read by digits-cnn in spikes: the ten outputs over time, and against the ANN's."""
    net, snn, images, labels = _reader()
    x, label = images[image : image + 1], int(labels[image])
    ann, run = net(x)[0], snn.run(x, steps=steps)
    outputs, answers = run.output_over_time[:, 0], run.prediction_over_time[:, 0]
    answer, time = int(answers[-1]), np.arange(1, steps + 1)
    settled = steps - int(np.argmin(np.append(answers[::-1] == answer, False))) + 1
    span = (float(min(outputs.min(), ann.min())) - 0.5, float(max(outputs.max(), ann.max())) + 0.5)
    picture = Panel([Cells(x[0, 0])], Axis("", (0, 8), ticks=()), Axis("", (8, 0), ticks=()), height=170)
    others = [Line(time, outputs[:, k], color=GREY) for k in range(10) if k != answer]
    winner = Line(time, outputs[:, answer], color=ORANGE, label=f"class {answer}")
    over_time = Panel([*others, winner], Axis("time step", (0, steps + 0.5)), Axis("output", span), width=3, height=170)
    classes = Axis("class", (-0.6, 9.6), ticks=[(k, str(k)) for k in range(10)])
    final = Panel(
        [
            Bars(np.arange(10), outputs[-1], label="spiking"),
            Dots(np.arange(10), ann, color=GREEN, label="ANN"),
        ],
        classes,
        Axis("output", span),
    )
    verdict = "as the ANN does" if answer == int(ann.argmax()) else f"where the ANN says {int(ann.argmax())}"
    return Figure(
        [[picture, over_time], [final]],
        f"Held-out digit {image}, a {label}: after {times(steps, 'step')} the spiking network says {answer}, "
        f"{verdict}; its answer has not changed since step {settled}. A neuron fired {run.spikes_per_neuron:.2f} times "
        f"on average, which took {run.operations.total[0]:,.0f} synaptic operations.",
    )
