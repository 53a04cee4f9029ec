"""Spiking softmax: how the last layer answers in spikes (section 2.2.5, Rueckauer et al. 2017).

Its neurons have no threshold and no reset: they collect, and what they have collected decides who fires by chance.
(The third variant sends no spikes: the largest potential answers, since a softmax changes no order.)
"""

from __future__ import annotations

import numpy as np

from ..arrays import Array, device, namespace
from ..layers import Softmax


def clocked(potentials: Array, draws: np.random.Generator, *, clock: float) -> Array:
    """`(steps, batch, classes)` twice: when an external clock ticks, one neuron fires.

    At each step it ticks with probability `clock`, for each sample by itself; who fires is drawn with the
    probabilities softmax(V) (the mechanism of Nessler et al. 2009).
    """
    xp, classes = namespace(potentials), potentials.shape[-1]
    drawn = xp.asarray(draws.random((*potentials.shape[:-1], 2)), device=device(potentials))
    up_to = xp.cumulative_sum(Softmax()(potentials), axis=-1)
    winner = xp.sum(xp.astype(drawn[..., 1:] >= up_to[..., :-1], potentials.dtype), axis=-1)
    fires = winner[..., None] == xp.arange(classes, dtype=potentials.dtype, device=device(potentials))
    return xp.astype(fires & (drawn[..., :1] < clock), potentials.dtype)


def poisson(potentials: Array, draws: np.random.Generator) -> Array:
    """`(steps, batch, classes)` twice: each neuron fires with its own probability softmax(V), without a clock."""
    xp = namespace(potentials)
    drawn = xp.asarray(draws.random(tuple(potentials.shape)), device=device(potentials))
    return xp.astype(drawn < Softmax()(potentials), potentials.dtype)
