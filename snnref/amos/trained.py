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
    """A trained unit that ships with the package. Raises ValueError for an unknown name."""
    known(name)
    return read(SHIPPED / f"unit-{name}.json")


def make(name: str, *, seed: int = 0, progress: Progress | None = None) -> tuple[Unit, dict[str, Any]]:
    """Train a unit again from its recipe, and its card. The same seed and versions give the same unit. Raises
    ValueError for an unknown name."""
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
    """Save a unit, and how it was made, as JSON: complete or not at all."""
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
    """A unit from a file that `write` made. Raises FileNotFoundError, or ValueError for a file that holds none."""
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
    """How a shipped unit was made, and how well it says its function. Raises ValueError for an unknown name."""
    known(name)
    return json.loads((SHIPPED / f"unit-{name}.json").read_text(encoding="utf-8"))["card"]


def known(name: str) -> None:
    """Refuse a name that no shipped unit has, by ValueError."""
    if name not in RECIPES:
        raise ValueError(f"unit: got {name!r}, expected one of {', '.join(map(repr, RECIPES))}; `fit` makes others")
