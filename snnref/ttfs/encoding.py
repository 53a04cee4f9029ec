"""Time to first spike: a number as the time of one spike (Eq. 1, Lopez-Randulfe et al. 2022)."""

from __future__ import annotations

from ..arrays import Array, namespace


def first_spike(x: Array, *, t_max: int, early: float = 0.0) -> Array:
    """Compute the time of a value's spike, t(x) = t_max (1 − x) in whole steps: the largest value fires at 0 (Eq. 1).

    Parameters
    ----------
    x : array `(...)`
        Values in units of x_max. Values above 1 fire at 0 too.
    t_max
        Length of the window, in time steps.
    early
        By what part of a step the spike comes sooner: 0.5 takes the nearest step, 0 the one that follows.

    Returns
    -------
    array `(...)`
        Time steps since the window began; t_max, which means no spike, for values that are too small.
    """
    xp = namespace(x)
    return xp.clip(xp.ceil(t_max - t_max * x - early), 0, t_max)
