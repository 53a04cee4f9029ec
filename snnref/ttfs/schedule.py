"""When each population listens and when it fires; what must wait for whom; what goes on between spikes.

All windows have t_max steps. The spiking stage of a population is the silent stage of the next, so a network is a
pipeline. The paper names neither its latency nor what it costs to keep it going.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from ..layers import Flatten, Reshape
from ..network.counting import neurons
from ..network.graph import READOUT
from ..network.nodes import Nodes, Population, Projection, Readout, depths, weighted_nodes
from ..spiking.delay_lines import DelayLine, delay_lines
from ..spiking.snn import SNN, with_settings
from .options import TTFS


@dataclass(frozen=True)
class Stage:
    """The windows of a node, in steps since the input's window began: (begin, end)."""

    node: str
    silent: tuple[int, int] | None  # None: it does not integrate (the input, a pool)
    spiking: tuple[int, int] | None  # None: it does not fire (a readout by its potential, or another's spikes)


@dataclass(frozen=True)
class Schedule:
    """What happens when; print it.

    Parameters
    ----------
    stages
        The windows of every node.
    delay_lines
        Where spikes wait that skip a window.
    latency
        Time steps until the answer is there.
    interval
        Time steps between two inputs. A neuron that fires cannot integrate the next input at the same time, so it is
        2 t_max; with two potentials a neuron, which take turns, t_max.
    updates
        Additions that no spike causes, for one input: every neuron adds its slope in each step of its silent stage, and
        at most the current in each step of its spiking stage. Synaptic operations do not include them.
    """

    stages: tuple[Stage, ...]
    delay_lines: tuple[DelayLine, ...]
    latency: int
    interval: int
    updates: int

    def __str__(self) -> str:
        from tabulate import tabulate  # the live pages do without

        def shown(window: tuple[int, int] | None) -> str:
            return f"{window[0]} to {window[1]}" if window else ""

        rows = [[s.node, shown(s.silent), shown(s.spiking)] for s in self.stages]
        table = tabulate(rows, headers=["node", "silent stage", "spiking stage"])
        return (
            f"{table}\n\nanswer after {self.latency} steps, an input every {self.interval} "
            f"({self.interval // 2} with two potentials a neuron)\n"
            f"{self.updates:,} additions at most that no spike causes\n" + "\n".join(map(str, self.delay_lines))
        ).rstrip()


def schedule(snn: SNN, **settings: Any) -> Schedule:
    """Work out when each node of a converted network integrates and fires.

    Parameters
    ----------
    snn
        A network that `snnref.ttfs.convert` returned.
    **settings
        Options that are replaced for this call (`t_max`, `output`).

    Returns
    -------
    Schedule
        The windows of every node, in time steps.

    Raises
    ------
    TypeError
        If another method converted the network.
    """
    require_ours(snn)
    code, nodes, depth = with_settings(snn.stepwise, settings), snn.nodes, depths(snn.nodes)
    t_max = code.t_max
    stages = []
    for name, node in nodes.items():
        at = depth[name] * t_max
        silent = (at - t_max, at) if isinstance(node, Population | Readout) else None
        stages.append(Stage(name, silent, (at, at + t_max)))
    if code.output == "potential":
        stages[-1] = Stage(READOUT, stages[-1].silent, None)
    elif answering(nodes) != READOUT:
        stages[-1] = Stage(READOUT, None, None)
    busy = sum(window is not None for window in (stages[-1].silent, stages[-1].spiking))  # stages of the readout
    updates = t_max * (2 * neurons(nodes) + busy * prod(nodes[READOUT].shape))

    def wait(source: str, target: str) -> int:  # a window for each layer that is skipped
        return (depth[target] - 1 - depth[source]) * t_max

    return Schedule(tuple(stages), delay_lines(nodes, wait), code.latency(), 2 * t_max, updates)


def windows(nodes: Nodes) -> dict[str, int]:
    """After how many windows each kind of `output` is there."""
    last = depths(nodes)[READOUT]
    return {"potential": last, "earliest": last if answering(nodes) != READOUT else last + 1}


def answering(nodes: Nodes) -> str:
    """Whose earliest spike names the class: the readout's own, or those of the ReLU with which the network ends."""
    (term,) = weighted_nodes(nodes)[READOUT].inputs
    match term.projections:
        case (Projection(source, maps),) if isinstance(nodes[source], Population) and not np.any(term.bias):
            if all(isinstance(m, Flatten | Reshape) for m in maps):
                return source
    return READOUT


def firing(nodes: Nodes) -> dict[str, Population | Readout]:
    """The nodes that have a threshold: not a readout that another node's spikes answer for."""
    return {k: node for k, node in weighted_nodes(nodes).items() if k != READOUT or answering(nodes) == READOUT}


def require_ours(snn: SNN) -> None:
    """Refuse what `convert` of this method did not return, by TypeError."""
    if not isinstance(snn, SNN) or snn.stepwise.method != TTFS.method:
        raise TypeError(f"snn: got {str(snn)[:60]}, expected what snnref.ttfs.convert returns")
