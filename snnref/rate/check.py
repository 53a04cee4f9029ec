"""The neuron of rate coding as a reference for one of your own, and the cases on which they are compared."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .options import RESETS
from .stepwise import integrate_and_fire as reference

__all__ = ["cases", "describe_answer", "describe_case", "reference", "run_case"]

CURRENTS = (1.0, 0.5, 0.0, 2.0, -0.5, 0.75)  # multiples of a power of two: sums of them are exact
Case = tuple[float, ...]  # the currents that the neuron receives one after the other


def cases() -> Iterator[tuple[dict[str, Any], Case]]:
    """Options of the neuron, and its currents; the simplest first."""
    options = [{"threshold": threshold, "reset": reset} for threshold in (1.0, 0.5, 2.0) for reset in RESETS]
    for length in (1, 2, 3):
        yield from itertools.product(options, itertools.product(CURRENTS, repeat=length))
    rng = np.random.default_rng(0)
    for _ in range(20):
        yield from itertools.product(options, [tuple(rng.integers(-64, 128, 40) / 64)])


def run_case(step: Callable[..., Any], case: Case, options: dict[str, Any]) -> Iterator[tuple[float, float]]:
    """Present the currents of a case one after the other.

    Parameters
    ----------
    step
        The neuron, called as `step(z, v, **options)`; it returns `(spike, v)`.
    case
        Input current of each step, in thresholds.
    options
        Further arguments of `step`.

    Yields
    ------
    tuple of float
        Spike (0, 1 or −1) and potential, in thresholds, after each current.
    """
    v: Any = np.zeros(())
    for z in case:
        spike, v = step(np.asarray(z), v, **options)
        yield float(spike), float(v)


def describe_case(case: Case, wrong: int) -> str:
    """The currents of a case up to the step `wrong`, in words."""
    return f"after the currents {', '.join(f'{z:g}' for z in case[: wrong + 1])}"


def describe_answer(answer: tuple[float, float], _: Case) -> str:
    """Spike and potential after a step, in words."""
    return f"gives spike {answer[0]:g} and leaves V = {answer[1]:g}"
