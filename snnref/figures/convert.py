"""Figure of the chapter "Convert your own network": what a wrong calibration does, cause by cause."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any

import numpy as np

from ..analysis.diagnosis import CAUSES, Diagnosis, diagnose
from ..methods import method
from .codes import COLORS, NAMES
from .description import Axis, Bars, Figure, Panel
from .digits import digits

__all__ = ["calibrated"]

SOME = 8  # digits
POPULATIONS = ("relu1", "relu2", "relu3")
SETTINGS: dict[str, dict[str, Any]] = {  # middling ones, with which every code does well if it is calibrated well
    "rate": {"steps": 40},
    "ttfs": {"t_max": 16},
    "sigma_delta": {"threshold": 0.15, "percentile": 99.9, "levels": 4, "cutoff": 0.5, "rule": "settled"},
    "tdsnn": {"leak": 10.0},
    "amos": {"K": 4},
}
CODES = {label: name for name, label in NAMES.items()}
WITH = {
    "training digits": 1.0,
    "pixels from 0 to 16": 16.0,
    "faint digits": 0.25,
}  # how samples are prepared: by a factor


def calibrated(*, code: str = "rate", calibration: str = "training digits") -> Figure:
    """The errors of digits-cnn in a code by their causes, after calibration with samples that are right or not."""
    name = CODES[code]
    found, error = _diagnosed(name, calibration)
    rows = {row.population: row for row in found.rows if row.population in POPULATIONS}
    axis = Axis("", (-0.6, len(CAUSES) - 0.4), ticks=[(i, cause) for i, cause in enumerate(CAUSES)])
    shares = {k: [100 * getattr(row, cause) for cause in CAUSES] for k, row in rows.items()}
    top = 1.1 * max(5.0, *(max(values) for values in shares.values()))
    panels = [
        [Panel([Bars(np.arange(len(CAUSES)), values, color=COLORS[name])], axis, Axis(f"{k}, %", (0, top)), height=115)]
        for k, values in shares.items()
    ]
    first = rows[POPULATIONS[0]]
    return Figure(
        panels,
        f"{code}, scales from {calibration}: {found.agreement:.0%} of {SOME} digits answered as by the ANN, outputs "
        f"wrong by {100 * error:.0f} %. In relu1 the largest error is {first.cause}: "
        f"{100 * getattr(first, first.cause or CAUSES[0]):.0f} % of the mean activation.",
    )


@lru_cache(maxsize=32)
def _diagnosed(name: str, calibration: str) -> tuple[Diagnosis, float]:
    net, samples, images, _ = digits()
    snn, x = method(name).convert(net, samples[::8] * WITH[calibration], **SETTINGS[name]), images[:SOME]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the images are brighter than the samples is what is shown
        said, right = np.maximum(snn.run(x).output, 0), np.maximum(net(x), 0)
        return diagnose(net, snn, x), float(np.sqrt(np.mean((said - right) ** 2) / np.mean(right**2)))
