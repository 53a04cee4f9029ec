"""Outputs of any shape: images, single numbers; classes where there are some; and labels that fit them."""

import warnings

import networks
import numpy as np
import pytest
import torch
from test_random_graphs import EXACT

import snnref
from snnref.figures.graph import graph
from snnref.layers import Activation, Conv, Dense, Flatten, ReLU, Reshape
from snnref.methods import METHODS, method
from snnref.network import Network


def image():
    """Segmentation: two channels of an image."""
    rng = np.random.default_rng(0)
    net = Network((1, 4, 4)).add("conv", networks.conv(rng, 3, 1, 3, padding=1)).add("relu", ReLU())
    return net.add("out", networks.conv(rng, 2, 3, 1))


def number():
    """Regression: one number a sample."""
    rng = np.random.default_rng(0)
    net = (
        Network((1, 4, 4)).add("flat", Flatten((1, 4, 4))).add("dense", networks.dense(rng, 6, 16)).add("relu", ReLU())
    )
    return net.add("out", Dense(np.ones((1, 6)))).add("shape", Reshape((1,), ()))


@pytest.fixture(params=[image, number])
def net(request):
    return request.param()


@pytest.fixture
def x(net):
    x = np.abs(networks.images(np.random.default_rng(1), net))
    x[0, 0, 0, 0] = 1.0
    return x


@pytest.mark.parametrize("name", METHODS)
def test_run_equals_simulate(name, net, x):
    snn = method(name).convert(net, x, **EXACT[name])
    trace, run = snn.simulate(x), snn.run(x)
    assert run.output.shape == trace.output.shape == net(x).shape
    np.testing.assert_allclose(run.output, trace.output, rtol=1e-12, atol=1e-12)
    assert run.output_over_time.shape[1:] == trace.output_over_time.shape[1:] == net(x).shape
    assert run.unanswered.shape == (len(x),)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("rate", {"steps": 2000, "percentile": 100}),
        ("ttfs", {"t_max": 2000, "output": "potential"}),
        ("sigma_delta", {"threshold": 0.002, "percentile": 100.0, "levels": 500}),
        ("tdsnn", {"leak": 1000.0}),
        ("amos", {"K": 14}),
    ],
)
def test_fine_codes_end_at_the_ann(name, options, net, x):
    expected = np.maximum(net(x), 0) if name == "sigma_delta" else net(x)  # whose outputs are ReLUs too
    snn = method(name).convert(net, x, **options)
    np.testing.assert_allclose(snn.run(x).output, expected, atol=0.2 * np.abs(net(x)).max())
    assert np.mean(np.abs(snn.run(x).output - expected)) < 0.02 * np.abs(net(x)).max()


@pytest.mark.parametrize("name", METHODS)
def test_what_is_no_class_is_not_predicted(name, net, x):
    snn = method(name).convert(net, x)
    run = snn.run(x)
    for ask in (lambda: run.prediction, lambda: run.ties):
        with pytest.raises(ValueError, match=r"no classes; use run\.output"):
            ask()
    with pytest.raises(ValueError, match="no classes"):
        run.accuracy(np.zeros(len(x), int))
    with pytest.raises(ValueError, match="no classes"):
        snnref.evaluate(net, snn, x=x, labels=np.zeros(len(x), int))
    found = snnref.diagnose(net, snn, x)
    assert found.agreement is None
    assert str(found).startswith("the outputs are no classes\n")


@pytest.fixture(scope="module")
def digits():
    net, (x, labels) = snnref.load("digits-cnn"), snnref.data.load("digits")
    snn = snnref.ttfs.convert(net, snnref.data.load("digits", split="train")[0][:100])
    return net, snn, x[:20], np.concatenate([[0, 9], labels[2:20]])


LABELS = {
    "from 1 on": (lambda t: t + 1, ValueError, "got values from 1 to 10, expected 0 to 9, .*; count classes from 0"),
    "-1": (lambda t: t - 1, ValueError, "got values from -1 to 8, expected 0 to 9"),
    "far out": (lambda t: t * 100, ValueError, "got values from 0 to 900"),
    "one-hot": (lambda t: np.eye(10, dtype=int)[t], ValueError, r"of one-hot rows take labels.argmax\(1\)"),
    "none": (lambda t: None, ValueError, r"labels: got shape \(\) for 20 samples"),
    "floats": (lambda t: t / 1, TypeError, "labels: got float64"),
    "too few": (lambda t: t[:3], ValueError, r"got shape \(3,\) for 20 samples"),
}


@pytest.mark.parametrize("case", LABELS.values(), ids=LABELS)
def test_labels_that_do_not_fit_are_refused(case, digits):
    net, snn, x, labels = digits
    change, kind, message = case
    run = snn.run(x)
    with pytest.raises(kind, match=message):
        run.accuracy(change(labels))
    with pytest.raises(kind, match=message):
        snnref.evaluate(net, snn, x=x, labels=change(labels))


def test_labels_may_be_a_list(digits):
    net, snn, x, labels = digits
    assert snn.run(x).accuracy(list(labels)) == snn.run(x).accuracy(torch.from_numpy(labels))
    assert snnref.evaluate(net, snn, x=x, labels=list(labels)).accuracy == snn.run(x).accuracy(labels)


def test_a_mask_is_not_ignored(digits):
    net, snn, x, _ = digits
    for ask in (snn.run, net, lambda data: snnref.rate.convert(net, data)):
        with pytest.raises(TypeError, match=r"got a masked array, .*x.filled"):
            ask(np.ma.masked_less(x, 0.5))


def test_network_and_conversion_the_wrong_way_round(digits):
    net, snn, x, labels = digits
    for ask in (
        lambda: snnref.evaluate(snn, net, x=x, labels=labels),
        lambda: snnref.diagnose(snn, net, x),
        lambda: graph(snn),
    ):
        with pytest.raises(TypeError, match="net: got SNN, expected"):
            ask()


def test_a_convolution_may_end_a_network():
    assert snnref.rate.convert(Network((1, 2, 2)).add("conv", Conv(np.ones((1, 1, 1, 1)))), np.ones((1, 1, 2, 2)))


def test_rate_coding_warns_of_inputs_far_beyond_the_calibration(digits):
    net, _, x, _ = digits
    snn = snnref.rate.convert(net, x)
    with pytest.warns(UserWarning, match="got values up to 255 times the largest of the calibration"):
        snn.run(255 * x, steps=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        snn.run(2 * x, steps=2)
        snn.run(x - 1, steps=2)


def test_given_scales_make_bounded_units_exact():
    """A neuron cannot fire more than once a step: at a scale of 6 it is a ReLU6 by itself."""
    rng = np.random.default_rng(0)
    net = Network((8,)).add("dense", Dense(8 * rng.normal(size=(16, 8)))).add("relu", ReLU())
    net = net.add("out", Dense(rng.normal(size=(3, 16))))
    bounded = Network((8,), {**net.layers, "relu": (Activation("relu6"), ("dense",))})
    x = rng.random((40, 8))
    assert (net.activations(x)["relu"] > 6).mean() > 0.2
    snn = snnref.rate.convert(net, x, scales={"relu": 6.0})
    assert snn.scales["relu"] == 6.0
    np.testing.assert_allclose(snn.run(x, steps=4000).output, bounded(x), atol=0.01 * np.abs(bounded(x)).max())


@pytest.mark.parametrize(
    ("scales", "message"),
    [
        ({"pool1": 1.0}, "scales: got one for 'pool1', expected names of relu1, relu2, relu3, readout"),
        ({"relu1": 0.0}, "scales: got 0.0 for 'relu1', expected a number > 0"),
        ({"relu1": 1e300}, "scales: got 1e.300 for 'relu1'"),
        ({"relu1": "6"}, "scales: got '6'"),
    ],
)
def test_scales_without_sense_are_refused(scales, message, digits):
    with pytest.raises(ValueError, match=message):
        snnref.rate.convert(digits[0], digits[2], scales=scales)
