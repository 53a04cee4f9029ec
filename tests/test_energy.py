"""What networks do for one answer, against counting it one by one."""

from dataclasses import astuple, replace
from math import prod

import networks
import numpy as np
import pytest
from test_counting import connected

from snnref import amos, energy, rate, sigma_delta, tdsnn, ttfs
from snnref.analysis.evaluation import evaluate, operation_counts
from snnref.layers import (
    Activation,
    Add,
    AvgPool,
    Concat,
    Conv,
    Dense,
    Flatten,
    MaxPool,
    Multiply,
    ReLU,
    Softmax,
    UnevenAvgPool,
)
from snnref.methods import method
from snnref.network import Network
from snnref.network.canonical import canonical
from snnref.network.graph import READOUT
from snnref.network.nodes import MaxPool as Pool
from snnref.network.nodes import Population, weighted_nodes
from snnref.spiking.energy import PRICES, SPIKES_PER_OUTPUT, OperationCounts, Prices, of_ann
from snnref.spiking.synaptic_operations import analog_operations
from snnref.spiking.trains import Analog

NETS = {make.__name__: make(np.random.default_rng(0)) for make in (networks.chain, networks.residual)}


class Tally:
    """Of one sample, by kind."""

    def __init__(self):
        self.additions = self.multiplications = self.comparisons = self.words = 0

    def count(self, *, additions=0, multiplications=0, comparisons=0, words=0, times=1):
        self.additions += times * additions
        self.multiplications += times * multiplications
        self.comparisons += times * comparisons
        self.words += times * words


def one_hots(shape):
    return np.eye(prod(shape)).reshape(-1, *shape)


def events(trace, name, sample):
    """The neurons of a node that fired, once for each spike."""
    return trace.trains[name].events(sample)[1]


def by_spikes(trace, sample, *, neurons_receiving=lambda node, term: 1):
    """An addition for each synapse that a spike meets: the weight is read, the potential read and written. A comparison
    for each window of a pool. A product of an analog value reads its weight and itself."""
    tally = Tally()
    for node in weighted_nodes(trace.nodes).values():
        for term, sum_ in enumerate(node.inputs):
            for p in sum_.projections:
                synapses = connected(p, trace.nodes[p.source].shape)
                if isinstance(trace.trains[p.source], Analog):
                    tally.count(additions=1, multiplications=1, words=2, times=synapses.sum())
                for neuron in events(trace, p.source, sample):
                    for _ in np.flatnonzero(synapses[neuron]):
                        tally.count(additions=1, words=3, times=neurons_receiving(node, term))
    for node in trace.nodes.values():
        if isinstance(node, Pool):
            windows = node.window(one_hots(trace.nodes[node.source].shape)) > 0
            for neuron in events(trace, node.source, sample):
                tally.count(comparisons=1, words=2, times=windows[neuron].sum())
    return tally


def agree(trace, run, counted):
    """Of every sample; `run` tells the same as `simulate`."""
    expected = np.array([list(vars(counted(sample)).values()) for sample in range(len(trace.output))])
    for found in (operation_counts(trace), operation_counts(run)):
        for i, kind in enumerate(astuple(found)):
            assert kind.shape == expected[:, i].shape
            assert np.array_equal(kind, expected[:, i]), list(vars(found))[i]
    assert expected[:, (0, 2, 3)].all()


@pytest.fixture(params=NETS)
def net(request):
    return NETS[request.param]


@pytest.fixture
def x(net):
    return np.abs(networks.images(np.random.default_rng(1), net))


@pytest.mark.parametrize("options", [{}, {"reset": "zero"}, {"encoding": "regular"}, {"bias": "spikes"}], ids=str)
def test_rate(net, x, options):
    """In every step a neuron adds its bias and current, if it has one, and compares; a spike is subtracted."""
    snn = rate.convert(net, x, steps=7, **options)
    trace, run = snn.simulate(x), snn.run(x)

    def counted(sample):
        tally = by_spikes(trace, sample)
        for name, node in weighted_nodes(trace.nodes).items():
            compares = isinstance(node, Population)
            current = any(isinstance(trace.trains[source], Analog) for source in node.sources)
            adds = current or np.any(node.input.bias)
            for _ in range(7):
                for _ in range(prod(node.shape)):
                    tally.count(additions=adds, comparisons=compares, words=2 + adds if adds or compares else 0)
            if compares:
                paid = options.get("reset") != "zero"
                tally.count(additions=paid * len(events(trace, name, sample)))
        return tally

    agree(trace, run, counted)


def signs(kind):
    """A hidden layer of binary units without bias, and a pool of the input."""
    return (
        Network((1, 4, 4))
        .add("pool", MaxPool(2))
        .add("flat", Flatten((1, 2, 2)))
        .add("dense", Dense(np.array([[0.5, -1.0, 0.25, 0.5], [-0.5, 0.5, 1.0, -0.25], [0.25, 0.5, -1.0, -0.5]])))
        .add("sign", Activation(kind))
        .add("out", Dense(np.ones((2, 3))))
    )


@pytest.mark.parametrize(("kind", "thresholds"), [("sign", 2), ("heaviside", 1), ("relu", 1)])
def test_rate_of_binary_units(kind, thresholds):
    """Sign units compare with two thresholds; a readout without a bias does nothing by itself."""
    net, x = signs(kind), np.array([[[[0.5, 0, 0, 1], [0, 0, 0, 0.25], [0.75, 0, 0, 0], [0, 0, 1, 0]]]])
    snn = rate.convert(net, x, percentile=None, steps=5)
    trace = snn.simulate(x)
    sent = np.abs(trace.spikes_over_time["sign"]).sum()
    assert sent > 0
    expected = OperationCounts(12 + 2 * sent + 15 + sent, 12, 15 * thresholds, 24 + 6 * sent + 3 * 15)
    for run in (trace, snn.run(x)):
        assert [value.item() for value in astuple(operation_counts(run))] == list(astuple(expected))


@pytest.mark.parametrize("ends", ["linear", "relu"])
@pytest.mark.parametrize("output", ["earliest", "potential"])
def test_ttfs(net, x, output, ends):
    """Every step of the silent stage adds the slope, every one of the spiking stage compares and adds the current:
    3 words. With the spike there is only the comparison."""
    net = net if ends == "linear" else net.add("end", ReLU())
    snn = ttfs.convert(net, x, t_max=6, output=output)
    trace, run = snn.simulate(x), snn.run(x)

    def counted(sample):
        tally = by_spikes(trace, sample)
        for name, node in weighted_nodes(trace.nodes).items():
            n = prod(node.shape)
            if name == READOUT and output == "earliest" and ends == "relu":
                continue  # it reads what the population before it sends
            tally.count(additions=1, words=3, times=6 * n)
            if name != READOUT:
                for time in trace.trains[name].times[sample].ravel():
                    for _ in range(int(time)):
                        tally.count(additions=1, comparisons=1, words=3)
                    tally.count(comparisons=time < 6, words=time < 6)
            elif output == "earliest":
                tally.count(additions=1, comparisons=1, words=3, times=6 * n)
        return tally

    agree(trace, run, counted)


@pytest.mark.parametrize("options", [{"levels": 2}, {"rule": "settled", "delay": 0.125}], ids=str)
def test_sigma_delta(net, x, options):
    """For a spike that comes in two comparisons, with V_q; one that goes out changes it."""
    snn = sigma_delta.convert(net, x, threshold=0.125, **options)
    trace, run = snn.simulate(x), snn.run(x, engine="numpy")

    def counted(sample):
        tally = by_spikes(trace, sample)
        for name, node in weighted_nodes(trace.nodes).items():
            for p in node.input.projections:
                synapses = connected(p, trace.nodes[p.source].shape)
                for neuron in events(trace, p.source, sample):
                    tally.count(comparisons=2, words=1, times=synapses[neuron].sum())
            if isinstance(node, Population):
                tally.count(additions=1, words=1, times=len(events(trace, name, sample)))
        return tally

    agree(trace, run, counted)


@pytest.mark.parametrize("options", [{}, {"inhibition": "fixed"}, {"threshold": 0.5}], ids=str)
def test_tdsnn(net, x, options):
    """A leak in every step, until the spike; in the active period, a tick; one comparison more, at the release."""
    leak = float(1 / np.log(2))
    snn = tdsnn.convert(net, x, leak=leak, unit=0.25, **options)
    trace, run = snn.simulate(x), snn.run(x)
    bias_fires = np.ceil(leak * np.log(2.0 / (1 - options.get("threshold", 0))))

    def counted(sample):
        tally = by_spikes(trace, sample)
        for name, node in weighted_nodes(trace.nodes).items():
            last = [trace.trains[source].lag[sample].max() for source in node.sources]
            if options.get("inhibition"):
                last = [trace.trains[source].last[sample] for source in node.sources]
            end = max(*last, bias_fires) if len(last) else bias_fires
            for neuron in range(prod(node.shape)):
                tally.count(additions=1, words=3)  # the bias neuron's spike
                tally.count(multiplications=1, words=2, times=end)
                if name != READOUT:
                    lag = trace.trains[name].lag[sample].flat[neuron]
                    tally.count(multiplications=1, additions=1, comparisons=1, words=3, times=lag)
                    tally.count(comparisons=1)
        return tally

    agree(trace, run, counted)


@pytest.mark.parametrize("encoding", ["spikes", "analog"])
@pytest.mark.parametrize("steps", [None, 2])
def test_amos(net, x, encoding, steps):
    """Every gate compares: its sum and threshold are read, the sum is cleared. A spike inhibits other gates."""
    snn = amos.convert(net, x, K=4, alpha=2.0, encoding=encoding, steps=steps)
    trace, run = snn.simulate(x), snn.run(x)
    units = trace.code.units(trace.nodes)

    def neurons_receiving(node, term):
        return sum(weight != 0 for weight in units[node.name].c[term]) if node.name in units else 1

    def counted(sample):
        tally = by_spikes(trace, sample, neurons_receiving=neurons_receiving)
        for node in weighted_nodes(trace.nodes).values():
            for term, sum_ in enumerate(node.inputs):
                if encoding == "analog" and "input" in sum_.sources:  # every gate adds the current
                    tally.count(additions=1, words=3, times=neurons_receiving(node, term) * prod(node.shape))
        for name, unit in units.items():
            if name == "input":
                continue  # how pixels become spikes is not counted
            fired = trace.trains[name].spikes[:, sample].reshape(unit.K, -1)
            tally.count(comparisons=1, words=3, times=fired.size)
            for j, _ in np.argwhere(fired):
                tally.count(additions=1, words=3, times=sum(h != 0 for h in unit.h[:, j]))
        tally.count(additions=1, words=3, times=prod(trace.nodes[READOUT].shape))
        return tally

    agree(trace, run, counted)


def test_amos_with_trained_units():
    """Products and sigmoids: whose gates hear only one of two sums, or each other."""
    rng = np.random.default_rng(0)
    net = (
        Network((4,))
        .add("d1", networks.dense(rng, 3, 4))
        .add("s", Activation("sigmoid"))
        .add("d2", networks.dense(rng, 3, 4), "input")
        .add("r", ReLU())
        .add("m", Multiply(), "s", "r")
        .add("out", networks.dense(rng, 2, 3))
    )
    x = rng.integers(0, 256, (3, 4)) / 256
    snn = amos.convert(net, x, K=3)
    run = snn.run(x)
    s, r, m, pixels = (run.trains[k].spikes for k in ("s", "r", "m", "input"))
    unit = {k: run.code.unit(snn.nodes[k]) for k in ("s", "m")}
    assert [unit["s"].K, unit["m"].K] == [8, 40]
    heard = pixels.sum(axis=(0, 2)) * 3 * (8 + 3)
    heard = heard + s.sum(axis=(0, 2)) * (unit["m"].c[0] != 0).sum() + r.sum(axis=(0, 2)) * (unit["m"].c[1] != 0).sum()
    heard = heard + m.sum(axis=(0, 2)) * 2
    inhibited = sum(
        np.einsum("kbn,ik->b", z, (h != 0).astype(float))
        for z, h in ((s, unit["s"].h), (m, unit["m"].h), (r, np.tri(3, k=-1)))
    )
    gates = 3 * (8 + 3 + 40)
    done = operation_counts(run)
    assert np.array_equal(done.additions, heard + inhibited + 2)
    assert np.array_equal(done.words, 3 * (heard + inhibited + 2 + gates))
    assert done.comparisons.tolist() == [gates] * 3
    assert not done.multiplications.any()


@pytest.fixture
def layers():
    """Of every kind, so small that they are counted by hand."""
    return (
        Network((1, 4, 4))
        .add("conv", Conv(np.ones((2, 1, 3, 3)), np.ones(2), padding=1))
        .add("relu", ReLU())
        .add("pool", MaxPool(3, stride=2, padding=1))
        .add("mean", AvgPool(2), "relu")
        .add("add", Add(), "pool", "mean", "pool")
        .add("times", Multiply(), "add", "pool")
        .add("both", Concat(), "times", "mean")
        .add("dead", ReLU(), "conv")
        .add("flat", Flatten((4, 2, 2)), "both")
        .add("dense", Dense(np.ones((3, 16))))
        .add("softmax", Softmax())
    )


BY_HAND = {  # additions, multiplications, comparisons, words
    "conv": (200, 200, 0, 2 * 200 + 2 * 32),  # in each channel 4 corners see 4 pixels, 8 edges 6, 4 inner ones 9
    "relu": (0, 0, 32, 0),
    "pool": (0, 0, 50 - 8, 50 + 8),  # in each channel windows of 2×2, 2×3, 3×2 and 3×3
    "mean": (32 - 8, 8, 0, 32 + 8),
    "add": (2 * 8, 0, 0, 4 * 8),
    "times": (0, 8, 0, 3 * 8),
    "both": (0, 0, 0, 0),
    "flat": (0, 0, 0, 0),
    "dense": (48, 48, 0, 2 * 48 + 2 * 3),
    "softmax": (0, 0, 0, 0),
}


def test_the_ann_by_hand(layers):
    for name, expected in BY_HAND.items():
        assert astuple(energy._layer(layers, name)) == expected, name
    assert astuple(of_ann(layers)) == tuple(map(sum, zip(*BY_HAND.values(), strict=True)))


def test_what_nobody_reads_is_free(layers):
    dead = layers.add("more", Conv(np.ones((5, 2, 1, 1))), "relu").add("end", Flatten((3,)), "softmax")
    assert astuple(of_ann(dead)) == astuple(of_ann(layers))


def test_windows_that_differ_cost_as_much_as_others():
    half = np.array([[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]])
    found = [of_ann(Network((1, 4, 4)).add("mean", pool)) for pool in (AvgPool(2), UnevenAvgPool(half, half))]
    assert astuple(found[0]) == astuple(found[1])


@pytest.mark.parametrize("make", networks.ALL)
def test_multiplications_of_the_ann_are_its_synapses(make):
    """Of dense and convolutional layers, which are counted elsewhere (Eq. 9, Rueckauer 2017)."""
    net = make(np.random.default_rng(0))
    linear = [k for k, (layer, _) in net.layers.items() if isinstance(layer, Dense | Conv)]
    done = [energy._layer(net, name) for name in linear]
    for name, found in zip(linear, done, strict=True):
        layer, (source,) = net.layers[name]
        shape = net.shapes[source]
        alike = replace(layer, weight=np.ones_like(layer.weight), bias=None)
        assert found.multiplications == found.additions == (alike(one_hots(shape)) != 0).sum(), name


@pytest.mark.parametrize("name", ["rate", "ttfs", "sigma_delta", "tdsnn", "amos"])
def test_evaluate_tells_the_mean_over_images(name, net, x):
    snn = method(name).convert(net, x)
    found, run = evaluate(net, snn, x=x, labels=np.arange(len(x)), batch=2), snn.run(x)
    for kind, value in vars(operation_counts(run)).items():
        assert getattr(found.operation_counts, kind) == pytest.approx(np.mean(value)), kind
    counted = getattr(method(name), "counted", lambda _: {})(run)
    assert found.also == pytest.approx({key: np.mean(value) for key, value in counted.items()})


def test_work_adds_up():
    total = OperationCounts(1, 2, 3, 4) + OperationCounts(np.array([1.0, 2.0]), 0, 5, 6)
    assert total.additions.tolist() == [2, 3]
    assert (total.multiplications, total.comparisons, total.words) == (2, 8, 10)


def test_prices():
    """A comparison costs an addition; memory is apart, and unknown where the source gives none."""
    prices = Prices(2.0, 10.0, 100.0, "pJ", "a test")
    done = OperationCounts(np.array([1.0, 2.0]), 3, 4, np.array([5.0, 6.0]))
    assert prices.compute(done).tolist() == [2 * 5 + 30, 2 * 6 + 30]
    assert prices.memory(done).tolist() == [500, 600]
    assert replace(prices, word=None).memory(done) is None
    assert replace(prices, word=0.0).memory(done).tolist() == [0, 0]


def test_every_price_has_a_source():
    """And is the one that is printed there."""
    for prices in PRICES.values():
        assert any(char.isdigit() for char in prices.source)
        assert ("Horowitz 2014" in prices.source) != ("Rueckauer et al. 2017" in prices.source)
        assert 0 < prices.addition < prices.multiplication
        assert prices.unit == ("pJ" if "Horowitz" in prices.source else "additions")
        assert prices.word is None or prices.word > prices.multiplication
    assert astuple(PRICES["45 nm, cache"])[:4] == (0.9, 3.7, 10 / 2, "pJ")
    assert astuple(PRICES["45 nm, DRAM"])[:4] == (0.9, 3.7, 1300 / 2, "pJ")
    assert PRICES["28 nm"].compute(OperationCounts(1, 1, 0, 9)) == 14  # a multiply-accumulate
    assert 1 < SPIKES_PER_OUTPUT < 2


def test_updates():
    """A potential is read and written; what is added is read."""
    x = networks.images(np.random.default_rng(1), NETS["chain"])
    run = rate.convert(NETS["chain"], x).run(x, steps=1)
    steps = np.array([1.0, 0.0, 2.0])
    assert astuple(energy.updates_per_step(run, 3, neurons=4, compares=False))[0].tolist() == [12, 12, 12]
    assert astuple(energy.updates_per_step(run, 3, neurons=4, compares=False))[2].tolist() == [0, 0, 0]
    assert energy.updates_per_step(run, steps, neurons=4).words.tolist() == [12, 0, 24]
    assert energy.updates_per_step(run, steps, neurons=4, adds=False).words.tolist() == [8, 0, 16]
    assert energy.updates_per_step(run, steps, neurons=4, adds=False).additions.tolist() == [0, 0, 0]


def test_work_of_rate_coding_grows_with_time(net, x):
    """And is that of every moment up to now, whether one asks on the way or not."""
    snn = rate.convert(net, x)
    done = [operation_counts(snn.run(x, steps=steps)) for steps in (4, 8, 16)]
    for kind in ("additions", "comparisons", "words"):
        one, two, four = (getattr(each, kind) for each in done)
        assert (one < two).all()
        assert (two < four).all()
    assert np.array_equal(done[0].multiplications, done[2].multiplications)
    asked = [operation_counts(run) for run in snn.runs(x, steps=16, stops=[4, 8])]
    for ours, expected in zip(asked, done, strict=True):
        assert np.array_equal(astuple(ours), astuple(expected))


def test_work_of_time_to_first_spike(net, x):
    """Synapses do not feel how long a window is, if all values are told; neurons pay for each step."""
    snn = ttfs.convert(net, x, t_max=2**12)
    done, longer = (snn.run(x, t_max=t_max) for t_max in (2**12, 2**13))
    few, many = energy.synaptic(done), energy.synaptic(longer)
    for kind in ("additions", "comparisons", "words"):
        np.testing.assert_allclose(getattr(few, kind), getattr(many, kind), rtol=0.02)
    ours, theirs = ttfs.neuron_updates(done), ttfs.neuron_updates(longer)
    for kind in ("additions", "comparisons", "words"):
        np.testing.assert_allclose(getattr(theirs, kind), 2 * getattr(ours, kind), rtol=1e-3)


def test_nothing_happens_in_sigma_delta_where_no_spike_comes(net):
    x = np.abs(networks.images(np.random.default_rng(1), net))
    snn = sigma_delta.convert(net, x, threshold=2.0**6, settle=False)
    silent = snn.run(0 * x + 0.1, engine="numpy")  # below the cutoff
    assert not np.any(astuple(operation_counts(silent)))


def test_tdsnn_leaks_the_longer_the_larger_its_time_constant(net, x):
    done = [operation_counts(tdsnn.convert(net, x, leak=leak).run(x)) for leak in (2.0, 4.0, 8.0)]
    for kind in ("multiplications", "comparisons", "words"):
        one, two, four = (getattr(each, kind) for each in done)
        assert (one < two).all()
        assert (two < four).all()


def test_gates_of_amos_grow_with_bits_not_with_the_image(net, x):
    found = {K: operation_counts(amos.convert(net, x, K=K, alpha=2.0).run(x)).comparisons for K in (2, 4)}
    assert all(len(set(comparisons)) == 1 for comparisons in found.values())
    assert np.array_equal(found[4], 2 * found[2])


def test_an_analog_input_is_multiplied_once(net, x):
    p = canonical(net)[next(k for k, node in canonical(net).items() if "input" in node.sources)].input.projections[0]
    run = rate.convert(net, x, steps=3).run(x)
    assert energy.synaptic(run).multiplications.tolist() == [connected(p, net.input_shape).sum()] * len(x)
    assert run.analog_operations == analog_operations(run.nodes, "input")
