"""The codes side by side: one trained network, converted by every method, on the same images."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from tabulate import tabulate

from . import energy
from .arrays import Array, check_calibration, to_numpy
from .canonical import Inexpressible
from .energy import PRICES, Work
from .evaluation import Evaluation, evaluate
from .graph import Graph
from .methods import METHODS, method

Progress = Callable[[str, int, int], None]  # method, images done, images in all
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One method. Where it refuses the network, `refusal` says why, and there is no `result`."""

    method: str
    settings: dict[str, Any]  # of `convert`; all others are its defaults
    retrained: bool  # whether the network was trained on for it
    time_unit: str = ""
    result: Evaluation | None = None
    refusal: str = ""


@dataclass(frozen=True)
class SideBySide:
    """What became of one network under each method; print it."""

    ann_accuracy: float
    ann_work: Work  # of one forward pass
    images: int
    calibration: int
    rows: tuple[Row, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON, with the energy by every table of prices."""
        return {
            "images": self.images,
            "calibration": self.calibration,
            "prices": {name: asdict(prices) for name, prices in PRICES.items()},
            "ann": {"accuracy": self.ann_accuracy, "work": asdict(self.ann_work), "energy": _energies(self.ann_work)},
            "methods": [
                asdict(row) | ({"energy": _energies(row.result.work)} if row.result else {}) for row in self.rows
            ],
        }

    def __str__(self) -> str:
        answered = {row.method: row for row in self.rows if row.result}
        answers = [["ANN", f"{self.ann_accuracy:.2%}"], *([name, *_cells(row)] for name, row in answered.items())]
        works = {"ANN": self.ann_work} | {name: row.result.work for name, row in answered.items() if row.result}
        heads = ["", "accuracy", "as the ANN", "spikes/neuron", "neurons", "synaptic ops", "latency", "retrained"]
        kinds = ["", "additions", "multiplications", "comparisons", "words"]
        counted = [[name, *(f"{count:,.0f}" for count in vars(work).values())] for name, work in works.items()]
        bought = [[name, *_bought(work)] for name, work in works.items()]
        settings = [f"{row.method}: {row.refusal or _listed(row.settings)}" for row in self.rows]
        return "\n\n".join(
            [
                f"{self.images:,} images, scales from {self.calibration:,} others",
                _table(answers, heads),
                "operations of an image\n" + _table(counted, kinds),
                "energy of an image: compute + memory\n" + _table(bought, ["", *PRICES]),
                "\n".join(settings),
                "\n".join(f"{name}: {prices.source}" for name, prices in PRICES.items()),
            ]
        )

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def _cells(row: Row) -> list[str]:
    result = row.result
    assert result is not None
    return [
        f"{result.accuracy:.2%}",
        f"{result.agreement:.2%}",
        f"{result.spikes_per_neuron:.3f}",
        f"{result.neurons:,}",
        f"{result.operations:,.0f}",
        f"{result.latency:.4g} {row.time_unit.partition(' of ')[0]}",
        "yes" if row.retrained else "no",
    ]


def _bought(work: Work) -> list[str]:
    """Compute and memory under each table of prices."""
    cells = []
    for prices in PRICES.values():
        memory = prices.memory(work)
        cells.append(
            _amount(prices.compute(work), prices.unit) + (f" + {_amount(memory, prices.unit)}" if memory else "")
        )
    return cells


def _amount(value: float, unit: str) -> str:
    return f"{value / 1e6:,.3g} µJ" if unit == "pJ" else f"{value:,.3g} {unit}"


def _listed(settings: Settings) -> str:
    return ", ".join(f"{key} {value}" for key, value in settings.items()) or "as by default"


def _table(rows: list[list[str]], heads: list[str]) -> str:
    return tabulate(rows, headers=heads, colalign=("left", *["right"] * (len(heads) - 1)), disable_numparse=True)


def _energies(work: Work) -> dict[str, dict[str, float | None]]:
    return {name: {"compute": p.compute(work), "memory": p.memory(work)} for name, p in PRICES.items()}


def compare(
    net: Graph,
    x: Array,
    labels: Array,
    *,
    calibration: Array,
    methods: Iterable[str] | None = None,
    settings: Mapping[str, Settings] | None = None,
    retrained: Mapping[str, Graph] | None = None,
    grey: Array | None = None,
    batch: int = 128,
    progress: Progress | None = None,
) -> SideBySide:
    """Convert a network by every method, and measure each on all images `x (images, *input_shape)`.

    calibration : `(batch, *input_shape)`, other samples, from which scales are chosen
    methods : by name; all, unless some are named
    settings : of each method's `convert`, by the method's name, for example `{"amos": {"K": 4}}`. A method that is not
        among them is given its module's `COMPARED`, settings with which most networks answer nearly as the ANN
    retrained : by method, the network that was trained on for it (`snnref.tdsnn.retrain`), to be converted instead
    grey : for a network that is trained on images of 1 bit, those with their greys: what a code with a `cutoff` of its
        own is shown instead of x
    batch : images that are run together

    A method that does not express the network is listed with its reason. Raises ValueError for an unknown method or
    unsuitable data, and what a method's `convert` raises for unsuitable settings.
    """
    wanted = list(METHODS if methods is None else methods)
    given, others = dict(settings or {}), dict(retrained or {})
    for name in (*wanted, *given, *others):
        method(name)
    check_calibration(calibration, net.input_shape)
    rows: list[Row] = []
    for name in wanted:
        chosen = dict(given.get(name, method(name).COMPARED))
        row = Row(name, chosen, name in others)
        try:
            snn = method(name).convert(others.get(name, net), calibration, **chosen)
        except Inexpressible as refusal:
            rows.append(replace(row, refusal=str(refusal)))
            continue
        told = grey if grey is not None and "cutoff" in snn.options else x
        shown = partial(progress, name) if progress else None
        result = evaluate(net, snn, x=told, labels=labels, ann_x=x, batch=batch, progress=shown)
        rows.append(replace(row, time_unit=snn.stepwise.time_unit, result=result))
    right = [row.result.ann_accuracy for row in rows if row.result]
    ann = right[0] if right else _accuracy(net, x, labels)
    return SideBySide(ann, energy.of_ann(net), len(x), len(calibration), tuple(rows))


def _accuracy(net: Graph, x: Array, labels: Array) -> float:
    return float(np.mean(to_numpy(net(x)).argmax(axis=1) == to_numpy(labels)))
