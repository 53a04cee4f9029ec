"""The networks of Stöckl & Maass 2019 by their shapes, with weights of 0 that take no memory: to be counted."""

from __future__ import annotations

from functools import cache
from math import ceil
from typing import Any

import numpy as np

from ..amos.costs import Size, size
from ..layers import Activation, Add, AvgPool, Conv, Dense, Flatten, Multiply, ReLU, Spread
from ..network import Network

# EfficientNet-B0 (Tan & Le 2019): expansion, channels, repeats, stride, size of the depthwise convolution.
BLOCKS = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
WIDTH, DEPTH, RESOLUTION = 2.0, 3.1, 600  # of B7


@cache
def sizes(name: str) -> Size:
    """Of ResNet8, ResNet14, ResNet20 or ResNet50 for CIFAR-10, of ResNet50 (stride in the 3×3 convolutions) or
    EfficientNet-B7 for ImageNet; ReLUs with K = 10."""
    dataset, _, model = name.partition(" ")
    if dataset == "CIFAR-10":
        return size(_cifar_resnet(int(model.removeprefix("ResNet"))), encoding="analog")
    build = {"ResNet50": _imagenet_resnet50, "EfficientNet-B7": _efficientnet_b7}[model]
    return size(build(), encoding="analog")


def _cifar_resnet(depth: int) -> Network:
    """6n + 2 layers: three stages of n blocks of two convolutions (He et al. 2016)."""
    net = _relu(_conv(Network((3, 32, 32)), 16, 3))
    for stage, channels in enumerate((16, 32, 64)):
        for block in range((depth - 2) // 6):
            source = net.output
            stride = 2 if stage and not block else 1
            net = _conv(_relu(_conv(net, channels, 3, stride)), channels, 3)
            net = _relu(_joined(net, source, channels, stride))
    return _classes(net, 10)


def _imagenet_resnet50() -> Network:
    net = _relu(_conv(Network((3, 224, 224)), 64, 7, 2))
    net = net.add("pool", AvgPool((3, 3), 2, 1))  # in the place of max-pooling, as in the paper
    for stage, (channels, repeats) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
        for block in range(repeats):
            source = net.output
            stride = 2 if stage and not block else 1
            net = _relu(_conv(_relu(_conv(net, channels, 1)), channels, 3, stride))
            net = _relu(_joined(_conv(net, 4 * channels, 1), source, 4 * channels, stride))
    return _classes(net, 1000)


def _efficientnet_b7() -> Network:
    net = _silu(_conv(Network((3, RESOLUTION, RESOLUTION)), _wide(32), 3, 2))
    for expansion, channels, repeats, first, kernel in BLOCKS:
        for block in range(ceil(DEPTH * repeats)):
            source = net.output
            narrow = net.shapes[source][0]
            stride, wide = 1 if block else first, narrow * expansion
            net = _silu(_conv(net, wide, 1)) if expansion > 1 else net
            net = _silu(_conv(net, wide, kernel, stride, groups=wide))
            net = _conv(_excited(net, max(1, narrow // 4)), _wide(channels), 1)
            if net.shapes[net.output] == net.shapes[source]:
                net = net.add(f"add{len(net.layers)}", Add(), source, net.output)
    return _classes(_silu(_conv(net, _wide(1280), 1)), 1000)


def _wide(channels: int) -> int:
    """Times the width, as a multiple of 8, and not less by more than a tenth."""
    wanted = channels * WIDTH
    found = max(8, int(wanted + 4) // 8 * 8)
    return found + 8 if found < 0.9 * wanted else found


def _excited(net: Network, narrow: int) -> Network:
    """Squeeze and excitation (Fig. 7, Stöckl & Maass 2019)."""
    source = net.output
    features, n = net.shapes[source], len(net.layers)
    net = _conv(net.add(f"squeeze{n}", AvgPool(features[1:])), narrow, 1)
    net = _conv(_silu(net), features[0], 1)
    net = net.add(f"sigmoid{n}", Activation("sigmoid")).add(f"spread{n}", Spread(features))
    return net.add(f"excite{n}", Multiply(), source, f"spread{n}")


def _joined(net: Network, source: str, channels: int, stride: int) -> Network:
    """A residual connection, by a convolution of 1×1 where shapes differ."""
    n, top = len(net.layers), net.output
    if net.shapes[source] != net.shapes[top]:
        weight = _none(channels, net.shapes[source][0], 1, 1)
        net, source = net.add(f"skip{n}", Conv(weight, None, stride), source), f"skip{n}"
    return net.add(f"add{n}", Add(), top, source)


def _conv(net: Network, out: int, kernel: int, stride: int = 1, *, groups: int = 1) -> Network:
    channels = net.shapes[net.output][0] if net.layers else net.input_shape[0]
    weight = _none(out, channels // groups, kernel, kernel)
    return net.add(f"conv{len(net.layers)}", Conv(weight, None, stride, kernel // 2, 1, groups))


def _relu(net: Network) -> Network:
    return net.add(f"relu{len(net.layers)}", ReLU())


def _silu(net: Network) -> Network:
    return net.add(f"silu{len(net.layers)}", Activation("silu"))


def _classes(net: Network, n: int) -> Network:
    features: Any = net.shapes[net.output]
    net = net.add("mean", AvgPool(features[1:])).add("flatten", Flatten((features[0], 1, 1)))
    return net.add("classes", Dense(_none(n, features[0])))


def _none(*shape: int) -> np.ndarray:
    return np.broadcast_to(np.float32(0), shape)
