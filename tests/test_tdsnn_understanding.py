"""TDSNN: what `diagnose`, `explain`, `check.neuron`, the command line and the figures say is so."""

import json
import re
from math import exp

import numpy as np
import pytest
from test_cli import run as command
from test_figures import marks
from test_tdsnn import exact

import snnref
from snnref import check, diagnose, explain, tdsnn
from snnref.figures import tdsnn as figures
from snnref.figures.description import Bars, Cells, Dots, Line, Ticks
from snnref.layers.reverse_coding import growth, spike_time
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


@pytest.mark.parametrize("threshold", [0.0, 0.5, -1.0])
def test_an_explanation_adds_up(net, x, threshold):
    """What bias and sources bring sums up to A, and A gives the potential and the time."""
    trace = exact(net, x).simulate(x, threshold=threshold)
    rng = np.random.default_rng(0)
    for name, node in trace.nodes.items():
        if isinstance(node, Population):
            lags = trace.trains[name].lag[1]
            for place in [tuple(rng.integers(node.shape)), np.unravel_index(lags.argmax(), node.shape)]:
                place = tuple(int(i) for i in place)
                *lines, before, verdict, says = explain(trace, name, place, sample=1).splitlines()
                a = numbers(before)[0]
                parts = [numbers(lines[1].split(": ")[1])[0]]
                parts += [n for line in lines[2:] for n in numbers(line.split(": ")[-1])]
                assert sum(parts) == pytest.approx(a, abs=2e-3)
                time = lags[place]
                assert (f"at step {time:g}" in verdict) or (time == 0 and "at once, at step 0" in verdict)
                release = int(trace.code.end({s: trace.trains[s] for s in node.sources}).max())
                assert numbers(before)[-1] == pytest.approx(trace.potentials[name][(release, 1, *place)], abs=1e-4)
                assert numbers(says)[-1] == pytest.approx(trace.trains[name].value()[(1, *place)], abs=1e-3)


def test_an_explanation_knows_of_a_fixed_end():
    net = snnref.load("digits-cnn")
    x = snnref.data.load("digits")[0][:1].astype(float)
    snn = tdsnn.convert(net, x / 8, inhibition="fixed")
    trace = snn.simulate(x)
    latest = int(trace.trains["relu1"].lag.argmax())
    assert "where the fixed time of its layer ended" in explain(trace, "relu1", latest)


def test_diagnosis_names_the_cause(digits):
    net, calibration, x = digits

    def rows(**settings):
        found = diagnose(net, tdsnn.convert(net, calibration, **settings), x[:60])
        return {r.population: (r, found.advice.get(r.population)) for r in found.rows}

    assert rows(leak=3.0, unit={"input": 1 / 256})["relu1"][0].cause == "quantisation"
    assert "threshold='nearest'" in rows(leak=3.0, unit={"input": 1 / 256})["relu1"][1]
    assert rows(leak=1.0)["relu3"][0].cause == "inherited"
    coarse = rows(leak=1.0, threshold="nearest")
    assert coarse["relu1"][0].silence > rows(leak=1.0)["relu1"][0].silence == 0
    clipped = rows(leak=20.0, inhibition="fixed")["relu1"]
    assert clipped[0].clipping == 0
    assert all(r.transient == 0 for r, _ in rows(leak=5.0).values())


def mine(arriving, leak=5.0, threshold=0.0):
    """By the closed form."""
    a = sum(w * exp(t / leak) for t, w in enumerate(arriving))
    return 0 if a <= -threshold else int(np.ceil(leak * np.log((a + 1) / (1 - threshold)) - 1e-12))


WRONG = {
    "fires in the inhibitory period": lambda a, leak=5.0: 0 if min(np.cumsum(a)) < 0 else mine(a, leak),
    "does not leak": lambda a, leak=5.0: int(np.ceil(leak * np.log(max(sum(a), 0) + 1))),
    "ticks at 0": lambda a, leak=5.0: max(0, mine(a, leak) - 1),
    "does not negate": lambda a, leak=5.0: mine([-w for w in a], leak),
    "always the default leak": lambda a, leak=5.0: mine(a),
}


def test_a_neuron_that_agrees():
    assert check.neuron("tdsnn", mine)
    assert check.neuron("tdsnn", tdsnn.check.reference)
    assert "agrees with the reference in all" in repr(check.neuron("tdsnn", lambda a, leak=5.0: mine(a, leak)))


@pytest.mark.parametrize("step", WRONG.values(), ids=WRONG)
def test_a_neuron_that_differs_gets_a_counter_example(step):
    result = check.neuron("tdsnn", step)
    assert not result
    arrivals = [float(w) for w in re.search(r"for arrivals of (.*) in the steps", repr(result))[1].split(", ")]
    leak = float(re.search(r"leak ([\d.]+)", repr(result))[1])
    h = float(re.search(r"threshold (-?[\d.]+)", repr(result))[1])
    assert f"the reference fires at step {mine(arrivals, leak, h)}; yours" in repr(result)


@pytest.mark.parametrize("leak", [0.5, 3.0, 10.0])
def test_the_decay_is_that_of_spikes(leak):
    figure = figures.decay(leak=leak)
    times = spike_time(np.array(figures.coding.VALUES), leak=leak)
    bars = [float(bar.y[0]) for bar in marks(figure, Bars)]
    np.testing.assert_allclose(bars, growth(times, leak=leak))
    lines = marks(figure, Line)
    assert [line.x[0] for line in lines] == times.tolist()
    np.testing.assert_allclose([line.y[-1] for line in lines], np.array(bars) / max(bars))
    assert f"= {exp(-1 / leak):.3f} a step" in figure.caption


@pytest.mark.parametrize("leak", [0.5, 5.0, 15.0])
@pytest.mark.parametrize("rounding", list(figures.coding.ROUNDINGS))
def test_the_code_is_drawn_with_its_error(leak, rounding):
    figure = figures.code(leak=leak, most=20.0, rounding=rounding)
    times = marks(figure, Line)[1]
    up = rounding == "up"
    wanted = np.ceil if up else np.round
    assert np.mean(times.y == wanted(leak * np.log(np.asarray(times.x) + 1))) > 0.99
    worst = 100 * (np.exp((1 if up else 0.5) / leak) - 1)
    assert float(re.search(r"wrong by ([\d.]+) %", figure.caption)[1]) == pytest.approx(worst, rel=0.1)
    assert f"take {np.max(times.y):g} steps" in figure.caption


@pytest.mark.parametrize("value", [0.0, 0.5, 6.0])
@pytest.mark.parametrize("leak", [0.5, 3.0, 10.0])
def test_the_ticking_neuron_is_the_packages(leak, value):
    for rounding in figures.coding.ROUNDINGS:
        h = figures.coding._threshold(rounding, leak)
        figure = figures.ticking(leak=leak, value=value, rounding=rounding)
        spikes = spike_time(np.array([value, 1.0, 0.5]), leak=leak, threshold=h)
        a = float(np.dot(figures.neuron.WEIGHTS, growth(spikes, leak=leak)))
        a = 0.0 if abs(a) < 1e-12 else a  # of either sign, as sums go
        out = spike_time(np.array([a]), leak=leak, threshold=h)[0]
        assert f"A = {a:.4f}" in figure.caption
        (line,) = marks(figure, Line)
        assert line.x[-1] == spikes.max() + out
        ticks = [m for m in marks(figure, Ticks) if len(m.y) and m.y[0] == 1]
        assert sum(len(m.x) for m in ticks) == out
        assert ("fires at once" in figure.caption) == (out == 0)
        assert ("the ReLU" in figure.caption) == (a <= 0)


def test_the_first_tick_is_told_with_its_share():
    for leak in (0.5, 5.0, 15.0):
        figure = figures.first_tick(leak=leak, most=40.0)
        right, printed = marks(figure, Line)
        assert f"{np.mean(np.asarray(right.y) != np.asarray(printed.y)):.1%} of the values" in figure.caption
        assert set(np.asarray(right.y) - np.asarray(printed.y)) <= {0.0, 1.0}


def test_the_map_marks_what_is_possible():
    for reading, name in figures.pooling.READINGS.items():
        figure = figures.pool_map(inputs=4, leak=0.5, reading=reading)
        (cells,) = marks(figure, Cells)
        (dots,) = marks(figure, Dots)
        here = [t for t in range(figures.pooling.LATEST + 1) if tdsnn.feasible(4, leak=0.5, latest=t, reading=name)]
        assert len(dots.x) == len(here)
        assert f"T_m = {', '.join(map(str, here))}." in figure.caption
        assert (f"1 / ln(N + 1) = {tdsnn.shared_leak(4):.2f}" in figure.caption) == (name == "shared")
        column = int(np.argmin(np.abs(figures.pooling.LEAKS - 0.5)))
        for t in range(figures.pooling.LATEST + 1):
            wanted = tdsnn.feasible(4, leak=float(figures.pooling.LEAKS[column]), latest=t, reading=name)
            assert (cells.values[figures.pooling.LATEST - t, column] > 0) == wanted
    assert "no T_m" not in figures.pool_map(inputs=9, leak=6.0).caption


@pytest.mark.parametrize("inhibition", ["last", "fixed"])
def test_the_pipeline_shows_every_spike(digits, inhibition):
    figure = figures.pipeline(image=3, leak=4.0, inhibition=inhibition)
    run = figures.network._converted(4.0, inhibition=inhibition).run(digits[2][3:4])
    populations = [k for k, node in run.nodes.items() if isinstance(node, Population)]
    for name, ticks in zip(["input", *populations], marks(figure, Ticks), strict=True):
        train = run.trains[name]
        assert sorted(ticks.x) == sorted((train.begin[0] + train.lag[0]).ravel())
    assert f"complete after {run.latency:.0f} steps and say {int(run.prediction[0])}" in figure.caption


def test_the_leak_constant_is_measured(digits):
    net, calibration, x = digits
    labels = snnref.data.load("digits")[1]
    figure = figures.leak_constant(leak=3.0, unit="1/4", rounding="to the nearest step")
    run = tdsnn.convert(net, calibration, leak=3.0, unit=0.25, threshold="nearest").run(x[: figures.network.SOME])
    assert f"{run.accuracy(labels[: figures.network.SOME]):.1%} are read rightly" in figure.caption
    assert f"after {run.latency:.1f} steps" in figure.caption
    assert f"{tdsnn.costs(run).multiplications.mean():,.0f} multiplications" in figure.caption
    assert len(marks(figure, Dots)) == 3


def test_advice_for_a_retrained_network_does_not_ask_to_retrain(digits):
    net, calibration, x = digits
    adjusted = tdsnn.adjust(net, leak=2.0)
    found = diagnose(adjusted, tdsnn.convert(adjusted, calibration), x[:20].astype(np.float32))
    assert found.agreement == 1
    assert all("was retrained with this rounding" in sentence for sentence in found.advice.values())


def test_evaluate_on_the_command_line():
    done = command(
        *("evaluate", "digits-cnn", "--method", "tdsnn", "--leak", "3", "--set", "inhibition=fixed", "--json")
    )
    report = json.loads(done.stdout)
    assert report["settings"]["leak"] == 3
    assert report["settings"]["inhibition"] == "fixed"
    net, (x, labels) = snnref.load("digits-cnn"), snnref.data.load()
    snn = tdsnn.convert(net, snnref.data.load(split="train")[0], leak=3, inhibition="fixed")
    run = snn.run(x)
    assert report["accuracy"] == run.accuracy(labels)
    assert report["latency"] == run.latency
    assert report["also"]["additions"] == pytest.approx(tdsnn.costs(run).additions.mean())
    shown = command("evaluate", "digits-cnn", "--method", "tdsnn", "--images", "20").stdout
    assert "multiplications without ticks" in shown
    wrong = command("evaluate", "digits-cnn", "--method", "tdsnn", "--t-max", "8")
    assert "unknown setting 't_max'; tdsnn has leak, inhibition, threshold, offset" in wrong.stderr
