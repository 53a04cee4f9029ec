"""Binary weights, as in BinaryConnect and BinaryNet (Courbariaux et al. 2015, 2016)."""

from __future__ import annotations

from dataclasses import replace
from math import log2, prod
from typing import Any

from ..arrays import Array, namespace
from ..layers import Conv, Dense
from ..network.graph import Graph


def binarise(net: Graph) -> Any:
    """The same network with weights of one size only: ±c, with a c for each dense or convolutional layer.

    For a network that was trained with binary weights: BinaryConnect keeps full-precision ones beside them, and can be
    used either way. Biases stay as they are.
    """
    layers = {
        name: (replace(layer, weight=binary(layer.weight)) if isinstance(layer, Dense | Conv) else layer, sources)
        for name, (layer, sources) in net.layers.items()
    }
    return replace(net, layers=layers)


def binary(weight: Array) -> Array:
    """sign(W) · c for weights `(out, …)`."""
    return namespace(weight).sign(weight) * size(weight.shape)


def size(shape: tuple[int, ...]) -> float:
    """c, the power of two next to √(2 / fan-in): as large as weights usually are at first (He et al. 2015).

    With c = 1, as in the papers, batch normalisation would have to undo the size of the sums. A power of two keeps
    sums of binary units exact: a unit's sign does not depend on the order in which it is added up.
    """
    return 2.0 ** round(log2(2 / prod(shape[1:])) / 2)
