"""Rate coding: the options, and what follows from them for both walks (Rueckauer et al. 2017)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import ClassVar

import numpy as np

from ..arrays import Array, like, namespace
from ..network.nodes import Population, Readout
from ..spiking.trains import Analog, Clocked
from . import encoding

RESETS = ("subtract", "zero")
ENCODINGS = ("constant", "regular", "poisson")
BIASES = ("current", "spikes")
POOLINGS = ("exact", "average", "exponential", "filter")
OUTPUTS = ("potential", "spikes", "clock", "poisson")
BINARY = ("heaviside", "sign")
EXPRESSES = ("relu", *BINARY)  # kinds of population
COMPARED = {"steps": 80}  # settings for a comparison with other methods


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a value that is none of the choices, by ValueError."""
    if value not in choices:
        raise ValueError(f"{name}: got {value!r}, expected one of {', '.join(map(repr, choices))}")


def check_whole(name: str, value: int, least: int) -> None:
    if not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name}: got {value!r}, expected a whole number ≥ {least}")


@dataclass(frozen=True)
class Rate:
    """Options of rate coding.

    Parameters
    ----------
    steps
        T, the number of time steps for which the input is shown.
    reset
        What a spike does to the potential: "subtract" (Eq. 4b) or "zero" (Eq. 4a).
    initial
        V(0), in thresholds; below 1.
    clamp
        d, in time steps; a neuron of layer l is held at V(0) for the first d·l steps (section 3.3.1).
    encoding
        How the input enters: as a "constant" current (Eq. 8), or as "regular" or "poisson" spikes of values in [−1, 1].
    bias
        How biases enter: as a constant "current", or as evenly spaced "spikes" of an external neuron (section 2.2.1).
    pooling
        How maxima are found: "exact", or by a gate on rates estimated by "average", "exponential" or "filter"
        (section 2.2.6).
    gate_steps
        Number of steps over which the gates "exponential" and "filter" estimate.
    output
        What answers: the "potential" that the last layer collects without a threshold; the "spikes" of its neurons; or
        a spiking softmax, driven by an external "clock" or by "poisson" rates (section 2.2.5).
    clock
        Probability that the external clock ticks in a step.
    seed
        Seed of everything drawn at random: each call draws the same.

    Raises
    ------
    ValueError
        If an option has a value that is not allowed.
    """

    method: ClassVar[str] = "rate"
    largest_value: ClassVar[float] = 1.0  # of what a train can say, in units of its scale
    time_unit: ClassVar[str] = "steps"
    steps: int = 100
    reset: str = "subtract"
    initial: float = 0.0
    clamp: int = 0
    encoding: str = "constant"
    bias: str = "current"
    pooling: str = "exact"
    gate_steps: int = 16
    output: str = "potential"
    clock: float = 0.5
    seed: int = 0
    _largest_input: float = field(default=np.inf, repr=False)  # without its sign, on calibration data; by `convert`
    _depth: Mapping[str, int] = field(default_factory=dict, repr=False)  # the layer l of each node; by `convert`
    _past: int = field(default=0, repr=False)  # steps that have gone by before these
    _first: int = field(default=0, repr=False)  # samples of the batch that come before these

    def __post_init__(self) -> None:
        check_whole("steps", self.steps, 1)
        check_choice("reset", self.reset, RESETS)
        if not isinstance(self.initial, Real) or not -np.inf < self.initial < 1:
            raise ValueError(f"initial: got {self.initial!r}, expected a number < 1, the threshold")
        check_whole("clamp", self.clamp, 0)
        check_choice("encoding", self.encoding, ENCODINGS)
        check_choice("bias", self.bias, BIASES)
        check_choice("pooling", self.pooling, POOLINGS)
        check_whole("gate_steps", self.gate_steps, 1)
        check_choice("output", self.output, OUTPUTS)
        if not isinstance(self.clock, Real) or not 0 < self.clock <= 1:
            raise ValueError(f"clock: got {self.clock!r}, expected a probability with 0 < clock ≤ 1")
        check_whole("seed", self.seed, 0)

    def encode(self, x: Array) -> Analog | Clocked:
        """Encode pixels as a current that stays constant (Eq. 8, Rueckauer 2017), or as spikes.

        Parameters
        ----------
        x : array `(batch, *input_shape)`
            Pixels.

        Returns
        -------
        Analog or Clocked
            The input's train.

        Raises
        ------
        ValueError
            For values that no rate of spikes can stand for.

        Warns
        -----
        UserWarning
            For input far beyond that of the calibration, of which neurons saturate.
        """
        if self.encoding == "constant":
            if self._past == 0 and self._largest_input < np.inf:
                self._check_range(float(abs(x).max()) / self._largest_input)
            return Analog(x)
        low, high = float(x.min()), float(x.max())
        if low < -1 or high > 1:
            raise ValueError(
                f"input: got values from {low:.4g} to {high:.4g}, expected −1 to 1: a neuron fires between never and "
                "at every step; rescale the input, or take encoding='constant'"
            )
        if self.encoding == "regular":
            spikes = encoding.regular(x, steps=self.steps, past=self._past)
        else:
            spikes = encoding.poisson(x, self.draw("input", (self.steps, *x.shape)))
        return Clocked(spikes, signed=True)

    def _check_range(self, ratio: float) -> None:
        if ratio > 2:
            warnings.warn(
                f"input: got values up to {ratio:.4g} times the largest of the calibration; neurons that should fire "
                "more than once in a step cannot: scale it as the calibration data",
                stacklevel=8,
            )

    def biases(self, node: Population | Readout, x: Array) -> Array:
        """What the bias of a node brings in each step, `(steps or 1, 1, *features)`, as an array like x."""
        bias = like(node.input.bias, x)
        bias = namespace(x).reshape(bias, (*[1] * (1 + len(node.shape) - bias.ndim), *bias.shape))
        return encoding.regular(bias, steps=self.steps, past=self._past) if self.bias == "spikes" else bias[None, ...]

    def held(self, node: Population | Readout) -> int:
        """N(l) = d·l, the first steps, for which a neuron of this layer is held (section 3.3.1, Rueckauer 2017)."""
        return self.clamp * self._depth[node.name] if self.clamp else 0

    def draw(self, what: str, shape: tuple[int, ...]) -> np.ndarray:
        """Random numbers in [0, 1), of `shape (steps, batch, …)`: each place in the batch has a source of its own."""
        sources = [self.source(what, self._first + sample) for sample in range(shape[1])]
        return np.stack([source.random((shape[0], *shape[2:])) for source in sources], axis=1)

    def source(self, what: str, sample: int) -> np.random.Generator:
        """The random generator of one use and one sample."""
        return np.random.default_rng([self.seed, sample, *what.encode()])

    def latency(self) -> int:
        """Time steps until the answer is there."""
        return self._past + self.steps
