"""AMOS: what `explain`, `diagnose`, `check.neuron`, the command line and the figures say is so."""

import json
import re

import networks
import numpy as np
import pytest
from numpy.testing import assert_allclose
from test_cli import run as command
from test_figures import marks
from typer.testing import CliRunner

import snnref
from snnref import amos, check, diagnose, explain
from snnref.amos import trained
from snnref.canonical import canonical
from snnref.cli import app
from snnref.figures import amos as figures
from snnref.figures.description import Cells, Dots, Line, Rule, Ticks
from snnref.layers import Activation, Multiply
from snnref.network import Network
from snnref.nodes import Population
from snnref.walk import activations

ROUNDINGS = [("down", 0.0), ("to the nearest step", 0.5)]


@pytest.fixture(scope="module")
def digits():
    (calibration, _), (x, labels) = (snnref.data.load("digits", split=split) for split in ("train", "test"))
    return snnref.load("digits-cnn"), calibration.astype(float), x.astype(float), labels


def number(pattern, text):
    return float(re.search(pattern, text)[1])


def binary(x, K, alpha=1.0, early=0.0):
    """Steps of α 2⁻ᴷ in a value, as many as K bits can say."""
    return np.clip(np.floor(np.asarray(x) / alpha * 2**K + early), 0, 2**K - 1).astype(int)


def gates(unit, *x):
    """Eqs. 2 to 4, once more."""
    z = np.zeros((unit.K, *np.shape(x[0])))
    for i in range(unit.K):
        z[i] = np.tensordot(unit.c[:, i], x, 1) - np.tensordot(unit.h[i], z, 1) - unit.T[i] >= 0
    return z


def gated(rng):
    """Trained units, also one for products."""
    net = Network((6,)).add("dense1", networks.dense(rng, 8, 6)).add("silu", Activation("silu"))
    net = net.add("dense2", networks.dense(rng, 8, 8)).add("sigmoid", Activation("sigmoid"))
    return net.add("gate", Multiply(), "silu", "sigmoid").add("out", networks.dense(rng, 3, 8))


SUM = re.compile(r"((?:^  .*\n)+)^(x′?) = (.*)$", re.MULTILINE)
GATE = re.compile(r"step (\d+), gate (\d+): (.*) ([−+] [\d.]+) − \((.*)\) = ([-+][\d.]+) (.*)")
LAST = re.compile(r"\n(\d+) of (\d+) gates fired, which says (\S+) × (\S+) = (\S+)\.$")


@pytest.mark.parametrize("options", [{}, {"per": "channel", "half_step": True, "steps": 2}], ids=["paper", "other"])
@pytest.mark.parametrize("make", [*networks.ALL, gated])
def test_an_explanation_adds_up(make, options):
    """Bias and sources to x; x, inhibition and threshold to the potential of each gate; spikes to the value."""
    rng = np.random.default_rng(0)
    net = make(rng)
    x = np.abs(networks.images(rng, net))
    trace = amos.convert(net, x, K=5, **options).simulate(x)
    for name, node in ((k, node) for k, node in trace.nodes.items() if isinstance(node, Population)):
        unit, train = trace.code.unit(node), trace.trains[name]
        for place in (rng.integers(node.shape), np.unravel_index(np.abs(train.value()[1]).argmax(), node.shape)):
            at, told = tuple(int(i) for i in place), {}
            text = explain(trace, name, at, sample=1)
            for parts, what, total in SUM.findall(text):
                told[what] = float(total)
                brought = [float(n) for n in re.findall(r"[-+]\d+\.\d+(?=$| and)", parts, re.MULTILINE)]
                assert sum(brought) == pytest.approx(told[what], abs=1e-3)
            assert list(told) == ["x", "x′"][: unit.inputs]
            z, potentials = (a[(slice(None), 1, *at)] for a in (train.spikes, trace.potentials[name]))
            lines = GATE.findall(text)
            assert len(lines) == unit.K
            for i, (step, gate, seen, inhibition, threshold, above, verdict) in enumerate(lines):
                assert (int(step), int(gate)) == (unit.step[i], i + 1)
                heard = sum(float(c) * told[what] for c, what in re.findall(r"(\S+) (x′?)", seen))
                heard += float(inhibition.replace(" ", "").replace("−", "-")) - float(threshold)
                assert float(above) == pytest.approx(heard, abs=5e-4)
                assert float(above) == pytest.approx(potentials[i], abs=6e-5)
                assert verdict == (f"≥ 0: a spike, {unit.d[i]:+.4f}" if z[i] else "< 0")
            value, scale = train.value()[(1, *at)], np.broadcast_to(trace.scales[name], node.shape)[at]
            wanted = z.sum(), unit.K, value, scale, value * scale
            assert [float(n) for n in LAST.search(text).groups()] == pytest.approx(wanted, rel=1e-3, abs=6e-5)


CAUSED = [(1, 1, 0, "silence"), (3, 1, 0, "quantisation"), (3, 1, 0.5, "quantisation"), (6, 0.1, 0, "clipping")]


@pytest.mark.parametrize(("K", "share", "early", "cause"), CAUSED)
def test_diagnosis_names_the_cause(digits, K, share, early, cause):
    """Pixels are currents here, so that the errors of the first population are its own."""
    net, calibration, x = digits[0], digits[1], digits[2][:60]
    a = activations(canonical(net), x)["relu1"]
    alpha = share * float(a.max())
    found = diagnose(net, amos.convert(net, calibration, K=K, alpha=alpha, half_step=early > 0, encoding="analog"), x)
    row, advice, step = found.rows[0], found.advice["relu1"], alpha / 2**K
    said, possible = step * binary(a, K, alpha, early), np.minimum(a, alpha - step)
    wrong = np.abs(said - possible)
    wanted = np.array([(a - possible).sum(), wrong[said == 0].sum(), wrong[said > 0].sum()]) / a.sum()
    assert [row.clipping, row.silence, row.quantisation] == pytest.approx(wanted, rel=1e-3)
    assert (row.cause, advice.split(":")[0], row.inherited) == (cause, cause, pytest.approx(0))
    assert ("alpha='maximum'" in advice, "larger K" in advice) == (cause == "clipping", cause != "clipping")
    assert ("half_step=True" in advice) == (cause != "clipping" and not early)
    assert all(r.transient == 0 for r in found.rows)  # no ReLU unit fires at 0
    assert {r.cause for r in found.rows if "pool" in r.population} == {"inherited"}  # a maximum is exact
    assert "larger K for the pixels" in diagnose(net, amos.convert(net, calibration, K=3), x).advice["relu1"]


def mine(x, K=4, alpha=1.0, *, fires=float.__ge__, gap=0):
    z = []
    for i in range(K):
        inhibition = sum(alpha / 2 ** (j + 1) * z[j] for j in range(i - gap))
        z.append(int(fires(x - inhibition, alpha / 2 ** (i + 1))))
    return z


WRONG = {
    "fires above its threshold only": lambda x, K=4, alpha=1.0: mine(x, K, alpha, fires=float.__gt__),
    "inhibition comes one gate late": lambda x, K=4, alpha=1.0: mine(x, K, alpha, gap=1),
    "always the default range": lambda x, K=4, alpha=1.0: mine(x, K),
    "the lowest bit first": lambda x, K=4, alpha=1.0: mine(x, K, alpha)[::-1],
    "no sign": lambda x, K=4, alpha=1.0: mine(abs(x), K, alpha),
}


def test_a_neuron_that_agrees():
    narrow = sum(options["alpha"] == 1 for options, _ in amos.check.cases())
    cases = len(list(amos.check.cases()))
    assert repr(check.neuron("amos", mine)) == f"agrees with the reference in all {cases} cases"
    assert repr(check.neuron("amos", lambda x, K: mine(x, K))).endswith(f"in all {narrow} cases")
    assert not check.neuron("amos", lambda x, K: mine(x, K, gap=1))
    assert 100 < narrow < cases


@pytest.mark.parametrize("neuron", WRONG.values(), ids=WRONG)
def test_a_neuron_that_differs_gets_a_counter_example(neuron):
    result = check.neuron("amos", neuron)
    K, alpha, x = (number(rf"{what} (-?[\d.]+)", repr(result)) for what in ("K", "alpha", "x ="))
    answers = [int(bit) for bit in f"{binary(x, K, alpha):0{int(K)}b}"], neuron(x, int(K), alpha)
    right, wrong = ([i + 1 for i, z in enumerate(answer) if z] for answer in answers)
    says = [f"fires gates {fired}" if fired else "fires no gate" for fired in (right, wrong)]
    assert repr(result).endswith(f"the reference {says[0]}; yours {says[1]}")
    assert (bool(result), right == wrong) == (False, False)


def test_evaluate_on_the_command_line(digits):
    net, calibration, x, labels = digits
    call = ("evaluate", "digits-cnn", "--method", "amos")
    report = json.loads(command(*call, "--K", "4", "--images", "50", "--json").stdout)
    assert (report["settings"]["K"], report["latency"]) == (4, 8 * 4 + 1)  # eight nodes in turn, and the sum
    trains = amos.convert(net, calibration, K=4).simulate(x[:50]).trains
    fired = {k: t.spikes.reshape(len(t.step), -1).sum(axis=1) / 50 for k, t in trains.items() if k != "readout"}
    others = sum(n * (3 - i % 4) for each in fired.values() for i, n in enumerate(each))  # those after it in its unit
    spikes = sum(each.sum() for name, each in fired.items() if name != "input")
    neurons = sum(trains[name].spikes[:, 0].size for name in fired if name != "input")
    wanted = {"neurons": neurons, "spikes": spikes, "inhibition between gates": others}
    assert report["also"] == pytest.approx(wanted, rel=1e-3)
    settings = ("--K", "2", "--set", "alpha=maximum", "--set", "per=network", "--set", "half_step=true")
    report = json.loads(command(*call, *settings, "--json").stdout)
    options = {"K": 2, "alpha": "maximum", "per": "network", "half_step": True}
    run = amos.convert(net, calibration, **options).run(x)
    assert report["settings"].items() >= options.items()
    assert report["accuracy"] == run.accuracy(labels) < 1
    assert report["operations"] == pytest.approx(run.operations.total.mean(), rel=1e-3)
    assert "unknown setting 't_max'; amos has K, steps, half_step" in command(*call, "--t-max", "8").stderr


def test_the_command_line_lists_the_units():
    lines = [re.split(r"\s*│\s*", line) for line in CliRunner().invoke(app, ["unit"]).output.splitlines()]
    rows = {line[1]: line[2:-1] for line in lines if len(line) > 3}
    cards = json.loads(CliRunner().invoke(app, ["unit", "--json"]).output)
    assert list(rows) == list(cards) == list(trained.RECIPES)
    for name, (K, steps, parameters, ends, *errors) in rows.items():
        unit, how = trained.unit(name), trained.RECIPES[name]
        assert [int(K), int(steps), int(parameters)] == [how.K, unit.steps, unit.parameters]
        assert ends == f"{how.low:g} to {how.high:g}"
        x = np.meshgrid(*[np.linspace(how.low, how.high, 20001 if unit.inputs == 1 else 141)] * unit.inputs)
        wrong = np.tensordot(unit.d, gates(unit, *x), 1) - how.f(*x)
        assert [float(n) for n in errors] == pytest.approx([np.mean(wrong**2), np.abs(wrong).max()], rel=0.02)
        assert f"{cards[name]['mean_square_error']:.2e}" == errors[0]


def test_a_unit_is_trained_on_the_command_line(tmp_path, monkeypatch):
    monkeypatch.setitem(trained.RECIPES, "tanh", trained.Recipe("tanh", 3, -4.0, 4.0, starts=1, iterations=20))
    path = tmp_path / "mine.json"

    def unit(*arguments):
        return CliRunner().invoke(app, ["unit", *map(str, arguments)])

    done = unit("tanh", "--seed", 3, "--output", path)
    read, (made, _), before = trained.read(path), trained.make("tanh", seed=3), path.read_bytes()
    assert (done.exit_code, read.name, read.K, read.low, read.high) == (0, "tanh", 3, -4, 4)
    assert all(np.array_equal(getattr(read, key), getattr(made, key)) for key in "Thdc")
    assert "mean square error {:.2e}, largest {:.3f}".format(*amos.error(read, np.tanh)) in done.output
    for output in (path, tmp_path / "mine.npz", tmp_path / "nowhere" / "mine.json", tmp_path):
        assert unit("tanh", "--output", output).exit_code == 2
    assert unit("cosine").exit_code == 2
    assert path.read_bytes() == before
    assert unit("tanh", "--output", path, "--force").exit_code == 0
    assert path.read_bytes() != before  # by another seed
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("rounding", "early"), ROUNDINGS)
@pytest.mark.parametrize("x", [0.65, 0.5, 0.03, 0.0, -0.2, 0.99, 1.0, 1.3])
def test_the_spikes_are_the_bits(x, rounding, early):
    for K in (1, 5, 8):
        figure, n = figures.bit_by_bit(x=x, K=K, rounding=rounding), int(binary(x, K, early=early))
        (ticks,), (left, said), (thresholds,) = (marks(figure, kind) for kind in (Ticks, Line, Dots))
        bits, worth = np.array([int(bit) for bit in f"{n:0{K}b}"]), 0.5 ** np.arange(1, K + 1)
        assert list(ticks.x) == np.flatnonzero(bits).tolist()
        assert f"are the bits {n:0{K}b}: {bits.sum()} spike" in figure.caption
        assert f"which say {n / 2**K:.4f}, {n / 2**K - max(0, x):+.4f} from max(0, x)" in figure.caption
        assert_allclose(thresholds.y, worth - early / 2**K)
        assert_allclose(said.y[::2], np.cumsum(worth * bits))
        assert_allclose(left.y[::2], x - np.cumsum(worth * bits) + worth * bits, atol=1e-12)


@pytest.mark.parametrize(("rounding", "early"), ROUNDINGS)
@pytest.mark.parametrize(("K", "alpha"), [(1, 1.0), (4, 2.0), (8, 0.5)])
def test_the_relu_unit_keeps_to_its_error(K, alpha, rounding, early):
    figure = figures.relu_unit(K=K, alpha=alpha, rounding=rounding)
    right, unit, error = marks(figure, Line)
    x, step = np.asarray(unit.x), alpha * 2.0**-K
    wrong, inside = step * binary(x, K, alpha, early) - np.maximum(x, 0), (x >= 0) & (x <= alpha)
    for line, y in ((right, np.maximum(x, 0)), (unit, wrong + np.maximum(x, 0))):
        assert_allclose(line.y, y, atol=1e-12)
    assert_allclose(np.asarray(error.y)[inside], wrong[inside], atol=1e-12)
    says = r"2⁻ᴷ = (\S+)\. From 0 to α the error is (\S+) at most, (\S+) on average; beyond α the unit says (\S+)\."
    wanted = [step, step, wrong[inside].mean(), alpha - step]  # the largest error is that at α
    assert [float(n) for n in re.search(says, figure.caption).groups()] == pytest.approx(wanted, rel=0.05)
    assert -step in {rule.y for rule in marks(figure, Rule)}


FUNCTIONS = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "hard_swish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
}


@pytest.mark.parametrize("beyond", [0.0, 0.5])
@pytest.mark.parametrize("name", figures.TRAINED)
def test_a_trained_unit_is_drawn_with_its_error(name, beyond):
    figure, unit = figures.trained_unit(activation=name, beyond=beyond), trained.unit(name)
    (right, said, error), (cells,) = marks(figure, Line), marks(figure, Cells)
    x, y, fired = np.asarray(said.x), FUNCTIONS[name](np.asarray(said.x)), np.asarray(cells.values) > 0
    z, inside = gates(unit, x), (x >= unit.low) & (x <= unit.high)
    for line, wanted in ((right, y), (said, unit.d @ z), (error, unit.d @ z - y)):
        assert_allclose(line.y, wanted, atol=1e-9)
    assert np.array_equal(fired, z[:, :: round(len(x) / fired.shape[1])])
    says = r"mean square error is (\S+), the largest error (\S+); (\d+)%"
    wanted = [np.mean(error.y[inside] ** 2), np.abs(error.y[inside]).max(), 100 * z[:, inside].mean()]
    assert [float(n) for n in re.search(says, figure.caption).groups()] == pytest.approx(wanted, rel=0.1)
    if beyond:
        assert number(r"wrong by up to (.*)\.$", figure.caption) == pytest.approx(max(abs(error.y[~inside])), rel=0.01)


@pytest.mark.parametrize(("y", "span"), [(0.5, 1.0), (-0.25, 2.0)])
def test_the_product_is_drawn_with_its_error(y, span):
    figure, unit = figures.product(y=y, span=span), trained.unit("product")
    (right, said), (cells,), (here,) = (marks(figure, kind) for kind in (Line, Cells, Rule))
    x, side = np.asarray(said.x), np.linspace(-span, span, 61)
    a, b = np.meshgrid(side, -side)  # y upwards
    wrong = np.abs(np.tensordot(unit.d, gates(unit, a, b), 1) - a * b)
    assert_allclose(right.y, x * y)
    assert_allclose(said.y, unit.d @ gates(unit, x, np.full_like(x, y)), atol=1e-9)
    assert_allclose(cells.values, np.clip(wrong / number(r"black (\S+) or more", figure.caption), 0, 1), atol=1e-9)
    assert here.y == pytest.approx(0.5 + np.argmin(np.abs(side + y)), abs=1)
    says = re.search(r"error is (\S+), the largest (\S+)\. .* they are (\S+) and (\S+)\.$", figure.caption).groups()
    wanted = *amos.error(unit, np.multiply), np.mean(wrong**2), wrong.max()
    assert [float(n) for n in says] == pytest.approx(wanted, rel=0.05)


@pytest.mark.parametrize("K", [2, 4])
def test_the_pipeline_shows_who_is_where(K):
    """digits-cnn is a chain of eight nodes of K steps, so row r works on the image that entered r steps ago."""
    for step in (0, 5, 20, 8 * K - 1, 8 * K + 2, 40):
        figure, steps = figures.pipeline(step=step, K=K), np.arange(24) + max(0, step - 23)
        (cells,), (rule,) = marks(figure, Cells), marks(figure, Rule)
        image = steps - np.arange(8 * K)[:, None]
        there = (image >= 0) & (image < 8) & (steps <= step)
        assert_allclose(cells.values, np.where(there, 0.15 + 0.85 * image / 8, 0))
        assert (rule.x, figure.rows[0][0].x.ticks[0]) == (step - steps[0] + 0.5, (0.5, f"{steps[0]}"))
        busy = there[:, step - steps[0]].sum()
        done = min(8, step + 1) - busy  # whoever entered and is in no gate has been answered
        assert re.search(rf"At step {step}, {busy} images? under way, {done} answers? there", figure.caption)
        assert f"the first is complete after {8 * K + 1} steps" in figure.caption


@pytest.mark.parametrize(("K", "steps"), [(10, 2), (7, 3), (4, 4), (3, 1)])
def test_shallow_units_have_more_gates(K, steps):
    figure = figures.shallow(K=K, steps=steps)
    (count, spikes), (dot,) = marks(figure, Line), marks(figure, Dots)
    wanted = np.array([sum(2 ** (K // n + (i < K % n)) - 1 for i in range(n)) for n in count.x])
    assert_allclose(10 ** np.asarray(count.y), wanted)
    assert_allclose(10 ** np.asarray(spikes.y), wanted / 2, rtol=0.1)  # each value of some bits is as likely
    here = list(count.x).index(steps)
    assert (dot.x[0], 10 ** dot.y[0]) == (steps, pytest.approx(wanted[here]))
    assert f"{wanted[here]} gates and {10 ** spikes.y[here]:.1f} spikes" in figure.caption
    assert f"all bits at once {2**K - 1:,} gates" in figure.caption


@pytest.mark.parametrize(("share", "per"), [(1.0, "population"), (1.0, "network"), (0.25, "network")])
@pytest.mark.parametrize(("rounding", "early"), ROUNDINGS)
def test_the_bits_are_measured(digits, share, per, rounding, early):
    net, calibration, (x, labels) = digits[0], digits[1][::8], (a[: figures.SOME] for a in digits[2:])
    figure = figures.bits(K=2, share=share, per=per, rounding=rounding)
    most = amos.convert(net, calibration, alpha="maximum", per=per).scales
    alpha = {name: share * float(most[name]) for name in ("relu1", "relu2", "relu3")}
    for K in (1, 5, 2):
        run = amos.convert(net, calibration, K=K, alpha=alpha, half_step=early > 0).run(x)
        found = 100 * run.accuracy(labels), run.spikes_per_neuron
        assert [line.y[list(line.x).index(K)] for line in marks(figure, Line)] == pytest.approx(found)
    assert [(*dot.x, *dot.y) for dot in marks(figure, Dots)] == [(2, pytest.approx(value)) for value in found]
    assert f"{found[0]:.1f}% are read rightly" in figure.caption
    assert f"{found[1]:.3f} spikes for each neuron, after {run.latency:.0f} steps" in figure.caption
