"""What all commands share: a progress bar, tables and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
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


def show(content: Any, table: Table, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        Console().print(table)
