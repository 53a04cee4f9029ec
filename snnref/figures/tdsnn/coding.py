"""A number as a late spike: reverse coding, its error, the leak."""

from __future__ import annotations

import numpy as np

from ... import tdsnn
from ...layers.reverse_coding import growth, spike_time, staircase
from ..description import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    Axis,
    Bars,
    Dots,
    Figure,
    Line,
    Mark,
    Panel,
    Rule,
)
from ..wording import times

VALUES, COLORS = (0.0, 0.5, 1.0, 2.0, 4.0), (GREY, PINK, ORANGE, GREEN, BLUE)
ROUNDINGS = {"up": 0.0, "to the nearest step": "nearest"}  # -> the option `threshold`


def decay(*, leak: float = 3.0) -> Figure:
    """What a spike leaves in a leaky neuron: the later it comes, the more is there at the end."""
    spikes = spike_time(np.array(VALUES), leak=leak)
    end = float(spikes.max())
    lines: list[Mark] = []
    for value, time, color in zip(VALUES, spikes, COLORS, strict=True):
        t = np.linspace(time, end, 60)
        y = growth(time - t, leak=leak)
        lines.append(Line([time, *t], [0, *y], color=color, label=f"x = {value:g}"))
    left = growth(spikes - end, leak=leak)
    sent = growth(spikes, leak=leak)
    bars: list[Mark] = [
        *(Bars([k], [g], color=color) for k, (g, color) in enumerate(zip(sent, COLORS, strict=True))),
        Dots(np.arange(len(VALUES)), np.array(VALUES) + 1, color=GREY, label="x + 1"),
    ]
    shown = "; ".join(f"x = {x:g} at {t:g}: {y:.3f}" for x, t, y in zip(VALUES, spikes, left, strict=True))
    return Figure(
        [
            [
                Panel(
                    lines,
                    Axis("time step of the inhibitory period", (-0.3, end * 1.02 + 0.3)),
                    Axis("potential", (0, 1.08)),
                    width=1.6,
                    height=210,
                ),
                Panel(
                    bars,
                    Axis("x", (-0.6, len(VALUES) - 0.4), ticks=[(k, f"{x:g}") for k, x in enumerate(VALUES)]),
                    Axis("G, in units of the first", (0, float(sent.max()) * 1.1)),
                    height=210,
                ),
            ]
        ],
        f"L = {leak:g}. Each value is one spike of weight 1, at T(x) = ⌈L ln(x + 1)⌉; its potential decays "
        f"by exp(−1/L) = {np.exp(-1 / leak):.3f} a step. What is left after {times(int(end), 'step')}: {shown}.",
    )


def code(*, leak: float = 5.0, most: float = 10.0, rounding: str = "up") -> Figure:
    """T(x) and G(x), what G says wrong, and how long it takes."""
    threshold = _threshold(rounding, leak)
    x = np.linspace(0, most, 1201)
    t, g = spike_time(x, leak=leak, threshold=threshold), staircase(x, leak=leak, threshold=threshold)
    wrong = (g - x - 1) / (x + 1)
    axis = Axis("", (0, most))
    worst = float(np.abs(wrong).max())
    return Figure(
        [
            [
                Panel(
                    [
                        Line(x, leak * np.log(x + 1), color=GREY, dashed=True, label="L ln(x + 1)"),
                        Line(x, t, label="T(x)"),
                    ],
                    axis,
                    Axis("time step", (0, float(t.max()) + 0.5)),
                    height=170,
                ),
                Panel(
                    [Line(x, x + 1, color=GREY, dashed=True, label="x + 1"), Line(x, g, color=ORANGE, label="G(x)")],
                    axis,
                    Axis("", (0, float(g.max()) * 1.05)),
                    height=170,
                ),
            ],
            [
                Panel(
                    [Line(x, 100 * wrong, color=ORANGE), Rule(y=0.0)],
                    Axis("x", (0, most)),
                    Axis("G over x + 1, %", (-100 * worst * 1.1 if threshold else 0, 100 * worst * 1.1)),
                    height=120,
                )
            ],
        ],
        f"L = {leak:g}, times rounded {rounding}: values from 0 to {most:g} take {times(int(t.max()), 'step')}, which "
        f"tell {len(np.unique(t))} values apart. G is wrong by {100 * worst:.1f} % of x + 1 at most (a step is "
        f"exp(1/L) − 1 = {100 * np.expm1(1 / leak):.1f} %) and by {100 * wrong.mean():+.1f} % on average.",
    )


def _threshold(rounding: str, leak: float) -> float:
    return tdsnn.half_step(leak) if ROUNDINGS[rounding] == "nearest" else 0.0
