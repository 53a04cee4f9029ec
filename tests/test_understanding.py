"""`rate.errors`, `diagnose`, `explain` and `check.neuron`: what they say is so."""

import re

import networks
import numpy as np
import pytest
import torch
from test_rate import exact

import snnref
from snnref import check, diagnose, explain
from snnref.analysis.diagnosis import CAUSES
from snnref.layers import Dense, ReLU
from snnref.methods import METHODS
from snnref.network import INPUT, Network
from snnref.network.nodes import Population
from snnref.rate import errors, integrate_and_fire
from snnref.spiking.walk import activations


@pytest.fixture(scope="module")
def digits():
    net = snnref.load("digits-cnn")
    return net, snnref.data.load("digits", split="train")[0], snnref.data.load("digits")[0]


@pytest.mark.parametrize("options", [{}, {"initial": 0.5}])
def test_equation_7_adds_up(net, x, options):
    """inherited + own + rectified = total, at every neuron; exactly, since times are powers of two."""
    snn = exact(net, x)
    settings = {"steps": 64, **options}
    found = errors(snn, x, **settings)
    a = activations(snn.nodes, x / snn.scales[INPUT])
    trace = snn.simulate(x, **settings)
    assert found.keys() == {k for k, node in snn.nodes.items() if isinstance(node, Population)}
    for name, parts in found.items():
        assert np.array_equal(parts.total, trace.trains[name].value() - a[name])
        assert np.array_equal(parts.inherited + parts.own + parts.rectified, parts.total)
        source = snn.nodes[name].sources
        if source == (INPUT,) and len(snn.nodes[name].input.projections) == 1:
            assert not parts.inherited.any()
    as_torch = errors(snn, torch.tensor(x), **settings)
    for name, parts in as_torch.items():
        np.testing.assert_allclose(parts.total, found[name].total, atol=1e-12)


def test_errors_grow_with_depth_and_fall_with_time(digits):
    net, calibration, x = digits
    snn = snnref.rate.convert(net, calibration, percentile=100)
    short, long = (errors(snn, x[:30].astype(float), steps=steps) for steps in (16, 128))
    assert np.abs(short["relu2"].inherited).mean() > np.abs(short["relu1"].inherited).mean() == 0
    for name in short:
        assert np.abs(long[name].total).mean() < np.abs(short[name].total).mean() / 3


def test_errors_refuse_what_the_equation_does_not_hold_for(net, x):
    snn = exact(net, x)
    with pytest.raises(ValueError, match="got reset 'zero'"):
        errors(snn, x, reset="zero")
    with pytest.raises(ValueError, match="bias 'spikes'"):
        errors(snn, x, bias="spikes")
    with pytest.raises(ValueError, match="clamp 3, expected"):
        errors(snn, x, clamp=3)


def one_layer(weights, bias):
    net = Network((1,)).add("out0", Dense(np.asarray(weights, float)[:, None], np.asarray(bias, float)))
    return net.add("relu", ReLU()).add("out", Dense(np.ones((1, len(weights)))))


def test_diagnosis_by_hand():
    """Four neurons, each with another illness; what the shares are made of can be counted on fingers."""
    net = one_layer([4.0, 0.125, 0.75, -1.0], [0.0] * 4)
    snn = snnref.rate.convert(net, np.ones((1, 1)), percentile=None)
    result = diagnose(net, snn, np.ones((3, 1)), steps=2)
    (row,) = result.rows
    whole = (4 + 0.125 + 0.75) / 4  # the mean activation
    assert row.clipping == pytest.approx(3 / 4 / whole)
    assert row.silence == pytest.approx(0.125 / 4 / whole)
    assert row.quantisation == pytest.approx(0.25 / 4 / whole)  # a rate of 1/2 where 3/4 was meant
    assert row.transient == row.inherited == 0
    assert row.cause == "clipping"
    assert result.agreement == 1
    assert "higher percentile" in str(result)
    assert f"{row.clipping:.1%}" in str(result)


def test_diagnosis_names_what_was_done_to_the_network(digits):
    net, calibration, x = digits
    x = x[:100]

    def cause(name, steps, **options):
        snn = snnref.rate.convert(net, calibration, **options)
        return {row.population: row for row in diagnose(net, snn, x, steps=steps).rows}[name].cause

    assert cause("relu1", 100, percentile=50) == "clipping"
    assert cause("relu1", 1) == "silence"
    assert cause("relu1", 50) == "quantisation"
    assert cause("relu3", 30, percentile=70) == "inherited"


def test_transients_are_seen_and_clamped(digits):
    net, calibration, x = digits
    snn = snnref.rate.convert(net, calibration)
    free, held = (
        {row.population: row for row in diagnose(net, snn, x[:50], steps=60, clamp=d).rows}["relu2"].transient
        for d in (0, 10)
    )
    assert held < free


def test_diagnosis_in_torch(digits):
    net, calibration, x = digits
    snn = snnref.rate.convert(net, calibration)
    one, other = diagnose(net, snn, x[:20], steps=20), diagnose(net, snn, torch.from_numpy(x[:20]), steps=20)
    assert one.agreement == other.agreement
    for a, b in zip(one.rows, other.rows, strict=True):
        assert a.quantisation == pytest.approx(b.quantisation, abs=1e-3)


def numbers(text):
    return [float(n) for n in re.findall(r"[-+]?\d+\.\d+", text)]


@pytest.mark.parametrize("options", [{}, {"bias": "spikes"}, {"clamp": 2}, {"initial": 0.5}, {"encoding": "regular"}])
def test_an_explanation_adds_up(net, x, options):
    """The charges of the sources sum up to what was received: spikes paid and the potential left over."""
    snn = exact(net, x)
    trace = snn.simulate(x, steps=32, **options)
    rng = np.random.default_rng(0)
    for name, node in snn.nodes.items():
        if isinstance(node, Population):
            flat = int(rng.integers(np.prod(node.shape)))
            place = tuple(int(i) for i in np.unravel_index(flat, node.shape))
            text = explain(trace, name, flat, sample=1)
            assert text == explain(trace, name, place, sample=1)
            spikes = trace.spikes_over_time[name][(slice(None), 1, *place)].sum()
            left = trace.potentials[name][(-1, 1, *place)]
            lines = text.splitlines()
            received = numbers(next(line for line in lines if line.startswith("received")))[0]
            assert received == pytest.approx(spikes + left - options.get("initial", 0), abs=1e-4)
            parts = [n for line in lines[1:] if line.startswith("  ") for n in numbers(line.split(": ")[-1])]
            assert sum(parts) == pytest.approx(received, abs=1e-3)
            assert (f"{spikes:g} times" in lines[-1]) if spikes else ("never fired" in lines[-1])


def test_explanation_with_reset_to_zero(net, x):
    trace = exact(net, x, reset="zero").simulate(x, steps=32)
    name = next(k for k, node in trace.nodes.items() if isinstance(node, Population))
    fired = int(np.argmax(trace.spikes[name][0]))
    assert "threw away" in explain(trace, name, fired)


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        (("relu9", 0), {}, "population: got 'relu9', expected one of relu1"),
        (("relu1", 4000), {}, r"neuron: got 4000, expected an index below 192 or \(3, 8, 8\)"),
        (("relu1", (1, 2)), {}, r"neuron: got \(1, 2\)"),
        (("relu1", -1), {}, "neuron: got -1"),
        (("relu1", 0), {"sample": 3}, "sample: got 3, expected an index below 3"),
    ],
)
def test_explanations_of_nothing_are_refused(arguments, settings, message):
    net = networks.chain(np.random.default_rng(0))
    x = networks.images(np.random.default_rng(1), net)
    snn = exact(net, x)
    with pytest.raises(ValueError, match=message):
        explain(snn.simulate(x, steps=3), *arguments, **settings)
    with pytest.raises(TypeError, match="expected what snn"):
        explain(snn.run(x, steps=3), "relu1", 0)


def mine(z, v, threshold=1.0, reset="subtract"):
    v = v + z
    spike = 1 if v >= threshold else 0
    if reset == "zero":
        return spike, v * (1 - spike)
    return spike, v - spike * threshold


def test_a_right_neuron_passes():
    assert check.neuron("rate", mine)
    assert check.neuron("rate", integrate_and_fire)
    assert "all 1668 cases" in repr(check.neuron("rate", mine))
    short = check.neuron("rate", lambda z, v: mine(z, v))
    assert short  # with the options that it has
    assert int(re.search(r"(\d+) cases", repr(short))[1]) == 1668 / 6


WRONG = {
    "strict": (lambda z, v, threshold=1.0: (float(v + z > threshold), v + z - threshold * (v + z > threshold)), "1"),
    "forgets the threshold": (lambda z, v, threshold=1.0: mine(z, v), "1"),
    "always to zero": (lambda z, v, threshold=1.0, reset="subtract": mine(z, v, threshold, "zero"), "2"),
    "never negative": (lambda z, v: mine(max(z, -v), v), "-0.5"),
    "keeps no potential": (lambda z, v: mine(z, 0.0), "0.5, 1"),
}


@pytest.mark.parametrize(("step", "currents"), WRONG.values(), ids=WRONG)
def test_a_wrong_neuron_gets_the_smallest_counter_example(step, currents):
    result = check.neuron("rate", step)
    assert not result
    assert f"after the currents {currents} the reference gives" in repr(result)


def test_a_failing_neuron_is_told_its_error():
    assert "yours fails with ZeroDivisionError" in repr(check.neuron("rate", lambda z, v: (1 / 0, v)))
    assert "yours fails with TypeError" in repr(check.neuron("rate", lambda z, v: None))
    with pytest.raises(ValueError, match="method: got 'morse', expected one of rate"):
        check.neuron("morse", mine)
    with pytest.raises(TypeError, match="step: got int"):
        check.neuron("rate", 3)


def test_every_method_offers_the_same():
    for module in METHODS.values():
        assert {"convert", "explain", "advice", "check"} <= set(dir(module))
        code = module.convert(one_layer([1.0], [0.0]), np.ones((1, 1))).stepwise
        assert all(module.advice(cause, code) for cause in CAUSES)


def test_advice_heeds_the_options(digits):
    net, calibration, x = digits
    snn = snnref.rate.convert(net, calibration)
    assert "Eq. 5a" in diagnose(net, snn, x[:20], steps=200, reset="zero").advice["relu1"]
    assert "Poisson" in diagnose(net, snn, x[:20], steps=60, encoding="poisson").advice["relu1"]
    binary = snnref.load("digits-binarynet-sign")
    result = diagnose(binary, snnref.rate.convert(binary, calibration, percentile=100), calibration[:20], steps=4)
    assert all(row.cause is None or getattr(row, row.cause) > 0 for row in result.rows)
    easy = one_layer([1.0, 0.0], [0.0, 0.0])
    perfect = diagnose(easy, snnref.rate.convert(easy, np.ones((1, 1))), np.ones((1, 1)))
    assert perfect.rows[0].cause is None
    assert perfect.advice == {}


def test_explanations_of_signed_and_of_held_neurons(digits):
    net, calibration, x = snnref.load("digits-binarynet-sign"), digits[1], digits[2]
    trace = snnref.rate.convert(net, calibration).simulate(x[:1], steps=10)
    never = trace.spikes_over_time["sign1"][:, 0].min(axis=0)
    place = tuple(int(i) for i in np.argwhere(never < 0)[0])
    text = explain(trace, "sign1", place)
    assert "fired 0 times, and 10 times −1" in text
    assert "-10 × 1 paid" in text
    held = snnref.rate.convert(digits[0], calibration).simulate(x[:1], steps=8, clamp=10)
    text = explain(held, "relu1", 0)
    assert "held the whole time" in text
    assert "received in all: +0.0000" in text


def test_a_neuron_that_fails_later_is_shown_until_there():
    def fails(z, v):
        if v:
            raise RuntimeError("not empty")
        return mine(z, v)

    result = repr(check.neuron("rate", fails))
    assert "yours fails with RuntimeError: not empty" in result
    assert "after the currents 0.5, 1 " in result
