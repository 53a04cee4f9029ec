"""Calls that only move entries: slices, permutations, padding, repetition. Torch itself says where each entry goes.

The call is made once with the number of each entry in its place; what comes out is the map "output entry i is input
entry j, or a constant".
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import torch

from ..layers import Add, Concat, Flatten, Gain, Gather, Reshape, Shape, Spread
from .torch_values import BATCH, Builder, Value, replaced, words

FIRST = 2.0**40  # the number of the first entry; smaller ones are constants


def moved(
    net: Builder, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], *, in_place: bool
) -> Any:
    """The layers of one such call: a value, or a tuple of them."""
    starts = _Starts()

    numbered = replaced(args, starts.numbered), replaced(kwargs, starts.numbered)
    with torch._C.DisableTorchFunctionSubclass():
        result = func(*numbered[0], **numbered[1])
    if in_place:
        result = numbered[0][0]
    if isinstance(result, tuple | list):
        return tuple(_layers(net, each, starts, f"[{i}]") for i, each in enumerate(result))
    return _layers(net, result, starts, "")


class _Starts:
    """Which numbers the entries of each source have."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[Value, float]] = {}
        self.next = FIRST

    def numbered(self, value: Value) -> torch.Tensor:
        """A tensor of `BATCH` samples with a number of its own in every place."""
        shape = (BATCH, *value.shape)
        if value.name not in self.known:
            self.known[value.name] = (value, self.next)
            self.next += prod(shape)
        start = self.known[value.name][1]
        return torch.arange(start, start + prod(shape), dtype=torch.float64).reshape(shape)


def _layers(net: Builder, result: torch.Tensor, starts: _Starts, suffix: str) -> Value:
    """From the numbers that came out: a change of shape, a concatenation, or gathers and constants added up."""
    first, second = _samples(result)
    to = first.shape
    terms: list[tuple[Value, np.ndarray]] = []
    for value, start in starts.known.values():
        features = prod(value.shape)
        own = (first >= start) & (first < start + features)
        if not np.array_equal(second[own], first[own] + features) or np.any(
            (first >= start + features) & (first < start + BATCH * features)
        ):
            raise ValueError("it mixes the samples of a batch, expected the batch to stay the first axis")
        if own.any():
            terms.append((value, np.where(own, first - start, -1).astype(np.int64).ravel()))
    constants = np.where(first >= FIRST, 0.0, first)
    if not np.array_equal(constants, np.where(second >= FIRST, 0.0, second), equal_nan=True):
        raise ValueError("got a constant that differs between the samples of a batch, expected the same for all")
    if not terms:
        raise ValueError("nothing of the input is left in its result")
    if not constants.any() and (concatenated := _concatenated(net, terms, to, suffix)):
        return concatenated
    parts = [gather(net, value, index, to, suffix=suffix) for value, index in terms]
    total = parts[0] if len(parts) == 1 else net.add(Add(), *parts, suffix=suffix)
    return net.add(Gain(1.0, constants), total, suffix=suffix) if constants.any() else total


def _samples(result: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    if result.ndim < 1 or len(result) != BATCH:
        raise ValueError(
            f"it moves or drops the batch (result {tuple(result.shape)} for {BATCH} samples), expected the batch to "
            "stay the first axis"
        )
    first, second = result.detach().double().numpy()
    return first, second


def _concatenated(net: Builder, terms: list[tuple[Value, np.ndarray]], to: Shape, suffix: str) -> Value | None:
    """Sources side by side along the channels, each whole and in its order."""
    if len(terms) < 2 or any(len(value.shape) != len(to) or value.shape[1:] != to[1:] for value, _ in terms):
        return None
    order = sorted(terms, key=lambda term: int(np.flatnonzero(term[1] >= 0)[0]))
    whole = np.concatenate([np.arange(prod(value.shape)) for value, _ in order])
    found = np.max([index for _, index in terms], axis=0)
    return net.add(Concat(), *(value for value, _ in order), suffix=suffix) if np.array_equal(whole, found) else None


def gather(net: Builder, x: Value, index: np.ndarray, to: Shape, *, suffix: str = "") -> Value:
    """Output entry i is entry `index[i]` of x, or zero where that is −1."""
    if len(index) == prod(x.shape) and np.array_equal(index, np.arange(len(index))):
        return reshaped(net, x, to, suffix=suffix)
    if len(to) == len(x.shape) and all(n in (1, m) for n, m in zip(x.shape, to, strict=True)):
        numbers = np.arange(prod(x.shape)).reshape(x.shape)
        if np.array_equal(index, np.broadcast_to(numbers, to).ravel()):
            return net.add(Spread(to), x, suffix=suffix)
    return net.add(Gather(x.shape, to, index), x, suffix=suffix)


def reshaped(net: Builder, x: Value, to: Shape, *, suffix: str = "") -> Value:
    """The same features under another shape; of two changes in a row the second is enough."""
    layer, sources = net.layers.get(x.name, (None, ()))
    if isinstance(layer, Flatten | Reshape) and to != x.shape:
        x = Value(sources[0], tuple(layer.features))
    if to == x.shape:
        return Value(x.name, x.shape)
    return net.add(Flatten(x.shape) if len(to) == 1 else Reshape(x.shape, to), x, suffix=suffix)


def along_axes(net: Builder, x: Value, places: tuple[np.ndarray, ...], *, suffix: str = "") -> Value:
    """Along each axis, output entry i is entry `places[axis][i]`, or zero where that is −1."""
    index, inside = np.zeros((), np.int64), np.array(True)
    for n, at in zip(x.shape, places, strict=True):
        index, inside = index[..., None] * n + at, inside[..., None] & (at >= 0)
    return gather(net, x, np.where(inside, index, -1).ravel(), index.shape, suffix=suffix)


def turned(net: Builder, x: Value, axes: tuple[int, ...], *, suffix: str = "") -> Value:
    """The feature axes in another order."""
    index = np.arange(prod(x.shape)).reshape(x.shape).transpose(axes)
    return gather(net, x, index.ravel(), index.shape, suffix=suffix)


MOVES = words(
    """
    reshape view view_as reshape_as flatten unflatten squeeze unsqueeze permute transpose swapaxes swapdims movedim
    moveaxis t T mT H chunk split split_with_sizes tensor_split hsplit vsplit dsplit unbind narrow select index_select
    __getitem__ __setitem__ __iter__ broadcast_to repeat tile repeat_interleave flip fliplr flipud roll rot90 stack cat
    concat concatenate hstack vstack dstack pad constant_pad_nd pixel_shuffle pixel_unshuffle channel_shuffle unfold
    diagonal tril triu masked_fill where take_along_dim gather as_strided expand expand_as fill zero copy
    """
)
