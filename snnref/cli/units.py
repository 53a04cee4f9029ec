"""`snnref unit`: the trained units of AMOS."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from ..amos import trained
from .console import Json, bar, show, writable

Function = StrEnum("Function", {name: name for name in trained.RECIPES})  # type: ignore[misc]


def unit(
    name: Annotated[
        Function | None, typer.Argument(help="What it says; without it, the shipped ones are listed.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.", min=0)] = 0,
    output: Annotated[Path | None, typer.Option(help="File to write; unit-NAME.json here by default.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output if it is there.")] = False,
    as_json: Json = False,
) -> None:
    """Train an AMOS unit again, as the shipped one was, and write it (some minutes).

    `snnref.amos.trained.read` reads it, and `convert` takes it in `units`.
    """
    if name is None:
        cards = {k: trained.card(k) for k in trained.RECIPES}
        show(cards, _table(cards), as_json=as_json)
        return
    path = writable(output or Path(f"unit-{name.value}.json"), ".json", force=force)
    with bar(f"unit {name.value}") as shown:

        def progress(start: int, total: int, error: float) -> None:
            text = f"{name.value}: start {start}, error {error:.2e}"
            shown.update(shown.task_ids[0], completed=start, total=total, description=text)

        made, card = trained.make(name.value, seed=seed, progress=progress)
    typer.echo(f"wrote {trained.write(made, card, path)}")
    typer.echo(f"mean square error {card['mean_square_error']:.2e}, largest {card['largest_error']:.3f}")


def _table(cards: dict[str, dict[str, Any]]) -> Table:
    table = Table("unit", "K", "steps", "parameters", "range", "mean square error", "largest")
    for name, card in cards.items():
        made = trained.unit(name)
        ends = f"{made.low:g} to {made.high:g}"
        errors = (f"{card['mean_square_error']:.2e}", f"{card['largest_error']:.3f}")
        table.add_row(name, str(made.K), str(made.steps), str(made.parameters), ends, *errors)
    return table
