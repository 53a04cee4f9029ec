"""Reverse coding (Zhang et al. 2019): a number as the time of a spike, the larger the later, and what the spike brings.

It stands below the methods since a network that is adjusted to it has G(x) among its layers.
"""

from __future__ import annotations

from math import log

from ..arrays import Array, at_least, namespace


def growth(t: Array, *, leak: float) -> Array:
    """Compute exp(t / L): how much more a spike at t contributes than one at 0 (Eq. 3, Zhang et al. 2019).

    It is computed by powers of two, which are exact at L = 1 / ln 2.

    Parameters
    ----------
    t : array `(...)`
        In time steps.
    leak
        L, in time steps.

    Returns
    -------
    array `(...)`
        A factor without unit.
    """
    power = t / (leak * log(2))
    return namespace(t).exp2(power, out=power) if t.ndim else namespace(t).exp2(power)


def decay(leak: float) -> float:
    """exp(−1 / L): what a step leaves of a potential (Eq. 3, Zhang et al. 2019)."""
    return 2.0 ** (-1 / (leak * log(2)))


def slack(x: Array) -> float:
    """Choose the share by which x + 1 may exceed a power and still count as it.

    This is what sums of x's precision leave of weights that cancel. Without it a unit that receives nothing but
    rounding errors would send a whole step.

    Parameters
    ----------
    x : array
        Of the precision in question.

    Returns
    -------
    float
        A share, without unit.
    """
    return 2.0**-30 if x.dtype == namespace(x).float64 else 2.0**-16


def spike_time(x: Array, *, leak: float, threshold: float = 0.0) -> Array:
    """Compute T(x) = ⌈L ln(x + 1)⌉ for x ≥ 0, and 0 below: the larger, the later (Eq. 10, Zhang et al. 2019).

    The logarithm only names the nearest step; comparison with its power, as in the neuron, decides, with some `slack`.
    There is no gradient.

    Parameters
    ----------
    x : array `(...)`
        Values in units of the scale.
    leak
        L, in time steps.
    threshold
        h < 1, the firing threshold over exp(−T_il / L): T(x) = ⌈L ln((x + 1) / (1 − h))⌉, at least 0 (Eq. 6).

    Returns
    -------
    array `(...)`
        Whole time steps.
    """
    xp = namespace(x)
    if x.ndim == 0:
        return spike_time(x.reshape(1), leak=leak, threshold=threshold)[0]
    grown = (x.detach() if getattr(x, "requires_grad", False) else x) + 1.0
    grown *= 1 / ((1 - threshold) * (1 + slack(grown)))
    grown = xp.clip(grown, 1.0, None, out=grown)
    time = xp.log2(grown)  # from here on in place: new arrays cost more than arithmetic
    time *= leak * log(2)
    xp.round(time, out=time)
    reached = time / (leak * log(2))
    xp.exp2(reached, out=reached)
    at_least(reached, grown, out=reached)
    time += 1
    time -= reached
    return time


def staircase(x: Array, *, leak: float, threshold: float = 0.0) -> Array:
    """Compute G(x) = exp(T(x) / L), the value that x has as a spike, about x + 1 (Eq. 11, Zhang et al. 2019).

    Parameters
    ----------
    x : array `(...)`
        Values in units of the scale.
    leak
        L, in time steps.
    threshold
        h, as for `spike_time`.

    Returns
    -------
    array `(...)`
        A factor without unit, 1 or more.
    """
    return growth(spike_time(x, leak=leak, threshold=threshold), leak=leak)
