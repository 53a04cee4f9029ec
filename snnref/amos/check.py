"""The ReLU unit as a reference for one of your own, and the cases on which they are compared."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import converters

Case = float  # x


def reference(x: float, *, K: int = 4, alpha: float = 1.0) -> list[float]:
    """Compute which of the K gates of the ReLU unit fire.

    Parameters
    ----------
    x
        The input, in the units of alpha.
    K
        Number of gates (bits).
    alpha
        α, the end of the unit's range.

    Returns
    -------
    list of float
        1 or 0 for each gate; the first gate has the highest threshold.
    """
    return [float(z) for z in converters.relu(K, alpha=alpha).gates(np.asarray(x, float))]


def cases() -> Iterator[tuple[dict[str, Any], Case]]:
    """Options of the unit, and its input; the simplest first. All sums are exact."""
    for K, alpha in itertools.product((1, 2, 4, 8), (1.0, 2.0)):
        for x in (
            0.0,
            alpha / 2,
            alpha,
            -alpha / 4,
            3 * alpha,
            *np.arange(-3, 2 ** (K + 1) + 4) * alpha / 2 ** (K + 1),
        ):
            yield {"K": K, "alpha": alpha}, float(x)


def run_case(neuron: Callable[..., Any], case: Case, options: dict[str, Any]) -> Iterator[tuple[float, ...]]:
    """Present a case to a unit.

    Parameters
    ----------
    neuron
        Called as `neuron(x, **options)`, like `reference`.
    case
        The input.
    options
        Further arguments of the unit.

    Yields
    ------
    tuple of float
        1 or 0 for each gate: one answer for the case.
    """
    yield tuple(float(z) for z in neuron(case, **options))


def describe_case(case: Case, _: int) -> str:
    """The input of a case, in words."""
    return f"for x = {case!r}"


def describe_answer(answer: tuple[float, ...], _: Case) -> str:
    """The gates that fire, in words."""
    fired = ", ".join(str(i + 1) for i, z in enumerate(answer) if z)
    return f"fires {f'gates {fired}' if fired else 'no gate'} of {len(answer)}"
