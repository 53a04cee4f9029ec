"""A converted network: rescaled nodes, and one method written twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from ..arrays import Array, WeightCache, check_input, like, number
from ..network.graph import INPUT, READOUT
from ..network.nodes import Nodes, Scales
from .run import Run, Trace
from .walk import Trains, walk


@dataclass(frozen=True)
class SinglePass:
    """The fast half of a method whose closed forms take the whole batch, and all time, at once."""

    _record: bool = field(default=False, repr=False)  # whether the readout is asked at each step

    def sample_groups(self, nodes: Nodes, x: Array, *, record: bool = False) -> Iterator[tuple[slice, Self]]:
        yield slice(None), replace(self, _record=record)

    def time_chunks(self) -> Iterator[Self]:
        yield self

    @property
    def is_stop(self) -> bool:
        return True

    def options_so_far(self) -> Self:
        return self


@dataclass(frozen=True, eq=False)
class SNN:
    """A converted network: rescaled nodes, and one method written twice.

    `simulate` follows the paper step by step and records everything; `run` gives the same spikes faster.
    """

    nodes: Nodes = field(repr=False)
    scales: Scales
    stepwise: Any  # a Code with `latency()`, unless its readings tell it
    closed: Any  # another, with `groups` of samples that are walked together, and their `stretches` of time
    _weights: WeightCache = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.nodes[READOUT].shape) != 1:
            raise ValueError(
                f"the network ends with features {self.nodes[READOUT].shape}, expected (classes,); "
                "end it with Flatten or Dense"
            )
        object.__setattr__(self, "_weights", WeightCache(self.nodes))

    @property
    def options(self) -> dict[str, Any]:
        """The settings of the method, by name: those given to `convert`, and the defaults."""
        return {k: getattr(self.stepwise, k) for k in _settings(self.stepwise)}

    def simulate(self, x: Array, **settings: Any) -> Trace:
        """The paper's dynamics for `x (batch, *input_shape)`, with all spikes and potentials.

        `settings` replace options of the method for this call (rate: `steps=…`).
        Raises TypeError or ValueError for an unsuitable input or an unknown setting.
        """
        check_input(x, self.nodes[INPUT].shape)
        code = with_settings(self.stepwise, settings)
        return Trace(self.nodes, [self._walk(code, x)], self.scales, code)

    def run(self, x: Array, *, record: bool = False, **settings: Any) -> Run:
        """The same spikes as `simulate`, faster, and in memory that grows with the steps by the readings only.

        Keeps spike counts, or with `record` the spike times too. `settings` as for `simulate`.
        """
        for run in self.runs(x, record=record, **settings):  # noqa: B007 (the last one)
            pass
        return run

    def runs(self, x: Array, *, record: bool = False, **settings: Any) -> Iterator[Run]:
        """One run that is asked while it goes on: what there is at each of its stops, and at its end.

        `settings` as for `simulate`, and those that say when it is asked (rate: `stops=[10, 50]`).
        """
        check_input(x, self.nodes[INPUT].shape)
        code = with_settings(self.closed, settings)
        groups = [
            self._time_chunks(group, x[samples, ...], record)
            for samples, group in code.sample_groups(self.nodes, x, record=record)
        ]
        for states in zip(*groups, strict=True):
            yield Run(self.nodes, [trains for _, trains in states], self.scales, states[0][0].options_so_far())

    def _time_chunks(self, group: Any, x: Array, record: bool) -> Iterator[tuple[Any, Trains]]:
        """The trains of some samples, at each of the stops."""
        trains: Trains = {}
        for part in group.time_chunks():
            new = self._walk(part, x)
            new = new if record else {k: train.counted() for k, train in new.items()}
            trains = {k: trains[k].then(new[k]) for k in new} if trains else new  # type: ignore[attr-defined]
            if part.is_stop:
                yield part, trains

    def _walk(self, code: Any, x: Array) -> Trains:
        return walk(self._weights.like(x), code, x / like(self.scales[INPUT], x))


def _settings(code: Any) -> list[str]:
    return [f.name for f in fields(code) if f.init and not f.name.startswith("_")]


def with_settings(code: Any, settings: Mapping[str, Any], *, besides: tuple[str, ...] = ()) -> Any:
    """A code with some of its options replaced. Raises TypeError for unknown ones; it names those of `convert` too, if
    told what it takes `besides`."""
    settings = {name: number(value) for name, value in settings.items()}
    known = _settings(code)
    for name in settings:
        if name not in known:
            from difflib import get_close_matches  # rarely, and slow to import

            close = get_close_matches(name, [*known, *besides], n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            more = f"; convert also takes {', '.join(besides)}" if besides else ""
            raise TypeError(f"unknown setting {name!r}; {code.method} has {', '.join(known)}{more}{hint}")
    return replace(code, **settings)
