"""The command line: `snnref info|train|evaluate|reproduce|data` (extra `cli`).

Exit status: 0 done, 1 failed, 2 wrong usage.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

try:
    import typer
    from rich.table import Table
except ImportError:
    sys.exit("The snnref command needs the extra 'cli': pip install '.[cli]' in snnref's source")

from .. import __version__, data, zoo
from ..evaluation import Evaluation, evaluate
from ..methods import METHODS
from ..network import Network
from ..rate import Rate
from ..rate.options import ENCODINGS, POOLINGS, RESETS
from ..reproduce import PAPERS, reproduce
from ..ttfs import TTFS
from ..ttfs.scales import RULES
from .console import Json, bar, show
from .datasets import data_app

app = typer.Typer(
    help="How trained neural networks become spiking ones.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data_app, name="data")
Name = StrEnum("Name", {name: name for name in zoo.RECIPES})  # type: ignore[misc]
Paper = StrEnum("Paper", {paper: paper for paper in PAPERS})  # type: ignore[misc]
Method = StrEnum("Method", {name: name for name in METHODS})  # type: ignore[misc]
Reset = StrEnum("Reset", {reset: reset for reset in RESETS})  # type: ignore[misc]
Pooling = StrEnum("Pooling", {pooling: pooling for pooling in POOLINGS})  # type: ignore[misc]
Encoding = StrEnum("Encoding", {encoding: encoding for encoding in ENCODINGS})  # type: ignore[misc]


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
        _draw(net, picture)
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


def _draw(net: Network, picture: Path) -> None:
    try:
        from ..figures.graph import graph
    except ImportError as error:
        raise ImportError(
            "a picture needs the extra 'notebook': pip install '.[notebook]' in snnref's source"
        ) from error
    if picture.suffix not in (".svg", ".png", ".pdf") or not picture.parent.is_dir():
        raise typer.BadParameter(
            f"got {picture}, expected a file .svg, .png or .pdf in a folder that exists", param_hint="--picture"
        )
    canvas: Any = graph(net).figure
    canvas.savefig(picture)
    typer.echo(f"wrote {picture}", err=True)


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
    from .. import training

    path = output or Path(f"{name.value}.npz")
    if path.suffix != ".npz" or path.is_dir() or not path.parent.is_dir():
        raise typer.BadParameter(f"got {path}, expected a file NAME.npz in a folder that exists", param_hint="--output")
    if path.exists() and not force:
        raise typer.BadParameter(f"{path} is there already; choose another --output, or --force", param_hint="--output")
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


@app.command(name="evaluate")
def evaluate_(
    name: Annotated[Name, typer.Argument(help="The network to convert.")],
    method: Annotated[Method, typer.Option(help="The spiking code.")] = Method("rate"),  # noqa: B008
    steps: Annotated[
        int | None, typer.Option(help=f"rate: time steps that an image is shown ({Rate.steps}).", min=1)
    ] = None,
    reset: Annotated[Reset | None, typer.Option(help="rate: what a spike does to the potential.")] = None,
    encoding: Annotated[Encoding | None, typer.Option(help="rate: how the image enters.")] = None,
    pooling: Annotated[Pooling | None, typer.Option(help="rate: the rule of max-pooling.")] = None,
    seed: Annotated[int | None, typer.Option(help="rate: of the draws of poisson input.", min=0)] = None,
    percentile: Annotated[
        float | None, typer.Option(help="rate: of the activations, what a neuron at full rate stands for.")
    ] = None,
    t_max: Annotated[int | None, typer.Option(help=f"ttfs: steps of a window ({TTFS.t_max}).", min=1)] = None,
    threshold: Annotated[
        str | None, typer.Option(help=f"ttfs: how thresholds are chosen, {', '.join(RULES)}, or u_th itself.")
    ] = None,
    others: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any other setting of the method; repeatable."),
    ] = None,
    images: Annotated[int | None, typer.Option(help="Only the first so many.", min=1)] = None,
    calibration: Annotated[
        int, typer.Option(help="Training images that choose the scales: the first so many.", min=1)
    ] = 2000,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Not the shipped weights but those in this file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Convert a shipped network to spikes and measure it on its held-out images.

    What is not given is the method's default.
    """
    if percentile is not None and not 0 < percentile <= 100:
        raise typer.BadParameter(f"got {percentile}, expected 0 < percentile ≤ 100", param_hint="--percentile")
    net, recipe = Network.load(file) if file else zoo.load(name.value), zoo.RECIPES[name.value]
    shape = data.describe(recipe.dataset).shape
    if net.input_shape != shape:
        raise typer.BadParameter(
            f"{file} is for inputs {net.input_shape}, {name.value} for {shape}", param_hint="--file"
        )
    samples, _ = data.load(recipe.dataset, split="train")
    x, labels = data.load(recipe.dataset, split=recipe.held_out)
    given: dict[str, Any] = {"steps": steps, "reset": reset, "encoding": encoding, "pooling": pooling, "seed": seed}
    given |= {"percentile": percentile, "t_max": t_max, "threshold": _value(threshold) if threshold else None}
    settings = {k: getattr(value, "value", value) for k, value in given.items() if value is not None}
    settings |= dict(map(_setting, others or []))
    snn = METHODS[method.value].convert(net, samples[:calibration], **settings)
    with bar(f"{name.value} in spikes") as shown:
        result = evaluate(
            net,
            snn,
            x=x[:images],
            labels=labels[:images],
            progress=lambda done, total: shown.update(shown.task_ids[0], completed=done, total=total),
        )
    report = {
        "network": name.value,
        "method": method.value,
        "settings": {**snn.options, **settings, "calibration": len(samples[:calibration])},
        **asdict(result),
    }
    title = (
        f"{name.value} as {method.value} code"
        + (": " if settings else "")
        + ", ".join(f"{k} {v}" for k, v in settings.items())
    )
    show(report, _table(title, result), as_json=as_json)


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
    path = output or Path(f"{paper.value}.json")
    if path.suffix != ".json" or path.is_dir() or not path.parent.is_dir():
        raise typer.BadParameter(f"got {path}, expected a file .json in a folder that exists", param_hint="--output")
    if path.exists() and not force:
        raise typer.BadParameter(f"{path} is there already; choose another --output, or --force", param_hint="--output")
    with bar(paper.value) as shown:

        def progress(title: str, done: int, total: int) -> None:
            shown.update(shown.task_ids[0], completed=done, total=total, description=title)

        result = reproduce(paper.value, path, images=images, progress=progress)
    typer.echo(f"wrote {path}: {len(result['experiments'])} experiments")


def _setting(text: str) -> tuple[str, Any]:
    """KEY=VALUE, the value a number or a word."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise typer.BadParameter(f"got {text!r}, expected KEY=VALUE, for example initial=0.5", param_hint="--set")
    return key, _value(value)


def _value(text: str) -> Any:
    """A number or true or false, if it is one; else a word."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _table(title: str, result: Evaluation) -> Table:
    table = Table("", "ANN", "spiking", title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row("accuracy", f"{result.ann_accuracy:.2%}", f"{result.accuracy:.2%}")
    table.add_row("same answer as the ANN", "", f"{result.agreement:.2%}")
    table.add_row("operations an image", f"{result.ann_operations:,}", f"{result.operations:,.0f}")
    if result.analog_operations:
        table.add_row("  and once for the analog input", "", f"{result.analog_operations:,}")
    table.add_row("spikes a neuron and image", "", f"{result.spikes_per_neuron:.2f}")
    table.add_row("latency in steps", "", f"{result.latency}")
    table.add_row("images, and seconds for them", f"{result.images}", f"{result.seconds:.1f}")
    return table


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
