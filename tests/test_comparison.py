"""The codes side by side, and a sixth among them."""

import json
import re
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
import toy

import snnref
from snnref import check, compare, energy, evaluate
from snnref.analysis.evaluation import operation_counts
from snnref.layers import Activation, Conv, Dense, Flatten, MaxPool, ReLU
from snnref.methods import METHODS, method
from snnref.network import Network
from snnref.network.canonical import Inexpressible
from snnref.training.options import TrainingOptions

WITHOUT_SIGN = ("amos", "tdsnn", "sigma_delta", "ttfs")  # codes that refuse the activation sign, and negative pixels


@pytest.fixture(scope="module")
def digits():
    images, labels = snnref.data.load()
    calibration = snnref.data.load(split="train")[0][:100]
    return snnref.load("digits-cnn"), images[:30], labels[:30], calibration


@pytest.fixture(scope="module")
def whole(digits):
    net, x, labels, calibration = digits
    return compare(net, x, labels, calibration=calibration)


def timeless(result):
    """How long it took is never the same."""
    return replace(result, seconds=0.0)


def as_plain(value):
    """What JSON makes of it."""
    return json.loads(json.dumps(value, allow_nan=False))


def test_each_row_is_what_evaluate_says(whole, digits):
    net, x, labels, calibration = digits
    assert [row.method for row in whole.rows] == list(METHODS)
    for row in whole.rows:
        assert row.settings == method(row.method).COMPARED
        snn = method(row.method).convert(net, calibration, **row.settings)
        assert timeless(row.result) == timeless(evaluate(net, snn, x=x, labels=labels))
        assert row.result.images == 30
        assert (row.retrained, row.refusal, row.time_unit) == (False, "", snn.stepwise.time_unit)
    assert whole.ann_accuracy == np.mean(net(x).argmax(axis=1) == labels)
    assert (whole.images, whole.calibration, whole.units) == (30, 100, 1600)
    assert whole.ann_operation_counts == energy.of_ann(net)


def test_batches_change_nothing(whole, digits):
    net, x, labels, calibration = digits
    seen = []
    few = compare(
        net,
        x,
        labels,
        calibration=calibration,
        batch=7,
        methods=["rate", "tdsnn"],
        progress=lambda *state: seen.append(state),
    )
    assert seen == [(name, done, 30) for name in ("rate", "tdsnn") for done in (7, 14, 21, 28, 30)]
    for row, other in zip(few.rows, (whole.rows[0], whole.rows[3]), strict=True):
        for key, value in vars(timeless(row.result)).items():
            expected = getattr(timeless(other.result), key)
            plain, wanted = (asdict(v) if key == "operation_counts" else v for v in (value, expected))
            assert plain == pytest.approx(wanted, rel=1e-9), key


def test_torch_in_place_of_numpy(whole, digits):
    net, *arrays = digits
    x, labels, calibration = map(torch.from_numpy, arrays)
    ours = compare(net, x, labels, calibration=calibration, methods=["ttfs", "amos"])
    assert [row.result.accuracy for row in ours.rows] == [whole.rows[i].result.accuracy for i in (1, 4)]
    assert as_plain(ours.as_dict())["images"] == 30


def test_only_what_is_asked_for_in_that_order(whole, digits):
    net, x, labels, calibration = digits
    ours = compare(net, x, labels, calibration=calibration, methods=iter(["amos", "ttfs"]))
    assert [row.method for row in ours.rows] == ["amos", "ttfs"]
    assert timeless(ours.rows[1].result) == timeless(whole.rows[1].result)
    none = compare(net, x, labels, calibration=calibration, methods=[])
    assert (none.rows, none.ann_accuracy) == ((), whole.ann_accuracy)


def test_settings_replace_those_of_the_comparison(digits):
    net, x, labels, calibration = digits
    settings = {"sigma_delta": {"percentile": 99.0, "threshold": 0.05}, "rate": {}}
    ours = compare(net, x, labels, calibration=calibration, methods=["rate", "sigma_delta"], settings=settings)
    for row in ours.rows:
        assert row.settings == settings[row.method]
        snn = method(row.method).convert(net, calibration, **settings[row.method])
        assert timeless(row.result) == timeless(evaluate(net, snn, x=x, labels=labels))
    assert ours.rows[0].result.latency == snnref.rate.Rate().steps
    assert "rate: as by default\nsigma_delta: percentile 99.0, threshold 0.05" in str(ours)


def test_refusals_are_listed_and_do_not_stop_the_others(digits):
    _, x, labels, calibration = digits
    net = snnref.load("digits-binarynet-sign")
    ours = compare(net, x, labels, calibration=calibration, methods=[*WITHOUT_SIGN, "rate"])
    rows = {row.method: row for row in ours.rows}
    assert list(rows) == [*WITHOUT_SIGN, "rate"]
    for name in WITHOUT_SIGN:
        assert (rows[name].result, rows[name].time_unit) == (None, "")
        with pytest.raises(Inexpressible) as refusal:
            method(name).convert(net, calibration, **method(name).COMPARED)
        assert rows[name].refusal == str(refusal.value)
        assert f"\n{name}: population 'sign1' is" in str(ours)
    assert rows["rate"].result.images == 30
    assert not rows["rate"].refusal
    plain = as_plain(ours.as_dict())
    assert [row["refusal"] != "" for row in plain["methods"]] == [True] * 4 + [False]
    assert ["energy" in row for row in plain["methods"]] == [False] * 4 + [True]


def test_where_all_refuse_the_network_still_answers(digits):
    net, x, labels, calibration = digits
    odd = net.add("elu", Activation("elu"))
    ours = compare(odd, x, labels, calibration=calibration)
    assert all(row.result is None and "'elu'" in row.refusal for row in ours.rows)
    assert ours.ann_accuracy == np.mean(odd(x).argmax(axis=1) == labels) > 0.9
    assert f"{ours.ann_accuracy:.2%}" in str(ours)
    assert as_plain(ours.as_dict())["ann"]["accuracy"] == ours.ann_accuracy


@pytest.fixture(scope="module")
def retrained(digits):
    images, labels = snnref.data.load(split="train")
    how = TrainingOptions(epochs=1, batch=64, learning_rate=1e-3, weight_decay=0.0, label_smoothing=0.0)
    return snnref.tdsnn.retrain(digits[0], (images[:256], labels[:256]), leak=2.0, unit=0.25, how=how)


def test_a_retrained_network_takes_the_place_of_the_other(digits, retrained):
    net, x, labels, calibration = digits
    ours = compare(
        net,
        x,
        labels,
        calibration=calibration,
        methods=["ttfs", "tdsnn"],
        settings={"tdsnn": {}},
        retrained={"tdsnn": retrained},
    )
    ttfs, tdsnn = ours.rows
    assert (ttfs.retrained, tdsnn.retrained) == (False, True)
    expected = evaluate(net, snnref.tdsnn.convert(retrained, calibration), x=x, labels=labels)
    assert timeless(tdsnn.result) == timeless(expected)
    assert tdsnn.result.ann_accuracy == ours.ann_accuracy == np.mean(net(x).argmax(axis=1) == labels)
    assert tdsnn.result.accuracy == np.mean(retrained(x).argmax(axis=1) == labels)
    answers, *_ = tables(str(ours))
    assert (answers["ttfs"][-1], answers["tdsnn"][-1]) == ("no", "yes")
    assert [row["retrained"] for row in as_plain(ours.as_dict())["methods"]] == [False, True]


def test_a_retrained_network_is_converted_as_it_was_trained(digits, retrained):
    net, x, labels, calibration = digits
    how = {"calibration": calibration, "retrained": {"tdsnn": retrained}, "methods": ["tdsnn"]}
    assert compare(net, x, labels, **how).rows[0].settings == {}
    with pytest.raises(ValueError, match=r"retrained with leak 2"):
        compare(net, x, labels, settings={"tdsnn": {"leak": 3.0}}, **how)
    other = Network((1, 8, 8)).add("flat", Flatten((1, 8, 8))).add("out", Dense(np.ones((3, 64))))
    with pytest.raises(ValueError, match="other inputs or outputs for 'tdsnn'"):
        compare(net, x, labels, **how | {"retrained": {"tdsnn": other}})


def test_settings_of_a_method_that_is_not_compared_are_refused(digits):
    net, x, labels, calibration = digits
    with pytest.raises(ValueError, match="settings: got some for amos, expected methods of rate"):
        compare(net, x, labels, calibration=calibration, methods="rate", settings={"amos": {"K": 4}})


def test_negative_pixels_are_refused_by_those_that_have_no_spikes_for_them(digits):
    net, x, labels, calibration = digits
    how = {"methods": ["rate", *WITHOUT_SIGN], "settings": {"rate": {"steps": 5}}}
    found = compare(net, x, labels, calibration=calibration - 0.25, **how)
    assert [row.method for row in found.rows if row.result] == ["rate"]
    assert all("values down to -0.25" in row.refusal for row in found.rows[1:])


def test_a_code_with_a_cutoff_is_shown_greys(digits):
    """And all others, the ANN too, the images of 1 bit."""
    net, grey, labels, calibration = digits
    settings = {"sigma_delta": {"threshold": 0.1, "cutoff": 0.4, "rule": "settled"}}
    bits, least = (grey > 0.4).astype(np.float32), (calibration > 0.4).astype(np.float32)
    ours = compare(net, bits, labels, calibration=least, grey=grey, methods=["sigma_delta", "ttfs"], settings=settings)
    sigma_delta, ttfs = (row.result for row in ours.rows)
    snn = snnref.sigma_delta.convert(net, least, **settings["sigma_delta"])
    assert timeless(sigma_delta) == timeless(evaluate(net, snn, x=grey, labels=labels, ann_x=bits))
    snn = snnref.ttfs.convert(net, least, **method("ttfs").COMPARED)
    assert timeless(ttfs) == timeless(evaluate(net, snn, x=bits, labels=labels))
    assert sigma_delta.ann_accuracy == ttfs.ann_accuracy == ours.ann_accuracy
    assert ours.ann_accuracy == np.mean(net(bits).argmax(axis=1) == labels)
    without = compare(net, bits, labels, calibration=least, methods=["sigma_delta"], settings=settings)
    assert without.rows[0].result.operation_counts != sigma_delta.operation_counts


REFUSED = {
    "an unknown method": ({"methods": ["rate", "snn"]}, ValueError, "method: got 'snn', expected one of rate, ttfs"),
    "settings of an unknown method": ({"settings": {"rates": {}}}, ValueError, "method: got 'rates'"),
    "a network for an unknown method": ({"retrained": {"td": None}}, ValueError, "method: got 'td'"),
    "an unknown setting": ({"settings": {"rate": {"step": 3}}}, TypeError, "did you mean 'steps'"),
    "a setting out of range": ({"settings": {"amos": {"K": 0}}}, ValueError, "K: got 0"),
    "one label": ({"labels": np.zeros(1, int)}, ValueError, r"labels: got shape \(1,\) for 30 samples"),
    "labels in a column": ({"labels": np.zeros((30, 1), int)}, ValueError, r"labels: got shape \(30, 1\)"),
    "labels of another kind": ({"labels": torch.zeros(30, dtype=torch.int64)}, TypeError, "labels is torch"),
    "no batch": ({"batch": 0}, ValueError, "batch: got 0"),
    "no calibration": ({"calibration": np.zeros((0, 1, 8, 8))}, ValueError, "calibration: got no sample at all"),
    "not even for none": ({"methods": [], "calibration": np.zeros((1, 1, 8, 8))}, ValueError, "nothing but zeros"),
    "another shape": ({"calibration": np.ones((4, 8, 8))}, ValueError, r"calibration: got shape \(4, 8, 8\)"),
    "fewer greys": ({"grey": np.zeros((3, 1, 8, 8))}, ValueError, "grey: got 3 images, expected 30"),
    "no image": ({"x": np.zeros((0, 1, 8, 8)), "labels": np.zeros(0, int)}, ValueError, "x: got no sample"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_refused(case, digits):
    change, kind, message = case
    given = dict(zip(("net", "x", "labels", "calibration"), digits, strict=True)) | change
    with pytest.raises(kind, match=message):
        compare(given.pop("net"), given.pop("x"), given.pop("labels"), **given)


def test_as_plain_values(whole):
    plain = as_plain(whole.as_dict())
    assert set(plain) == {"images", "calibration", "prices", "units", "ann", "methods"}
    assert plain["units"] == 1600
    assert plain["prices"] == {name: asdict(prices) for name, prices in energy.PRICES.items()}
    assert set(plain["ann"]) == {"accuracy", "operation_counts", "energy"}
    rows = [("ann", plain["ann"]["operation_counts"], plain["ann"]["energy"])]
    for row, ours in zip(plain["methods"], whole.rows, strict=True):
        assert row.keys() == {*vars(ours), "energy"}
        assert row["result"] == as_plain(asdict(ours.result))
        assert row["settings"] == ours.settings
        rows.append((row["method"], row["result"]["operation_counts"], row["energy"]))
    for name, done, costs in rows:
        for key, prices in energy.PRICES.items():
            compute = prices.addition * (done["additions"] + done["comparisons"])
            compute += prices.multiplication * done["multiplications"]
            assert costs[key]["compute"] == pytest.approx(compute), name
            if prices.word is None:
                assert costs[key]["memory"] is None
            else:
                assert costs[key]["memory"] == pytest.approx(prices.word * done["words"])


def tables(text):
    """The cells of every row, by its name; those that are empty are left out."""
    blocks = [block.splitlines() for block in text.split("\n\n")]
    rules = {i: n for i, lines in enumerate(blocks) for n, line in enumerate(lines) if line and set(line) <= {"-", " "}}
    rows = [[re.split(r"\s{2,}", line.strip()) for line in blocks[i][n + 1 :]] for i, n in rules.items()]
    return [{name: cells for name, *cells in table} for table in rows]


def test_as_text(whole):
    text = str(whole)
    answers, spikes, counted, bought = tables(text)
    assert list(answers) == list(counted) == list(bought) == ["ANN", *METHODS]
    assert list(spikes) == [*METHODS]
    assert "the ANN has 1,600 outputs" in text
    assert answers["ANN"][0] == f"{whole.ann_accuracy:.2%}"
    assert counted["ANN"] == [f"{count:,.0f}" for count in vars(whole.ann_operation_counts).values()]
    assert "30 images, scales from 100 others" in text
    for row in whole.rows:
        result = row.result
        assert answers[row.method] == [
            f"{result.accuracy:.2%}",
            f"{result.agreement:.2%}",
            f"{result.latency:.4g} {row.time_unit.partition(' of ')[0]}",
            "no",
        ]
        assert spikes[row.method] == [
            f"{result.neurons:,}",
            f"{result.spikes_per_neuron:.3f}",
            f"{result.spikes_per_neuron * result.neurons / 1600:.3f}",
            f"{result.operations:,.0f}",
        ]
        assert counted[row.method] == [f"{count:,.0f}" for count in vars(result.operation_counts).values()]
        settings = ", ".join(f"{key} {value}" for key, value in row.settings.items())
        assert f"{row.method}: {settings}" in text.splitlines()
    for name, prices in energy.PRICES.items():
        assert f"{name}: {prices.source}" in text.splitlines()
        assert text.count(name) == 2  # its column, its source
    assert f"below {energy.SPIKES_PER_OUTPUT} spikes" in text
    assert "Davidson & Furber 2021" in text


def test_as_html(whole):
    refused = replace(whole, rows=(whole.rows[0], replace(whole.rows[1], result=None, refusal="a < b")))
    assert "ttfs: a &lt; b" in refused._repr_html_()
    assert "a < b" in str(refused)
    assert "Davidson &amp; Furber" in refused._repr_html_()
    assert f"{whole.rows[0].result.operations:,.0f}" in refused._repr_html_()


def test_energy_as_text(whole):
    """Of the ANN, 67,776 products and 2,752 comparisons: 0.9 and 3.7 pJ each in 45 nm."""
    cache, dram, additions = tables(str(whole))[3]["ANN"]
    joules = ((67_776 + 2_752) * 0.9 + 67_776 * 3.7) / 1e6
    words = whole.ann_operation_counts.words
    assert cache == f"{joules:.3g} µJ + {words * 5 / 1e6:.3g} µJ"
    assert dram == f"{joules:.3g} µJ + {words * 650 / 1e6:.3g} µJ"
    assert additions == f"{(67_776 + 2_752 + 13 * 67_776) / 1e6:.3g} M additions"


def test_progress_sees_every_method(digits):
    net, x, labels, calibration = digits
    seen = []
    compare(net, x, labels, calibration=calibration, batch=16, progress=lambda *state: seen.append(state))
    assert seen == [(name, done, 30) for name in METHODS for done in (16, 30)]


@pytest.fixture
def sixth(monkeypatch):
    """A paper is one module, and one line in METHODS."""
    monkeypatch.setitem(METHODS, "toy", toy)


def test_a_sixth_method_runs(sixth, digits):
    net, x, _, calibration = digits
    for given in (x.astype(np.float64), torch.from_numpy(x.astype(np.float64))):
        snn = toy.convert(net, calibration, levels=8)
        trace, run = snn.simulate(given), snn.run(given, record=True)
        assert type(run.output) is type(given)
        for name in trace.spikes:
            assert (trace.trains[name].lead == run.trains[name].lead).all(), name
        assert (abs(trace.output - run.output) < 1e-9).all()
        assert run.latency == 8
        assert 0 < run.spikes_per_neuron < 1
        assert (operation_counts(run).comparisons == 8 * run.neurons + energy.synaptic(run).comparisons).all()
    fine = snn.run(calibration, levels=2**16)
    np.testing.assert_allclose(fine.output, net(calibration), atol=1e-2)


def test_a_sixth_method_is_compared(sixth, whole, digits):
    net, x, labels, calibration = digits
    ours = compare(net, x, labels, calibration=calibration, methods=["ttfs", "toy"])
    assert timeless(ours.rows[0].result) == timeless(whole.rows[1].result)
    row = ours.rows[1]
    snn = toy.convert(net, calibration, levels=16)
    assert timeless(row.result) == timeless(evaluate(net, snn, x=x, labels=labels))
    assert row.settings == {"levels": 16}
    assert row.result.accuracy > 0.9
    assert row.result.also == {"toys": 7.0}
    assert "\ntoy: levels 16\n" in str(ours)
    assert " 16 steps " in str(ours)
    assert compare(net, x, labels, calibration=calibration).rows[-1].method == "toy"
    refusing = compare(net.add("t", Activation("silu")), x, labels, calibration=calibration, methods=["toy", "amos"])
    assert refusing.rows[0].refusal.startswith("population 't' is the activation silu; the toy expresses relu only")
    assert refusing.rows[1].result


def test_a_sixth_method_is_diagnosed_and_explained(sixth, digits):
    net, x, _, calibration = digits
    snn = toy.convert(net, calibration, levels=2)
    found = snnref.diagnose(net, snn, x)
    assert [row.population for row in found.rows] == ["relu1", "relu2", "relu3"]
    assert found.advice["relu1"] == f"{found.rows[0].cause}: {found.rows[0].cause}: a toy of 2 levels is a toy"
    trace = snn.simulate(x)
    describe_answer = snnref.explain(trace, "relu3", 5, sample=2)
    assert describe_answer == f"relu3[5] fired at {trace.trains['relu3'].times[2, 5]:g}"


def test_a_sixth_method_checks_neurons(sixth):
    assert check.neuron("toy", toy.reference)
    assert check.neuron("toy", lambda v: toy.reference(v))  # of 4 levels, the default
    wrong = check.neuron("toy", lambda v, levels=4: min(levels, max(0, int(levels * (1 - v)))))
    assert str(wrong) == "differs: with levels 4, at 0.9 the reference fires in step 1; yours fires in step 0"


def test_a_sixth_method_is_gone_again():
    assert "toy" not in METHODS
    with pytest.raises(ValueError, match="method: got 'toy'"):
        check.neuron("toy", toy.reference)


@pytest.mark.parametrize(
    "wrong", [lambda t: t[:, None], lambda t: t[:1], torch.from_numpy], ids=["column", "1", "torch"]
)
def test_labels_are_checked_where_all_refuse(wrong, digits):
    net, x, labels, calibration = digits
    with pytest.raises((ValueError, TypeError), match="labels"):
        compare(net.add("elu", Activation("elu")), x, wrong(labels), calibration=calibration)


def test_settings_of_numpy_are_plain_values(digits):
    net, x, labels, calibration = digits
    settings = {"amos": {"K": np.int64(3)}}
    assert as_plain(compare(net, x, labels, calibration=calibration, methods=["amos"], settings=settings).as_dict())


def test_a_network_without_populations_is_compared():
    net, x = Network((3,)).add("out", Dense(np.eye(3))), np.eye(3)
    assert "rate" in str(compare(net, x, np.arange(3), calibration=x, methods=["rate"]))


@pytest.mark.parametrize("case", ["pool first", "dead", "twice"])
def test_units_are_those_of_the_populations(case):
    net = Network((1, 4, 4)).add("conv", Conv(np.ones((1, 1, 1, 1))))
    net = net.add("pool", MaxPool(2)).add("relu", ReLU()) if case == "pool first" else net.add("relu", ReLU())
    net = net.add("again", ReLU()) if case == "twice" else net
    net = net.add("dead", ReLU(), "conv").add("flat", Flatten(net.shapes[net.output]), net.output)
    if case != "dead":
        net = replace(net, layers={k: v for k, v in net.layers.items() if k != "dead"})
    net = net.add("out", Dense(np.ones((2, net.shapes["flat"][0]))))
    x = np.ones((1, 1, 4, 4))
    ours = compare(net, x, np.zeros(1, int), calibration=x, methods=["tdsnn"])
    assert ours.units == ours.rows[0].result.neurons == 16


def test_a_network_that_ends_with_a_relu_is_compared(digits):
    net, x, labels, calibration = digits
    ours = compare(net.add("end", ReLU()), x, labels, calibration=calibration)
    assert all(row.result.agreement > 0.9 for row in ours.rows)
