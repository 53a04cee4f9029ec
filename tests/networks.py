"""Small random networks with dyadic weights (multiples of 2⁻⁶): float sums of them are exact."""

from importlib.util import find_spec

import numpy as np

from snnref.layers import Add, AvgPool, Concat, Conv, Dense, Flatten, MaxPool, ReLU
from snnref.network import Network

ENGINES = ("numba", "numpy") if find_spec("numba") else ("numpy",)  # of hysteresis sigma-delta


def dyadic(rng, *shape, bits=6):
    fan_in = max(1, np.prod(shape[1:]))
    return np.round(rng.normal(size=shape) / np.sqrt(fan_in) * 2**bits) / 2**bits


def conv(rng, out, channels, size, *, gain=1, **options):
    bias = np.round(rng.normal(size=out) * 4) / 64
    return Conv(gain * dyadic(rng, out, channels, size, size), bias, **options)


def dense(rng, out, features):
    return Dense(dyadic(rng, out, features), np.round(rng.normal(size=out) * 4) / 64)


def chain(rng):
    """Convolution, max and average pooling, dense layers."""
    return (
        Network((1, 8, 8))
        .add("conv1", conv(rng, 3, 1, 3, padding=1))
        .add("relu1", ReLU())
        .add("pool1", MaxPool(2))
        .add("conv2", conv(rng, 4, 3, 3, padding=1))
        .add("relu2", ReLU())
        .add("pool2", AvgPool(2))
        .add("flat", Flatten((4, 2, 2)))
        .add("dense1", dense(rng, 6, 16))
        .add("relu3", ReLU())
        .add("dense2", dense(rng, 5, 6))
    )


def residual(rng):
    """An identity skip, a projected skip, a strided convolution, pooling by overlapping padded windows."""
    return (
        Network((2, 7, 7))
        .add("conv0", conv(rng, 3, 2, 3, padding=1))
        .add("a0", ReLU())
        .add("conv1", conv(rng, 3, 3, 3, padding=1))
        .add("a1", ReLU())
        .add("conv2", conv(rng, 3, 3, 3, padding=1))
        .add("sum1", Add(), "conv2", "a0")
        .add("a2", ReLU())
        .add("conv3", conv(rng, 4, 3, 3, stride=2, padding=1))
        .add("a3", ReLU())
        .add("conv4", conv(rng, 4, 4, 3, padding=1))
        .add("skip", conv(rng, 4, 3, 1, stride=2), "a2")
        .add("sum2", Add(), "conv4", "skip")
        .add("a4", ReLU())
        .add("pool", MaxPool(3, stride=2, padding=1))
        .add("flat", Flatten((4, 2, 2)))
        .add("out", dense(rng, 5, 16))
    )


def concat(rng):
    """Three branches of different range side by side, pooled together."""
    return (
        Network((1, 6, 6))
        .add("conv1", conv(rng, 2, 1, 1), "input")
        .add("a1", ReLU())
        .add("conv3", conv(rng, 3, 1, 3, gain=8, padding=1), "input")
        .add("a3", ReLU())
        .add("convc", conv(rng, 2, 2, 3, padding=1), "a1")
        .add("ac", ReLU())
        .add("cat", Concat(), "a1", "a3", "ac")
        .add("pool", MaxPool(2))
        .add("conv5", conv(rng, 4, 7, 3, padding=1))
        .add("a5", ReLU())
        .add("flat", Flatten((4, 3, 3)))
        .add("out", dense(rng, 5, 36))
    )


def awkward(rng):
    """Two convolutions without a ReLU between, a border that pooling drops, a node side by side with itself,
    two projections from one source, a max-pool before its ReLU, a ReLU at the end."""
    return (
        Network((1, 7, 7))
        .add("conv1", conv(rng, 2, 1, 3, padding=1))
        .add("conv2", conv(rng, 3, 2, 3, padding=(1, 0)))
        .add("a1", ReLU())
        .add("mean", AvgPool((2, 1), stride=(2, 1)))
        .add("conv3", conv(rng, 3, 3, 3, padding=1))
        .add("sum", Add(), "conv3", "mean")
        .add("pool", MaxPool(2, stride=1))
        .add("a2", ReLU())
        .add("cat", Concat(), "a2", "a2")
        .add("convc", conv(rng, 2, 6, 1))
        .add("skip", conv(rng, 2, 3, 1), "a2")
        .add("sum2", Add(), "convc", "skip")
        .add("a3", ReLU())
        .add("flat", Flatten((2, 2, 4)))
        .add("dense", dense(rng, 5, 16))
        .add("out", ReLU())
    )


def sums(rng):
    """Max-pools of a sum, of a mean, of a concatenation with a sum in it, and of the input; a dead branch;
    a concatenation of unrectified convolutions; a layer whose name a pooled branch would take."""
    return (
        Network((2, 6, 6))
        .add("low", MaxPool(3, stride=3), "input")
        .add("low+", ReLU())
        .add("conv1", conv(rng, 3, 2, 3, padding=1), "input")
        .add("a", ReLU())
        .add("conv2", conv(rng, 3, 2, 3, padding=1), "input")
        .add("b", ReLU())
        .add("sum", Add(), "a", "b")
        .add("pool", MaxPool(2))
        .add("mean", AvgPool(2, stride=1), "sum")
        .add("pool2", MaxPool(2))
        .add("cat", Concat(), "sum", "a", "b")
        .add("pool3", MaxPool(3))
        .add("dead", conv(rng, 3, 3, 1), "b")
        .add("dead+", ReLU())
        .add("convs", Concat(), "conv1", "conv2")
        .add("both", ReLU())
        .add("pool4.a", AvgPool(4, stride=2), "both")
        .add("cat2", Concat(), "a", "b")
        .add("pool4", MaxPool(3))
        .add("flat1", Flatten((3, 3, 3)), "pool")
        .add("flat2", Flatten((3, 2, 2)), "pool2")
        .add("flat3", Flatten((9, 2, 2)), "pool3")
        .add("flat4", Flatten((6, 2, 2)), "pool4.a")
        .add("flat5", Flatten((6, 2, 2)), "pool4")
        .add("flat6", Flatten((2, 2, 2)), "low+")
        .add("all", Concat(), "flat1", "flat2", "flat3", "flat4", "flat5", "flat6")
        .add("dense", dense(rng, 6, 131))
        .add("relu", ReLU())
        .add("out", dense(rng, 5, 6))
    )


ALL = (chain, residual, concat, awkward, sums)


def images(rng, net, *, batch=3):
    """Dyadic inputs in [-1/4, 1]."""
    return np.round(rng.uniform(-0.25, 1, (batch, *net.input_shape)) * 256) / 256
