"""The command line: `snnref train` and `snnref evaluate` (extra `cli`).

Exit status: 0 done, 1 failed, 2 wrong usage.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

try:
    import typer
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table
except ImportError:
    sys.exit("The snnref command needs the extra 'cli': pip install '.[cli]' in snnref's source")

from . import __version__, data, zoo
from .evaluation import Evaluation, evaluate
from .network import Network
from .rate import Rate, convert
from .rate.encoding import RESETS

app = typer.Typer(
    help="How trained neural networks become spiking ones.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Name = StrEnum("Name", {name: name for name in zoo.RECIPES})  # type: ignore[misc]
Method = StrEnum("Method", {"rate": "rate"})
Reset = StrEnum("Reset", {reset: reset for reset in RESETS})  # type: ignore[misc]


@contextmanager
def _bar(what: str) -> Iterator[Progress]:
    """A progress bar on a terminal; nothing when standard error goes elsewhere."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        bar.add_task(what)
        yield bar


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
def train(
    name: Annotated[Name, typer.Argument(help="The network to train.")],
    seed: Annotated[int, typer.Option(help="Seed of everything random.", min=0)] = 0,
    epochs: Annotated[int | None, typer.Option(help="Instead of the recipe's number.", min=1)] = None,
    output: Annotated[Path | None, typer.Option(help="File to write; NAME.npz here by default.")] = None,
) -> None:
    """Train a network of the zoo; write it and its model card (.json beside it)."""
    from . import training

    path = output or Path(f"{name.value}.npz")
    if path.suffix != ".npz" or path.is_dir() or not path.parent.is_dir():
        raise typer.BadParameter(f"got {path}, expected a file NAME.npz in a folder that exists", param_hint="--output")
    with _bar(f"training {name.value}") as bar:

        def progress(epoch: int, total: int, loss: float) -> None:
            bar.update(bar.task_ids[0], completed=epoch, total=total, description=f"epoch {epoch}, loss {loss:.3f}")

        net, card = training.train(name.value, seed=seed, epochs=epochs, progress=progress)
    for written in training.write(net, card, path):
        typer.echo(f"wrote {written}")
    typer.echo(f"accuracy on {card['test_images']} held-out images: {card['test_accuracy']:.2%}")


@app.command(name="evaluate")
def evaluate_(
    name: Annotated[Name, typer.Argument(help="The network to convert.")],
    method: Annotated[Method, typer.Option(help="The spiking code.")] = Method.rate,
    steps: Annotated[int, typer.Option(help="Time steps that an image is shown.", min=1)] = Rate.steps,
    reset: Annotated[Reset, typer.Option(help="What a spike does to the potential.")] = Reset(Rate.reset),  # noqa: B008
    percentile: Annotated[
        float, typer.Option(help="Of the activations: what a neuron at full rate stands for.")
    ] = 99.9,
    images: Annotated[int | None, typer.Option(help="Only the first so many.", min=1)] = None,
    file: Annotated[Path | None, typer.Option(help="Not the shipped weights but those `train` wrote here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Convert a shipped network to spikes and measure it on its held-out images."""
    if not 0 < percentile <= 100:
        raise typer.BadParameter(f"got {percentile}, expected 0 < percentile ≤ 100", param_hint="--percentile")
    net, dataset = Network.load(file) if file else zoo.load(name.value), zoo.RECIPES[name.value].dataset
    calibration, _ = data.load(dataset, split="train")
    x, labels = data.load(dataset, split="test")
    settings: dict[str, Any] = {"steps": steps, "reset": reset.value, "encoding": Rate.encoding}
    snn = convert(net, calibration, percentile=percentile, **settings)
    with _bar(f"{name.value} in spikes") as bar:
        result = evaluate(
            net,
            snn,
            x=x[:images],
            labels=labels[:images],
            progress=lambda done, total: bar.update(bar.task_ids[0], completed=done, total=total),
        )
    report = {
        "network": name.value,
        "method": method.value,
        "settings": {**settings, "percentile": percentile},
        **asdict(result),
    }
    if as_json:
        typer.echo(json.dumps(report, indent=2))
    else:
        Console().print(_table(f"{name.value} as {method.value} code, {steps} steps", result))


def _table(title: str, result: Evaluation) -> Table:
    table = Table("", "ANN", "spiking", title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row("accuracy", f"{result.ann_accuracy:.2%}", f"{result.accuracy:.2%}")
    table.add_row("operations an image", f"{result.ann_operations:,}", f"{result.operations:,.0f}")
    table.add_row("  and once for the analog input", "", f"{result.analog_operations:,}")
    table.add_row("spikes a neuron and image", "", f"{result.spikes_per_neuron:.2f}")
    table.add_row("latency in steps", "", f"{result.latency}")
    table.add_row("images, and seconds for them", f"{result.images}", f"{result.seconds:.1f}")
    return table


def main() -> None:
    """Entry point: failures end with one sentence and status 1, wrong usage with 2 (by typer)."""
    try:
        app()
    except (ValueError, TypeError, OSError, ImportError) as error:
        typer.echo(f"snnref: {error}", err=True)
        sys.exit(1)
