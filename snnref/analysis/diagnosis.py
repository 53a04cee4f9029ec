"""Why does a converted network answer otherwise than the ANN? The error of every population by its causes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array, WeightCache, like, to_numpy
from ..methods import method
from ..network.graph import INPUT, Graph
from ..network.nodes import Population
from ..spiking.snn import SNN
from ..spiking.trains import Analog
from ..spiking.walk import ANN, activations

CAUSES = ("clipping", "silence", "quantisation", "transient", "inherited")


@dataclass(frozen=True)
class Row:
    """The error of one population: of each cause the mean size, as a share of the population's mean activation.

    Its neurons should have answered f(A), with the A that they received.
    """

    population: str
    clipping: float  # f(A) above what a neuron can say
    silence: float  # f(A) of neurons that say nothing
    quantisation: float  # of neurons that say something and should: what they say is wrong by
    transient: float  # what is said by neurons that should say nothing
    inherited: float  # f(A) less the ANN's activation: what came in was wrong

    @property
    def cause(self) -> str | None:
        """The largest; None if there is no error at all."""
        largest = max(CAUSES, key=lambda cause: getattr(self, cause))
        return largest if getattr(self, largest) > 0 else None


@dataclass(frozen=True)
class Diagnosis:
    """Why a converted network differs, population by population; print it."""

    rows: tuple[Row, ...]
    agreement: float | None  # share of the samples that both networks answer alike; None where there are no classes
    advice: dict[str, str]  # population -> one sentence

    def __str__(self) -> str:
        from tabulate import tabulate  # the live pages do without

        cells = [[row.population, *(f"{getattr(row, cause):.1%}" for cause in CAUSES)] for row in self.rows]
        table = tabulate(cells, headers=["population", *CAUSES], stralign="right", disable_numparse=True)
        sentences = "\n".join(f"{name}: {sentence}" for name, sentence in self.advice.items())
        known = self.agreement is not None
        same = f"same answer as the ANN: {self.agreement:.2%}" if known else "the outputs are no classes"
        return (
            f"{same}\nerrors by their cause, as shares of each population's mean activation:\n\n{table}\n\n{sentences}"
        )


def diagnose(net: Graph, snn: SNN, x: Array, *, ann_x: Array | None = None, **settings: Any) -> Diagnosis:
    """Run both networks on a batch, find where they differ and why, and what would help.

    Where populations measure their rates over different times (a clamp), what they received is known by those rates
    only, and the causes are told apart less sharply.

    Parameters
    ----------
    net
        The network that was converted.
    snn
        Its conversion.
    x : array `(batch, *input_shape)`
        Input of both networks.
    ann_x : array `(batch, *input_shape)`
        Input of the ANN, where that is not the same (1-bit images, of which x holds the delays).
    **settings
        Of `SNN.run`.

    Returns
    -------
    Diagnosis
        The causes of error of each population, as shares of its mean activation.

    Raises
    ------
    TypeError
        For data or settings of the wrong type.
    ValueError
        For data or settings that do not fit.
    """
    if not isinstance(net, Graph):
        raise TypeError(f"net: got {type(net).__name__}, expected the Network; the conversion comes second")
    run = snn.run(x, **settings)
    nodes = WeightCache(snn.nodes).like(x)
    ann_x = x if ann_x is None else ann_x
    ann = activations(nodes, ann_x / like(snn.scales[INPUT], x))
    values = {name: train.value() for name, train in run.trains.items()}
    value_range = getattr(run.code, "value_range", lambda _: (-run.code.largest_value, run.code.largest_value))
    analog = {name: Analog(value) for name, value in values.items()}

    def answer(node: Population) -> np.ndarray:  # what the neurons should have answered to what they received
        return to_numpy(ANN().population(node, analog).values)

    rows = tuple(
        Row(name, *_causes(to_numpy(values[name]), to_numpy(ann[name]), answer(node), value_range(node)))
        for name, node in nodes.items()
        if isinstance(node, Population)
    )
    find = method(run.code.method).advice
    advice = {row.population: f"{row.cause}: {find(row.cause, run.code)}" for row in rows if row.cause}
    classes = len(net.shapes[net.output]) == 1
    same = to_numpy(run.prediction) == to_numpy(net(ann_x)).argmax(axis=1) if classes else None
    return Diagnosis(rows, None if same is None else float(np.mean(same)), advice)


def _causes(said: np.ndarray, ann: np.ndarray, answer: np.ndarray, value_range: tuple[float, float]) -> Iterator[float]:
    """The mean size of each cause, in the order of CAUSES, as a share of the population's mean activation."""
    possible = np.clip(answer, *value_range)
    wrong, fired, should = np.abs(said - possible), said != 0, answer != 0
    whole = max(float(np.abs(ann).mean(dtype=np.float64)), np.finfo(np.float64).tiny)
    for error in (
        np.abs(answer - possible),
        wrong * (should & ~fired),
        wrong * (should & fired),
        wrong * (fired & ~should),
        np.abs(answer - ann),
    ):
        yield float(error.mean(dtype=np.float64)) / whole
