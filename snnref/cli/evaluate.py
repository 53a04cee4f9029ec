"""`snnref evaluate`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from ..analysis.evaluation import Evaluation
from ..analysis.evaluation import evaluate as measure
from ..methods import METHODS
from ..spiking.snn import SNN
from . import method_options as option
from .console import Json, bar, show
from .network_and_data import Calibration, Images, Name, NetworkAndData, load_network_and_data


def evaluate(
    name: Annotated[Name, typer.Argument(help="The network to convert.")],
    method: Annotated[option.MethodName, typer.Option(help="The spiking code.")] = option.MethodName("rate"),  # noqa: B008
    steps: option.Steps = None,
    reset: option.ResetRule = None,
    encoding: option.InputEncoding = None,
    pooling: option.PoolingRule = None,
    seed: option.Seed = None,
    percentile: option.Percentile = None,
    leak: option.Leak = None,
    K: option.Bits = None,
    t_max: option.WindowSteps = None,
    threshold: option.Threshold = None,
    others: option.OtherSettings = None,
    images: Images = None,
    calibration: Calibration = 2000,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Not the shipped weights but those in this file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Convert a shipped network to spikes and measure it on its held-out images.

    What is not given is the method's default.
    """
    named: dict[str, Any] = {"steps": steps, "reset": reset, "encoding": encoding, "pooling": pooling, "seed": seed}
    named |= {"percentile": percentile, "leak": leak, "K": K, "t_max": t_max, "threshold": threshold}
    settings = option.settings_of(named, others)
    case = load_network_and_data(name.value, file=file, images=images, calibration=calibration)
    snn = METHODS[method.value].convert(case.net, case.calibration, **settings)
    result = _measured(case, snn, f"{name.value} in spikes")
    report = {
        "network": name.value,
        "method": method.value,
        "settings": {**snn.options, **settings, "calibration": len(case.calibration)},
        **asdict(result),
    }
    title = f"{name.value} as {method.value} code{_listed(settings)}"
    show(report, _table(title, result, snn.stepwise.time_unit), as_json=as_json)


def _measured(case: NetworkAndData, snn: SNN, what: str) -> Evaluation:
    with bar(what) as shown:
        return measure(
            case.net,
            snn,
            x=case.recipe.preprocess_for(case.images, snn.options),
            labels=case.labels,
            ann_x=case.recipe.preprocess(case.images),
            progress=lambda done, total: shown.update(shown.task_ids[0], completed=done, total=total),
        )


def _listed(settings: dict[str, Any]) -> str:
    return ": " * bool(settings) + ", ".join(f"{key} {value}" for key, value in settings.items())


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
