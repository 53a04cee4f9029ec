"""The error that a threshold makes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ... import ttfs
from ...network.canonical import canonical
from ...network.nodes import weighted_nodes
from ..description import (
    GREY,
    ORANGE,
    Axis,
    Cells,
    Dots,
    Figure,
    Line,
    Panel,
    Rule,
)
from ..digits import digits
from ..wording import times
from .neuron import EARLY

WINDOWS = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)


@lru_cache(maxsize=128)
def _received(t_max: int, early: float) -> tuple[np.ndarray, np.ndarray]:
    """What neurons of relu1 receive from the spikes of some digits, 20,000 values; and what the ANN's units answer."""
    net, calibration, _, _ = digits()
    node, pixels = weighted_nodes(canonical(net))["relu1"], calibration[:60]
    spiking, exact = ({"input": x} for x in (ttfs.quantised(pixels, 1.0, t_max=t_max, early=early), pixels))
    u, wanted = ((node.input.drive(x) + node.input.bias).ravel()[::3] for x in (spiking, exact))
    return u, np.maximum(wanted, 0)


@lru_cache(maxsize=128)
def _errors(t_max: int, early: float, step: float) -> np.ndarray:
    """Over thresholds that stand for so many parts of the largest activation: from 0.1 to 1.5."""
    u, wanted = _received(t_max, early)
    return np.array([ttfs.error(u, wanted, s * wanted.max(), t_max=t_max, early=early) for s in _shares(step)])


def _shares(step: float) -> np.ndarray:
    return np.arange(0.1, 1.5 + step / 2, step)


def error_map(*, t_max: int = 16, share: float = 0.7, rounding: str = "to the nearest step") -> Figure:
    """Fig. 2: the error of a convolutional layer over t_max and the threshold; and what the neurons say.

    share : the value at the threshold, as a part of the largest activation
    """
    early, shares = EARLY[rounding], _shares(0.1)
    u, wanted = _received(t_max, early)
    most = float(wanted.max())
    errors = np.array([_errors(t, early, 0.1) for t in WINDOWS]).T[::-1]  # the highest threshold on top
    here = ttfs.error(u, wanted, share * most, t_max=t_max, early=early)
    best = _shares(0.025)[int(np.argmin(_errors(t_max, early, 0.025)))]
    dark = np.log(errors / errors.min()) / np.log(errors.max() / errors.min())
    column = float(np.interp(np.log(t_max), np.log(WINDOWS), np.arange(len(WINDOWS)) + 0.5))
    row = float(np.interp(share, shares, len(shares) - 0.5 - np.arange(len(shares))))
    heat = Panel(
        [Cells(dark), Dots([column], [row], color=ORANGE)],
        Axis("t_max", (0, len(WINDOWS)), ticks=[(k + 0.5, str(t)) for k, t in enumerate(WINDOWS) if k % 2 == 0]),
        Axis(
            "u_th, of the largest",
            (len(shares), 0),
            ticks=[(k + 0.5, f"{s:.1f}") for k, s in enumerate(shares[::-1]) if k % 2 == 0],
        ),
        height=240,
    )
    x = np.linspace(-0.1 * most, 1.2 * most, 400)
    transfer = Panel(
        [
            Line(x, np.maximum(x, 0), color=GREY, dashed=True, label="ReLU"),
            Line(x, ttfs.quantised(x, share * most, t_max=t_max, early=early), label="one spike"),
            Rule(x=share * most, color=ORANGE, label="u_th"),
        ],
        Axis("received, Σ W x + b", (float(x[0]), float(x[-1]))),
        Axis("said", (-0.05 * most, 1.2 * most)),
        height=180,
    )
    clipped, silent = np.mean(u > share * most), np.mean((wanted > 0) & (u / (share * most) * t_max + early < 1))
    return Figure(
        [[heat], [transfer]],
        f"relu1 of digits-cnn, dark is a large error. With windows of {times(t_max, 'step')} and a threshold that "
        f"stands for {share * most:.2f} ({share:g} of the largest activation), the spikes are wrong by {here:.4f} "
        f"(root mean square; that of the activations is {np.sqrt(np.mean(wanted**2)):.4f}): {clipped:.2%} of the units "
        f"are clipped, {silent:.2%} are above 0 but too weak to fire. For this t_max "
        f"{best:.2f} is best.",
    )
