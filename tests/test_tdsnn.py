"""TDSNN: the two walks agree spike for spike, and the paper's equations hold."""

import itertools
import sys
from fractions import Fraction
from math import ceil, e, exp, log

import networks
import numpy as np
import pytest
import torch

import snnref
from snnref import tdsnn
from snnref.arrays import to_numpy
from snnref.layers import Activation, Conv, Dense, Flatten, MaxPool, ReLU
from snnref.layers.reverse_coding import decay, growth, slack, spike_time, staircase
from snnref.network import INPUT, READOUT, Network
from snnref.network.canonical import canonical
from snnref.network.counting import neurons, synapses
from snnref.network.nodes import Input, Population, weighted_nodes
from snnref.network.nodes import MaxPool as Pool
from snnref.tdsnn import active_period, firing_time, inhibitory_period, tick_weight, ticking_pool

HALVING = 1 / log(2)  # the leak at which a step leaves just half of a potential: all sums are exact
LEAKS = (0.4, 1.0, 2.0, 5.0, 17.3)


@pytest.fixture
def x(x):
    """No time stands for negative pixels."""
    return np.abs(x)


def exact(net, x, *, seed=3, **options):
    """Converted with a leak and units that keep all sums exact; the inhibition of half as bright images."""
    rng, nodes = np.random.default_rng(seed), canonical(net)
    units = {name: 2.0 ** -rng.integers(2, 6) for name, node in nodes.items() if isinstance(node, Input | Population)}
    return tdsnn.convert(net, x / 2, leak=HALVING, unit=units, **options)


def assert_same(trace, run):
    for name, train in trace.trains.items():
        if name != READOUT:
            other = run.trains[name]
            for ours, theirs in ((train.lag, other.lag), (train.last, other.last), (train.begin, other.begin)):
                assert np.array_equal(to_numpy(ours), to_numpy(theirs)), name
    assert np.array_equal(to_numpy(trace.output_over_time), to_numpy(run.output_over_time))
    assert trace.latency == run.latency


OPTIONS = [
    {"inhibition": inhibition, "threshold": threshold}
    for inhibition, threshold in itertools.product(("last", "fixed"), (0.0, 0.5, -1.0))
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(map(str, o.values())))
def test_run_equals_simulate(net, x, options):
    """NumPy and torch; float64, and the closed forms in float32 too."""
    snn = exact(net, x, **options)
    trace = snn.simulate(x, **options)
    assert_same(trace, snn.run(x, record=True, **options))
    assert_same(trace, snn.run(torch.tensor(x), record=True, **options))
    assert_same(trace, snn.run(torch.tensor(x, dtype=torch.float32), record=True, **options))
    assert_same(trace, snn.simulate(torch.tensor(x), **options))
    short = snn.run(x, **options)  # the readout is asked at the end only
    assert short.output_over_time.shape[0] == 1
    assert np.array_equal(short.output, trace.output)


def test_there_are_spikes_to_compare(net, x):
    snn = exact(net, x, inhibition="fixed")
    trace, clipped = snn.simulate(x, inhibition="last"), snn.simulate(x)
    for name, train in trace.trains.items():
        if name != READOUT:
            assert len(np.unique(train.lag)) > 1, name
    assert any((trace.trains[k].lag > clipped.trains[k].last.max()).any() for k in trace.potentials)


def test_a_batch_equals_its_samples(net, x):
    for options in OPTIONS[::2]:
        snn = exact(net, x, **options)
        whole = snn.simulate(x)
        for i in range(len(x)):
            one = snn.simulate(x[i : i + 1])
            assert np.array_equal(one.output[0], whole.output[i])
            for name, train in whole.trains.items():
                if name != READOUT:
                    assert np.array_equal(one.trains[name].lag[0], train.lag[i])
                    assert one.trains[name].begin[0] == train.begin[i]
                if name in whole.potentials:  # aligned at the release: the end of the periods is where it was
                    ours = one.potentials[name][:, 0]
                    release = int(whole.code.end({s: whole.trains[s] for s in snn.nodes[name].sources}).max())
                    own = int(one.code.end({s: one.trains[s] for s in snn.nodes[name].sources}).max())
                    assert np.array_equal(whole.potentials[name][release - own :, i][: len(ours)], ours)


@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("threshold", [0.0, "nearest", 0.3])
def test_other_leaks_population_by_population(net, x, leak, threshold):
    """On the same incoming trains, but for neurons whose A + 1 is next to a power of exp(1/L); which are few."""
    snn = tdsnn.convert(net, x, leak=leak, threshold=threshold)
    trace, ties, compared = snn.simulate(x), 0, 0
    for name, node in weighted_nodes(snn.nodes).items():
        trains = {source: trace.trains[source] for source in node.sources}
        a = node.input.drive({k: t.sent for k, t in trains.items()}) + snn.closed.bias(node, x)
        if name == READOUT:
            np.testing.assert_allclose(trace.output, a, rtol=1e-9, atol=1e-9)
            continue
        grown = np.maximum((a + 1) / (1 - snn.stepwise.h), 1)
        steps = leak * np.log(grown / (1 + slack(x)))
        near = np.abs(grown / (1 + slack(x)) / np.exp(np.round(steps) / leak) - 1) < 1e-10
        ours = snn.closed.population(node, trains)
        assert np.array_equal(trace.trains[name].lag[~near], ours.lag[~near]), name
        assert np.array_equal(ours.lag[~near], np.maximum(np.ceil(steps), 0)[~near])
        ties, compared = ties + int((near & (grown > 1)).sum()), compared + near.size
    assert ties <= 1e-3 * compared


def test_the_neuron_in_fractions():
    """Eq. 5 with the first tick at 1: T_o is the first step at which P d^t + ω Σ_{k=1..t} d^(t−k) reaches 0."""
    rng, half = np.random.default_rng(0), Fraction(1, 2)
    late = 0
    for _ in range(200):
        weights, times = networks.dyadic(rng, 6), rng.integers(0, 7, 6)
        arriving = [np.asarray(weights[times == t].sum()) for t in range(7)]
        got = inhibitory_period((-w for w in arriving), leak=HALVING)[-1]
        p = -sum(Fraction(w) * half ** int(6 - t) for w, t in zip(weights, times, strict=True))
        assert Fraction(float(got)) == p
        tick, v, t = (1 - half) * half**6, p, 0
        while v < 0:
            v, t = v * half + tick, t + 1
        time, _ = active_period(got, tick=tick_weight(np.asarray(6.0), leak=HALVING), leak=HALVING)
        assert time == t
        a = sum(Fraction(w) * 2 ** int(t) for w, t in zip(weights, times, strict=True))
        assert t == (0 if a <= 0 else ceil(np.log2(float(a + 1)) - 1e-12))
        late += t > 1
    assert late > 30


@pytest.mark.parametrize("leak", LEAKS)
def test_a_tick_at_0_would_break_the_equations(leak):
    """With Eq. 5 as it is printed, a good part of the times come a step too soon."""
    a = np.linspace(0.001, 40, 4000)
    tick = 1 - decay(leak)
    printed, _ = active_period(-a + tick, tick=tick, leak=leak)
    right, _ = active_period(-a, tick=tick, leak=leak)
    assert np.array_equal(right, spike_time(a, leak=leak))
    assert np.array_equal(printed, spike_time(np.maximum(a - tick, 0), leak=leak))
    wrong = np.mean(printed != right)
    share = leak * tick * np.mean(1 / (a + 1))  # of a step, by which the printed sum is early
    assert 0.7 * share < wrong < 1.4 * share


@pytest.mark.parametrize("leak", LEAKS)
def test_firing_time_is_that_of_the_steps(leak):
    """Eq. 6 for any threshold and tick, and the condition that it leaves out."""
    rng = np.random.default_rng(1)
    p, tick, theta = rng.normal(size=400) * 3, rng.uniform(0.01, 1, 400), rng.normal(size=400)
    times = firing_time(p, tick=tick, leak=leak, threshold=theta)
    never = np.isinf(times)
    assert np.array_equal(never, (tick <= theta * (1 - exp(-1 / leak))) & (p < theta))
    assert 0 < never.sum() < 400
    fine = ~(tick <= theta * (1 - exp(-1 / leak)))
    steps, _ = active_period(p[fine], tick=tick[fine], leak=leak, threshold=theta[fine])
    assert np.array_equal(steps, times[fine])
    with pytest.raises(ValueError, match="never reaches the threshold"):
        active_period(p[never], tick=tick[never], leak=leak, threshold=theta[never])
    a = rng.uniform(-2, 30, 400)
    assert np.array_equal(firing_time(-a * exp(-9 / leak), tick=tick_weight(9.0 * np.ones(1), leak=leak), leak=leak),
                          spike_time(a, leak=leak))  # fmt: skip


def test_nothing_depends_on_how_long_the_inhibition_lasts():
    """By the choice of the tick's weight (Eq. 9)."""
    a = np.linspace(-3, 50, 1000)
    for leak in LEAKS:
        for end in (0.0, 3.0, 20.0):
            end = np.asarray(end)
            v = -a * growth(-end, leak=leak)
            times, _ = active_period(v, tick=tick_weight(end, leak=leak), leak=leak)
            assert np.array_equal(times, spike_time(a, leak=leak))


def test_after_its_spike_a_neuron_rests():
    times, potentials = active_period(np.array([-7.0, 0.5, -1.0]), tick=0.5, leak=HALVING)
    assert times.tolist() == [3, 0, 1]
    assert np.stack(potentials).tolist() == [[-7, 0.5, -1], [-3, 0, 0], [-1, 0, 0], [0, 0, 0]]
    times, _ = active_period(np.array([-7.0, 0.5, -1.0]), tick=0.5, leak=HALVING, last=2)
    assert times.tolist() == [2, 0, 1]


@pytest.mark.parametrize("leak", LEAKS)
def test_the_code(leak):
    """G is x + 1 and up to a step more; to the nearest step it is half a step off at most."""
    x = np.linspace(0, 30, 20001)
    for kind in (np.asarray, torch.tensor):
        g = np.asarray(staircase(kind(x), leak=leak))
        assert np.all((g >= x + 1) & (g <= (x + 1) * exp(1 / leak) * (1 + 1e-12)))
        nearest = np.asarray(staircase(kind(x), leak=leak, threshold=tdsnn.half_step(leak)))
        off = np.abs(leak * np.log(nearest / (x + 1)))
        assert off[nearest > 1].max() < 0.5 + 1e-9
    times = spike_time(x, leak=leak)
    assert np.array_equal(times, np.ceil(leak * np.log(x + 1)))
    assert spike_time(np.array([-5.0, -1.0, -1e-9, 0.0]), leak=leak).tolist() == [0, 0, 0, 0]
    assert np.array_equal(times.astype(np.float32), spike_time(torch.tensor(x, dtype=torch.float32), leak=leak)) or (
        np.mean(times != np.asarray(spike_time(torch.tensor(x, dtype=torch.float32), leak=leak))) < 1e-3
    )


def test_powers_of_two_are_exact():
    k = np.arange(40)
    for kind, dtype in ((np.float64, torch.float64), (np.float32, torch.float32)):
        most = 53 if kind is np.float64 else 24
        x = (2.0 ** k[k < most] - 1).astype(kind)
        assert spike_time(x, leak=HALVING).tolist() == k[k < most].tolist()
        assert spike_time(torch.tensor(x, dtype=dtype), leak=HALVING).tolist() == k[k < most].tolist()
    assert decay(HALVING) == 0.5
    assert spike_time(np.array([1 + 1e-8, 1 + 1e-10, 1 - 1e-8]), leak=HALVING).tolist() == [
        2,
        1,
        1,
    ]  # but for the slack


def test_each_neuron_fires_once(net, x):
    run = exact(net, x).run(x)
    assert all((spikes == 1).all() for spikes in run.spikes.values())
    assert run.spikes_per_neuron == 1
    assert run.operations.total.tolist() == [synapses(run.nodes)] * len(x)
    for name, train in run.trains.items():
        if name != READOUT:
            time, neuron, sign = train.events(1)
            assert np.array_equal(np.sort(neuron), np.arange(train.lag[1].size))
            assert np.array_equal(train.lag[1].ravel()[neuron], time)
            assert np.all(np.diff(time) >= 0)
            assert np.all(sign == 1)


def test_folding_is_right_at_borders_and_branches(net, x):
    """The finer the steps, the nearer the answer to the ANN's: what the fold takes off is just what G adds."""
    wanted = net(x)
    size = np.abs(wanted).max()
    errors = [np.abs(tdsnn.convert(net, x, leak=leak).run(x).output - wanted).max() / size for leak in (30.0, 3e4)]
    assert errors[1] < 1e-3
    assert errors[1] < errors[0] / 30


def test_rounding_to_the_nearest_step_takes_away_the_bias(net, x):
    """Rounded up, values are too large; to the nearest step as often too small."""
    values = {name: node for name, node in canonical(net).items() if isinstance(node, Input)}
    snn = tdsnn.convert(net, x, leak=5.0)
    (name,) = values
    up, nearest = (snn.run(x, threshold=t).trains[name].value() - x for t in (0.0, "nearest"))
    assert np.all(up[x > 0] >= -1e-12)
    assert np.abs(nearest).mean() < np.abs(up).mean()
    assert np.abs(nearest.mean()) < 0.3 * up.mean()


def test_a_fixed_inhibition_is_as_long_as_the_calibration_needs(net, x):
    snn = tdsnn.convert(net, x, leak=3.0, inhibition="fixed")
    free, fixed = snn.run(x, inhibition="last"), snn.run(x)
    assert np.array_equal(free.output, fixed.output)  # on these images
    for name, train in free.trains.items():
        if name != READOUT:
            assert fixed.trains[name].last.tolist() == [snn.closed.time(np.asarray(train.drive.max()))] * len(x) or (
                isinstance(snn.nodes[name], Pool)  # as long as what it pools
            )
    assert fixed.latency >= free.latency
    brighter = snn.run(4 * x)
    assert brighter.latency == fixed.latency
    for name, train in brighter.trains.items():
        if name != READOUT:
            assert train.lag.max() <= train.last.max()
    assert brighter.trains[INPUT].lag.max() == brighter.trains[INPUT].last.max() < snn.closed.time(4 * x).max()
    trace = snn.simulate(4 * x)
    assert np.array_equal(trace.trains[INPUT].lag, brighter.trains[INPUT].lag)


def test_a_fixed_inhibition_is_measured_on_all_of_the_calibration(net, x, monkeypatch):
    """In batches, whatever their size; no spike of the calibration is cut off."""
    whole = tdsnn.convert(net, x, leak=3.0, inhibition="fixed")
    monkeypatch.setattr(sys.modules["snnref.tdsnn.convert"], "BATCH", 1)
    parts = tdsnn.convert(net, x, leak=3.0, inhibition="fixed")
    assert whole.closed._largest == pytest.approx(parts.closed._largest)
    for name, train in whole.run(x, inhibition="last").trains.items():
        if name != READOUT:
            assert train.lag.max() <= whole.closed.horizon(name)


def test_a_fixed_inhibition_belongs_to_its_leak():
    net, x = networks.chain(np.random.default_rng(0)), np.ones((1, 1, 8, 8))
    snn = tdsnn.convert(net, x, leak=3.0, inhibition="fixed")
    for settings in ({"leak": 1.0}, {"threshold": "nearest"}):
        with pytest.raises(ValueError, match=r"'fixed' was measured with leak 3 and threshold 0.*convert the network"):
            snn.run(x, **settings)
        assert np.isfinite(snn.run(x, inhibition="last", **settings).output).all()
    with pytest.raises(ValueError, match=r"'fixed' is measured by convert"):
        tdsnn.convert(net, x).run(x, inhibition="fixed")


def test_what_hears_nothing_says_nothing():
    """Weights that cancel leave rounding errors, which must not count as a value: a black image stays black."""
    rng = np.random.default_rng(0)
    net = (
        Network((3, 8, 8))
        .add("c", Conv(rng.normal(size=(16, 3, 3, 3)), padding=1))
        .add("r", ReLU())
        .add("c2", Conv(rng.normal(size=(16, 16, 3, 3)) / 12, padding=1))
        .add("r2", ReLU())
        .add("flat", Flatten((16, 8, 8)))
        .add("out", Dense(rng.normal(size=(10, 1024)) / 32))
    )
    x = rng.random((4, 3, 8, 8))
    x[:, :, :, :4] = 0
    x[0] = 0
    snn = tdsnn.convert(net, x, leak=5.0)
    trace, run = snn.simulate(x), snn.run(x)
    for name in ("r", "r2"):
        assert np.array_equal(trace.trains[name].lag, run.trains[name].lag)
    for answer in (trace, run, snn.run(x.astype(np.float32)), snn.run(torch.tensor(x, dtype=torch.float32))):
        for name in ("r", "r2"):
            assert (to_numpy(answer.trains[name].lag)[0] == 0).all()
        assert np.abs(to_numpy(answer.output)[0]).max() < 1e-3


def test_a_pool_of_a_pool(net):
    rng = np.random.default_rng(0)
    net = Network((1, 9, 9)).add("c", networks.conv(rng, 2, 1, 3)).add("r", ReLU())
    net = (
        net.add("p", MaxPool(2)).add("p2", MaxPool(2)).add("f", Flatten((2, 1, 1))).add("o", networks.dense(rng, 3, 2))
    )
    x = np.abs(networks.images(rng, net))
    snn = exact(net, x, inhibition="fixed")
    assert_same(snn.simulate(x), snn.run(x, record=True))


def test_leaks_at_which_values_overflow():
    net, x = networks.chain(np.random.default_rng(0)), np.ones((1, 1, 8, 8), np.float32)
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(ValueError, match=r"leak: got 0.005.*overflow"):
        tdsnn.convert(net, x, leak=0.005).run(x)


def test_times_do_not_wait_for_the_bias_neuron_alone():
    """An image that is black has its last spike at 0; the inhibitory period still waits for T(1)."""
    net = Network((2,)).add("dense", Dense(np.eye(2), np.array([3.0, -1.0]))).add("relu", ReLU())
    net = net.add("out", Dense(np.eye(2)))
    snn = tdsnn.convert(net, np.ones((1, 2)), leak=5.0)
    black = np.zeros((1, 2))
    trace = snn.simulate(black)
    assert snn.stepwise.one == ceil(5 * log(2)) == 4
    assert trace.trains["relu"].begin.tolist() == [4]
    assert trace.trains["relu"].lag.tolist() == [[ceil(5 * log(4)), 0]]
    assert np.array_equal(trace.trains["relu"].lag, snn.run(black).trains["relu"].lag)


def test_a_pool_fires_with_the_last_of_its_window(net, x):
    trace = exact(net, x).simulate(x)
    pools = {k: node for k, node in trace.nodes.items() if isinstance(node, Pool)}
    for name, node in pools.items():
        assert np.array_equal(trace.trains[name].lag, node.window(trace.trains[node.source].lag))
        assert np.array_equal(trace.trains[name].begin, trace.trains[node.source].begin)


def test_the_pipeline(net, x):
    """The active period of a layer is the inhibitory period of the next; what is ready sooner waits."""
    for options in OPTIONS[::3]:
        run = exact(net, x, **options).run(x)
        plans = [tdsnn.schedule(run, sample=i) for i in range(len(x))]
        assert run.latency == np.mean([plan.latency for plan in plans])
        plan, nodes = plans[1], run.nodes
        stages = {stage.node: stage for stage in plan.stages}
        waits = {(d.source, d.target): d.steps for d in plan.delay_lines}
        for name, node in weighted_nodes(nodes).items():
            begin, release = stages[name].inhibitory
            last = max(int(run.trains[s].last[1]) for s in node.sources)
            assert release - begin == max(last, run.code.one)
            for source in node.sources:
                assert stages[source].active[0] + waits.get((source, name), 0) == begin
            if name != READOUT:
                assert stages[name].active == (release, release + int(run.trains[name].last[1]))
        assert stages[READOUT].active is None
        assert stages[READOUT].inhibitory[1] == plan.latency
        assert all(steps > 0 for steps in waits.values())
        assert f"answer after {plan.latency} steps" in str(plan)
        assert plan.interval == max(
            s.active[1] - s.inhibitory[0] for s in plan.stages if s.inhibitory and s.active
        ) or (plan.interval == stages[READOUT].inhibitory[1] - stages[READOUT].inhibitory[0])


def test_costs_are_those_of_the_steps(net, x):
    """Counted in the simulation: a leak for each neuron and step until it fires, a tick for each step of waiting."""
    trace = exact(net, x).simulate(x)
    found, hardware = tdsnn.costs(trace), tdsnn.hardware_costs(trace)
    for i in range(len(x)):
        leaks = ticks = arrivals = silent = 0
        for name, node in weighted_nodes(trace.nodes).items():
            end = max(trace.code.one, *(int(trace.trains[s].last[i]) for s in node.sources))
            silent += end * int(np.prod(node.shape))
            if name != READOUT:
                waits = int(sum(trace.trains[name].lag[i].ravel()))
                leaks, ticks = leaks + waits, ticks + waits
            arrivals += int(np.prod(node.shape))  # the bias neuron's
        arrivals += synapses(trace.nodes)
        compared = sum(
            int(np.isfinite(window_inputs(p, trace)).sum() - np.prod(p.shape))
            for p in trace.nodes.values()
            if isinstance(p, Pool)
        )
        assert found.multiplications[i] == leaks + silent
        assert found.additions[i] == arrivals + compared + ticks
        assert hardware.multiplications[i] == silent
        assert hardware.additions[i] == arrivals + compared
    assert np.array_equal(found.total, found.additions + found.multiplications)


def window_inputs(pool, trace):
    """Every input of every window of a pool; infinite where there is none."""
    from snnref.arrays import window_entries

    shape = trace.nodes[pool.source].shape
    return np.stack(list(window_entries(np.zeros(shape), pool.window.axes, np.inf)))


def test_the_operations_of_a_caffe_lenet():
    nodes = canonical(snnref.load("mnist-lenet-caffe"))
    ann = tdsnn.ann_costs(nodes)
    n = 20 * 24**2 + 50 * 8**2 + 500 + 10
    macs = 20 * 24**2 * 25 + 50 * 8**2 * 20 * 25 + 800 * 500 + 500 * 10
    assert (ann.multiplications, ann.additions) == (macs, macs - n + 3 * (20 * 12**2 + 50 * 4**2)) == (2293000, 2288810)
    assert neurons(nodes) + 10 == n
    snn = tdsnn.table_costs(nodes, 63)
    assert (snn.multiplications, snn.additions) == (2 * 63 * n, ann.additions + 63 * n)


@pytest.mark.parametrize("inputs", [2, 3, 4])
@pytest.mark.parametrize("leak", [0.2, 0.5, 0.62, 0.7, 0.9, 1.2, 2.0, 5.0])
def test_whether_ticks_can_pool_by_trying_all_windows(inputs, leak):
    """Every window of a few times, and tick weights from tiny to large: some work, or none does."""
    latest = 3
    windows = np.array(list(itertools.combinations_with_replacement(range(latest + 1), inputs)))
    windows = windows[windows.max(axis=1) > 0]

    def works(ratio, some, end):
        return np.array_equal(ticking_pool(some, ratio=ratio, leak=leak, end=end), some.max(axis=1))

    def found(some, end, bounds):
        low, high = max(b[0] for b in bounds), min(min(b[1] for b in bounds), 1e9)
        tried = [*np.geomspace(1e-9, 1e3, 300), low * 1.0001, high * 0.9999, (low + high) / 2]
        return any(works(ratio, some, end) for ratio in tried)

    bounds = [tdsnn.tick_bounds(inputs, leak=leak, latest=t, end=latest) for t in range(1, latest + 1)]
    assert tdsnn.feasible(inputs, leak=leak, latest=latest, reading="shared") == found(windows, latest, bounds)
    for t in range(1, latest + 1):
        some = windows[windows.max(axis=1) == t]
        alone = [tdsnn.tick_bounds(inputs, leak=leak, latest=t)]
        assert tdsnn.feasible(inputs, leak=leak, latest=t) == found(some, t, alone)


def test_when_one_tick_weight_serves_all_windows():
    """As printed, Eq. 13 rules it out beyond T_m = 1; with all windows released together it takes L ≤ 1 / ln(N + 1)."""
    for inputs in (2, 4, 9):
        assert tdsnn.shared_leak(inputs) == pytest.approx(1 / log(inputs + 1))
        for leak in (0.9, 0.999, 1.001, 1.1):
            leak = leak * tdsnn.shared_leak(inputs)
            wide = tdsnn.feasible(inputs, leak=leak, latest=20, reading="shared")
            assert wide == (leak <= tdsnn.shared_leak(inputs)) or abs(leak / tdsnn.shared_leak(inputs) - 1) < 0.002
            assert not tdsnn.feasible(inputs, leak=leak, latest=2, reading="printed")
            assert tdsnn.feasible(inputs, leak=leak, latest=1, reading="printed")
    assert not tdsnn.feasible(4, leak=0.3, latest=0)  # a window in which all fire at 0
    black = np.zeros((1, 4))
    assert all(ticking_pool(black, ratio=r, leak=leak, end=3) > 0 for r in (1e-3, 1.0, 1e3) for leak in LEAKS)
    assert tdsnn.feasible(4, leak=5.0, latest=3)
    assert not tdsnn.feasible(4, leak=5.0, latest=4)
    with pytest.raises(ValueError, match="expected one of 'alone'"):
        tdsnn.feasible(4, leak=1.0, latest=2, reading="both")


def test_small_units_resolve_more(net, x):
    coarse, fine = (tdsnn.convert(net, x, leak=4.0, unit=unit).run(x) for unit in (1.0, 1 / 16))
    ann = net(x)
    assert np.abs(fine.output - ann).mean() < np.abs(coarse.output - ann).mean()
    assert fine.latency > coarse.latency


@pytest.mark.parametrize(("field", "value"), [
    ("leak", 0), ("leak", -1.0), ("leak", float("nan")), ("leak", "5"), ("leak", True),
    ("inhibition", "first"), ("threshold", 0.995), ("threshold", "up"), ("threshold", float("nan")),
    ("offset", "none"), ("offset", "retrained"), ("unit", 0), ("unit", "small"), ("unit", {"relu1": -1.0}),
    ("unit", {"pool1": 1.0}),
])  # fmt: skip
def test_senseless_options_are_refused(field, value):
    net = networks.chain(np.random.default_rng(0))
    with pytest.raises(ValueError, match=f"{field}: got"):
        tdsnn.convert(net, np.ones((1, 1, 8, 8)), **{field: value})


def test_other_refusals():
    net, x = networks.chain(np.random.default_rng(0)), np.ones((1, 1, 8, 8))
    snn = tdsnn.convert(net, x)
    with pytest.raises(ValueError, match=r"input: got values down to -1"):
        snn.run(-x)
    with pytest.raises(ValueError, match=r"calibration: got values down to -1"):
        tdsnn.convert(net, -x)
    with pytest.raises(TypeError, match=r"unknown setting 'leaks'.*did you mean 'leak'"):
        snn.run(x, leaks=1)
    with pytest.raises(TypeError, match=r"convert also takes unit"):
        tdsnn.convert(net, x, units=1)
    with pytest.raises(TypeError, match="expected a Network"):
        tdsnn.convert(torch.nn.ReLU(), x)
    with pytest.raises(TypeError, match="expected what run or simulate"):
        tdsnn.schedule(snnref.rate.convert(net, x).run(x))
    with pytest.raises(TypeError, match="expected what run or simulate"):
        tdsnn.costs(snn)
    with pytest.raises(ValueError, match="sample: got 3, expected an index below 1"):
        tdsnn.schedule(snn.run(x), sample=3)
    with pytest.raises(ValueError, match="inputs, latest: got 0 and 2"):
        tdsnn.feasible(0, leak=1.0, latest=2)
    with pytest.raises(ValueError, match="inputs, latest: got 4 and -1"):
        tdsnn.feasible(4, leak=1.0, latest=-1)
    with pytest.raises(ValueError, match="activation reverse: got the leak -1"):
        Activation("reverse", -1.0)
    sigmoid = Network((2,)).add("dense", Dense(np.eye(2))).add("s", Activation("sigmoid")).add("o", Dense(np.eye(2)))
    with pytest.raises(ValueError, match="TDSNN expresses relu only"):
        tdsnn.convert(sigmoid, np.ones((1, 2)))


def test_options_are_stated():
    net, x = networks.chain(np.random.default_rng(0)), np.ones((1, 1, 8, 8))
    assert tdsnn.convert(net, x, leak=2.0).options == {
        "leak": 2.0,
        "inhibition": "last",
        "threshold": 0.0,
        "offset": "fold",
    }


def test_evaluate_reports_latency_and_operations():
    """Means over the images, whatever the batches."""
    net, (x, labels) = snnref.load("digits-cnn"), snnref.data.load()
    snn = tdsnn.convert(net, x)
    run = snn.run(x[:50])
    for batch in (7, 50):
        result = snnref.evaluate(net, snn, x=x[:50], labels=labels[:50], batch=batch)
        assert result.latency == pytest.approx(run.latency)
        assert result.also["additions"] == pytest.approx(tdsnn.costs(run).additions.mean())
        assert result.also["multiplications without ticks"] == pytest.approx(
            tdsnn.hardware_costs(run).multiplications.mean()
        )
        assert result.accuracy == run.accuracy(labels[:50])


def test_e_appears():
    """At L = 1 a value of e − 1 takes just a step."""
    assert spike_time(np.array([e - 1 - 1e-7, e - 1 + 1e-7]), leak=1.0).tolist() == [1, 2]
