"""Units that need no training: converters of a value to the bits of a number (section 1.2, Stöckl & Maass 2019)."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from .unit import Unit


@lru_cache(maxsize=64)
def relu(K: int = 10, *, alpha: float = 1.0, steps: int | None = None, half_step: bool = False) -> Unit:
    """max(0, x) up to α: c_j = 1, T_j = d_j = h_ij = α 2⁻ʲ for j = 1 … K, an A/D converter bit by bit.

    alpha : the end of the range; the paper's unit is the one for 2ᴷ, here in units of α 2⁻ᴷ
    steps : in how many steps the bits are found: K in the paper. With fewer, several bits are found in one step by as
        many gates as they have values above 0 (a flash converter), which fire together
    half_step : thresholds half a step lower: values are rounded to the nearest step, not down

    The answer is at most α 2⁻ᴷ too small for x from 0 to α, and just so only at α; beyond, it stays at α (1 − 2⁻ᴷ).
    Raises ValueError for numbers that make no sense.
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
    """From 0 at `low` in a straight line to `top` at `high`: ReLU6 and the hard sigmoid. Other arguments as for
    `relu`."""
    unit = relu(K, alpha=high - low, steps=steps, half_step=half_step)
    return replace(unit, T=unit.T + low, d=relu(K, alpha=top, steps=steps).d, low=low, high=high, name="ramp")


@lru_cache(maxsize=64)
def maximum(K: int, *, signed: bool = False, steps: int | None = None) -> Unit:
    """max(x, y) = y + max(0, x − y), for x and y below 1 in steps of 2⁻ᴷ: exact for what a `relu` of K bits says.

    Two converters side by side, one for y and one for x − y. If `signed`, for values from −1 on, in steps of 2¹⁻ᴷ: a
    gate that always fires says −1.
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
