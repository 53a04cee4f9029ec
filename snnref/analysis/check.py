"""Compare a neuron that you wrote with the package's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..methods import method as find


@dataclass(frozen=True)
class Comparison:
    """True if the two agree; as text, the smallest case in which they do not."""

    agrees: bool
    text: str

    def __bool__(self) -> bool:
        return self.agrees

    def __repr__(self) -> str:
        return self.text


def neuron(method: str, step: Callable[..., Any]) -> Comparison:
    """Compare a neuron of your own with that of a method, on cases from simple to long.

    Parameters
    ----------
    method
        Name of the method.
    step
        A function like the method's own; options that it does not take are left at their defaults. Rate: `(z, v,
        threshold=1.0, reset="subtract") -> (spike, v)`, as `snnref.rate.integrate_and_fire`. TTFS: `(arriving,
        threshold=1.0, early=0.0) -> step` of the spiking stage in which the neuron fires, `len(arriving)` if it does
        not, as `snnref.ttfs.check.reference`. Sigma-delta: `(v, n, charge, threshold=1.0, …) -> (sent, v, n)`, as
        `snnref.sigma_delta.check.reference`. TDSNN: `(arriving, leak=5.0, threshold=0.0) -> step` of the active period,
        as `snnref.tdsnn.check.reference`. AMOS: `(x, K=4, alpha=1.0) -> list` of 1 or 0 for each gate of the ReLU unit,
        as `snnref.amos.check.reference`.

    Returns
    -------
    Comparison
        True if the two agree; printed, it shows the smallest case in which they do not.

    Raises
    ------
    ValueError
        For an unknown method.
    TypeError
        If `step` is no function.
    """
    if not callable(step):
        raise TypeError(f"step: got {type(step).__name__}, expected a function like the reference")
    checks, tried = find(method).check, 0
    taken = inspect.signature(step).parameters
    every = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in taken.values())
    defaults = {k: p.default for k, p in inspect.signature(checks.reference).parameters.items()}
    for options, case in checks.cases():
        passed = {k: value for k, value in options.items() if every or k in taken}
        if any(value != defaults[k] for k, value in options.items() if k not in passed):
            continue  # an option that this neuron does not have
        expected, failure = list(checks.run_case(checks.reference, case, options)), ""
        got: list[tuple[float, ...]] = []
        try:
            got.extend(checks.run_case(step, case, passed))
        except Exception as error:
            failure = f"{type(error).__name__}: {error}"
        tried += 1
        if got != expected:
            wrong = next(i for i, answer in enumerate(expected) if i >= len(got) or got[i] != answer)
            yours = checks.describe_answer(got[wrong], case) if wrong < len(got) else f"fails with {failure}"
            setting = ", ".join(f"{k} {v if isinstance(v, str) else f'{v:g}'}" for k, v in options.items())
            return Comparison(
                False,
                f"differs: with {setting}, {checks.describe_case(case, wrong)} the reference "
                f"{checks.describe_answer(expected[wrong], case)}; yours {yours}",
            )
    return Comparison(True, f"agrees with the reference in all {tried} cases")
