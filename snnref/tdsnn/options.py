"""TDSNN: the options, and what follows from them for both walks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from math import exp, isfinite
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from ..arrays import Array, WeightCache, namespace
from ..layers.reverse_coding import spike_time
from ..network.canonical import Inexpressible
from ..network.nodes import Population, Readout

INHIBITIONS = ("last", "fixed")
OFFSETS = ("fold", "retrained")
EXPRESSES = ("relu",)  # kinds of population
COMPARED = {"leak": 10.0}  # settings for a comparison with other methods
MOST = 0.99  # of a threshold


@dataclass(frozen=True)
class TDSNN:
    """Options of TDSNN.

    Parameters
    ----------
    leak
        L, the time constant of every potential, in time steps.
    inhibition
        When a layer's inhibitory period ends: with the "last" spike that reaches it, for each sample separately; or
        after a "fixed" time, which is enough for the calibration data: later spikes are sent then.
    threshold
        Threshold of all neurons, over exp(−T_il / L), which is what a value of 1 leaves at the end of the inhibitory
        period: 0 in the paper, which rounds times up; "nearest" for the negative one that rounds them to the nearest
        step; or any number up to 0.99.
    offset
        What was done about G(x) ≈ x + 1: "fold", the 1 was subtracted from the biases; "retrained", the network was
        trained with G. Chosen in `convert`, stated here.

    Raises
    ------
    ValueError
        If an option has a value that is not allowed, or options do not fit together.
    """

    method: ClassVar[str] = "tdsnn"
    largest_value: ClassVar[float] = float("inf")  # of what a train can say
    time_unit: ClassVar[str] = "steps"
    leak: float = 5.0
    inhibition: str = "last"
    threshold: float | str = 0.0
    offset: str = "fold"
    # By `convert`:
    _bias: WeightCache = field(
        default_factory=lambda: WeightCache({}), repr=False
    )  # node -> what the bias neuron brings
    _largest: Mapping[str, float] | None = field(default=None, repr=False)  # node -> the largest A of the calibration
    _measured: tuple[float, float] | None = field(default=None, repr=False)  # the leak and threshold of that
    _trained: float | None = field(default=None, repr=False)  # the leak with which the network was retrained

    def __post_init__(self) -> None:
        check_leak(self.leak)
        if self.inhibition not in INHIBITIONS:
            raise ValueError(f"inhibition: got {self.inhibition!r}, expected {_listed(INHIBITIONS)}")
        if self.threshold != "nearest" and not (_number(self.threshold) and float(self.threshold) <= MOST):
            raise ValueError(
                f"threshold: got {self.threshold!r}, expected 'nearest' or a number up to {MOST}, in units of "
                "exp(−T_il / L): ticks never reach 1, and take the longer the nearer it is"
            )
        if self.offset not in OFFSETS:
            raise ValueError(f"offset: got {self.offset!r}, expected {_listed(OFFSETS)}")
        if self._trained is None and self.offset == "retrained":
            raise ValueError(
                "offset: got 'retrained' for an ordinary network; snnref.tdsnn.retrain it first, or 'fold'"
            )
        if self._trained is not None and (self.offset, self.leak, self.h) != ("retrained", self._trained, 0.0):
            raise ValueError(
                f"got offset {self.offset!r}, leak {self.leak:g} and threshold {self.threshold} for a network that was "
                f"retrained with leak {self._trained:g}; expected offset='retrained', that leak and threshold 0 "
                "(for others retrain it again, or fold the original)"
            )
        if self.inhibition == "fixed" and self._measured and self._measured != (self.leak, self.h):
            leak, h = self._measured
            raise ValueError(
                f"inhibition: 'fixed' was measured with leak {leak:g} and threshold {h:g}, got {self.leak:g} and "
                f"{self.h:g}; convert the network with these"
            )

    @property
    def h(self) -> float:
        """The threshold over exp(−T_il / L), as a number."""
        return half_step(self.leak) if self.threshold == "nearest" else float(self.threshold)

    @property
    def one(self) -> int:
        """When the bias neuron fires: T(1)."""
        return int(self.time(np.asarray(1.0)))

    def time(self, drive: Array) -> Array:
        """T(A), in steps of the active period."""
        return spike_time(drive, leak=self.leak, threshold=self.h)

    def horizon(self, name: str) -> int | None:
        """Look up the step in which the last neurons of a node are made to fire.

        Parameters
        ----------
        name
            The node.

        Returns
        -------
        int or None
            In time steps of the active period; None: neurons take the time they need.

        Raises
        ------
        ValueError
            If the inhibition is "fixed" and was not measured.
        """
        if self.inhibition == "last":
            return None
        if self._largest is None:
            raise ValueError("inhibition: 'fixed' is measured by convert; give it inhibition='fixed'")
        return int(self.time(np.asarray(self._largest[name])))

    def within(self, times: Array, name: str) -> Array:
        """The times of a node's neurons: those that would come too late come at the last step (written in place)."""
        horizon = self.horizon(name)
        return times if horizon is None else namespace(times).clip(times, None, horizon, out=times)

    def last(self, times: Array, name: str) -> Array:
        """`(batch,)`: the length of a node's window, from the latest times of its neurons, `(batch,)`."""
        horizon = self.horizon(name)
        return times if horizon is None else 0 * times + horizon

    def end(self, trains: Mapping[str, Any]) -> Array:
        """`(batch,)`: T_il of the layer that these reach: all of them have fired, and the bias neuron."""
        latest = _largest(train.last for train in trains.values())
        return namespace(latest).clip(latest, self.one, None)

    def release(self, trains: Mapping[str, Any]) -> Array:
        """Compute when the inhibitory period ends of the layer that some trains reach.

        Sources whose window began sooner wait for the others, in delay lines.

        Parameters
        ----------
        trains
            The train of each source.

        Returns
        -------
        array `(batch,)`
            Time steps since the input's window began.
        """
        return _largest(train.begin for train in trains.values()) + self.end(trains)

    def bias(self, node: Population | Readout, x: Array) -> Array:
        """What the bias neuron brings to a node by the end of its inhibitory period: b, less what G(x) adds to x."""
        return self._bias.like(x)[node.name]

    def finite(self, output: Array) -> Array:
        """Check that the output is finite; the smallest value above 0 is exp(1/L) − 1.

        Parameters
        ----------
        output : array
            The output.

        Returns
        -------
        array
            The same.

        Raises
        ------
        ValueError
            If values overflow.
        """
        if not bool(namespace(output).all(namespace(output).isfinite(output))):
            raise ValueError(f"leak: got {self.leak:g}, with which values overflow; take a larger one")
        return output

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
                f"{what}: got values down to {low:.4g}, expected 0 or more: reverse coding says nothing below; "
                "if pixels are shifted beforehand, make that shift the network's first layer"
            )


def half_step(leak: float) -> float:
    """Compute the threshold with which times are L ln(x + 1) to the nearest step (from Eq. 6, Zhang et al. 2019).

    It follows from ⌈L ln((x + 1) / (1 − h))⌉ with L ln(1 − h) = ½.

    Parameters
    ----------
    leak
        L, in time steps.

    Returns
    -------
    float
        h, in units of exp(−T_il / L); below 0.
    """
    return 1 - exp(0.5 / leak)


def check_leak(leak: float) -> None:
    """Refuse what is no time constant, by ValueError."""
    if not _number(leak) or not leak > 0:
        raise ValueError(f"leak: got {leak!r}, expected a number > 0: L, in time steps")


def per_sample(x: Array) -> Array:
    """`(batch,)`: the largest entry of each sample."""
    return namespace(x).max(x.reshape(x.shape[0], -1), axis=1)


def each(values: Array, x: Array) -> Array:
    """`(batch,)` -> `(batch, 1, …)`, to go with x."""
    return values.reshape(-1, *[1] * (x.ndim - 1))


def _largest(values: Iterable[Array]) -> Array:
    first, *others = values
    return reduce(namespace(first).maximum, others, first)


def _number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


def _listed(names: tuple[str, ...]) -> str:
    return " or ".join(map(repr, names))
