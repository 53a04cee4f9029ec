"""Errors along the layers of deep random networks, in each code."""

from __future__ import annotations

from functools import lru_cache
from math import log
from typing import Any

import numpy as np

from ...layers import Dense, ReLU
from ...methods import method
from ...network import Network
from ...network.canonical import canonical
from ...network.nodes import Population
from ...spiking.walk import activations
from ..codes import COLORS, NAMES
from ..description import Axis, Figure, Line, Panel
from ..wording import times

WIDTH, SAMPLES, FEW = 16, 16, 4  # of the random networks: neurons of a layer, inputs


@lru_cache(maxsize=16)
def _deep(layers: int, seed: int) -> tuple[Network, np.ndarray]:
    """A chain of random dense layers with ReLUs, and inputs; activations keep their size with depth."""
    rng = np.random.default_rng(seed)
    net = Network((WIDTH,))
    for i in range(layers):
        net = net.add(
            f"dense{i}", Dense(rng.normal(size=(WIDTH, WIDTH)) * (2 / WIDTH) ** 0.5, rng.normal(size=WIDTH) / 8)
        )
        net = net.add(f"relu{i + 1}", ReLU())
    net = net.add("out", Dense(rng.normal(size=(4, WIDTH)) / WIDTH**0.5, np.zeros(4)))
    return net, rng.random((SAMPLES, WIDTH))


ROUNDING: dict[str, dict[str, dict[str, Any]]] = {  # by method, the settings with which its neurons round
    "to one side": {"rate": {}, "ttfs": {"half_step": False}, "sigma_delta": {}, "tdsnn": {}, "amos": {}},
    "to the nearest": {
        "rate": {"initial": 0.5},
        "ttfs": {"half_step": True},
        "sigma_delta": {},  # hysteresis rounds to neither side; direct rounding would chatter, more in every layer
        "tdsnn": {"threshold": "nearest"},
        "amos": {"half_step": True},
    },
}


@lru_cache(maxsize=64)
def depth(*, layers: int = 8, bits: int = 5, network: int = 0, rounding: str = "to one side") -> Figure:
    """The error of each layer of a random network in each code, all of about 2^bits values a neuron."""
    net, x = _deep(layers, network)
    nodes = canonical(net)
    truth = activations(nodes, x)
    names = [name for name, node in nodes.items() if isinstance(node, Population)]
    finest: dict[str, dict[str, Any]] = {
        "rate": {"steps": 2**bits, "percentile": 100},
        "ttfs": {"t_max": 2**bits, "threshold": "maximum"},
        "sigma_delta": {"percentile": 100, "threshold": 0.5**bits, "levels": 2**bits, "cutoff": 0.5, "rule": "settled"},
        "tdsnn": {"leak": 2**bits / log(2), "unit": {name: float(truth[name].max()) for name in names}},
        "amos": {"K": bits, "alpha": "maximum"},
    }
    curves, last = [], []
    for name, chosen in finest.items():
        # From a little more than what is shown: the largest activations would else lie on a threshold exactly, on this
        # side of it or that by the order in which a machine adds.
        snn = method(name).convert(net, 1.001 * x, **chosen, **ROUNDING[rounding][name])
        run = snn.run(x[:FEW] if name == "sigma_delta" else x)  # events take longer than products
        said = {k: run.trains[k].value() * snn.scales[k] for k in names}
        errors = [_relative(said[k], truth[k][: len(said[k])]) for k in names]
        curves.append(
            Line(np.arange(1, layers + 1), np.log10(np.maximum(errors, 1e-4)), color=COLORS[name], label=NAMES[name])
        )
        last.append(f"{NAMES[name]} {_percent(errors[0])} and {_percent(errors[-1])}")
    ticks = [(np.log10(e), f"{100 * e:g} %") for e in (0.01, 0.1, 1)]
    axis = Axis("layer", (0.8, layers + 0.2), ticks=[(k, str(k)) for k in range(1, layers + 1)])
    return Figure(
        [[Panel(curves, axis, Axis("error", (-2.7, 0.6), ticks=ticks), height=260)]],
        f"{times(layers, 'layer')} of {WIDTH} neurons, {2**bits} values each, rounded {rounding}. Errors, relative to "
        f"the activations, in the first and the last layer: {'; '.join(last)}.",
    )


def _percent(share: float) -> str:
    """Two digits, and no powers of ten."""
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"


def _relative(said: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean((said - truth) ** 2) / np.mean(truth**2)))
