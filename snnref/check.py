"""Compare a neuron that you wrote with the package's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .methods import method as find


@dataclass(frozen=True)
class Comparison:
    """True if the two agree; as text, the smallest case in which they do not."""

    agrees: bool
    text: str

    def __bool__(self) -> bool:
        return self.agrees

    def __repr__(self) -> str:
        return self.text


def neuron(method: str, step: Callable[..., tuple[Any, Any]]) -> Comparison:
    """Compare `step` with the neuron of a method, on cases from simple to long.

    step : rate: a function `(z, v, threshold=1.0, reset="subtract") -> (spike, v)` as
        `snnref.rate.integrate_and_fire`; options that it does not take are left at their defaults

    Raises ValueError for an unknown method, TypeError if `step` is no function.
    """
    if not callable(step):
        raise TypeError(f"step: got {type(step).__name__}, expected a function (z, v, …) -> (spike, v)")
    checks, tried = find(method).check, 0
    taken = inspect.signature(step).parameters
    every = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in taken.values())
    defaults = {k: p.default for k, p in inspect.signature(checks.reference).parameters.items()}
    for options, currents in checks.cases():
        passed = {k: value for k, value in options.items() if every or k in taken}
        if any(value != defaults[k] for k, value in options.items() if k not in passed):
            continue  # an option that this neuron does not have
        expected, failure = list(_play(checks.reference, currents, options)), ""
        got: list[Pair] = []
        try:
            got.extend(_play(step, currents, passed))
        except Exception as error:
            failure = f"{type(error).__name__}: {error}"
        tried += 1
        if got != expected:
            return Comparison(False, _counter_example(options, currents, expected, got, failure))
    return Comparison(True, f"agrees with the reference in all {tried} cases")


Pair = tuple[float, float]  # spike and potential after a step


def _play(step: Callable[..., Any], currents: tuple[float, ...], options: dict[str, Any]) -> Iterator[Pair]:
    v: Any = np.zeros(())
    for z in currents:
        spike, v = step(np.asarray(z), v, **options)
        yield float(spike), float(v)


def _counter_example(
    options: dict[str, Any], currents: tuple[float, ...], expected: list[Pair], got: list[Pair], failure: str
) -> str:
    wrong = next(i for i, pair in enumerate(expected) if i >= len(got) or got[i] != pair)
    setting = ", ".join(f"{k} {v if isinstance(v, str) else f'{v:g}'}" for k, v in options.items())
    shown = ", ".join(f"{z:g}" for z in currents[: wrong + 1])
    if wrong >= len(got):
        answer = f"yours fails with {failure}"
    else:
        answer = f"yours gives spike {got[wrong][0]:g} and leaves V = {got[wrong][1]:g}"
    spike, v = expected[wrong]
    return (
        f"differs: with {setting}, after the currents {shown} the reference gives spike {spike:g} and leaves "
        f"V = {v:g}; "
        f"{answer}"
    )
