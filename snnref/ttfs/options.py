"""Two-stage time to first spike: the options, and what follows from them for both walks."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import ClassVar

from ..arrays import Array
from ..network.canonical import Inexpressible
from .encoding import first_spike
from .trains import Timed

OUTPUTS = ("earliest", "potential")
EXPRESSES = ("relu",)  # kinds of population
COMPARED = {"t_max": 32}  # settings for a comparison with other methods


@dataclass(frozen=True)
class TTFS:
    """Options of two-stage time to first spike.

    Parameters
    ----------
    t_max
        Length of a window, in time steps: of a silent stage, and of a spiking stage.
    half_step
        Whether neurons start their spiking stage with half a step's charge, so that values are rounded to the nearest
        step. Without it, the crossing of the threshold rounds them down.
    output
        What answers: the "earliest" spike of the last layer, or its "potential" at the end of its silent stage.

    Raises
    ------
    ValueError
        If an option has a value that is not allowed.
    """

    method: ClassVar[str] = "ttfs"
    largest_value: ClassVar[float] = 1.0  # of what a train can say, in units of its scale
    time_unit: ClassVar[str] = "steps"
    t_max: int = 64
    half_step: bool = True
    output: str = "earliest"
    _windows: Mapping[str, int] = field(default_factory=dict, repr=False)  # until each `output` answers; by `convert`

    def __post_init__(self) -> None:
        if not isinstance(self.t_max, Integral) or isinstance(self.t_max, bool) or self.t_max < 1:
            raise ValueError(f"t_max: got {self.t_max!r}, expected a whole number of steps ≥ 1")
        if not isinstance(self.half_step, bool):
            raise ValueError(f"half_step: got {self.half_step!r}, expected True or False")
        if self.output not in OUTPUTS:
            raise ValueError(f"output: got {self.output!r}, expected one of {', '.join(map(repr, OUTPUTS))}")

    @property
    def early(self) -> float:
        """Charge at the beginning of the spiking stage, in steps of its current."""
        return 0.5 if self.half_step else 0.0

    def encode(self, x: Array) -> Timed:
        """Every pixel as one spike (Eq. 1). Raises ValueError for negative ones, which no time stands for."""
        self.check(x, "input in units of x_max")
        if (high := float(x.max())) > 2:
            warnings.warn(
                f"input: got values up to {high:.4g} times the largest of the calibration; all above it fire at step 0 "
                "alike: scale it as the calibration data",
                stacklevel=7,
            )
        return Timed(self.t_max - first_spike(x, t_max=self.t_max, early=self.early), self.t_max)

    def check(self, x: Array, what: str) -> None:
        """Refuse values below 0.

        Parameters
        ----------
        x : array
            The values.
        what
            Their name in messages.

        Raises
        ------
        Inexpressible
            If there are values below 0.
        """
        if (low := float(x.min())) < 0:
            raise Inexpressible(
                f"{what}: got values down to {low:.4g}, expected 0 or more: a time to first spike stands for 0 to "
                "x_max; if pixels are shifted beforehand, make that shift the network's first layer"
            )

    def latency(self) -> int:
        """Time steps until the answer is there."""
        return self._windows[self.output] * self.t_max
