"""Max-pooling by a ticking neuron (Eqs. 12-14, Zhang et al. 2019): when it is possible at all.

The neuron of a window has N inputs of weight −ω_k, and a threshold of 0; it should fire at T_m, when the last of them
did. Two cases are extreme: all N fired at T_m, or one did and the others at 0. (The construction that networks here use
needs none of this: threshold N, weights of 1, no leak and no ticks.)
"""

from __future__ import annotations

from math import inf

import numpy as np

from ..layers.reverse_coding import growth
from .stepwise import active_period, inhibitory_period

READINGS = ("alone", "printed", "shared")


def tick_bounds(inputs: int, *, leak: float, latest: int, end: int | None = None) -> tuple[float, float]:
    """Bound ω_tick / ω_k for a window of N inputs whose last spike comes at T_m (Eq. 13, Zhang et al. 2019).

    Parameters
    ----------
    inputs
        N, of the window.
    leak
        L, in time steps.
    latest
        T_m, in time steps.
    end
        T_il, the end of the inhibitory period, in time steps; T_m unless given, as in the paper. A potential that waits
        T_il − T_m steps longer has decayed, and needs weaker ticks.

    Returns
    -------
    tuple of float
        The lower and the upper bound; (inf, 0) for T_m = 0, since negative potentials never fire at once.

    Raises
    ------
    ValueError
        If there are no inputs, or T_m is below 0.
    """
    if inputs < 1 or latest < 0:
        raise ValueError(f"inputs, latest: got {inputs} and {latest}, expected at least 1 and 0")
    if latest == 0:
        return inf, 0.0
    a_step, at_last, before = (float(growth(np.asarray(float(t)), leak=leak)) for t in (1, latest, latest - 1))
    c, waited = 1 - 1 / a_step, float(growth(np.asarray(float(latest - (latest if end is None else end))), leak=leak))
    low = c * inputs / (at_last - 1)
    high = c * (1 + (inputs - 1) / at_last) / (before - 1) if latest > 1 else inf
    return low * waited, high * waited


def feasible(inputs: int, *, leak: float, latest: int, reading: str = "alone") -> bool:
    """Test whether some ω_tick / ω_k makes windows of N inputs fire with their last spike.

    Parameters
    ----------
    inputs
        N, of each window.
    leak
        L, in time steps.
    latest
        T_m, in time steps.
    reading
        "alone": all windows have their last spike at T_m (Eq. 14). Or one tick weight serves all windows with a last
        spike at 1, 2, … T_m: "printed", by Eq. 13 as it stands, each released at its own T_m; or "shared", all released
        together at the end, as a layer is.

    Returns
    -------
    bool
        Whether the bounds leave a ratio.

    Raises
    ------
    ValueError
        If the reading is unknown, there are no inputs, or T_m is below 0.
    """
    if reading not in READINGS:
        raise ValueError(f"reading: got {reading!r}, expected one of {', '.join(map(repr, READINGS))}")
    times = [latest] if reading == "alone" or latest < 1 else range(1, latest + 1)
    end = latest if reading == "shared" else None
    bounds = [tick_bounds(inputs, leak=leak, latest=t, end=end) for t in times]
    return max(low for low, _ in bounds) < min(high for _, high in bounds)


def ticking_pool(times: np.ndarray, *, ratio: float, leak: float, end: int) -> np.ndarray:
    """Compute, step by step, when ticks make each window's neuron fire.

    Parameters
    ----------
    times : array `(windows, N)`
        Spike times of the inputs, in time steps.
    ratio
        ω_tick / ω_k.
    leak
        L, in time steps.
    end
        T_il, the end of the inhibitory period of all windows, in time steps.

    Returns
    -------
    array `(windows,)`
        Time steps since the release.
    """
    arriving = (-np.sum(times == t, axis=1, dtype=float) for t in range(end + 1))
    fired, _ = active_period(inhibitory_period(arriving, leak=leak)[-1], tick=ratio, leak=leak)
    return fired


def shared_leak(inputs: int) -> float:
    """Compute the largest L at which one tick weight serves windows of N inputs whatever their T_m > 0: 1 / ln(N + 1).

    With q = exp(1/L) and all windows released at T_il, Eq. 13 becomes N q^m / (q^m − 1) < r < (q^m + N − 1) / (q^(m−1)
    − 1), with r = ω_tick / ω_k · q^T_il / (1 − 1/q). The lower bound is largest at m = 1, N q / (q − 1); the upper
    falls with m to q. So N / (q − 1) ≤ 1.

    Parameters
    ----------
    inputs
        N, of each window.

    Returns
    -------
    float
        L, in time steps.
    """
    return float(1 / np.log(inputs + 1))
