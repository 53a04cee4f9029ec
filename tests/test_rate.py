"""Rate coding: the two walks agree spike for spike, and the paper's identities hold."""

import tracemalloc
from dataclasses import replace

import networks
import numpy as np
import pytest
import torch

import snnref
from snnref.arrays import WeightCache
from snnref.layers import MaxPool as Pool
from snnref.network import INPUT, READOUT, counting
from snnref.network.canonical import canonical
from snnref.network.nodes import MaxPool, Population, depths
from snnref.network.normalisation import normalise
from snnref.rate import choose_scales, convert, integrate_and_fire
from snnref.rate.closed import Closed
from snnref.rate.stepwise import Stepwise
from snnref.spiking.snn import SNN
from snnref.spiking.trains import Analog, Clocked
from snnref.spiking.walk import walk

STEPS = 40


def exact(net, x, *, reset="subtract", per_channel=False):
    """Converted with scales that are powers of two, so that all sums are exact."""
    nodes = canonical(net)
    scales = {k: 2.0 ** np.ceil(np.log2(v)) for k, v in choose_scales(nodes, x, percentile=90).items()}
    scales |= {INPUT: 2.0, READOUT: 4.0}  # not what `convert` chooses: every scale must be heeded
    if per_channel:
        rng = np.random.default_rng(3)
        for name, node in nodes.items():
            if isinstance(node, Population):
                shape = (node.shape[0], *[1] * (len(node.shape) - 1))
                scales[name] = scales[name] * 2.0 ** rng.integers(-1, 2, shape)
            if isinstance(node, MaxPool):
                scales[name] = scales[node.source]
    options = {"reset": reset, "_depth": depths(nodes)}
    return SNN(normalise(nodes, scales), scales, Stepwise(**options), Closed(**options))


@pytest.fixture(params=["subtract", "zero"])
def reset(request):
    return request.param


def assert_same(trace, run):
    for name in trace.trains:
        if name != READOUT and name in trace.spikes_over_time:
            assert np.array_equal(np.asarray(trace.spikes_over_time[name]), np.asarray(run.trains[name].spikes)), name
    output = np.asarray(run.output_over_time)  # division by the time rounds, but equally in each type
    assert np.array_equal(np.asarray(trace.output_over_time).astype(output.dtype), output)


@pytest.mark.parametrize("chunk", [1, 7, None])
@pytest.mark.parametrize("per_channel", [False, True])
def test_run_equals_simulate(net, x, reset, per_channel, chunk):
    snn = exact(net, x, reset=reset, per_channel=per_channel)
    trace = snn.simulate(x, steps=STEPS)
    assert np.mean([spikes.any() for spikes in trace.spikes_over_time.values()]) > 0.9
    assert_same(trace, snn.run(x, steps=STEPS, chunk=chunk, record=True))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_torch_equals_numpy(net, x, reset, dtype):
    snn = exact(net, x, reset=reset)
    trace = snn.simulate(x, steps=STEPS)
    run = snn.run(torch.tensor(x, dtype=dtype), steps=STEPS, record=True)
    assert isinstance(run.output, torch.Tensor)
    assert run.output.dtype == dtype
    assert_same(trace, run)
    assert_same(trace, snn.simulate(torch.tensor(x, dtype=dtype), steps=STEPS))


@pytest.mark.parametrize("chunk", [1, 7, None])
def test_regular_input_spikes(net, x, reset, chunk):
    """Evenly spaced, at the rate of the pixel; equal in both walks, NumPy and torch."""
    snn, x = exact(net, x, reset=reset), np.abs(x)
    settings = {"steps": STEPS, "encoding": "regular"}
    trace = snn.simulate(x, **settings)
    assert_same(trace, snn.run(x, chunk=chunk, record=True, **settings))
    assert_same(trace, snn.run(torch.tensor(x), chunk=chunk, record=True, **settings))
    pixel, v = x / snn.scales[INPUT], np.zeros_like(x)
    for spikes in trace.spikes_over_time["input"]:  # those of a neuron that integrates its pixel
        spike, v = integrate_and_fire(pixel, v)
        assert np.array_equal(spikes, spike)
    assert np.array_equal(trace.spikes["input"], np.floor(STEPS * pixel))
    time = np.arange(1, STEPS + 1).reshape(-1, 1, 1, 1, 1)
    assert np.array_equal(np.cumsum(trace.spikes_over_time["input"], axis=0), np.floor(time * pixel))
    assert trace.analog_operations == 0
    assert trace.operations.by_projection.keys() >= {(p.source, n.name) for p, n in counting.projections(snn.nodes)}


@pytest.mark.parametrize("chunk", [1, 7, None])
def test_poisson_input_spikes(net, x, chunk):
    """The same draws in both walks, NumPy and torch, whatever the stretches."""
    snn, x = exact(net, x), np.abs(x)
    settings = {"steps": STEPS, "encoding": "poisson", "seed": 5}
    trace = snn.simulate(x, **settings)
    assert_same(trace, snn.run(x, chunk=chunk, record=True, **settings))
    assert_same(trace, snn.run(torch.tensor(x, dtype=torch.float32), chunk=chunk, record=True, **settings))
    other = snn.simulate(x, **{**settings, "seed": 6})
    assert not np.array_equal(other.spikes_over_time["input"], trace.spikes_over_time["input"])


def test_poisson_rates_are_the_pixels():
    """Counts are binomial: their mean is T x, their variance T x (1 − x); and steps are independent."""
    x, steps = np.full((200, 1, 8, 8), 0.3), 400
    net = snnref.load("digits-cnn")
    snn = convert(net, snnref.data.load("digits")[0], encoding="poisson")
    spikes = snn.run(x, steps=steps, record=True).trains["input"].spikes
    counts = spikes.sum(axis=0)
    assert counts.mean() == pytest.approx(0.3 * steps, rel=0.005)
    assert counts.var() == pytest.approx(0.21 * steps, rel=0.05)
    assert np.corrcoef(spikes[:-1].ravel(), spikes[1:].ravel())[0, 1] == pytest.approx(0, abs=0.01)


POOLED = [networks.chain, networks.residual, networks.concat, networks.sums]
GATES = ("average", "exponential", "filter")


@pytest.mark.parametrize("make", POOLED)
@pytest.mark.parametrize("pooling", GATES)
@pytest.mark.parametrize("chunk", [1, 7, None])
def test_gated_pooling(make, pooling, chunk):
    """Both walks let the same spikes through."""
    net = make(np.random.default_rng(0))
    x = networks.images(np.random.default_rng(1), net)
    snn = exact(net, x)
    settings = {"steps": STEPS, "pooling": pooling, "gate_steps": 5}
    trace = snn.simulate(x, **settings)
    assert_same(trace, snn.run(x, chunk=chunk, record=True, **settings))
    assert_same(trace, snn.run(torch.tensor(x), chunk=chunk, record=True, **settings))
    pools = [k for k, node in snn.nodes.items() if isinstance(node, MaxPool) and k in trace.spikes_over_time]
    usual = snn.simulate(x, steps=STEPS).spikes_over_time
    assert any(not np.array_equal(trace.spikes_over_time[k], usual[k]) for k in pools)


def rate_estimates(spikes, pooling, n):
    """By the definitions, from all spikes `(steps, neurons)`; largest lag first."""
    steps = len(spikes)
    for t in range(1, steps + 1):
        if pooling == "average":
            yield spikes[:t].sum(axis=0) / t
        elif pooling == "exponential":
            yield sum((1 - 1 / n) ** (t - 1 - k) / n * spikes[k] for k in range(t))
        else:
            yield spikes[max(0, t - n) : t].sum(axis=0) / n


@pytest.mark.parametrize("pooling", GATES)
def test_the_gate_by_its_definition(pooling):
    """A 2×2 window of neurons with given spikes: what passes is the spike of the neuron estimated highest."""
    rng = np.random.default_rng(0)
    spikes = (rng.random((30, 4)) < [0.2, 0.5, 0.6, 0.55]).astype(float)
    expected = []
    for now, estimate in zip(spikes, rate_estimates(spikes, pooling, 4), strict=True):
        best = max(range(4), key=lambda i: (round(float(estimate[i]), 12), -i))
        expected.append(now[best])
    node = MaxPool("pool", (1, 1, 1), Pool(2), "input")
    train = Clocked(spikes.reshape(30, 1, 1, 2, 2))
    for code in (Stepwise(steps=30, pooling=pooling, gate_steps=4), next(Closed(30).time_chunks())):
        code = replace(code, pooling=pooling, gate_steps=4)
        assert code.max_pool(node, train).spikes.ravel().tolist() == expected


def test_gates_deviate_and_the_exact_rule_does_not():
    """Counts that pass, over the largest count of the window: more than 1 through a gate at first, later nearly 1."""
    rng = np.random.default_rng(0)
    rates = rng.random((1, 1, 64, 64))
    spikes = Stepwise(steps=100, encoding="regular").encode(rates * 0.9 + 0.05)
    node = MaxPool("pool", (1, 32, 32), Pool(2), "input")
    largest = node.window(np.cumsum(spikes.spikes, axis=0))
    passed = {
        pooling: np.cumsum(Stepwise(steps=100, pooling=pooling).max_pool(node, spikes).spikes, axis=0)
        for pooling in ("exact", *GATES)
    }
    assert np.array_equal(passed["exact"], largest)
    early, late = (passed["average"][t].mean() / largest[t].mean() for t in (24, 99))
    assert early > 1.02
    assert abs(late - 1) < abs(early - 1)
    assert abs(passed["filter"][99].mean() / largest[99].mean() - 1) > abs(late - 1)


def test_regular_input_reaches_the_ann_in_the_end():
    net = snnref.load("digits-cnn")
    x = snnref.data.load("digits")[0][:50]
    snn = convert(net, snnref.data.load("digits", split="train")[0], percentile=100, encoding="regular")
    assert np.abs(snn.run(x, steps=2000).output - net(x)).max() < 0.3


def test_a_batch_equals_its_samples(net, x):
    snn = exact(net, x)
    whole = snn.run(x, steps=STEPS, record=True)
    for i in range(len(x)):
        alone = snn.run(x[i : i + 1], steps=STEPS, record=True)
        for name, spikes in alone.trains.items():
            if hasattr(spikes, "spikes"):
                assert np.array_equal(spikes.spikes[:, 0], whole.trains[name].spikes[:, i])


def test_counts_are_those_of_the_record(net, x, reset):
    snn = exact(net, x, reset=reset)
    kept, counted = snn.run(x, steps=STEPS, record=True), snn.run(x, steps=STEPS)
    for name, count in counted.spikes.items():
        assert np.array_equal(count, kept.spikes[name])
    assert counted.spikes_per_neuron == kept.spikes_per_neuron
    with pytest.raises(ValueError, match="record=True"):
        next(t for t in counted.trains.values() if hasattr(t, "counts")).events(0)


def arrived(trace):
    """What each node has sent up to each step, spikes or charge; and the steps, shaped to go with its features."""
    time = np.arange(1, trace.latency + 1)
    sent = {k: np.cumsum(v, axis=0) for k, v in trace.spikes_over_time.items()}
    for name, train in trace.trains.items():
        if isinstance(train, Analog):
            sent[name] = time.reshape(-1, 1, *[1] * (train.values.ndim - 1)) * train.values
    return sent, {k: time.reshape(-1, 1, *[1] * len(node.shape)) for k, node in trace.nodes.items()}


def test_equation_6_at_every_step_and_neuron(net, x):
    """N(t) = Σ W N_below(t) + t b − V(t), exactly (Eq. 6 times t; Eq. 5b where the layer below is the input)."""
    snn = exact(net, x)
    trace = snn.simulate(x, steps=STEPS)
    sent, time = arrived(trace)
    for name, node in snn.nodes.items():
        if isinstance(node, Population):
            expected = node.input.drive(sent) + time[name] * node.input.bias - trace.potentials[name]
            assert np.array_equal(sent[name], expected), name


def test_pooled_count_is_the_largest_count_at_every_step(net, x, reset):
    snn = exact(net, x, reset=reset)
    spikes = snn.simulate(x, steps=STEPS).spikes_over_time
    for name, node in snn.nodes.items():
        if isinstance(node, MaxPool) and node.source in spikes:
            counts = np.cumsum(spikes[node.source], axis=0)
            assert np.array_equal(np.cumsum(spikes[name], axis=0), node.window(counts))


def one_neuron(z, reset, threshold=1.0, steps=64):
    v, count = np.zeros(()), 0.0
    for t in range(1, steps + 1):
        spike, v = integrate_and_fire(np.asarray(z), v, threshold=threshold, reset=reset)
        count += float(spike)
        yield t, count, float(v)


@pytest.mark.parametrize("threshold", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("z", [k / 16 for k in range(-16, 49, 3)])
def test_equation_5b(z, threshold):
    """r(t) = A − V(t)/(tθ), times tθ: any sign and size of the input."""
    for t, count, v in one_neuron(z, "subtract", threshold):
        assert count * threshold == t * z - v


@pytest.mark.parametrize("threshold", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("z", [k / 16 for k in range(1, 49, 3)])
def test_equation_5a(z, threshold):
    """r(t) = Aθ/(θ+ε) − V(t)/(t(θ+ε)) with ε = nz − θ, times t(θ+ε): for z > 0."""
    epsilon = np.ceil(threshold / z) * z - threshold
    for t, count, v in one_neuron(z, "zero", threshold):
        assert count * (threshold + epsilon) == t * z - v


def test_output_tends_to_the_ann(net, x):
    snn = convert(net, x, percentile=100)
    errors = [np.abs(snn.run(x, steps=steps).output - net(x)).max() for steps in (50, 200, 800)]
    assert errors[2] < errors[1] < errors[0]
    assert errors[2] < 0.01


def test_scales_are_percentiles():
    net = networks.chain(np.random.default_rng(0))
    x = networks.images(np.random.default_rng(1), net, batch=20)
    a = net.activations(x)["relu2"]
    nodes = canonical(net)
    assert choose_scales(nodes, x, percentile=100)["relu2"] == a.max()
    assert choose_scales(nodes, x, percentile=80)["relu2"] == np.percentile(a[a > 0], 80)
    assert choose_scales(nodes, x, percentile=80, distribution="all")["relu2"] == np.percentile(a, 80)
    assert choose_scales(nodes, x)["pool1"] == choose_scales(nodes, x)["relu1"]


def test_output_is_in_units_of_the_ann(net, x):
    snn = exact(net, x)
    trace = snn.simulate(x, steps=STEPS)
    charge = snn.nodes[READOUT].input.drive({k: train.value() for k, train in trace.trains.items()}) + np.asarray(
        snn.nodes[READOUT].input.bias
    )
    np.testing.assert_allclose(trace.output, 4.0 * charge, atol=1e-12)


def test_trains_tell_counts_values_and_events(net, x):
    snn = exact(net, x)
    trace, kept, counted = snn.simulate(x), snn.run(x, record=True, chunk=9), snn.run(x, chunk=9)
    for name, spikes in trace.spikes_over_time.items():
        for run in (trace, kept, counted):
            assert np.array_equal(run.trains[name].value(), spikes.sum(axis=0) / 100), name
        time, neuron, sign = kept.trains[name].events(1)
        assert np.array_equal(np.stack([time, neuron], 1), np.argwhere(spikes[:, 1].reshape(100, -1))), name
        assert (sign == 1).all()
    assert all(len(part) == 0 for part in trace.trains[INPUT].events(0))
    assert (trace.trains[READOUT].count() == 0).all()


def test_float32_keeps_its_digits_over_a_long_time():
    net = snnref.load("digits-cnn")
    x, _ = snnref.data.load("digits")
    snn = convert(net, x)
    single, double = snn.run(x[:2], steps=2000), snn.run(x[:2].astype(np.float64), steps=2000)
    np.testing.assert_allclose(single.output, double.output, atol=2e-3)
    one = networks.Network((1,)).add("same", networks.Dense(np.eye(1))).add("relu", networks.ReLU())
    one = one.add("out", networks.Dense(np.eye(1)))
    run = convert(one, np.ones((1, 1))).run(np.full((1, 1), 0.7, np.float32), steps=50_000)
    assert abs(run.spikes["relu"][0, 0] - 35_000) <= 1


def test_nothing_leaves_the_device_of_the_input(net, x):
    """On torch's "meta" device, which computes no values but refuses to mix devices."""
    snn = exact(net, x)
    meta = torch.tensor(x).to("meta")
    placed = WeightCache(snn.nodes).like(meta)
    for code in (Stepwise(steps=3), *Closed(steps=3, chunk=2).time_chunks()):
        assert {train.value().device.type for train in walk(placed, code, meta).values()} == {"meta"}


def test_memory_does_not_grow_with_time():
    net = snnref.load("digits-cnn")
    x, _ = snnref.data.load("digits")
    x = x[:64]
    snn = convert(net, x)
    peaks = []
    for steps in (64, 512):
        tracemalloc.start()
        snn.run(x, steps=steps, chunk=16)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.25 * peaks[0]


def test_groups_and_chunks_bound_what_is_held():
    snn = convert(snnref.load("digits-cnn"), snnref.data.load("digits", split="train")[0])
    groups = list(Closed(steps=1000).sample_groups(snn.nodes, np.ones((599, 1, 8, 8))))
    assert [i for samples, _ in groups for i in range(599)[samples]] == list(range(599))
    for samples, group in groups:
        steps = [part.steps for part in group.time_chunks()]
        assert sum(steps) == 1000
        assert max(steps) * len(range(599)[samples]) * 16 * 8 * 8 <= 2**21


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"steps": 0}, ValueError, "steps: got 0"),
        ({"steps": 2.5}, ValueError, "whole number"),
        ({"reset": "half"}, ValueError, "'subtract', 'zero'"),
        ({"encoding": "morse"}, ValueError, "'constant', 'regular', 'poisson'"),
        ({"seed": -1}, ValueError, "seed: got -1"),
        ({"pooling": "median"}, ValueError, "'exact', 'average', 'exponential', 'filter'"),
        ({"gate_steps": 0}, ValueError, "gate_steps: got 0"),
        ({"percentile": 0}, ValueError, "0 < percentile ≤ 100"),
        ({"percentile": "99"}, ValueError, "got '99', expected a number"),
        ({"percentile": 101}, ValueError, "0 < percentile ≤ 100"),
        ({"distribution": "some"}, ValueError, "'nonzero', 'all'"),
        ({"wrong": 1}, TypeError, "wrong"),
    ],
)
def test_options_without_sense_are_refused(options, error, message):
    net = networks.chain(np.random.default_rng(0))
    with pytest.raises(error, match=message):
        convert(net, networks.images(np.random.default_rng(1), net), **options)


def test_unknown_reset_of_a_single_neuron_is_refused():
    with pytest.raises(ValueError, match="'subtract', 'zero'"):
        integrate_and_fire(np.ones(1), np.zeros(1), reset="half")


def test_unsuitable_data_are_refused():
    net = networks.chain(np.random.default_rng(0))
    x = networks.images(np.random.default_rng(1), net)
    with pytest.raises(ValueError, match="calibration: got no sample"):
        convert(net, x[:0])
    silent = net.add("never", networks.Dense(-np.eye(5), np.full(5, -100.0))).add("relu", networks.ReLU())
    with pytest.raises(ValueError, match="population 'relu'"):
        convert(silent, x)
    snn = convert(net, x)
    with pytest.raises(ValueError, match="expected"):
        snn.run(x[..., 1:])
    with pytest.raises(TypeError, match="unknown setting 'tempo'; rate has steps"):
        snn.run(x, tempo=3)
    with pytest.raises(ValueError, match=r"chunk: got 2\.5"):
        snn.run(x, chunk=2.5)
    with pytest.raises(ValueError, match="expected one for each"):
        snn.run(x, steps=2).accuracy(np.zeros(7, int))
    with pytest.raises(TypeError, match="NumPy array or torch tensor"):
        snn.run(x.tolist())
