"""A figure as data: what is drawn, not how. One description, two renderers.

`draw` renders it with matplotlib (notebooks, the first picture of a page, print), the book's pages with
Observable Plot. The six marks bear the names that they have there, in the plural where they are many.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..arrays import Array

# Okabe and Ito's palette: told apart with every kind of colour vision, on white and on black.
BLUE, ORANGE, GREEN, PINK, YELLOW, GREY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#8a8a8a"


@dataclass(frozen=True)
class Line:
    """A line through points."""

    x: Array
    y: Array
    color: str = BLUE
    label: str = ""
    dashed: bool = False
    mark: str = "line"


@dataclass(frozen=True)
class Ticks:
    """A raster: a short upright line at each time `x` on the row `y`."""

    x: Array
    y: Array
    color: str = ORANGE
    label: str = ""
    height: float = 0.6  # as y
    mark: str = "tick"


@dataclass(frozen=True)
class Bars:
    """Upright bars from 0 to `y`."""

    x: Array
    y: Array
    color: str = BLUE
    label: str = ""
    mark: str = "bar"


@dataclass(frozen=True)
class Cells:
    """A heat map: `values (rows, columns)` in [0, 1], the first row on top when the y axis runs from rows to 0.

    Without axes it is a picture, of square cells.
    """

    values: Array
    label: str = ""
    mark: str = "cell"


@dataclass(frozen=True)
class Dots:
    """Points."""

    x: Array
    y: Array
    color: str = BLUE
    label: str = ""
    mark: str = "dot"


@dataclass(frozen=True)
class Rule:
    """A line across the whole panel, at an `x` or a `y`."""

    x: float | None = None
    y: float | None = None
    color: str = GREY
    label: str = ""
    mark: str = "rule"


Mark = Line | Ticks | Bars | Cells | Dots | Rule


@dataclass(frozen=True)
class Axis:
    """`domain` is what it spans, from left (or below) to right; `ticks` are (value, text), or () for no axis."""

    label: str
    domain: tuple[float, float]
    ticks: Sequence[tuple[float, str]] | None = None


@dataclass(frozen=True)
class Panel:
    """Marks over one pair of axes."""

    marks: Sequence[Mark]
    x: Axis
    y: Axis
    width: float = 1.0  # relative to the other panels of its row
    height: int = 150  # pixels


@dataclass(frozen=True)
class Figure:
    """Rows of panels, and a sentence that says with numbers what they show."""

    rows: Sequence[Sequence[Panel]]
    caption: str

    def json(self) -> str:
        """The description as text; arrays become lists. Raises ValueError for NaN or infinite values."""
        return json.dumps(asdict(self), default=_plain, allow_nan=False)


def _plain(value: Any) -> Any:
    """NumPy arrays and numbers as Python's own."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"a figure description cannot hold {type(value).__name__}")
