"""A digit in a whole network, and errors along its layers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ... import ttfs
from ...network.counting import ann_operations
from ...network.graph import READOUT
from ...network.nodes import Population
from ...spiking.snn import SNN
from ..description import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    Axis,
    Bars,
    Dots,
    Figure,
    Line,
    Panel,
    Rule,
    Ticks,
)
from ..digits import digits
from ..wording import times


@lru_cache(maxsize=32)
def _converted(t_max: int, threshold: str) -> SNN:
    net, calibration, _, _ = digits()
    return ttfs.convert(net, calibration[::8], t_max=t_max, threshold=threshold)


def _by_rule(rule: str, t_max: int) -> SNN:
    """What is searched for depends on t_max, other scales do not."""
    return _converted(t_max if rule == "search" else 32, rule)


@lru_cache(maxsize=1)
def _known() -> tuple[dict[str, float], float]:
    """Of the ANN: the largest activation of each layer, and its accuracy on some digits."""
    net, calibration, images, labels = digits()
    largest = {k: float(a.max()) for k, a in net.activations(calibration[::8]).items()}
    largest[READOUT] = largest[net.output]
    return largest, float(np.mean(net(images[:SOME]).argmax(axis=1) == labels[:SOME]))


BAND = 7  # height of a layer, in rows of ticks


def pipeline(*, image: int = 0, t_max: int = 32) -> Figure:
    """A digit on its way through the layers: every spike, in the window of its layer."""
    net, _, images, labels = digits()
    x, label = images[image : image + 1], int(labels[image])
    snn = _converted(t_max, "search")
    trace, plan = snn.run(x, record=True), ttfs.schedule(snn)
    fired = {name: train for name, train in trace.trains.items() if name != READOUT}
    shown = [stage for stage in plan.stages if stage.node == "input" or isinstance(snn.nodes[stage.node], Population)]
    marks, names = [], []
    colors = (GREY, BLUE, GREEN, PINK)
    for k, stage in enumerate(shown):
        step, neuron, _ = fired[stage.node].events(0)
        size = int(np.prod(snn.nodes[stage.node].shape))
        begin = stage.spiking[0] if stage.spiking else 0
        row = (len(shown) - k) * BAND - neuron * (BAND - 1.5) / size
        marks.append(Ticks(begin + step, row, color=colors[k]))
        names.append(((len(shown) - k) * BAND - BAND / 2, stage.node))
    answers, begin = trace.output_over_time[:, 0], plan.latency - t_max
    out = [(begin + int(np.argmax(a > 0)), c) for c, a in enumerate(answers.T) if (a > 0).any()]
    marks.append(Ticks([t for t, _ in out], [-0.5 - c / 2 for _, c in out], color=ORANGE))
    names.append((-2.5, "readout"))
    windows = [Rule(x=float(t)) for t in range(0, plan.latency + 1, t_max)]
    answer = int(trace.prediction[0])
    first = min((t for t, _ in out), default=plan.latency)
    others = [str(c) for t, c in out if t == first and c != answer]
    tie = f" (as does that of {' and '.join(others)}; the first class counts)" if others else ""
    said = f"comes at step {first} and says {answer}{tie}" if out else f"never comes, and the package names {answer}"
    return Figure(
        [
            [
                Panel(
                    [*marks, *windows],
                    Axis("time step", (-1, plan.latency + 1)),
                    Axis("", (-5.5, (len(shown) + 0.2) * BAND), ticks=names),
                    height=330,
                )
            ]
        ],
        f"Held-out digit {image}, a {label}: windows of {times(t_max, 'step')}, an answer after {plan.latency} steps "
        f"at most. The first spike of the last layer {said}; the ANN says "
        f"{int(net(x)[0].argmax())}. {trace.spikes_per_neuron:.1%} of the neurons fired, each once, which took "
        f"{trace.operations.total[0]:,.0f} synaptic operations; the ANN takes {ann_operations(net):,}. The next image "
        f"may follow {plan.interval} steps after this one.",
    )


LAYERS = ("relu1", "relu2", "relu3", READOUT)
SOME = 100  # held-out digits


def depth(*, threshold: str = "search", t_max: int = 32) -> Figure:
    """Scales from layer to layer: x_max by each rule, and how many of the steps the activations use."""
    _, _, images, labels = digits()
    largest, ann = _known()
    rules = (("search", BLUE), ("maximum", GREEN), ("bound", PINK))
    found = {rule: _by_rule(rule, t_max).scales for rule, _ in rules}
    x = np.arange(len(LAYERS))
    top = max(float(np.log10(found["bound"][k])) for k in LAYERS)
    scales = Panel(
        [
            *(
                Line(x, [np.log10(found[rule][k]) for k in LAYERS], color=color, label=rule, dashed=rule != threshold)
                for rule, color in rules
            ),
            Dots(x, [np.log10(largest[k]) for k in LAYERS], color=GREY, label="largest activation"),
        ],
        Axis("", (-0.4, len(LAYERS) - 0.6), ticks=list(enumerate(LAYERS))),
        Axis("x_max", (0, top * 1.05), ticks=[(k, f"{10**k:g}") for k in range(int(top) + 1)]),
        height=190,
    )
    used = [min(1.0, largest[k] / found[threshold][k]) * t_max for k in LAYERS]
    steps = Panel(
        [Bars(x, used, color=dict(rules)[threshold]), Rule(y=float(t_max), label="t_max")],
        Axis("", (-0.4, len(LAYERS) - 0.6), ticks=list(enumerate(LAYERS))),
        Axis("steps in use", (0, t_max * 1.1)),
        height=150,
    )
    run = _by_rule(threshold, t_max).run(images[:SOME], t_max=t_max)
    text = ", ".join(f"{k} {u:.1f}" for k, u in zip(LAYERS, used, strict=True))
    return Figure(
        [[scales], [steps]],
        f"Thresholds by {threshold!r}, windows of {times(t_max, 'step')}: the largest activation of each layer would "
        f"come so many steps before the end: {text}. Of {SOME} held-out digits {run.accuracy(labels[:SOME]):.1%} are "
        f"read rightly (ANN {ann:.1%}), with {run.spikes_per_neuron:.3f} spikes a neuron.",
    )
