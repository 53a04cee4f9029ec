"""The AMOS unit: K threshold gates, each of which fires at most once, in the place of one ANN gate
(Eqs. 2-7, Stöckl & Maass 2019)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..arrays import Array, like, namespace


def heaviside(v: Array) -> Array:
    """Θ(v), with Θ(0) = 1 (Eq. 3)."""
    return namespace(v).astype(v >= 0, v.dtype)


@dataclass(frozen=True, eq=False)
class Unit:
    """K gates for a function of one input or two; print it for its parameters.

    Called with arrays of one shape, one for each input, it gives Σ d_i z_i (Eqs. 5, 6): `(...)` -> `(...)`.

    Parameters
    ----------
    T : array `(K,)`
        Thresholds, in the unit of the inputs.
    h : array `(K, K)`
        h[i, j] is what gate j, once it has fired, subtracts from gate i, in the unit of the inputs; 0 unless j < i.
    d : array `(K,)`
        The value of each gate's spike, in the unit of the output.
    c : array `(inputs, K)`
        Weight of each input in each gate.
    low, high
        The range of each input in which the unit is meant to be used.
    name
        Name of the function.

    Raises
    ------
    ValueError
        For parameters that do not fit together or are not finite.
    """

    T: np.ndarray  # (K,): thresholds
    h: np.ndarray  # (K, K): h[i, j] is what gate j, once it has fired, takes from gate i; 0 unless j < i
    d: np.ndarray  # (K,): what the spike of each gate is worth
    c: np.ndarray  # (inputs, K): by how much each gate weighs each input
    low: float  # of each input, where the unit is meant to be used
    high: float
    name: str = ""  # of the function

    def __post_init__(self) -> None:
        T, h, d, c = (np.array(value, np.float64) for value in (self.T, self.h, self.d, self.c))
        K = T.shape[0] if T.ndim == 1 else 0
        if K < 1 or h.shape != (K, K) or d.shape != (K,) or c.ndim != 2 or c.shape[1] != K or c.shape[0] not in (1, 2):
            raise ValueError(
                f"unit {self.name}: got shapes T {T.shape}, h {h.shape}, d {d.shape}, c {c.shape}, "
                "expected (K,), (K, K), (K,) and (1, K) or (2, K)"
            )
        if not all(np.all(np.isfinite(value)) for value in (T, h, d, c)):
            raise ValueError(f"unit {self.name}: a parameter is NaN or infinite; train it again")
        if np.any(np.triu(h)):
            raise ValueError(
                f"unit {self.name}: h has entries on or above the diagonal; a gate can only be inhibited by those "
                "before it"
            )
        if not (np.isfinite(self.low) and np.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"unit {self.name}: got the range {self.low} to {self.high}, expected low < high")
        for key, value in zip("Thdc", (T, h, d, c), strict=True):
            value.flags.writeable = False  # many networks share a unit
            object.__setattr__(self, key, value)

    @property
    def K(self) -> int:
        """The number of gates."""
        return len(self.T)

    @property
    def inputs(self) -> int:
        """The number of inputs."""
        return len(self.c)

    @property
    def parameters(self) -> int:
        """T, d, one c for each input, and h_ij for j < i (Table 3, Stöckl & Maass 2019)."""
        return (2 + self.inputs) * self.K + self.K * (self.K - 1) // 2

    @cached_property
    def step(self) -> np.ndarray:
        """`(K,)`: the time step in which each gate fires, if it fires: one after the last that inhibits it.

        In the paper's units, where each gate inhibits all that follow, 0, 1, … K − 1.
        """
        step = np.zeros(self.K, int)
        for i in range(self.K):
            before = step[:i][self.h[i, :i] != 0]
            step[i] = before.max() + 1 if before.size else 0
        return step

    @property
    def steps(self) -> int:
        """How long the unit takes: K in the paper, fewer where gates do not inhibit each other."""
        return int(self.step.max()) + 1

    def potential(self, i: int, x: Sequence[Array], fired: Sequence[Array] | Mapping[int, Array]) -> Array:
        """Compute what gate i has above its threshold: Σ c_i x − H_i − T_i (Eqs. 2, 4, 7); it fires from 0 on.

        H_i belongs to the gate alone, and is complete before the gate compares: shifted by one gate, a unit can be
        trained, and is wrong in use.

        Parameters
        ----------
        i
            The gate.
        x : arrays `(...)`
            The inputs.
        fired : arrays `(...)`
            1 or 0 for each gate before it.

        Returns
        -------
        array `(...)`
            In the unit of the inputs.
        """
        v = sum(float(c) * value for c, value in zip(self.c[:, i], x, strict=True)) - float(self.T[i])
        for j in np.flatnonzero(self.h[i, :i]).tolist():
            v = v - float(self.h[i, j]) * fired[j]
        return v

    def gates(self, *x: Array) -> Array:
        """Compute which gates fire.

        Parameters
        ----------
        *x : arrays `(...)`
            The inputs.

        Returns
        -------
        array `(K, ...)`
            1 where a gate fires, else 0.

        Raises
        ------
        TypeError
            For another number of inputs.
        """
        if len(x) != self.inputs:
            raise TypeError(f"unit {self.name}: got {len(x)} inputs, expected {self.inputs}")
        x = tuple(np.asarray(value, float) if isinstance(value, int | float | list) else value for value in x)
        fired: list[Array] = []
        for i in range(self.K):
            fired.append(heaviside(self.potential(i, x, fired)))
        return namespace(x[0]).stack(fired)

    def __call__(self, *x: Array) -> Array:
        """Σ d_i z_i of the inputs: `(...)` -> `(...)`."""
        z = self.gates(*x)
        return namespace(z).tensordot(like(self.d, z), z, axes=1)

    def scaled(self, by: float) -> Unit:
        """The unit for by · f(x / by): inputs, and with them thresholds, and outputs in other units."""
        return replace(self, T=self.T * by, h=self.h * by, d=self.d * by, low=self.low * by, high=self.high * by)

    def __repr__(self) -> str:
        return (
            f"Unit {self.name or 'without a name'}: {self.K} gates in {self.steps} steps, {self.parameters} "
            f"parameters, {'each input' if self.inputs > 1 else 'input'} from {self.low:g} to {self.high:g}"
        )
