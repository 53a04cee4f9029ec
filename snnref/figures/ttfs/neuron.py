"""One neuron in its two stages."""

from __future__ import annotations

import numpy as np

from ... import ttfs
from ..description import (
    BLUE,
    ORANGE,
    PINK,
    Axis,
    Figure,
    Line,
    Mark,
    Panel,
    Rule,
    Ticks,
)

EARLY = {"to the nearest step": 0.5, "down": 0.0}  # with half a step's charge, and without
INPUTS, WEIGHTS = (0.875, 0.5, 0.25), (1.0, -0.75, 1.5)  # x_max = 1; dyadic, so that sums are exact


def two_stages(*, t_max: int = 20, threshold: float = 1.25, rounding: str = "to the nearest step") -> Figure:
    """One neuron with three inputs: the silent stage, then the spiking stage, on one time axis.

    threshold : u_th / t_max, the largest Σ W x that the neuron can say
    """
    early, u_th = EARLY[rounding], threshold * t_max
    arrivals = ttfs.first_spike(np.array(INPUTS), t_max=t_max, early=early)
    arriving = [np.asarray(np.dot(WEIGHTS, arrivals == t)) for t in range(t_max)]
    time, u = ttfs.two_stages(arriving, threshold=u_th, early=early)
    out, potentials = float(time), np.array([float(v) for v in u])
    axis = (-0.5, 2 * t_max + 0.5)
    rests = int(out) if out < t_max else t_max - 1  # its last step before it fires, or the last of all
    moments = np.concatenate([np.arange(t_max + 1), t_max + np.arange(rests + 1)])
    shown = np.concatenate([[0.0], potentials[: t_max + rests + 1]])
    span = (min(-0.1 * u_th, float(potentials.min())), max(1.2 * u_th, float(potentials.max())))
    raster: list[Mark] = [
        *(
            Ticks([t], [3 - k], color=BLUE if w > 0 else PINK)
            for k, (t, w) in enumerate(zip(arrivals, WEIGHTS, strict=True))
            if t < t_max
        ),
        *([Ticks([t_max + out], [0], color=ORANGE)] if out < t_max else []),
        Rule(x=float(t_max)),
    ]
    names = [(3 - k, f"{x:g}, W {w:g}") for k, (x, w) in enumerate(zip(INPUTS, WEIGHTS, strict=True))]
    wanted = float(np.dot(WEIGHTS, INPUTS))
    said = (t_max - out) / t_max * threshold
    fate = f"fires at step {out:g} of the spiking stage" if out < t_max else "does not fire"
    return Figure(
        [
            [Panel(raster, Axis("", axis), Axis("", (-0.6, 3.6), ticks=[*names, (0, "output")]), height=120)],
            [
                Panel(
                    [
                        Line(moments, shown),
                        Rule(y=u_th, color=ORANGE, label="threshold u_th"),
                        Rule(x=float(t_max)),
                    ],
                    Axis("time step: silent stage, then spiking stage", axis),
                    Axis("potential u", span),
                    height=190,
                )
            ],
        ],
        f"t_max = {t_max}, u_th = {u_th:g}. At the end of the silent stage u = {potentials[t_max - 1]:g}; charged by "
        f"{threshold:g} a step, the neuron {fate}, which says {said:.4f}. The unit's answer is Σ W x = {wanted:.4f}: "
        f"the error is {said - wanted:+.4f}; a step stands for {threshold / t_max:.4f}, and nothing above "
        f"{threshold:g} can be said.",
    )
