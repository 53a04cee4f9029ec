"""Figures of what was measured of all five codes: by `compare`, and in the result file of "Side by side"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...analysis.comparison import SideBySide
from ...reproduce import comparison
from ...spiking.energy import PRICES, SPIKES_PER_OUTPUT, OperationCounts
from ..codes import COLORS, NAMES, along
from ..description import GREY, Axis, Bars, Dots, Figure, Line, Mark, Panel, Rule

CACHE = PRICES["45 nm, cache"]


def compared(found: SideBySide) -> Figure:
    """What `compare` found, as bars: errors, spikes, operations, energy."""
    rows = {row.method: row.result for row in found.rows if row.result and row.method in NAMES}
    ann = found.ann_operation_counts
    columns: list[tuple[str, list[float], float | None]] = [
        ("error, %", [100 * (1 - r.accuracy) for r in rows.values()], 100 * (1 - found.ann_accuracy)),
        ("spikes/neuron", [r.spikes_per_neuron for r in rows.values()], None),
        ("compute/ANN", [float(CACHE.compute(r.operation_counts) / CACHE.compute(ann)) for r in rows.values()], 1.0),
        ("memory/ANN", [float(r.operation_counts.words / ann.words) for r in rows.values()], 1.0),
    ]
    places = {name: i for i, name in enumerate(NAMES)}
    panels = []
    for label, values, rule in columns:
        marks: list[Mark] = [
            Bars([places[name]], [value], color=COLORS[name]) for name, value in zip(rows, values, strict=True)
        ]
        if rule is not None:
            marks.append(Rule(y=rule))
        top = 1.15 * max([*values, rule or 0.0, 1e-9])
        panels.append([Panel(marks, along(), Axis(label, (0, top)), height=115)])
    said = "; ".join(
        f"{NAMES[name]} {r.accuracy:.2%}, {r.spikes_per_neuron:.3g} spikes a neuron" for name, r in rows.items()
    )
    refused = [NAMES.get(row.method, row.method) for row in found.rows if row.result is None]
    return Figure(
        panels,
        f"{found.images:,} images; the ANN, dotted, {found.ann_accuracy:.2%}. {said}."
        + (f" It cannot be expressed by {', '.join(refused)}." if refused else ""),
    )


def trade_offs(result: dict[str, Any], *, network: str = "mnist-two-conv") -> Figure:
    """Error against operations, latency, spikes and energy, each method along its main setting."""
    curves = comparison.curves(result, network)
    ann = curves["rate"][0]["ann_accuracy"]
    whole = comparison.side_by_side(result, network)
    forward = whole.ann_operation_counts
    axes: list[tuple[str, Callable[[dict[str, Any]], float], float | None]] = [
        ("operations", lambda p: _total(OperationCounts(**p["operation_counts"])), _total(forward)),
        ("compute and memory, µJ", lambda p: _joules(OperationCounts(**p["operation_counts"])), _joules(forward)),
        ("spikes for each unit of the ANN", lambda p: p["spikes_per_neuron"] * p["neurons"] / whole.units, None),
        ("steps until the answer", lambda p: p["latency"], None),
    ]
    low = float(np.log10(100 * (1 - ann))) - 0.15
    high = max(float(np.log10(100 * (1 - p["accuracy"]))) for found in curves.values() for p in found)
    ticks = [(float(np.log10(e)), f"{e:g}") for e in (0.5, 1, 2, 5, 10, 20, 50) if low < np.log10(e) < high]
    panels: list[list[Panel]] = []
    for label, measure, of_ann in axes:
        marks: list[Mark] = []
        for name, found in curves.items():
            if label.startswith("steps") and name.startswith("sigma_delta"):
                continue  # it has none
            points = sorted((float(np.log10(measure(p))), float(np.log10(100 * (1 - p["accuracy"])))) for p in found)
            x, y = zip(*points, strict=True)
            color = COLORS[name.split()[0]]
            marks += [
                Line(x, y, color=color, label="" if panels else _label(name), dashed=" " in name),
                Dots(x, y, color=color),
            ]
        marks.append(Rule(y=float(np.log10(100 * (1 - ann)))))
        if of_ann is not None:
            marks.append(Rule(x=float(np.log10(of_ann)), label="ANN"))
        if label.startswith("spikes"):
            marks.append(Rule(x=float(np.log10(SPIKES_PER_OUTPUT)), color=GREY, label=f"{SPIKES_PER_OUTPUT}"))
        xs = [v for m in marks if isinstance(m, Dots) for v in m.x] + ([float(np.log10(of_ann))] if of_ann else [])
        span = (float(min(xs)) - 0.1, float(max(xs)) + 0.1)
        across, up = Axis(label, span, ticks=_decades(span)), Axis("error, %", (low, high + 0.1), ticks=ticks)
        panels.append([Panel(marks, across, up, height=200)])
    near = comparison.cheapest(result, network)
    said = "; ".join(
        f"{_label(k)} {p['operation_counts']['additions'] / 1e6:,.1f} M additions" for k, p in near.items()
    )
    missing = [_label(k) for k in curves if k not in near]
    return Figure(
        panels,
        f"{network}, {whole.images:,} test images, ANN {ann:.2%}. Within {comparison.NEAR:g} points of it, with the "
        f"least energy: {said}" + (f"; never: {', '.join(missing)}" if missing else "") + ".",
    )


def _label(name: str) -> str:
    method, _, rest = name.partition(" ")
    return f"{NAMES[method]} {rest}".rstrip()


def _total(counts: OperationCounts) -> float:
    return float(counts.additions + counts.multiplications + counts.comparisons)


def _joules(counts: OperationCounts) -> float:
    return float(CACHE.total(counts)) / 1e6


def _decades(span: tuple[float, float]) -> list[tuple[float, str]]:
    """Powers of ten, or 1, 2, 5 of them on a short axis."""
    parts = (1,) if span[1] - span[0] > 2 else (1, 2, 5)
    values = [m * 10.0**k for k in range(int(np.floor(span[0])), int(np.ceil(span[1])) + 1) for m in parts]
    return [(float(np.log10(v)), _short(v)) for v in values if span[0] <= np.log10(v) <= span[1]]


def _short(value: float) -> str:
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
