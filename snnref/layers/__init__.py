"""Ordinary layers, as frozen dataclasses: the linear ones (see `linear`) and all others.

`shape(*inputs)` is the feature shape of the output, or an error.
"""

from __future__ import annotations

from .joining import Add, Concat, Multiply
from .linear import AvgPool, Conv, Dense, Gain, Linear, UnevenAvgPool
from .nonlinear import Activation, MaxPool, ReLU, Softmax
from .rearranging import Flatten, Gather, Place, Reshape, Spread
from .windows import Shape

__all__ = [
    "Activation",
    "Add",
    "AvgPool",
    "Concat",
    "Conv",
    "Dense",
    "Flatten",
    "Gain",
    "Gather",
    "Layer",
    "Linear",
    "MaxPool",
    "Multiply",
    "Place",
    "ReLU",
    "Reshape",
    "Shape",
    "Softmax",
    "Spread",
    "UnevenAvgPool",
]
Layer = (
    Dense
    | Conv
    | AvgPool
    | UnevenAvgPool
    | Flatten
    | Reshape
    | Gather
    | Spread
    | Gain
    | MaxPool
    | ReLU
    | Activation
    | Add
    | Multiply
    | Concat
    | Softmax
)
