"""How each network of the zoo is built, with random initial weights."""

from __future__ import annotations

from math import prod

import numpy as np

from ..layers import Activation, Add, AvgPool, Conv, Dense, Flatten, MaxPool, Multiply, ReLU, Spread
from ..network import Network


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
