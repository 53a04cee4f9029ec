"""Explorable figures: a function from parameters to a figure description, a file for each chapter and page."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from .description import Figure

CHAPTERS = ("vocabulary", "rate", "ttfs", "sigma_delta", "tdsnn", "amos", "side_by_side", "convert")
PAGES = {"index": "landing"}  # that are no chapters: page -> file


def describe(name: str, parameters: dict[str, Any]) -> Figure:
    """The figure `chapter.function` for some parameters: what a live page asks for.

    Raises ValueError for an unknown name.
    """
    return find(name)(**parameters)


def find(name: str) -> Callable[..., Figure]:
    """The figure function `chapter.function`. Raises ValueError for an unknown name."""
    chapter, _, function = name.partition(".")
    if chapter not in (*CHAPTERS, *PAGES.values()):
        known = ", ".join((*CHAPTERS, *PAGES.values()))
        raise ValueError(f"figure: got {name!r}, expected chapter.function with a chapter of {known}")
    module = import_module(f"{__name__}.{chapter}")
    if function not in module.__all__:
        raise ValueError(f"figure: got {name!r}, but {chapter} has {', '.join(module.__all__)}")
    return getattr(module, function)
