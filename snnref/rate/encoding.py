"""Rate coding: how an input enters, and the options both walks share (Rueckauer et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

import numpy as np

from ..arrays import Array, device, namespace
from ..trains import Analog, Clocked

RESETS = ("subtract", "zero")
POOLINGS = ("exact", "average", "exponential", "filter")
ENCODINGS = ("constant", "regular", "poisson")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a value that is none of the choices, by ValueError."""
    if value not in choices:
        raise ValueError(f"{name}: got {value!r}, expected one of {', '.join(map(repr, choices))}")


@dataclass(frozen=True)
class Rate:
    """Options of rate coding."""

    steps: int = 100  # T: for how many time steps the input is shown
    reset: str = "subtract"  # what a spike does to the potential: "subtract" (Eq. 4b) or "zero" (Eq. 4a)
    encoding: str = "constant"  # the input as a "constant" current (Eq. 8), or as "regular" or "poisson" spikes
    seed: int = 0  # of the draws of "poisson": the same for every call
    pooling: str = "exact"  # max-pool: its count is the maximum; or a gate on a rate estimated by average, …
    gate_steps: int = 8  # steps over which the gates "exponential" and "filter" estimate

    def __post_init__(self) -> None:
        if not isinstance(self.steps, Integral) or self.steps < 1:
            raise ValueError(f"steps: got {self.steps!r}, expected a whole number ≥ 1")
        check_choice("reset", self.reset, RESETS)
        check_choice("encoding", self.encoding, ENCODINGS)
        check_choice("pooling", self.pooling, POOLINGS)
        if not isinstance(self.gate_steps, Integral) or self.gate_steps < 1:
            raise ValueError(f"gate_steps: got {self.gate_steps!r}, expected a whole number of steps ≥ 1")
        if not isinstance(self.seed, Integral) or self.seed < 0:
            raise ValueError(f"seed: got {self.seed!r}, expected a whole number ≥ 0")

    def encode(self, x: Array) -> Analog | Clocked:
        """The pixels themselves, as a current that stays constant (Eq. 8, Rueckauer 2017), or as spikes.

        Raises ValueError for values that no rate of spikes can stand for.
        """
        if self.encoding == "constant":
            return Analog(x)
        low, high = float(x.min()), float(x.max())
        if low < 0 or high > 1:
            raise ValueError(
                f"input: got values from {low:.4g} to {high:.4g}, expected 0 to 1: a neuron fires between never and at "
                "every step; rescale the input, or take encoding='constant'"
            )
        return self.regular(x) if self.encoding == "regular" else self.poisson(x, np.random.default_rng(self.seed))

    def regular(self, x: Array, past: int = 0) -> Clocked:
        """Evenly spaced spikes: ⌊t x⌋ of them after t steps, as of a neuron that integrates its pixel; `past` steps
        have gone by."""
        xp = namespace(x)
        time = xp.arange(past, past + self.steps + 1, dtype=x.dtype, device=device(x))
        counts = xp.floor(xp.reshape(time, (-1, *[1] * x.ndim)) * x)
        return Clocked(counts[1:, ...] - counts[:-1, ...])

    def poisson(self, x: Array, draws: np.random.Generator) -> Clocked:
        """At every step a spike with the probability of the pixel's brightness (section 2.2.4, Rueckauer 2017)."""
        xp = namespace(x)
        drawn = xp.asarray(draws.random((self.steps, *x.shape)), device=device(x))
        return Clocked(xp.astype(drawn < x, x.dtype))

    def latency(self) -> int:
        return self.steps
