"""Hysteresis sigma-delta: the options, and what follows from them for both walks."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np

from ..arrays import Array, like
from ..spiking.trains import Readings
from .encoding import intensity_to_delay
from .quantisers import QUANTISERS
from .trains import Stream
from .wiring import Wiring

RULES = ("one", "settled")
OUTPUTS = ("spikes", "potential")
EXPRESSES = ("relu",)  # kinds of population
COMPARED = {"threshold": 0.05, "percentile": 99.9, "levels": 16, "cutoff": 0.5, "rule": "settled"}  # for a comparison


@dataclass(frozen=True)
class SigmaDelta:
    """Options of hysteresis sigma-delta.

    Parameters
    ----------
    quantiser
        How a neuron's spikes follow its potential: by "hysteresis", or by direct quantisation, "floor" or "round".
    rule
        Of hysteresis: at most "one" spike for each incoming spike, or as many as it takes until the neuron is
        "settled".
    strict
        Whether hysteresis fires beyond a difference of θ (>), not at it (≥).
    settle
        Whether neurons compare once at reset, before any spike arrives, so that those with a large bias fire.
    cutoff
        Share of a level of the input above which a pixel fires.
    delay
        Time units between a spike and its arrival at a population or the readout; pools add none.
    output
        What answers: the signed count of the last layer's "spikes" (of equal counts the higher potential), or the
        "potential".
    keep
        Whether the samples of a batch are the frames of one film: each finds the network as the one before left it.
    points
        Number of times at which the readout is read, spread evenly until the end.

    Raises
    ------
    ValueError
        If an option has a value that is not allowed.
    """

    method: ClassVar[str] = "sigma_delta"
    largest_value: ClassVar[float] = inf  # of what a train can say, in units of its scale
    time_unit: ClassVar[str] = "time units of an image"
    quantiser: str = "hysteresis"
    rule: str = "one"
    strict: bool = False
    settle: bool = True
    cutoff: float = 0.2
    delay: float = 0.0
    output: str = "spikes"
    keep: bool = False
    points: int = 32
    _levels: int = 1  # spikes of a pixel, at most; by `convert`
    _wiring: Wiring | None = None  # by `convert`

    def __post_init__(self) -> None:
        for name, known in {"quantiser": tuple(QUANTISERS), "rule": RULES, "output": OUTPUTS}.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name}: got {getattr(self, name)!r}, expected one of {', '.join(map(repr, known))}")
        for name in ("strict", "settle", "keep"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name}: got {getattr(self, name)!r}, expected True or False")
        check_whole("points", self.points)
        if not is_number(self.cutoff) or not 0 <= self.cutoff < 1:
            raise ValueError(f"cutoff: got {self.cutoff!r}, expected 0 ≤ cutoff < 1")
        if not is_number(self.delay) or not 0 <= self.delay < inf:
            raise ValueError(f"delay: got {self.delay!r}, expected a number of time units ≥ 0")

    @property
    def wiring(self) -> Wiring:
        """The synapses, neuron by neuron."""
        assert self._wiring is not None
        return self._wiring

    @property
    def duration(self) -> float:
        """Time units until the last spike may arrive at the readout: the darkest pixel's, and the delays."""
        return 1 - self.cutoff / self._levels + self.delay * self.wiring.depth

    @property
    def times(self) -> np.ndarray:
        """When the readout is read, in time units since the frame began."""
        return np.arange(1, self.points + 1) / self.points * self.duration

    @property
    def read_times(self) -> np.ndarray:
        """`times`, but for the last, when all must be quiet: rounding may let the last spike come late."""
        return np.append(self.times[:-1], inf)

    def latency(self) -> float:
        """Time units until the answer is there."""
        return self.duration

    def encode(self, x: Array) -> Stream:
        """The pixels one by one, the brightest first (section III, Yousefzadeh et al. 2019)."""
        return intensity_to_delay(x, cutoff=self.cutoff, levels=self._levels, keep=self.keep)

    def answer(self, counts: np.ndarray, potentials: np.ndarray, kind: Array) -> Readings:
        """Make the readings of the readout.

        Parameters
        ----------
        counts : array `(points, batch, classes)`
            Signed spike counts.
        potentials : array `(points, batch, classes)`
            Potentials, in thresholds.
        kind
            An array of the kind (NumPy or torch) that the readings should have.

        Returns
        -------
        Readings
            By counts or by potentials, as `output` says.
        """
        v = like(potentials, kind)
        return Readings(v) if self.output == "potential" else Readings(like(counts, kind), potentials=v)


def check_whole(name: str, value: Any) -> None:
    """Refuse what is no whole number from 1 on, by ValueError."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name}: got {value!r}, expected a whole number ≥ 1")


def is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
