"""Binary weights and units: BinaryConnect both ways, BinaryNet with both units."""

import networks
import numpy as np
import pytest
import torch

import snnref
from snnref import zoo
from snnref.layers import Activation, Conv, Dense
from snnref.training import trainer as fitting
from snnref.training.binary_weights import binarise, size
from snnref.zoo import training


@pytest.fixture(scope="module")
def digits():
    return snnref.data.load("digits", split="train")[0], *snnref.data.load("digits")


def linear(net):
    return [layer for layer, _ in net.layers.values() if isinstance(layer, Dense | Conv)]


def test_binarise_keeps_signs_and_biases():
    net = networks.residual(np.random.default_rng(0))
    ours = binarise(net)
    for before, after in zip(linear(net), linear(ours), strict=True):
        assert np.array_equal(np.sign(before.weight), np.sign(after.weight))
        assert np.array_equal(before.bias, after.bias)
        c = np.abs(after.weight[before.weight != 0])
        assert len(np.unique(c)) == 1
        assert np.log2(c[0]).is_integer()
        assert abs(np.log2(c[0] / np.sqrt(2 / before.weight[0].size))) <= 0.5 + 1e-9
    assert ours.shapes == net.shapes


@pytest.mark.parametrize("name", ["digits-binarynet-sign", "digits-binarynet-heaviside"])
def test_binary_nets_are_binary_and_right_from_the_first_step(name, digits):
    """Section 3.4: as good as the ANN as soon as the first spikes are there."""
    calibration, x, labels = digits
    net = snnref.load(name)
    assert all(len(np.unique(np.abs(layer.weight))) == 1 for layer in linear(net))
    snn = snnref.rate.convert(net, calibration)
    ann = net(x).argmax(axis=1)
    over_time = snn.run(x, steps=10).prediction_over_time
    assert (over_time == ann).mean(axis=1).min() > 0.995
    assert abs((over_time[0] == labels).mean() - (ann == labels).mean()) < 0.004


def test_binaryconnect_both_ways(digits):
    calibration, x, labels = digits
    net = snnref.load("digits-binaryconnect")
    for either, least in ((net, 0.88), (binarise(net), 0.96)):
        ann = (either(x).argmax(axis=1) == labels).mean()
        snn = snnref.rate.convert(either, calibration)
        assert ann > least
        assert abs(snn.run(x, steps=50).accuracy(labels) - ann) < 0.01
    assert all(np.abs(layer.weight).max() <= np.float32(size(layer.weight.shape)) for layer in linear(net))


def test_gradients_go_straight_through():
    dense = Dense(torch.tensor([[0.3, -0.2]], requires_grad=True), torch.zeros(1, requires_grad=True))
    y = fitting.with_surrogate_gradient(dense, "net")(torch.tensor([[1.0, 2.0]]))
    assert y.item() == pytest.approx(1 - 2)  # c = 1 for two inputs
    y.backward()
    assert dense.weight.grad.tolist() == [[1, 2]]
    for kind, values in (("sign", [-1, 1, 1]), ("heaviside", [0, 1, 1])):
        x = torch.tensor([-3.0, 0.5, 3.0], requires_grad=True)
        y = fitting.with_surrogate_gradient(Activation(kind))(x)
        assert y.tolist() == values
        y.sum().backward()
        assert (x.grad != 0).tolist() == [False, True, False]
    relu = Activation("relu")
    assert fitting.with_surrogate_gradient(relu) is relu


def test_binary_training_learns_and_stays_within_bounds():
    net, card = training.train("digits-binaryconnect", epochs=3)
    assert card["recipe"]["binary"] == "connect"
    assert all(np.abs(layer.weight).max() <= np.float32(size(layer.weight.shape)) for layer in linear(net))
    assert any(len(np.unique(np.abs(layer.weight))) > 2 for layer in linear(net))
    binary, _ = training.train("digits-binarynet-sign", epochs=3)
    assert all(len(np.unique(np.abs(layer.weight))) == 1 for layer in linear(binary))
    assert zoo.RECIPES["digits-cnn"].binary == ""
