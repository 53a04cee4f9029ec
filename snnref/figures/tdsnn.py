"""Figures of the chapter "The ticking neuron": reverse coding, the two periods, pooling, the pipeline, the leak."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .. import tdsnn
from ..arrays import to_numpy
from ..layers.reverse_coding import growth, spike_time, staircase
from ..network.canonical import canonical
from ..network.nodes import Population
from ..spiking.snn import SNN
from ..tdsnn import pooling
from .description import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    Axis,
    Bars,
    Cells,
    Dots,
    Figure,
    Line,
    Mark,
    Panel,
    Rule,
    Ticks,
)
from .digits import digits
from .vocabulary import times

__all__ = ["code", "decay", "first_tick", "leak_constant", "pipeline", "pool_map", "ticking"]

VALUES, COLORS = (0.0, 0.5, 1.0, 2.0, 4.0), (GREY, PINK, ORANGE, GREEN, BLUE)
ROUNDINGS = {"up": 0.0, "to the nearest step": "nearest"}  # -> the option `threshold`
WEIGHTS = (1.0, -1.25, 0.25)  # their sum is 0: A is what the values say, but for rounding


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


LEAKS = np.geomspace(0.2, 6, 45)
LATEST = 8
READINGS = {"this T_m alone": "alone", "all up to T_m, Eq. 13 as printed": "printed", "all up to T_m": "shared"}


@lru_cache(maxsize=64)
def _feasible(inputs: int, reading: str) -> np.ndarray:
    """`(latest spikes 0 to LATEST, leaks)`."""
    rows = [
        [pooling.feasible(inputs, leak=float(leak), latest=t, reading=reading) for leak in LEAKS]
        for t in range(LATEST + 1)
    ]
    return np.array(rows)


def pool_map(*, inputs: int = 4, leak: float = 1.0, reading: str = "this T_m alone") -> Figure:
    """For which windows and leaks a ticking neuron can pool at all (Eqs. 12-14)."""
    which = READINGS[reading]
    found = _feasible(inputs, which)[::-1]  # the latest on top
    here = [t for t in range(LATEST + 1) if pooling.feasible(inputs, leak=leak, latest=t, reading=which)]
    column = float(np.interp(np.log(leak), np.log(LEAKS), np.arange(len(LEAKS)) + 0.5))
    marked = [float(np.interp(np.log(v), np.log(LEAKS), np.arange(len(LEAKS)) + 0.5)) for v in (0.25, 0.5, 1, 2, 4)]
    limit = tdsnn.shared_leak(inputs)
    possible = f"T_m = {', '.join(map(str, here))}" if here else "no T_m at all"
    more = {
        "alone": "Each T_m has the tick weight of its own that suits it; a real layer has windows of all of them.",
        "printed": "Eq. 13 as it stands releases every window at its own T_m; then one tick weight never serves two of "
        "them.",
        "shared": "All windows of a layer are released together. One tick weight serves all T_m > 0 if L ≤ "
        f"1 / ln(N + 1) = {limit:.2f}.",
    }[which]
    return Figure(
        [
            [
                Panel(
                    [
                        Cells(np.where(found, 0.75, 0.0)),
                        Dots(np.full(len(here), column), [LATEST - t + 0.5 for t in here], color=ORANGE),
                        Rule(x=column, color=ORANGE, label="L"),
                    ],
                    Axis(
                        "leak constant L",
                        (0, len(LEAKS)),
                        ticks=[(c, f"{v:g}") for c, v in zip(marked, (0.25, 0.5, 1, 2, 4), strict=True)],
                    ),
                    Axis(
                        "last spike of the window, T_m",
                        (LATEST + 1, 0),
                        ticks=[(LATEST - t + 0.5, str(t)) for t in range(0, LATEST + 1, 2)],
                    ),
                    height=220,
                )
            ]
        ],
        f"Windows of N = {inputs} inputs, dark where some tick weight works. At L = {leak:g}: {possible}. {more}",
    )


@lru_cache(maxsize=64)
def _converted(leak: float, inhibition: str) -> SNN:
    net, calibration, _, _ = digits()
    return tdsnn.convert(net, calibration[::8], leak=leak, inhibition=inhibition)


BAND = 7  # height of a layer, in rows of ticks


def pipeline(*, image: int = 0, leak: float = 5.0, inhibition: str = "last") -> Figure:
    """A digit on its way through the layers: every spike, and when each layer is released."""
    net, _, images, labels = digits()
    x, label = images[image : image + 1], int(labels[image])
    run = _converted(leak, inhibition).run(x, record=True)
    plan = tdsnn.schedule(run)
    shown = [s for s in plan.stages if s.node == "input" or isinstance(run.nodes[s.node], Population)]
    marks: list[Mark] = []
    names, colors = [], (GREY, BLUE, GREEN, PINK)
    for k, stage in enumerate(shown):
        step, neuron, _ = run.trains[stage.node].events(0)
        size = int(np.prod(run.nodes[stage.node].shape))
        begin = stage.active[0] if stage.active else 0
        marks.append(Ticks(begin + step, (len(shown) - k) * BAND - neuron * (BAND - 1.5) / size, color=colors[k]))
        names.append(((len(shown) - k) * BAND - BAND / 2, stage.node))
        marks.append(Rule(x=float(begin)))
    marks.append(Rule(x=float(plan.latency)))
    waits = ", ".join(f"{s.node} {s.active[1] - s.active[0]}" for s in shown if s.active)
    first = np.mean([float(np.mean(to_numpy(run.trains[s.node].lag) == 0)) for s in shown])
    return Figure(
        [
            [
                Panel(
                    marks,
                    Axis("time step", (-1, plan.latency + 1)),
                    Axis("", (-0.5, (len(shown) + 0.2) * BAND), ticks=names),
                    height=280,
                )
            ]
        ],
        f"Held-out digit {image}, a {label}, with L = {leak:g}. Steps of the windows: {waits}; the potentials of the "
        f"last layer are complete after {plan.latency} steps and say {int(run.prediction[0])}, the ANN says "
        f"{int(net(x)[0].argmax())}. Every neuron fires once; {first:.0%} of a layer, on average, at step 0 of its "
        f"window. The next image may enter {plan.interval} steps after this one.",
    )


GRID = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0)
SOME = 50  # held-out digits


@lru_cache(maxsize=8)
def _in_units_of(unit: float, threshold: float | str) -> SNN:
    """For any leak."""
    net, calibration, _, _ = digits()
    return tdsnn.convert(net, calibration[::8], unit=unit, threshold=threshold)


@lru_cache(maxsize=256)
def _measured(leak: float, unit: float, threshold: float | str) -> tuple[float, float, float, float]:
    """Accuracy, steps, additions, multiplications on some digits."""
    _, _, images, labels = digits()
    run = _in_units_of(unit, threshold).run(images[:SOME], leak=leak)
    costs = tdsnn.costs(run)
    means = (float(np.mean(costs.additions)), float(np.mean(costs.multiplications)))
    return run.accuracy(labels[:SOME]), run.latency, *means


UNITS = {"1": 1.0, "1/4": 0.25, "1/16": 0.0625}


def leak_constant(*, leak: float = 5.0, unit: str = "1", rounding: str = "up") -> Figure:
    """Accuracy, time and operations over L, with the offset folded (Figs. 4 and 5, for the digits)."""
    net, _, images, labels = digits()
    how = UNITS[unit], ROUNDINGS[rounding]
    found = np.array([_measured(k, *how) for k in GRID])
    right, steps, additions, products = _measured(leak, *how)
    ann = float(np.mean(net(images[:SOME]).argmax(axis=1) == labels[:SOME]))
    dnn = tdsnn.ann_costs(canonical(net))
    whole = float(dnn.total)
    axis = Axis("", (0.0, np.log2(24)), ticks=[(np.log2(k), f"{k:g}") for k in GRID[::2]])
    low = min(float(found[:, 0].min()), right)

    def panel(marks: list[Mark], label: str, domain: tuple[float, float], x: Axis) -> list[Panel]:
        return [Panel(marks, x, Axis(label, domain), height=120)]

    here, x = [np.log2(leak)], np.log2(GRID)
    return Figure(
        [
            panel(
                [
                    Line(x, 100 * found[:, 0]),
                    Dots(here, [100 * right], color=ORANGE),
                    Rule(y=100 * ann, label="ANN"),
                ],
                "right, %",
                (100 * low - 4, 102),
                axis,
            ),
            panel(
                [Line(x, found[:, 1], color=GREEN), Dots(here, [steps], color=ORANGE)],
                "steps",
                (0, max(float(found[:, 1].max()), steps) * 1.1),
                axis,
            ),
            panel(
                [
                    Line(x, 100 * (found[:, 2] + found[:, 3]) / whole, color=PINK),
                    Dots(here, [100 * (additions + products) / whole], color=ORANGE),
                    Rule(y=100.0, label="ANN"),
                ],
                "operations, %",
                (0, max(110.0, 110 * float((found[:, 2] + found[:, 3]).max()) / whole)),
                Axis("leak constant L", axis.domain, ticks=axis.ticks),
            ),
        ],
        f"L = {leak:g}, values in units of {unit}, times rounded {rounding}, offset folded, no retraining: of {SOME} "
        f"held-out digits {right:.1%} are read rightly (ANN {ann:.1%}), after {steps:.1f} steps on average, with "
        f"{additions:,.0f} additions and {products:,.0f} multiplications; the ANN has {dnn.additions:,.0f} and "
        f"{dnn.multiplications:,.0f}.",
    )


def _threshold(rounding: str, leak: float) -> float:
    return tdsnn.half_step(leak) if ROUNDINGS[rounding] == "nearest" else 0.0
