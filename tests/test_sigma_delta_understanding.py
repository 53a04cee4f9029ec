"""Hysteresis sigma-delta: what `diagnose`, `explain`, `check.neuron`, the command line and the figures say is so."""

import json
import re

import numpy as np
import pytest
from test_cli import run as command
from test_figures import marks
from test_sigma_delta import exact

import snnref
from snnref import check, diagnose, explain, sigma_delta
from snnref.figures import sigma_delta as figures
from snnref.figures.description import Bars, Cells, Line, Ticks
from snnref.network.nodes import Population


@pytest.fixture
def x(x):
    return np.abs(x)


@pytest.fixture(scope="module")
def digits():
    net = snnref.load("digits-cnn")
    return net, snnref.data.load("digits", split="train")[0], *snnref.data.load("digits")


def numbers(text):
    return [float(n) for n in re.findall(r"[-+]?\d+\.\d+", text)]


def test_an_explanation_adds_up(net, x):
    """The charges of bias and sources sum up to the potential; counts and what is left to its ReLU."""
    trace = exact(net).simulate(x)
    rng = np.random.default_rng(0)
    for name, node in trace.nodes.items():
        if isinstance(node, Population):
            counts = trace.trains[name].value()[1]
            for place in [tuple(rng.integers(node.shape)), np.unravel_index(counts.argmax(), node.shape)]:
                place = tuple(int(i) for i in place)
                *lines, before, events, verdict = explain(trace, name, place, sample=1).splitlines()
                v, r = numbers(before)
                assert v == pytest.approx(trace.potentials[name][(-1, 1, *place)], abs=1e-4)
                assert r == max(v, 0)
                parts = [n for line in lines[1:] for n in numbers(line.split(": ")[-1])]
                assert sum(parts) == pytest.approx(v, abs=1e-3)
                assert f"It has said {counts[place]:g} ×" in verdict
                assert numbers(verdict.split("; ")[1])[0] == pytest.approx(r - counts[place], abs=1e-3)
                time, neuron, _ = trace.trains[name].events(1)
                own = time[neuron == np.ravel_multi_index(place, node.shape)]
                assert ("no spike" in events) == (len(own) == 0)
                assert [round(float(t), 3) for t in own[:8]] == numbers(events)


def test_diagnosis_names_the_cause(digits):
    net, calibration, x, _ = digits

    def row(population, **settings):
        settings = {"levels": 16, "cutoff": 0.5, **settings}
        found = diagnose(net, sigma_delta.convert(net, calibration, **settings), x[:100])
        return {r.population: (r, found.advice.get(r.population)) for r in found.rows}[population]

    assert row("relu1", threshold=1.0)[0].cause == "silence"
    assert "lower threshold" in row("relu1", threshold=1.0)[1]
    assert row("relu2", levels=1, cutoff=0.2, threshold=0.1, rule="settled")[0].cause == "inherited"
    assert "1-bit images" in row("relu2", levels=1, cutoff=0.2, threshold=0.1, rule="settled")[1]
    coarse, advice = row("relu3", threshold={"relu1": 0.02, "relu2": 0.02, "relu3": 1.0}, rule="settled")
    assert coarse.cause == "quantisation"
    assert "lower threshold" in advice
    strict = row("relu1", threshold=0.25, strict=True)[0]
    assert strict.transient > 3 * row("relu1", threshold=0.25)[0].transient
    fine = diagnose(net, sigma_delta.convert(net, calibration, threshold=0.25), x[:20]).rows
    assert all(r.clipping == 0 for r in fine)  # counts go beyond 1
    bits = (x[:100] > 0.2).astype(x.dtype)
    snn = sigma_delta.convert(net, calibration, threshold=0.05, rule="settled")
    grey, seen = diagnose(net, snn, x[:100]), diagnose(net, snn, x[:100], ann_x=bits)
    assert seen.rows[0].inherited == pytest.approx(0, abs=1e-6)  # the input says just these bits
    assert grey.rows[0].inherited > 0.1


def test_every_cause_has_its_advice():
    options = sigma_delta.SigmaDelta
    for cause in ("silence", "quantisation", "transient", "inherited"):
        for code in (options(), options(strict=True), options(rule="settled"), options(settle=False)):
            assert len(sigma_delta.advice(cause, code)) > 20
    assert "strict=False" in sigma_delta.advice("transient", options(strict=True))
    assert "settle=True" in sigma_delta.advice("silence", options(settle=False))
    assert "rule='settled'" in sigma_delta.advice("quantisation", options())


def mine(v, n, charge, threshold=1.0, rule="one", strict=False):
    v, sent = v + charge, 0
    while True:
        diff = max(v, 0) - n * threshold
        beyond = abs(diff) > threshold if strict else abs(diff) >= threshold
        if not beyond:
            return sent, v, n
        sent, n = sent + np.sign(diff), n + np.sign(diff)
        if rule == "one":
            return sent, v, n


def test_a_right_neuron_agrees_and_wrong_ones_are_told():
    assert check.neuron("sigma_delta", mine)
    assert check.neuron("sigma_delta", lambda v, n, charge: mine(v, n, charge))
    wrong = check.neuron("sigma_delta", lambda v, n, charge, **how: mine(v, n, charge, **{**how, "strict": True}))
    assert not wrong
    assert "after charges of 1 the reference sends +1" in str(wrong)
    assert "yours sends +0" in str(wrong)
    no_relu = check.neuron("sigma_delta", lambda v, n, charge: (np.trunc(v + charge - n), v + charge, n))
    assert "yours" in str(no_relu)


def test_evaluate_on_the_command_line():
    done = command(
        *("evaluate", "digits-cnn", "--method", "sigma_delta", "--threshold", "0.5", "--set", "rule=settled", "--json")
    )
    report = json.loads(done.stdout)
    assert report["latency"] == 0.8
    assert report["settings"]["threshold"] == 0.5
    assert report["settings"]["rule"] == "settled"
    net, (x, labels) = snnref.load("digits-cnn"), snnref.data.load()
    snn = sigma_delta.convert(net, snnref.data.load(split="train")[0], threshold=0.5, rule="settled")
    assert report["accuracy"] == snn.run(x).accuracy(labels)
    shown = command("evaluate", "digits-cnn", "--method", "sigma_delta", "--images", "20").stdout
    assert "time units" in shown
    wrong = command("evaluate", "digits-cnn", "--method", "sigma_delta", "--t-max", "8")
    assert "unknown setting 't_max'; sigma_delta has quantiser, rule" in wrong.stderr


# --- figures


@pytest.mark.parametrize("direct", ["floor", "round"])
def test_quantisers_show_what_was_sent(direct):
    figure = figures.quantisers(threshold=0.25, noise=0.1, direct=direct)
    _, hysteresis, rounded = marks(figure, Line)
    ticks = marks(figure, Ticks)
    x = marks(figure, Line)[0].y
    assert np.all(np.abs(np.asarray(hysteresis.y) - x) < 0.25)
    assert np.all(np.abs(np.asarray(rounded.y) - x) <= 0.25)
    for line, tick in zip((hysteresis, rounded), ticks, strict=True):
        changes = np.diff(line.y, prepend=0) / 0.25
        assert np.array_equal(np.flatnonzero(changes), tick.x)
        assert f" {int(abs(changes).sum())}" in figure.caption
    assert len(ticks[0].x) < len(ticks[1].x)


def test_the_neuron_of_the_figure_is_that_of_the_package():
    for threshold, rule, comparison in ((1.0, "one", "≥"), (0.5, "settled", "≥"), (1.0, "settled", ">")):
        figure = figures.neuron(threshold=threshold, rule=rule, comparison=comparison)
        v, n, sent = 0.0, 0.0, 0
        for charge in figures.neurons.CHARGES:
            spikes, v, n = mine(v, n, charge, threshold, rule, comparison == ">")
            sent += abs(spikes)
        assert f"It sent {int(sent)} spikes" in figure.caption
        assert f"V = {v:g}, V_q = {n * threshold:g}" in figure.caption
        assert marks(figure, Line)[2].y[-1] == n * threshold
    assert "After 0 events" in figures.neuron(rule="settled").caption
    assert "V_q = 1," in figures.neuron(rule="settled", comparison=">").caption  # never taken back


def test_the_image_falls_in(digits):
    net, calibration, images, _ = digits
    snn = sigma_delta.convert(net, calibration, threshold=0.5)
    run = snn.run(images[4:5].astype(float), record=True)
    for time in (0.0, 0.4, 0.8):
        figure = figures.falling(image=4, threshold=0.5, time=time)
        arrived = (images[4, 0] > 0.2) & (1 - images[4, 0] <= time)
        assert np.array_equal(marks(figure, Cells)[0].values, arrived)
        assert f"{arrived.sum()} of {np.sum(images[4, 0] > 0.2)} pixels" in figure.caption
        shown = sum(len(tick.x) for tick in marks(figure, Ticks))
        assert shown == sum(len(run.trains[k].between(-1, time).log) for k in ("input", "relu1", "relu2", "relu3"))
    assert f"{run.operations.total[0]:,.0f} synaptic operations" in figure.caption
    assert marks(figure, Line)[-1].y[-1] == pytest.approx(run.trains["readout"].potentials[-1, 0].max() * 0.5)


def test_a_film_costs_its_changes(digits):
    net, calibration, images, _ = digits
    snn = sigma_delta.convert(net, calibration, threshold=0.5)
    figure = figures.film(image=2, every=3, threshold=0.5)
    bars, anew = marks(figure, Bars)[0].y, marks(figure, Line)[0].y
    assert [k for k, cost in enumerate(bars) if cost] == [0, 3, 6, 9]
    assert bars[0] == anew[0]
    frame = np.roll(images[2:3], -1, axis=-1).astype(float)
    assert snn.run(frame).operations.total[0] == bars[0]
