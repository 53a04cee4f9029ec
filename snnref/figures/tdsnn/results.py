"""Figures of the chapter "The ticking neuron" that are drawn from a result file."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...reproduce import select
from ...reproduce.zhang2019 import LEAKS, NETWORK, UNITS, shapes
from ...tdsnn import ann_costs
from ..description import BLUE, GREEN, GREY, ORANGE, PINK, Axis, Dots, Figure, Line, Mark, Panel, Rule

PAPER = {1: 98.47, 5: 99.08}  # LeNet's accuracy over L, of which the text of the paper gives the ends (Fig. 4)


def measured_accuracy(result: dict[str, Any]) -> Figure:
    """Error over L: retrained; folded, with times rounded up and to the nearest step (Fig. 4)."""
    retrained = select(result, "retrained")
    up, nearest = (select(result, "fold", threshold=threshold) for threshold in (0.0, "nearest"))
    ann = _error(up[0], "ann_accuracy")
    curves = (("retrained", BLUE, retrained), ("folded", ORANGE, up), ("folded, to the nearest step", PINK, nearest))
    low = np.log10(max(ann, 0.01)) - 0.15
    leaks = [e["settings"]["leak"] for e in up]
    marks: list[Mark] = [
        *(Line(_leaks(found), _log(found), color=color, label=label) for label, color, found in curves),
        Dots(np.log2(list(PAPER)), np.log10([100 - a for a in PAPER.values()]), color=GREEN, label="the paper's"),
        Rule(y=float(np.log10(max(ann, 0.01))), label="ANN"),
    ]
    same = min(e["points"][0]["agreement"] for e in retrained)
    at = {e["settings"]["leak"]: e for e in retrained}
    return Figure(
        [
            [
                Panel(
                    marks,
                    Axis(
                        "leak constant L",
                        (-0.15, np.log2(leaks[-1]) + 0.1),
                        ticks=_ticks(leaks),
                    ),
                    Axis("error, %", (low, 2.0), ticks=[(np.log10(e), f"{e:g}") for e in (0.5, 1, 2, 5, 10, 20, 50)]),
                    height=240,
                )
            ]
        ],
        f"{NETWORK} on its {up[0]['points'][0]['images']:,} test images. Retrained with G, the error is "
        f"{_error(at[1]):.2f} % at L = 1 and {_error(at[5]):.2f} % at L = 5 (the paper's LeNet: "
        f"{100 - PAPER[1]:.2f} and {100 - PAPER[5]:.2f} %), and the spiking network gives the adjusted ANN's answer to "
        f"{100 * same:.2f} % of the images at least. With the offset folded into the biases of the original network it "
        f"is {_error(up[0]):.1f} % at L = 1, {_error(_at(up, 5)):.2f} % at L = 5, {_error(up[-1]):.2f} % at L = "
        f"{leaks[-1]}. The ANN's error is {ann:.2f} %.",
    )


def measured_operations(result: dict[str, Any]) -> Figure:
    """Additions and multiplications over L, by spikes, as shares of the ANN's operations (Fig. 5); and the time."""
    found = select(result, "retrained")
    ann = ann_costs(shapes("LeNet"))
    whole = float(ann.total)

    def share(*keys: str) -> np.ndarray:
        return np.array([100 * sum(e["points"][0]["also"][k] for k in keys) / whole for e in found])

    ticking = share("additions", "multiplications")
    without = share("additions without ticks", "multiplications without ticks")
    steps = np.array([e["points"][0]["latency"] for e in found])
    axis = Axis("leak constant L", (0.8, LEAKS[-1] + 0.2), ticks=[(k, str(k)) for k in LEAKS])
    also = found[-1]["points"][0]["also"]
    return Figure(
        [
            [
                Panel(
                    [
                        Line(LEAKS, ticking, label="with the ticking neuron"),
                        Line(LEAKS, without, color=GREEN, label="without it"),
                        Line(LEAKS, share("multiplications"), color=PINK, label="multiplications"),
                    ],
                    axis,
                    Axis("operations, % of the ANN's", (0, float(ticking.max()) * 1.15)),
                    height=200,
                ),
                Panel(
                    [Line(LEAKS, steps, color=GREY)],
                    axis,
                    Axis("steps", (0, float(steps.max()) * 1.1)),
                    width=0.7,
                    height=200,
                ),
            ]
        ],
        f"{NETWORK}, retrained: {ticking[0]:.1f} % of the ANN's operations at L = {LEAKS[0]}, {ticking[-1]:.1f} % at "
        f"L = {LEAKS[-1]}, where {also['additions']:,.0f} are additions, {also['multiplications']:,.0f} products "
        f"(the ANN: {ann.additions:,.0f} and {ann.multiplications:,.0f}); without ticks {without[-1]:.1f} %. "
        f"An answer takes {steps[0]:.0f} steps at L = {LEAKS[0]} and {steps[-1]:.0f} at L = {LEAKS[-1]}.",
    )


def measured_units(result: dict[str, Any]) -> Figure:
    """Error over L for several scales of the pixels, with the offset folded; dots: retrained."""
    base = [e for e in select(result, "fold", threshold=0.0) if e["settings"]["leak"] in LEAKS]
    curves = [(1.0, BLUE, base)] + [
        (unit, color, select(result, "unit", unit={"input": unit}))
        for unit, color in zip(UNITS, (ORANGE, GREEN), strict=True)
    ]
    again = [select(result, "retrained", leak=1)[0], *select(result, "retrained unit", leak=1)]
    ends = [select(result, "retrained", leak=5)[0], *select(result, "retrained unit", leak=5)]
    marks: list[Mark] = [
        Line(_leaks(found), _log(found), color=color, label=f"folded, unit {unit:g}") for unit, color, found in curves
    ]
    for some in (again, ends):
        marks += [Dots(_leaks([e]), _log([e]), color=color) for e, (_, color, _) in zip(some, curves, strict=True)]
    errors = [_error(e) for _, _, found in curves for e in found]
    low = np.log10(max(0.01, min(errors + [_error(e) for e in again + ends]))) - 0.1

    def listed(some: list[dict[str, Any]]) -> str:
        return ", ".join(f"{_error(e):.2f}" for e in some)

    units = ", ".join(f"{unit:g}" for unit, _, _ in curves)
    firsts, lasts = (listed([found[k] for _, _, found in curves]) for k in (0, -1))
    steps, longer = (
        ", ".join(f"{e['points'][0]['latency']:.0f}" for e in some) for some in ([f[-1] for _, _, f in curves], ends)
    )
    return Figure(
        [
            [
                Panel(
                    marks,
                    Axis(
                        "leak constant L",
                        (-0.15, np.log2(LEAKS[-1]) + 0.1),
                        ticks=_ticks(LEAKS),
                    ),
                    Axis(
                        "error, %",
                        (low, float(np.log10(max(errors))) + 0.1),
                        ticks=[(np.log10(e), f"{e:g}") for e in (0.5, 1, 2, 5, 10, 20, 50)],
                    ),
                    height=210,
                )
            ]
        ],
        f"{NETWORK}: pixels from 0 to 1 in units of {units}. Folded (lines), the errors at L = 1 are {firsts} %, at "
        f"L = 5 {lasts} %. Retrained (dots): {listed(again)} % at L = 1, {listed(ends)} % at L = 5. The smaller the "
        f"unit, the longer it takes: at L = 5 {steps} steps folded, {longer} retrained.",
    )


def _ticks(leaks: Any) -> list[tuple[float, str]]:
    return [(float(np.log2(k)), f"{k}") for k in leaks]


def _leaks(found: list[dict[str, Any]]) -> np.ndarray:
    return np.log2([e["settings"]["leak"] for e in found])


def _log(found: list[dict[str, Any]]) -> np.ndarray:
    return np.log10([max(0.01, _error(e)) for e in found])


def _at(found: list[dict[str, Any]], leak: float) -> dict[str, Any]:
    return next(e for e in found if e["settings"]["leak"] == leak)


def _error(experiment: dict[str, Any], key: str = "accuracy") -> float:
    return 100 * (1 - experiment["points"][0][key])
