"""What rate coding offers besides: every option the same in both walks, and as the paper says."""

import networks
import numpy as np
import pytest
import torch
from test_rate import STEPS, arrived, assert_same, exact

import snnref
from snnref.arrays import window_gate
from snnref.layers import Activation, Conv, Dense, Flatten, MaxPool, ReLU
from snnref.network import Network
from snnref.network.canonical import canonical
from snnref.network.graph import INPUT, READOUT
from snnref.network.nodes import MaxPool as Pool
from snnref.network.nodes import Population, depths
from snnref.network.normalisation import normalise
from snnref.rate import choose_scales, choose_thresholds, convert, integrate_and_fire, softmax
from snnref.rate.closed import Closed
from snnref.rate.scales import Tail
from snnref.rate.stepwise import Stepwise
from snnref.spiking.snn import SNN

OPTIONS = {
    "half full": {"initial": 0.5},
    "in debt": {"initial": -1.25, "reset": "zero"},
    "clamped": {"clamp": 3},
    "clamped for ever": {"clamp": 30},
    "clamped and half full": {"clamp": 2, "initial": 0.5, "reset": "zero"},
    "regular input": {"encoding": "regular"},
    "chance input": {"encoding": "poisson", "seed": 3},
    "bias spikes": {"bias": "spikes"},
    "all in spikes": {"bias": "spikes", "encoding": "regular", "clamp": 2},
    "output spikes": {"output": "spikes"},
    "output spikes, clamped": {"output": "spikes", "clamp": 3},
    "clock": {"output": "clock", "clock": 0.3},
    "chance output": {"output": "poisson", "seed": 1},
    "chance output, clamped": {"output": "poisson", "clamp": 3},
    "gate on signed input": {"encoding": "regular", "pooling": "filter"},
}


@pytest.mark.parametrize("chunk", [1, 7, None])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_run_equals_simulate(net, x, options, chunk):
    """With negative pixels too; NumPy and torch."""
    snn = exact(net, x)
    settings = {"steps": STEPS, **options}
    trace = snn.simulate(x, **settings)
    run = snn.run(x, chunk=chunk, record=True, **settings)
    assert_same(trace, run)
    assert_same(trace, snn.run(torch.tensor(x), chunk=chunk, record=True, **settings))
    counted = snn.run(x, chunk=chunk, **settings)
    for name, train in trace.trains.items():
        if name != READOUT:
            assert np.array_equal(train.count(), counted.trains[name].count()), name
            assert np.array_equal(train.value(), counted.trains[name].value()), name
            assert np.array_equal(train.value(), run.trains[name].value()), name
    usual = snn.simulate(x, steps=STEPS)
    assert not np.array_equal(usual.output_over_time, trace.output_over_time)


@pytest.mark.parametrize("options", [{}, {"encoding": "poisson"}, {"output": "clock"}, {"clamp": 2}])
def test_asked_on_the_way(net, x, options):
    """At each stop there is what a run of that length would have given."""
    snn = exact(net, x)
    stops = [1, 5, 18]
    runs = list(snn.runs(x, steps=STEPS, stops=stops, **options))
    assert [run.latency for run in runs] == [*stops, STEPS]
    for run in runs:
        alone = snn.run(x, steps=run.latency, **options)
        assert np.array_equal(run.output_over_time, alone.output_over_time)
        assert run.spikes_per_neuron == alone.spikes_per_neuron
        assert np.array_equal(run.operations.total, alone.operations.total)
    assert [run.latency for run in snn.runs(x, steps=4, stops=[4, 9], chunk=1)] == [4]


def test_negative_input_spikes():
    """⌊t|x|⌋ spikes of x's sign; they count as spikes, and their value is negative."""
    x = np.array([[0.75, -0.75, 0.0, -1.0, 1.0]])
    for pixels in (x, torch.tensor(x)):
        train = Stepwise(steps=8, encoding="regular").encode(pixels)
        assert np.asarray(train.count()).tolist() == [[6, 6, 0, 8, 8]]
        assert np.asarray(train.value()).tolist() == [[0.75, -0.75, 0, -1, 1]]
        assert set(train.events(0)[2]) == {-1, 1}
    chance = Stepwise(steps=4000, encoding="poisson").encode(x)
    np.testing.assert_allclose(chance.value(), x, atol=0.03)
    assert (chance.count() >= 0).all()


def test_operations_count_negative_spikes(net, x):
    snn = exact(net, x)
    negative = -np.abs(x)
    run = snn.run(negative, steps=STEPS, encoding="regular")
    projections = [k for k in run.operations.by_projection if k[0] == INPUT]
    assert all((run.operations.by_projection[k] > 0).all() for k in projections)


def test_bias_spikes_add_up_to_the_bias(net, x):
    """After t steps an external neuron has sent ⌊t|b|⌋ spikes of b's sign, however large b is."""
    snn = exact(net, x)
    trace = snn.simulate(x, steps=STEPS, bias="spikes")
    sent, time = arrived(trace)
    for name, node in snn.nodes.items():
        if isinstance(node, Population):
            received = node.input.drive(sent) + np.trunc(time[name] * np.asarray(node.input.bias))
            assert np.array_equal(sent[name], received - trace.potentials[name]), name


def test_clamp_holds_every_layer_for_its_time(net, x):
    """N(l) = d·l: no spike until then, the potential at V(0); then Eq. 6 with the time since then."""
    snn, d = exact(net, x), 3
    trace = snn.simulate(x, steps=STEPS, clamp=d, initial=0.25)
    layer = depths(canonical(net))
    assert max(layer.values()) >= 3
    for name, node in snn.nodes.items():
        if isinstance(node, Population):
            held, spikes = d * layer[name], trace.spikes_over_time[name]
            assert not spikes[:held].any()
            assert (trace.potentials[name][:held] == 0.25).all()
            incoming = {k: trace.trains[k] for k in node.sources}
            z = sum(node.input.drive({k: t.at(step) for k, t in incoming.items()}) for step in range(held, STEPS))
            received = z + (STEPS - held) * np.asarray(node.input.bias) + 0.25
            assert np.array_equal(spikes.sum(axis=0), received - trace.potentials[name][-1])
            np.testing.assert_array_equal(trace.trains[name].value(), spikes.sum(axis=0) / max(1, STEPS - held))
    before = d * layer[READOUT]
    assert (trace.output_over_time[:before] == 0).all()
    assert trace.output_over_time[before:].any()


def test_clamp_removes_the_transient():
    """Neurons whose activation is 0 fire early, while the rates below are not there yet; held, they hardly do."""
    net = snnref.load("digits-cnn")
    x = snnref.data.load("digits")[0][:100]
    snn = convert(net, snnref.data.load("digits", split="train")[0])
    silent = net.activations(x)["relu3"] == 0
    usual, held = (snn.run(x, steps=60, clamp=d).spikes["relu3"][silent].sum() for d in (0, 10))
    assert held < usual / 4


@pytest.mark.parametrize("v0", [-0.5, 0.25, 0.75])
def test_initial_potential_shifts_equation_5b(v0):
    z, v, count = 0.3125, np.asarray(v0), 0.0
    for t in range(1, 65):
        spike, v = integrate_and_fire(np.asarray(z), v)
        count += float(spike)
        assert count == t * z + v0 - v


@pytest.mark.parametrize("z", [k / 16 for k in range(-32, 33, 3)])
def test_signed_neuron_follows_both_signs(z):
    """Eq. 5b with a second threshold: a negative input gives a negative rate."""
    v, count = np.zeros(()), 0.0
    for t in range(1, 65):
        spike, v = integrate_and_fire(np.asarray(z), v, threshold=0.5, signed=True)
        count += float(spike)
        assert 0.5 * count == t * z - v
    if abs(z) <= 0.5:
        assert abs(count / 64 - z / 0.5) < 1 / 64
    else:
        assert count == np.sign(z) * 64


def binary_net(rng, kind):
    """Weights of ±1 as BinaryNet has them, odd sums so that none is 0, a max-pool of binary units."""
    weights = [rng.choice([-1.0, 1.0], shape) for shape in ((4, 1, 3, 3), (5, 4, 3, 3), (7, 20), (5, 7))]
    biases = [rng.choice([-0.5, 0.5], len(w)) for w in weights]
    return (
        Network((1, 8, 8))
        .add("conv1", Conv(weights[0], biases[0], padding=1))
        .add("b1", Activation(kind))
        .add("pool", MaxPool(2))
        .add("conv2", Conv(weights[1], biases[1]))
        .add("b2", Activation(kind))
        .add("flat", Flatten((5, 2, 2)))
        .add("dense1", Dense(weights[2], biases[2]))
        .add("b3", Activation(kind))
        .add("out", Dense(weights[3], biases[3]))
    )


@pytest.mark.parametrize("chunk", [1, 7, None])
@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("kind", ["sign", "heaviside"])
def test_binary_units_are_right_at_every_step(kind, reset, chunk):
    """The threshold is what every unit reaches, so each fires at every step, with its sign: nothing to wait for."""
    rng = np.random.default_rng(0)
    net, x = binary_net(rng, kind), rng.integers(0, 2, (6, 1, 8, 8)).astype(float)
    nodes, a = canonical(net), net.activations(x)
    thresholds = choose_thresholds(nodes, x, percentile=100)
    assert thresholds == {"b1": 0.5, "b2": 0.5, "b3": 0.5}
    scales = choose_scales(nodes, x, percentile=100) | {READOUT: 8.0}  # a power of two: else sums would be rounded
    code = {"reset": reset, "_depth": depths(nodes)}
    snn = SNN(normalise(nodes, scales, thresholds), scales, Stepwise(**code), Closed(**code))
    trace = snn.simulate(x, steps=STEPS)
    assert_same(trace, snn.run(x, steps=STEPS, chunk=chunk, record=True))
    assert_same(trace, snn.run(torch.tensor(x), steps=STEPS, chunk=chunk, record=True))
    for name in ("b1", "pool", "b2", "b3"):
        assert (trace.spikes_over_time[name] == a[name]).all(), name
        assert np.array_equal(trace.trains[name].value(), a[name])
        assert np.array_equal(snn.run(x, steps=STEPS).spikes[name], STEPS * np.abs(a[name]))
    np.testing.assert_allclose(trace.output_over_time, np.broadcast_to(net(x), (STEPS, 6, 5)), rtol=1e-12)


@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("kind", ["sign", "heaviside"])
def test_units_that_collect_before_they_fire(kind, reset):
    """A threshold above most activations: they fire now and then, with both signs, the same in both walks."""
    rng = np.random.default_rng(1)
    net, x = binary_net(rng, kind), rng.integers(0, 2, (6, 1, 8, 8)).astype(float)
    nodes = canonical(net)
    code = {"reset": reset, "_depth": depths(nodes)}
    high = normalise(nodes, dict.fromkeys(nodes, 1.0), {"b1": 4.0, "b2": 8.0, "b3": 4.0})
    snn = SNN(high, dict.fromkeys(nodes, 1.0), Stepwise(**code), Closed(**code))
    trace = snn.simulate(x, steps=STEPS)
    for name in ("b1", "b2", "b3"):
        found = set(np.unique(trace.spikes_over_time[name]).tolist())
        assert found == ({-1, 0, 1} if kind == "sign" else {0, 1}), name
    for chunk in (1, 7, None):
        assert_same(trace, snn.run(x, steps=STEPS, chunk=chunk, record=True))
        assert_same(trace, snn.run(torch.tensor(x), steps=STEPS, chunk=chunk, record=True))


def test_binary_thresholds_are_percentiles():
    rng = np.random.default_rng(0)
    net = Network((6,)).add("dense", Dense(networks.dyadic(rng, 9, 6), networks.dyadic(rng, 9)))
    net = net.add("sign", Activation("sign")).add("out", Dense(networks.dyadic(rng, 3, 9), np.zeros(3)))
    x = networks.images(rng, net, batch=40)
    a = np.abs(net.activations(x)["dense"])
    assert choose_thresholds(canonical(net), x, percentile=90)["sign"] == pytest.approx(np.percentile(a[a > 0], 10))
    assert choose_scales(canonical(net), x)["sign"] == 1


def test_tanh_is_still_refused():
    net = Network((3,)).add("tanh", Activation("tanh")).add("out", Dense(np.eye(3), np.zeros(3)))
    with pytest.raises(ValueError, match="'tanh' is the activation tanh; rate coding expresses relu, heaviside, sign"):
        convert(net, np.ones((2, 3)))


@pytest.mark.parametrize("q", [50, 90, 99, 99.9, 99.99, 100, 0.5])
@pytest.mark.parametrize("nonzero", [False, True])
def test_a_percentile_from_a_stream(q, nonzero):
    """Without knowing how many values there will be, and without keeping them all."""
    rng = np.random.default_rng(1)
    values = np.maximum(0, np.round(rng.normal(size=20_000), 2))  # with ties
    tail = Tail(q, values.size)
    for part in np.array_split(values, 13):
        tail.add(part[part > 0] if nonzero else part)
        assert len(tail.values) <= (1 - q / 100) * values.size + 3
    wanted = values[values > 0] if nonzero else values
    assert tail.percentile() == pytest.approx(np.percentile(wanted, q), rel=1e-12)
    assert Tail(q, 10).percentile() == 0


def test_scales_do_not_depend_on_batches(monkeypatch, net, x):
    nodes = canonical(net)
    whole = choose_scales(nodes, x, percentile=80)
    monkeypatch.setattr("snnref.rate.scales.BLOCK", 1)
    assert choose_scales(nodes, x, percentile=80) == whole


def test_no_normalisation_leaves_the_weights(net, x):
    snn = convert(net, x, percentile=None)
    assert set(snn.scales.values()) == {1.0}
    plain = normalise(canonical(net), dict.fromkeys(canonical(net), 1.0))
    for name, node in snn.nodes.items():
        if not isinstance(node, Pool) and name != INPUT:
            assert np.array_equal(node.input.bias, plain[name].input.bias)


def test_softmax_spikes_come_with_the_probabilities():
    v = np.log([0.1, 0.2, 0.7]) + 5.0
    potentials = np.broadcast_to(v, (20_000, 2, 3))
    rng = np.random.default_rng(0)
    for kind in (potentials, torch.tensor(potentials)):
        ticks = np.asarray(softmax.clocked(kind, rng.random((20_000, 2, 2)), clock=0.25))
        assert set(ticks.sum(axis=-1).ravel()) == {0, 1}  # one neuron a tick
        np.testing.assert_allclose(ticks.mean(axis=0) / 0.25, [[0.1, 0.2, 0.7]] * 2, atol=0.03)
        own = np.asarray(softmax.poisson(kind, rng.random((20_000, 2, 3))))
        np.testing.assert_allclose(own.mean(axis=0), [[0.1, 0.2, 0.7]] * 2, atol=0.02)
        assert own.sum(axis=-1).max() > 1  # each by itself


def test_why_a_softmax_is_needed():
    """When all outputs are negative, neurons with a threshold never answer; the softmaxes and the potential do."""
    net = Network((2,)).add("relu", ReLU()).add("out", Dense(np.array([[-1.0, 0], [-0.25, 0], [-2.0, 0]])))
    x = np.array([[1.0, 0.5]])
    snn = convert(net, x, steps=60)
    assert not snn.run(x, output="spikes").output.any()
    for output in ("potential", "clock", "poisson"):
        assert snn.run(x, output=output).prediction.tolist() == [1], output


def test_softmax_rates_are_the_answer_itself():
    """Neither rescaled nor sent through the network's own softmax."""
    from snnref.layers import Softmax

    net = Network((2,)).add("relu", ReLU()).add("out", Dense(np.array([[4.0, 0], [2.0, 0]]))).add("soft", Softmax())
    x = np.array([[1.0, 0.5]])
    snn = convert(net, x, steps=400)
    for output, total in (("clock", 0.5), ("poisson", 1.0)):
        assert snn.run(x, output=output).output.sum() == pytest.approx(total, abs=0.1)
    assert snn.run(x).output.sum() == pytest.approx(1)


def test_output_neurons_reach_the_outputs():
    """Their scale is that of the outputs, so they need not saturate."""
    net = snnref.load("digits-cnn")
    x = snnref.data.load("digits")[0][:100]
    snn = convert(net, snnref.data.load("digits", split="train")[0], percentile=100, output="spikes")
    run = snn.run(x, steps=2000)
    assert np.abs(run.output - net(x).clip(0)).max() < 0.3
    assert run.output.min() == 0
    nothing = Network((1,)).add("relu", ReLU()).add("out", Dense(-np.eye(1)))
    assert convert(nothing, np.ones((1, 1))).scales[READOUT] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"initial": 1}, "initial: got 1, expected a number < 1"),
        ({"initial": float("nan")}, "initial: got nan"),
        ({"clamp": -1}, "clamp: got -1"),
        ({"bias": "none"}, "'current', 'spikes'"),
        ({"output": "loudest"}, "'potential', 'spikes', 'clock', 'poisson'"),
        ({"clock": 0}, "clock: got 0, expected a probability"),
        ({"percentile": 0}, "0 < percentile ≤ 100, or None"),
    ],
)
def test_options_without_sense_are_refused(options, message):
    net = networks.chain(np.random.default_rng(0))
    with pytest.raises(ValueError, match=message):
        convert(net, networks.images(np.random.default_rng(1), net), **options)


def test_stops_without_sense_are_refused(net, x):
    with pytest.raises(ValueError, match=r"stops: got 0, expected a whole number ≥ 1"):
        exact(net, x).run(x, stops=[0])


@pytest.mark.parametrize("options", [{}, {"encoding": "poisson"}, {"output": "clock"}, {"pooling": "filter"}])
def test_groups_of_samples_change_nothing(monkeypatch, net, x, options):
    """Each sample walked by itself, in stretches of two steps, asked on the way."""
    snn = exact(net, x)
    trace = snn.simulate(x, steps=STEPS, **options)
    monkeypatch.setattr("snnref.rate.closed.CACHE", 1)
    assert len(list(Closed().sample_groups(snn.nodes, x))) == len(x) > 1
    assert_same(trace, snn.run(x, steps=STEPS, record=True, chunk=2, **options))
    *_, early, last = snn.runs(x, steps=STEPS, chunk=2, stops=[7], **options)
    assert np.array_equal(early.output_over_time, trace.output_over_time[:7])
    for name, count in trace.spikes.items():
        assert np.array_equal(last.spikes[name], count), name
        assert np.array_equal(early.spikes[name], np.abs(trace.spikes_over_time[name][:7]).sum(axis=0)), name


@pytest.mark.parametrize("window", [{"size": 2}, {"size": 3, "stride": 2, "padding": 1}, {"size": (1, 2), "stride": 1}])
def test_a_gate_by_one_maximum(window):
    """Estimates that are whole numbers, with many ties: the same as by comparing one by one."""
    rng = np.random.default_rng(0)
    axes = MaxPool(**window).axes
    for estimate, x in ((torch.tensor, torch.tensor), (np.array, np.array)):
        estimates = rng.integers(-2, 3, (5, 2, 6, 8)).astype(np.float32)
        spikes = rng.integers(-1, 2, (5, 2, 6, 8)).astype(np.float32)
        slow = window_gate(estimate(estimates), x(spikes), axes)
        fast = window_gate(estimate(estimates), x(spikes), axes, most=2)
        assert np.array_equal(np.asarray(slow), np.asarray(fast))


@pytest.mark.parametrize("output", ["clock", "poisson"])
def test_a_held_softmax_does_not_speak(net, x, output):
    """Outputs are spikes over the time since the clamp was lifted, so they sum up to about 1, or less with a clock."""
    snn, before = exact(net, x), 2 * depths(canonical(net))[READOUT]
    over_time = snn.run(x, steps=400, clamp=2, output=output).output_over_time
    assert not over_time[:before].any()
    assert over_time[-1].sum(axis=-1) == pytest.approx(np.full(len(x), 0.5 if output == "clock" else 1.0), abs=0.15)


def test_awkward_names_and_windows_of_one():
    """A pool that only takes every second entry hands on a view, which the next stretch must not change."""
    rng = np.random.default_rng(0)
    net = (
        Network((1, 6, 6))
        .add("reuse", networks.conv(rng, 3, 1, 3, padding=1))
        .add("source", ReLU())
        .add("pool", MaxPool(1, stride=2))
        .add("flat", Flatten((3, 3, 3)))
        .add("dense", networks.dense(rng, 5, 27))
        .add("input+", ReLU())
        .add("out", networks.dense(rng, 3, 5))
    )
    x = networks.images(rng, net)
    snn = exact(net, x)
    trace = snn.simulate(x, steps=STEPS)
    for chunk in (1, 7, None):
        run = snn.run(x, steps=STEPS, chunk=chunk)
        assert np.array_equal(run.output_over_time, trace.output_over_time)
        for name, count in trace.spikes.items():
            assert np.array_equal(run.spikes[name], count), name
        assert run.code.steps == run.latency == STEPS
