"""Ranges: up to where the units of each population say what they are given.

The end of a ReLU unit's range is α, and it is the scale of its population: after `normalise` all these units are the
same. Other functions cannot be rescaled, and their units have the range that they were trained for; a product can,
each factor by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, log2, prod
from typing import Any

import numpy as np

from ..arrays import Array, WeightCache, to_numpy
from ..network.graph import INPUT
from ..network.nodes import Nodes, Population, Scales
from ..spiking.calibration import CANDIDATES, best_candidate, largest, subsample_values
from .closed import unit_spikes
from .converters import relu
from .unit import Unit

RULES = ("search", "maximum")
PARTS = ("network", "population", "channel")

Alpha = str | float | Mapping[str, Any]


@dataclass(frozen=True)
class Chooser:
    """α of the ReLU populations, and the ranges of all others.

    alpha : "maximum" for the largest activation on calibration data, "search" for the range in which K bits say the
        activations best, by the mean square; a number; or a mapping from populations to any of these, the others being
        searched
    per : one α for all of the "network" (the paper's, whose units are all the same), for a "population", or a "channel"
    trained : units by population. The factors of a product are scaled, each population by itself, to the largest that
        there are for "maximum", else to where its unit says the products best
    """

    alpha: Alpha
    per: str
    K: int
    half_step: bool
    trained: Mapping[str, Unit]

    def __call__(self, nodes: Nodes, ann: Mapping[str, Array], top: float) -> tuple[Scales, dict[str, Any]]:
        """Scales by node, and thresholds of those whose spikes stand for something else than what makes them fire.

        ann : what the ANN's nodes answer on calibration data; top : the largest pixel in size
        """
        values = {k: to_numpy(ann[k]) for k, node in nodes.items() if _is_relu(node) and k not in self.trained}
        self._check(values)
        scales: dict[str, Any] = dict.fromkeys(nodes, 1.0) | {INPUT: top} | self._alphas(values)
        thresholds: dict[str, Any] = {}
        placed = WeightCache(nodes).like(ann[INPUT])
        for name, node in nodes.items():
            if not isinstance(node, Population) or node.factor is None:
                continue
            if node.gate == "maximum":
                (source, *_) = node.sources
                fits = source in values or source == INPUT or source in thresholds
                scales[name] = scales[source] if fits else _power_of_two(ann[source])
                thresholds[name] = (scales[name], scales[name])
            else:
                factors = [to_numpy(term.drive(ann) + term.bias) for term in placed[name].inputs]
                thresholds[name] = self._factors(self.trained[name], *factors)
                scales[name] = prod(thresholds[name])
        return scales, thresholds

    def _alphas(self, values: Mapping[str, np.ndarray]) -> dict[str, Any]:
        given = self.alpha if isinstance(self.alpha, Mapping) else dict.fromkeys(values, self.alpha)
        rules: dict[str, Any] = {name: given.get(name, "search") for name in values}
        ruled = {name: values[name] for name, rule in rules.items() if isinstance(rule, str)}
        found: dict[str, Any] = {k: np.asarray(rule, float) for k, rule in rules.items() if not isinstance(rule, str)}
        if self.per == "network":
            for kind in RULES:
                alike = {k: v for k, v in ruled.items() if rules[k] == kind}
                found |= dict.fromkeys(alike, self._alpha(kind, *alike.values())) if alike else {}
            return found
        for name, value in ruled.items():
            if self.per == "population":
                found[name] = self._alpha(rules[name], value)
            else:
                channels = [self._alpha(rules[name], value[:, n]) for n in range(value.shape[1])]
                found[name] = np.reshape(channels, (-1, *[1] * (value.ndim - 2)))
        return found

    def _alpha(self, rule: str, *values: np.ndarray) -> float:
        """For one population, or for several alike: then each error counts by the mean square of its own."""
        top = max(largest(v) for v in values) or 1.0  # none is ever active
        if rule == "maximum":
            return top
        positive = [v[v > 0] for v in values]
        tried = [subsample_values(v) for v in positive if len(v)]
        whole = [float(np.sum(np.square(v, dtype=np.float64))) for v in tried]
        unit = relu(self.K, half_step=self.half_step)

        def shares(alpha: float, *parts: np.ndarray) -> float:
            squares = (_squares(unit_spikes(unit, v / alpha).value() * alpha - v) for v in parts)
            return sum(square / all_of_them for square, all_of_them in zip(squares, whole, strict=True))

        return best_candidate(top * CANDIDATES, shares, *tried) if tried else top

    def _factors(self, unit: Unit, *values: np.ndarray) -> tuple[float, float]:
        """What 1 stands for in each factor of a product: the unit's range is for the largest that there is, or for
        less, sought for the first factor, then for the other."""
        reach = max(abs(unit.low), abs(unit.high))
        tops = [(largest(np.abs(v)) or 1.0) / reach for v in values]
        if self.alpha == "maximum":
            return tops[0], tops[1]
        x, y = map(subsample_values, np.broadcast_arrays(*values))

        def error(a: float, b: float, x: np.ndarray, y: np.ndarray) -> float:
            return _squares(unit_spikes(unit, x / a, y / b).value() * (a * b) - x * y)

        first = best_candidate(tops[0] * CANDIDATES, lambda a, *xy: error(a, tops[1], *xy), x, y)
        return first, best_candidate(tops[1] * CANDIDATES, lambda b, *xy: error(first, b, *xy), x, y)

    def _check(self, values: Mapping[str, np.ndarray]) -> None:
        if self.per not in PARTS:
            raise ValueError(f"per: got {self.per!r}, expected one of {', '.join(map(repr, PARTS))}")
        given = self.alpha if isinstance(self.alpha, Mapping) else {"": self.alpha}
        for name, value in given.items():
            if name and name not in values:
                raise ValueError(f"alpha: got one for {name!r}, expected names of {', '.join(values)}")
            number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
            if not (value in RULES if isinstance(value, str) else number and np.isfinite(value) and value > 0):
                where = f" for {name!r}" if name else ""
                raise ValueError(
                    f"alpha: got {value!r}{where}, expected one of {', '.join(map(repr, RULES))}, or a number > 0, the "
                    "end of the range in units of the activation"
                )


def _squares(difference: np.ndarray) -> float:
    return float(np.sum(np.square(difference), dtype=np.float64))


def _is_relu(node: Any) -> bool:
    return isinstance(node, Population) and node.activation is not None and node.activation.kind == "relu"


def _power_of_two(values: Array) -> float:
    top = largest(np.abs(to_numpy(values)))
    return 2.0 ** ceil(log2(top)) if top else 1.0
