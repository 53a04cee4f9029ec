"""A sixth method, made up for tests: a neuron fires once, the earlier the larger its value, on a falling threshold."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import numpy as np

from snnref.arrays import namespace, to_numpy
from snnref.network.canonical import canonical, require_kinds
from snnref.network.counting import neurons
from snnref.network.graph import INPUT
from snnref.network.nodes import MaxPool, Population
from snnref.network.normalisation import normalise
from snnref.spiking.calibration import largest
from snnref.spiking.energy import OperationCounts
from snnref.spiking.snn import SNN, SinglePass, with_settings
from snnref.spiking.trains import Readings
from snnref.spiking.walk import activations
from snnref.ttfs.trains import Timed

EXPRESSES = ("relu",)
COMPARED = {"levels": 16}


@dataclass(frozen=True)
class Toy:
    """levels : of a value, and steps of a window."""

    method: ClassVar[str] = "toy"
    largest_value: ClassVar[float] = 1.0
    time_unit: ClassVar[str] = "steps of a toy"
    levels: int = 4

    def __post_init__(self):
        if self.levels < 1:
            raise ValueError(f"levels: got {self.levels}, expected 1 or more")

    def latency(self):
        return self.levels

    def drive(self, node, trains):
        return node.input.drive({name: train.value() for name, train in trains.items()}) + node.input.bias

    def readout(self, node, trains):
        return Readings(self.drive(node, trains)[None])


OPTIONS = Toy


class Stepwise(Toy):
    """The threshold falls from 1, by a level a step."""

    def encode(self, x):
        potentials, times = [], 0 * x + self.levels
        for step in range(self.levels):
            fires = (x >= 1 - step / self.levels) & (times == self.levels)
            times = namespace(x).where(fires, 0 * x + step, times)
            potentials.append(x)
        return Timed(self.levels - times, self.levels, namespace(x).stack(potentials))

    def population(self, node, trains):
        return self.encode(self.drive(node, trains))

    def max_pool(self, node, train):
        return Timed(self.levels + node.window(-train.times), self.levels)


@dataclass(frozen=True)
class Closed(SinglePass, Toy):
    def encode(self, x):
        xp = namespace(x)
        return Timed(xp.clip(xp.floor(x * self.levels), 0, self.levels), self.levels)

    def population(self, node, trains):
        return self.encode(self.drive(node, trains))

    def max_pool(self, node, train):
        return Timed(node.window(train.lead), self.levels)


def convert(net, calibration, **options):
    nodes = canonical(net)
    require_kinds(nodes, "the toy", EXPRESSES)
    found = activations(nodes, calibration)
    scales = dict.fromkeys(nodes, 1.0) | {INPUT: float(calibration.max())}
    for name, node in nodes.items():
        if isinstance(node, Population):
            scales[name] = largest(to_numpy(found[name])) or 1.0
        elif isinstance(node, MaxPool):
            scales[name] = scales[node.source]
    stepwise, closed = (with_settings(code(), options) for code in (Stepwise, Closed))
    return SNN(normalise(nodes, scales), scales, stepwise, closed)


def explain(trace, node, place, sample):
    return f"{node.name}{list(place)} fired at {to_numpy(trace.trains[node.name].times)[(sample, *place)]:g}"


def advice(cause, code):
    return f"{cause}: a toy of {code.levels} levels is a toy"


def counted(run):
    return {"toys": np.full(len(run.output), 7.0)}


def neuron_updates(run):
    """A comparison for each neuron and step."""
    compared = np.full(len(run.output), float(run.code.levels * neurons(run.nodes)))
    return OperationCounts(0 * compared, 0 * compared, compared, 2 * compared)


def reference(v: float, *, levels: int = 4) -> int:
    return next((step for step in range(levels) if v >= 1 - step / levels), levels)


def cases():
    yield from (({"levels": levels}, v) for levels in (4, 8) for v in (0.0, 0.5, 0.9, 1.0, 2.0))


check = SimpleNamespace(
    reference=reference,
    cases=cases,
    run_case=lambda step, v, options: iter([step(v, **options)]),
    describe_case=lambda v, wrong: f"at {v:g}",
    describe_answer=lambda step, v: f"fires in step {step}",
)
