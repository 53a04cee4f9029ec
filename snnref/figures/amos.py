"""Figures of the chapter "Any function, one spike": the ReLU unit, trained units, the pipeline, latency and size."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .. import amos
from ..layers.activations import FUNCTIONS
from ..network.canonical import canonical
from ..network.nodes import Population
from ..spiking.snn import SNN
from ..spiking.walk import activations
from .description import GREEN, GREY, ORANGE, PINK, Axis, Cells, Dots, Figure, Line, Mark, Panel, Rule, Ticks
from .digits import digits
from .vocabulary import times

__all__ = ["bit_by_bit", "bits", "pipeline", "product", "relu_unit", "shallow", "trained_unit"]

ROUNDINGS = {"down": False, "to the nearest step": True}  # -> the option `half_step`


def bit_by_bit(*, x: float = 0.65, K: int = 5, rounding: str = "down") -> Figure:
    """The ReLU unit with α = 1 at work on one value: what is left of it, gate by gate."""
    unit = amos.relu(K, half_step=ROUNDINGS[rounding])
    fired: list[np.ndarray] = []
    left = []
    for i in range(K):
        v = unit.potential(i, (np.asarray(x),), fired)
        left.append(float(v) + float(unit.T[i]))  # x − H
        fired.append(np.asarray(float(v >= 0)))
    z = np.array(fired)
    step = np.arange(float(K))
    said = np.concatenate([[0.0], np.cumsum(unit.d * z)])
    low, high = min(-0.1, min(left)), max(1.05, max(left), x)
    steps = Axis("", (-0.5, K - 0.5), ticks=[(k, "") for k in step])
    edges, spikes = np.repeat(np.arange(K + 1) - 0.5, 2)[1:-1], Ticks(step[z > 0], np.zeros(int(z.sum())))
    marks: list[Mark] = [
        Line(edges, np.repeat(left, 2), label="x − H"),
        Dots(step, unit.T, color=ORANGE, label="threshold T"),
    ]
    bits = "".join(f"{int(b)}" for b in z)
    return Figure(
        [
            [
                Panel(
                    [spikes],
                    steps,
                    Axis("", (-0.6, 0.6), ticks=[(0, "spikes")]),
                    height=50,
                )
            ],
            [Panel(marks, steps, Axis("", (low, high)), height=190)],
            [
                Panel(
                    [
                        Line(edges, np.repeat(said[1:], 2), color=GREEN, label="said"),
                        Rule(y=max(0.0, x), label="max(0, x)"),
                    ],
                    Axis("gate, one a step", steps.domain, ticks=[(k, f"{k + 1:g}") for k in step]),
                    Axis("", (-0.05, max(1.1, x))),
                    height=120,
                )
            ],
        ],
        f"x = {x:g}. The spikes are the bits {bits}: {times(int(z.sum()), 'spike')} of {times(K, 'gate')}, which say "
        f"{said[-1]:.4f}, {said[-1] - max(0.0, x):+.4f} from max(0, x); a step is 2⁻ᴷ = {0.5**K:.4f}."
        + (" It is beyond the range: all gates fire." if x > 1 else "")
        + (" Below 0 no gate fires: the ReLU." if x < 0 else ""),
    )


def relu_unit(*, K: int = 4, alpha: float = 1.0, rounding: str = "down") -> Figure:
    """What a ReLU unit says, on its range and beyond, and what it says wrong (Fig. 3)."""
    unit = amos.relu(K, alpha=alpha, half_step=ROUNDINGS[rounding])
    x = np.linspace(-0.5, 2.5, 2401)
    y, relu = unit(x), np.maximum(x, 0)
    inside = (x >= 0) & (x <= alpha)
    wrong = y - relu
    step = alpha * 0.5**K
    most = 1.15 * max(step, float(np.abs(wrong[inside]).max()))
    shown = np.clip(wrong, -most, most)
    return Figure(
        [
            [
                Panel(
                    [
                        Line(x, relu, color=GREY, dashed=True, label="max(0, x)"),
                        Line(x, y, label="unit"),
                        Rule(x=alpha, label="α"),
                    ],
                    Axis("", (-0.5, 2.5)),
                    Axis("", (-0.1, 2.5)),
                    height=200,
                )
            ],
            [
                Panel(
                    [Line(x, shown, color=ORANGE), Rule(y=0.0), Rule(y=-step), Rule(x=alpha)],
                    Axis("x", (-0.5, 2.5)),
                    Axis("error", (-most, most)),
                    height=110,
                )
            ],
        ],
        f"{times(K, 'gate')} on (−∞, {alpha:g}], rounded {rounding}: steps of α 2⁻ᴷ = {step:.4g}. From 0 to α the "
        f"error is {np.abs(wrong[inside]).max():.4g} at most, {wrong[inside].mean():+.2g} on average; beyond α the "
        f"unit says {float(unit(np.asarray(2.5 * alpha))):.4g}. {unit.parameters} parameters, if all were free.",
    )


TRAINED = ("sigmoid", "silu", "tanh", "hard_swish")


def trained_unit(*, activation: str = "silu", beyond: float = 0.0) -> Figure:
    """A trained unit against its function, its gates, and its error, on its range and beyond (Figs. 4 and 5)."""
    unit, f = amos.load_unit(activation), FUNCTIONS[activation]
    width = unit.high - unit.low
    x = np.linspace(unit.low - beyond * width / 2, unit.high + beyond * width / 2, 1601)
    y, right = unit(x), f(x)
    inside = (x >= unit.low) & (x <= unit.high)
    wrong = y - right
    gates = unit.gates(x[::8])
    ends = (float(x[0]), float(x[-1]))
    mse, most = amos.error(unit, f)
    outside = f" Beyond it, it is wrong by up to {np.abs(wrong[~inside]).max():.3g}." if (~inside).any() else ""
    low, high = float(min(y.min(), right.min())), float(max(y.max(), right.max()))
    room = 0.06 * (high - low)
    return Figure(
        [
            [
                Panel(
                    [
                        Line(x, right, color=ORANGE, label=activation),
                        Line(x, y, label="unit"),
                        *([Rule(x=unit.low), Rule(x=unit.high)] if beyond else []),
                    ],
                    Axis("", ends),
                    Axis("", (low - room, high + room)),
                    height=190,
                )
            ],
            [
                Panel(
                    [Cells(0.75 * gates)],
                    Axis(
                        "",
                        (0, gates.shape[1]),
                        ticks=[
                            (share * gates.shape[1], f"{ends[0] * (1 - share) + ends[1] * share:g}")
                            for share in (0, 0.25, 0.5, 0.75, 1)
                        ],
                    ),
                    Axis("gate", (unit.K, 0), ticks=[(k + 0.5, f"{k + 1}") for k in range(0, unit.K, 3)]),
                    height=140,
                )
            ],
            [
                Panel(
                    [Line(x, wrong, color=ORANGE), Rule(y=0.0)],
                    Axis("x", ends),
                    Axis("error", (1.1 * float(wrong.min()), 1.1 * float(wrong.max()))),
                    height=100,
                )
            ],
        ],
        f"{activation}: {unit.K} gates, {unit.parameters} parameters. On its range from {unit.low:g} to {unit.high:g} "
        f"the mean square error is {mse:.2g}, the largest error {most:.3f}; {gates[:, inside[::8]].mean():.0%} of the "
        f"gates fire, on average (dark).{outside}",
    )


def product(*, y: float = 0.5, span: float = 1.0) -> Figure:
    """The multiplication unit: x · y for one y, and its error over both (Fig. 6)."""
    unit = amos.load_unit("product")
    x = np.linspace(-span, span, 801)
    said = unit(x, np.full_like(x, y))
    side = np.linspace(-span, span, 61)
    a, b = np.meshgrid(side, side)
    wrong = np.abs(unit(a, b) - a * b)
    mse, most = amos.error(unit, np.multiply)
    row = 61 * (span - y) / (2 * span)
    return Figure(
        [
            [
                Panel(
                    [Line(x, x * y, color=ORANGE, label="x · y"), Line(x, said, label="unit")],
                    Axis("x", (-span, span)),
                    Axis("", (-span * 1.1, span * 1.1)),
                    height=220,
                ),
                Panel(
                    [Cells(np.clip(wrong[::-1] / 0.1, 0, 1)), Rule(y=row, color=ORANGE)],
                    Axis("x", (0, 61), ticks=[(0, f"{-span:g}"), (30.5, "0"), (61, f"{span:g}")]),
                    Axis("y", (61, 0), ticks=[(0, f"{span:g}"), (30.5, "0"), (61, f"{-span:g}")]),
                    height=220,
                ),
            ]
        ],
        f"{times(unit.K, 'gate')} in {unit.steps} steps; y = {y:g}. From −1 to 1 the mean square error is {mse:.2g}, "
        f"the largest {most:.3f}. From {-span:g} to {span:g} (right: white is 0, black 0.1 or more) they are "
        f"{np.mean(wrong**2):.2g} and {wrong.max():.3f}.",
    )


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


def shallow(*, K: int = 10, steps: int = 2) -> Figure:
    """Gates of a ReLU unit against the steps that it takes (section 1.5)."""
    each = [n for n in range(1, K + 1) if -(-K // n) <= 10]  # with more bits a step, gates become too many
    steps = min(max(steps, each[0]), K)
    units = [amos.relu(K, steps=n) for n in each]
    here = amos.relu(K, steps=steps)
    x = np.random.default_rng(0).uniform(0, 1, 500)
    spikes = [float(unit.gates(x).sum(axis=0).mean()) for unit in units]
    mine = float(here.gates(x).sum(axis=0).mean())
    axis = Axis("steps", (0.5, K + 0.5), ticks=[(k, str(k)) for k in range(1, K + 1)])
    top = float(np.log10(max(unit.K for unit in units))) + 0.1
    return Figure(
        [
            [
                Panel(
                    [
                        Line(each, np.log10([unit.K for unit in units])),
                        Dots([steps], [np.log10(here.K)], color=ORANGE),
                        Line(each, np.log10(np.maximum(spikes, 0.1)), color=PINK, label="spikes"),
                    ],
                    axis,
                    Axis("gates of a unit", (-0.1, top), ticks=[(k, f"{10**k}") for k in range(4)]),
                    height=220,
                )
            ]
        ],
        f"{times(K, 'bit')} in {times(steps, 'step')}: {here.K} gates and {mine:.1f} spikes for a value between 0 and "
        f"1, on average; one bit a step takes {K} gates and {spikes[-1]:.1f} spikes, all bits at once "
        f"{2**K - 1:,} gates.",
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
