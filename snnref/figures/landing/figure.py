"""The landing page's figure: one digit, drawn or chosen, on its way through five conversions of one network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...methods import method
from ...network.canonical import canonical
from ...network.nodes import Input, Population
from ...spiking.snn import SNN
from ...spiking.walk import activations
from ..codes import COLORS, NAMES, along
from ..description import GREY, Axis, Bars, Cells, Figure, Mark, Panel, Rule, Ticks
from ..digits import digits
from . import handwriting
from .timeline import Timeline, timeline

SHOWN = 5  # units of a layer in the raster
GAP = 3  # rows between two codes
REMEMBERED = 32  # drawings
EMPTY = "Nothing is drawn yet. Draw a digit in the field, or choose one of the samples."
BARE = Axis("", (0, 8), ticks=())


@lru_cache(maxsize=1)
def samples() -> dict[int, tuple[str, np.ndarray]]:
    """By its number among the test images, one of each class: what it is, and its picture `(8, 8)`."""
    _, _, images, labels = digits()
    first = [int(np.flatnonzero(labels == label)[0]) for label in range(10)]
    return {image: (f"a {labels[image]}", images[image, 0]) for image in first}


@lru_cache(maxsize=1)
def converted() -> dict[str, SNN]:
    """digits-cnn by every method, with the settings with which `compare` shows it; its scales from every eighth
    calibration digit."""
    net, calibration, *_ = digits()
    return {name: method(name).convert(net, calibration[::8], **method(name).COMPARED) for name in NAMES}


@dataclass(frozen=True)
class Seen:
    """A picture, what it is, what the ANN makes of it, and what the five."""

    picture: np.ndarray  # (8, 8), in [0, 1]
    what: str
    outputs: np.ndarray  # (classes,), of the ANN
    readings: dict[str, Timeline]  # none where nothing is drawn


@lru_cache(maxsize=REMEMBERED)
def seen(drawing: int | str) -> Seen:
    """A drawing read by all: made once, since the time slider moves often."""
    net, _, images, labels = digits()
    if isinstance(drawing, int | np.integer):
        if not 0 <= drawing < len(images):
            raise ValueError(f"drawing: got {drawing}, expected a test image from 0 to {len(images) - 1}, or strokes")
        x, what = images[drawing : drawing + 1], f"A {labels[drawing]} of the test digits"
    else:
        x, what = handwriting.image(drawing), "Your drawing"
    readings = {name: timeline(snn, x, rows=_rows(x)) for name, snn in converted().items()} if x.any() else {}
    return Seen(x[0, 0], what, net(x)[0], readings)


def _rows(x: np.ndarray) -> dict[str, np.ndarray]:
    """By layer, the row of each unit: a few of those that are active in the ANN, from the most to the least active;
    −1 for the others."""
    nodes = canonical(digits()[0])
    values = {k: v.ravel() for k, v in activations(nodes, x).items() if isinstance(nodes[k], Input | Population)}
    rows = {}
    for layer, (name, value) in enumerate(values.items()):
        ranked = np.argsort(-value, kind="stable")[: np.count_nonzero(value > 0)]
        chosen = (
            ranked[np.unique(np.linspace(0, len(ranked) - 1, SHOWN).round().astype(int))] if len(ranked) else ranked
        )
        rows[name] = np.full(len(value), -1)
        rows[name][chosen] = layer * SHOWN + np.arange(len(chosen))
    return rows


def digit(*, drawing: int | str = 0, time: int = 100) -> Figure:
    """One digit in five codes, as far as each has come after `time` % of its own latency.

    drawing : the number of a test image, or strokes as `handwriting.encode` writes them
    """
    shown = seen(drawing)
    so_far = {name: reading.until(time / 100) for name, reading in shown.readings.items()}
    counts = [(spikes, operations) for _, spikes, operations, _ in so_far.values()]
    most = [(len(r.times), r.operations[-1]) for r in shown.readings.values()]
    rows = [
        [
            Panel([Cells(shown.picture)], BARE, Axis("", (8, 0), ticks=()), width=1.0, height=140),
            _outputs(shown, {name: output for name, (*_, output) in so_far.items()}),
        ],
        [_raster(shown, {name: answer for name, (answer, *_) in so_far.items()}, time=time)],
        [
            _bars([each[k] for each in counts], label, top=max((m[k] for m in most), default=1))
            for k, label in enumerate(("spikes so far", "operations so far"))
        ],
    ]
    return Figure(rows, _caption(shown, so_far, time=time) if so_far else EMPTY)


def _outputs(shown: Seen, so_far: dict[str, np.ndarray]) -> Panel:
    """For each class the ANN's output and what each code makes of it."""
    classes, group = len(shown.outputs), len(NAMES) + 2
    places = group * np.arange(classes)
    bars: list[Mark] = [Bars(places, shown.outputs, color=GREY, label="ANN")] if so_far else []
    bars += [Bars(places + 1 + i, so_far[name], color=COLORS[name], label=NAMES[name]) for i, name in enumerate(so_far)]
    ticks = [(place + (group - 2) / 2, str(label)) for label, place in enumerate(places)]
    # On the scale of the end, so that it stands still, unless an output was larger before.
    every = [shown.outputs, *(r.outputs[-1] for r in shown.readings.values()), *so_far.values(), np.zeros(1)]
    low, high = (min(map(np.min, every)), max(map(np.max, every))) if so_far else (0.0, 1.0)
    return Panel(bars, Axis("class", (-1, group * classes - 1), ticks=ticks), Axis("output", (low, high)), 4.0, 140)


def _raster(shown: Seen, answers: dict[str, int | None], *, time: float) -> Panel:
    """The spikes of a few units of every layer, the same in each code; layers from top to bottom."""
    band = SHOWN * sum(isinstance(node, Input | Population) for node in canonical(digits()[0]).values())
    height, ticks = len(NAMES) * (band + GAP), []
    marks: list[Mark] = []
    for place, name in enumerate(NAMES):
        top = height - place * (band + GAP)
        if name in shown.readings:
            times, rows = shown.readings[name].raster
            past = times <= time / 100
            marks.append(Ticks(100 * times[past], top - rows[past], color=COLORS[name], height=2.0))
        answer = answers.get(name)
        ticks.append((top - band / 2, NAMES[name] if answer is None else f"{NAMES[name]}: {answer}"))
        if place:
            marks.append(Rule(y=top + GAP / 2 + 0.5))
    return Panel(
        [*marks, Rule(x=time)],
        Axis("share of each code's own time, %", (-1, 101)),
        Axis("", (GAP / 2, height + 2), ticks=ticks),
        height=450,
    )


def _bars(values: list[int], label: str, *, top: float) -> Panel:
    """A bar for each code, on the scale of the end."""
    bars = [
        Bars([i], [value], color=color) for i, (value, color) in enumerate(zip(values, COLORS.values(), strict=False))
    ]
    return Panel(bars, along(), Axis(label, (0, 1.05 * top)), height=130)


def _caption(shown: Seen, so_far: dict[str, tuple], *, time: float) -> str:
    said = []
    for name, (answer, spikes, operations, _) in so_far.items():
        latency = shown.readings[name].latency
        clock = "" if name == "sigma_delta" else f", {int(time * latency / 100)} of {latency:.0f} steps"  # it has none
        said.append(
            f"{NAMES[name]} {'nothing yet' if answer is None else answer} "
            f"({spikes:,} spikes, {operations:,} operations{clock})"
        )
    when = "At the end" if time == 100 else f"After {time:g} % of its own time"
    return (
        f"{shown.what}; the ANN says {shown.outputs.argmax()}. {when} each code says, with its spikes and their "
        f"synaptic operations: {'; '.join(said)}."
    )
