"""A digit and a film in a whole network."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ... import sigma_delta
from ...network.counting import ann_operations
from ...network.graph import INPUT, READOUT
from ...network.nodes import Population
from ...spiking.run import Run
from ...spiking.snn import SNN
from ..description import BLUE, GREEN, GREY, ORANGE, PINK, Axis, Bars, Cells, Figure, Line, Panel, Rule, Ticks
from ..digits import digits
from ..wording import times


@lru_cache(maxsize=32)
def _converted(threshold: float) -> SNN:
    net, calibration, _, _ = digits()
    return sigma_delta.convert(net, calibration, threshold=threshold)


@lru_cache(maxsize=64)
def _shown(image: int, threshold: float) -> Run:
    _, _, images, _ = digits()
    return _converted(threshold).run(images[image : image + 1], record=True, points=80)


COLORS = (GREY, BLUE, GREEN, PINK)
BAND = 6  # height of a layer, in rows of ticks


def falling(*, image: int = 0, threshold: float = 0.5, time: float = 0.4) -> Figure:
    """Fig. 2: an image falling in, the potentials of the last layer, and every spike on the way."""
    net, _, images, labels = digits()
    run = _shown(image, threshold)
    pixels = run.trains[INPUT]
    arrived = pixels.between(-np.inf, time).value()[0, 0]
    potentials = run.trains[READOUT].potentials[:, 0] * threshold
    moments = run.code.times
    now = int(np.searchsorted(moments, time + 1e-9))  # readings until then
    answers = run.prediction_over_time[:, 0]
    last = int(answers[-1])
    label = int(labels[image])
    lines = [
        Line(
            moments,
            potentials[:, c],
            color=ORANGE if c == last else GREY,
            label=f"class {c}" if c == last else "",
        )
        for c in sorted(range(10), key=lambda c: c == last)
    ]
    span = (float(potentials.min()) - 0.5, float(potentials.max()) + 0.5)
    marks, names, sent, spikes = [], [], 0, 0
    layers = [k for k, node in run.nodes.items() if k == INPUT or isinstance(node, Population)]
    for k, name in enumerate(layers):
        train = run.trains[name].between(-np.inf, time)
        when, which, _ = train.events(0)
        size = int(np.prod(run.nodes[name].shape))
        marks.append(Ticks(when, (len(layers) - k) * BAND - which * (BAND - 1.5) / size, color=COLORS[k]))
        names.append(((len(layers) - k) * BAND - BAND / 2, name))
        sent += len(when) if name == INPUT else 0
        spikes += 0 if name == INPUT else len(when)
    settled = moments[int(np.max(np.flatnonzero(answers != last), initial=-1)) + 1]
    says = f"the last layer names {int(answers[now - 1])}" if now else "the last layer has not been asked yet"
    axis = Axis("time units", (-0.02, 0.82))
    return Figure(
        [
            [
                Panel([Cells(arrived)], Axis("", (0, 8), ()), Axis("", (8, 0), ()), width=0.5, height=190),
                Panel([*lines, Rule(x=float(time))], axis, Axis("output potentials V", span), width=1.0, height=190),
            ],
            [
                Panel(
                    [*marks, Rule(x=float(time))],
                    axis,
                    Axis("", (0, (len(layers) + 0.2) * BAND), ticks=names),
                    height=230,
                )
            ],
        ],
        f"Held-out image {image}, a {label}, θ = {threshold:g}. At {time:.2f}, {sent} of {len(pixels.log)} pixels are "
        f"in, the layers have sent {spikes:,} spikes, and {says}. The answer of the end, {last} (orange; ANN "
        f"{int(net(images[image : image + 1])[0].argmax())}), stands from {settled:.2f} on. In all: "
        f"{run.spikes_per_neuron:.2f} spikes a neuron, {run.operations.total[0]:,.0f} synaptic operations; the ANN "
        f"takes {ann_operations(net):,}.",
    )


FRAMES = 12


def film(*, image: int = 0, every: int = 4, threshold: float = 0.5) -> Figure:
    """A digit that moves by a pixel every so many frames: what each frame costs, with and without a reset."""
    _, _, images, labels = digits()
    frames = np.stack([np.roll(images[image], k // every % 3 - 1, axis=-1) for k in range(FRAMES)])
    snn = _converted(threshold)
    kept = snn.run(frames, keep=True)
    places, which = np.unique(np.arange(FRAMES) // every % 3, return_inverse=True)  # only three frames differ
    anew = snn.run(np.stack([frames[list(which).index(k)] for k in range(len(places))]))
    cost = {"kept": kept.operations.total, "reset": anew.operations.total[which]}
    answers = anew.prediction[which]
    x = np.arange(FRAMES)
    top = max(float(c.max()) for c in cost.values())
    label = int(labels[image])
    share = cost["kept"].sum() / cost["reset"].sum()
    same = int(np.sum(kept.prediction == answers))
    right = [int(np.sum(prediction == label)) for prediction in (kept.prediction, answers)]
    return Figure(
        [
            [
                Panel([Cells(frames[k, 0])], Axis("", (0, 8), ()), Axis("", (8, 0), ()), height=80)
                for k in range(0, FRAMES, 2)
            ],
            [
                Panel(
                    [
                        Bars(x, cost["kept"], color=BLUE),
                        Line(x, cost["reset"], color=GREY, dashed=True, label="each frame from a reset"),
                    ],
                    Axis("frame", (-0.6, FRAMES - 0.4), ticks=[(k, str(k)) for k in range(FRAMES)]),
                    Axis("operations, thousands", (0, 1.2 * top), ticks=_thousands(top)),
                    height=180,
                )
            ],
        ],
        f"Held-out image {image}, a {label}, moves by a pixel every {times(every, 'frame')}; every second frame is "
        f"shown. Bars: operations if the state is kept, {share:.0%} of those with a reset for each frame. The "
        f"cheapest frame costs {cost['kept'].min():,.0f} of them. Of {FRAMES} frames {right[0]} are read rightly, with "
        f"resets {right[1]}; {same} answers are the same.",
    )


def _thousands(top: float) -> list[tuple[float, str]]:
    step = 10 ** np.floor(np.log10(top))
    step = step if top / step > 3 else step / 2
    return [(float(v), f"{v / 1000:g}") for v in np.arange(0, top + step / 2, step)]
