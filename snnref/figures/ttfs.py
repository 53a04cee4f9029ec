"""Figures of the chapter "Time to first spike": two stages, clipping and resolution, the pipeline, scales in depth."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .. import ttfs
from ..network.canonical import canonical
from ..network.counting import ann_operations
from ..network.graph import READOUT
from ..network.nodes import Population, weighted_nodes
from ..spiking.snn import SNN
from .description import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    Axis,
    Bars,
    Cells,
    Dots,
    Figure,
    Line,
    Mark,
    Panel,
    Rule,
    Ticks,
)
from .digits import digits
from .vocabulary import times

__all__ = ["depth", "error_map", "pipeline", "two_stages"]

EARLY = {"to the nearest step": 0.5, "down": 0.0}  # with half a step's charge, and without
INPUTS, WEIGHTS = (0.875, 0.5, 0.25), (1.0, -0.75, 1.5)  # x_max = 1; dyadic, so that sums are exact


def two_stages(*, t_max: int = 20, threshold: float = 1.25, rounding: str = "to the nearest step") -> Figure:
    """One neuron with three inputs: the silent stage, then the spiking stage, on one time axis.

    threshold : u_th / t_max, the largest Σ W x that the neuron can say
    """
    early, u_th = EARLY[rounding], threshold * t_max
    arrivals = ttfs.first_spike(np.array(INPUTS), t_max=t_max, early=early)
    arriving = [np.asarray(np.dot(WEIGHTS, arrivals == t)) for t in range(t_max)]
    time, u = ttfs.two_stages(arriving, threshold=u_th, early=early)
    out, potentials = float(time), np.array([float(v) for v in u])
    axis = (-0.5, 2 * t_max + 0.5)
    rests = int(out) if out < t_max else t_max - 1  # its last step before it fires, or the last of all
    moments = np.concatenate([np.arange(t_max + 1), t_max + np.arange(rests + 1)])
    shown = np.concatenate([[0.0], potentials[: t_max + rests + 1]])
    span = (min(-0.1 * u_th, float(potentials.min())), max(1.2 * u_th, float(potentials.max())))
    raster: list[Mark] = [
        *(
            Ticks([t], [3 - k], color=BLUE if w > 0 else PINK)
            for k, (t, w) in enumerate(zip(arrivals, WEIGHTS, strict=True))
            if t < t_max
        ),
        *([Ticks([t_max + out], [0], color=ORANGE)] if out < t_max else []),
        Rule(x=float(t_max)),
    ]
    names = [(3 - k, f"{x:g}, W {w:g}") for k, (x, w) in enumerate(zip(INPUTS, WEIGHTS, strict=True))]
    wanted = float(np.dot(WEIGHTS, INPUTS))
    said = (t_max - out) / t_max * threshold
    fate = f"fires at step {out:g} of the spiking stage" if out < t_max else "does not fire"
    return Figure(
        [
            [Panel(raster, Axis("", axis), Axis("", (-0.6, 3.6), ticks=[*names, (0, "output")]), height=120)],
            [
                Panel(
                    [
                        Line(moments, shown),
                        Rule(y=u_th, color=ORANGE, label="threshold u_th"),
                        Rule(x=float(t_max)),
                    ],
                    Axis("time step: silent stage, then spiking stage", axis),
                    Axis("potential u", span),
                    height=190,
                )
            ],
        ],
        f"t_max = {t_max}, u_th = {u_th:g}. At the end of the silent stage u = {potentials[t_max - 1]:g}; charged by "
        f"{threshold:g} a step, the neuron {fate}, which says {said:.4f}. The unit's answer is Σ W x = {wanted:.4f}: "
        f"the error is {said - wanted:+.4f}; a step stands for {threshold / t_max:.4f}, and nothing above "
        f"{threshold:g} can be said.",
    )


WINDOWS = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)


@lru_cache(maxsize=128)
def _received(t_max: int, early: float) -> tuple[np.ndarray, np.ndarray]:
    """What neurons of relu1 receive from the spikes of some digits, 20,000 values; and what the ANN's units answer."""
    net, calibration, _, _ = digits()
    node, pixels = weighted_nodes(canonical(net))["relu1"], calibration[:60]
    spiking, exact = ({"input": x} for x in (ttfs.quantised(pixels, 1.0, t_max=t_max, early=early), pixels))
    u, wanted = ((node.input.drive(x) + node.input.bias).ravel()[::3] for x in (spiking, exact))
    return u, np.maximum(wanted, 0)


@lru_cache(maxsize=128)
def _errors(t_max: int, early: float, step: float) -> np.ndarray:
    """Over thresholds that stand for so many parts of the largest activation: from 0.1 to 1.5."""
    u, wanted = _received(t_max, early)
    return np.array([ttfs.error(u, wanted, s * wanted.max(), t_max=t_max, early=early) for s in _shares(step)])


def _shares(step: float) -> np.ndarray:
    return np.arange(0.1, 1.5 + step / 2, step)


def error_map(*, t_max: int = 16, share: float = 0.7, rounding: str = "to the nearest step") -> Figure:
    """Fig. 2: the error of a convolutional layer over t_max and the threshold; and what the neurons say.

    share : the value at the threshold, as a part of the largest activation
    """
    early, shares = EARLY[rounding], _shares(0.1)
    u, wanted = _received(t_max, early)
    most = float(wanted.max())
    errors = np.array([_errors(t, early, 0.1) for t in WINDOWS]).T[::-1]  # the highest threshold on top
    here = ttfs.error(u, wanted, share * most, t_max=t_max, early=early)
    best = _shares(0.025)[int(np.argmin(_errors(t_max, early, 0.025)))]
    dark = np.log(errors / errors.min()) / np.log(errors.max() / errors.min())
    column = float(np.interp(np.log(t_max), np.log(WINDOWS), np.arange(len(WINDOWS)) + 0.5))
    row = float(np.interp(share, shares, len(shares) - 0.5 - np.arange(len(shares))))
    heat = Panel(
        [Cells(dark), Dots([column], [row], color=ORANGE)],
        Axis("t_max", (0, len(WINDOWS)), ticks=[(k + 0.5, str(t)) for k, t in enumerate(WINDOWS) if k % 2 == 0]),
        Axis(
            "u_th, of the largest",
            (len(shares), 0),
            ticks=[(k + 0.5, f"{s:.1f}") for k, s in enumerate(shares[::-1]) if k % 2 == 0],
        ),
        height=240,
    )
    x = np.linspace(-0.1 * most, 1.2 * most, 400)
    transfer = Panel(
        [
            Line(x, np.maximum(x, 0), color=GREY, dashed=True, label="ReLU"),
            Line(x, ttfs.quantised(x, share * most, t_max=t_max, early=early), label="one spike"),
            Rule(x=share * most, color=ORANGE, label="u_th"),
        ],
        Axis("received, Σ W x + b", (float(x[0]), float(x[-1]))),
        Axis("said", (-0.05 * most, 1.2 * most)),
        height=180,
    )
    clipped, silent = np.mean(u > share * most), np.mean((wanted > 0) & (u / (share * most) * t_max + early < 1))
    return Figure(
        [[heat], [transfer]],
        f"relu1 of digits-cnn, dark is a large error. With windows of {times(t_max, 'step')} and a threshold that "
        f"stands for {share * most:.2f} ({share:g} of the largest activation), the spikes are wrong by {here:.4f} "
        f"(root mean square; that of the activations is {np.sqrt(np.mean(wanted**2)):.4f}): {clipped:.2%} of the units "
        f"are clipped, {silent:.2%} are above 0 but too weak to fire. For this t_max "
        f"{best:.2f} is best.",
    )


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
