"""Quantisers with steps of 1: how many levels up or down, given the input and the present level."""

from __future__ import annotations

from typing import Any

import numpy as np

Number = Any  # a number, or a NumPy array of them


def hysteresis(r: Number, n: Number, *, strict: bool = False) -> Number:
    """Move one level up or down where input and output differ by 1 (Algorithm 1, Yousefzadeh et al. 2019).

    Parameters
    ----------
    r : number or array `(...)`
        The input in units of a level, 0 or more.
    n : number or array `(...)`
        The output so far, a whole number of levels; n ± 1 is exact then, and so is the comparison.
    strict
        Whether the difference must be more than 1 (Eq. 1).

    Returns
    -------
    number or array `(...)`
        1, 0 or −1 levels.
    """
    up, down = (r > n + 1, r < n - 1) if strict else (r >= n + 1, r <= n - 1)
    return np.subtract(up, down, dtype=float)


def floor(r: Number, n: Number, *, strict: bool = False) -> Number:
    """One level towards the whole number below, without memory."""
    return np.sign(np.floor(r) - n)


def nearest(r: Number, n: Number, *, strict: bool = False) -> Number:
    """One level towards the nearest whole number, halves up, without memory."""
    return np.sign(rounded(r) - n)


def rounded(r: Number) -> Number:
    """The nearest whole number, halves up; r + 0.5 would be rounded itself."""
    below = np.floor(r)
    return below + (r - below >= 0.5)


QUANTISERS = {"hysteresis": hysteresis, "floor": floor, "round": nearest}


def follow(r: Number, n: Number, *, quantiser: str = "hysteresis", rule: str = "one", strict: bool = False) -> Number:
    """Compute the levels by which the output moves: with hysteresis one, or until settled; with direct quantisers all.

    Parameters
    ----------
    r : number or array `(...)`
        The input in units of a level, 0 or more.
    n : number or array `(...)`
        The output so far, a whole number of levels.
    quantiser
        "hysteresis", "floor" or "round".
    rule
        Of hysteresis: move by at most "one" level, or until "settled".
    strict
        Whether hysteresis moves only at a difference of more than 1.

    Returns
    -------
    number or array `(...)`
        Levels, signed.
    """
    step, moved = QUANTISERS[quantiser], 0.0 * n
    while np.any(change := step(r, n + moved, strict=strict)):
        moved = moved + change
        if quantiser == "hysteresis" and rule == "one":
            break
    return moved
