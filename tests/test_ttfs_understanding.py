"""Time to first spike: what `diagnose`, `explain`, `check.neuron` and the figures say is so."""

import re

import numpy as np
import pytest
from test_figures import marks
from test_ttfs import exact

import snnref
from snnref import check, diagnose, explain, ttfs
from snnref.figures import ttfs as figures
from snnref.figures.description import Bars, Cells, Dots, Line, Ticks
from snnref.network.nodes import Population


@pytest.fixture
def x(x):
    return np.abs(x)


@pytest.fixture(scope="module")
def digits():
    net = snnref.load("digits-cnn")
    return net, snnref.data.load("digits", split="train")[0], snnref.data.load("digits")[0].astype(float)


def numbers(text):
    return [float(n) for n in re.findall(r"[-+]?\d+\.\d+", text)]


@pytest.mark.parametrize("half_step", [True, False])
def test_an_explanation_adds_up(net, x, half_step):
    """The charges of bias and sources sum up to the potential, and the potential gives the time."""
    trace = exact(net, x, t_max=16).simulate(x, half_step=half_step)
    rng = np.random.default_rng(0)
    for name, node in trace.nodes.items():
        if isinstance(node, Population):
            times = trace.trains[name].times[1]
            for place in [tuple(rng.integers(node.shape)), np.unravel_index(times.argmin(), node.shape)]:
                place = tuple(int(i) for i in place)
                *lines, before, verdict = explain(trace, name, place, sample=1).splitlines()
                u = numbers(before)[0]
                assert u == pytest.approx(16 * trace.potentials[name][(15, 1, *place)], abs=1e-4)
                parts = [n for line in lines[1:] for n in numbers(line.split(": ")[-1])]
                assert sum(parts) == pytest.approx(u, abs=1e-3)
                named = [abs(numbers(line)[-1]) for line in lines[2:] if "others" not in line]
                assert named == sorted(named, reverse=True)
                time = trace.trains[name].times[(1, *place)]
                if time < 16:
                    assert f"fired at step {time:g} " in verdict
                    quantised = (
                        trace.trains[name].value()[(1, *place)] * np.broadcast_to(trace.scales[name], node.shape)[place]
                    )
                    assert float(verdict.split()[-1].rstrip(".")) == pytest.approx(quantised, rel=1e-3)
                else:
                    assert "did not fire" in verdict
                    assert ("ReLU" in verdict) == (u <= 0)


def test_diagnosis_names_the_cause(digits):
    net, calibration, x = digits

    def row(population, **settings):
        found = diagnose(net, ttfs.convert(net, calibration, **settings), x[:100])
        return {r.population: (r, found.advice.get(r.population)) for r in found.rows}[population]

    assert row("relu1", t_max=64, threshold=20.0)[0].cause == "clipping"
    assert "higher threshold" in row("relu1", t_max=64, threshold=20.0)[1]
    assert row("relu3", t_max=16, threshold="bound")[0].cause == "silence"
    assert row("relu1", t_max=16)[0].cause == "quantisation"
    assert "half_step=True" in row("relu1", t_max=16, half_step=False)[1]
    assert row("relu3", t_max=16, threshold={"relu1": 3.0})[0].cause == "inherited"
    assert all(r.transient == 0 for r in diagnose(net, ttfs.convert(net, calibration), x[:100]).rows)


def mine(arriving, threshold=1.0, early=0.0):
    t_max = len(arriving)
    u = sum(w * (t_max - t) for t, w in enumerate(arriving)) + early * threshold / t_max
    return next((t for t in range(t_max) if u + t * threshold / t_max >= threshold), t_max)


WRONG = {
    "counts a spike from the next step": lambda a: mine([0.0, *a[:-1]]),
    "tests after charging": lambda a, threshold=1.0: max(0, mine(a, threshold) - 1),
    "fires at 0 too": lambda a: min(mine(a), len(a) - 1),
    "fires in the silent stage": lambda a: 0 if np.cumsum(np.cumsum(a)).max() >= 1 else mine(a),
    "another threshold": lambda a, threshold=1.0: mine(a, 2 * threshold),
}


def test_a_neuron_that_agrees():
    assert check.neuron("ttfs", mine)
    assert check.neuron("ttfs", ttfs.check.reference)
    assert "all 1184 cases" in repr(check.neuron("ttfs", mine))
    assert "all 296 cases" in repr(check.neuron("ttfs", lambda arriving: mine(arriving)))


@pytest.mark.parametrize("step", WRONG.values(), ids=WRONG)
def test_a_neuron_that_differs_gets_a_counter_example(step):
    result = check.neuron("ttfs", step)
    assert not result
    arrivals = [float(w) for w in re.search(r"for arrivals of (.*) in the steps", repr(result))[1].split(", ")]
    threshold = float(re.search(r"threshold ([\d.]+),", repr(result))[1])
    time = mine(arrivals, threshold, float(re.search(r"early ([\d.]+),", repr(result))[1]))
    answer = f"fires at step {time}" if time < len(arrivals) else f"does not fire (returns t_max = {time})"
    assert f"the reference {answer}; yours" in repr(result)


@pytest.mark.parametrize("threshold", [0.25, 1.25, 2.0])
@pytest.mark.parametrize("t_max", [2, 16, 48])
def test_the_two_stages_are_those_of_the_neuron(t_max, threshold):
    for rounding, early in figures.neuron.EARLY.items():
        figure = figures.two_stages(t_max=t_max, threshold=threshold, rounding=rounding)
        times = ttfs.first_spike(np.array(figures.neuron.INPUTS), t_max=t_max, early=early)
        u = float(np.dot(figures.neuron.WEIGHTS, t_max - times))
        out = int(np.clip(np.ceil(t_max - u / threshold - early), 0, t_max))
        assert f"the silent stage u = {u:g};" in figure.caption
        assert (f"fires at step {out} " if out < t_max else "does not fire") in figure.caption
        assert f"which says {(t_max - out) / t_max * threshold:.4f}." in figure.caption
        (line,) = marks(figure, Line)
        assert line.y[t_max] == u
        fired = [m for m in marks(figure, Ticks) if m.y == [0]]
        assert [m.x for m in fired] == ([[t_max + out]] if out < t_max else [])
        assert line.x[-1] == t_max + min(out, t_max - 1)
        if out < t_max:
            assert line.y[-1] >= t_max * threshold


def test_the_map_has_the_readers_point(digits):
    u, wanted = figures.thresholds._received(16, 0.0)
    figure = figures.error_map(t_max=16, share=0.9, rounding="down")
    ((cells,), (dot,)) = marks(figure, Cells), marks(figure, Dots)
    row, column = int(dot.y[0]), int(dot.x[0])
    assert figures.thresholds.WINDOWS[column] == 16
    assert figures.thresholds._shares(0.1)[::-1][row] == pytest.approx(0.9)
    error = ttfs.error(u, wanted, 0.9 * wanted.max(), t_max=16, early=0.0)
    assert f"wrong by {error:.4f}" in figure.caption
    assert cells.values.shape == (15, len(figures.thresholds.WINDOWS))
    assert cells.values.min() == 0
    assert cells.values.max() == 1
    assert (cells.values[:, 0] > cells.values[:, -1] - 1e-12).mean() > 0.9  # short windows are worse
    best = float(re.search(r"t_max ([\d.]+) is best", figure.caption)[1])
    shares = np.linspace(0.1, 1.5, 57)
    errors = [ttfs.error(u, wanted, s * wanted.max(), t_max=16, early=0.0) for s in shares]
    assert best == pytest.approx(shares[int(np.argmin(errors))], abs=0.006)
    silent = np.mean((wanted > 0) & (ttfs.quantised(u, 0.9 * wanted.max(), t_max=16, early=0.0) == 0))
    assert f"{silent:.2%} are above 0 but too weak" in figure.caption


def test_the_pipeline_shows_every_spike(digits):
    snn = figures.network._converted(16, "search")
    figure = figures.pipeline(image=3, t_max=16)
    run = snn.run(digits[2][3:4], record=True)
    populations = [k for k, node in snn.nodes.items() if isinstance(node, Population)]
    for k, (name, ticks) in enumerate(zip(["input", *populations], marks(figure, Ticks), strict=False)):
        assert len(ticks.x) == run.spikes[name].sum()
        assert sorted(ticks.x) == sorted(16 * k + run.trains[name].times[run.trains[name].times < 16])
    assert len(marks(figure, Ticks)[-1].x) == (run.output > 0).sum()
    assert f"and says {int(run.prediction[0])};" in figure.caption
    assert f"{run.operations.total[0]:,.0f} synaptic operations" in figure.caption


def test_depth_shows_the_scales(digits):
    net, calibration, x = digits
    labels = snnref.data.load("digits")[1]
    for rule in ("search", "maximum", "bound"):
        figure = figures.depth(threshold=rule, t_max=48)
        snn = ttfs.convert(net, calibration[::8].astype(float), t_max=48, threshold=rule)
        right = snn.run(x[: figures.network.SOME]).accuracy(labels[: figures.network.SOME])
        assert f"{right:.1%} are read rightly" in figure.caption
        (solid,) = (line for line in marks(figure, Line) if not line.dashed)
        np.testing.assert_allclose(10 ** np.array(solid.y), [snn.scales[k] for k in figures.network.LAYERS])
        (bars,) = marks(figure, Bars)
        assert bars.y[0] > (24 if rule == "bound" else 46)
        assert bars.y[2] < 1 if rule == "bound" else bars.y[2] > 46
