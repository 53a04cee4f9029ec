"""Two-stage time to first spike: the two walks agree spike for spike, and the paper's equations hold."""

import itertools
import tracemalloc
from fractions import Fraction
from math import ceil

import networks
import numpy as np
import pytest
import torch

import snnref
from snnref import ttfs
from snnref.layers import Activation, AvgPool, Conv, Dense, Flatten, Gain, ReLU, Softmax, UnevenAvgPool
from snnref.network import INPUT, READOUT, Network, counting
from snnref.network.canonical import canonical
from snnref.network.nodes import MaxPool, Population, Readout, weighted_nodes
from snnref.network.normalisation import normalise
from snnref.spiking import calibration
from snnref.spiking.snn import SNN
from snnref.spiking.walk import activations
from snnref.ttfs import quantised, spiking_stage, two_stages
from snnref.ttfs.closed import Closed
from snnref.ttfs.scales import CANDIDATES, Chooser
from snnref.ttfs.schedule import answering, windows
from snnref.ttfs.stepwise import Stepwise
from snnref.ttfs.trains import Timed


def exact(net, x, *, per_channel=False, **options):
    """Converted with scales that are powers of two, so that all sums are exact."""
    nodes = canonical(net)
    chosen = Chooser("search", "layer", 16, 0.5)(nodes, np.abs(x))
    scales = {k: 2.0 ** np.round(np.log2(v)) for k, v in chosen.items()} | {INPUT: 2.0, READOUT: 4.0}
    if per_channel:
        rng = np.random.default_rng(3)
        for name, node in nodes.items():
            if isinstance(node, Population):
                scales[name] = scales[name] * 2.0 ** rng.integers(-1, 2, (node.shape[0], *[1] * (len(node.shape) - 1)))
            if isinstance(node, MaxPool):
                scales[name] = scales[node.source]
    options |= {"_windows": windows(nodes)}
    return SNN(normalise(nodes, scales), scales, Stepwise(**options), Closed(**options))


@pytest.fixture
def x(x):
    """No time stands for negative pixels."""
    return np.abs(x)


def assert_same(trace, run):
    for name, train in trace.trains.items():
        if isinstance(train, Timed):
            assert np.array_equal(np.asarray(train.times), np.asarray(run.trains[name].times)), name
    output = np.asarray(run.output_over_time)  # the division by t_max rounds, but equally in each type
    assert np.array_equal(np.asarray(trace.output_over_time).astype(output.dtype), output)


OPTIONS = [
    {"t_max": t_max, "half_step": half_step, "output": output}
    for t_max, half_step, output in itertools.product((1, 6, 16), (True, False), ("earliest", "potential"))
]


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(map(str, o.values())))
def test_run_equals_simulate(net, x, options, per_channel):
    """NumPy and torch, float64 and float32."""
    snn = exact(net, x, per_channel=per_channel)
    trace = snn.simulate(x, **options)
    assert_same(trace, snn.run(x, record=True, **options))
    assert_same(trace, snn.run(torch.tensor(x), record=True, **options))
    assert_same(trace, snn.run(torch.tensor(x, dtype=torch.float32), record=True, **options))
    assert_same(trace, snn.simulate(torch.tensor(x), **options))
    short = snn.run(x, **options)  # the readout is asked at the end only
    assert short.output_over_time.shape[0] == 1
    assert np.array_equal(short.output, trace.output)
    assert np.array_equal(short.spikes["input"], trace.spikes["input"])


def test_there_are_spikes_to_compare(net, x):
    trace = exact(net, x, t_max=16).simulate(x)
    for name, train in trace.trains.items():
        if isinstance(train, Timed):
            times = train.times[train.times < 16]
            assert len(np.unique(times)) > 2, name
    assert any((train.times == 0).any() for name, train in trace.trains.items() if name in trace.potentials)  # clipped


def test_a_batch_equals_its_samples(net, x):
    snn = exact(net, x, t_max=8)
    whole = snn.run(x, record=True)
    for i in range(len(x)):
        one = snn.run(x[i : i + 1], record=True)
        assert np.array_equal(one.output_over_time[:, 0], whole.output_over_time[:, i])
        for name, train in whole.trains.items():
            if isinstance(train, Timed):
                assert np.array_equal(one.trains[name].times[0], train.times[i])


@pytest.mark.parametrize("early", [0.0, 0.5])
@pytest.mark.parametrize("threshold", [0.5, 4.0, 6.0])
def test_the_neuron_by_its_formula(threshold, early):
    """t_out = ⌈t_max (1 − u / u_th) − early⌉ with u = Σ W (t_max − t), in fractions; none for what takes t_max."""
    rng, t_max = np.random.default_rng(0), 8
    fired = 0
    for _ in range(300):
        weights, times = networks.dyadic(rng, 5), rng.integers(0, t_max + 1, 5)
        bias = float(networks.dyadic(rng, 1)[0]) / 4
        arriving = [np.asarray(weights[times == t].sum()) for t in range(t_max)]
        got, potentials = two_stages(arriving, threshold=threshold, bias=bias, early=early)
        u = sum(Fraction(w) * int(t_max - t) for w, t in zip(weights, times, strict=True)) + t_max * Fraction(bias)
        assert Fraction(float(potentials[t_max - 1])) == u
        out = ceil(t_max * (1 - u / Fraction(threshold)) - Fraction(early))
        assert got == min(max(out, 0), t_max)
        fired += got < t_max
        if u <= 0:
            assert got == t_max
    assert 100 < fired < 290


def test_it_fires_once_and_rests():
    times, potentials = spiking_stage(np.array([3.0, 0.0, -1.0, 9.0]), threshold=4.0, t_max=4)
    assert times.tolist() == [1, 4, 4, 0]
    assert np.stack(potentials).tolist() == [[3, 0, -1, 9], [4, 1, 0, 0], [0, 2, 1, 0], [0, 3, 2, 0]]


def test_what_a_population_says_is_what_it_receives_in_whole_steps(net, x):
    """Eqs. 1-4 together: the ReLU, rounded, at x_max at most."""
    snn = exact(net, x, t_max=16)
    run = snn.run(x)
    values = {name: train.value() for name, train in run.trains.items()}
    for name, node in snn.nodes.items():
        if isinstance(node, Population):
            received = node.input.drive({k: values[k] for k in node.sources}) + node.input.bias
            assert np.array_equal(values[name], np.clip(np.floor(16 * received + 0.5), 0, 16) / 16)
            assert np.array_equal(values[name], quantised(received, 1.0, t_max=16))
        if isinstance(node, MaxPool):
            assert np.array_equal(values[name], node.window(values[node.source]))


def test_half_a_step_takes_away_the_bias():
    """The bare crossing cuts off: half a step too small on average; with half a step's charge nothing on average."""
    x = np.linspace(0, 1, 4001)
    for early, mean in ((0.0, -0.5), (0.5, 0.0)):
        wrong = 20 * (quantised(x, 1.0, t_max=20, early=early) - x)
        assert wrong.mean() == pytest.approx(mean, abs=0.01)
        assert np.ptp(wrong) == pytest.approx(1, abs=0.01)


def test_pixels_above_the_largest_come_first_all_alike():
    times = ttfs.first_spike(np.array([0.0, 0.01, 0.5, 1.0, 3.0]), t_max=10, early=0.5)
    assert times.tolist() == [10, 10, 5, 0, 0]


@pytest.mark.parametrize("make", [networks.chain, networks.residual, networks.concat])
@pytest.mark.parametrize("per", ["layer", "channel"])
@pytest.mark.parametrize("rule", ["search", "maximum", "bound"])
def test_thresholds_in_the_papers_unit(make, rule, per):
    """Converted with the thresholds that it has, a network is the same; and with the weights as they were trained, the
    neurons of the paper fire when ours do (layers stack without rescaling)."""
    net = make(np.random.default_rng(0))
    x = np.abs(networks.images(np.random.default_rng(1), net, batch=8))
    snn = ttfs.convert(net, x, t_max=16, threshold=rule, per=per)
    found = ttfs.thresholds(snn)
    again = ttfs.convert(net, x, t_max=16, threshold=found)
    for name in snn.nodes:
        np.testing.assert_allclose(again.scales[name], snn.scales[name], rtol=1e-12)
    if per == "channel":
        return
    nodes, trace = canonical(net), snn.simulate(x)
    for name, node in weighted_nodes(nodes).items():
        if isinstance(node, Population):
            times = {k: trace.trains[k].times for k in node.sources}
            largest = max(snn.scales[k] for k in node.sources)
            share = {k: snn.scales[k] / largest for k in node.sources}  # 1, but where sources differ
            arriving = [node.input.drive({k: (t == step) * share[k] for k, t in times.items()}) for step in range(16)]
            got, _ = two_stages(arriving, threshold=found[name], bias=node.input.bias / largest, early=0.5)
            assert np.mean(got == trace.trains[name].times) > 0.999  # rounding may differ where a step begins


def test_scales_follow_each_other():
    """x_max = u_th · x_max of the layer below / t_max."""
    net = networks.chain(np.random.default_rng(0))
    x = np.abs(networks.images(np.random.default_rng(1), net))
    given = {name: 10.0 + k for k, name in enumerate(weighted_nodes(canonical(net)))}
    snn = ttfs.convert(net, x, t_max=32, threshold=given)
    assert snn.scales[INPUT] == x.max()
    for name, node in weighted_nodes(snn.nodes).items():
        assert snn.scales[name] == pytest.approx(given[name] * snn.scales[node.sources[0]] / 32)
    flat = ttfs.convert(net, x, t_max=32, threshold=10.0)
    assert flat.scales == ttfs.convert(net, x, t_max=32, threshold=dict.fromkeys(given, 10.0)).scales
    branched = networks.residual(np.random.default_rng(0))
    x = np.abs(networks.images(np.random.default_rng(1), branched))
    snn = ttfs.convert(branched, x, t_max=32, threshold=10.0)
    several = [node for node in weighted_nodes(snn.nodes).values() if len({snn.scales[k] for k in node.sources}) > 1]
    assert several
    for node in several:  # of sources that differ, the largest
        assert snn.scales[node.name] == pytest.approx(10.0 * max(snn.scales[k] for k in node.sources) / 32)
    net = networks.chain(np.random.default_rng(0))
    x = np.abs(networks.images(np.random.default_rng(1), net))
    some = ttfs.convert(net, x, t_max=32, threshold={"relu1": "bound"})
    assert some.scales["relu1"] == ttfs.convert(net, x, t_max=32, threshold="bound").scales["relu1"]


def test_bound_is_the_largest_that_can_come(net, x):
    """Eq. 5, by brute force: the weights of a neuron from each source by itself, the positive ones added up."""
    nodes = canonical(net)
    scales = Chooser("maximum", "layer", 16, 0.5)(nodes, x)
    for node in weighted_nodes(nodes).values():
        bounds, loose = ttfs.bound(node, nodes, scales), False
        highest = np.broadcast_to(node.input.bias, node.shape) + 0.0
        for p in node.input.projections:
            shape = nodes[p.source].shape
            units = np.eye(int(np.prod(shape))).reshape(-1, *shape)
            highest = highest + scales[p.source] * np.maximum(p(units), 0).sum(axis=0)
            loose |= sum(isinstance(m, Dense | Conv | AvgPool | UnevenAvgPool) for m in p.maps) > 1
        if loose:
            assert (bounds >= highest - 1e-12).all()
        else:
            np.testing.assert_allclose(bounds, highest, rtol=1e-12)


def test_bound_holds_for_every_input():
    """A mean between two weighted layers, and a bias."""
    rng = np.random.default_rng(0)
    net = Network((1, 6, 6)).add("conv", Conv(networks.dyadic(rng, 3, 1, 3, 3), networks.dyadic(rng, 3)))
    net = net.add("mean", AvgPool(2)).add("flat", Flatten((3, 2, 2))).add("dense", Dense(networks.dyadic(rng, 5, 12)))
    net = net.add("relu", ReLU()).add("out", Dense(np.eye(5)))
    nodes = canonical(net)
    corners = rng.integers(0, 2, (3000, 1, 6, 6)).astype(float)
    received = activations(nodes, corners)["relu"]
    bounds = ttfs.bound(nodes["relu"], nodes, dict.fromkeys(nodes, 1.0))
    assert (received <= bounds).all()


def test_search_finds_the_least_error(net, x):
    nodes = canonical(net)
    scales = Chooser("search", "layer", 8, 0.5)(nodes, x)
    ann, received = activations(nodes, x), {INPUT: quantised(x, scales[INPUT], t_max=8)}
    for name, node in nodes.items():
        if isinstance(node, MaxPool):
            received[name] = node.window(received[node.source])
        elif isinstance(node, Population) or (isinstance(node, Readout) and answering(nodes) == name):
            u, wanted = node.input.drive(received) + node.input.bias, np.maximum(ann[name], 0)
            errors = {
                s: ((quantised(u, s, t_max=8) - wanted) ** 2).mean() for s in [*(u.max() * CANDIDATES), scales[name]]
            }
            assert errors[scales[name]] == pytest.approx(min(errors.values()))
            received[name] = quantised(u, scales[name], t_max=8)


def test_search_beats_the_maximum_and_the_maximum_beats_the_bound():
    net = snnref.load("digits-cnn")
    calibration, (x, labels) = snnref.data.load("digits", split="train")[0], snnref.data.load("digits")
    ann = (net(x).argmax(axis=1) == labels).mean()

    def accuracy(**settings):
        return ttfs.convert(net, calibration, **settings).run(x).accuracy(labels)

    assert accuracy(t_max=8) > accuracy(t_max=8, threshold="maximum") > 0.9
    assert (
        accuracy(t_max=32, threshold="bound") < 0.5 < 0.9 < accuracy(t_max=32, threshold="bound", per="channel") + 0.9
    )
    assert accuracy(t_max=4096, threshold="bound") > ann - 0.01
    assert accuracy(t_max=64) > ann - 0.005


def test_thresholds_per_channel():
    """But one for all whose times are compared: the classes."""
    net = snnref.load("digits-cnn")
    calibration = snnref.data.load("digits", split="train")[0]
    snn = ttfs.convert(net, calibration, t_max=16, per="channel")
    assert {k: np.shape(s) for k, s in snn.scales.items()} == {
        "input": (),
        "relu1": (16, 1, 1),
        "pool1": (16, 1, 1),
        "relu2": (32, 1, 1),
        "pool2": (32, 1, 1),
        "relu3": (64,),
        "readout": (),
    }
    ending = snnref.load("digits-cnn").add("last", ReLU())
    nodes = canonical(ending)
    assert answering(nodes) == "last"
    chosen = ttfs.convert(ending, calibration, t_max=16, per="channel").scales
    assert np.shape(chosen["last"]) == ()
    assert chosen["readout"] == chosen["last"]
    for per_layer, per_channel in itertools.pairwise(
        ttfs.convert(net, calibration, t_max=16, threshold="maximum", per=per).scales["relu2"]
        for per in ("layer", "channel")
    ):
        assert per_layer == per_channel.max()


def test_a_network_that_ends_with_a_relu_answers_by_its_spikes():
    """Without another stage; and both outputs say the same."""
    net, calibration = snnref.load("digits-cnn"), snnref.data.load("digits", split="train")[0]
    x = snnref.data.load("digits")[0][:40].astype(float)
    linear = ttfs.convert(net, calibration, t_max=16)
    ending = ttfs.convert(net.add("last", ReLU()), calibration, t_max=16)
    assert [linear.run(x, output=output).latency for output in ("earliest", "potential")] == [80, 64]
    assert [ending.run(x, output=output).latency for output in ("earliest", "potential")] == [80, 80]
    said_last = ending.run(x).trains["last"].value() * ending.scales["last"]
    for output in ("earliest", "potential"):
        np.testing.assert_allclose(ending.run(x, output=output).output, said_last)


def test_a_bias_behind_the_last_relu_asks_for_another_stage():
    """Or a weight: then the spikes of that ReLU are not the answer."""
    ending = snnref.load("digits-cnn").add("last", ReLU())
    assert answering(canonical(ending)) == "last"
    conv = Network((1, 4, 4)).add("conv", Conv(np.ones((3, 1, 4, 4)))).add("last", ReLU())
    assert answering(canonical(conv.add("flat", Flatten((3, 1, 1))))) == "last"
    for more in (Gain(1.0, np.arange(10.0)), Gain(2.0)):
        assert answering(canonical(ending.add("more", more))) == READOUT


def test_nobody_answers():
    net, calibration = snnref.load("digits-cnn"), snnref.data.load("digits", split="train")[0]
    x = snnref.data.load("digits")[0][:50]
    snn = ttfs.convert(net, calibration, t_max=64, threshold="bound")
    assert snn.run(x).unanswered.all()
    assert not snn.run(x, output="potential").unanswered.any()
    assert not ttfs.convert(net, calibration).run(torch.tensor(x)).unanswered.any()
    asked = ttfs.convert(net.add("softmax", Softmax()), calibration, t_max=64, threshold="bound")
    assert asked.run(x).unanswered.all()  # though all probabilities are 0.1


def test_search_heeds_outputs_below_zero():
    """A unit that receives more than 0 by rounding, but answers 0 in the ANN, is wrong by what it says, not by more."""
    ann = np.array([[-2.0, 1.0, 0.25]])
    chooser = Chooser("search", "layer", 4, 0.5)
    value = np.array([[0.3, 1.0, 0.25]])
    assert chooser._search(value, ann) == chooser._search(value, np.maximum(ann, 0))


def test_the_earliest_spike_answers():
    net, calibration = snnref.load("digits-cnn"), snnref.data.load("digits", split="train")[0]
    x = snnref.data.load("digits")[0][:60].astype(float)
    trace = ttfs.convert(net, calibration, t_max=32).simulate(x)
    over_time = trace.output_over_time
    assert over_time.shape == (32, 60, 10)
    for sample in range(60):
        (fired,) = np.nonzero(over_time[:, sample].any(axis=1))
        assert len(fired)
        at_once = trace.prediction_over_time[fired, sample]
        assert (at_once == trace.prediction[sample]).all()  # who comes first stays first
        assert np.isclose(over_time[fired[0], sample].max(), (32 - fired[0]) / 32 * trace.scales[READOUT])


def test_potentials_of_the_readout_grow_over_time():
    """Asked before the end, it knows only what has arrived."""
    net = Network((2,)).add("out", Dense(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0.0, 0.25])))
    snn = ttfs.convert(net, np.ones((1, 2)), t_max=4, output="potential")
    run = snn.run(np.array([[1.0, 0.5]]), record=True)
    wanted = [[0.25, 0.0625], [0.5, 0.125], [0.75, 0.4375], [1.0, 0.75]]
    np.testing.assert_allclose(run.output_over_time[:, 0], wanted, rtol=1e-12)


def test_spikes_and_operations_by_brute_force(net, x):
    """At most one spike a neuron; each costs what it reaches."""
    snn = exact(net, x, t_max=8)
    run = snn.run(x)
    for sample in range(len(x)):
        spent = 0
        for p, _ in counting.projections(snn.nodes):
            fan_out = p.fan_out(snn.nodes[p.source].shape).ravel()
            times, neurons, signs = run.trains[p.source].events(sample)
            assert len(set(neurons)) == len(neurons)
            assert (np.diff(times) >= 0).all()
            assert (signs == 1).all()
            spent += sum(fan_out[neuron] for neuron in neurons)
        assert run.operations.total[sample] == spent
    fired = sum(run.spikes[k].sum() for k, node in snn.nodes.items() if isinstance(node, Population))
    assert run.spikes_per_neuron == fired / len(x) / counting.neurons(snn.nodes)
    assert run.spikes_per_neuron < 1
    assert run.analog_operations == 0


def test_schedule_of_a_chain():
    net, calibration = snnref.load("digits-cnn"), snnref.data.load("digits", split="train")[0]
    snn = ttfs.convert(net, calibration, t_max=16)
    plan = ttfs.schedule(snn)
    stages = {s.node: (s.silent, s.spiking) for s in plan.stages}
    assert stages["input"] == (None, (0, 16))
    assert stages["relu1"] == ((0, 16), (16, 32))
    assert stages["pool1"] == (None, (16, 32))
    assert stages["relu3"] == ((32, 48), (48, 64))
    assert stages["readout"] == ((48, 64), (64, 80))
    assert (plan.latency, plan.interval, plan.delay_lines) == (80, 32, ())
    neurons = 16 * 64 + 32 * 16 + 64
    assert plan.updates == 2 * 16 * (neurons + 10)
    by_potential = ttfs.schedule(snn, output="potential", t_max=8)
    assert by_potential.stages[-1].spiking is None
    assert (by_potential.latency, by_potential.updates) == (32, 8 * (2 * neurons + 10))
    assert "answer after 80 steps, an input every 32 (16 with two potentials a neuron)" in str(plan)


def test_schedule_of_a_network_that_answers_by_its_relu():
    """Its readout is no stage of its own, unless the potential is asked."""
    calibration = snnref.data.load("digits", split="train")[0]
    snn = ttfs.convert(snnref.load("digits-cnn").add("last", ReLU()), calibration, t_max=16)
    plan, neurons = ttfs.schedule(snn), 16 * 64 + 32 * 16 + 64 + 10
    assert (plan.stages[-1].silent, plan.stages[-1].spiking) == (None, None)
    assert (plan.latency, plan.updates) == (80, 16 * 2 * neurons)
    asked = ttfs.schedule(snn, output="potential")
    assert (asked.stages[-1].silent, asked.stages[-1].spiking) == ((64, 80), None)
    assert (asked.latency, asked.updates) == (80, 16 * (2 * neurons + 10))
    assert "readout" not in ttfs.thresholds(snn)


def test_channels_that_are_always_dead():
    """They get the scale of the largest living one, and so do not raise the bound of the next layer."""
    net = Network((1,)).add("first", Dense(np.array([[0.001], [-1.0]]))).add("relu1", ReLU())
    net = net.add("second", Dense(np.array([[1.0, 1.0]]))).add("relu2", ReLU()).add("out", Dense(np.eye(1)))
    x = np.ones((3, 1))
    for rule in ("bound", "maximum", "search"):
        snn = ttfs.convert(net, x, threshold=rule, per="channel")
        assert snn.scales["relu1"][0] == snn.scales["relu1"][1] <= 0.001
        assert snn.run(x).output == pytest.approx(0.001, rel=0.05)
    dead = Network((1,)).add("first", Dense(np.array([[-1.0]]))).add("relu1", ReLU()).add("out", Dense(np.eye(1)))
    for rule in ("bound", "maximum", "search"):
        assert ttfs.convert(dead, x, threshold=rule).scales["relu1"] == 1.0


def test_the_inputs_largest_value_is_that_of_all_samples(monkeypatch):
    monkeypatch.setattr(calibration, "VALUES", 64)
    net, x = snnref.load("digits-cnn"), np.full((100, 1, 8, 8), 0.5)
    x[37] = 1.0
    assert ttfs.convert(net, x).scales[INPUT] == 1.0


def test_spikes_that_skip_a_window_wait(net, x):
    """By brute force: a source's spiking stage must be its target's silent one, or a delay line makes up for it."""
    snn = exact(net, x, t_max=4)
    plan = ttfs.schedule(snn)
    stages = {s.node: s for s in plan.stages}
    waits = {(line.source, line.target): line for line in plan.delay_lines}
    for name, node in weighted_nodes(snn.nodes).items():
        for source in node.sources:
            gap = stages[name].silent[0] - stages[source].spiking[0]
            assert gap >= 0
            assert gap == (waits[source, name].steps if (source, name) in waits else 0)
            if gap:
                assert waits[source, name].neurons == np.prod(snn.nodes[source].shape)
                assert f"{source} waits {gap} steps for {name}" in str(plan)


def test_residual_networks_have_delay_lines():
    net = networks.residual(np.random.default_rng(0))
    x = np.abs(networks.images(np.random.default_rng(1), net))
    assert ttfs.schedule(exact(net, x)).delay_lines


def test_memory_does_not_grow_with_t_max():
    net, x = snnref.load("digits-cnn"), snnref.data.load("digits")[0][:64]
    snn = ttfs.convert(net, x)
    peaks = []
    for t_max in (16, 16, 4096):  # the first fills caches
        tracemalloc.start()
        snn.run(x, t_max=t_max)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.2 * peaks[1]


def test_potentials_are_recorded():
    net, x = networks.chain(np.random.default_rng(0)), None
    x = np.abs(networks.images(np.random.default_rng(1), net))
    trace = exact(net, x, t_max=8).simulate(x)
    u = trace.potentials["relu1"]
    assert u.shape == (16, *trace.trains["relu1"].times.shape)
    fires = trace.trains["relu1"].times
    for t in range(8):  # in the spiking stage the neuron fires where the threshold is reached for the first time
        reached = u[8 + t] >= 1
        assert ((fires == t) <= reached).all()
        assert (u[8 + t][fires < t] == 0).all()


REFUSED = [
    ({"t_max": 0}, "t_max: got 0, expected a whole number of steps ≥ 1"),
    ({"t_max": 2.5}, "t_max: got 2.5"),
    ({"half_step": 0.5}, "half_step: got 0.5, expected True or False"),
    ({"output": "loudest"}, "output: got 'loudest', expected one of 'earliest', 'potential'"),
    ({"threshold": "best"}, "threshold: got 'best', expected one of 'search', 'maximum', 'bound', or a number > 0"),
    ({"threshold": -1.0}, "threshold: got -1.0"),
    ({"threshold": None}, "threshold: got None"),
    ({"threshold": {"relu1": 0}}, "threshold: got 0 for 'relu1'"),
    ({"threshold": [1.0, 2.0, 3.0]}, r"threshold: got \[1.0, 2.0, 3.0\], expected"),
    ({"threshold": {"relu1": np.ones((1, 16))}}, r"for 'relu1', expected .* of shape \(16, 1, 1\)"),
    ({"threshold": {"relu1": np.ones(8)}}, "for 'relu1', expected"),
    ({"threshold": {"relu1": [[1.0], [1.0, 2.0]]}}, "for 'relu1', expected"),
    ({"threshold": {"readout": np.ones(10)}}, "for 'readout', expected .* a step$"),
    ({"t_max": True}, "t_max: got True"),
    ({"threshold": {"relu9": 1.0}}, "threshold: got one for 'relu9', expected names of relu1"),
    ({"per": "neuron"}, "per: got 'neuron', expected one of 'layer', 'channel'"),
]


@pytest.mark.parametrize(("settings", "message"), REFUSED, ids=lambda v: str(v))
def test_settings_without_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        ttfs.convert(snnref.load("digits-cnn"), snnref.data.load("digits")[0], **settings)


def test_unsuitable_data_and_networks_are_refused():
    net, x = snnref.load("digits-cnn"), snnref.data.load("digits")[0]
    with pytest.raises(ValueError, match=r"calibration: got values down to -0\.5, expected 0 or more"):
        ttfs.convert(net, x - 0.5)
    with pytest.warns(UserWarning, match="input: got values up to 255 times the largest of the calibration"):
        ttfs.convert(net, x).run(255 * x[:2])
    with pytest.raises(TypeError, match="convert also takes threshold, per; did you mean 'threshold'"):
        ttfs.convert(net, x, treshold="search")
    for other in (net, snnref.rate.convert(net, x)):
        for ask in (ttfs.schedule, ttfs.thresholds):
            with pytest.raises(TypeError, match=r"expected what snnref\.ttfs\.convert returns"):
                ask(other)
    with pytest.raises(ValueError, match="got one for 'readout', expected names of relu1, relu2, relu3, last"):
        ttfs.convert(net.add("last", ReLU()), x, threshold={"readout": 3.0})
    with pytest.raises(ValueError, match=r"input in units of x_max: got values down to -1\.25"):
        ttfs.convert(net, x * 0.8).run(x[:2] - 1)
    with pytest.raises(TypeError, match="unknown setting 'steps'; ttfs has t_max, half_step, output"):
        ttfs.convert(net, x).run(x[:2], steps=3)
    tanh = Network((3,)).add("tanh", Activation("tanh")).add("out", Dense(np.eye(3)))
    with pytest.raises(ValueError, match="time to first spike expresses relu only"):
        ttfs.convert(tanh, np.ones((2, 3)))
    with pytest.raises(TypeError, match="net: got str"):
        ttfs.convert("digits-cnn", x)
