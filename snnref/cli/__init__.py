"""The command line: `snnref info|train|evaluate|compare|reproduce|unit|data` (extra `cli`).

Exit status: 0 done, 1 failed, 2 wrong usage.
"""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

try:
    import typer
    from rich.table import Table
except ImportError:
    sys.exit("The snnref command needs the extra 'cli': pip install '.[cli]' in snnref's source")

from .. import __version__, zoo
from ..network import Network
from ..reproduce import PAPERS, reproduce
from .compare import compare
from .console import Json, bar, drawn, show, writable
from .data import data_app
from .evaluate import evaluate
from .network_and_data import Name
from .units import unit

app = typer.Typer(
    help="How trained neural networks become spiking ones.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data_app, name="data")
Paper = StrEnum("Paper", {paper: paper for paper in PAPERS})  # type: ignore[misc]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def info(
    name: Annotated[
        str | None, typer.Argument(help="A shipped network, or a file; without it, all are listed.")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw the graph into this file (.svg, .png or .pdf).")] = None,
    as_json: Json = False,
) -> None:
    """Show what a network is made of, and how it was trained."""
    if name is None:
        if picture:
            raise typer.BadParameter("a picture is of one network; name it", param_hint="--picture")
        cards = [zoo.card(k) for k in zoo.RECIPES]
        show(cards, _zoo_table(cards), as_json=as_json)
        return
    net, card = (zoo.load(name), zoo.card(name)) if name in zoo.RECIPES else (_read(name), None)
    if picture:
        write = drawn(picture)
        from ..figures.graph import graph

        write(graph(net).figure)
    summary = net.summary()
    if as_json:
        typer.echo(json.dumps({"card": card, **summary.as_dict()}, indent=2, ensure_ascii=False))
        return
    typer.echo(summary)
    for key, value in (card or {}).items():
        typer.echo(f"{key}: {value if isinstance(value, str | int | float) else json.dumps(value)}")


def _read(name: str) -> Network:
    if not Path(name).exists():
        raise typer.BadParameter(
            f"got {name!r}, expected a file that Network.save wrote, or one of {', '.join(zoo.RECIPES)}"
        )
    return Network.load(name)


@app.command()
def train(
    name: Annotated[Name, typer.Argument(help="The network to train.")],
    seed: Annotated[int, typer.Option(help="Seed of everything random.", min=0)] = 0,
    epochs: Annotated[int | None, typer.Option(help="Instead of the recipe's number.", min=1)] = None,
    output: Annotated[Path | None, typer.Option(help="File to write; NAME.npz here by default.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output if it is there.")] = False,
) -> None:
    """Train a network of the zoo; write it and its model card (.json beside it).

    After every epoch a checkpoint is written beside the output. Stopped, the same command goes on from there.
    """
    from ..zoo import training

    path = writable(output or Path(f"{name.value}.npz"), ".npz", force=force)
    checkpoint = path.with_suffix(".checkpoint")
    if checkpoint.exists():
        typer.echo(f"going on from {checkpoint}", err=True)
    with bar(f"training {name.value}") as shown:

        def progress(epoch: int, total: int, loss: float) -> None:
            shown.update(shown.task_ids[0], completed=epoch, total=total, description=f"epoch {epoch}, loss {loss:.3f}")

        try:
            net, card = training.train(name.value, seed=seed, epochs=epochs, progress=progress, checkpoint=checkpoint)
        except KeyboardInterrupt:
            if checkpoint.exists():
                typer.echo(f"stopped; the same command goes on from {checkpoint}", err=True)
            raise
    for written in training.write(net, card, path):
        typer.echo(f"wrote {written}")
    checkpoint.unlink()
    typer.echo(f"accuracy on {card['test_images']} held-out images: {card['test_accuracy']:.2%}")


app.command(name="evaluate")(evaluate)
app.command(name="compare")(compare)
app.command(name="unit")(unit)


@app.command(name="reproduce")
def reproduce_(
    paper: Annotated[Paper, typer.Argument(help="The paper whose experiments are measured again.")],
    output: Annotated[Path | None, typer.Option(help="File to write; PAPER.json here by default.")] = None,
    images: Annotated[int | None, typer.Option(help="Only the first so many of each test set.", min=1)] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output if it is there.")] = False,
) -> None:
    """Measure a paper's experiments on its networks, and write the result file that the book reads.

    Each is kept as soon as it is done (PAPER.part). Stopped, the same command goes on from there.
    """
    path = writable(output or Path(f"{paper.value}.json"), ".json", force=force)
    with bar(paper.value) as shown:

        def progress(title: str, done: int, total: int) -> None:
            shown.update(shown.task_ids[0], completed=done, total=total, description=title)

        result = reproduce(paper.value, path, images=images, progress=progress)
    typer.echo(f"wrote {path}: {len(result['experiments'])} experiments")


def _zoo_table(cards: list[dict[str, Any]]) -> Table:
    table = Table("network", "data", "parameters", "accuracy", "layers")
    table.columns[0].no_wrap = True
    table.columns[-1].overflow = "fold"
    for card in cards:
        table.add_row(
            card["name"],
            card["dataset"],
            f"{card['parameters']:,}",
            f"{card['test_accuracy']:.2%}",
            card["architecture"].split()[0].strip(":,"),
        )
    return table


def main() -> None:
    """Entry point: failures end with one sentence and status 1, wrong usage with 2 (by typer)."""
    try:
        app()
    except (ValueError, TypeError, OSError, ImportError) as error:
        typer.echo(f"snnref: {error}", err=True)
        sys.exit(1)
