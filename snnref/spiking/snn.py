"""A converted network: rescaled nodes, and one method written twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from ..arrays import Array, WeightCache, check_input, like, number
from ..network.graph import INPUT
from ..network.nodes import Nodes, Scales
from .run import Run, Trace
from .walk import Trains, walk


@dataclass(frozen=True)
class SinglePass:
    """The fast half of a method whose closed forms take the whole batch, and all time, at once."""

    _record: bool = field(default=False, repr=False)  # whether the readout is asked at each step

    def sample_groups(self, nodes: Nodes, x: Array, *, record: bool = False) -> Iterator[tuple[slice, Self]]:
        """Take the whole batch as one group.

        Parameters
        ----------
        nodes
            The graph.
        x : array `(batch, *input_shape)`
            The input.
        record
            Whether everything is kept.

        Yields
        ------
        tuple
            The samples of the group, and the options for it.
        """
        yield slice(None), replace(self, _record=record)

    def time_chunks(self) -> Iterator[Self]:
        """All time as one stretch."""
        yield self

    @property
    def is_stop(self) -> bool:
        """Whether the readout is read at the end of this stretch: always."""
        return True

    def options_so_far(self) -> Self:
        """The options themselves."""
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
        object.__setattr__(self, "_weights", WeightCache(self.nodes))

    @property
    def options(self) -> dict[str, Any]:
        """The settings of the method, by name: those given to `convert`, and the defaults."""
        return {k: getattr(self.stepwise, k) for k in _settings(self.stepwise)}

    def simulate(self, x: Array, **settings: Any) -> Trace:
        """Run the paper's dynamics step by step, and record all spikes and potentials.

        Parameters
        ----------
        x : array `(batch, *input_shape)`
            The input, NumPy or torch.
        **settings
            Options of the method that are replaced for this call (rate: `steps=…`).

        Returns
        -------
        Trace
            Spikes, potentials and outputs, in the kind of x.

        Raises
        ------
        TypeError
            For an unknown setting, or an input that is no array of floats.
        ValueError
            For an input or a setting that does not fit.
        """
        check_input(x, self.nodes[INPUT].shape)
        code = with_settings(self.stepwise, settings)
        return Trace(self.nodes, [self._walk(code, x)], self.scales, code)

    def run(self, x: Array, *, record: bool = False, **settings: Any) -> Run:
        """Compute the same spikes as `simulate`, faster, in memory that grows with the steps by the readings only.

        Parameters
        ----------
        x : array `(batch, *input_shape)`
            The input, NumPy or torch.
        record
            Whether spike times are kept, not only spike counts.
        **settings
            Options of the method that are replaced for this call (rate: `steps=…`).

        Returns
        -------
        Run
            Spike counts and outputs, in the kind of x.

        Raises
        ------
        TypeError
            For an unknown setting, or an input that is no array of floats.
        ValueError
            For an input or a setting that does not fit.
        """
        for run in self.runs(x, record=record, **settings):  # noqa: B007 (the last one)
            pass
        return run

    def runs(self, x: Array, *, record: bool = False, **settings: Any) -> Iterator[Run]:
        """Run once, and yield the results so far at each of the run's stops, and at its end.

        Parameters
        ----------
        x : array `(batch, *input_shape)`
            The input, NumPy or torch.
        record
            Whether spike times are kept, not only spike counts.
        **settings
            Options of the method that are replaced for this call, and those that set its stops (rate: `stops=[10,
            50]`).

        Yields
        ------
        Run
            The run up to each of these times.

        Raises
        ------
        TypeError
            For an unknown setting, or an input that is no array of floats.
        ValueError
            For an input or a setting that does not fit.
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
    """Replace some options of a code.

    Parameters
    ----------
    code
        Options of a method.
    settings
        New values, by name.
    besides
        Further settings that `convert` takes, which the message names.

    Returns
    -------
    code
        A copy with these options.

    Raises
    ------
    TypeError
        For an unknown setting.
    """
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
