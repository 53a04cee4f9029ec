"""The two-stage neuron as a reference for one of your own, and the cases on which they are compared."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .stepwise import two_stages

Case = tuple[float, ...]  # for each step of the silent stage the sum of the weights of the spikes that arrive


def reference(arriving: Case, *, threshold: float = 1.0, early: float = 0.0) -> float:
    """Compute the step at which the two-stage neuron fires.

    Parameters
    ----------
    arriving
        For each step of the silent stage, the sum of the weights of the spikes that arrive in it.
    threshold
        u_th, in units of a weight times a step.
    early
        Charge at the beginning of the spiking stage, in steps of its current.

    Returns
    -------
    float
        The step of the spiking stage; `len(arriving)` if the neuron does not fire.
    """
    times, _ = two_stages(map(np.asarray, arriving), threshold=threshold, early=early)
    return float(times)


def cases() -> Iterator[tuple[dict[str, Any], Case]]:
    """Options of the neuron, and what arrives; the simplest first. All sums are exact."""
    options = [{"threshold": threshold, "early": early} for threshold in (1.0, 4.0) for early in (0.0, 0.5)]
    for t_max in (1, 2, 4):
        yield from itertools.product(options, itertools.product((1.0, 0.0, -1.5, 0.25), repeat=t_max))
    rng = np.random.default_rng(0)
    for _ in range(20):
        yield from itertools.product(options, [tuple(rng.integers(-8, 12, 16) / 64)])


def run_case(neuron: Callable[..., Any], case: Case, options: dict[str, Any]) -> Iterator[tuple[float]]:
    """Present a case to a neuron.

    Parameters
    ----------
    neuron
        Called as `neuron(arriving, **options)`, like `reference`.
    case
        For each step of the silent stage, the sum of the weights that arrive.
    options
        Further arguments of the neuron.

    Yields
    ------
    tuple of float
        The step of the spiking stage in which the neuron fires: one answer for the case.
    """
    yield (float(neuron(case, **options)),)


def describe_case(case: Case, _: int) -> str:
    """The arrivals of a case, in words."""
    return f"for arrivals of {', '.join(f'{w:g}' for w in case)} in the steps of the silent stage"


def describe_answer(answer: tuple[float], case: Case) -> str:
    """The step in which the neuron fires, in words."""
    return f"fires at step {answer[0]:g}" if answer[0] < len(case) else f"does not fire (returns t_max = {answer[0]:g})"
