"""Figures of the chapter "Rate coding" that are drawn from a result file."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...reproduce import select
from ..description import BLUE, GREEN, GREY, ORANGE, PINK, Axis, Bars, Dots, Figure, Line, Panel, Rule

COLORS = (GREY, PINK, GREEN, ORANGE, BLUE)


def measured_ladder(result: dict[str, Any], *, steps: int = 10) -> Figure:
    """Fig. 2 on MNIST: what each mechanism contributes."""
    names = ("plain", "+ max-norm", "+ subtraction", "+ analog input", "+ 99.9th perc.")
    points = [next(p for p in experiment["points"] if p["latency"] == steps) for experiment in select(result, "ladder")]
    errors = [100 * (1 - p["accuracy"]) for p in points]
    ann = 100 * (1 - points[0]["ann_accuracy"])
    bars = [Bars([k], [value], color=color) for k, (value, color) in enumerate(zip(errors, COLORS, strict=True))]
    panel = Panel(
        [*bars, Rule(y=ann, label="ANN")],
        Axis("", (-0.6, 4.4), ticks=list(enumerate(names))),
        Axis("error, %", (0, max(errors) * 1.1)),
        height=180,
    )
    text = ", ".join(f"{name} {error:.2f} %" for name, error in zip(names, errors, strict=True))
    return Figure(
        [[panel]],
        f"Errors of mnist-lenet on the {points[0]['images']:,} test images of MNIST after {steps} steps: {text}; "
        f"the ANN {ann:.2f} %.",
    )


def measured_curves(result: dict[str, Any], *, network: str = "mnist-lenet") -> Figure:
    """Figs. 3 and 5: error against time, for each normalisation, and against operations."""
    curves = [
        (label, color, select(result, "curves", network=network, percentile=p, **reset)[0]["points"])
        for label, color, p, reset in (
            ("no normalisation", GREY, None, {}),
            ("maximum", GREEN, 100, {"reset": "subtract"}),
            ("99.9th percentile", BLUE, 99.9, {"reset": "subtract"}),
            ("99.9th, reset to zero", PINK, 99.9, {"reset": "zero"}),
        )
    ]
    ann = 100 * (1 - curves[0][2][0]["ann_accuracy"])
    shown = float(np.log10(max(ann, 0.02)))  # a logarithm needs something
    low, high = shown - 0.3, 2.0
    error = Axis("error, %", (low, high), ticks=[(k, f"{10.0**k:g}") for k in (0, 1, 2)])

    def log_error(points: list[dict[str, Any]]) -> np.ndarray:
        return np.log10(np.maximum(100 * (1 - np.array([p["accuracy"] for p in points])), 10**low))

    times = Panel(
        [
            *(
                Line(np.log10([p["latency"] for p in c]), log_error(c), color=color, label=label)
                for label, color, c in curves
            ),
            Rule(y=shown, label="ANN"),
        ],
        Axis("time steps", (0, 2.31), ticks=[(float(np.log10(t)), str(t)) for t in (1, 2, 5, 10, 20, 50, 100, 200)]),
        error,
        height=190,
    )
    operations = [np.log10(np.maximum(1e-2, np.array([p["operations"] for p in c]) / 1e6)) for _, _, c in curves]
    cost = float(np.log10(curves[0][2][0]["ann_operations"] / 1e6))
    by_operations = Panel(
        [
            *(Line(x, log_error(c), color=color) for x, (_, color, c) in zip(operations, curves, strict=True)),
            Dots([cost], [shown], color=ORANGE, label="ANN"),
            Dots(np.log10([1.07, 1.47]), np.log10([2.07, 1.13]), color=GREY, label="the paper's LeNet"),
        ],
        Axis("millions of operations", (-2, 1.6), ticks=[(k, f"{10.0**k:g}") for k in (-2, -1, 0, 1)]),
        error,
        height=190,
    )
    best = curves[2][2]
    near = next((p for p in best if 100 * (1 - p["accuracy"]) <= ann + 0.1), None)
    came = (
        f"it comes within 0.1 points of the ANN's {ann:.2f} % after {near['latency']} steps and "
        f"{near['operations'] / 1e6:.2f} million synaptic operations"
        if near
        else f"it does not come within 0.1 points of the ANN's {ann:.2f} %"
    )
    return Figure(
        [[times], [by_operations]],
        f"{network} on MNIST. With the 99.9th percentile and reset by subtraction {came}; the ANN takes "
        f"{10**cost:.2f} million.",
    )
