"""The ticking neuron: how strong its ticks are, and when it makes a neuron fire (Eqs. 5-9, Zhang et al. 2019)."""

from __future__ import annotations

from ..arrays import Array, namespace
from ..layers.reverse_coding import decay, growth


def tick_weight(end: Array, *, leak: float) -> Array:
    """ω_tick = (1 − exp(−1/L)) exp(−T_il / L), after an inhibitory period of `end` = T_il steps (Eq. 9, Zhang et al.
    2019).

    By its choice the time that follows depends on Σ W G(x) alone, not on T_il.
    """
    return (1 - decay(leak)) * growth(-end, leak=leak)


def firing_time(potential: Array, *, tick: Array | float, leak: float, threshold: Array | float = 0.0) -> Array:
    """T_o, when ticks from step 1 on have raised a potential P to the threshold (Eq. 6, and with θ = 0 Eq. 7, Zhang et
    al. 2019): 0 for P ≥ θ, infinite where ω_tick ≤ θ (1 − exp(−1/L)), which the ticks do not reach (the paper leaves
    this condition out).

    The sum in Eq. 5 begins at t = 0, but Eq. 6 follows only if the first tick arrives at t = 1: then
    V(t) = P e^(−t/L) + ω_tick (1 − e^(−t/L)) / (1 − e^(−1/L)).
    """
    xp = namespace(potential)
    c = 1 - decay(leak)
    reach = tick - threshold * c + 0 * potential
    grown = (tick - potential * c) / xp.where(reach > 0, reach, xp.ones_like(reach))
    time = xp.ceil(leak * xp.log(xp.clip(grown, 1.0, None)))
    never = xp.full_like(time, float("inf"))
    return xp.where(potential >= threshold, xp.zeros_like(time), xp.where(reach > 0, time, never))
