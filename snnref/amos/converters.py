"""Units that need no training: converters of a value to the bits of a number (section 1.2, Stöckl & Maass 2019)."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from .unit import Unit


@lru_cache(maxsize=64)
def relu(K: int = 10, *, alpha: float = 1.0, steps: int | None = None, half_step: bool = False) -> Unit:
    """Make the ReLU unit: max(0, x) up to α, an A/D converter bit by bit (section 1.2, Stöckl & Maass 2019).

    c_j = 1 and T_j = d_j = h_ij = α 2⁻ʲ for j = 1 … K. The answer is at most α 2⁻ᴷ too small for x from 0 to α, and by
    that much only at α; beyond, it stays at α (1 − 2⁻ᴷ).

    Parameters
    ----------
    K
        Number of bits, from 1 to 20.
    alpha
        α, the end of the range. The paper's unit is the one for 2ᴷ, here in units of α 2⁻ᴷ.
    steps
        In how many steps the bits are found: K in the paper, and unless given. With fewer, several bits are found in
        one step by as many gates as they have values above 0 (a flash converter), which fire together.
    half_step
        Whether thresholds are half a step lower, so that values are rounded to the nearest step, not down.

    Returns
    -------
    Unit
        A unit of one input, in the units of alpha.

    Raises
    ------
    ValueError
        If K, steps or alpha is not allowed.
    """
    check_bits(K, steps)
    if not (np.isfinite(alpha) and alpha > 0):
        raise ValueError(f"alpha: got {alpha!r}, expected a number > 0")
    bits = np.array([len(some) for some in np.array_split(np.arange(K), steps or K)])  # found in each step
    worth = alpha * 0.5 ** np.cumsum(bits)  # of the last of them
    T = np.concatenate([np.arange(1, 2**n) * least for n, least in zip(bits, worth, strict=True)])
    group = np.repeat(np.arange(len(bits)), 2**bits - 1)
    h = np.where(group[:, None] > group, worth[group], 0.0)
    early = alpha * 0.5 ** (K + 1) if half_step else 0.0
    return Unit(T - early, h, worth[group], np.ones((1, len(T))), 0.0, alpha, "relu")


@lru_cache(maxsize=64)
def ramp(K: int, *, low: float, high: float, top: float, steps: int | None = None, half_step: bool = False) -> Unit:
    """Make a unit that rises from 0 at `low` in a straight line to `top` at `high`, for ReLU6 and the hard sigmoid.

    Parameters
    ----------
    K
        Number of bits, from 1 to 20.
    low, high
        The ends of the ramp, in the units of the input.
    top
        The value at `high` and beyond.
    steps
        In how many steps the bits are found, as for `relu`.
    half_step
        Whether values are rounded to the nearest step, not down.

    Returns
    -------
    Unit
        A unit of one input.

    Raises
    ------
    ValueError
        If K or steps is not allowed.
    """
    unit = relu(K, alpha=high - low, steps=steps, half_step=half_step)
    return replace(unit, T=unit.T + low, d=relu(K, alpha=top, steps=steps).d, low=low, high=high, name="ramp")


@lru_cache(maxsize=64)
def maximum(K: int, *, signed: bool = False, steps: int | None = None) -> Unit:
    """Make a unit for max(x, y) = y + max(0, x − y), with x and y below 1 in steps of 2⁻ᴷ.

    It is exact for the values of a `relu` of K bits. It consists of two converters side by side, one for y and one for
    x − y.

    Parameters
    ----------
    K
        Number of bits, from 1 to 20.
    signed
        Whether values may begin at −1, in steps of 2¹⁻ᴷ; a gate that always fires stands for −1.
    steps
        In how many steps the bits are found, as for `relu`.

    Returns
    -------
    Unit
        A unit of two inputs.

    Raises
    ------
    ValueError
        If K or steps is not allowed.
    """
    span = 2.0 if signed else 1.0
    half = relu(K, alpha=span, steps=steps)
    n, none, one = half.K, np.zeros_like(half.h), np.ones(half.K)
    unit = Unit(
        np.append(half.T, half.T - (span - 1)),
        np.block([[half.h, none], [none, half.h]]),
        np.append(half.d, half.d),
        np.block([[one, 0 * one], [-one, one]]),
        1 - span,
        1.0,
        "maximum",
    )
    if not signed:
        return unit
    wide = np.zeros((2 * n + 1, 2 * n + 1))
    wide[:-1, :-1] = unit.h
    last = np.zeros((2, 1))  # of no input: it fires whatever comes
    return replace(unit, T=np.append(unit.T, -1.0), h=wide, d=np.append(unit.d, -1.0), c=np.hstack([unit.c, last]))


def check_bits(K: int, steps: int | None = None) -> None:
    """Refuse what is no number of gates or of steps, by ValueError."""
    if not isinstance(K, int | np.integer) or isinstance(K, bool) or not 1 <= K <= 20:
        raise ValueError(f"K: got {K!r}, expected a whole number of bits from 1 to 20")
    if steps is not None and (
        not isinstance(steps, int | np.integer) or isinstance(steps, bool) or not 1 <= steps <= K
    ):
        raise ValueError(f"steps: got {steps!r}, expected a whole number from 1 to K, or None for K = {K}")
    if steps is not None and -(-K // steps) > 10:
        raise ValueError(f"steps: got {steps} for {K} bits, so {2 ** -(-K // steps) - 1:,} gates at once; take more")
