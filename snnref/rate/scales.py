"""The scale of every population: what a neuron that fires at every step stands for (section 2.2.2, Rueckauer 2017)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from math import ceil, floor, prod
from numbers import Real

import numpy as np

from ..arrays import Array, to_numpy
from ..arrays.conversion import BLOCK
from ..network.graph import READOUT
from ..network.nodes import MaxPool, Nodes, Population, Readout
from ..spiking.walk import activations
from .options import BINARY, check_choice

DISTRIBUTIONS = ("nonzero", "all")
LEAST = 2.0**-100  # scales beyond it, or its reciprocal, would overflow in single precision


def choose_scales(
    nodes: Nodes,
    calibration: Array,
    *,
    percentile: float | None = 99.9,
    distribution: str = "nonzero",
    given: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Choose λ of every node: a percentile of its activations on the calibration data (section 2.2.2, Rueckauer 2017).

    The readout's scale is that of the positive outputs. A pool has its source's scale. The input is a current, and a
    binary unit's spike stands for its own value: their scale is 1. Memory grows only with the number of activations
    above the percentile.

    Parameters
    ----------
    nodes
        The canonical graph.
    calibration : array `(batch, *input_shape)`
        Samples like those the network was trained on.
    percentile
        Above 0, up to 100; None makes every scale 1.
    distribution
        Whether the percentile is that of the "nonzero" activations or of "all" of them.
    given
        λ of some populations, or of the readout, that are not to be chosen.

    Returns
    -------
    dict of float
        λ by node, in units of the activation.

    Raises
    ------
    ValueError
        If the percentile, the distribution or a given scale is not allowed, or a population's percentile is 0.
    """
    _check_percentile(percentile)
    check_choice("distribution", distribution, DISTRIBUTIONS)
    scaled = {k: n for k, n in nodes.items() if isinstance(n, Readout | Population) and not _binary(n)}
    known = _checked(given or {}, scaled)
    scales, tails = dict.fromkeys(nodes, 1.0) | known, {}
    if percentile is not None:
        rest = {k: node for k, node in scaled.items() if k not in known}
        tails = {k: Tail(percentile, prod(node.shape) * len(calibration)) for k, node in rest.items()}
    for values in _by_batches(nodes, calibration) if tails else ():
        for name, tail in tails.items():
            a = to_numpy(values[name])
            tail.add(a[a > 0] if distribution == "nonzero" or name == READOUT else a)
    for name, node in nodes.items():
        if isinstance(node, MaxPool):
            scales[name] = scales[node.source]
        elif name in tails:
            scales[name] = tails[name].percentile()
            if name == READOUT and scales[name] <= 0:
                scales[name] = 1.0  # no output is ever positive
            elif scales[name] <= 0 and isinstance(node, Population) and node.part_of:
                scales[name] = scales[node.part_of]  # a bound that no sample reached
            elif scales[name] <= 0:
                raise ValueError(
                    f"population {name!r}: its {percentile}th percentile on the calibration data is 0; "
                    "give more or other samples, a higher percentile, or look whether the layer is alive at all"
                )
    return scales


def _checked(given: Mapping[str, float], scaled: Mapping[str, Population | Readout]) -> dict[str, float]:
    for name, value in given.items():
        if name not in scaled:
            raise ValueError(f"scales: got one for {name!r}, expected names of {', '.join(scaled)}")
        if not (isinstance(value, Real) and LEAST < float(value) < 1 / LEAST):
            raise ValueError(f"scales: got {value!r} for {name!r}, expected a number > 0, in units of the activation")
    return {name: float(value) for name, value in given.items()}


def choose_thresholds(
    nodes: Nodes, calibration: Array, *, percentile: float | None = 99.9
) -> dict[str, float]:  # fmt: skip
    """Choose the threshold of every binary population, which all but a (100 − percentile)th of its active units reach.

    A neuron with that threshold fires at every step, as its unit is on in the ANN; those below fire at some steps. The
    paper does not say how small its thresholds are.

    Parameters
    ----------
    nodes
        The canonical graph.
    calibration : array `(batch, *input_shape)`
        Samples like those the network was trained on.
    percentile
        Above 0, up to 100; None leaves the thresholds at 1.

    Returns
    -------
    dict of float
        Threshold by population, in units of the pre-activation |A|; empty if there are no binary populations.

    Raises
    ------
    ValueError
        If the percentile is not allowed.
    """
    _check_percentile(percentile)
    binary = {k: node for k, node in nodes.items() if isinstance(node, Population) and _binary(node)}
    if percentile is None or not binary:
        return {}
    tails = {k: Tail(percentile, prod(node.shape) * len(calibration)) for k, node in binary.items()}
    for values in _by_batches(nodes, calibration):
        for name, node in binary.items():
            a = np.abs(node.input.drive({k: to_numpy(v) for k, v in values.items()}) + node.input.bias)
            tails[name].add(-a[a > 0])
    return {name: -tail.percentile() or 1.0 for name, tail in tails.items()}


class Tail:
    """A percentile of more values than one wants to keep: only those above it are."""

    def __init__(self, percent: float, most: int):
        self.q, self.values, self.seen = percent / 100, np.zeros(0), 0
        self.keep = min(most, most - floor(self.q * (most - 1)) + 1)

    def add(self, values: np.ndarray) -> None:
        self.seen += values.size
        if len(self.values) == self.keep:
            values = values[values > self.values.min()]
        self.values = np.concatenate([self.values, values.ravel()])
        if len(self.values) > self.keep:
            self.values = np.partition(self.values, -self.keep)[-self.keep :]

    def percentile(self) -> float:
        """Between the two values next to it linearly, as NumPy's; 0 of none."""
        if not self.seen:
            return 0.0
        place = self.q * (self.seen - 1)
        ordered = np.sort(self.values)
        low, high = (ordered[int(i) - self.seen] for i in (floor(place), ceil(place)))
        return float(low + (high - low) * (place - floor(place)))


def _by_batches(nodes: Nodes, x: Array) -> Iterator[dict[str, Array]]:
    size = max(1, BLOCK // max(prod(node.shape) for node in nodes.values()))
    for start in range(0, len(x), size):
        yield activations(nodes, x[start : start + size])


def _binary(node: Population | Readout) -> bool:
    return isinstance(node, Population) and node.activation is not None and node.activation.kind in BINARY


def _check_percentile(percentile: float | None) -> None:
    if percentile is None:
        return
    if not (isinstance(percentile, Real) and 0 < percentile <= 100):
        raise ValueError(f"percentile: got {percentile!r}, expected a number with 0 < percentile ≤ 100, or None")
    if percentile < 1:
        warnings.warn(f"percentile={percentile} means {percentile} %, not a fraction; did you mean 99.9?", stacklevel=4)
