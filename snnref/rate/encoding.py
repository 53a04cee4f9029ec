"""Rate coding: how numbers enter as spikes (sections 2.2.1 and 2.2.4, Rueckauer et al. 2017).

A negative number enters as spikes of −1 (their footnote 3).
"""

from __future__ import annotations

import numpy as np

from ..arrays import Array, device, namespace


def regular(x: Array, *, steps: int, past: int = 0) -> Array:
    """`(steps, *x.shape)`: evenly spaced spikes, ⌊t |x|⌋ of them after t steps; `past` steps have gone by.

    The spikes of a neuron that integrates |x|; where |x| > 1, more than one comes in a step.
    """
    xp = namespace(x)
    time = xp.arange(past, past + steps + 1, dtype=x.dtype, device=device(x))
    counts = xp.trunc(xp.reshape(time, (-1, *[1] * x.ndim)) * x)
    return counts[1:, ...] - counts[:-1, ...]


def poisson(x: Array, drawn: np.ndarray) -> Array:
    """`drawn (steps, *x.shape)`: at every step a spike with the probability |x|, whatever came before."""
    xp = namespace(x)
    drawn = xp.asarray(drawn, device=device(x))
    return xp.where(drawn < xp.abs(x), xp.sign(x), xp.zeros_like(x))
