"""Networks by name: how each is built and trained, and the trained ones that ship with the package."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from .arrays import Array
from .files import SHIPPED
from .layers import Activation, Add, AvgPool, Conv, Dense, Flatten, MaxPool, Multiply, ReLU, Spread
from .network import Network
from .recipe import Augmentation, Training


@dataclass(frozen=True, kw_only=True)
class Recipe(Training):
    """All that it takes to make a trained network again."""

    build: Callable[[np.random.Generator], Network]  # with random initial weights
    dataset: str
    held_out: str = "test"  # the split on which the accuracy in the card is measured, once, at the end

    def told(self, images: Array, options: Mapping[str, Any]) -> Array:
        """The images for a spiking conversion with such options: as `shown`, or grey for a code with a cut-off of its
        own, which turns intensities into delays."""
        return images if "cutoff" in options else self.shown(images)


def load(name: str) -> Network:
    """A trained network that ships with the package. Raises ValueError for an unknown name."""
    known(name)
    return Network.load(SHIPPED / f"{name}.npz")


def card(name: str) -> dict[str, Any]:
    """The model card of a shipped network: training command, seed, data, accuracy, versions."""
    known(name)
    return json.loads((SHIPPED / f"{name}.json").read_text(encoding="utf-8"))


def known(name: str) -> None:
    """Refuse a name that is no network's, by ValueError."""
    if name not in RECIPES:
        raise ValueError(f"network: got {name!r}, expected one of {', '.join(map(repr, RECIPES))}")


def _he(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random weights that keep the variance of activations through ReLUs (He et al. 2015)."""
    return (rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[1:]))).astype(np.float32)


def _conv(rng: np.random.Generator, out: int, channels: int, *, size: int, **geometry: int) -> Conv:
    return Conv(_he(rng, out, channels // geometry.get("groups", 1), size, size), np.zeros(out, np.float32), **geometry)


def _dense(rng: np.random.Generator, out: int, features: int) -> Dense:
    return Dense(_he(rng, out, features), np.zeros(out, np.float32))


def _two_and_two(
    rng: np.random.Generator,
    shape: tuple[int, int, int],
    *,
    filters: tuple[int, int],
    hidden: int,
    size: int,
    padding: int = 0,
    unit: str = "relu",
) -> Network:
    """Two convolutions, each with a nonlinearity and max-pooling of 2×2, and two dense layers: the shape of LeNet."""
    first, second = filters
    net = (
        Network(shape)
        .add("conv1", _conv(rng, first, shape[0], size=size, padding=padding))
        .add(f"{unit}1", Activation(unit))
        .add("pool1", MaxPool(2))
        .add("conv2", _conv(rng, second, first, size=size, padding=padding))
        .add(f"{unit}2", Activation(unit))
        .add("pool2", MaxPool(2))
    )
    features = net.shapes["pool2"]
    return (
        net.add("flatten", Flatten(features))
        .add("dense1", _dense(rng, hidden, prod(features)))
        .add(f"{unit}3", Activation(unit))
        .add("dense2", _dense(rng, 10, hidden))
    )


def digits_cnn(rng: np.random.Generator) -> Network:
    """16C3-P2-32C3-P2-64-10 for 8×8 images, with biases and max-pooling."""
    return _two_and_two(rng, (1, 8, 8), filters=(16, 32), hidden=64, size=3, padding=1)


def digits_sign(rng: np.random.Generator) -> Network:
    """32C3-P2-64C3-P2-128-10 for 8×8 images, with units of −1 and 1 and binary weights, as BinaryNet."""
    return _two_and_two(rng, (1, 8, 8), filters=(32, 64), hidden=128, size=3, padding=1, unit="sign")


def digits_heaviside(rng: np.random.Generator) -> Network:
    """32C3-P2-64C3-P2-128-10 for 8×8 images, with units of 0 and 1 and binary weights, as BinaryNet."""
    return _two_and_two(rng, (1, 8, 8), filters=(32, 64), hidden=128, size=3, padding=1, unit="heaviside")


def lenet(rng: np.random.Generator) -> Network:
    """8C5-P2-50C5-P2-500-10: as large as the LeNet of Rueckauer et al. (2017), of which they give the size alone
    (8 k neurons, 1.2 M connections, 2.35 M operations)."""
    return _two_and_two(rng, (1, 28, 28), filters=(8, 50), hidden=500, size=5)


def lenet_caffe(rng: np.random.Generator) -> Network:
    """20C5-P2-50C5-P2-500-10, the LeNet of Caffe, with a ReLU after every layer but the last (Zhang et al. 2019)."""
    return _two_and_two(rng, (1, 28, 28), filters=(20, 50), hidden=500, size=5)


def sixteen_eight(rng: np.random.Generator) -> Network:
    """16C5-P2-8C5-P2-256-10, same padding (Yousefzadeh et al. 2019)."""
    return _two_and_two(rng, (1, 28, 28), filters=(16, 8), hidden=256, size=5, padding=2)


def two_conv(rng: np.random.Generator) -> Network:
    """48C5-P2-80C5-P2-256-10: two convolutions, two max-pools, two dense layers and 14.3 M operations, as in
    Lopez-Randulfe et al. (2022), who give no channels. A ReLU after every layer, the last one too."""
    net = _two_and_two(rng, (1, 28, 28), filters=(48, 80), hidden=256, size=5)
    return net.add("relu4", ReLU())


def _inverted_bottleneck(
    rng: np.random.Generator, net: Network, block: str, *, wide: int, out: int, size: int, stride: int = 1
) -> Network:
    """Expansion, depthwise convolution, squeeze-and-excitation, projection; a residual connection where the shape
    stays: the building block of EfficientNet."""
    source = net.output
    channels = net.shapes[source][0]
    net = (
        net.add(f"{block}.expand", _conv(rng, wide, channels, size=1))
        .add(f"{block}.silu1", Activation("silu"))
        .add(f"{block}.depth", _conv(rng, wide, wide, size=size, stride=stride, padding=size // 2, groups=wide))
        .add(f"{block}.silu2", Activation("silu"))
    )
    features, narrow = net.shapes[net.output], wide // 4
    net = (
        net.add(f"{block}.squeeze", AvgPool(features[1:]))
        .add(f"{block}.narrow", _conv(rng, narrow, wide, size=1))
        .add(f"{block}.silu3", Activation("silu"))
        .add(f"{block}.widen", _conv(rng, wide, narrow, size=1))
        .add(f"{block}.sigmoid", Activation("sigmoid"))
        .add(f"{block}.spread", Spread(features))
        .add(f"{block}.excite", Multiply(), f"{block}.silu2", f"{block}.spread")
        .add(f"{block}.project", _conv(rng, out, wide, size=1))
    )
    return net.add(f"{block}.add", Add(), source, net.output) if net.shapes[source] == net.shapes[net.output] else net


def small_efficient(rng: np.random.Generator) -> Network:
    """16C3/2, three inverted bottlenecks (24C3, 24C5/2, 24C3) with SiLU and squeeze-and-excitation, 96C1, mean, 10: the
    parts of EfficientNet, small."""
    net = Network((1, 28, 28)).add("stem", _conv(rng, 16, 1, size=3, stride=2, padding=1))
    net = net.add("silu", Activation("silu"))
    net = _inverted_bottleneck(rng, net, "block1", wide=48, out=24, size=3)
    net = _inverted_bottleneck(rng, net, "block2", wide=72, out=24, size=5, stride=2)
    net = _inverted_bottleneck(rng, net, "block3", wide=72, out=24, size=3)
    net = net.add("head", _conv(rng, 96, 24, size=1)).add("head.silu", Activation("silu"))
    net = net.add("mean", AvgPool(net.shapes[net.output][1:]))
    return net.add("flatten", Flatten((96, 1, 1))).add("classes", _dense(rng, 10, 96))


_DIGITS: dict[str, Any] = {
    "dataset": "digits",
    "epochs": 150,
    "augmentation": Augmentation(turn=0.25, shear=0.2, stretch=0.15, shift=0.25, dim=0.2, noise=0.1),
}
_BINARY: dict[str, Any] = {
    "dataset": "digits",
    "epochs": 300,
    "learning_rate": 3e-3,
    "weight_decay": 0.0,
    "augmentation": Augmentation(shift=0.1),  # more of it is too much for binary weights
}
_STROKES = Augmentation(turn=0.2, shear=0.1, stretch=0.12, shift=0.12)  # handwriting moves, a little
_CLOTHES = Augmentation(turn=0.05, stretch=0.08, shift=0.08, mirror=True)
_MNIST: dict[str, Any] = {"dataset": "mnist", "batch": 128, "learning_rate": 4e-3, "augmentation": _STROKES}

RECIPES = {
    "digits-cnn": Recipe(build=digits_cnn, **_DIGITS),
    "digits-binaryconnect": Recipe(build=digits_cnn, binary="connect", **_BINARY),
    "digits-binarynet-sign": Recipe(build=digits_sign, binary="net", **_BINARY),
    "digits-binarynet-heaviside": Recipe(build=digits_heaviside, binary="net", **_BINARY),
    "mnist-lenet": Recipe(build=lenet, epochs=20, **_MNIST),
    "mnist-lenet-caffe": Recipe(build=lenet_caffe, epochs=20, **_MNIST),
    "mnist-16c5-8c5-256": Recipe(build=sixteen_eight, epochs=30, dropout={"relu3": 0.5}, **_MNIST),
    "mnist-16c5-8c5-256-1bit": Recipe(  # large activations, as plain training leaves them
        build=sixteen_eight,
        epochs=30,
        dropout={"relu3": 0.5},
        cutoff=0.2,
        weight_decay=0.0,
        label_smoothing=0.0,
        **_MNIST,
    ),
    "mnist-two-conv": Recipe(build=two_conv, epochs=30, dropout={"pool2": 0.2, "relu3": 0.2}, **_MNIST),
    "fashion-two-conv": Recipe(
        build=two_conv,
        dataset="fashion-mnist",
        epochs=30,
        batch=128,
        learning_rate=4e-3,
        dropout={"pool2": 0.2, "relu3": 0.2},
        augmentation=_CLOTHES,
    ),
    "fashion-small-efficient": Recipe(
        build=small_efficient,
        dataset="fashion-mnist",
        epochs=30,
        batch=128,
        learning_rate=8e-3,
        augmentation=_CLOTHES,
    ),
}
