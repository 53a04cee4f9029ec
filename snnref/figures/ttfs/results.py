"""Figures of the chapter "Time to first spike" that are drawn from a result file."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...reproduce import select
from ...reproduce.lopez_randulfe2022 import LOSS, SPIKES, smallest
from ..description import BLUE, GREEN, GREY, ORANGE, PINK, Axis, Figure, Line, Panel, Rule

RULES = (
    ("search", "layer", BLUE, False),
    ("search", "channel", BLUE, True),
    ("maximum", "layer", GREEN, False),
    ("bound", "layer", PINK, False),
    ("bound", "channel", PINK, True),
)
Curve = tuple[str, str, bool, list[dict[str, Any]]]  # label, colour, whether dashed, experiments
SEARCH = {"threshold": "search", "per": "layer"}


def measured_accuracy(result: dict[str, Any], *, network: str = "mnist-two-conv") -> Figure:
    """Error and spikes against t_max, for each rule of choosing thresholds."""
    curves = [
        (
            rule if per == "layer" else f"{rule}, per channel",
            color,
            dashed,
            select(result, "thresholds", network=network, threshold=rule, per=per),
        )
        for rule, per, color, dashed in RULES
    ]
    first = curves[0][3][0]["points"][0]
    ann = 100 * (1 - first["ann_accuracy"])
    low = float(np.log10(ann)) - 0.2
    windows = sorted({e["settings"]["t_max"] for _, _, _, found in curves for e in found})
    axis = Axis("t_max", (2.8, float(np.log2(windows[-1])) + 0.2), ticks=[(np.log2(t), str(t)) for t in windows[::2]])

    def x(found: list[dict[str, Any]]) -> np.ndarray:
        return np.log2([e["settings"]["t_max"] for e in found])

    def value(found: list[dict[str, Any]], key: str) -> np.ndarray:
        return np.array([e["points"][0][key] for e in found])

    errors = Panel(
        [
            *(
                Line(x(f), np.log10(100 * (1 - value(f, "accuracy"))), color=c, label=label, dashed=dashed)
                for label, c, dashed, f in curves
            ),
            Rule(y=float(np.log10(ann)), label="ANN"),
        ],
        Axis("", axis.domain, ticks=axis.ticks),
        Axis("error, %", (low, 2.05), ticks=[(np.log10(e), f"{e:g}") for e in (0.3, 1, 3, 10, 30, 100) if e > 10**low]),
        height=210,
    )
    spikes = Panel(
        [
            *(Line(x(f), value(f, "spikes_per_neuron"), color=c, dashed=dashed) for _, c, dashed, f in curves),
            Rule(y=SPIKES, color=ORANGE, label=f"{SPIKES}, the paper's"),
        ],
        axis,
        Axis("spikes a neuron", (0, 0.18)),
        height=150,
    )
    return Figure([[errors], [spikes]], _caption(network, curves, smallest(result, network)))


def _caption(
    network: str, curves: list[tuple[str, str, bool, list[dict[str, Any]]]], least: dict[str, Any] | None
) -> str:
    search = curves[0][3]
    first, last = search[0], search[-1]["points"][0]
    came = (
        f"from t_max = {least['settings']['t_max']} on it loses no more than {100 * LOSS:.2f} points, there with "
        f"{least['points'][0]['spikes_per_neuron']:.3f} spikes a neuron and {least['points'][0]['operations']:,.0f} "
        "synaptic operations"
        if least
        else f"it always loses more than {100 * LOSS:.2f} points"
    )
    shortest = [(label, found[0]["points"][0]) for label, _, dashed, found in curves if not dashed]
    ends = [f"by {k} {100 * (1 - p['accuracy']):.2f} % with {p['spikes_per_neuron']:.3f} spikes" for k, p in shortest]
    return (
        f"{network} on its {last['images']:,} test images. With thresholds by search, {came}; the ANN's error is "
        f"{100 * (1 - last['ann_accuracy']):.2f} %, its operations {last['ann_operations']:,}. Errors with windows of "
        f"{first['settings']['t_max']} steps: {', '.join(ends)} a neuron. With {search[-1]['settings']['t_max']} steps "
        f"the search's spikes are {last['spikes_per_neuron']:.3f}."
    )


def measured_rounding(result: dict[str, Any], *, network: str = "mnist-two-conv") -> Figure:
    """What half a step's charge is worth: error against t_max with and without."""
    rows = (
        (
            "rounded, by half a step's charge",
            BLUE,
            select(result, "thresholds", network=network, threshold="search")[:6],
        ),
        ("cut off by the crossing", GREY, select(result, "cut off", network=network)),
    )
    first = rows[0][2][0]["points"][0]
    ann = 100 * (1 - first["ann_accuracy"])
    lines = [
        Line(
            np.log2([e["settings"]["t_max"] for e in found]),
            [100 * (1 - e["points"][0]["accuracy"]) for e in found],
            color=color,
            label=label,
        )
        for label, color, found in rows
    ]
    top = max(float(np.max(line.y)) for line in lines)
    windows = [e["settings"]["t_max"] for e in rows[0][2]]
    text = "; ".join(
        f"{label}: {100 * (1 - found[0]['points'][0]['accuracy']):.2f} % at t_max = {windows[0]}, "
        f"{found[0]['points'][0]['spikes_per_neuron']:.3f} spikes a neuron"
        for label, _, found in rows
    )
    return Figure(
        [
            [
                Panel(
                    [*lines, Rule(y=ann, label="ANN")],
                    Axis("t_max", (2.8, 8.2), ticks=[(np.log2(t), str(t)) for t in windows]),
                    Axis("error, %", (0, top * 1.1)),
                    height=170,
                )
            ]
        ],
        f"Errors of {network}. {text[0].upper()}{text[1:]}. The ANN's error is {ann:.2f} %.",
    )
