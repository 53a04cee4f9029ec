"""Units that were trained: other functions, and products."""

from __future__ import annotations

import numpy as np

from ... import amos
from ...layers.activations import FUNCTIONS
from ..description import ORANGE, Axis, Cells, Figure, Line, Panel, Rule
from ..wording import times

TRAINED = ("sigmoid", "silu", "tanh", "hard_swish")


def trained_unit(*, activation: str = "silu", beyond: float = 0.0) -> Figure:
    """A trained unit against its function, its gates, and its error, on its range and beyond (Figs. 4 and 5)."""
    unit, f = amos.load_unit(activation), FUNCTIONS[activation]
    width = unit.high - unit.low
    x = np.linspace(unit.low - beyond * width / 2, unit.high + beyond * width / 2, 1601)
    y, right = unit(x), f(x)
    inside = (x >= unit.low) & (x <= unit.high)
    wrong = y - right
    gates = unit.gates(x[::8])
    ends = (float(x[0]), float(x[-1]))
    mse, most = amos.error(unit, f)
    outside = f" Beyond it, it is wrong by up to {np.abs(wrong[~inside]).max():.3g}." if (~inside).any() else ""
    low, high = float(min(y.min(), right.min())), float(max(y.max(), right.max()))
    room = 0.06 * (high - low)
    return Figure(
        [
            [
                Panel(
                    [
                        Line(x, right, color=ORANGE, label=activation),
                        Line(x, y, label="unit"),
                        *([Rule(x=unit.low), Rule(x=unit.high)] if beyond else []),
                    ],
                    Axis("", ends),
                    Axis("", (low - room, high + room)),
                    height=190,
                )
            ],
            [
                Panel(
                    [Cells(0.75 * gates)],
                    Axis(
                        "",
                        (0, gates.shape[1]),
                        ticks=[
                            (share * gates.shape[1], f"{ends[0] * (1 - share) + ends[1] * share:g}")
                            for share in (0, 0.25, 0.5, 0.75, 1)
                        ],
                    ),
                    Axis("gate", (unit.K, 0), ticks=[(k + 0.5, f"{k + 1}") for k in range(0, unit.K, 3)]),
                    height=140,
                )
            ],
            [
                Panel(
                    [Line(x, wrong, color=ORANGE), Rule(y=0.0)],
                    Axis("x", ends),
                    Axis("error", (1.1 * float(wrong.min()), 1.1 * float(wrong.max()))),
                    height=100,
                )
            ],
        ],
        f"{activation}: {unit.K} gates, {unit.parameters} parameters. On its range from {unit.low:g} to {unit.high:g} "
        f"the mean square error is {mse:.2g}, the largest error {most:.3f}; {gates[:, inside[::8]].mean():.0%} of the "
        f"gates fire, on average (dark).{outside}",
    )


def product(*, y: float = 0.5, span: float = 1.0) -> Figure:
    """The multiplication unit: x · y for one y, and its error over both (Fig. 6)."""
    unit = amos.load_unit("product")
    x = np.linspace(-span, span, 801)
    said = unit(x, np.full_like(x, y))
    side = np.linspace(-span, span, 61)
    a, b = np.meshgrid(side, side)
    wrong = np.abs(unit(a, b) - a * b)
    mse, most = amos.error(unit, np.multiply)
    row = 61 * (span - y) / (2 * span)
    return Figure(
        [
            [
                Panel(
                    [Line(x, x * y, color=ORANGE, label="x · y"), Line(x, said, label="unit")],
                    Axis("x", (-span, span)),
                    Axis("", (-span * 1.1, span * 1.1)),
                    height=220,
                ),
                Panel(
                    [Cells(np.clip(wrong[::-1] / 0.1, 0, 1)), Rule(y=row, color=ORANGE)],
                    Axis("x", (0, 61), ticks=[(0, f"{-span:g}"), (30.5, "0"), (61, f"{span:g}")]),
                    Axis("y", (61, 0), ticks=[(0, f"{span:g}"), (30.5, "0"), (61, f"{-span:g}")]),
                    height=220,
                ),
            ]
        ],
        f"{times(unit.K, 'gate')} in {unit.steps} steps; y = {y:g}. From −1 to 1 the mean square error is {mse:.2g}, "
        f"the largest {most:.3f}. From {-span:g} to {span:g} (right: white is 0, black 0.1 or more) they are "
        f"{np.mean(wrong**2):.2g} and {wrong.max():.3f}.",
    )
