"""The threshold of every population, and with it x_max: the value of a spike at the beginning of the window.

A threshold u_th gives x_max = u_th · x_max of the layer below / t_max, since that is the value whose charge reaches it
exactly at the end of the silent stage (Eqs. 1 and 3, Lopez-Randulfe et al. 2022). So a rule may choose either; x_max is
the node's scale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array, WeightCache, like, to_numpy
from ..network.nodes import Input, MaxPool, Nodes, Population, Readout, Scales
from ..spiking.calibration import CANDIDATES, best_candidate, largest, subsample
from ..spiking.snn import SNN
from ..spiking.walk import activations
from .bound import bound
from .encoding import first_spike
from .schedule import answering, firing, require_ours

RULES = ("search", "maximum", "bound")
PARTS = ("layer", "channel")
TRIED = 2**20  # values of a layer that are tried out in the search

Threshold = str | float | Mapping[str, Any]


@dataclass(frozen=True)
class Chooser:
    """x_max of every node, from the input on, since each depends on those below.

    threshold : "bound" (Eq. 5), "maximum" or "search" on calibration data; or u_th itself, one number for all
        populations, or a mapping from names to numbers, the others being searched
    per : whether all neurons of a "layer" have one threshold, or those of each "channel" their own
    """

    threshold: Threshold
    per: str
    t_max: int
    early: float

    def __call__(self, nodes: Nodes, calibration: Array) -> dict[str, np.ndarray | float]:
        self._check(nodes)
        x = subsample(nodes, calibration)
        ann, placed = activations(nodes, x), WeightCache(nodes).like(x)
        scales: dict[str, np.ndarray | float] = {}
        received: dict[str, Array] = {}  # what each node's spikes say on the calibration data
        for name, node in nodes.items():
            match node:
                case Input():
                    scales[name], received[name] = float(calibration.max()), x
                case MaxPool():
                    scales[name], received[name] = scales[node.source], placed[name].window(received[node.source])
                    continue
                case Readout() if answering(nodes) != name:
                    scales[name], received[name] = scales[answering(nodes)], received[answering(nodes)]
                case _:
                    received[name] = _drive(placed[name], received)
                    scales[name] = self._scale(node, nodes, scales, received[name], ann[name])
            received[name] = quantised(received[name], like(scales[name], x), t_max=self.t_max, early=self.early)
        return scales

    def _scale(
        self, node: Population | Readout, nodes: Nodes, scales: Scales, value: Array, ann: Array
    ) -> np.ndarray | float:
        """By the rule; value is what the neurons receive, ann what the ANN's units answer."""
        rule = self.threshold.get(node.name, "search") if isinstance(self.threshold, Mapping) else self.threshold
        if not isinstance(rule, str):
            return np.asarray(rule, float) * below(node, scales) / self.t_max
        per = "layer" if node.name == answering(nodes) else self.per  # whose times are compared with each other
        if rule == "search":
            return _by_part(per, self._search, to_numpy(value), to_numpy(ann))
        if rule == "maximum":
            return _by_part(per, largest, to_numpy(ann))
        return _by_part(per, largest, bound(node, nodes, scales)[None])

    def _search(self, value: np.ndarray, ann: np.ndarray) -> float:
        """The x_max at which what the neurons say differs least from the ANN, by the mean square."""
        positive = value > 0  # the others are silent, whatever the threshold
        value, ann = value[positive], np.maximum(ann[positive], 0)
        value, ann = (v[:: max(1, len(value) // TRIED)] for v in (value, ann))

        def squares(scale: float, value: np.ndarray, ann: np.ndarray) -> float:
            difference = quantised(value, scale, t_max=self.t_max, early=self.early) - ann
            return float(np.sum(np.square(difference), dtype=np.float64))

        return best_candidate(largest(value) * CANDIDATES, squares, value, ann)

    def _check(self, nodes: Nodes) -> None:
        if self.per not in PARTS:
            raise ValueError(f"per: got {self.per!r}, expected one of {', '.join(map(repr, PARTS))}")
        given = self.threshold if isinstance(self.threshold, Mapping) else {"": self.threshold}
        known, answer = firing(nodes), answering(nodes)
        for name, value in given.items():
            if name and name not in known:
                raise ValueError(f"threshold: got one for {name!r}, expected names of {', '.join(known)}")
            channels = (*known[name].shape[:1], *[1] * (len(known[name].shape) - 1)) if name and name != answer else ()
            if not (value in RULES if isinstance(value, str) else _positive(value, channels)):
                where = f" for {name!r}" if name else ""
                array = f", or an array of them, of shape {channels}" if channels else ""
                raise ValueError(
                    f"threshold: got {value!r}{where}, expected one of {', '.join(map(repr, RULES))}, "
                    f"or a number > 0, in units of a weight times a step{array}"
                )


def thresholds(snn: SNN) -> dict[str, np.ndarray | float]:
    """Compute u_th of each population and of the readout, in the paper's unit, for the t_max of the conversion.

    This inverts x_max = u_th · x_max of the layer below / t_max. Where sources with different x_max meet, multiply the
    weights of each by its share of the largest.

    Parameters
    ----------
    snn
        A network that `snnref.ttfs.convert` returned.

    Returns
    -------
    dict of float or array
        u_th by node, in units of a weight times a step; an array if the threshold differs between channels.

    Raises
    ------
    TypeError
        If another method converted the network.
    """
    require_ours(snn)
    t_max = snn.options["t_max"]
    return {name: snn.scales[name] * t_max / below(node, snn.scales) for name, node in firing(snn.nodes).items()}


def quantised(value: Array, scale: Array | float, *, t_max: int, early: float = 0.5) -> Array:
    """Compute the value that a neuron's single spike stands for.

    Parameters
    ----------
    value : array `(...)`
        What the neuron receives, in units of the activation.
    scale : array or float
        x_max, in the same units.
    t_max
        Length of the window, in time steps.
    early
        Charge at the beginning of the spiking stage, in steps of its current.

    Returns
    -------
    array `(...)`
        A whole multiple of scale / t_max from 0 to the scale.
    """
    return (t_max - first_spike(value / scale, t_max=t_max, early=early)) * (scale / t_max)


def error(value: np.ndarray, wanted: np.ndarray, scale: float, *, t_max: int, early: float = 0.5) -> float:
    """Compute the root mean square error of what neurons send with one spike (Fig. 2, Lopez-Randulfe et al. 2022).

    Parameters
    ----------
    value : array `(...)`
        What the neurons receive, in units of the activation.
    wanted : array `(...)`
        The activations that they should send.
    scale
        x_max, in the same units.
    t_max
        Length of the window, in time steps.
    early
        Charge at the beginning of the spiking stage, in steps of its current.

    Returns
    -------
    float
        The error, in units of the activation; 0 without values.
    """
    difference = quantised(value, scale, t_max=t_max, early=early) - wanted
    return float(np.sqrt(np.mean(difference**2, dtype=np.float64))) if difference.size else 0.0


def below(node: Population | Readout, scales: Scales) -> float:
    """x_max of the layer below: the largest, where several meet."""
    return max(float(np.max(scales[source])) for source in node.sources)


def _drive(node: Population | Readout, values: dict[str, Array]) -> Array:
    return node.input.drive(values) + node.input.bias


def _by_part(per: str, rule: Callable[..., float], *values: np.ndarray) -> np.ndarray | float:
    """The rule's answer to `values (batch, *features)`, or to each channel of them; channels that are never active get
    the largest of the others, a layer of such gets 1."""
    if per == "layer":
        return rule(*values) or 1.0
    channels = values[0].shape[1]
    found = np.array([rule(*(v[:, channel] for v in values)) for channel in range(channels)])
    found[found == 0] = found.max() or 1.0
    return found.reshape(channels, *[1] * (values[0].ndim - 2))


def _positive(value: Any, channels: tuple[int, ...]) -> bool:
    """Whether it is a number > 0, or an array of them for the channels."""
    try:
        numbers = np.asarray(value)
    except ValueError:  # a ragged list
        return False
    if numbers.shape not in ((), channels):
        return False
    return numbers.dtype.kind in "iuf" and bool(np.all(np.isfinite(numbers)) and np.all(numbers > 0))
