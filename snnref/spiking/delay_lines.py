"""What waits for whom where layers work one after the other, each on another input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from ..network.counting import projections
from ..network.nodes import Nodes


@dataclass(frozen=True)
class DelayLine:
    """Spikes that arrive before their target's turn, as those that skip a layer do: each must be held back."""

    source: str
    target: str
    steps: int
    neurons: int  # each with a line of its own, for every input under way

    def __str__(self) -> str:
        return f"{self.source} waits {self.steps} steps for {self.target}: {self.neurons:,} delay lines"


def delay_lines(
    nodes: Nodes, wait: Callable[[str, str], int], *, neurons_per_unit: Callable[[str], int] = lambda _: 1
) -> tuple[DelayLine, ...]:
    """Of all nodes, where there is a wait.

    wait : of a source and a target, the steps from the one's last spike to the other's turn
    neurons_per_unit : of a source, how many neurons stand for each of its units
    """
    lines = {}
    for projection, node in projections(nodes):
        source = projection.source
        if steps := wait(source, node.name):
            size = prod(nodes[source].shape) * neurons_per_unit(source)
            lines[source, node.name] = DelayLine(source, node.name, steps, size)
    return tuple(lines.values())
