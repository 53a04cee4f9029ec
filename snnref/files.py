"""Files that are there whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHIPPED = Path(__file__).parent / "shipped"  # what comes with the package


@contextmanager
def complete(path: Path) -> Iterator[Path]:
    """A neighbour to write to, which takes the place of `path` when all went well and disappears otherwise."""
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
