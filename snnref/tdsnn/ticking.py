"""The ticking neuron: how strong its ticks are, and when it makes a neuron fire (Eqs. 5-9, Zhang et al. 2019)."""

from __future__ import annotations

from ..arrays import Array, namespace
from ..layers.reverse_coding import decay, growth


def tick_weight(end: Array, *, leak: float) -> Array:
    """Compute ω_tick = (1 − exp(−1/L)) exp(−T_il / L) (Eq. 9, Zhang et al. 2019).

    With this choice the time that follows depends on Σ W G(x) alone, not on T_il.

    Parameters
    ----------
    end : array `(...)`
        T_il, the length of the inhibitory period, in time steps.
    leak
        L, in time steps.

    Returns
    -------
    array `(...)`
        ω_tick, in units of a weight.
    """
    return (1 - decay(leak)) * growth(-end, leak=leak)


def firing_time(potential: Array, *, tick: Array | float, leak: float, threshold: Array | float = 0.0) -> Array:
    """Compute T_o, when ticks from step 1 on have raised P to θ (Eq. 6, and with θ = 0 Eq. 7, Zhang et al. 2019).

    The sum in Eq. 5 begins at t = 0, but Eq. 6 follows only if the first tick arrives at t = 1: then
    V(t) = P e^(−t/L) + ω_tick (1 − e^(−t/L)) / (1 − e^(−1/L)).

    Parameters
    ----------
    potential : array `(...)`
        P, the potential at the release.
    tick
        ω_tick, in the unit of P.
    leak
        L, in time steps.
    threshold
        θ, in the unit of P.

    Returns
    -------
    array `(...)`
        Time steps since the release: 0 for P ≥ θ, infinite where ω_tick ≤ θ (1 − exp(−1/L)), since the ticks do not
        reach that (the paper leaves this condition out).
    """
    xp = namespace(potential)
    c = 1 - decay(leak)
    reach = tick - threshold * c + 0 * potential
    grown = (tick - potential * c) / xp.where(reach > 0, reach, xp.ones_like(reach))
    time = xp.ceil(leak * xp.log(xp.clip(grown, 1.0, None)))
    never = xp.full_like(time, float("inf"))
    return xp.where(potential >= threshold, xp.zeros_like(time), xp.where(reach > 0, time, never))
