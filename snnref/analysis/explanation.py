"""One neuron's arithmetic, with numbers: why did it fire, or not?"""

from __future__ import annotations

from numbers import Integral

import numpy as np

from ..methods import method
from ..network.nodes import Population
from ..spiking.run import Trace


def explain(trace: Trace, population: str, neuron: int | tuple[int, ...], *, sample: int = 0) -> str:
    """Explain what a neuron received in a simulated run, from whom, and what it made of it.

    Parameters
    ----------
    trace
        What `SNN.simulate` returned.
    population
        Name of the neuron's population.
    neuron
        Its index, flat or along the feature axes.
    sample
        Index in the batch.

    Returns
    -------
    str
        Several lines of text.

    Raises
    ------
    TypeError
        Without a trace.
    ValueError
        If there is no such population, neuron or sample.
    """
    if not isinstance(trace, Trace):
        raise TypeError(
            f"trace: got {type(trace).__name__}, expected what snn.simulate(x) returns (run keeps too little)"
        )
    populations = [name for name, node in trace.nodes.items() if isinstance(node, Population)]
    if population not in populations:
        raise ValueError(f"population: got {population!r}, expected one of {', '.join(populations)}")
    node = trace.nodes[population]
    batch = trace.output.shape[0]
    if not isinstance(sample, Integral) or not -batch <= sample < batch:
        raise ValueError(f"sample: got {sample!r}, expected an index below {batch}")
    index = neuron if isinstance(neuron, tuple) else (neuron,)
    flat = isinstance(neuron, Integral)
    bounds = (int(np.prod(node.shape)),) if flat else node.shape
    if len(index) != len(bounds) or not all(
        isinstance(i, Integral) and 0 <= i < n for i, n in zip(index, bounds, strict=True)
    ):
        raise ValueError(f"neuron: got {neuron!r}, expected an index below {int(np.prod(node.shape))} or {node.shape}")
    place = tuple(int(i) for i in (np.unravel_index(int(index[0]), node.shape) if flat else index))
    return method(trace.code.method).explain(trace, node, place, sample)
