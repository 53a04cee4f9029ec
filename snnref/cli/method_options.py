"""The options of `snnref evaluate` that are settings of a method, each with its help text."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

from ..amos import AMOS
from ..methods import METHODS
from ..rate import Rate
from ..rate.options import ENCODINGS, POOLINGS, RESETS
from ..tdsnn import TDSNN
from ..ttfs import TTFS
from ..ttfs.scales import RULES

MethodName = StrEnum("MethodName", {name: name for name in METHODS})  # type: ignore[misc]
Reset = StrEnum("Reset", {reset: reset for reset in RESETS})  # type: ignore[misc]
Pooling = StrEnum("Pooling", {pooling: pooling for pooling in POOLINGS})  # type: ignore[misc]
Encoding = StrEnum("Encoding", {encoding: encoding for encoding in ENCODINGS})  # type: ignore[misc]

Steps = Annotated[int | None, typer.Option(help=f"rate: time steps that an image is shown ({Rate.steps}).", min=1)]
ResetRule = Annotated[Reset | None, typer.Option(help="rate: what a spike does to the potential.")]
InputEncoding = Annotated[Encoding | None, typer.Option(help="rate: how the image enters.")]
PoolingRule = Annotated[Pooling | None, typer.Option(help="rate: the rule of max-pooling.")]
Seed = Annotated[int | None, typer.Option(help="rate: of the draws of poisson input.", min=0)]
Percentile = Annotated[
    float | None,
    typer.Option(help="Of the activations; rate: a neuron at full rate stands for it; sigma_delta: the unit of θ."),
]
Leak = Annotated[float | None, typer.Option(help=f"tdsnn: the leak constant L in steps ({TDSNN.leak:g}).")]
Bits = Annotated[int | None, typer.Option("--K", help=f"amos: bits of a ReLU unit ({AMOS.K}).", min=1)]
WindowSteps = Annotated[int | None, typer.Option(help=f"ttfs: steps of a window ({TTFS.t_max}).", min=1)]
Threshold = Annotated[
    str | None,
    typer.Option(
        help=f"ttfs: how thresholds are chosen, {', '.join(RULES)}, or u_th itself; sigma_delta: θ (1); tdsnn: "
        "over exp(−T_il / L) (0), or nearest."
    ),
]
OtherSettings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any other setting of the method; repeatable.")
]


def settings_of(named: dict[str, Any], others: list[str] | None) -> dict[str, Any]:
    """The settings that were given, by name: those with an option of their own, and the KEY=VALUE ones."""
    percentile = named["percentile"]
    if percentile is not None and not 0 < percentile <= 100:
        raise typer.BadParameter(f"got {percentile}, expected 0 < percentile ≤ 100", param_hint="--percentile")
    if named["threshold"]:
        named = {**named, "threshold": _value(named["threshold"])}
    given = {key: getattr(value, "value", value) for key, value in named.items() if value is not None}
    return given | dict(map(setting, others or []))


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
