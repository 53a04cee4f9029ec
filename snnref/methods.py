"""The methods by name: a paper is registered by one line here.

Each module offers

- `convert`: a network to an `SNN`
- `explain`: one neuron's arithmetic
- `advice`: against each cause of error that `diagnose` tells apart
- `check`: its neuron as a reference, and cases to compare with
- `neuron_updates`: what its neurons do besides synaptic operations
- `EXPRESSES`: the kinds of population that it takes; `convert` refuses others by `Inexpressible`
- `OPTIONS`: the class that holds its options
- `COMPARED`: settings of `convert` with which `compare` shows it

It may offer `counted` (what `evaluate` reports of a run besides) and `retrain` (a network that its conversion then
equals).
"""

from __future__ import annotations

from types import ModuleType

from . import amos, rate, sigma_delta, tdsnn, ttfs

METHODS: dict[str, ModuleType] = {"rate": rate, "ttfs": ttfs, "sigma_delta": sigma_delta, "tdsnn": tdsnn, "amos": amos}


def method(name: str) -> ModuleType:
    """Look up the module of a method.

    Parameters
    ----------
    name
        One of `METHODS`.

    Returns
    -------
    module
        The method's package.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    if name not in METHODS:
        raise ValueError(f"method: got {name!r}, expected one of {', '.join(METHODS)}")
    return METHODS[name]
