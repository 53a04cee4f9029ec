"""AMOS: the options, and what follows from them for both walks."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import ClassVar

import numpy as np

from ..arrays import Array
from ..network.canonical import Inexpressible
from ..network.graph import READOUT
from ..network.nodes import Input, Nodes, Population, Readout
from . import converters
from .schedule import starts
from .unit import Unit

RAMPS = {"relu6": {"low": 0.0, "high": 6.0, "top": 6.0}, "hard_sigmoid": {"low": -3.0, "high": 3.0, "top": 1.0}}
ENCODINGS = ("spikes", "analog")
COMPARED = {"K": 6}  # settings for a comparison with other methods


@dataclass(frozen=True)
class AMOS:
    """Options of AMOS.

    Parameters
    ----------
    K
        Number of bits of the units that need no training: for ReLU, ReLU6, hard sigmoid, maximum, and for pixels.
    steps
        In how many steps they find the bits: None for K, one a step; with fewer, more gates fire together.
    half_step
        Whether thresholds of ReLU, ReLU6, hard sigmoid and pixels are half a step lower, so that values are rounded to
        the nearest step; without, as in the paper, they are rounded down.
    encoding
        How pixels enter: as "spikes" of a ReLU unit each, or "analog", as currents (which may be below 0).

    Raises
    ------
    ValueError
        If an option has a value that is not allowed.
    """

    method: ClassVar[str] = "amos"
    largest_value: ClassVar[float] = 1.0  # of what a ReLU unit can say, in units of its scale
    time_unit: ClassVar[str] = "steps"
    K: int = 10
    steps: int | None = None
    half_step: bool = False
    encoding: str = "spikes"
    _trained: Mapping[str, Unit] = field(default_factory=dict, repr=False)  # by population
    _nodes: Nodes = field(default_factory=dict, repr=False)
    _signed: frozenset[str] = field(default=frozenset(), repr=False)  # populations that may say values below 0

    def __post_init__(self) -> None:
        converters.check_bits(self.K, self.steps)
        if not isinstance(self.half_step, bool):
            raise ValueError(f"half_step: got {self.half_step!r}, expected True or False")
        if self.encoding not in ENCODINGS:
            raise ValueError(f"encoding: got {self.encoding!r}, expected one of {', '.join(map(repr, ENCODINGS))}")

    @property
    def relu(self) -> Unit:
        """The ReLU unit with these options, for α = 1."""
        return converters.relu(self.K, steps=self.steps, half_step=self.half_step)

    @property
    def maxima(self) -> Unit:
        """For the maximum of two values of 0 or more."""
        return converters.maximum(self.K, steps=self.steps)

    def unit(self, node: Input | Population) -> Unit | None:
        """The unit that represents each value of a node; None for analog pixels."""
        if isinstance(node, Input):
            return self.relu if self.encoding == "spikes" else None
        if node.name in self._trained:
            return self._trained[node.name]
        if node.activation is None:
            signed = node.name in self._signed
            return converters.maximum(self.K, signed=True, steps=self.steps) if signed else self.maxima
        ends = RAMPS.get(node.activation.kind)
        return converters.ramp(self.K, steps=self.steps, half_step=self.half_step, **ends) if ends else self.relu

    def units(self, nodes: Nodes) -> dict[str, Unit]:
        """By node, those of all that spike."""
        found = {k: self.unit(node) for k, node in nodes.items() if isinstance(node, Input | Population)}
        return {k: unit for k, unit in found.items() if unit is not None}

    def check(self, x: Array, what: str) -> None:
        """Check the pixels, and warn of an input (in units of the calibration's largest value) that is far beyond it.

        Parameters
        ----------
        x : array `(batch, *input_shape)`
            The input.
        what
            Its name in messages.

        Raises
        ------
        Inexpressible
            If pixels below 0 should be spikes.
        """
        if self.encoding == "spikes" and (low := float(x.min())) < 0:
            raise Inexpressible(
                f"{what}: got values down to {low:.4g}, expected 0 or more: units say 0 and more; take "
                "encoding='analog', or make the shift of the pixels the network's first layer"
            )
        if what == "input" and self.encoding == "spikes" and (high := float(x.max())) > 2:
            warnings.warn(
                f"input: got values up to {high:.4g} times the largest of the calibration; all above it say the same: "
                "scale it as the calibration data",
                stacklevel=7,
            )

    def value_range(self, node: Population) -> tuple[float, float]:
        """The least and the largest value that a neuron's unit represents."""
        unit = self.unit(node)
        assert unit is not None
        side = np.linspace(unit.low, unit.high, 1025 if unit.inputs == 1 else 65)
        said = unit(*np.meshgrid(*[side] * unit.inputs))
        return float(said.min()), float(said.max())

    def neurons(self, nodes: Nodes) -> int:
        """Gates of all populations."""
        units = self.units(nodes)
        return sum(units[k].K * prod(node.shape) for k, node in nodes.items() if isinstance(node, Population))

    def neurons_receiving(self, node: Population | Readout, term: int) -> int:
        """The number of gates of a unit that receive one of its sums; the readout has no gates, and sums once."""
        if isinstance(node, Readout):
            return 1
        unit = self.unit(node)
        assert unit is not None
        return int(np.count_nonzero(unit.c[term]))

    def latency(self) -> int:
        """Time steps until the answer is there."""
        return starts(self._nodes, self.units(self._nodes))[READOUT] + 1
