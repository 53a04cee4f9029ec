"""One neuron and its quantiser."""

from __future__ import annotations

import numpy as np

from ... import sigma_delta
from ..description import BLUE, GREEN, GREY, ORANGE, PINK, Axis, Figure, Line, Mark, Panel, Ticks
from ..wording import times

SAMPLES, TOP = 240, 2.0  # of the ramp


def quantisers(*, threshold: float = 0.5, noise: float = 0.1, direct: str = "floor") -> Figure:
    """A noisy ramp up and down, quantised with hysteresis and without.

    threshold : θ, the height of a level
    noise : standard deviation of what is added to the ramp
    """
    t = np.arange(SAMPLES)
    ramp = TOP * np.minimum(t, SAMPLES - 1 - t) / (SAMPLES // 2 - 1)
    x = np.maximum(ramp + noise * np.random.default_rng(1).normal(size=SAMPLES), 0)
    rows = (("hysteresis", BLUE, 1), (direct, PINK, 0))
    lines, ticks, sent = [], [], {}
    for quantiser, color, row in rows:
        n, path, spikes = 0.0, [], []
        for r in x / threshold:
            change = float(sigma_delta.follow(r, n, quantiser=quantiser, rule="settled"))
            n += change
            path.append(n * threshold)
            spikes.append(change)
        at = np.flatnonzero(spikes)
        sent[quantiser] = int(np.abs(spikes).sum())
        lines.append(Line(t, path, color=color, label=quantiser))
        ticks.append(Ticks(at, [row] * len(at), color=color))
    axis = (-2.0, SAMPLES + 1.0)
    return Figure(
        [
            [
                Panel(
                    [Line(t, x, color=GREY, label="input"), *lines],
                    Axis("", axis),
                    Axis("value", (-0.1, TOP + 0.6)),
                    height=200,
                )
            ],
            [
                Panel(
                    ticks,
                    Axis("sample", axis),
                    Axis("spikes", (-0.6, 1.6), ticks=[(1, "hysteresis"), (0, direct)]),
                    height=90,
                )
            ],
        ],
        f"θ = {threshold:g}, noise of {noise:g}. With hysteresis the output changed by {sent['hysteresis']} levels in "
        f"all, quantised directly ({'down' if direct == 'floor' else 'to the nearest level'}) by {sent[direct]}; "
        f"without noise either would need about {2 * int(TOP / threshold)}.",
    )


CHARGES = (0.75, 0.5, 2.25, -0.5, 0.25, -1.5, 0.5, -3.0, -0.5, 0.25, 0.5, 0.25)


def neuron(*, threshold: float = 1.0, rule: str = "one", comparison: str = "≥") -> Figure:
    """Algorithm 1: one neuron, spike by spike."""
    strict = comparison == ">"
    v, n, path, said, spikes = 0.0, 0.0, [0.0], [0.0], []
    for charge in CHARGES:
        sent, v, n = (float(a) for a in sigma_delta.neuron(v, n, charge, threshold=threshold, rule=rule, strict=strict))
        path.append(v)
        said.append(n * threshold)
        spikes.append(sent)
    ends = np.repeat(np.arange(len(CHARGES) + 2), 2)[1:-1]  # of each step of a staircase
    axis = (-0.2, len(CHARGES) + 1.2)
    marks: list[Mark] = [
        Ticks([k + 1 + 0.12 * i for i in range(int(abs(s)))], [np.sign(s)] * int(abs(s)), color=BLUE if s > 0 else PINK)
        for k, s in enumerate(spikes)
        if s
    ]
    off = max(v, 0) - n * threshold
    wrong = np.abs(np.maximum(path[1:], 0) - said[1:]) >= threshold
    lag = f"After {times(int(wrong.sum()), 'event')} it is θ or more away from what it should say"
    return Figure(
        [
            [
                Panel(
                    [
                        Line(ends, np.repeat(path, 2), color=GREY, label="V"),
                        Line(ends, np.repeat(np.maximum(path, 0), 2), color=GREEN, dashed=True, label="ReLU(V)"),
                        Line(ends, np.repeat(said, 2), color=ORANGE, label="V_q"),
                    ],
                    Axis("", axis),
                    Axis("potential", (min(path) - 0.3, max(*path, *said) + 0.9)),
                    height=210,
                )
            ],
            [
                Panel(
                    marks,
                    Axis("incoming spikes", axis),
                    Axis("sent", (-1.8, 1.8), ticks=[(1, "+1"), (-1, "−1")]),
                    height=90,
                )
            ],
        ],
        f"θ = {threshold:g}, {'at most one spike an event' if rule == 'one' else 'spikes until settled'}, fires at "
        f"Diff {comparison} θ. It sent {int(np.abs(spikes).sum())} spikes. {lag}; at the end V = {v:g}, V_q = "
        f"{n * threshold:g}, so that {off:+g} of ReLU(V) is left unsaid.",
    )
