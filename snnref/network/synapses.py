"""A projection as a list of its synapses, and a pool as a list of its windows: who receives one neuron's spike.

What happens event by event needs the targets of one source neuron, not the image of a whole layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from ..arrays import Axis, window_entries
from ..layers import AvgPool, Conv, Dense, Flatten, Gain, Gather, Linear, Place, Reshape, Shape, Spread, UnevenAvgPool
from ..layers.rearranging import Entry
from ..layers.windows import Window
from .nodes import Projection


@dataclass(frozen=True, eq=False)
class Synapses:
    """Those of source neuron j, by flat index, are the entries `starts[j]` to `starts[j + 1]` of the two other arrays.

    Each target occurs once for a source, in rising order. A synapse whose weight happens to be zero is there too.
    """

    starts: np.ndarray  # (sources + 1,)
    targets: np.ndarray  # (synapses,): flat indices
    weights: np.ndarray  # (synapses,), float64

    def of(self, source: int) -> slice:
        """Where the synapses of one source neuron lie."""
        return slice(self.starts[source], self.starts[source + 1])


Entries = tuple[np.ndarray, np.ndarray, np.ndarray]  # target, source, weight: a matrix, entry by entry


def synapses(projections: tuple[Projection, ...], shape: Shape) -> Synapses:
    """Of projections with one source of features `shape` and one target: parallel synapses are one, with the summed
    weight."""
    target, source, weight = map(np.concatenate, zip(*(_chain(p.maps, shape) for p in projections), strict=True))
    return _sorted(target, source, weight, prod(shape))


def members(window: Window, shape: Shape) -> tuple[Synapses, Synapses]:
    """In which windows each neuron of features `shape` lies, and which neurons lie in each window; weights are 1."""
    sees = np.concatenate([entry.ravel() for entry in window_entries(_numbered(shape), window.axes, 0.0)]).astype(int)
    places = prod(window.shape(shape))
    target, source = np.tile(np.arange(places), len(sees) // places)[sees > 0], sees[sees > 0] - 1
    one = np.ones(len(source))
    return _sorted(target, source, one, prod(shape)), _sorted(source, target, one, places)


def _sorted(target: np.ndarray, source: np.ndarray, weight: np.ndarray, sources: int) -> Synapses:
    """Ordered by source, then target; parallel ones added."""
    order = np.argsort(source.astype(np.int64) * (1 + target.max(initial=0)) + target, kind="stable")
    target, source, weight = target[order], source[order], weight[order]
    new = np.ones(len(order), bool)
    new[1:] = (target[1:] != target[:-1]) | (source[1:] != source[:-1])
    first = np.flatnonzero(new)
    weight = np.add.reduceat(weight, first) if len(first) else weight
    starts = np.searchsorted(source[first], np.arange(sources + 1))
    return Synapses(starts, target[first].astype(np.int32), weight)


def _chain(maps: tuple[Linear, ...], shape: Shape) -> Entries:
    """The product of the maps' matrices."""
    whole: Entries = (np.arange(prod(shape)), np.arange(prod(shape)), np.ones(prod(shape)))
    for linear in maps:
        after = _sorted(*_entries(linear, shape), prod(shape))
        shape = linear.shape(shape)
        target, source, weight = whole
        counts = np.diff(after.starts)[target]  # each synapse so far goes on to so many
        ends = np.cumsum(counts)
        at = np.arange(counts.sum()) - np.repeat(ends - counts - after.starts[target], counts)
        whole = (after.targets[at], np.repeat(source, counts), np.repeat(weight, counts) * after.weights[at])
    return whole


def _entries(linear: Linear, shape: Shape) -> Entries:
    """The matrix of one map."""
    match linear:
        case Dense(weight=weight):
            target, source = np.indices(weight.shape)
            return target.ravel(), source.ravel(), np.asarray(weight, float).ravel()
        case Conv(weight=weight, groups=groups):
            return _windowed(linear.window.axes, np.asarray(weight, float), groups, shape)
        case AvgPool(axes=axes):
            sizes = [axis.size for axis in axes]
            return _windowed(axes, np.full((shape[0], 1, *sizes), 1 / prod(sizes)), shape[0], shape)
        case UnevenAvgPool(high=high, wide=wide):
            one = np.asarray(high if wide is None else np.kron(high, wide), float)  # of each channel
            target, source = np.nonzero(one)
            channel = np.arange(shape[0])[:, None]
            target, source, weight = np.broadcast_arrays(
                channel * one.shape[0] + target, channel * one.shape[1] + source, one[target, source]
            )
            return target.ravel(), source.ravel(), weight.ravel()
        case Gain(value=value):
            every = np.arange(prod(shape))
            return every, every, np.broadcast_to(np.asarray(value, float), shape).ravel()
        case Entry() | Flatten() | Gather() | Reshape() | Spread() | Place():  # they only move values
            moved = linear(_numbered(shape)).ravel().astype(int)
            (target,) = np.nonzero(moved)
            return target, moved[target] - 1, np.ones(len(target))
    raise TypeError(f"got {type(linear).__name__}, expected a linear map whose synapses are known")


def _windowed(axes: tuple[Axis, ...], weight: np.ndarray, groups: int, shape: Shape) -> Entries:
    """A convolution: weight `(out, in / groups, *window)`."""
    out, own = weight.shape[:2]
    kernel = weight.reshape(out, own, -1)
    found = []
    for k, sees in enumerate(window_entries(_numbered(shape), axes, 0.0)):
        sees = sees.reshape(groups, 1, own, -1).astype(int)  # what every window has at its k-th place; 0: padding
        places = sees.shape[-1]
        sees = np.broadcast_to(sees, (groups, out // groups, own, places)).reshape(out, own, places)
        target = np.arange(out)[:, None, None] * places + np.arange(places)
        entries = np.broadcast_arrays(target, sees - 1, kernel[:, :, k, None])
        found.append([entry[sees > 0] for entry in entries])
    target, source, values = map(np.concatenate, zip(*found, strict=True))
    return target, source, values


def _numbered(shape: Shape) -> np.ndarray:
    """1, 2, 3, … in the order of flat indices; 0 is left for what is no neuron."""
    return np.arange(1.0, prod(shape) + 1).reshape(shape)
