"""Hysteresis sigma-delta, node by node: `run` walks this. Each node receives all its events in one pass.

No event travels back, so a node can receive the whole frame before the next node receives anything, if in the wave
order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from math import inf, prod
from types import ModuleType
from typing import Any

import numpy as np

from ..arrays import Array
from ..network.graph import INPUT
from ..network.nodes import MaxPool, Nodes, Population, Readout
from ..spiking.trains import Readings
from .options import SigmaDelta
from .propagation import merge_events, propagate
from .trains import Stream

ENGINES = ("auto", "numba", "numpy")
GROUP = 256  # samples whose events are held at the same time, unless they are kept or there are stops on the way


@dataclass(frozen=True)
class Closed(SigmaDelta):
    """The options of `SigmaDelta`, and

    stops : when the run is asked, in time units, before its end; the readout is then asked at these times
    engine : "numba" (extra `fast`), "numpy", or "auto": numba where it is installed
    """

    stops: tuple[float, ...] = ()
    engine: str = "auto"
    _since: float = -inf  # the part of time that is walked
    _until: float = inf
    # The trains of all time, once a part was walked. What the walker hands over is cut to that part, so it is not used.
    _sent: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            object.__setattr__(self, "stops", tuple(map(float, self.stops)))
        except TypeError as error:
            raise TypeError(f"stops: got {self.stops!r}, expected a sequence of times") from error
        if self.engine not in ENGINES:
            raise ValueError(f"engine: got {self.engine!r}, expected one of {', '.join(map(repr, ENGINES))}")
        stops = (0.0, *self.stops)
        if self.stops and not (all(a < b for a, b in pairwise(stops)) and stops[-1] < self.duration):
            raise ValueError(f"stops: got {self.stops}, expected rising times between 0 and {self.duration:g}")
        if self.stops and self.keep:
            raise ValueError("stops: expected none with keep=True; ask `output_over_time`, at `points` of each frame")

    @property
    def times(self) -> np.ndarray:
        """As of `SigmaDelta`, or the stops."""
        return np.append(self.stops, self.duration) if self.stops else super().times

    def latency(self) -> float:
        return min(self._until, self.duration)

    def sample_groups(self, nodes: Nodes, x: Array, *, record: bool = False) -> Iterator[tuple[slice, Closed]]:
        """Some samples at a time: their events need room."""
        size = len(x) if record or self.keep else GROUP
        for start in range(0, len(x), size):
            yield slice(start, start + size), self

    def time_chunks(self) -> Iterator[Closed]:
        """The time up to each of the stops, and after them. All that will ever be sent is known when the first was
        walked."""
        sent: dict[str, Any] = {}
        for since, until in pairwise((-inf, *self.stops, inf)):
            yield replace(self, _since=since, _until=until, _sent=sent)

    @property
    def is_stop(self) -> bool:
        return True

    def options_so_far(self) -> Closed:
        return replace(self, _sent={})

    def encode(self, x: Array) -> Stream:
        return self._part(INPUT, lambda: super(Closed, self).encode(x))

    def population(self, node: Population, trains: Mapping[str, Stream]) -> Stream:
        return self._part(node.name, lambda: self._neurons(node, self._incoming(node)))

    def max_pool(self, node: MaxPool, train: Stream) -> Stream:
        return self._part(node.name, lambda: self._pool(node, self._sent[node.source]))

    def readout(self, node: Readout, trains: Mapping[str, Stream]) -> Readings:
        if node.name not in self._sent:
            incoming = self._incoming(node)
            spikes = self._neurons(node, incoming)
            self._sent[node.name] = self._counts(spikes), self._potentials(node, incoming)
        part = (self.read_times > self._since) & (self.read_times <= self._until)
        counts, potentials = (values[part] for values in self._sent[node.name])
        kind = self._sent[INPUT].kind
        if self._until == inf:
            self._sent.clear()  # not needed again
        return self.answer(counts, potentials, kind)

    def _part(self, name: str, whole: Callable[[], Stream]) -> Stream:
        """What the node sends in this part of time; `whole` says what it sends in all of it."""
        if name not in self._sent:
            self._sent[name] = whole()
        everything = (self._since, self._until) == (-inf, inf)
        return self._sent[name] if everything else self._sent[name].between(self._since, self._until)

    def _incoming(self, node: Population | Readout) -> Stream:
        streams = {source: self._sent[source] for source in node.sources}
        return merge_events(streams, self.wiring.inlet(node.name).first, self.wiring.rank, self.delay)

    def _neurons(self, node: Population | Readout, incoming: Stream) -> Stream:
        inlet, engine = self.wiring.inlet(node.name), self._engine()
        how = {k: getattr(self, k) for k in ("quantiser", "rule", "strict", "settle", "keep")}
        layer = partial(engine.population, inlet.synapses, inlet.bias, **how)
        return propagate(incoming, layer, node.shape, parallel=engine.PARALLEL)

    def _pool(self, node: MaxPool, incoming: Stream) -> Stream:
        engine = self._engine()
        layer = partial(engine.max_pool, *self.wiring.windows(node.name), keep=self.keep)
        return propagate(incoming, layer, node.shape, parallel=engine.PARALLEL)

    def _counts(self, spikes: Stream) -> np.ndarray:
        """`(points, batch, *features)`: what the readout has said when it is asked."""
        said = np.zeros((len(self.read_times), len(spikes.ends) - 1, prod(spikes.shape)))
        point = np.searchsorted(self.read_times, spikes.log["time"])
        np.add.at(said, (point, spikes.samples(), spikes.log["neuron"]), spikes.log["sign"])
        said = said.cumsum(axis=0)
        if self.keep:
            said[:, 1:] += said[-1, :-1].cumsum(axis=0)  # of the frames before
        return said.reshape(*said.shape[:2], *spikes.shape)

    def _potentials(self, node: Readout, incoming: Stream) -> np.ndarray:
        """`(points, batch, *features)`: bias and charges up to the time of asking, in the order in which they came."""
        inlet = self.wiring.inlet(node.name)
        weights = np.zeros((len(inlet.synapses.starts) - 1, len(inlet.bias)))
        weights[np.repeat(np.arange(len(weights)), np.diff(inlet.synapses.starts)), inlet.synapses.targets] = (
            inlet.synapses.weights
        )
        at, v = [], inlet.bias
        for sample in range(len(incoming.ends) - 1):
            own = incoming.of(sample)
            path = np.concatenate([v[None], weights[own["neuron"]] * own["sign"][:, None]]).cumsum(axis=0)
            at.append(path[np.searchsorted(own["time"], self.read_times, side="right")])
            v = path[-1] if self.keep else inlet.bias
        potentials = np.stack(at, axis=1)
        return potentials.reshape(*potentials.shape[:2], *node.shape)

    def _engine(self) -> ModuleType:
        """Where the neurons are computed. Raises ImportError if it is asked for and not installed."""
        if self.engine == "auto" and not _installed():
            return import_module(".vectorised", __package__)
        if self.engine != "numpy":
            try:
                return import_module(".compiled", __package__)
            except (ImportError, RuntimeError) as error:  # not installed, or no folder for what it compiles
                if self.engine == "numba":
                    raise ImportError(
                        f"engine='numba' needs the extra 'fast': pip install '.[fast]' in snnref's source ({error})"
                    ) from error
        return import_module(".vectorised", __package__)


@lru_cache(maxsize=1)
def _installed() -> bool:
    """Whether there is numba: looked for once, since every layer asks, and a search that fails is not short."""
    return find_spec("numba") is not None
