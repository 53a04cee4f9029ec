"""Additions and multiplications, as the paper counts them (Tables 2 and 3, Zhang et al. 2019), and from spikes.

An addition is a synapse's or a tick's; a comparison of max-pooling counts as one; a multiplication is a product of the
ANN, or the leak of one neuron in one step. The paper does not say how long its neurons leak and receive ticks.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from ..arrays import to_numpy
from ..network.canonical import canonical
from ..network.counting import neurons, synapses
from ..network.graph import Graph
from ..network.nodes import MaxPool, Nodes, Population, Readout, weighted_nodes
from ..spiking.energy import per_sample_sums
from ..spiking.run import Run
from ..spiking.synaptic_operations import windows_over
from .schedule import require_ours


@dataclass(frozen=True)
class Costs:
    """Operations for one input; arrays `(batch,)` where they depend on it."""

    additions: float | np.ndarray
    multiplications: float | np.ndarray

    @property
    def total(self) -> float | np.ndarray:
        """Additions and multiplications together."""
        return self.additions + self.multiplications


def ann_costs(net: Graph | Nodes) -> Costs:
    """Count the operations of the ANN (Table 3, left, Zhang et al. 2019).

    N neurons of M inputs take M N products and (M − 1) N sums; a pool of N inputs takes N − 1 comparisons.

    Parameters
    ----------
    net
        A network, or its canonical nodes, such as `run.nodes`.

    Returns
    -------
    Costs
        Operations for one input.
    """
    nodes = canonical(net) if isinstance(net, Graph) else net
    products = synapses(nodes)
    return Costs(products - weighted_neurons(nodes) + comparisons(nodes), products)


def table_costs(net: Graph | Nodes, steps: float) -> Costs:
    """Count the operations as Table 2 does (Zhang et al. 2019), as its own columns show.

    Both periods of all N neurons last T steps, so that each neuron leaks 2 T times and receives T ticks.

    Parameters
    ----------
    net
        A network, or its canonical nodes, such as `run.nodes`.
    steps
        T, in time steps.

    Returns
    -------
    Costs
        Operations for one input.
    """
    nodes = canonical(net) if isinstance(net, Graph) else net
    ann, n = ann_costs(nodes), weighted_neurons(nodes)
    return Costs(ann.additions + n * steps, 2 * n * steps)


def costs(run: Run) -> Costs:
    """Count the operations of a run by its spikes.

    Each spike adds a weight to every neuron that it reaches, the bias neuron's spike too. Ticks add until a neuron
    fires. A neuron leaks in each step of its inhibitory period, and of its active period until it fires.

    Parameters
    ----------
    run
        A run of `snnref.tdsnn`.

    Returns
    -------
    Costs
        Operations of each sample, `(batch,)`.

    Raises
    ------
    TypeError
        For a run of another method.
    """
    whole, ticks = hardware_costs(run), waited(run)
    return Costs(whole.additions + ticks, whole.multiplications + ticks)


def hardware_costs(run: Run) -> Costs:
    """Count the operations of a run without the ticking neuron (Fig. 6, Table 3, Zhang et al. 2019).

    T(A) is computed outside and encodes the potentials; neurons leak in the inhibitory period only.

    Parameters
    ----------
    run
        A run of `snnref.tdsnn`.

    Returns
    -------
    Costs
        Operations of each sample, `(batch,)`.

    Raises
    ------
    TypeError
        For a run of another method.
    """
    require_ours(run)
    nodes, inhibited = run.nodes, np.zeros(run.output.shape[0])
    for node in weighted_nodes(nodes).values():
        end = to_numpy(run.code.end({source: run.trains[source] for source in node.sources}))
        inhibited += end.astype(float) * prod(node.shape)
    return Costs(run.operations.total + weighted_neurons(nodes) + comparisons(nodes), inhibited)


def waited(run: Run) -> np.ndarray:
    """`(batch,)`: the steps of their active periods in which neurons had not fired yet, of all populations."""
    lags = (run.trains[name].lag for name, node in run.nodes.items() if isinstance(node, Population))
    return sum((per_sample_sums(lag) for lag in lags), np.zeros(run.output.shape[0]))


def weighted_neurons(nodes: Nodes) -> int:
    """Those with synapses: of the populations and the readout."""
    return neurons(nodes) + sum(prod(node.shape) for node in nodes.values() if isinstance(node, Readout))


def comparisons(nodes: Nodes) -> int:
    """To find the maximum of every pooling window: one fewer than it has inputs (three for 2×2)."""
    pools = [node for node in nodes.values() if isinstance(node, MaxPool)]
    return sum(int(windows_over(pool, nodes).sum()) - prod(pool.shape) for pool in pools)


def counted(run: Run) -> dict[str, np.ndarray]:
    """Count what `evaluate` also reports: the paper's operations, with the ticking neuron and without.

    Parameters
    ----------
    run
        A run of `snnref.tdsnn`.

    Returns
    -------
    dict of array `(batch,)`
        Additions and multiplications of each sample, by name.
    """
    whole, hardware = costs(run), hardware_costs(run)
    return {
        "additions": np.asarray(whole.additions),
        "multiplications": np.asarray(whole.multiplications),
        "additions without ticks": np.asarray(hardware.additions),
        "multiplications without ticks": np.asarray(hardware.multiplications),
    }
