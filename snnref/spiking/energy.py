"""What a network does for one answer: operations by kind, memory touched, and what that costs by published prices.

One rule for all, so that codes can be compared: every operand is fetched, and every result that outlives its operation
is written, as if nothing were kept nearby. A product of the ANN touches 2 words (weight, activation; the sum stays in a
register and is written once), a synaptic update 3 (weight; the potential, read and written), a neuron's own update 2
and one for what it adds. Real machines reuse what they fetch, dense ones far more than event-driven ones: the memory
column is an upper bound, and kind to spikes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from ..arrays import to_numpy
from ..layers import Activation, Add, AvgPool, Conv, Dense, Linear, MaxPool, Multiply, Shape, UnevenAvgPool
from ..network import counting
from ..network.canonical import without_unused_layers
from ..network.graph import Graph
from ..network.nodes import Projection
from .run import Run

Number = Any  # a float, or an array (batch,)


@dataclass(frozen=True)
class OperationCounts:
    """Operations for one input, by kind, and words of memory that they read or write."""

    additions: Number = 0.0
    multiplications: Number = 0.0
    comparisons: Number = 0.0  # with a threshold, or of two values
    words: Number = 0.0

    def __add__(self, other: OperationCounts) -> OperationCounts:
        return OperationCounts(
            *(mine + theirs for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True))
        )


@dataclass(frozen=True)
class Prices:
    """Energy of one operation, and of one word of memory.

    Source and technology are part of it: without them a number of joules means nothing.
    """

    addition: float
    multiplication: float
    word: float | None  # None: the source gives none
    unit: str
    source: str

    def compute(self, counts: OperationCounts) -> Number:
        """Energy of the operations; a comparison is a subtraction."""
        return self.addition * (counts.additions + counts.comparisons) + self.multiplication * counts.multiplications

    def memory(self, counts: OperationCounts) -> Number | None:
        """Energy of the memory, at one price for every word."""
        return None if self.word is None else self.word * counts.words

    def total(self, counts: OperationCounts) -> Number:
        """Energy of the operations and, where the source prices it, of the memory."""
        return self.compute(counts) + (0.0 if self.word is None else self.memory(counts))


PRICES = {
    "45 nm, cache": Prices(
        0.9, 3.7, 5.0, "pJ", "Horowitz 2014, Fig. 1.1.9: fp32; half of 10 pJ for 64 bits of an 8 KB cache"
    ),
    "45 nm, DRAM": Prices(
        0.9, 3.7, 650.0, "pJ", "Horowitz 2014, Fig. 1.1.9: fp32; half of 1.3 nJ for 64 bits of DRAM, its lower end"
    ),
    "28 nm": Prices(
        1.0, 13.0, None, "additions", "Rueckauer et al. 2017, section 2.4: a multiply-accumulate costs 14 additions"
    ),
}
SPIKES_PER_OUTPUT = 1.72  # below which rate codes can be cheaper on digital hardware (Davidson & Furber 2021)


def synaptic(run: Run) -> OperationCounts:
    """Count what spikes cause: an addition for each synapse, a comparison for each pooling window.

    The products of an analog input count once. The counters of pools, and the storage of analog sums, are left out.

    Parameters
    ----------
    run
        A run of any method.

    Returns
    -------
    OperationCounts
        Operations of each sample, `(batch,)`.
    """
    spikes, pooled = run.operations.total, run.operations.pooling
    analog = np.full_like(spikes, run.analog_operations)
    return OperationCounts(spikes + analog, analog, pooled, 3 * spikes + 2 * (pooled + analog))


def of_ann(net: Graph) -> OperationCounts:
    """Count the operations of one forward pass of the ANN.

    Batch normalisation is folded. An activation function counts as one comparison before its unit is written, which is
    right for ReLU and too little for SiLU or a sigmoid.

    Parameters
    ----------
    net
        A network.

    Returns
    -------
    OperationCounts
        Operations for one input.
    """
    net = without_unused_layers(net)
    return sum((_layer(net, name) for name in net.layers), OperationCounts())


def _layer(net: Graph, name: str) -> OperationCounts:
    layer, sources = net.layers[name]
    units, shape = prod(net.shapes[name]), net.shapes[sources[0]]
    match layer:
        case Dense() | Conv():
            products = counting.multiply_accumulates(layer, shape)
            return OperationCounts(products, products, 0, 2 * products + 2 * units)  # a bias read, a sum written
        case Activation():
            return OperationCounts(comparisons=units)
        case MaxPool():
            inputs = _seen(layer, shape)
            return OperationCounts(comparisons=inputs - units, words=inputs + units)
        case AvgPool() | UnevenAvgPool():
            inputs = _seen(layer, shape)
            return OperationCounts(inputs - units, units, 0, inputs + units)
        case Add():
            return OperationCounts(additions=units * (len(sources) - 1), words=units * (len(sources) + 1))
        case Multiply():
            return OperationCounts(multiplications=units, words=3 * units)
    return OperationCounts()


def _seen(pool: MaxPool | AvgPool | UnevenAvgPool, shape: Shape) -> int:
    """Values in all windows, those of the padding left out."""
    if isinstance(pool, Linear):
        return int(Projection("", (pool,)).fan_out(shape).sum())
    return shape[0] * prod(int(axis.sum()) for axis in pool.support([np.eye(n, dtype=bool) for n in shape[1:]]))


def updates_per_step(
    run: Run, steps: Number, *, compares: bool = True, adds: bool = True, neurons: int
) -> OperationCounts:
    """Count the updates of neurons that change in every step: the potential is read and written.

    Parameters
    ----------
    run
        A run of any method.
    steps : number or array `(batch,)`
        Number of steps of each neuron.
    compares
        Whether each step compares the potential with a threshold.
    adds
        Whether each step adds something.
    neurons
        Number of neurons.

    Returns
    -------
    OperationCounts
        Operations of each sample, `(batch,)`.
    """
    total = np.zeros(run.output.shape[0]) + neurons * np.asarray(steps, float)
    return OperationCounts(adds * total, 0 * total, compares * total, (2 + adds) * total)


def per_sample_sums(values: Any) -> np.ndarray:
    """`(batch, *features)` -> `(batch,)`: the sum over a sample's neurons."""
    numbers = to_numpy(values)
    return numbers.reshape(len(numbers), -1).sum(axis=1, dtype=float)
