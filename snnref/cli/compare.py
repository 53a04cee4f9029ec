"""`snnref compare`."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Annotated, Any

import typer

from ..analysis.comparison import compare as side_by_side
from ..methods import METHODS, method
from .console import Json, bar, drawn
from .method_options import MethodName, setting
from .network_and_data import Calibration, Images, Name, load_network_and_data


def compare(
    name: Annotated[Name, typer.Argument(help="The network to convert.")],
    methods: Annotated[list[MethodName] | None, typer.Option("--method", help="Only this code; repeatable.")] = None,
    others: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="METHOD.KEY=VALUE",
            help="A setting of a method's conversion besides those it is compared with, for example amos.K=4; "
            "repeatable.",
        ),
    ] = None,
    images: Images = None,
    calibration: Calibration = 2000,
    picture: Annotated[Path | None, typer.Option(help="Draw it into this file (.svg, .png or .pdf).")] = None,
    as_json: Json = False,
) -> None:
    """Convert a shipped network by every method: accuracy, spikes, operations, latency and energy side by side."""
    wanted = list(dict.fromkeys(m.value for m in methods)) if methods else list(METHODS)
    given: dict[str, dict[str, Any]] = defaultdict(dict)
    for text in others or []:
        key, value = setting(text)
        code, dot, option = key.partition(".")
        if code not in wanted or not dot:
            raise typer.BadParameter(
                f"got {text!r}, expected METHOD.KEY=VALUE with a method of {', '.join(wanted)}", param_hint="--set"
            )
        given[code][option] = value
    draw = drawn(picture) if picture else None
    case = load_network_and_data(name.value, images=images, calibration=calibration)
    with bar(f"{name.value} side by side") as shown:

        def progress(code: str, done: int, total: int) -> None:
            all_done = wanted.index(code) * total + done
            shown.update(shown.task_ids[0], completed=all_done, total=len(wanted) * total, description=code)

        result = side_by_side(
            case.net,
            case.recipe.preprocess(case.images),
            case.labels,
            calibration=case.calibration,
            methods=wanted,
            settings={code: {**method(code).COMPARED, **values} for code, values in given.items()},
            grey=case.images,
            progress=progress,
        )
    report = {"network": name.value, **result.as_dict()}
    typer.echo(json.dumps(report, indent=2, ensure_ascii=False) if as_json else result)
    if draw:
        from ..figures.side_by_side.results import compared

        draw(compared(result))
