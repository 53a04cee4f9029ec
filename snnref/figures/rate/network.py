"""A whole network: the scale of its layers, errors that accumulate, and the ladder of improvements."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ... import rate
from ...spiking.snn import SNN
from ..description import BLUE, GREEN, GREY, ORANGE, PINK, Axis, Bars, Figure, Line, Panel, Rule
from ..digits import digits
from ..wording import times

LAYERS = ("relu1", "relu2", "relu3")


@lru_cache(maxsize=1)
def _activations() -> dict[str, np.ndarray]:
    """The non-zero activations of each layer on calibration images, in order."""
    net, calibration, _, _ = digits()
    return {name: np.sort(a[a > 0]) for name, a in net.activations(calibration[:200]).items() if name in LAYERS}


def percentile(*, layer: str = "relu2", percent: float = 99.9, steps: int = 25) -> Figure:
    """Fig. 1, with what a scale costs: below it values are resolved coarsely, above it they are cut off."""
    a = _activations()[layer]
    grid = np.unique(np.concatenate([np.linspace(80, 99, 20), np.linspace(99, 100, 21), [percent]]))
    scales = np.percentile(a, grid)
    clipping = np.array([np.maximum(a - s, 0).mean() for s in scales])
    coarse = np.array([(np.minimum(a, s) - np.floor(steps * np.minimum(a / s, 1)) * s / steps).mean() for s in scales])
    here = int(np.searchsorted(grid, percent))
    scale, largest, mean = scales[here], a[-1], a.mean()
    counts, edges = np.histogram(a, bins=40, range=(0, largest))
    tall = np.log10(counts.max())
    histogram = Panel(
        [
            Bars((edges[1:] + edges[:-1]) / 2, np.log10(np.maximum(counts, 1)), color=GREY),
            Rule(x=scale, color=ORANGE, label=f"λ, percentile {percent:g}"),
        ],
        Axis("activation", (0, largest * 1.02)),
        Axis("how many", (0, tall * 1.05), ticks=[(k, f"{10**k:g}") for k in range(int(tall) + 1)]),
    )
    x = np.arange(len(grid))
    shown = [k for k, p in enumerate(grid) if p in (80, 90, 95, 99, 99.5, 100)]
    costs = Panel(
        [
            Line(x, 100 * clipping / mean, color=ORANGE, label="clipped"),
            Line(x, 100 * coarse / mean, color=BLUE, label=f"not resolved in {steps} steps"),
            Line(x, 100 * (clipping + coarse) / mean, color=GREY, dashed=True, label="both"),
            Rule(x=float(here), color=ORANGE),
        ],
        Axis("percentile", (0, len(grid) - 1), ticks=[(k, f"{grid[k]:g}") for k in shown]),
        Axis("lost, % of mean", (0, 100 * max((clipping + coarse).max() / mean, 0.05) * 1.05)),
        height=180,
    )
    return Figure(
        [[histogram], [costs]],
        f"The {len(a):,} non-zero activations of {layer} on 200 digits. The {percent:g}th percentile is "
        f"λ = {scale:.2f}, the largest is {largest:.2f}: {np.mean(a > scale):.2%} are cut off, which loses "
        f"{100 * clipping[here] / mean:.2f} % of the mean; {times(steps, 'step')} resolve {scale / steps:.3f}, which "
        f"loses {100 * coarse[here] / mean:.2f} %.",
    )


@lru_cache(maxsize=8)
def _converted(percent: float | None, reset: str = "subtract", encoding: str = "constant") -> SNN:
    """Scales from every eighth calibration digit, since a slider moves the percentile."""
    net, calibration, _, _ = digits()
    return rate.convert(net, calibration[::8], percentile=percent, reset=reset, encoding=encoding)


def accumulation(*, steps: int = 32, images: int = 5, percent: float = 99.9) -> Figure:
    """Eq. 7 layer by layer, where the pre-activation is positive: the error that comes in, and the one added."""
    _, _, x, _ = digits()
    found = rate.errors(_converted(percent), x[:images], steps=steps)
    bars: dict[str, list[float]] = {"inherited": [], "its own": [], "total": []}
    for name in LAYERS:
        parts = found[name]
        linear = parts.rectified == 0
        for label, part in (("inherited", parts.inherited), ("its own", parts.own), ("total", parts.total)):
            bars[label].append(float(np.sqrt(np.mean(part[linear] ** 2))))
    colors = {"inherited": GREY, "its own": BLUE, "total": ORANGE}
    x_of = {label: np.arange(len(LAYERS)) * 4 + k for k, label in enumerate(bars)}
    panel = Panel(
        [Bars(x_of[label], values, color=colors[label], label=label) for label, values in bars.items()],
        Axis("layer", (-1, 4 * len(LAYERS) - 1), ticks=[(4 * k + 1, name) for k, name in enumerate(LAYERS)]),
        Axis("error of the rate", (0, max(0.02, *(max(v) for v in bars.values())) * 1.1)),
        height=200,
    )
    text = "; ".join(
        f"{name} inherits {bars['inherited'][k]:.4f}, adds {bars['its own'][k]:.4f} and is wrong by "
        f"{bars['total'][k]:.4f}"
        for k, name in enumerate(LAYERS)
    )
    return Figure(
        [[panel]],
        f"Errors of rates (root mean square over the neurons whose pre-activation is positive) on "
        f"{times(images, 'digit')} after {times(steps, 'step')}: {text}.",
    )


RUNGS = (
    ("plain", None, "zero", "poisson"),
    ("+ max-norm", 100, "zero", "poisson"),
    ("+ subtraction", 100, "subtract", "poisson"),
    ("+ analog input", 100, "subtract", "constant"),
    ("+ 99.9th perc.", 99.9, "subtract", "constant"),
)
LONGEST, IMAGES = 60, 60


@lru_cache(maxsize=1)
def _ladder() -> tuple[np.ndarray, float]:
    """`(mechanisms, steps)`: the errors in %, and the ANN's. All times at once, since a slider moves often."""
    net, _, x, labels = digits()
    x, labels = x[:IMAGES], labels[:IMAGES]
    errors = [
        (_converted(p, reset, encoding).run(x, steps=LONGEST).prediction_over_time != labels).mean(axis=1)
        for _, p, reset, encoding in RUNGS
    ]
    return 100 * np.array(errors), 100 * float(np.mean(net(x).argmax(axis=1) != labels))


def ladder(*, steps: int = 10) -> Figure:
    """Fig. 2 on digits: what each mechanism contributes."""
    errors, ann = _ladder()
    now, time = errors[:, steps - 1], np.arange(1, LONGEST + 1)
    colors = (GREY, PINK, GREEN, ORANGE, BLUE)
    bars = [Bars([k], [value], color=color) for k, (value, color) in enumerate(zip(now, colors, strict=True))]
    names = [(k, label) for k, (label, *_) in enumerate(RUNGS)]
    lines = [Line(time, row, color=c, label=r[0]) for row, c, r in zip(errors, colors, RUNGS, strict=True)]
    return Figure(
        [
            [
                Panel(
                    [*bars, Rule(y=ann, label="ANN")],
                    Axis("", (-0.6, len(RUNGS) - 0.4), ticks=names),
                    Axis("error, %", (0, max(20.0, float(now.max())) * 1.05)),
                    height=170,
                )
            ],
            [Panel([*lines, Rule(x=float(steps))], Axis("time step t", (0, LONGEST)), Axis("error, %", (0, 100)))],
        ],
        f"Errors on {IMAGES} held-out digits after {times(steps, 'step')}: "
        + ", ".join(f"{label} {value:.1f} %" for (label, *_), value in zip(RUNGS, now, strict=True))
        + f"; the ANN {ann:.1f} %.",
    )
