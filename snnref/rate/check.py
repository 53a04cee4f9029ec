"""The neuron of rate coding as a reference for one that somebody wrote, and the cases on which they are compared."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from .options import RESETS
from .stepwise import integrate_and_fire as reference

__all__ = ["cases", "reference"]

CURRENTS = (1.0, 0.5, 0.0, 2.0, -0.5, 0.75)  # multiples of a power of two: sums of them are exact


def cases() -> Iterator[tuple[dict[str, Any], tuple[float, ...]]]:
    """Options of the neuron, and the currents that it receives one after the other; the simplest first."""
    options = [{"threshold": threshold, "reset": reset} for threshold in (1.0, 0.5, 2.0) for reset in RESETS]
    for length in (1, 2, 3):
        yield from itertools.product(options, itertools.product(CURRENTS, repeat=length))
    rng = np.random.default_rng(0)
    for _ in range(20):
        yield from itertools.product(options, [tuple(rng.integers(-64, 128, 40) / 64)])
