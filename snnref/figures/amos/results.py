"""Figures of the chapter "AMOS" that are drawn from a result file."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...reproduce import select
from ..description import BLUE, GREEN, ORANGE, PINK, Axis, Figure, Line, Panel, Rule

CURVES = (
    ("a range each", "bits", BLUE),
    ("one range for all", "one range", GREEN),
    ("one range, the largest", "largest", ORANGE),
    ("a range each, half a step lower", "half step", PINK),
)


def measured_bits(result: dict[str, Any], *, network: str = "mnist-two-conv") -> Figure:
    """Error and spikes over K: ranges for each population, one range, thresholds half a step lower."""
    curves = [(label, color, select(result, group, network=network)) for label, group, color in CURVES]
    points = curves[0][2][-1]["points"][0]
    ann = 100 * (1 - points["ann_accuracy"])
    low = float(np.log10(max(ann, 0.02))) - 0.15
    bits = [e["settings"]["K"] for e in curves[0][2]]
    axis = Axis("", (bits[0] - 0.3, bits[-1] + 0.3), ticks=[(k, str(k)) for k in bits])

    def line(found: list[dict[str, Any]], values: list[float], color: str, label: str = "") -> Line:
        return Line([e["settings"]["K"] for e in found], values, color=color, label=label)

    errors = [
        line(found, [float(np.log10(max(0.02, _error(e)))) for e in found], color, label)
        for label, color, found in curves
    ]
    spikes = [line(found, [e["points"][0]["spikes_per_neuron"] for e in found], color) for _, color, found in curves]
    top = max(max(s.y) for s in spikes)
    enough = next((e for e in curves[0][2] if _error(e) <= ann + 0.1), None)
    reached = (
        f"within 0.1 points of the ANN's {ann:.2f} % from K = {enough['settings']['K']} on"
        if enough
        else f"never within 0.1 points of the ANN's {ann:.2f} %"
    )
    few = {label: _error(found[[e["settings"]["K"] for e in found].index(4)]) for label, _, found in curves}
    return Figure(
        [
            [
                Panel(
                    [*errors, Rule(y=float(np.log10(max(ann, 0.02))), label="ANN")],
                    axis,
                    Axis("error, %", (low, 2.0), ticks=[(np.log10(e), f"{e:g}") for e in (0.5, 1, 2, 5, 10, 20, 50)]),
                    height=210,
                )
            ],
            [
                Panel(
                    spikes,
                    Axis("K", axis.domain, ticks=axis.ticks),
                    Axis("spikes a neuron", (0, top * 1.1)),
                    height=120,
                )
            ],
        ],
        f"{network} on its {points['images']:,} test images. With a range for each population the error is "
        f"{reached}. "
        f"At K = 4: {', '.join(f'{label} {error:.2f} %' for label, error in few.items())}.",
    )


def _error(experiment: dict[str, Any]) -> float:
    return 100 * (1 - experiment["points"][0]["accuracy"])
