"""What all commands share: a progress bar, tables and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
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


def drawn(picture: Path) -> Callable[[Any], None]:
    """What draws a figure (or a canvas of matplotlib's) into a file; wrong usage where that file cannot be written."""
    try:
        from ..figures.draw import draw
    except ImportError as error:
        raise ImportError(
            "a picture needs the extra 'notebook': pip install '.[notebook]' in snnref's source"
        ) from error
    if picture.suffix not in (".svg", ".png", ".pdf") or not picture.parent.is_dir():
        raise typer.BadParameter(
            f"got {picture}, expected a file .svg, .png or .pdf in a folder that exists", param_hint="--picture"
        )

    def write(figure: Any) -> None:
        (figure if hasattr(figure, "savefig") else draw(figure)).savefig(picture)
        typer.echo(f"wrote {picture}", err=True)

    return write


def show(content: Any, table: Table, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        Console().print(table)
