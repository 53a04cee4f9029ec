"""Rate coding: how an input enters, and the options both walks share (Rueckauer et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

from ..arrays import Array
from ..trains import Analog

RESETS = ("subtract", "zero")
ENCODINGS = ("constant",)


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a value that is none of the choices, by ValueError."""
    if value not in choices:
        raise ValueError(f"{name}: got {value!r}, expected one of {', '.join(map(repr, choices))}")


@dataclass(frozen=True)
class Rate:
    """Options of rate coding."""

    steps: int = 100  # T: for how many time steps the input is shown
    reset: str = "subtract"  # what a spike does to the potential: "subtract" (Eq. 4b) or "zero" (Eq. 4a)
    encoding: str = "constant"  # the input as a constant current (Eq. 8)

    def __post_init__(self) -> None:
        if not isinstance(self.steps, Integral) or self.steps < 1:
            raise ValueError(f"steps: got {self.steps!r}, expected a whole number ≥ 1")
        check_choice("reset", self.reset, RESETS)
        check_choice("encoding", self.encoding, ENCODINGS)

    def encode(self, x: Array) -> Analog:
        """The pixels themselves, as a current that stays constant (Eq. 8, Rueckauer 2017)."""
        return Analog(x)

    def latency(self) -> int:
        return self.steps
