"""Explorable figures: a function from parameters to a figure description, a file for each chapter and page."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from .description import Figure

CHAPTERS = ("vocabulary", "rate", "ttfs", "sigma_delta", "tdsnn", "amos", "side_by_side", "convert")
PAGES = {"index": "landing"}  # that are no chapters: page -> file


def describe(name: str, parameters: dict[str, Any]) -> Figure:
    """Compute a figure's description, as a live page does.

    Parameters
    ----------
    name
        The figure, as `chapter.function`.
    parameters
        Arguments of the function, by name.

    Returns
    -------
    Figure
        The description.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    return find(name)(**parameters)


def find(name: str) -> Callable[..., Figure]:
    """Look up a figure function.

    Parameters
    ----------
    name
        The figure, as `chapter.function`.

    Returns
    -------
    callable
        The function, which returns a `Figure`.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    chapter, _, function = name.partition(".")
    if chapter not in (*CHAPTERS, *PAGES.values()):
        known = ", ".join((*CHAPTERS, *PAGES.values()))
        raise ValueError(f"figure: got {name!r}, expected chapter.function with a chapter of {known}")
    module = import_module(f"{__name__}.{chapter}")
    if function not in module.__all__:
        raise ValueError(f"figure: got {name!r}, but {chapter} has {', '.join(module.__all__)}")
    return getattr(module, function)
