"""`snnref data list|fetch|verify`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from .. import data
from .console import Json, bar, show

data_app = typer.Typer(help="Fetch, list and verify data sets.", no_args_is_help=True)
DataName = StrEnum("DataName", {name: name for name in data.DATASETS})  # type: ignore[misc]


@data_app.command(name="list")
def data_list(as_json: Json = False) -> None:
    """What there is, what of it is here, and where."""
    table = Table("data set", "images", "MB", "here", "licence")
    entries = {}
    for name, entry in data.DATASETS.items():
        size, here = sum(file.megabytes for file in entry.files), data.available(name)
        images = ", ".join(f"{n:,} {split}" for split, n in entry.splits.items())
        table.add_row(name, images, f"{size:.1f}", ", ".join(here) or "no", entry.licence)
        entries[name] = {
            "folder": str(data.folder(name)),
            "splits": entry.splits,
            "here": here,
            "files": data.states(name),
        }
    show(entries, table, as_json=as_json)
    if not as_json:
        for name in data.DATASETS:
            typer.echo(f"{name}: {data.folder(name)}")


@data_app.command()
def fetch(names: Annotated[list[DataName], typer.Argument(help="The data sets.")]) -> None:
    """Download what is not here yet; every file is checked."""
    for name in names:
        with bar(f"fetching {name.value}") as shown:
            paths = data.fetch(name.value, progress=_Download(shown))
        typer.echo(f"{name.value}: {len(paths)} files in {paths[0].parent}")


class _Download:
    """What pooch asks of a progress bar, on ours."""

    def __init__(self, bar: Progress):
        self.bar, self.total = bar, 0

    def update(self, n: int) -> None:
        self.bar.update(self.bar.task_ids[0], total=self.total, advance=n)

    def reset(self) -> None:
        self.bar.reset(self.bar.task_ids[0], total=self.total)

    def close(self) -> None:
        pass


@data_app.command()
def verify(
    names: Annotated[list[DataName] | None, typer.Argument(help="The data sets; all by default.")] = None,
) -> None:
    """Check every file that is here against its recorded checksum.

    The exit status is 1 if one is damaged, or if one of a data set that was named is absent.
    """
    wrong = False
    for name in names or list(DataName):
        for file, state in data.states(name.value).items():
            typer.echo(f"{name.value}/{file}: {'ok' if state == 'here' else state}")
            wrong |= state == "damaged" or (state == "absent" and bool(names))
    if wrong:
        typer.echo("`snnref data fetch NAME` brings what is damaged or absent", err=True)
        raise typer.Exit(1)
