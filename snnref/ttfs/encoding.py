"""Time to first spike: a number as the time of one spike (Eq. 1, Lopez-Randulfe et al. 2022)."""

from __future__ import annotations

from ..arrays import Array, namespace


def first_spike(x: Array, *, t_max: int, early: float = 0.0) -> Array:
    """t(x) = t_max (1 − x) in whole steps, for x in units of x_max: the largest comes first, at 0.

    early : by how much of a step sooner: 0.5 takes the nearest step, 0 the one that follows
    Returns t_max, which is no spike, for what is too small; more than x_max comes at 0 too.
    """
    xp = namespace(x)
    return xp.clip(xp.ceil(t_max - t_max * x - early), 0, t_max)
