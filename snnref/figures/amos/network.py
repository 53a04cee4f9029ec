"""A digit in a whole network, and what the number of bits decides."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ... import amos
from ...network.canonical import canonical
from ...network.nodes import Population
from ...spiking.snn import SNN
from ...spiking.walk import activations
from ..description import ORANGE, PINK, Axis, Cells, Dots, Figure, Line, Panel, Rule
from ..digits import digits
from ..wording import times
from .relu import ROUNDINGS


@lru_cache(maxsize=32)
def _converted(K: int, steps: int | None = None) -> SNN:
    net, calibration, _, _ = digits()
    return amos.convert(net, calibration[::8], K=K, alpha="maximum", steps=steps)


def pipeline(*, step: int = 20, K: int = 4) -> Figure:
    """Who works on which image at a time step, while a new one enters at every step."""
    snn = _converted(K)
    plan = amos.schedule(snn)
    rows: list[tuple[str, int]] = [(s.node, s.begin + k) for s in plan.stages for k in range(s.end - s.begin)]
    names, top = [], 0
    for stage in plan.stages:
        length = stage.end - stage.begin
        names.append((top + length / 2, stage.node))
        top += length
    span = 24
    first = max(0, step - span + 1)
    columns = np.arange(first, first + span)
    image = columns[None, :] - np.array([begin for _, begin in rows])[:, None]  # which one each gate works on
    images = 8
    busy = np.where((image >= 0) & (image < images), 0.15 + 0.85 * (image % images) / images, 0.0)
    busy[:, columns > step] = 0
    now = [n for n in range(images) if 0 <= step - n < plan.latency - 1]
    done = max(0, min(images, step - plan.latency + 2))
    waits = "; ".join(f"{d.source} waits for {d.target}" for d in plan.delay_lines) or "no delay lines"
    return Figure(
        [
            [
                Panel(
                    [Cells(busy), Rule(x=step - first + 0.5, color=ORANGE)],
                    Axis("time step", (0, span), ticks=[(c + 0.5, f"{first + c}") for c in range(0, span, 4)]),
                    Axis("", (len(rows), 0), ticks=names),
                    height=320,
                )
            ]
        ],
        f"digits-cnn with K = {K}: one row for each step of each layer's gates; {images} images enter at steps 0 to "
        f"{images - 1}, the later the darker. At step {step}, {times(len(now), 'image')} under way, "
        f"{times(done, 'answer')} there; the first is complete after {plan.latency} steps, then comes one at "
        f"every step. {waits[0].upper() + waits[1:]}.",
    )


SOME = 50  # held-out digits
GRID = tuple(range(1, 11))


@lru_cache(maxsize=8)
def _largest(per: str) -> dict[str, float]:
    """The largest activation of each population, or of all."""
    net, calibration, _, _ = digits()
    nodes = canonical(net)
    found = activations(nodes, calibration[::8])
    each = {k: float(found[k].max()) for k, node in nodes.items() if isinstance(node, Population)}
    return each if per == "population" else dict.fromkeys(each, max(each.values()))


@lru_cache(maxsize=32)
def _up_to(share: float, per: str, half_step: bool) -> SNN:
    """With ranges up to a share of the largest activations, whatever K is."""
    net, calibration, _, _ = digits()
    alpha = {k: share * top for k, top in _largest(per).items()}
    return amos.convert(net, calibration[::8], alpha=alpha, half_step=half_step)


@lru_cache(maxsize=256)
def _measured(K: int, share: float, per: str, half_step: bool) -> tuple[float, float, float]:
    """Accuracy, spikes a neuron and steps on some digits."""
    _, _, images, labels = digits()
    run = _up_to(share, per, half_step).run(images[:SOME], K=K)
    return run.accuracy(labels[:SOME]), run.spikes_per_neuron, run.latency


def bits(*, K: int = 4, share: float = 1.0, per: str = "population", rounding: str = "down") -> Figure:
    """Accuracy and spikes of digits-cnn over K, with ranges up to a share of the largest activations."""
    net, _, images, labels = digits()
    how = share, per, ROUNDINGS[rounding]
    found = np.array([_measured(k, *how) for k in GRID])
    right, spikes, steps = _measured(K, *how)
    ann = float(np.mean(net(images[:SOME]).argmax(axis=1) == labels[:SOME]))
    axis = Axis("", (0.5, GRID[-1] + 0.5), ticks=[(k, str(k)) for k in GRID])
    return Figure(
        [
            [
                Panel(
                    [
                        Line(GRID, 100 * found[:, 0]),
                        Dots([K], [100 * right], color=ORANGE),
                        Rule(y=100 * ann, label="ANN"),
                    ],
                    axis,
                    Axis("right, %", (0, 105)),
                    height=150,
                )
            ],
            [
                Panel(
                    [Line(GRID, found[:, 1], color=PINK), Dots([K], [spikes], color=ORANGE)],
                    Axis("K", axis.domain, ticks=axis.ticks),
                    Axis("spikes a neuron", (0, float(found[:, 1].max()) * 1.15)),
                    height=110,
                )
            ],
        ],
        f"K = {K}, ranges up to {share:g} times the largest activation of "
        f"{'each population' if per == 'population' else 'the network'}, values rounded {rounding}: of {SOME} held-out "
        f"digits {right:.1%} are read rightly (ANN {ann:.1%}), with {spikes:.3f} spikes for each neuron, after "
        f"{steps:.0f} steps.",
    )
