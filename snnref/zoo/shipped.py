"""The trained networks that ship with the package, by name."""

from __future__ import annotations

import json
from typing import Any

from ..files import SHIPPED
from ..network import Network
from .recipes import known


def load(name: str) -> Network:
    """A trained network that ships with the package. Raises ValueError for an unknown name."""
    known(name)
    return Network.load(SHIPPED / f"{name}.npz")


def card(name: str) -> dict[str, Any]:
    """The model card of a shipped network: training command, seed, data, accuracy, versions."""
    known(name)
    return json.loads((SHIPPED / f"{name}.json").read_text(encoding="utf-8"))
