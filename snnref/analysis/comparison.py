"""The codes side by side: one trained network, converted by every method, on the same images."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from tabulate import tabulate

from ..arrays import Array, check_calibration, number, to_numpy
from ..methods import METHODS, method
from ..network.canonical import Inexpressible, canonical
from ..network.counting import neurons
from ..network.graph import Graph
from ..spiking import energy
from ..spiking.energy import PRICES, SPIKES_PER_OUTPUT, OperationCounts
from .evaluation import Evaluation, check_images, evaluate

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
    ann_operation_counts: OperationCounts  # of one forward pass
    units: int  # of the ANN; a method may make several neurons of each
    images: int
    calibration: int
    rows: tuple[Row, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON, with the energy by every table of prices."""
        return {
            "images": self.images,
            "calibration": self.calibration,
            "prices": {name: asdict(prices) for name, prices in PRICES.items()},
            "units": self.units,
            "ann": {
                "accuracy": self.ann_accuracy,
                "operation_counts": asdict(self.ann_operation_counts),
                "energy": _energies(self.ann_operation_counts),
            },
            "methods": [
                asdict(row)
                | {"settings": {k: _plain(value) for k, value in row.settings.items()}}
                | ({"energy": _energies(row.result.operation_counts)} if row.result else {})
                for row in self.rows
            ],
        }

    def spikes_per_output(self, result: Evaluation) -> float:
        """The mean number of spikes for each unit of the ANN, of which a method may make several neurons."""
        return result.spikes_per_neuron * result.neurons / max(1, self.units)

    def __str__(self) -> str:
        tables = (f"{title}\n{_table(rows, heads, 'simple')}" for title, heads, rows in self._tables())
        return "\n\n".join([*tables, *map("\n".join, self._notes())])

    def _repr_html_(self) -> str:
        tables = (f"<p>{title}</p>{_table(rows, heads, 'html')}" for title, heads, rows in self._tables())
        notes = (f"<p>{'<br>'.join(map(html.escape, lines))}</p>" for lines in self._notes())
        return "".join([*tables, *notes])

    def _tables(self) -> Iterator[tuple[str, list[str], list[list[str]]]]:
        """A title, the heads of the columns, and the rows."""
        answered = {row.method: row for row in self.rows if row.result}
        answers = [["ANN", f"{self.ann_accuracy:.2%}"], *([name, *_answer(row)] for name, row in answered.items())]
        title = f"{self.images:,} images, scales from {self.calibration:,} others"
        yield title, ["", "accuracy", "as the ANN", "latency", "retrained"], answers
        heads = ["", "neurons", "spikes/neuron", "spikes/output", "synaptic operations"]
        spikes = [[name, *self._spikes(row.result)] for name, row in answered.items() if row.result]
        yield f"spikes of an image; the ANN has {self.units:,} outputs", heads, spikes
        counted_by_method = {"ANN": self.ann_operation_counts} | {
            name: row.result.operation_counts for name, row in answered.items() if row.result
        }
        counted = [
            [name, *(f"{count:,.0f}" for count in vars(counts).values())] for name, counts in counted_by_method.items()
        ]
        yield "operations of an image", ["", "additions", "multiplications", "comparisons", "words"], counted
        bought = [[name, *_bought(counts)] for name, counts in counted_by_method.items()]
        yield "energy of an image: compute + memory", ["", *PRICES], bought

    def _notes(self) -> Iterator[list[str]]:
        yield [f"{row.method}: {row.refusal or _listed(row.settings)}" for row in self.rows]
        yield [
            f"below {SPIKES_PER_OUTPUT} spikes an output a rate code can be cheaper (Davidson & Furber 2021); prices:",
            *(f"{name}: {prices.source}" for name, prices in PRICES.items()),
        ]

    def _spikes(self, result: Evaluation) -> list[str]:
        each = f"{self.spikes_per_output(result):.3f}" if self.units else ""
        return [f"{result.neurons:,}", f"{result.spikes_per_neuron:.3f}", each, f"{result.operations:,.0f}"]


def _answer(row: Row) -> list[str]:
    result = row.result
    assert result is not None
    latency = f"{result.latency:.4g} {row.time_unit.partition(' of ')[0]}"
    return [f"{result.accuracy:.2%}", f"{result.agreement:.2%}", latency, "yes" if row.retrained else "no"]


def _bought(counts: OperationCounts) -> list[str]:
    """Compute and memory under each table of prices."""
    cells = []
    for prices in PRICES.values():
        memory = prices.memory(counts)
        cells.append(
            _amount(prices.compute(counts), prices.unit) + (f" + {_amount(memory, prices.unit)}" if memory else "")
        )
    return cells


def _amount(value: float, unit: str) -> str:
    millions = f"{value / 1e6:,.3g}" if value < 1e9 else f"{value / 1e6:,.0f}"
    return f"{millions} {'µJ' if unit == 'pJ' else f'M {unit}'}"


def _listed(settings: Settings) -> str:
    return ", ".join(f"{key} {value}" for key, value in settings.items()) or "as by default"


def _table(rows: list[list[str]], heads: list[str], form: str) -> str:
    aligned = ("left", *["right"] * (len(heads) - 1))
    drawn = tabulate(rows, headers=heads, tablefmt=form, colalign=aligned, disable_numparse=True)
    return "\n".join(map(str.rstrip, drawn.splitlines())).replace("<table>", '<table class="table">', 1)


def _plain(value: Any) -> Any:
    """A setting for JSON; what is neither a number nor a word, as text."""
    return value if isinstance(value, str | int | float | None) else str(value)


def _energies(counts: OperationCounts) -> dict[str, dict[str, float | None]]:
    return {name: {"compute": p.compute(counts), "memory": p.memory(counts)} for name, p in PRICES.items()}


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
    """Convert a network by every method, and measure each on all images.

    A method that cannot convert the network is listed with its reason.

    Parameters
    ----------
    net
        A trained network.
    x : array `(images, *input_shape)`
        Images.
    labels : array `(images,)`
        The index of each image's class.
    calibration : array `(batch, *input_shape)`
        Other samples, from which scales are chosen.
    methods
        Names of methods; all by default.
    settings
        Settings of each method's `convert`, by the method's name, for example `{"amos": {"K": 4}}`. A method that is
        not among them uses its module's `COMPARED`, settings with which most networks answer nearly as the ANN.
    retrained
        By method, the network that was trained for it (`snnref.tdsnn.retrain`), to be converted instead, by default as
        it was trained for.
    grey : array `(images, *input_shape)`
        For a network that is trained on images of 1 bit, those with their grey levels: the input, instead of x, of a
        code that has a `cutoff` of its own.
    batch
        Number of images that are run together.
    progress
        Called with the method, the number of images done, and the number of all images.

    Returns
    -------
    SideBySide
        The results of all methods, per image.

    Raises
    ------
    TypeError
        If `net` is no network, or data or settings are of the wrong type.
    ValueError
        For an unknown method, or data or settings that do not fit.
    """
    if not isinstance(net, Graph):
        raise TypeError(f"net: got {type(net).__name__}, expected a Network; import a torch module with from_torch")
    wanted = dict.fromkeys(METHODS if methods is None else [methods] if isinstance(methods, str) else methods)
    given, others = dict(settings or {}), dict(retrained or {})
    for name in (*wanted, *given, *others):
        method(name)
    if strangers := {*given, *others} - set(wanted):
        raise ValueError(
            f"settings: got some for {', '.join(sorted(strangers))}, expected methods of {', '.join(wanted)}"
        )
    for name, other in others.items():
        if (other.input_shape, other.shapes[other.output]) != (net.input_shape, net.shapes[net.output]):
            raise ValueError(f"retrained: got a network of other inputs or outputs for {name!r}")
    check_calibration(calibration, net.input_shape)
    check_images(net, x=x, labels=labels, besides={} if grey is None else {"grey": grey}, batch=batch)
    rows: list[Row] = []
    for name in wanted:
        usual = {} if name in others else method(name).COMPARED
        chosen = {k: number(value) for k, value in given.get(name, usual).items()}
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
    return SideBySide(ann, energy.of_ann(net), units(net), len(x), len(calibration), tuple(rows))


def units(net: Graph) -> int:
    """Of all populations of a network, before any method makes neurons of them; 0 if it cannot be rewritten as such."""
    try:
        return neurons(canonical(net))
    except Inexpressible:
        return 0


def _accuracy(net: Graph, x: Array, labels: Array) -> float:
    return float(np.mean(to_numpy(net(x)).argmax(axis=1) == to_numpy(labels)))
