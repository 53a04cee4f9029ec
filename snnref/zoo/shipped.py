"""The trained networks that ship with the package, by name."""

from __future__ import annotations

import json
from typing import Any

from ..files import SHIPPED
from ..network import Network
from .recipes import known


def load(name: str) -> Network:
    """Load a trained network that ships with the package.

    Parameters
    ----------
    name
        One of `snnref.zoo.RECIPES`.

    Returns
    -------
    Network
        The network.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    known(name)
    return Network.load(SHIPPED / f"{name}.npz")


def card(name: str) -> dict[str, Any]:
    """Read the model card of a shipped network.

    Parameters
    ----------
    name
        One of `snnref.zoo.RECIPES`.

    Returns
    -------
    dict
        Training command, seed, data, accuracy, versions.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    known(name)
    return json.loads((SHIPPED / f"{name}.json").read_text(encoding="utf-8"))
