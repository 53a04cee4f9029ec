"""Which gates work at which step, and what waits for whom: the pipeline (section 1.2, Stöckl & Maass 2019).

A gate fires in the step in which all its input has arrived; a spike takes one step. In the next step the gate is
free again, so a new image can enter. Units that stand for several values in turn make a smaller and slower network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from ..network.graph import READOUT
from ..network.nodes import Nodes
from ..spiking.delay_lines import DelayLine, delay_lines
from ..spiking.snn import SNN, with_settings
from .unit import Unit


@dataclass(frozen=True)
class Stage:
    """The units of a node, in steps since an image entered: gates of its first value fire from `begin` on, those of its
    last before `end`, when all spikes have arrived."""

    node: str
    units: int
    gates: int  # of a unit
    begin: int
    end: int


@dataclass(frozen=True)
class Schedule:
    """What happens when; print it.

    Parameters
    ----------
    stages
        The units of every node.
    delay_lines
        Where spikes wait for others.
    latency
        Time steps until the answer is there.
    interval
        Time steps between two images.
    neurons
        Number of gates, those for pixels included.
    """

    stages: tuple[Stage, ...]
    delay_lines: tuple[DelayLine, ...]
    latency: int
    interval: int
    neurons: int

    def __str__(self) -> str:
        from tabulate import tabulate  # the live pages do without

        rows = [[s.node, s.units, s.gates, f"{s.begin} to {s.end - 1}"] for s in self.stages]
        table = tabulate(rows, headers=["node", "units", "gates each", "steps"])
        every = "step" if self.interval == 1 else f"{self.interval} steps"
        return (
            f"{table}\n\n{self.neurons:,} neurons; answer after {self.latency} steps, an image every {every}\n"
            + "\n".join(map(str, self.delay_lines))
        ).rstrip()


def schedule(snn: SNN, *, reuse: int = 1, **settings: Any) -> Schedule:
    """Work out when each node of a converted network works.

    Parameters
    ----------
    snn
        A network that `snnref.amos.convert` returned.
    reuse
        How many values of a node share a unit, one after the other, if the node has as many. Neurons are fewer by that
        factor, images enter less often by that factor, and each node takes reuse − 1 steps more.
    **settings
        Options that are replaced for this call (`K`, `steps`, `encoding`).

    Returns
    -------
    Schedule
        The stages of every node, in time steps.

    Raises
    ------
    TypeError
        If another method converted the network.
    ValueError
        If `reuse` is no whole number from 1 on.
    """
    if not isinstance(snn, SNN) or snn.stepwise.method != "amos":
        raise TypeError(f"snn: got {str(snn)[:60]}, expected what snnref.amos.convert returns")
    if not isinstance(reuse, int) or isinstance(reuse, bool) or reuse < 1:
        raise ValueError(f"reuse: got {reuse!r}, expected a whole number ≥ 1")
    nodes, units = snn.nodes, with_settings(snn.stepwise, settings).units(snn.nodes)
    begin = starts(nodes, units, reuse=reuse)
    stages = []
    for name, unit in units.items():
        shared = -(-prod(nodes[name].shape) // reuse)
        stages.append(Stage(name, shared, unit.K, begin[name], _end(nodes, name, begin, units, reuse)))

    def wait(source: str, target: str) -> int:
        return begin[target] - _end(nodes, source, begin, units, reuse)

    lines = delay_lines(nodes, wait, neurons_per_unit=lambda source: units[source].K if source in units else 1)
    neurons = sum(stage.units * stage.gates for stage in stages)
    return Schedule(tuple(stages), lines, begin[READOUT] + 1, reuse, neurons)


def starts(nodes: Nodes, units: Mapping[str, Unit], *, reuse: int = 1) -> dict[str, int]:
    """The step in which the first gates of each node work on the image that entered at step 0; of the readout, in which
    it sums. All spikes of the sources have arrived by then."""
    begin: dict[str, int] = {}
    for name, node in nodes.items():
        begin[name] = max((_end(nodes, source, begin, units, reuse) for source in node.sources), default=0)
    return begin


def _end(nodes: Nodes, name: str, begin: Mapping[str, int], units: Mapping[str, Unit], reuse: int) -> int:
    """When all that a node has to say has arrived; analog pixels are there at once."""
    rounds = min(reuse, prod(nodes[name].shape))
    return begin[name] + (units[name].steps + rounds - 1 if name in units else 0)
