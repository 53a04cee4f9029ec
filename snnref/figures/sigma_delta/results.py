"""Figures of the chapter "Hysteresis sigma-delta" that are drawn from a result file."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...reproduce import select
from ...reproduce.yousefzadeh2019 import BIT, SPIKES, enough, sparing
from ..description import BLUE, GREEN, ORANGE, PINK, Axis, Figure, Line, Panel, Rule

ERRORS = (0.5, 1, 2, 5, 10, 20, 50, 100)


def measured_thresholds(result: dict[str, Any], *, network: str = BIT) -> Figure:
    """Error and spikes over θ: with hysteresis, and quantised directly."""
    curves = [("hysteresis", BLUE, select(result, "thresholds", network=network))]
    if network == BIT:
        curves += [
            ("direct, down (Q-ANN)", PINK, select(result, "direct", quantiser="floor")),
            ("direct, to the nearest (Q-ANN)", GREEN, select(result, "direct", quantiser="round")),
        ]
    thetas = [e["settings"]["threshold"] for e in curves[0][2]]
    ann = 100 * (1 - curves[0][2][0]["points"][0]["ann_accuracy"])
    low = float(np.log10(ann)) - 0.15
    axis = (float(np.log2(thetas[0])) - 0.1, float(np.log2(thetas[-1])) + 0.1)
    ticks = [(float(np.log2(t)), f"{t:g}") for t in thetas if np.log2(t) % 1 == 0]

    def line(found: list[dict[str, Any]], values: np.ndarray, least: float, **how: Any) -> Line:
        """Of logarithms; what is below the least has no place on the axis."""
        shown = values >= least
        x = np.log2([e["settings"]["threshold"] for e in found])
        return Line(x[shown], np.log10(values[shown]), dashed=len(found) < 4, **how)

    def end(found: list[dict[str, Any]], key: str) -> np.ndarray:
        return np.array([e["points"][-1][key] for e in found])

    errors = Panel(
        [
            *(line(f, 100 * (1 - end(f, "accuracy")), 0.1, color=c, label=label) for label, c, f in curves),
            Rule(y=float(np.log10(ann)), label="ANN"),
        ],
        Axis("", axis, ticks=ticks),
        Axis("error, %", (low, 2.05), ticks=[(float(np.log10(e)), f"{e:g}") for e in ERRORS if np.log10(e) > low]),
        height=200,
    )
    most = float(max(end(f, "spikes_per_neuron").max() for _, _, f in curves))
    spikes = Panel(
        [
            *(line(f, end(f, "spikes_per_neuron"), 0.003, color=c) for _, c, f in curves),
            Rule(y=float(np.log10(SPIKES)), color=ORANGE, label=f"{SPIKES}, the paper's at θ = 1"),
        ],
        Axis("θ", axis, ticks=ticks),
        Axis(
            "spikes a neuron",
            (-2.5, float(np.log10(most)) + 0.3),
            ticks=[(k, f"{10.0**k:g}") for k in range(-2, int(np.log10(most)) + 1)],
        ),
        height=150,
    )
    return Figure([[errors], [spikes]], _thresholds_caption(network, ann, curves, sparing(result, network)))


def _thresholds_caption(network: str, ann: float, curves: list[Any], best: dict[str, Any]) -> str:
    point = best["points"][-1]
    images = point["images"]
    theta = curves[-1][2][0]["settings"]["threshold"]
    chatter = [
        f"{label.split(' (')[0]} {e['points'][-1]['spikes_per_neuron']:.2f}"
        for label, _, found in curves
        for e in found
        if e["settings"]["threshold"] == theta
    ]
    spikes = f" Spikes a neuron at θ = {theta:g}: {'; '.join(chatter)}." if len(chatter) > 1 else ""
    return (
        f"{network} on its {images:,} test images; the ANN's error is {ann:.2f} %. With hysteresis and no more than "
        f"{SPIKES} spikes a neuron it is {100 * (1 - point['accuracy']):.2f} % at best, at "
        f"θ = {best['settings']['threshold']:g}, with {point['spikes_per_neuron']:.2f} spikes and "
        f"{point['operations']:,.0f} synaptic operations; the ANN takes {point['ann_operations']:,}.{spikes}"
    )


def measured_over_time(result: dict[str, Any], *, network: str = BIT) -> Figure:
    """Figs. 3 and 4: accuracy while the image falls in, over time, spikes and operations."""
    best = sparing(result, network)
    found = select(result, "thresholds", network=network)
    at = found.index(best)
    chosen = found[max(0, at - 1) : at + 2]
    colors = (GREEN, BLUE, PINK)
    ann = 100 * best["points"][0]["ann_accuracy"]
    operations = best["points"][0]["ann_operations"] / 1e3
    low = 10 * np.floor(10 * min(p["accuracy"] for e in chosen for p in e["points"]))

    def panel(key: str, label: str, *, scale: float = 1.0, rules: tuple[Rule, ...] = ()) -> Panel:
        lines = [
            Line(
                [p[key] * scale for p in e["points"]],
                [100 * p["accuracy"] for p in e["points"]],
                color=c,
                label=f"θ = {e['settings']['threshold']:g}" if key == "latency" else "",
            )
            for e, c in zip(chosen, colors, strict=False)
        ]
        most = max(float(np.max(line.x)) for line in lines)
        return Panel(
            [*lines, Rule(y=ann, label="ANN" if key == "latency" else ""), *rules],
            Axis(label, (0, 1.05 * most)),
            Axis("accuracy, %", (low, 101)),
            height=170,
        )

    first, end = enough(best), best["points"][-1]
    return Figure(
        [
            [panel("latency", "time units")],
            [panel("spikes_per_neuron", "spikes a neuron")],
            [panel("operations", "synaptic operations, thousands", scale=1e-3)],
        ],
        f"{network} at θ = {best['settings']['threshold']:g}: after {first['latency']:g} of {end['latency']:g} time "
        f"units the accuracy stays within 0.2 points of its end, {100 * end['accuracy']:.2f} %. By then it has taken "
        f"{first['spikes_per_neuron']:.2f} spikes a neuron and {first['operations']:,.0f} synaptic operations; the ANN "
        f"takes {operations:,.0f} thousand operations.",
    )
