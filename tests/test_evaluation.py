"""Evaluation in batches against one run over everything."""

import numpy as np
import pytest

import snnref
from snnref import evaluate
from snnref.network import counting


@pytest.fixture(scope="module")
def case():
    net = snnref.load("digits-cnn")
    x, labels = snnref.data.load("digits")
    snn = snnref.rate.convert(net, snnref.data.load("digits", split="train")[0], reset="zero")
    return net, snn, x[:50], labels[:50]


def test_batches_add_up(case):
    net, snn, x, labels = case
    seen = []
    result = evaluate(net, snn, x=x, labels=labels, batch=16, steps=4, progress=lambda *state: seen.append(state))
    run, expected = snn.run(x, steps=4), net(x).argmax(axis=1)
    assert result.images == 50
    assert result.accuracy == run.accuracy(labels)
    assert result.ann_accuracy == np.mean(expected == labels)
    assert result.agreement == np.mean(expected == run.prediction) < 1
    assert result.spikes_per_neuron == pytest.approx(run.spikes_per_neuron)
    assert result.operations == pytest.approx(run.operations.total.mean())
    assert result.analog_operations == run.analog_operations == 7744
    assert result.ann_operations == counting.ann_operations(net)
    assert result.latency == 4
    assert seen == [(16, 50), (32, 50), (48, 50), (50, 50)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": np.zeros((50, 1))}, r"labels: got shape \(50, 1\) for 50 samples"),
        ({"labels": np.zeros(7)}, "expected one for each"),
        ({"x": np.ones((0, 1, 8, 8)), "labels": np.zeros(0)}, "no sample"),
        ({"batch": 0}, "batch: got 0"),
    ],
)
def test_unsuitable_arguments_are_refused(case, change, message):
    net, snn, x, labels = case
    with pytest.raises(ValueError, match=message):
        evaluate(net, snn, **{"x": x, "labels": labels, **change})
