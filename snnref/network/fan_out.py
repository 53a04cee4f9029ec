"""How many target neurons one spike of each source neuron reaches through a chain of linear maps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from math import prod

import numpy as np

from ..layers import Conv, Dense, Flatten, Gain, Gather, Linear, Place, Reshape, Shape, Spread
from ..layers.rearranging import Entry, NotAProduct

MOVES = (Flatten, Reshape, Gather, Spread, Place, Entry)
BLOCK = 2**22  # values of an intermediate result, where neurons are tried one by one


def fan_out(maps: Iterable[Linear], shape: Shape) -> np.ndarray:
    """Targets of each source neuron, `(*shape)`. A weight that happens to be zero counts.

    What a source neuron reaches is a product of one set an axis, so it is counted axis by axis. Maps that only move
    entries are looked through at both ends of the chain; where they stand between others and do not keep the axes,
    source neurons are tried one by one.
    """
    chain = [m for m in maps if not isinstance(m, Gain)]  # a gain reaches what it stands on
    if len(chain) > 1 and isinstance(chain[0], (Reshape, Gather)):
        source = _numbered(chain[0], shape)
        if np.bincount(source.ravel())[1:].max(initial=0) <= 1:  # no entry is repeated
            counts = np.zeros(prod(shape) + 1, int)
            counts[source] = fan_out(chain[1:], source.shape)
            return counts[1:].reshape(shape)
    try:
        return _axis_by_axis(chain, shape)
    except NotAProduct:
        return _one_by_one(chain, shape)


def _axis_by_axis(chain: list[Linear], shape: Shape) -> np.ndarray:
    """Σ over the targets that a neuron reaches, each as often as the moves at the end of the chain repeat it."""
    shapes = _shapes(chain, shape)
    repeats = np.ones(shapes[-1], int)
    while chain and isinstance(chain[-1], MOVES):
        *chain, last = chain
        source = _numbered(last, shapes[len(chain)])
        repeats = np.bincount(source.ravel(), repeats.ravel(), prod(shapes[len(chain)]) + 1)[1:]
        repeats = repeats.reshape(shapes[len(chain)])
    if not chain:
        return repeats.astype(int)
    order = list(range(len(shape)))  # the source axis that each axis runs along
    dense = next((i for i, m in enumerate(chain) if isinstance(m, Dense)), len(chain))
    if dense < len(chain) and all(isinstance(m, Place) for m in chain[:dense]):
        axes, chain = [np.ones((1, 1), bool)], chain[dense:]  # every neuron reaches the same
    else:
        axes = [np.eye(n, dtype=bool) for n in shape]
    for linear, following in zip(chain, [*chain[1:], None], strict=True):
        if isinstance(linear, Flatten) and not isinstance(following, Dense | Place):
            raise NotAProduct("Flatten: what follows is not dense")
        if isinstance(linear, Gather) and linear.by_axis:
            if len(linear.by_axis[0]) != len(axes):
                raise NotAProduct("Gather: the axes are not those of the reached neurons")
            order = [order[k] for k in linear.by_axis[0]]
        axes = linear.reach(axes)
    counts = repeats.reshape(*repeats.shape, *[1] * (len(axes) - repeats.ndim)).astype(float)  # for a fast product
    for axis in axes:  # (targets, …) and (targets, sources) -> (…, sources)
        counts = np.tensordot(counts, axis.astype(float), (0, 0))
    return np.broadcast_to(counts.transpose(np.argsort(order)).astype(int), shape)


def _one_by_one(chain: list[Linear], shape: Shape) -> np.ndarray:
    """By spikes of one neuron after the other through weights of one."""
    ones = [replace(m, weight=np.ones_like(m.weight)) if isinstance(m, Dense | Conv) else m for m in chain]
    n, widest = prod(shape), max(prod(s) for s in _shapes(chain, shape))
    block, counts = max(1, BLOCK // widest), np.empty(n, int)
    for first in range(0, n, block):
        size = min(block, n - first)
        spikes = np.zeros((size, n))
        spikes[np.arange(size), first + np.arange(size)] = 1.0
        reached = reduce(lambda x, linear: linear(x), ones, spikes.reshape(size, *shape))
        counts[first : first + size] = np.count_nonzero(reached.reshape(size, -1), axis=1)
    return counts.reshape(shape)


def _numbered(linear: Linear, shape: Shape) -> np.ndarray:
    """Which entry each output entry of a move is, counted from 1; 0: none."""
    return np.asarray(linear(np.arange(1.0, prod(shape) + 1).reshape(shape))).astype(int)


def _shapes(chain: list[Linear], shape: Shape) -> list[Shape]:
    found = [shape]
    for linear in chain:
        found.append(linear.shape(found[-1]))
    return found
