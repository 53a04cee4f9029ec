"""Hysteresis sigma-delta, event by event as the paper writes it: one queue for the whole network, for `simulate`."""

from __future__ import annotations

from heapq import heappop, heappush
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array, like
from ..network.graph import INPUT, READOUT
from ..network.nodes import MaxPool, Nodes, weighted_nodes
from ..spiking.trains import Train
from .options import SigmaDelta
from .quantisers import Number, follow
from .trains import EVENT, Stream


def neuron(
    v: Number,
    n: Number,
    charge: Number,
    *,
    threshold: float = 1.0,
    quantiser: str = "hysteresis",
    rule: str = "one",
    strict: bool = False,
) -> tuple[Number, Number, Number]:
    """Process one incoming spike of a neuron (Algorithm 1, Yousefzadeh et al. 2019).

    Parameters
    ----------
    v : number or array `(...)`
        The potential, in any unit.
    n : number or array `(...)`
        The signed count of spikes sent so far; the paper's V_q is n times the threshold.
    charge : number or array `(...)`
        W · sign of the incoming spike (Eq. 3), in the unit of v.
    threshold
        θ, in the unit of v.
    quantiser, rule, strict
        How the count follows the potential, as in `SigmaDelta`.

    Returns
    -------
    spikes : number or array `(...)`
        The spikes that the neuron sends, signed.
    v : number or array `(...)`
        The potential after the spike.
    n : number or array `(...)`
        The count after the spike.
    """
    v = v + charge
    spikes = follow(np.maximum(v, 0) / threshold, n, quantiser=quantiser, rule=rule, strict=strict)
    return spikes, v, n + spikes


class Event(NamedTuple):
    """A spike on its way to one node. Events are handled in the order of these fields, the wave order."""

    time: float  # of arrival
    wave: int  # the input spike that caused it, by its place in the frame; −1: the reset
    rank: int  # of the source, in the order of the graph
    emitted: int  # in the order in which the source sent them
    receiver: str
    source: str
    neuron: int
    sign: float


class Stepwise(SigmaDelta):
    """The paper's dynamics. Since the order of events crosses nodes, the whole graph is one simulation."""

    def simulate_all(self, nodes: Nodes, x: Array) -> dict[str, Train]:
        """The spikes of every node, and its potentials at `times`."""
        pixels = self.encode(x)
        frames, network = [], Network(self, nodes)
        for sample in range(len(pixels.ends) - 1):
            network = network if self.keep else Network(self, nodes)
            frames.append(network.frame(pixels, sample))

        def potentials(name: str) -> np.ndarray:
            return np.stack([frame.potentials[name] for frame in frames], axis=1)

        trains: dict[str, Train] = {INPUT: pixels}
        for name, node in nodes.items():
            if name == READOUT:
                counts = np.stack([frame.answers for frame in frames], axis=1)
                shape = (*counts.shape[:2], *node.shape)
                trains[name] = self.answer(counts.reshape(shape), potentials(name).reshape(shape), pixels.kind)
            elif name != INPUT:
                v = like(potentials(name), pixels.kind) if name in weighted_nodes(nodes) else None
                logs = [np.array(frame.sent[name], EVENT) for frame in frames]
                trains[name] = pixels.derived(logs, node.shape, potentials=v)
        return trains


class Frame:
    """What happened while one image was shown."""

    def __init__(self, nodes: Nodes):
        self.sent: dict[str, list[tuple]] = {name: [] for name in nodes}  # of EVENT
        self.potentials: dict[str, list[np.ndarray]] = {name: [] for name in weighted_nodes(nodes)}
        self.answers: list[np.ndarray] = []  # signed counts of the readout


class Network:
    """All neurons, and the spikes under way between them."""

    def __init__(self, code: SigmaDelta, nodes: Nodes):
        """After the reset: potentials are the biases, nothing has been sent (Eq. 2)."""
        self.code, self.nodes = code, nodes
        self.how: dict[str, Any] = {"quantiser": code.quantiser, "rule": code.rule, "strict": code.strict}
        self.v = {name: code.wiring.inlet(name).bias.copy() for name in weighted_nodes(nodes)}
        self.n = {name: np.zeros(prod(node.shape)) for name, node in nodes.items()}
        pools = [node for node in nodes.values() if isinstance(node, MaxPool)]
        self.incoming = {pool.name: np.zeros(prod(nodes[pool.source].shape)) for pool in pools}
        self.receivers = {
            name: [
                (other.name, 0.0 if isinstance(other, MaxPool) else code.delay)
                for other in nodes.values()
                if name in other.sources
            ]
            for name in nodes
        }
        self.queue: list[Event] = []
        self.fresh = True

    def frame(self, pixels: Stream, sample: int) -> Frame:
        """Show an image and wait until all is quiet."""
        self.log = Frame(self.nodes)
        if self.fresh and self.code.settle:
            for name, v in self.v.items():
                self._charge(name, np.arange(len(v)), 0.0, time=0.0, wave=-1)
        self.fresh = False
        for time, wave, pixel, sign in pixels.of(sample):
            self._send(INPUT, np.array([pixel]), np.array([sign]), time=float(time), wave=int(wave))
        for until in self.code.read_times:
            while self.queue and self.queue[0].time <= until:
                self._receive(heappop(self.queue))
            self.log.answers.append(self.n[READOUT].copy())
            for name, v in self.v.items():
                self.log.potentials[name].append(v.reshape(self.nodes[name].shape).copy())
        return self.log

    def _receive(self, event: Event) -> None:
        node = self.nodes[event.receiver]
        if isinstance(node, MaxPool):
            self._pool(node, event)
        else:
            inlet = self.code.wiring.inlet(node.name)
            reached = inlet.synapses.of(inlet.first[event.source] + event.neuron)
            charge = inlet.synapses.weights[reached] * event.sign
            self._charge(node.name, inlet.synapses.targets[reached], charge, time=event.time, wave=event.wave)

    def _charge(self, name: str, reached: np.ndarray, charge: Number, **when: Any) -> None:
        v, n = self.v[name], self.n[name]
        spikes, v[reached], n[reached] = neuron(v[reached], n[reached], charge, **self.how)
        self._send(name, reached, spikes, **when)

    def _pool(self, node: MaxPool, event: Event) -> None:
        """What the pool has sent follows the largest count of each window, of those that it has received."""
        incoming, n = self.incoming[node.name], self.n[node.name]
        incoming[event.neuron] += event.sign
        lies_in, holds = self.code.wiring.windows(node.name)
        windows = lies_in.targets[lies_in.of(event.neuron)]
        spikes = np.array([max(incoming[holds.targets[holds.of(w)]]) for w in windows]) - n[windows]
        n[windows] += spikes
        self._send(node.name, windows, spikes, time=event.time, wave=event.wave)

    def _send(self, name: str, neurons: np.ndarray, spikes: np.ndarray, *, time: float, wave: int) -> None:
        """Log the spikes and put them on their way; those of one neuron together."""
        for i in np.flatnonzero(spikes):
            sign = int(np.sign(spikes[i]))
            for _ in range(int(abs(spikes[i]))):
                index = len(self.log.sent[name])
                self.log.sent[name].append((time, wave, int(neurons[i]), sign))
                for receiver, late in self.receivers[name]:
                    rank = self.code.wiring.rank[name]
                    heappush(self.queue, Event(time + late, wave, rank, index, receiver, name, int(neurons[i]), sign))
