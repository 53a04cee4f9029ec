"""AMOS: what `explain`, `diagnose`, `check.neuron`, the command line and the figures say is so."""

import json
import re

import networks
import numpy as np
import pytest
from numpy.testing import assert_allclose
from test_amos import dyadic_gated
from test_cli import run as command
from test_figures import marks
from typer.testing import CliRunner

import snnref
from snnref import amos, check, diagnose, explain
from snnref.amos import trained
from snnref.cli import app
from snnref.figures import amos as figures
from snnref.figures.description import Cells, Dots, Line, Rule, Ticks
from snnref.network.canonical import canonical
from snnref.spiking.walk import activations

ROUNDINGS = pytest.mark.parametrize(("rounding", "early"), [("down", 0.0), ("to the nearest step", 0.5)])


@pytest.fixture(scope="module")
def digits():
    (calibration, _), (x, labels) = (snnref.data.load("digits", split=split) for split in ("train", "test"))
    return snnref.load("digits-cnn"), calibration.astype(float), x.astype(float), labels


def numbers(pattern, text):
    return [float(n.replace("− ", "-").replace("+ ", "")) for n in re.search(pattern, text).groups()]


def binary(x, K, alpha=1.0, early=0.0):
    """Steps of α 2⁻ᴷ in a value, as many as K bits can say."""
    return np.clip(np.floor(np.asarray(x) / alpha * 2**K + early), 0, 2**K - 1).astype(int)


def gates(unit, *x):
    """Eqs. 2 to 4, once more."""
    z = np.zeros((unit.K, *np.shape(x[0])))
    for i in range(unit.K):
        z[i] = np.tensordot(unit.c[:, i], x, 1) - np.tensordot(unit.h[i], z, 1) - unit.T[i] >= 0
    return z


@pytest.mark.parametrize("options", [{}, {"per": "channel", "half_step": True, "steps": 2}], ids=["paper", "other"])
@pytest.mark.parametrize("make", [*networks.ALL, dyadic_gated])
def test_an_explanation_adds_up(make, options):
    """Bias and sources to x; x, inhibition and threshold to the potential of each gate; spikes to the value."""
    net, rng = make(np.random.default_rng(0)), np.random.default_rng(1)
    x = np.abs(networks.images(rng, net))
    trace = amos.convert(net, x, K=5, **options).simulate(x)
    for name in [name for name in trace.potentials if name != "input"]:
        unit, value, describe_answer = trace.code.unit(trace.nodes[name]), trace.trains[name].value()[1], {}
        for neuron in map(int, (rng.integers(value.size), np.abs(value).argmax())):
            text = explain(trace, name, neuron, sample=1)
            for parts, what, total in re.findall(r"((?:^  .*\n)+)^(x′?) = (.*)$", text, re.MULTILINE):
                describe_answer[what] = float(total)
                brought = re.findall(r"[-+]\d+\.\d+(?=$| and)", parts, re.MULTILINE)
                assert sum(map(float, brought)) == pytest.approx(describe_answer[what], abs=1e-3)
            assert list(describe_answer) == ["x", "x′"][: unit.inputs]
            *lines, last = text.splitlines()
            potentials = trace.potentials[name][:, 1].reshape(unit.K, -1)[:, neuron]
            for i, line in enumerate(lines[-unit.K :]):
                form = r"step (\d+), gate (\d+): .* ([−+] [\d.]+) − \((.*)\) = ([-+][\d.]+) "
                step, gate, inhibition, threshold, above = numbers(form, line)
                heard = sum(float(c) * describe_answer[what] for c, what in re.findall(r"(\S+) (x′?) ", line))
                assert (step, gate) == (unit.step[i], i + 1)
                assert above == pytest.approx(heard + inhibition - threshold, abs=5e-4)
                assert above == pytest.approx(potentials[i], abs=6e-5)
                assert line.endswith(f" ≥ 0: a spike, {unit.d[i]:+.4f}" if potentials[i] >= 0 else " < 0")
            said, one = value.flat[neuron], np.broadcast_to(trace.scales[name], value.shape).flat[neuron]
            says = numbers(r"(\d+) of (\d+) gates fired, which says (\S+) × (\S+) = (\S+)\.$", last)
            wanted = (potentials >= 0).sum(), unit.K, said, one, said * one
            assert says == pytest.approx(wanted, rel=1e-3, abs=6e-5)


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
    wanted = np.array([(a - possible).sum(), wrong[said == 0].sum(), wrong[said > 0].sum(), 0, 0]) / a.sum()
    shares = row.clipping, row.silence, row.quantisation, row.transient, row.inherited
    assert shares == pytest.approx(wanted, rel=1e-3)
    assert (row.cause, advice.split(":")[0]) == (cause, cause)
    assert ("alpha='maximum'" in advice, "larger K" in advice) == (cause == "clipping", cause != "clipping")
    assert ("half_step=True" in advice) == (cause != "clipping" and not early)
    assert {r.cause for r in found.rows if "pool" in r.population} == {"inherited"}  # a maximum is exact
    assert re.search("^inherited: .*pixels", diagnose(net, amos.convert(net, calibration, K=3), x).advice["relu1"])


def mine(x, K=4, alpha=1.0, *, fires=float.__ge__, gap=0):
    z = []
    for i in range(K):
        inhibition = sum(alpha / 2 ** (j + 1) * z[j] for j in range(i - gap))
        z.append(int(fires(x - inhibition, alpha / 2 ** (i + 1))))
    return z


WRONG = [
    lambda x, K=4, alpha=1.0: mine(x, K, alpha, fires=float.__gt__),
    lambda x, K=4, alpha=1.0: mine(x, K, alpha, gap=1),  # inhibition comes one gate late
    lambda x, K=4, alpha=1.0: mine(x, K),  # always the default range
    lambda x, K=4, alpha=1.0: mine(abs(x), K, alpha),
]


def test_a_neuron_that_differs_gets_a_counter_example():
    alphas = [options["alpha"] for options, _ in amos.check.cases()]
    assert repr(check.neuron("amos", mine)) == f"agrees with the reference in all {len(alphas)} cases"
    assert repr(check.neuron("amos", lambda x, K: mine(x, K))).endswith(f"in all {alphas.count(1.0)} cases")
    for neuron in WRONG:
        result = check.neuron("amos", neuron)
        K, alpha, x = numbers(r"K (\d+), alpha (\S+), for x = (\S+) the", repr(result))
        right, wrong = [int(bit) for bit in f"{binary(x, K, alpha):0{int(K)}b}"], neuron(x, int(K), alpha)
        describe_answer = re.search(r"the reference fires (.*); yours fires (.*)$", repr(result)).groups()
        fired = [[int(n) for n in re.findall(r"(?<!of )\b\d+", text)] for text in describe_answer]
        assert fired == [[i + 1 for i, z in enumerate(answer) if z] for answer in (right, wrong)]
        assert (bool(result), right == wrong) == (False, False)


def test_evaluate_on_the_command_line(digits):
    net, calibration, x, labels = digits
    call = ("evaluate", "digits-cnn", "--method", "amos", "--json")
    report = json.loads(command(*call, "--K", "4", "--images", "50").stdout)
    assert (report["settings"]["K"], report["latency"]) == (4, 8 * 4 + 1)  # eight nodes in turn, and the sum
    trains = amos.convert(net, calibration, K=4).simulate(x[:50]).trains
    fired = {k: t.spikes.reshape(len(t.step), -1).sum(axis=1) / 50 for k, t in trains.items() if k != "readout"}
    others = sum(n * (3 - i % 4) for each in fired.values() for i, n in enumerate(each))  # those after it in its unit
    inner = fired.keys() - {"input"}
    neurons, spikes = sum(trains[k].spikes[:, 0].size for k in inner), sum(fired[k].sum() for k in inner)
    wanted = {"neurons": neurons, "spikes": spikes, "inhibition between gates": others}
    assert report["also"] == pytest.approx(wanted, rel=1e-3)
    report = json.loads(command(*call, "--K", "2", "--set", "alpha=maximum", "--set", "per=network").stdout)
    x, calibration = x.astype(np.float32), calibration.astype(np.float32)
    run = amos.convert(net, calibration, K=2, alpha="maximum", per="network").run(x)
    assert (report["settings"]["alpha"], report["settings"]["per"]) == ("maximum", "network")
    assert report["accuracy"] == run.accuracy(labels) < 1
    assert "unknown setting 't_max'; amos has K, steps, half_step" in command(*call, "--t-max", "8").stderr


def test_the_command_line_lists_the_units():
    table = CliRunner().invoke(app, ["unit"], env={"COLUMNS": "120"}).output.splitlines()
    cards = json.loads(CliRunner().invoke(app, ["unit", "--json"]).output)
    assert list(cards) == list(trained.RECIPES)
    for name, card in cards.items():
        unit = amos.load_unit(name)
        counts = f"{unit.K} {1 + unit.step.max()} {unit.parameters} {unit.low:g} to {unit.high:g}"
        wanted = f"{name} {counts} {card['mean_square_error']:.2e} {card['largest_error']:.3f}"
        assert [re.sub(r"[\s│]+", " ", row).strip() for row in table if f" {name} " in row] == [wanted]
        assert amos.error(unit, trained.RECIPES[name].f)[0] == pytest.approx(card["mean_square_error"])


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
    assert path.read_bytes() == before
    assert unit("tanh", "--output", path, "--force").exit_code == 0
    assert path.read_bytes() != before  # by another seed
    assert list(tmp_path.iterdir()) == [path]


@ROUNDINGS
@pytest.mark.parametrize("K", [1, 5, 8])
def test_the_spikes_are_the_bits(K, rounding, early):
    for x in (0.65, 0.5, 0.03, 0.0, -0.2, 0.99, 1.0, 1.3):
        figure, n = figures.bit_by_bit(x=x, K=K, rounding=rounding), int(binary(x, K, early=early))
        (ticks,), (left, said), (thresholds,) = (marks(figure, kind) for kind in (Ticks, Line, Dots))
        bits, worth = np.array([int(bit) for bit in f"{n:0{K}b}"]), 0.5 ** np.arange(1, K + 1)
        sums = np.cumsum(worth * bits)
        assert list(ticks.x) == np.flatnonzero(bits).tolist()
        assert_allclose([thresholds.y, said.y[::2]], [worth - early / 2**K, sums])
        assert_allclose(left.y[::2], x - sums + worth * bits, atol=1e-12)
        assert f"are the bits {n:0{K}b}: {bits.sum()} spike" in figure.caption
        assert f"which say {n / 2**K:.4f}, {n / 2**K - max(0, x):+.4f} from max(0, x)" in figure.caption


@ROUNDINGS
@pytest.mark.parametrize(("K", "alpha"), [(1, 1.0), (4, 2.0), (8, 0.5)])
def test_the_relu_unit_keeps_to_its_error(K, alpha, rounding, early):
    figure = figures.relu_unit(K=K, alpha=alpha, rounding=rounding)
    right, unit, error = marks(figure, Line)
    x, step = np.asarray(unit.x), alpha * 2.0**-K
    relu, said, inside = np.maximum(x, 0), step * binary(x, K, alpha, early), (x >= 0) & (x <= alpha)
    assert_allclose([right.y, unit.y], [relu, said], atol=1e-12)
    assert_allclose(error.y[inside], (said - relu)[inside], atol=1e-12)
    says = r"2⁻ᴷ = (\S+)\. From 0 to α the error is (\S+) at most, (\S+) on average; beyond α the unit says (\S+)\."
    wanted = step, step, (said - relu)[inside].mean(), alpha - step  # the largest error is that at α
    assert numbers(says, figure.caption) == pytest.approx(wanted, rel=0.05)


@pytest.mark.parametrize("name", figures.trained.TRAINED)
def test_a_trained_unit_is_drawn_with_its_error(name):
    figure, unit = figures.trained_unit(activation=name, beyond=0.5), trained.unit(name)
    (right, said, error), (cells,) = marks(figure, Line), marks(figure, Cells)
    x, y, wrong = said.x, trained.RECIPES[name].f(said.x), np.abs(error.y)
    z, inside = gates(unit, x), (x >= unit.low) & (x <= unit.high)
    assert_allclose([right.y, said.y, error.y], [y, unit.d @ z, unit.d @ z - y], atol=1e-9)
    assert np.array_equal(cells.values > 0, z[:, :: round(len(x) / cells.values.shape[1])])
    says = r"mean square error is (\S+), the largest error (\S+); (\d+)%.* wrong by up to (\S+)\.$"
    wanted = np.mean(wrong[inside] ** 2), wrong[inside].max(), 100 * z[:, inside].mean(), wrong[~inside].max()
    assert numbers(says, figure.caption) == pytest.approx(wanted, rel=0.1)


@pytest.mark.parametrize(("y", "span"), [(0.5, 1.0), (-0.25, 2.0)])
def test_the_product_is_drawn_with_its_error(y, span):
    figure, unit = figures.product(y=y, span=span), trained.unit("product")
    (right, said), (cells,), (here,) = (marks(figure, kind) for kind in (Line, Cells, Rule))
    side = np.linspace(-span, span, 61)
    a, b = np.meshgrid(side, -side)  # y upwards
    wrong = np.abs(np.tensordot(unit.d, gates(unit, a, b), 1) - a * b)
    says = r"error is (\S+), the largest (\S+)\. .* black (\S+) or more\) they are (\S+) and (\S+)\.$"
    *inside, black, mean, most = numbers(says, figure.caption)
    wanted = *amos.error(unit, np.multiply), np.mean(wrong**2), wrong.max()
    assert (*inside, mean, most) == pytest.approx(wanted, rel=0.05)
    assert_allclose(cells.values, np.minimum(wrong / black, 1), atol=1e-9)
    assert_allclose([right.y, said.y], [said.x * y, unit.d @ gates(unit, said.x, 0 * said.x + y)], atol=1e-9)
    assert here.y == pytest.approx(0.5 + np.argmin(np.abs(side + y)), abs=1)


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
    here = list(count.x).index(steps)
    assert_allclose(10**count.y, wanted)
    assert_allclose(10**spikes.y, wanted / 2, rtol=0.1)  # each value of some bits is as likely
    assert (*dot.x, *dot.y) == (steps, count.y[here])
    assert f"{wanted[here]} gates and {10 ** spikes.y[here]:.1f} spikes for" in figure.caption
    ends = f"one bit a step takes {K} gates and {10 ** spikes.y[-1]:.1f} spikes, all bits at once {2**K - 1:,} gates."
    assert figure.caption.endswith(ends)


@ROUNDINGS
@pytest.mark.parametrize(("share", "per"), [(1.0, "population"), (1.0, "network"), (0.25, "network")])
def test_the_bits_are_measured(digits, share, per, rounding, early):
    net, calibration, (x, labels) = digits[0], digits[1][::8], (a[: figures.network.SOME] for a in digits[2:])
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
