"""The gates of one ReLU unit."""

from __future__ import annotations

import numpy as np

from ... import amos
from ..description import GREEN, GREY, ORANGE, PINK, Axis, Dots, Figure, Line, Mark, Panel, Rule, Ticks
from ..wording import times

ROUNDINGS = {"down": False, "to the nearest step": True}  # -> the option `half_step`


def bit_by_bit(*, x: float = 0.65, K: int = 5, rounding: str = "down") -> Figure:
    """The ReLU unit with α = 1 at work on one value: what is left of it, gate by gate."""
    unit = amos.relu(K, half_step=ROUNDINGS[rounding])
    fired: list[np.ndarray] = []
    left = []
    for i in range(K):
        v = unit.potential(i, (np.asarray(x),), fired)
        left.append(float(v) + float(unit.T[i]))  # x − H
        fired.append(np.asarray(float(v >= 0)))
    z = np.array(fired)
    step = np.arange(float(K))
    said = np.concatenate([[0.0], np.cumsum(unit.d * z)])
    low, high = min(-0.1, min(left)), max(1.05, max(left), x)
    steps = Axis("", (-0.5, K - 0.5), ticks=[(k, "") for k in step])
    edges, spikes = np.repeat(np.arange(K + 1) - 0.5, 2)[1:-1], Ticks(step[z > 0], np.zeros(int(z.sum())))
    marks: list[Mark] = [
        Line(edges, np.repeat(left, 2), label="x − H"),
        Dots(step, unit.T, color=ORANGE, label="threshold T"),
    ]
    bits = "".join(f"{int(b)}" for b in z)
    return Figure(
        [
            [
                Panel(
                    [spikes],
                    steps,
                    Axis("", (-0.6, 0.6), ticks=[(0, "spikes")]),
                    height=50,
                )
            ],
            [Panel(marks, steps, Axis("", (low, high)), height=190)],
            [
                Panel(
                    [
                        Line(edges, np.repeat(said[1:], 2), color=GREEN, label="said"),
                        Rule(y=max(0.0, x), label="max(0, x)"),
                    ],
                    Axis("gate, one a step", steps.domain, ticks=[(k, f"{k + 1:g}") for k in step]),
                    Axis("", (-0.05, max(1.1, x))),
                    height=120,
                )
            ],
        ],
        f"x = {x:g}. The spikes are the bits {bits}: {times(int(z.sum()), 'spike')} of {times(K, 'gate')}, which say "
        f"{said[-1]:.4f}, {said[-1] - max(0.0, x):+.4f} from max(0, x); a step is 2⁻ᴷ = {0.5**K:.4f}."
        + (" It is beyond the range: all gates fire." if x > 1 else "")
        + (" Below 0 no gate fires: the ReLU." if x < 0 else ""),
    )


def relu_unit(*, K: int = 4, alpha: float = 1.0, rounding: str = "down") -> Figure:
    """What a ReLU unit says, on its range and beyond, and what it says wrong (Fig. 3)."""
    unit = amos.relu(K, alpha=alpha, half_step=ROUNDINGS[rounding])
    x = np.linspace(-0.5, 2.5, 2401)
    y, relu = unit(x), np.maximum(x, 0)
    inside = (x >= 0) & (x <= alpha)
    wrong = y - relu
    step = alpha * 0.5**K
    most = 1.15 * max(step, float(np.abs(wrong[inside]).max()))
    shown = np.clip(wrong, -most, most)
    return Figure(
        [
            [
                Panel(
                    [
                        Line(x, relu, color=GREY, dashed=True, label="max(0, x)"),
                        Line(x, y, label="unit"),
                        Rule(x=alpha, label="α"),
                    ],
                    Axis("", (-0.5, 2.5)),
                    Axis("", (-0.1, 2.5)),
                    height=200,
                )
            ],
            [
                Panel(
                    [Line(x, shown, color=ORANGE), Rule(y=0.0), Rule(y=-step), Rule(x=alpha)],
                    Axis("x", (-0.5, 2.5)),
                    Axis("error", (-most, most)),
                    height=110,
                )
            ],
        ],
        f"{times(K, 'gate')} on (−∞, {alpha:g}], rounded {rounding}: steps of α 2⁻ᴷ = {step:.4g}. From 0 to α the "
        f"error is {np.abs(wrong[inside]).max():.4g} at most, {wrong[inside].mean():+.2g} on average; beyond α the "
        f"unit says {float(unit(np.asarray(2.5 * alpha))):.4g}. {unit.parameters} parameters, if all were free.",
    )


def shallow(*, K: int = 10, steps: int = 2) -> Figure:
    """Gates of a ReLU unit against the steps that it takes (section 1.5)."""
    each = [n for n in range(1, K + 1) if -(-K // n) <= 10]  # with more bits a step, gates become too many
    steps = min(max(steps, each[0]), K)
    units = [amos.relu(K, steps=n) for n in each]
    here = amos.relu(K, steps=steps)
    x = np.random.default_rng(0).uniform(0, 1, 500)
    spikes = [float(unit.gates(x).sum(axis=0).mean()) for unit in units]
    mine = float(here.gates(x).sum(axis=0).mean())
    axis = Axis("steps", (0.5, K + 0.5), ticks=[(k, str(k)) for k in range(1, K + 1)])
    top = float(np.log10(max(unit.K for unit in units))) + 0.1
    return Figure(
        [
            [
                Panel(
                    [
                        Line(each, np.log10([unit.K for unit in units])),
                        Dots([steps], [np.log10(here.K)], color=ORANGE),
                        Line(each, np.log10(np.maximum(spikes, 0.1)), color=PINK, label="spikes"),
                    ],
                    axis,
                    Axis("gates of a unit", (-0.1, top), ticks=[(k, f"{10**k}") for k in range(4)]),
                    height=220,
                )
            ]
        ],
        f"{times(K, 'bit')} in {times(steps, 'step')}: {here.K} gates and {mine:.1f} spikes for a value between 0 and "
        f"1, on average; one bit a step takes {K} gates and {spikes[-1]:.1f} spikes, all bits at once "
        f"{2**K - 1:,} gates.",
    )
