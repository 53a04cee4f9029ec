"""Figures of the chapter "Side by side": one neuron, one network, errors with depth, and prices, in all five codes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import log
from typing import Any

import numpy as np

from .. import amos, rate, sigma_delta, ttfs
from ..analysis.evaluation import operation_counts
from ..layers import Dense, ReLU
from ..layers import reverse_coding as reverse
from ..methods import METHODS, method
from ..network import Network
from ..network.canonical import canonical
from ..network.counting import neurons
from ..network.nodes import Population
from ..spiking import energy
from ..spiking.energy import OperationCounts
from ..spiking.snn import SNN
from ..spiking.walk import activations
from .codes import COLORS, NAMES, along
from .description import Axis, Bars, Figure, Line, Panel, Rule, Ticks
from .digits import digits
from .vocabulary import times

__all__ = ["depth", "one_network", "one_number", "prices"]

Settings = tuple[tuple[str, Any], ...]
Spoken = tuple[np.ndarray, np.ndarray]  # when a neuron fires, and what a receiver believes after each of `levels` steps


def one_number(*, value: float = 0.625, bits: int = 4) -> Figure:
    """One number as the spikes of one neuron, in each code; each can tell 2^bits values apart."""
    levels = 2**bits
    spoken = {name: speak(value, bits) for name, speak in SPEAKERS.items()}
    time = np.arange(levels + 1)
    raster, beliefs, said = [], [], []
    for row, (name, (fired, belief)) in enumerate(spoken.items()):
        raster.append(Ticks(fired, np.full(len(fired), float(len(spoken) - row)), color=COLORS[name]))
        beliefs.append(Line(np.repeat(time, 2)[1:], np.repeat(belief, 2)[:-1], color=COLORS[name]))
        said.append(f"{NAMES[name]} {times(len(fired), 'spike')}, {belief[-1]:.4g}")
    rows = [(len(spoken) - row, NAMES[name]) for row, name in enumerate(spoken)]
    steps = Axis("time step", (-0.02 * levels, levels * 1.02))
    return Figure(
        [
            [Panel(raster, Axis("", steps.domain), Axis("", (0.4, len(spoken) + 0.6), ticks=rows), height=140)],
            [
                Panel(
                    [*beliefs, Rule(y=value, label="the number")],
                    steps,
                    Axis("decoded value", (-0.05, 1.25)),
                    height=190,
                )
            ],
        ],
        f"The number {value:g}, said in {times(bits, 'bit')}: {'; '.join(said)}.",
    )


def _by_rate(value: float, bits: int) -> Spoken:
    """A spike for each time that the input has filled the neuron."""
    v, spikes = np.zeros(()), np.zeros(2**bits)
    for step in range(2**bits):
        spikes[step], v = rate.integrate_and_fire(np.asarray(value), v)
    time = np.arange(1, 2**bits + 1)
    return time[spikes > 0], np.append(0.0, np.cumsum(spikes) / time)


def _by_first_spike(value: float, bits: int) -> Spoken:
    """The larger, the sooner."""
    time = float(ttfs.first_spike(np.asarray(value), t_max=2**bits, early=0.5))
    return _at(time, 1 - time / 2**bits, bits, fires=time < 2**bits)


def _by_changes(value: float, bits: int) -> Spoken:
    """No clock: the input rises to the value, and every change by a level is sent."""
    v, n, fired, belief = np.zeros(()), np.zeros(()), [], [0.0]
    for step in range(2**bits):
        sent, v, n = sigma_delta.neuron(v, n, np.asarray(value / 2**bits), threshold=0.5**bits, rule="settled")
        fired += [step + 1.0] * int(sent)
        belief.append(float(n) / 2**bits)
    return np.array(fired), np.array(belief)


def _by_last_spike(value: float, bits: int) -> Spoken:
    """The larger, the later; 1 comes with the last step."""
    leak = 2**bits / log(2)
    time = float(reverse.spike_time(np.asarray(value), leak=leak))
    return _at(time, float(reverse.growth(np.asarray(time), leak=leak)) - 1, bits)


def _by_bits(value: float, bits: int) -> Spoken:
    """A gate for each binary digit, one after the other."""
    unit = amos.relu(bits)
    z = unit.gates(np.asarray(value))
    steps = np.arange(1, bits + 1)
    said = np.concatenate([[0.0], np.cumsum(unit.d * z)])
    return steps[z > 0], said[np.minimum(np.arange(2**bits + 1), bits)]


def _at(time: float, value: float, bits: int, *, fires: bool = True) -> Spoken:
    """One spike: before it, nothing is known."""
    belief = np.where(np.arange(2**bits + 1) >= time, value, 0.0)
    return np.array([time] if fires else []), belief


SPEAKERS = {
    "rate": _by_rate,
    "ttfs": _by_first_spike,
    "sigma_delta": _by_changes,
    "tdsnn": _by_last_spike,
    "amos": _by_bits,
}


@lru_cache(maxsize=64)
def _converted(name: str, settings: Settings) -> SNN:
    """digits-cnn under a method, its scales from every eighth calibration digit."""
    net, calibration, _, _ = digits()
    return method(name).convert(net, calibration[::8], **dict(settings))


@lru_cache(maxsize=64)
def _answer(image: int) -> np.ndarray:
    """The ANN's, `(1, classes)`."""
    net, _, images, _ = digits()
    return net(images[image : image + 1])


@lru_cache(maxsize=1)
def _units() -> int:
    """Of the ANN."""
    return neurons(canonical(digits()[0]))


@lru_cache(maxsize=1)
def _ann() -> OperationCounts:
    """What the ANN does for a digit."""
    return energy.of_ann(digits()[0])


@lru_cache(maxsize=256)
def _read(name: str, settings: Settings, image: int) -> tuple[float, int, float, float, OperationCounts]:
    """What became of a digit: the error of the positive outputs, relative to theirs; the answer; spikes for each unit
    of the ANN; latency; work."""
    _, _, images, _ = digits()
    run = _converted(name, settings).run(images[image : image + 1])
    error = _relative(np.maximum(run.output, 0), np.maximum(_answer(image), 0))  # spikes of a last layer say no more
    spikes = run.spikes_per_neuron * run.neurons / _units()
    done = OperationCounts(*(float(count[0]) for count in vars(operation_counts(run)).values()))
    return error, int(run.prediction[0]), spikes, float(run.latency), done


def one_network(
    *, image: int = 0, steps: int = 40, t_max: int = 16, theta: float = 0.1, leak: float = 10.0, K: int = 4
) -> Figure:
    """One digit, read by five conversions of digits-cnn, each with its main setting."""
    settings: dict[str, dict[str, Any]] = {
        "rate": {"steps": steps},
        "ttfs": {"t_max": t_max},
        "sigma_delta": {**sigma_delta.COMPARED, "threshold": theta},
        "tdsnn": {"leak": leak},
        "amos": {"K": K},
    }
    _, _, _, labels = digits()
    found = {name: _read(name, tuple(chosen.items()), image) for name, chosen in settings.items()}
    ann = _ann()
    wrong = [f"{NAMES[name]} ({answer})" for name, (_, answer, *_) in found.items() if answer != labels[image]]
    own = int(_answer(image).argmax())
    mistaken = "" if own == labels[image] else f"; the ANN takes it for a {own} itself"
    prices = energy.PRICES["45 nm, cache"]
    compute = [float(prices.compute(done) / prices.compute(ann)) for *_, done in found.values()]
    memory = [done.words / ann.words for *_, done in found.values()]
    rows = [
        _bars([100 * error for error, *_ in found.values()], "error, %"),
        _bars([spikes for _, _, spikes, *_ in found.values()], "spikes/output"),
        _bars(compute, "compute/ANN", rule=1.0),
        _bars(memory, "memory/ANN", rule=1.0),
    ]
    late = ", ".join(f"{NAMES[k]} {found[k][3]:.0f}" for k in found if k != "sigma_delta")
    return Figure(
        [[row] for row in rows],
        f"A {labels[image]}, read as such by {'all but ' + ', '.join(wrong) if wrong else 'all five'}{mistaken}. "
        "Errors of the positive outputs: "
        + ", ".join(f"{NAMES[k]} {100 * e[0]:.1f} %" for k, e in found.items())
        + f". Steps until the answer: {late}. Energy is by the prices of 45 nm, every word from a cache.",
    )


def _bars(values: Sequence[float], label: str, *, rule: float | None = None) -> Panel:
    """A bar for each code."""
    top = 1.1 * max(*values, rule or 0.0, 1e-9)
    marks = [
        Bars([i], [value], color=color) for i, (value, color) in enumerate(zip(values, COLORS.values(), strict=True))
    ]
    return Panel([*marks, *([Rule(y=rule)] if rule else [])], along(), Axis(label, (0, top)), height=115)


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


SOME = 3  # digits


@lru_cache(maxsize=1)
def _works() -> dict[str, OperationCounts]:
    """What each method does for a digit, with the settings with which `compare` shows it."""
    _, _, images, _ = digits()
    found = {}
    for name in METHODS:
        counts = vars(operation_counts(_converted(name, tuple(method(name).COMPARED.items())).run(images[:SOME])))
        found[name] = OperationCounts(*(float(np.mean(count)) for count in counts.values()))
    return found


def prices(*, multiplication: float = 4.0, word: float = 5.0, reuse: int = 1) -> Figure:
    """Energy of the five codes relative to the ANN's, for prices in additions; `reuse` is how often the ANN uses a word
    that it has fetched."""
    ann = _ann()

    def cost(done: OperationCounts, *, reuse: int = 1) -> float:
        return done.additions + done.comparisons + multiplication * done.multiplications + word * done.words / reuse

    ratios = {name: cost(done) / cost(ann, reuse=reuse) for name, done in _works().items()}
    marks = [
        Bars([i], [np.log2(ratio)], color=color)
        for i, (ratio, color) in enumerate(zip(ratios.values(), COLORS.values(), strict=True))
    ]
    top = max(1.0, *(abs(np.log2(ratio)) for ratio in ratios.values())) * 1.1
    cheaper = [NAMES[name] for name, ratio in ratios.items() if ratio < 1]
    ticks = [(k, f"{2.0**k:g}") for k in range(-8, 9, 2) if abs(k) <= top]
    return Figure(
        [
            [
                Panel(
                    [*marks, Rule(y=0.0, label="ANN")],
                    along(),
                    Axis("energy, × ANN", (-top, top), ticks=ticks),
                    height=220,
                )
            ]
        ],
        f"A multiplication costs {times(multiplication, 'addition')}, a word of memory {word:g}"
        + (f"; the ANN uses what it fetches {reuse} times" if reuse > 1 else "")
        + f". Cheaper than the ANN: {', '.join(cheaper) or 'none'}. "
        + ", ".join(f"{NAMES[name]} {ratio:.3g}" for name, ratio in ratios.items())
        + ".",
    )
