"""The neuron as a reference for one of your own, and the cases on which they are compared."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .stepwise import neuron as reference  # noqa: F401 (part of the contract)

Case = tuple[float, ...]  # W · sign of one incoming spike after the other; the potential begins at 0


def cases() -> Iterator[tuple[dict[str, Any], Case]]:
    """Options of the neuron, and what comes in; the simplest first. All sums are exact."""
    options = [
        {"threshold": threshold, "rule": rule, "strict": strict}
        for threshold in (1.0, 0.5)
        for rule in ("one", "settled")
        for strict in (False, True)
    ]
    for length in (1, 2, 3):
        yield from itertools.product(options, itertools.product((1.0, 0.25, -0.5, 2.5, -3.0), repeat=length))
    rng = np.random.default_rng(0)
    for _ in range(20):
        yield from itertools.product(options, [tuple(rng.integers(-64, 72, 24) / 32)])


def run_case(neuron: Callable[..., Any], case: Case, options: dict[str, Any]) -> Iterator[tuple[float, float, float]]:
    """Present a case to a neuron, one incoming spike after the other.

    Parameters
    ----------
    neuron
        Called as `neuron(v, n, charge, **options)`, like `reference`.
    case
        W · sign of each incoming spike; the potential begins at 0.
    options
        Further arguments of the neuron.

    Yields
    ------
    tuple of float
        Signed spikes, potential and count after each event.
    """
    v, n = 0.0, 0.0
    for charge in case:
        spikes, v, n = neuron(v, n, charge, **options)
        yield float(spikes), float(v), float(n)


def describe_case(case: Case, wrong: int) -> str:
    """The charges of a case up to the event `wrong`, in words."""
    return f"after charges of {', '.join(f'{w:g}' for w in case[: wrong + 1])}"


def describe_answer(answer: tuple[float, float, float], _: Case) -> str:
    """Spikes, potential and count after an event, in words."""
    spikes, v, n = answer
    return f"sends {spikes:+g}, with a potential of {v:g} and a count of {n:g}"
