"""The ticking neuron in slow motion."""

from __future__ import annotations

import numpy as np

from ... import tdsnn
from ...layers.reverse_coding import growth, spike_time
from ..description import (
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    Axis,
    Dots,
    Figure,
    Line,
    Mark,
    Panel,
    Rule,
    Ticks,
)
from ..wording import times
from .coding import _threshold

WEIGHTS = (1.0, -1.25, 0.25)  # their sum is 0: A is what the values say, but for rounding


def ticking(*, leak: float = 3.0, value: float = 2.0, rounding: str = "up") -> Figure:
    """The ticking neuron in slow motion: three inputs, the inhibitory period, then ticks until the neuron fires."""
    h = _threshold(rounding, leak)
    inputs = np.array([value, 1.0, 0.5])
    spikes = spike_time(inputs, leak=leak, threshold=h)
    end = float(max(spikes))
    arriving = [-np.asarray(np.dot(WEIGHTS, spikes == t)) for t in range(int(end) + 1)]
    silent = tdsnn.inhibitory_period(arriving, leak=leak)
    left = float(growth(np.asarray(-end), leak=leak))
    tick = tdsnn.tick_weight(np.asarray(end), leak=leak)
    fired, active = tdsnn.active_period(silent[-1], tick=tick, leak=leak, threshold=h * left)
    out = float(fired)
    potentials = np.array([float(v) for v in silent + active[1:]]).round(12) + 0.0
    a = round(float(np.dot(WEIGHTS, growth(spikes, leak=leak))), 12) + 0.0  # sums of 0 differ from machine to machine
    stop = end + max(out, 1.0)
    axis = (-0.5, stop + 0.7)
    low, high = min(-0.1, h * left, float(potentials.min())), max(0.1, float(potentials.max()))
    colors = [BLUE if w > 0 else PINK for w in WEIGHTS]
    raster: list[Mark] = [
        *(Ticks([t], [4 - k], color=c) for k, (t, c) in enumerate(zip(spikes, colors, strict=True))),
        *([Ticks(end + np.arange(1, out + 1), np.full(int(out), 1.0), color=GREEN)] if out else []),
        Ticks([end + out], [0]),
        Rule(x=end),
    ]
    names = [(4 - k, f"{x:g}, W {w:g}") for k, (x, w) in enumerate(zip(inputs, WEIGHTS, strict=True))]
    return Figure(
        [
            [
                Panel(
                    raster,
                    Axis("", axis),
                    Axis("", (-0.6, 4.6), ticks=[*names, (1, "ticks"), (0, "output")]),
                    height=130,
                )
            ],
            [
                Panel(
                    [
                        Line(np.arange(len(potentials)), potentials),
                        Dots(np.arange(len(potentials)), potentials),
                        Rule(y=h * left, color=ORANGE, label="threshold"),
                        Rule(x=end, label="release"),
                    ],
                    Axis("step: inhibited, then active", axis),
                    Axis("potential", (low * 1.15, high * 1.15)),
                    height=200,
                )
            ],
        ],
        f"L = {leak:g}. Σ W G = A = {a:.4f}, so at T_il = {end:g} the potential is P = {potentials[int(end)]:.4f}. "
        + (
            f"Ticks of {float(tick):.4f} raise it to the threshold in {times(int(out), 'step')}: T(A) = {out:g}, "
            f"which brings G = {float(growth(np.asarray(out), leak=leak)):.4f}, for A + 1 = {a + 1:.4f}."
            if out
            else "The neuron fires at once, at step 0, which says 0: "
            + ("A is not above 0 (the ReLU)." if a <= 0 else f"A is less than half a step, {np.expm1(0.5 / leak):.4f}.")
        ),
    )


def first_tick(*, leak: float = 5.0, most: float = 10.0) -> Figure:
    """When neurons fire if the first tick comes at step 1, and if it comes at 0 as Eq. 5 is printed."""
    a = np.linspace(0, most, 2001)[1:]
    tick = 1 - np.exp(-1 / leak)
    right = spike_time(a, leak=leak)
    printed = spike_time(np.maximum(a - tick, 0), leak=leak)  # one tick more in the potential
    wrong = right != printed
    over = f", and {np.mean(wrong[a <= 1]):.1%} of those up to 1" if most > 1 else ""
    return Figure(
        [
            [
                Panel(
                    [
                        Line(a, right, label="first tick at 1"),
                        Line(a, printed, color=ORANGE, label="at 0, as printed"),
                    ],
                    Axis("A", (0, most)),
                    Axis("step in which it fires", (0, float(right.max()) + 1)),
                    height=200,
                )
            ]
        ],
        f"L = {leak:g}. With a tick at step 0, {wrong.mean():.1%} of the values up to {most:g} fire a step sooner than "
        f"⌈L ln(A + 1)⌉{over}.",
    )
