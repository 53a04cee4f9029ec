"""When each layer is inhibited and when it fires (Fig. 3, Zhang et al. 2019). Windows differ from layer to layer.

The active period of a layer is the inhibitory period of the next, so a network is a pipeline.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..arrays import to_numpy
from ..network.graph import READOUT
from ..network.nodes import MaxPool
from ..spiking.delay_lines import DelayLine, delay_lines
from ..spiking.run import Run
from .options import TDSNN


@dataclass(frozen=True)
class Stage:
    """The periods of a node, in steps since the input's window began: (begin, end)."""

    node: str
    inhibitory: tuple[int, int] | None  # None: it does not integrate (the input, a pool)
    active: tuple[int, int] | None  # None: it does not fire (the readout)


@dataclass(frozen=True)
class Schedule:
    """What happens when, for one sample; print it.

    Parameters
    ----------
    stages
        The periods of every node.
    delay_lines
        Where spikes wait that skip a period.
    latency
        Time steps until the potentials of the last layer are complete.
    interval
        Time steps until the next sample can enter: the longest inhibitory and active period of one layer together.
    """

    stages: tuple[Stage, ...]
    delay_lines: tuple[DelayLine, ...]
    latency: int
    interval: int

    def __str__(self) -> str:
        from tabulate import tabulate  # the live pages do without

        def shown(window: tuple[int, int] | None) -> str:
            return f"{window[0]} to {window[1]}" if window else ""

        rows = [[s.node, shown(s.inhibitory), shown(s.active)] for s in self.stages]
        table = tabulate(rows, headers=["node", "inhibitory period", "active period"])
        text = f"{table}\n\nanswer after {self.latency} steps, an input every {self.interval}\n"
        return (text + "\n".join(map(str, self.delay_lines))).rstrip()


def schedule(run: Run, *, sample: int = 0) -> Schedule:
    """Work out when each node integrates and fires, for a sample that was run (Fig. 3, Zhang et al. 2019).

    Parameters
    ----------
    run
        A run of `snnref.tdsnn`.
    sample
        Index in the batch.

    Returns
    -------
    Schedule
        The periods of every node, in time steps.

    Raises
    ------
    TypeError
        For a run of another method.
    ValueError
        If there is no such sample.
    """
    require_ours(run)
    batch = run.output.shape[0]
    if not -batch <= sample < batch:
        raise ValueError(f"sample: got {sample}, expected an index below {batch}")
    begins = {name: int(to_numpy(train.begin)[sample]) for name, train in run.trains.items() if name != READOUT}
    lasts = {name: int(to_numpy(train.last)[sample]) for name, train in run.trains.items() if name != READOUT}
    latency = int(to_numpy(run.trains[READOUT].latency)[sample])
    stages = []
    for name, node in run.nodes.items():
        release = latency if name == READOUT else begins[name]
        listening = bool(node.sources) and not isinstance(node, MaxPool)
        inhibitory = (max(begins[s] for s in node.sources), release) if listening else None
        stages.append(Stage(name, inhibitory, None if name == READOUT else (release, release + lasts[name])))

    def wait(source: str, target: str) -> int:
        return max(begins[s] for s in run.nodes[target].sources) - begins[source]

    busy = [[w for w in (s.inhibitory, s.active) if w] for s in stages]
    interval = max(windows[-1][1] - windows[0][0] for windows in busy)
    return Schedule(tuple(stages), delay_lines(run.nodes, wait), latency, interval)


def require_ours(run: Run) -> None:
    """Refuse what a network of this method did not return, by TypeError."""
    if not isinstance(run, Run) or run.code.method != TDSNN.method:
        raise TypeError(
            f"run: got {str(run)[:60]}, expected what run or simulate of snnref.tdsnn.convert's result returns"
        )
