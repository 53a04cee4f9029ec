"""The layers against torch's own."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from snnref.layers import Add, AvgPool, Concat, Conv, Dense, Flatten, MaxPool, ReLU

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
        (ReLU(), F.relu),
        (Flatten((2, 9, 8)), lambda x: x.flatten(1)),
    ],
    ids=str,
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


def test_leading_axes_are_free():
    layer = Conv(WEIGHT, padding=1)
    film = RNG.normal(size=(5, 3, 2, 9, 8))
    assert np.array_equal(layer(film)[2], layer(film[2]))
    assert np.array_equal(MaxPool(2)(film)[2], MaxPool(2)(film[2]))


def test_large_batches_are_worked_off_in_blocks(monkeypatch):
    whole = Conv(WEIGHT)(IMAGE)
    monkeypatch.setattr("snnref.arrays.BLOCK", 1)
    np.testing.assert_allclose(Conv(WEIGHT)(IMAGE), whole, rtol=1e-13)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaxPool(2, padding=2), "at most half the size"),
        (lambda: MaxPool(0), "expected size and stride ≥ 1"),
        (lambda: AvgPool(2, stride=0), "expected size and stride ≥ 1"),
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
        (Flatten((2, 2)), [(4,)], "Flatten"),
        (Add(), [(2, 3), (3, 2)], "equal shapes"),
        (Add(), [(2, 3)], "two or more"),
        (Concat(), [(2, 3, 3), (2, 4, 4)], "equal but for the first axis"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(layer, shapes, message):
    with pytest.raises(ValueError, match=message):
        layer.shape(*shapes)
