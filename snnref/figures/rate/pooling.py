"""Gates of max-pooling."""

from __future__ import annotations

import numpy as np

from ... import layers
from ...network.graph import INPUT
from ...network.nodes import MaxPool
from ...rate.options import POOLINGS
from ...rate.stepwise import Stepwise
from ...spiking.trains import Clocked
from ..description import BLUE, GREEN, GREY, Axis, Figure, Line, Panel, Rule, Ticks
from ..vocabulary import fire
from ..wording import times

RATES = (0.1875, 0.5, 0.625, 0.5625)  # dyadic: their counts are exact


def gate(*, pooling: str = "filter", gate_steps: int = 8, steps: int = 60) -> Figure:
    """Four neurons in a window of a max-pool: whose spikes pass, and how their number compares with the largest."""
    spikes = np.zeros((steps, 1, 1, 2, 2))
    for k, value in enumerate(RATES):
        spikes[:, 0, 0, k // 2, k % 2] = fire(value, steps=steps)[0]
    window = MaxPool("pool", (1, 1, 1), layers.MaxPool(2), INPUT)
    time, counts = np.arange(1, steps + 1), np.cumsum(spikes.reshape(steps, 4), axis=0)
    passed = {
        rule: Stepwise(steps=steps, pooling=rule, gate_steps=gate_steps)
        .max_pool(window, Clocked(spikes))
        .window()
        .ravel()
        for rule in POOLINGS
    }
    largest = np.maximum(counts.max(axis=1), 1)
    raster = [Ticks(time[column > 0], np.full(int(column.sum()), 5 - k)) for k, column in enumerate(_columns(spikes))]
    raster.append(Ticks(time[passed[pooling] > 0], np.full(int(passed[pooling].sum()), 1), color=BLUE))
    axis = Axis("", (0, steps + 0.5))
    names = [(5 - k, f"rate {value:g}") for k, value in enumerate(RATES)] + [(1, "passed")]
    others = [rule for rule in POOLINGS if rule != pooling]
    ratios = {rule: np.cumsum(train) / largest for rule, train in passed.items()}
    lines = [Line(time, ratios[rule], color=GREY) for rule in others]
    lines.append(Line(time, ratios[pooling], color=BLUE, label=pooling))
    top = max(1.2, *(float(r.max()) for r in ratios.values()))
    return Figure(
        [
            [Panel(raster, axis, Axis("", (0.4, 5.6), ticks=names), height=130)],
            [
                Panel(
                    [*lines, Rule(y=1.0, color=GREEN, label="the largest count")],
                    Axis("time step t", axis.domain),
                    Axis("passed / largest", (0, top * 1.05)),
                    height=170,
                )
            ],
        ],
        f"Of four inputs with rates {', '.join(f'{r:g}' for r in RATES)}, the rule {pooling!r} let "
        f"{times(passed[pooling].sum(), 'spike')} pass in {times(steps, 'step')}; the busiest input sent "
        f"{int(largest[-1])}. The other rules: "
        + ", ".join(f"{rule!r} {int(passed[rule].sum())}" for rule in others)
        + ".",
    )


def _columns(spikes: np.ndarray) -> np.ndarray:
    return spikes.reshape(len(spikes), -1).T
