"""The trained units that ship with the package, and how each was made."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Array
from ..files import SHIPPED, complete
from ..layers.activations import FUNCTIONS
from .fit import error, fit, product
from .search import Progress, evolution
from .unit import Unit

FORMAT = 1  # of the file


@dataclass(frozen=True)
class Recipe:
    """All that it takes to make a unit again."""

    function: str  # by its name in `activations.FUNCTIONS`, or "product"
    K: int
    low: float
    high: float
    starts: int = 24
    iterations: int = 4000

    @property
    def f(self) -> Callable[..., Array]:
        """The function that the unit represents."""
        return np.multiply if self.function == "product" else FUNCTIONS[self.function]


RECIPES = {
    recipe.function: recipe
    for recipe in (
        Recipe("sigmoid", 8, -8.0, 8.0),
        Recipe("silu", 12, -8.0, 8.0),
        Recipe("product", 40, -1.0, 1.0, starts=12, iterations=6000),
        Recipe("gelu", 12, -8.0, 8.0),
        Recipe("hard_swish", 12, -8.0, 8.0),
        Recipe("tanh", 10, -4.0, 4.0),
    )
}


@lru_cache
def unit(name: str) -> Unit:
    """Load a trained unit that ships with the package.

    Parameters
    ----------
    name
        One of `RECIPES`.

    Returns
    -------
    Unit
        The unit.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    known(name)
    return read(SHIPPED / f"unit-{name}.json")


def make(name: str, *, seed: int = 0, progress: Progress | None = None) -> tuple[Unit, dict[str, Any]]:
    """Train a unit again from its recipe; the same seed and versions give the same unit.

    Parameters
    ----------
    name
        One of `RECIPES`.
    seed
        Seed of the search.
    progress
        Called as in `fit`.

    Returns
    -------
    unit : Unit
        The trained unit.
    card : dict
        How it was made, and its errors.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    known(name)
    how = RECIPES[name]
    search: dict[str, Any] = {"starts": how.starts, "iterations": how.iterations, "seed": seed, "progress": progress}
    if name == "product":
        made = product(how.K, **search)
    else:
        made = fit(how.f, how.K, low=how.low, high=how.high, name=name, **search)
    mse, most = error(made, how.f)
    card = {
        "command": f"snnref unit {name} --seed {seed}",
        "starts": how.starts,
        "iterations": how.iterations,
        "mean_square_error": mse,
        "largest_error": most,
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "cma": evolution().__version__},
        "date": datetime.now(UTC).date().isoformat(),
    }
    return made, card


def write(made: Unit, card: dict[str, Any], path: Path) -> Path:
    """Save a unit, and how it was made, as JSON; the file is complete or not written at all.

    Parameters
    ----------
    made
        The unit.
    card
        How it was made.
    path
        The file.

    Returns
    -------
    Path
        The file.
    """
    K = made.K
    numbers = {
        "T": made.T.tolist(),
        "h": [made.h[i, :i].tolist() for i in range(K)],
        "d": made.d.tolist(),
        "c": made.c.tolist(),
    }
    plain = {"format": FORMAT, "name": made.name, "low": made.low, "high": made.high, "card": card, **numbers}
    with complete(path) as part:
        part.write_text(json.dumps(plain, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read(path: str | Path) -> Unit:
    """Read a unit from a file that `write` made.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Unit
        The unit.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file holds no unit.
    """
    try:
        plain = json.loads(Path(path).read_text(encoding="utf-8"))
        if plain["format"] != FORMAT:
            raise ValueError(f"format {plain['format']}, this version reads {FORMAT}")
        K = len(plain["T"])
        h = np.zeros((K, K))
        for i in range(K):
            h[i, :i] = np.reshape(plain["h"][i], i)  # no other length
        T, d, c = (np.array(plain[key], float) for key in "Tdc")
        return Unit(T, h, d, c, float(plain["low"]), float(plain["high"]), str(plain["name"]))
    except FileNotFoundError:
        raise
    except Exception as error:  # not JSON, a key that is missing, rows of another length
        raise ValueError(f"{path}: not a unit's file ({error}); write it again with `snnref unit`") from error


def card(name: str) -> dict[str, Any]:
    """Read how a shipped unit was made, and its errors.

    Parameters
    ----------
    name
        One of `RECIPES`.

    Returns
    -------
    dict
        The card.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    known(name)
    return json.loads((SHIPPED / f"unit-{name}.json").read_text(encoding="utf-8"))["card"]


def known(name: str) -> None:
    """Refuse a name that no shipped unit has.

    Parameters
    ----------
    name
        The name.

    Raises
    ------
    ValueError
        If it is none of `RECIPES`.
    """
    if name not in RECIPES:
        raise ValueError(f"unit: got {name!r}, expected one of {', '.join(map(repr, RECIPES))}; `fit` makes others")
