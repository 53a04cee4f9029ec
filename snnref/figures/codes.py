"""How the five codes look in figures that show them together."""

from __future__ import annotations

from .description import BLUE, GREEN, ORANGE, PINK, YELLOW, Axis

COLORS = {"rate": BLUE, "ttfs": ORANGE, "sigma_delta": GREEN, "tdsnn": PINK, "amos": YELLOW}
NAMES = {"rate": "rate", "ttfs": "TTFS", "sigma_delta": "ΣΔ", "tdsnn": "TDSNN", "amos": "AMOS"}


def along(label: str = "") -> Axis:
    """An axis with a place for each code."""
    return Axis(label, (-0.6, len(NAMES) - 0.4), ticks=[(i, name) for i, name in enumerate(NAMES.values())])
