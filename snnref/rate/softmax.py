"""Spiking softmax: how the last layer answers in spikes (section 2.2.5, Rueckauer et al. 2017).

Its neurons have no threshold and no reset: they collect, and what they have collected decides who fires by chance.
(The third variant sends no spikes: the largest potential answers, since a softmax changes no order.)
"""

from __future__ import annotations

import numpy as np

from ..arrays import Array, device, namespace
from ..layers import Softmax


def clocked(potentials: Array, drawn: np.ndarray, *, clock: float) -> Array:
    """`potentials (steps, batch, classes)`: when an external clock ticks, one neuron fires.

    drawn : `(steps, batch, 2)`, random numbers in [0, 1): whether it ticks, and who fires

    At each step it ticks with probability `clock`, for each sample by itself; who fires is drawn with the
    probabilities softmax(V) (the mechanism of Nessler et al. 2009).
    """
    xp, classes = namespace(potentials), potentials.shape[-1]
    drawn = xp.asarray(drawn, device=device(potentials))
    up_to = xp.cumulative_sum(Softmax()(potentials), axis=-1)
    winner = xp.sum(xp.astype(drawn[..., 1:] >= up_to[..., :-1], potentials.dtype), axis=-1)
    fires = winner[..., None] == xp.arange(classes, dtype=potentials.dtype, device=device(potentials))
    return xp.astype(fires & (drawn[..., :1] < clock), potentials.dtype)


def poisson(potentials: Array, drawn: np.ndarray) -> Array:
    """All `(steps, batch, classes)`: each neuron fires with its own probability softmax(V), without a clock."""
    xp = namespace(potentials)
    return xp.astype(xp.asarray(drawn, device=device(potentials)) < Softmax()(potentials), potentials.dtype)
