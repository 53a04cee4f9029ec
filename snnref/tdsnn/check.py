"""TDSNN's neuron as a reference for one of your own, and the cases on which they are compared."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..layers.reverse_coding import growth
from .stepwise import active_period, inhibitory_period
from .ticking import tick_weight

Case = tuple[float, ...]  # for each step of the inhibitory period the sum of the weights of the spikes that arrive


def reference(arriving: Case, *, leak: float = 5.0, threshold: float = 0.0) -> float:
    """Compute the step of the active period in which the neuron fires.

    Parameters
    ----------
    arriving
        For each step of the inhibitory period, the sum of the weights of the spikes that arrive in it; the neuron
        negates these weights.
    leak
        L, in time steps.
    threshold
        The threshold, in units of exp(−T_il / L).

    Returns
    -------
    float
        Time steps since the release.
    """
    (*_, v), end = (
        inhibitory_period((-np.asarray(w, float) for w in arriving), leak=leak),
        np.asarray(len(arriving) - 1.0),
    )
    left = growth(-end, leak=leak)
    times, _ = active_period(v, tick=tick_weight(end, leak=leak), leak=leak, threshold=threshold * left)
    return float(times)


def cases() -> Iterator[tuple[dict[str, Any], Case]]:
    """Options of the neuron, and what arrives; the simplest first. No case is near a tie."""
    options = [{"leak": leak, "threshold": h} for h in (0.0, 0.25, -0.125) for leak in (5.0, 1.0, 2.5)]
    for steps in (1, 2, 4):
        yield from itertools.product(options, itertools.product((1.0, 0.0, -1.5, 0.3), repeat=steps))
    rng = np.random.default_rng(0)
    for _ in range(20):
        yield from itertools.product(options, [tuple(rng.integers(-8, 12, 12) / 16)])


def run_case(neuron: Callable[..., Any], case: Case, options: dict[str, Any]) -> Iterator[tuple[float]]:
    """Present a case to a neuron.

    Parameters
    ----------
    neuron
        Called as `neuron(arriving, **options)`, like `reference`.
    case
        For each step of the inhibitory period, the sum of the weights that arrive.
    options
        Further arguments of the neuron.

    Yields
    ------
    tuple of float
        The step of the active period in which the neuron fires: one answer for the case.
    """
    yield (float(neuron(case, **options)),)


def describe_case(case: Case, _: int) -> str:
    """The arrivals of a case, in words."""
    return f"for arrivals of {', '.join(f'{w:g}' for w in case)} in the steps of the inhibitory period"


def describe_answer(answer: tuple[float], case: Case) -> str:
    """The step in which the neuron fires, in words."""
    return f"fires at step {answer[0]:g}"
