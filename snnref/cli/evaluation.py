"""`snnref evaluate`."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from .. import zoo
from ..amos import AMOS
from ..analysis.evaluation import Evaluation
from ..analysis.evaluation import evaluate as measure
from ..methods import METHODS
from ..rate import Rate
from ..rate.options import ENCODINGS, POOLINGS, RESETS
from ..tdsnn import TDSNN
from ..ttfs import TTFS
from ..ttfs.scales import RULES
from .console import Json, bar, show
from .network_and_data import load_network_and_data

Name = StrEnum("Name", {name: name for name in zoo.RECIPES})  # type: ignore[misc]
Method = StrEnum("Method", {name: name for name in METHODS})  # type: ignore[misc]
Reset = StrEnum("Reset", {reset: reset for reset in RESETS})  # type: ignore[misc]
Pooling = StrEnum("Pooling", {pooling: pooling for pooling in POOLINGS})  # type: ignore[misc]
Encoding = StrEnum("Encoding", {encoding: encoding for encoding in ENCODINGS})  # type: ignore[misc]


def evaluate(
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
        float | None,
        typer.Option(help="Of the activations; rate: a neuron at full rate stands for it; sigma_delta: the unit of θ."),
    ] = None,
    leak: Annotated[float | None, typer.Option(help=f"tdsnn: the leak constant L in steps ({TDSNN.leak:g}).")] = None,
    K: Annotated[int | None, typer.Option("--K", help=f"amos: bits of a ReLU unit ({AMOS.K}).", min=1)] = None,
    t_max: Annotated[int | None, typer.Option(help=f"ttfs: steps of a window ({TTFS.t_max}).", min=1)] = None,
    threshold: Annotated[
        str | None,
        typer.Option(
            help=f"ttfs: how thresholds are chosen, {', '.join(RULES)}, or u_th itself; sigma_delta: θ (1); tdsnn: "
            "over exp(−T_il / L) (0), or nearest."
        ),
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
    case = load_network_and_data(name.value, file=file, images=images, calibration=calibration)
    given: dict[str, Any] = {"steps": steps, "reset": reset, "encoding": encoding, "pooling": pooling, "seed": seed}
    given |= {
        "percentile": percentile,
        "leak": leak,
        "K": K,
        "t_max": t_max,
        "threshold": _value(threshold) if threshold else None,
    }
    settings = {k: getattr(value, "value", value) for k, value in given.items() if value is not None}
    settings |= dict(map(setting, others or []))
    snn = METHODS[method.value].convert(case.net, case.calibration, **settings)
    with bar(f"{name.value} in spikes") as shown:
        result = measure(
            case.net,
            snn,
            x=case.recipe.preprocess_for(case.images, snn.options),
            labels=case.labels,
            ann_x=case.recipe.preprocess(case.images),
            progress=lambda done, total: shown.update(shown.task_ids[0], completed=done, total=total),
        )
    report = {
        "network": name.value,
        "method": method.value,
        "settings": {**snn.options, **settings, "calibration": len(case.calibration)},
        **asdict(result),
    }
    title = (
        f"{name.value} as {method.value} code"
        + (": " if settings else "")
        + ", ".join(f"{k} {v}" for k, v in settings.items())
    )
    show(report, _table(title, result, snn.stepwise.time_unit), as_json=as_json)


def setting(text: str) -> tuple[str, Any]:
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


def _table(title: str, result: Evaluation, time_unit: str) -> Table:
    table = Table("", "ANN", "spiking", title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row("accuracy", f"{result.ann_accuracy:.2%}", f"{result.accuracy:.2%}")
    table.add_row("same answer as the ANN", "", f"{result.agreement:.2%}")
    table.add_row("operations an image", f"{result.ann_operations:,}", f"{result.operations:,.0f}")
    if result.analog_operations:
        table.add_row("  and once for the analog input", "", f"{result.analog_operations:,}")
    table.add_row("spikes a neuron and image", "", f"{result.spikes_per_neuron:.2f}")
    for name, value in result.also.items():
        table.add_row(name, "", f"{value:,.0f}")
    table.add_row(f"latency in {time_unit}", "", f"{result.latency:g}")
    table.add_row("images, and seconds for them", f"{result.images}", f"{result.seconds:.1f}")
    return table
