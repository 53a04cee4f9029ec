"""Fewer layers of the same function: what only scales or moves entries becomes part of its neighbour."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ..layers import Conv, Dense, Flatten, Gain, Gather, Layer, Reshape
from ..network.graph import Layers, needed

MOVES = (Flatten, Reshape, Gather)


def folded(layers: Layers, output: str) -> Layers:
    """Only what the output depends on, with as few layers as may be; the output comes last."""
    layers = needed(layers, output)
    readers = Counter(source for _, sources in layers.values() for source in sources)
    stands_for: dict[str, str] = {}
    result: Layers = {}
    for name, (layer, sources) in layers.items():
        sources = tuple(stands_for.get(source, source) for source in sources)
        before, its_sources = result.get(sources[0], (None, ()))
        if before is not None and readers[sources[0]] == 1 and (merged := _into_the_former(before, layer)):
            result[sources[0]] = (merged, its_sources)
            stands_for[name], readers[sources[0]] = sources[0], readers[name]
            continue
        while before is not None and (merged := _over_the_former(before, layer)):
            layer, sources = merged, its_sources
            before, its_sources = result.get(sources[0], (None, ()))
        result[name] = (layer, sources)
    return needed(result, stands_for.get(output, output))


def _into_the_former(before: Layer, layer: Layer) -> Layer | None:
    """One layer for two, in the place of the former, which nothing else reads."""
    if isinstance(before, Dense | Conv) and isinstance(layer, Gain):
        return _scaled(before, layer)
    if isinstance(before, Conv) and isinstance(layer, Gather):
        return _cropped(before, layer)
    return None


def _over_the_former(before: Layer, layer: Layer) -> Layer | None:
    """One layer for two, which reads what the former reads."""
    if isinstance(before, MOVES) and isinstance(layer, MOVES):
        return _moved_twice(before, layer)
    if isinstance(before, Gather) and isinstance(layer, Conv):
        return _padded(before, layer)
    return None


def _scaled(before: Dense | Conv, gain: Gain) -> Dense | Conv | None:
    """W̃ = g W, b̃ = g b + offset, where each output channel has one g (section 2.2.3, Rueckauer 2017)."""
    n = len(before.weight)
    axes = before.weight.ndim - 2 if isinstance(before, Conv) else 0

    def each(value: Any) -> np.ndarray | None:
        value = np.asarray(0.0 if value is None else value)
        value = value.reshape((1,) * (1 + axes - value.ndim) + value.shape)
        return np.broadcast_to(value.reshape(-1), (n,)) if all(k == 1 for k in value.shape[1:]) else None

    factor, offset = each(gain.value), each(gain.bias)
    if factor is None or offset is None:
        return None
    bias = offset if before.bias is None else factor * before.bias + offset
    weight = factor.reshape(-1, *[1] * (before.weight.ndim - 1)) * before.weight
    return replace(before, weight=weight, bias=None if before.bias is None and not bias.any() else bias)


def _moved_twice(before: Any, layer: Any) -> Layer:
    shape = tuple(before.features)
    numbers = np.arange(1.0, prod(shape) + 1).reshape(shape)
    index = np.asarray(layer(before(numbers))).ravel().astype(np.int64) - 1
    to = layer.shape(before.shape(shape))
    if np.array_equal(index, np.arange(prod(shape))):
        return Flatten(shape) if len(to) == 1 else Reshape(shape, to)
    return Gather(shape, to, index)


class _Range(NamedTuple):
    """Every `step`-th entry from `start` on, zeros outside."""

    start: int
    step: int
    entries: int


def _ranges(gather: Gather) -> list[_Range] | None:
    """How it crops, pads or thins out every axis behind the channels; None if it does more than that."""
    if gather.by_axis is None or gather.by_axis[0] != tuple(range(len(gather.to))):
        return None
    channels, *places = gather.by_axis[1]
    if not np.array_equal(channels, np.arange(gather.features[0])):
        return None
    found = []
    for n, at in zip(gather.features[1:], places, strict=True):
        inside = np.flatnonzero(at >= 0)
        step = int(at[inside[1]] - at[inside[0]]) // int(inside[1] - inside[0]) if len(inside) > 1 else 1
        start = int(at[inside[0]] - inside[0] * step)
        expected = start + step * np.arange(len(at))
        if step < 1 or not np.array_equal(np.where((expected >= 0) & (expected < n), expected, -1), at):
            return None
        found.append(_Range(start, step, len(at)))
    return found


def _cropped(conv: Conv, gather: Gather) -> Conv | None:
    """Fewer places of the window: less padding, a larger stride."""
    ranges = _ranges(gather)
    if ranges is None:
        return None
    stride, padding = [], []
    for axis, cut, places in zip(conv.window.axes, ranges, gather.features[1:], strict=True):
        last = cut.start + cut.step * (cut.entries - 1)
        before = axis.before - axis.stride * cut.start
        after = axis.after - axis.stride * (places - 1 - last)
        if cut.start < 0 or last >= places or before < 0 or -after > axis.stride * (cut.step - 1):
            return None
        stride.append(axis.stride * cut.step)
        padding.append((before, max(after, 0)))  # where the last window ends early, the next would not fit
    return replace(conv, stride=tuple(stride), padding=tuple(padding))


def _padded(gather: Gather, conv: Conv) -> Conv | None:
    """More padding of the convolution that follows; before a window of one entry, a larger stride."""
    ranges = _ranges(gather)
    if ranges is None or len(ranges) != len(conv.window.axes):
        return None
    stride, padding = [], []
    for axis, cut, n in zip(conv.window.axes, ranges, gather.features[1:], strict=True):
        before, after = -cut.start, cut.start + cut.step * (cut.entries - 1) - (n - 1)
        thinned = cut.step > 1 and cut.start == 0 and cut.entries == (n - 1) // cut.step + 1
        if cut.step > 1 and not (thinned and axis.extent == 1 and axis.before == axis.after == 0):
            return None
        if before < 0 or (after < 0 and cut.step == 1):
            return None
        stride.append(axis.stride * cut.step)
        padding.append((axis.before + before, axis.after + max(after, 0)))
    return replace(conv, stride=tuple(stride), padding=tuple(padding))
