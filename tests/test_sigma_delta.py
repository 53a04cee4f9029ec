"""Hysteresis sigma-delta: the queue and both engines agree event by event, and the paper's equations hold."""

import itertools
import sys
from collections import deque
from dataclasses import replace
from fractions import Fraction

import networks
import numpy as np
import pytest
import torch

import snnref
from snnref import sigma_delta
from snnref.layers import Activation, Dense, Flatten, Gain, ReLU
from snnref.network import INPUT, READOUT, Network, counting
from snnref.network.canonical import canonical
from snnref.network.nodes import MaxPool, Population, weighted_nodes
from snnref.network.normalisation import normalise
from snnref.sigma_delta import follow, hysteresis, neuron
from snnref.sigma_delta.closed import Closed
from snnref.sigma_delta.encoding import intensity_to_delay
from snnref.sigma_delta.stepwise import Stepwise
from snnref.sigma_delta.trains import Stream
from snnref.sigma_delta.wiring import Wiring
from snnref.spiking.snn import SNN


def exact(net, *, theta=0.25, levels=2, **options):
    """Converted with scales that are powers of two, so that all sums are exact."""
    nodes = canonical(net)
    rng = np.random.default_rng(5)
    scales = {name: theta * 2.0 ** rng.integers(-1, 2) for name in nodes} | {INPUT: 1 / levels, READOUT: theta}
    scales |= {name: scales[node.source] for name, node in nodes.items() if isinstance(node, MaxPool)}
    nodes = normalise(nodes, scales)
    options |= {"_levels": levels, "_wiring": Wiring(nodes)}
    return SNN(nodes, scales, Stepwise(**options), Closed(**options))


@pytest.fixture
def x(x):
    """No delay stands for negative pixels."""
    return np.abs(x)


def assert_same(trace, run):
    for name, train in trace.trains.items():
        if name != READOUT:
            assert np.array_equal(train.ends, run.trains[name].ends), name
            assert np.array_equal(train.log, run.trains[name].log), name
    assert np.array_equal(np.asarray(trace.output_over_time), np.asarray(run.output_over_time))
    assert np.array_equal(np.asarray(trace.prediction_over_time), np.asarray(run.prediction_over_time))
    ours, theirs = (r.trains[READOUT].potentials for r in (trace, run))
    assert (ours is None) == (theirs is None)
    assert ours is None or np.array_equal(np.asarray(ours), np.asarray(theirs))


NEURONS = [
    *({"rule": rule, "strict": strict} for rule in ("one", "settled") for strict in (False, True)),
    {"quantiser": "floor"},
    {"quantiser": "round"},
]
SETTINGS = [{}, {"settle": False}, {"delay": 0.125}, {"keep": True}, {"output": "potential", "points": 3}]
OPTIONS = [how | setting for how in NEURONS for setting in SETTINGS]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(map(str, o.values())))
def test_run_equals_simulate(net, x, options):
    """Both engines, the second on torch in single precision."""
    snn, x = exact(net), x[:2]
    trace = snn.simulate(x, **options)
    for engine in networks.ENGINES:
        assert_same(trace, snn.run(x, record=True, engine=engine, **options))
    assert_same(trace, snn.run(torch.tensor(x, dtype=torch.float32), record=True, engine="numpy", **options))
    short = snn.run(x, **options)
    assert np.array_equal(short.output_over_time, trace.output_over_time)
    for name, train in trace.trains.items():
        if name != READOUT:
            assert np.array_equal(short.spikes[name], train.count())
            assert np.array_equal(short.trains[name].value(), train.value())


def test_torch_in_torch_out(net, x):
    snn = exact(net)
    for answer in (snn.simulate, snn.run):
        ours, theirs = answer(torch.tensor(x[:1])), answer(x[:1])
        assert all(torch.is_tensor(counts) for counts in ours.spikes.values())
        assert torch.is_tensor(ours.output)
        assert np.array_equal(ours.output.numpy(), theirs.output)
        assert all(np.array_equal(ours.spikes[k].numpy(), v) for k, v in theirs.spikes.items())


def test_there_are_spikes_to_compare(net, x):
    """Everywhere, and of both signs; several of one neuron in a row, some at reset."""
    trace = exact(net, theta=0.0625).simulate(x, rule="settled")
    in_a_row, at_reset, taken_back = 0, 0, 0
    for name, node in trace.nodes.items():
        if isinstance(node, Population | MaxPool):
            train = trace.trains[name]
            assert (train.log["sign"] == 1).sum() >= 6, name
            taken_back += np.sum(train.log["sign"] == -1)
            in_a_row += np.sum((np.diff(train.log["neuron"]) == 0) & (np.diff(train.log["wave"]) == 0))
            at_reset += np.sum(train.log["wave"] == -1)
    assert min(in_a_row, at_reset, taken_back) >= 3
    kinds = [trace.trains[name].count() for name in trace.nodes]
    assert [type(k) for k in kinds] == [np.ndarray] * len(kinds)


@pytest.mark.parametrize("rule", ["one", "settled"])
def test_engines_agree_where_sums_are_rounded(rule):
    """They add the same numbers in the same order, and compare without rounding."""
    net = snnref.load("digits-cnn")
    x, _ = snnref.data.load("digits")
    snn = sigma_delta.convert(net, x, threshold=0.3, levels=3, rule=rule)
    trace = snn.simulate(x[:5])
    for engine in networks.ENGINES:
        assert_same(trace, snn.run(x[:5], record=True, engine=engine))


def test_a_batch_equals_its_samples(net, x):
    """Also in many pieces, one thread each, and where nobody keeps the events."""
    snn, many = exact(net), np.concatenate([x] * 100)
    whole, counted = snn.run(many, record=True), snn.run(many)
    for i in (0, 1, 299):
        one = snn.run(many[i : i + 1], record=True)
        assert np.array_equal(one.output_over_time[:, 0], whole.output_over_time[:, i])
        assert np.array_equal(one.output_over_time[:, 0], counted.output_over_time[:, i])
        for name, train in whole.trains.items():
            if name != READOUT:
                assert np.array_equal(one.trains[name].of(0), train.of(i))
                assert np.array_equal(counted.spikes[name][i], one.spikes[name][0])


# --- the neuron


def test_hysteresis_is_eq_1():
    for r, n in itertools.product(np.arange(0, 4, 0.125), range(4)):
        for strict in (False, True):
            difference = Fraction(r) - n
            beyond = abs(difference) > 1 if strict else abs(difference) >= 1
            assert hysteresis(r, n, strict=strict) == (np.sign(float(difference)) if beyond else 0)


@pytest.mark.parametrize("how", NEURONS, ids=lambda o: "-".join(map(str, o.values())))
def test_what_follows_is_near(how):
    """Settled hysteresis ends less than a level off (at most one, if strict); direct quantisers on the level."""
    r, n = (grid.ravel() for grid in np.meshgrid(np.arange(0, 6, 0.0625), np.arange(0.0, 6)))
    moved = n + follow(r, n, **how)
    match how:
        case {"rule": "one", "strict": strict}:
            assert np.array_equal(moved, n + hysteresis(r, n, strict=strict))
        case {"strict": strict}:
            assert np.all(abs(r - moved) <= 1) if strict else np.all(abs(r - moved) < 1)
            assert np.all((moved == n) | (abs(r - n) >= 1))
            assert np.all(abs(moved - n) <= abs(r - n))  # no further than it must
        case {"quantiser": "floor"}:
            assert np.array_equal(moved, r // 1)
        case _:
            assert np.array_equal(moved, (r + 0.5) // 1)


def algorithm_1(charges, theta, *, until_settled=False):
    """Literally, in fractions."""
    v, v_q, sent = Fraction(0), Fraction(0), []
    for charge in charges:
        v += Fraction(charge)
        spikes = 0
        while True:
            diff = max(v, Fraction(0)) - v_q
            step = 1 if diff >= theta else -1 if diff <= -theta else 0
            spikes, v_q = spikes + step, v_q + step * theta
            if step == 0 or not until_settled:
                break
        sent.append((spikes, v, v_q / theta))
    return sent


@pytest.mark.parametrize("theta", [Fraction(1), Fraction(3, 4), Fraction(2)])
@pytest.mark.parametrize("rule", ["one", "settled"])
def test_the_neuron_is_algorithm_1(theta, rule):
    rng, lagging = np.random.default_rng(0), 0
    for _ in range(100):
        charges = rng.integers(-96, 112, 20) / 32
        v, n = 0.0, 0.0
        for charge, expected in zip(charges, algorithm_1(charges, theta, until_settled=rule == "settled"), strict=True):
            spikes, v, n = neuron(v, n, charge, threshold=float(theta), rule=rule)
            assert (spikes, v, n) == expected
            lagging += abs(max(v, 0) - n * theta) >= theta
    assert (lagging > 0) == (rule == "one")


def test_a_strict_neuron_never_takes_its_last_spike_back():
    """The slip: with > instead of ≥, a potential of 0 or less differs from one spike by exactly θ."""
    for strict in (False, True):
        v, n = 0.0, 0.0
        for charge in (1.5, -9.0, -9.0):
            _, v, n = neuron(v, n, charge, rule="settled", strict=strict)
        assert n == strict


def test_hysteresis_does_not_chatter():
    """A noisy input near a transition: direct quantisers send many more spikes."""
    rng, sent = np.random.default_rng(0), {}
    ramp = np.linspace(0, 3, 300) + 0.1 * rng.normal(size=300)
    for quantiser in ("hysteresis", "floor", "round"):
        n, spikes = 0.0, 0
        for r in np.maximum(ramp, 0):
            change = follow(r, n, quantiser=quantiser)
            n, spikes = n + change, spikes + abs(change)
        sent[quantiser] = spikes
    assert sent["hysteresis"] <= 3
    assert min(sent["floor"], sent["round"]) > 4 * sent["hysteresis"]


# --- what goes in


def test_pixels_become_delays():
    x = np.array([[0.25, 1.0, 0.2, 0.75, 0.0, 0.75, 0.21]])
    train = intensity_to_delay(x)
    assert train.log["neuron"].tolist() == [1, 3, 5, 0, 6]  # the brightest first, of equals the first
    assert np.allclose(train.log["time"], [0, 0.25, 0.25, 0.75, 0.79])
    assert train.log["wave"].tolist() == [0, 1, 2, 3, 4]
    assert train.log["sign"].tolist() == [1] * 5
    assert train.value().tolist() == [[1, 1, 0, 1, 0, 1, 1]]
    assert intensity_to_delay(x, cutoff=0.5).log["neuron"].tolist() == [1, 3, 5]


def test_several_levels():
    """⌈x − cutoff⌉ spikes together, where x is in levels."""
    x = np.array([[4.0, 2.25, 2.125, 0.5, 0.125]])
    train = intensity_to_delay(x, levels=4, cutoff=0.2)
    assert train.log["neuron"].tolist() == [0] * 4 + [1] * 3 + [2] * 2 + [3]
    assert train.log["time"][[0, 4, 7, 9]].tolist() == [0, 1 - 2.25 / 4, 1 - 2.125 / 4, 1 - 0.5 / 4]
    assert train.count().tolist() == [[4, 3, 2, 1, 0]]
    half = intensity_to_delay(x, levels=4, cutoff=0.5)  # rounds to the nearest
    assert half.value().tolist() == [[4, 2, 2, 0, 0]]


def test_float32_pixels_at_the_cutoff_are_silent():
    """51/255 is 0.2, in the pixels' own precision."""
    pixels = np.array([[51, 52]])
    for kind in (np.float32, np.float64):
        assert intensity_to_delay((pixels / np.array(255, kind)).astype(kind)).log["neuron"].tolist() == [1]


def test_a_film_sends_its_changes():
    """First what is withdrawn, at 0; what stays is silent."""
    frames = np.array([[0.5, 1.0, 0.0], [0.75, 0.0, 0.5], [0.75, 0.0, 0.5], [0.0, 1.0, 0.0]])
    train = intensity_to_delay(frames, keep=True)
    assert [train.of(i)["neuron"].tolist() for i in range(4)] == [[1, 0], [1, 2], [], [0, 2, 1]]
    assert [train.of(i)["sign"].tolist() for i in range(4)] == [[1, 1], [-1, 1], [], [-1, -1, 1]]
    assert train.of(3)["time"].tolist() == [0, 0, 0]
    assert train.value().tolist() == (frames > 0.2).tolist()


# --- the network


def test_events_add_up(net, x):
    """In the end every potential is bias + Σ W · count, and a settled neuron's count is less than one off."""
    for rule in ("one", "settled"):
        trace = exact(net, levels=1).simulate(x, rule=rule)
        values = {name: train.value() for name, train in trace.trains.items() if name != READOUT}
        lagging = 0
        for name, node in trace.nodes.items():
            if name in weighted_nodes(trace.nodes):
                v = node.input.drive({k: values[k] for k in node.sources}) + node.input.bias
                assert np.array_equal(trace.potentials[name][-1], v)
            if isinstance(node, Population):
                lagging += np.sum(abs(np.maximum(v, 0) - values[name]) >= 1)
            if isinstance(node, MaxPool):
                assert np.array_equal(values[name], node.window(values[node.source]))
        assert rule == "one" or lagging == 0


@pytest.mark.parametrize("rounding", ["floor", "round"])
def test_direct_quantisers_end_at_the_quantised_ann(net, x, rounding):
    snn = exact(net)
    run = snn.run(x, quantiser=rounding)
    quantised = sigma_delta.q_ann(snn, x, rounding=rounding)
    assert np.array_equal(run.trains[READOUT].potentials[-1] * snn.scales[READOUT], quantised)
    assert not np.array_equal(quantised, net(x))
    tensors = sigma_delta.q_ann(snn, torch.tensor(x), rounding=rounding)
    assert np.array_equal(tensors.numpy(), quantised)


def test_fine_quantisation_is_the_ann(net, x):
    """Both quantised ANNs and the spiking network, as θ becomes small."""
    for levels, theta, close in ((1, 0.5, 2.0), (1024, 2.0**-9, 0.1)):
        snn = exact(net, levels=levels, theta=theta, cutoff=0.5, rule="settled", output="potential")
        for answer in (snn.run(x).output, sigma_delta.q_ann(snn, x), sigma_delta.q_ann(snn, x, rounding="round")):
            error = np.abs(answer - net(x)).max()
            assert error < close
        assert (error > 0.1) == (levels == 1)


def serve(snn, x, *, pop, rule):
    """Another stream of events on a chain of populations: first in, first out; or depth first."""
    nodes, wiring = snn.nodes, snn.stepwise.wiring
    names = [name for name, node in nodes.items() if isinstance(node, Population)]
    chain = [INPUT, *names]
    v = {name: wiring.inlet(name).bias.copy() for name in names}
    n, log, queue = {name: np.zeros(len(v[name])) for name in names}, {name: [] for name in names}, deque()

    def charge(name, reached, amount):
        spikes, v[name][reached], n[name][reached] = neuron(v[name][reached], n[name][reached], amount, rule=rule)
        emitted = [(name, reached[i], np.sign(s)) for i, s in enumerate(spikes) for _ in range(int(abs(s)))]
        log[name] += [(int(j), int(s)) for _, j, s in emitted]
        queue.extend(emitted) if pop == "left" else queue.extendleft(reversed(emitted))

    def drain():
        while queue:
            name, j, sign = queue.popleft()
            if name != names[-1]:
                target = chain[chain.index(name) + 1]
                inlet = wiring.inlet(target)
                own = inlet.synapses.of(j)
                charge(target, inlet.synapses.targets[own], inlet.synapses.weights[own] * sign)

    pixels = snn.stepwise.encode(x)
    for pixel, sign in zip(pixels.log["neuron"], pixels.log["sign"], strict=True):
        queue.append((INPUT, pixel, sign))
        drain()
    return log


def deep_chain(rng):
    net = Network((1, 4, 4)).add("flat", Flatten((1, 4, 4)))
    for i in range(4):
        net = net.add(f"dense{i}", networks.dense(rng, 8, 16 if i == 0 else 8)).add(f"relu{i}", ReLU())
    return net.add("out", networks.dense(rng, 3, 8))


@pytest.mark.parametrize("rule", ["one", "settled"])
@pytest.mark.parametrize("seed", range(5))
def test_on_a_chain_the_order_of_service_does_not_matter(seed, rule):
    rng = np.random.default_rng(seed)
    net = deep_chain(rng)
    x = np.abs(networks.images(rng, net, batch=1))
    snn = exact(net, theta=2.0**-6, levels=1, settle=False, rule=rule)
    trace = snn.simulate(x)
    for pop in ("left", "right"):
        for name, sent in serve(snn, x, pop=pop, rule=rule).items():
            train = trace.trains[name]
            assert sent == list(zip(train.log["neuron"].tolist(), train.log["sign"].tolist(), strict=True))
    assert sum(len(trace.trains[name].log) for name in ("relu0", "relu1", "relu2", "relu3")) > 40


def test_a_delay_shifts_what_a_chain_sends(x):
    net = deep_chain(np.random.default_rng(0))
    x = np.abs(networks.images(np.random.default_rng(1), net))
    snn = exact(net, levels=1)
    at_once, late = snn.simulate(x), snn.simulate(x, delay=0.25)
    for depth, name in enumerate([INPUT, "relu0", "relu1", "relu2", "relu3"]):
        a, b = at_once.trains[name], late.trains[name]
        assert np.array_equal(a.log["neuron"], b.log["neuron"])
        assert np.array_equal(a.log["sign"], b.log["sign"])
        by_pixels = (a.log["wave"] >= 0) | (depth == 0)
        assert np.array_equal(a.log["time"][by_pixels] + 0.25 * depth, b.log["time"][by_pixels])
    assert late.latency == at_once.latency + 5 * 0.25
    assert np.array_equal(at_once.output, late.output)


def test_a_delay_changes_what_branches_say():
    """Where paths of unequal length merge, the order of arrival is another one."""
    rng = np.random.default_rng(0)
    net = networks.residual(rng)
    x = np.abs(networks.images(rng, net))
    snn = exact(net, theta=0.125)
    a, b = snn.simulate(x).trains["a2"], snn.simulate(x, delay=0.5).trains["a2"]
    assert a.log["neuron"].tolist() != b.log["neuron"].tolist()


def test_the_wave_order(net, x):
    """Without delay, what a node sends follows the pixels that caused it."""
    trace = exact(net).simulate(x)
    for name, train in trace.trains.items():
        if isinstance(train, Stream):
            for sample in range(len(x)):
                assert np.all(np.diff(train.of(sample)["time"]) >= 0), name
                assert np.all(np.diff(train.of(sample)["wave"]) >= 0), name


# --- what comes out


def test_readings_are_potentials_and_counts_at_their_times(net, x):
    snn = exact(net)
    run = snn.run(x, record=True, points=7)
    assert np.allclose(run.code.times, np.arange(1, 8) / 7 * run.latency)
    node, readings = run.nodes[READOUT], run.trains[READOUT]
    for i, time in enumerate(run.code.times):
        heard = {k: run.trains[k].between(-np.inf, time).value() for k in node.sources}
        v = node.input.drive(heard) + node.input.bias
        assert np.array_equal(readings.potentials[i], v)
        assert np.all(abs(np.maximum(v, 0) - readings.over_time[i]) < 2)
    assert np.array_equal(run.output_over_time, readings.over_time * snn.scales[READOUT])


def test_stops_are_the_run_so_far(net, x):
    snn = exact(net)
    whole, stops = snn.run(x, record=True), (0.125, 0.5)
    asked = list(snn.runs(x, stops=stops))
    assert [run.latency for run in asked] == [*stops, whole.latency]
    for run, until in zip(asked, (*stops, np.inf), strict=True):
        assert len(run.output_over_time) == np.sum(run.code.times <= run.latency)
        for name, train in whole.trains.items():
            if name != READOUT:
                part = train.between(-np.inf, until)
                assert np.array_equal(run.spikes[name], part.count())
                assert np.array_equal(run.trains[name].value(), part.value())
    assert np.array_equal(asked[-1].output, whole.output)
    assert all(np.all(a.operations.total <= b.operations.total) for a, b in itertools.pairwise(asked))
    recorded = list(snn.runs(x, stops=stops, record=True))
    assert_same(replace_readings(whole, recorded[-1]), recorded[-1])


def replace_readings(run, other):
    """A run with the readings of another, which was asked at other times."""
    trains = run.trains | {READOUT: other.trains[READOUT]}
    return type(run)(run.nodes, [trains], run.scales, run.code)


def test_stops_may_be_an_array(x, net):
    snn = exact(net)
    assert len(list(snn.runs(x[:1], stops=np.array([0.125, 0.25])))) == 3
    with pytest.raises(TypeError, match=r"stops: got 0\.2, expected a sequence of times"):
        snn.run(x[:1], stops=0.2)


def test_a_film_cannot_be_cut(net, x):
    run = exact(net).run(x, keep=True, record=True)
    with pytest.raises(ValueError, match="keep=True"):
        run.trains[INPUT].between(0, 0.5)


def test_ties_go_to_the_highest_potential():
    """Both classes have said 2; the second has more left to say."""
    net = Network((2,)).add("out", Dense(np.array([[2.25, 0], [0, 2.5]])))
    snn = exact(net, theta=1.0, levels=1)
    run = snn.run(np.ones((1, 2)))
    assert run.output.tolist() == [[2, 1]]  # one spike for each that came in: the first class had two chances
    run = snn.run(np.ones((1, 2)), rule="settled")
    assert run.output.tolist() == [[2, 2]]
    assert run.ties.tolist() == [True]
    assert run.prediction.tolist() == [1]
    assert not snn.run(np.array([[1.0, 0.0]])).ties[0]
    assert snn.run(np.array([[1.0, 0.0]])).prediction.tolist() == [0]
    assert run.prediction_over_time[-1] == 1
    assert snn.run(np.ones((1, 2)), output="potential").output.tolist() == [[2.25, 2.5]]


def test_operations_are_updates(net, x):
    """Spikes times fan-out, as the queue delivers them one by one."""
    snn = exact(net)
    run, wiring = snn.run(x, record=True), snn.stepwise.wiring
    updates = np.zeros(len(x))
    for name in weighted_nodes(snn.nodes):
        inlet = wiring.inlet(name)
        for source, first in inlet.first.items():
            for sample in range(len(x)):
                neurons = run.trains[source].of(sample)["neuron"] + first
                updates[sample] += np.diff(inlet.synapses.starts)[neurons].sum()
    beside = len(counting.projections(snn.nodes)) != sum(len(wiring.inlet(n).first) for n in weighted_nodes(snn.nodes))
    if beside:  # parallel synapses are one addition, and counted one by one
        assert np.all(run.operations.total >= updates)
    else:
        assert np.array_equal(run.operations.total, updates)


# --- films


@pytest.mark.parametrize("quantiser", ["floor", "round"])
def test_without_memory_a_film_is_its_frames(net, x, quantiser):
    """Direct quantisers: whatever came before, each frame ends as if it had been shown alone."""
    snn = exact(net)
    film, alone = snn.run(x, keep=True, quantiser=quantiser), snn.run(x, quantiser=quantiser)
    assert np.array_equal(film.output, alone.output)
    for name, train in alone.trains.items():
        assert np.array_equal(film.trains[name].value(), train.value())


def test_a_film_costs_its_changes(net, x):
    snn = exact(net)
    still = np.repeat(x[:1], 4, axis=0)
    run = snn.run(still, keep=True)
    assert run.operations.total[0] > 0
    assert np.all(run.operations.total[1:] == 0)
    assert len({tuple(row) for row in run.output}) == 1
    moved = still.copy()
    moved[2:, 0, 0, 0] = 1 - moved[2:, 0, 0, 0].round()
    cost = snn.run(moved, keep=True).operations.total
    assert 0 < cost[2] < cost[0]
    assert cost[3] == 0


def test_in_a_film_counts_follow_potentials(net, x):
    """With hysteresis they differ by what came before, but less than a level from what the neuron hears."""
    snn = exact(net, rule="settled")
    film = snn.run(x, keep=True, record=True)
    for name, node in snn.nodes.items():
        if isinstance(node, Population):
            values = {k: film.trains[k].value() for k in node.sources}
            v = node.input.drive(values) + node.input.bias
            assert np.all(abs(np.maximum(v, 0) - film.trains[name].value()) < 1)


# --- conversion


@pytest.fixture(scope="module")
def digits():
    net = snnref.load("digits-cnn")
    return net, snnref.data.load("digits", split="train")[0], *snnref.data.load("digits")


def test_thresholds(digits):
    net, calibration, *_ = digits
    snn = sigma_delta.convert(net, calibration, threshold=0.5)
    assert {snn.scales[name] for name in ("relu1", "relu2", "relu3", READOUT)} == {0.5}
    assert snn.scales["pool1"] == snn.scales["relu1"]
    assert snn.scales[INPUT] == calibration.max()
    some = sigma_delta.convert(net, calibration, threshold={"relu2": 2.0}, levels=4)
    assert some.scales["relu2"] == 2.0
    assert some.scales["relu1"] == 1.0
    assert some.scales[INPUT] == calibration.max() / 4
    relative = sigma_delta.convert(net, calibration, threshold=0.25, percentile=90)
    first = snnref.spiking.walk.activations(canonical(net), calibration)["relu1"]
    assert relative.scales["relu1"] == pytest.approx(0.25 * np.percentile(first[first > 0], 90))
    assert len({relative.scales[name] for name in ("relu1", "relu2", "relu3")}) == 3


def test_the_scale_of_activations_is_all_that_an_absolute_threshold_sees(digits):
    """Twice the activations and twice the threshold: the same spikes. A percentile undoes it by itself."""
    net, calibration, x, _ = digits
    twice = Network(net.input_shape)
    for name, (layer, sources) in net.layers.items():
        if hasattr(layer, "weight"):
            layer = replace(layer, bias=2 * layer.bias, weight=(2 if name == "conv1" else 1) * layer.weight)
        twice = twice.add(name, layer, *sources)
    a = sigma_delta.convert(net, calibration, threshold=0.5).run(x[:50])
    b = sigma_delta.convert(twice, calibration, threshold=1.0).run(x[:50])
    assert np.array_equal(a.spikes["relu3"], b.spikes["relu3"])
    c, d = (sigma_delta.convert(n, calibration, threshold=0.25, percentile=99.0).run(x[:50]) for n in (net, twice))
    assert np.array_equal(c.prediction, d.prediction)


def test_accuracy_on_digits(digits):
    """A bit a pixel costs; finer levels and thresholds bring the ANN's accuracy back."""
    net, calibration, x, labels = digits
    coarse = sigma_delta.convert(net, calibration, threshold=0.5).run(x).accuracy(labels)
    fine = sigma_delta.convert(net, calibration, threshold=0.1, levels=16, cutoff=0.5, rule="settled")
    assert 0.93 < coarse < 0.97
    assert fine.run(x).accuracy(labels) >= 0.99


def test_nothing_is_compiled_unless_asked(digits, monkeypatch):
    """Without Numba the runs are the same, unless it is asked for by name."""
    net, calibration, x, _ = digits
    snn = sigma_delta.convert(net, calibration, threshold=0.5)
    expected = snn.run(x[:5], record=True)
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "snnref.sigma_delta.compiled", raising=False)
    assert_same(expected, snn.run(x[:5], record=True))
    with pytest.raises(ImportError, match=r"fast"):
        snn.run(x[:5], engine="numba")


REFUSED = [
    ({"threshold": 0.0}, "threshold: got 0.0, expected a number > 0"),
    ({"threshold": True}, "threshold: got True"),
    ({"threshold": {"relu9": 1.0}}, "got one for 'relu9', expected names of relu1"),
    ({"threshold": {"relu1": -1.0}}, "for 'relu1'"),
    ({"percentile": 0}, "percentile: got 0"),
    ({"levels": 0}, "levels: got 0, expected a whole number ≥ 1"),
    ({"quantiser": "ceil"}, "quantiser: got 'ceil', expected one of 'hysteresis', 'floor', 'round'"),
    ({"rule": "all"}, "rule: got 'all'"),
    ({"output": "earliest"}, "output: got 'earliest'"),
    ({"strict": 1}, "strict: got 1, expected True or False"),
    ({"cutoff": 1.0}, "cutoff: got 1.0"),
    ({"delay": -0.1}, "delay: got -0.1"),
    ({"points": 2.5}, "points: got 2.5"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=str)
def test_refusals(digits, options, message):
    net, calibration, *_ = digits
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        sigma_delta.convert(net, calibration, **options)


def test_more_refusals(digits):
    net, calibration, x, _ = digits
    snn = sigma_delta.convert(net, calibration)
    with pytest.raises(ValueError, match=r"input: got values down to -0\.5, expected 0 or more"):
        snn.run(x[:2] - 0.5)
    with pytest.raises(ValueError, match="calibration: got values down to"):
        sigma_delta.convert(net, calibration - 0.5)
    with pytest.warns(UserWarning, match="255 times"):
        snn.run(255 * x[:2])
    with pytest.raises(TypeError, match=r"unknown setting 'tresh'.*convert also takes threshold"):
        sigma_delta.convert(net, calibration, tresh=1)
    with pytest.raises(ValueError, match=r"stops: got \(0.5, 0.25\), expected rising times between 0 and 0.8"):
        snn.run(x[:2], stops=(0.5, 0.25))
    with pytest.raises(ValueError, match="rising times"):
        snn.run(x[:2], stops=(0.9,))
    with pytest.raises(ValueError, match="keep=True"):
        snn.run(x[:2], stops=(0.5,), keep=True)
    with pytest.raises(ValueError, match="engine: got 'c'"):
        snn.run(x[:2], engine="c")
    with pytest.raises(TypeError, match="expected a Network"):
        sigma_delta.convert(lambda x: x, calibration)
    with pytest.raises(TypeError, match=r"expected what snnref\.sigma_delta\.convert returns"):
        sigma_delta.q_ann(snnref.rate.convert(net, calibration), x)
    with pytest.raises(ValueError, match="rounding: got 'up'"):
        sigma_delta.q_ann(snn, x, rounding="up")
    tanh = Network((2,)).add("d", Dense(np.eye(2))).add("t", Activation("tanh")).add("o", Dense(np.eye(2)))
    with pytest.raises(ValueError, match="tanh"):
        sigma_delta.convert(tanh, np.ones((1, 2)))


def test_gains_and_empty_frames():
    """A network without a hidden layer, and an image with nothing in it."""
    net = Network((3,)).add("gain", Gain(np.array([1.0, 2.0, 0.5]))).add("out", Dense(np.eye(3)))
    snn = exact(net, theta=0.5, levels=1)
    x = np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
    trace = snn.simulate(x)
    for engine in networks.ENGINES:
        assert_same(trace, snn.run(x, record=True, engine=engine))
    assert trace.unanswered.tolist() == [True, False]
    assert trace.operations.total.tolist() == [0, 9]
