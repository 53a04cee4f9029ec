"""A digit in a whole network, and what the leak constant decides."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ... import tdsnn
from ...arrays import to_numpy
from ...network.canonical import canonical
from ...network.nodes import Population
from ...spiking.snn import SNN
from ..description import (
    BLUE,
    GREEN,
    GREY,
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
from ..digits import digits
from .coding import ROUNDINGS


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
