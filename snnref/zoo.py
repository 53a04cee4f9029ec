"""Networks by name: how each is built and trained, and the trained ones that ship with the package."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .data import SHIPPED
from .layers import Conv, Dense, Flatten, MaxPool, ReLU
from .network import Network


@dataclass(frozen=True)
class Recipe:
    """All that it takes to make a trained network again."""

    build: Callable[[np.random.Generator], Network]  # with random initial weights
    dataset: str
    epochs: int
    batch: int = 64
    learning_rate: float = 2e-2  # the peak of a one-cycle schedule
    weight_decay: float = 1e-2
    label_smoothing: float = 0.05


def load(name: str) -> Network:
    """A trained network that ships with the package. Raises ValueError for an unknown name."""
    _known(name)
    return Network.load(SHIPPED / f"{name}.npz")


def card(name: str) -> dict[str, Any]:
    """The model card of a shipped network: training command, seed, data, accuracy, versions."""
    _known(name)
    return json.loads((SHIPPED / f"{name}.json").read_text())


def _known(name: str) -> None:
    if name not in RECIPES:
        raise ValueError(f"network: got {name!r}, expected one of {', '.join(map(repr, RECIPES))}")


def _he(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random weights that keep the variance of activations through ReLUs (He et al. 2015)."""
    return (rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[1:]))).astype(np.float32)


def _conv(rng: np.random.Generator, out: int, channels: int) -> Conv:
    return Conv(_he(rng, out, channels, 3, 3), np.zeros(out, np.float32), padding=1)


def _dense(rng: np.random.Generator, out: int, features: int) -> Dense:
    return Dense(_he(rng, out, features), np.zeros(out, np.float32))


def digits_cnn(rng: np.random.Generator) -> Network:
    """16C3-P2-32C3-P2-64-10 for 8×8 images, with biases and max-pooling."""
    return (
        Network((1, 8, 8))
        .add("conv1", _conv(rng, 16, 1))
        .add("relu1", ReLU())
        .add("pool1", MaxPool(2))
        .add("conv2", _conv(rng, 32, 16))
        .add("relu2", ReLU())
        .add("pool2", MaxPool(2))
        .add("flatten", Flatten((32, 2, 2)))
        .add("dense1", _dense(rng, 64, 128))
        .add("relu3", ReLU())
        .add("dense2", _dense(rng, 10, 64))
    )


RECIPES = {"digits-cnn": Recipe(build=digits_cnn, dataset="digits", epochs=150)}
