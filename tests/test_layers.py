"""The layers against torch's own."""

from dataclasses import is_dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from snnref.layers import (
    Activation,
    Add,
    AvgPool,
    Concat,
    Conv,
    Dense,
    Flatten,
    Gain,
    MaxPool,
    Multiply,
    ReLU,
    Reshape,
    Softmax,
    Spread,
    UnevenAvgPool,
)
from snnref.layers.activations import FUNCTIONS

RNG = np.random.default_rng(0)
IMAGE = RNG.normal(size=(3, 2, 9, 8))
WEIGHT = RNG.normal(size=(4, 2, 3, 2))


@pytest.mark.parametrize("kind", ["numpy", "torch"])
@pytest.mark.parametrize(
    ("layer", "reference"),
    [
        (Conv(WEIGHT), lambda x: F.conv2d(x, torch.tensor(WEIGHT))),
        (
            Conv(WEIGHT, stride=(2, 1), padding=(1, 2)),
            lambda x: F.conv2d(x, torch.tensor(WEIGHT), stride=(2, 1), padding=(1, 2)),
        ),
        (MaxPool(2), lambda x: F.max_pool2d(x, 2)),
        (MaxPool(3, stride=2, padding=1), lambda x: F.max_pool2d(x, 3, 2, 1)),
        (AvgPool((3, 2)), lambda x: F.avg_pool2d(x, (3, 2))),
        (AvgPool(3, stride=1, padding=1), lambda x: F.avg_pool2d(x, 3, 1, 1)),
        (
            Conv(WEIGHT, padding=((1, 2), (0, 3)), dilation=(2, 1)),
            lambda x: F.conv2d(F.pad(x, (0, 3, 1, 2)), torch.tensor(WEIGHT), dilation=(2, 1)),
        ),
        (MaxPool((2, 3), stride=2, dilation=2), lambda x: F.max_pool2d(x, (2, 3), 2, 0, 2)),
        (MaxPool(3, stride=2, padding=((0, 0), (0, 1))), lambda x: F.max_pool2d(x, 3, 2, ceil_mode=True)),
        (ReLU(), F.relu),
        (Activation("relu6"), F.relu6),
        (Activation("leaky_relu", 0.2), lambda x: F.leaky_relu(x, 0.2)),
        (Activation("elu", 0.5), lambda x: F.elu(x, 0.5)),
        (Activation("sigmoid"), torch.sigmoid),
        (Activation("tanh"), torch.tanh),
        (Activation("silu"), F.silu),
        (Activation("gelu"), F.gelu),
        (Activation("gelu_tanh"), lambda x: F.gelu(x, approximate="tanh")),
        (Activation("hard_sigmoid"), F.hardsigmoid),
        (Activation("hard_swish"), F.hardswish),
        (Gain(2.0), lambda x: 2 * x),
        (Reshape((2, 9, 8), (2, 72, 1)), lambda x: x.reshape(3, 2, 72, 1)),
        (Flatten((2, 9, 8)), lambda x: x.flatten(1)),
    ],
    ids=lambda value: str(value) if is_dataclass(value) else "torch",  # not where a function lies in memory
)
def test_layer_equals_torch(layer, reference, kind):
    expected = reference(torch.tensor(IMAGE)).numpy()
    weighted = {"weight": torch.tensor(WEIGHT)} if isinstance(layer, Conv) else {}
    if kind == "torch":
        from dataclasses import replace

        result = replace(layer, **weighted)(torch.tensor(IMAGE)).numpy()
    else:
        result = layer(IMAGE)
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)
    assert layer.shape((2, 9, 8)) == expected.shape[1:]


def test_activations_survive_large_inputs():
    x = np.array([-1e4, -40.0, 0.0, 40.0, 1e4])
    with np.errstate(all="raise", under="ignore"):
        for kind in FUNCTIONS:
            assert np.all(np.isfinite(Activation(kind)(x))), kind
        assert np.all(np.isfinite(Softmax(log=True)(x)))


@pytest.mark.parametrize("log", [False, True])
def test_softmax_equals_torch(log):
    x = 20 * RNG.normal(size=(3, 5))
    expected = (F.log_softmax if log else F.softmax)(torch.tensor(x), dim=1)
    np.testing.assert_allclose(Softmax(log)(x), expected.numpy(), rtol=1e-12)
    np.testing.assert_allclose(Softmax(log)(torch.tensor(x)).numpy(), expected.numpy(), rtol=1e-12)


def test_one_axis_and_groups():
    sound, filters = RNG.normal(size=(3, 4, 20)), RNG.normal(size=(6, 2, 3))
    layer = Conv(filters, stride=2, padding=((1, 2),), dilation=2, groups=2)
    reference = F.conv1d(F.pad(torch.tensor(sound), (1, 2)), torch.tensor(filters), stride=2, dilation=2, groups=2)
    assert layer.shape((4, 20)) == reference.shape[1:]
    np.testing.assert_allclose(layer(sound), reference.numpy(), rtol=1e-12, atol=1e-14)
    ours = Conv(torch.tensor(filters), stride=2, padding=((1, 2),), dilation=2, groups=2)(torch.tensor(sound))
    np.testing.assert_allclose(ours.numpy(), reference.numpy(), rtol=1e-12, atol=1e-14)
    for kind in (np.asarray, torch.tensor):
        pooled = MaxPool((3,), stride=2, padding=1)(kind(sound))
        np.testing.assert_array_equal(np.asarray(pooled), F.max_pool1d(torch.tensor(sound), 3, 2, 1).numpy())
    pooled = AvgPool((3,), stride=2, padding=1)(sound)
    np.testing.assert_allclose(pooled, F.avg_pool1d(torch.tensor(sound), 3, 2, 1).numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    "wrong", [{"kind": "mish"}, {"kind": "relu", "parameter": 2.0}, {"kind": "elu", "parameter": np.nan}]
)
def test_unknown_activations_are_refused(wrong):
    with pytest.raises(ValueError, match="activation"):
        Activation(**wrong)


def test_leading_axes_are_free():
    layer = Conv(WEIGHT, padding=1)
    film = RNG.normal(size=(5, 3, 2, 9, 8))
    assert np.array_equal(layer(film)[2], layer(film[2]))
    assert np.array_equal(MaxPool(2)(film)[2], MaxPool(2)(film[2]))


def test_large_batches_are_worked_off_in_blocks(monkeypatch):
    whole = Conv(WEIGHT)(IMAGE)
    monkeypatch.setattr("snnref.arrays.products.PATCHES", 1)
    np.testing.assert_allclose(Conv(WEIGHT)(IMAGE), whole, rtol=1e-13)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaxPool(2, dilation=0), "dilation ≥ 1"),
        (lambda: MaxPool((2, 2), padding=(1, 1, 1)), "expected one whole number, or 2"),
        (lambda: MaxPool(2.0), "expected one whole number"),
        (lambda: MaxPool(None), "expected one whole number"),
        (lambda: MaxPool((2.5, 2)), "expected whole numbers"),
        (lambda: MaxPool((2, 2, 2, 2)), "expected one axis, two or three"),
        (lambda: MaxPool(()), "expected one axis, two or three"),
        (lambda: MaxPool(0), "expected size, stride and dilation ≥ 1"),
        (lambda: AvgPool(2, stride=0), "expected size, stride and dilation ≥ 1"),
        (lambda: AvgPool(2, padding=-1), "padding ≥ 0"),
    ],
)
def test_windows_without_sense_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_numpy_integers_are_sizes():
    assert np.array_equal(MaxPool(np.int64(2))(IMAGE), MaxPool(2)(IMAGE))


@pytest.mark.parametrize(
    ("layer", "shapes", "message"),
    [
        (Dense(np.ones((3, 4))), [(5,)], r"got features \(5,\), expected 1 feature axes and 4"),
        (Conv(WEIGHT), [(3, 9, 8)], "expected 3 feature axes and 2 in the first"),
        (MaxPool(9), [(2, 8, 8)], "does not fit"),
        (MaxPool(2, padding=2), [(2, 8, 8)], "at most half the size"),
        (MaxPool(2, padding=((0, 3), 0)), [(2, 8, 8)], "at most half the size"),
        (Conv(WEIGHT, groups=3), [(6, 9, 8)], "expected a divisor"),
        (Flatten((2, 2)), [(4,)], "Flatten"),
        (Reshape((4,), (2, 3)), [(4,)], "as many as in"),
        (Spread((2, 4, 4)), [(2, 2, 1)], "or 1 in the place"),
        (Gain(np.ones((3, 1, 1))), [(2, 4, 4)], "broadcast"),
        (Gain(np.ones((3, 1, 1))), [(1, 4, 4)], "broadcast"),
        (UnevenAvgPool(np.ones((2, 4))), [(3, 5)], r"got features \(3, 5\), expected \(4,\) behind the channels"),
        (Multiply(), [(2, 3), (2, 1)], "two equal shapes"),
        (Softmax(), [(2, 3, 3)], "1 feature axes"),
        (Add(), [(2, 3), (3, 2)], "equal shapes"),
        (Add(), [(2, 3)], "two or more"),
        (Concat(), [(2, 3, 3), (2, 4, 4)], "equal but for the first axis"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(layer, shapes, message):
    with pytest.raises(ValueError, match=message):
        layer.shape(*shapes)
