"""Words that captions share."""

from __future__ import annotations


def times(count: float, what: str) -> str:
    """1 spike, 2 spikes."""
    return f"{count:g} {what}{'' if count == 1 else 's'}"
