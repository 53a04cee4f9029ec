"""How each network of the zoo is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..network import Network
from ..training.options import Augmentation, TrainingOptions
from .architectures import (
    digits_cnn,
    digits_heaviside,
    digits_sign,
    lenet,
    lenet_caffe,
    sixteen_eight,
    small_efficient,
    two_conv,
)


@dataclass(frozen=True, kw_only=True)
class Recipe(TrainingOptions):
    """All that it takes to make a trained network again."""

    build: Callable[[np.random.Generator], Network]  # with random initial weights
    dataset: str
    test_split: str = "test"  # the split on which the accuracy in the card is measured, once, at the end

    def preprocess_for(self, images: Array, options: Mapping[str, Any]) -> Array:
        """Prepare images for a conversion.

        Parameters
        ----------
        images : array `(samples, channels, height, width)`
            Images in [0, 1].
        options
            Options of the conversion, by name.

        Returns
        -------
        array `(samples, channels, height, width)`
            The images as `preprocess` gives them; or with their grey levels for a code that has a `cutoff` of its own,
            which turns intensities into delays.
        """
        return images if "cutoff" in options else self.preprocess(images)


def known(name: str) -> None:
    """Refuse a name that no network of the zoo has.

    Parameters
    ----------
    name
        The name.

    Raises
    ------
    ValueError
        If it is none of `RECIPES`.
    """
    if name not in RECIPES:
        raise ValueError(f"network: got {name!r}, expected one of {', '.join(map(repr, RECIPES))}")


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
