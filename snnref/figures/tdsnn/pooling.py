"""Where a ticking neuron can pool."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ... import tdsnn
from ...tdsnn import pooling
from ..description import (
    ORANGE,
    Axis,
    Cells,
    Dots,
    Figure,
    Panel,
    Rule,
)

LEAKS = np.geomspace(0.2, 6, 45)
LATEST = 8
READINGS = {"this T_m alone": "alone", "all up to T_m, Eq. 13 as printed": "printed", "all up to T_m": "shared"}


@lru_cache(maxsize=64)
def _feasible(inputs: int, reading: str) -> np.ndarray:
    """`(latest spikes 0 to LATEST, leaks)`."""
    rows = [
        [pooling.feasible(inputs, leak=float(leak), latest=t, reading=reading) for leak in LEAKS]
        for t in range(LATEST + 1)
    ]
    return np.array(rows)


def pool_map(*, inputs: int = 4, leak: float = 1.0, reading: str = "this T_m alone") -> Figure:
    """For which windows and leaks a ticking neuron can pool at all (Eqs. 12-14)."""
    which = READINGS[reading]
    found = _feasible(inputs, which)[::-1]  # the latest on top
    here = [t for t in range(LATEST + 1) if pooling.feasible(inputs, leak=leak, latest=t, reading=which)]
    column = float(np.interp(np.log(leak), np.log(LEAKS), np.arange(len(LEAKS)) + 0.5))
    marked = [float(np.interp(np.log(v), np.log(LEAKS), np.arange(len(LEAKS)) + 0.5)) for v in (0.25, 0.5, 1, 2, 4)]
    limit = tdsnn.shared_leak(inputs)
    possible = f"T_m = {', '.join(map(str, here))}" if here else "no T_m at all"
    more = {
        "alone": "Each T_m has the tick weight of its own that suits it; a real layer has windows of all of them.",
        "printed": "Eq. 13 as it stands releases every window at its own T_m; then one tick weight never serves two of "
        "them.",
        "shared": "All windows of a layer are released together. One tick weight serves all T_m > 0 if L ≤ "
        f"1 / ln(N + 1) = {limit:.2f}.",
    }[which]
    return Figure(
        [
            [
                Panel(
                    [
                        Cells(np.where(found, 0.75, 0.0)),
                        Dots(np.full(len(here), column), [LATEST - t + 0.5 for t in here], color=ORANGE),
                        Rule(x=column, color=ORANGE, label="L"),
                    ],
                    Axis(
                        "leak constant L",
                        (0, len(LEAKS)),
                        ticks=[(c, f"{v:g}") for c, v in zip(marked, (0.25, 0.5, 1, 2, 4), strict=True)],
                    ),
                    Axis(
                        "last spike of the window, T_m",
                        (LATEST + 1, 0),
                        ticks=[(LATEST - t + 0.5, str(t)) for t in range(0, LATEST + 1, 2)],
                    ),
                    height=220,
                )
            ]
        ],
        f"Windows of N = {inputs} inputs, dark where some tick weight works. At L = {leak:g}: {possible}. {more}",
    )
