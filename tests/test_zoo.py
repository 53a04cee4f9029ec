"""Data, shipped networks, their cards, and how they are made."""

import json

import numpy as np
import pytest

import snnref
from snnref import data, training, zoo


def test_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    original = load_digits()
    images, labels = (
        np.concatenate(part) for part in zip(data.load(split="train"), data.load(split="test"), strict=True)
    )
    assert np.array_equal(images[:, 0] * 16, original.images)
    assert np.array_equal(labels, original.target)


def test_splits_are_two_thirds_and_one_third():
    (x, y), (held_out, _) = data.load(split="train"), data.load(split="test")
    assert x.shape == (1198, 1, 8, 8)
    assert held_out.shape == (599, 1, 8, 8)
    assert (x.dtype, y.dtype) == (np.float32, np.int64)
    assert (x.min(), x.max()) == (0, 1)


@pytest.mark.parametrize("wrong", [{"name": "letters"}, {"split": "validation"}])
def test_unknown_data_are_refused(wrong):
    with pytest.raises(ValueError, match="expected one of"):
        data.load(**wrong)


def test_damaged_data_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "SHIPPED", tmp_path)
    (tmp_path / "digits.npz").write_bytes((zoo.SHIPPED / "digits.npz").read_bytes()[:-1])
    with pytest.raises(ValueError, match="damaged"):
        data.load("digits")


@pytest.mark.parametrize("name", zoo.RECIPES)
def test_card_tells_the_truth(name):
    net, card = zoo.load(name), zoo.card(name)
    x, labels = data.load(card["dataset"], split="test")
    assert np.mean(net(x).argmax(axis=1) == labels) == pytest.approx(card["test_accuracy"], abs=1e-6)
    assert card["test_accuracy"] >= 0.985
    assert card["test_images"] == len(x)
    assert card["data_sha256"] == data.DATASETS[card["dataset"]].sha256
    assert card["command"] == f"snnref train {name} --seed {card['seed']}"
    assert card["parameters"] == sum(
        v.size for layer, _ in net.layers.values() for v in vars(layer).values() if hasattr(v, "size")
    )


def test_shipped_network_is_of_its_recipe():
    fresh = zoo.digits_cnn(np.random.default_rng(0))
    assert zoo.load("digits-cnn").shapes == fresh.shapes


def test_unknown_network_lists_the_known_ones():
    for function in (snnref.load, zoo.card, training.train):
        with pytest.raises(ValueError, match="'digits-cnn'"):
            function("resnet")


def test_training_is_seeded_and_learns(tmp_path):
    seen = []
    net, card = training.train("digits-cnn", seed=3, epochs=3, progress=lambda *state: seen.append(state))
    again, _ = training.train("digits-cnn", seed=3, epochs=3)
    other, _ = training.train("digits-cnn", seed=4, epochs=3)
    x, _ = data.load()
    assert np.array_equal(net(x), again(x))
    assert not np.array_equal(net(x), other(x))
    assert [(epoch, total) for epoch, total, _ in seen] == [(1, 3), (2, 3), (3, 3)]
    assert card["test_accuracy"] > 0.6
    assert card["command"] == "snnref train digits-cnn --seed 3 --epochs 3"
    file, beside = training.write(net, card, tmp_path / "net.npz")
    assert np.array_equal(snnref.Network.load(file)(x), net(x))
    assert json.loads(beside.read_text()) == card


@pytest.mark.timeout(300)
def test_the_recipe_reaches_what_is_promised():
    """The command of the card, run here: another machine may round otherwise, but must come as far."""
    _, card = training.train("digits-cnn", seed=zoo.card("digits-cnn")["seed"])
    assert card["test_accuracy"] >= 0.98
