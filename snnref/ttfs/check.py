"""The two-stage neuron as a reference for one that somebody wrote, and the cases on which they are compared."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .stepwise import two_stages

Case = tuple[float, ...]  # for each step of the silent stage the sum of the weights of the spikes that arrive


def reference(arriving: Case, *, threshold: float = 1.0, early: float = 0.0) -> float:
    """The step of the spiking stage in which the neuron fires; as many as there are arrivals if it does not."""
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
    """One answer for each case."""
    yield (float(neuron(case, **options)),)


def describe_case(case: Case, _: int) -> str:
    return f"for arrivals of {', '.join(f'{w:g}' for w in case)} in the steps of the silent stage"


def describe_answer(answer: tuple[float], case: Case) -> str:
    return f"fires at step {answer[0]:g}" if answer[0] < len(case) else f"does not fire (returns t_max = {answer[0]:g})"
