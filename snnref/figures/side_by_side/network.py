"""One network in each code: errors, spikes, energy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ... import sigma_delta
from ...analysis.evaluation import operation_counts
from ...methods import method
from ...network.canonical import canonical
from ...network.counting import neurons
from ...spiking import energy
from ...spiking.energy import OperationCounts
from ...spiking.snn import SNN
from ..codes import COLORS, NAMES, along
from ..description import Axis, Bars, Figure, Panel, Rule
from ..digits import digits
from ..wording import times
from .layers import _relative

Settings = tuple[tuple[str, Any], ...]


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


SOME = 3  # digits


@lru_cache(maxsize=1)
def _works() -> dict[str, OperationCounts]:
    """What each method does for a digit, with the settings with which `compare` shows it."""
    _, _, images, _ = digits()
    found = {}
    for name in NAMES:
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
