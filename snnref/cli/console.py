"""What all commands share: a progress bar, tables and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@contextmanager
def bar(what: str) -> Iterator[Progress]:
    """A progress bar on a terminal; nothing when standard error goes elsewhere."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        progress.add_task(what)
        yield progress


def writable(path: Path, ending: str, *, force: bool) -> Path:
    """A file to write; wrong usage where it has another ending or no folder, or is there already (unless `force`)."""
    if path.suffix != ending or path.is_dir() or not path.parent.is_dir():
        expected = f"expected a file {'NAME' if ending == '.npz' else ''}{ending} in a folder that exists"
        raise typer.BadParameter(f"got {path}, {expected}", param_hint="--output")
    if path.exists() and not force:
        raise typer.BadParameter(f"{path} is there already; choose another --output, or --force", param_hint="--output")
    return path


def show(content: Any, table: Table, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        Console().print(table)
