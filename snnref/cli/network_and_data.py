"""A shipped network with its data: what commands measure, and the options that choose them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from .. import data, zoo
from ..network import Network
from ..zoo import Recipe

Name = StrEnum("Name", {name: name for name in zoo.RECIPES})  # type: ignore[misc]
Images = Annotated[int | None, typer.Option(help="Only the first so many.", min=1)]
Calibration = Annotated[int, typer.Option(help="Training images that choose the scales: the first so many.", min=1)]


@dataclass(frozen=True)
class NetworkAndData:
    net: Network
    recipe: Recipe
    calibration: np.ndarray  # as the network is shown them
    images: np.ndarray
    labels: np.ndarray


def load_network_and_data(
    name: str, *, file: Path | None = None, images: int | None = None, calibration: int
) -> NetworkAndData:
    """A network of the zoo, or one of its shape in a file, and its held-out images; `calibration` training images."""
    net, recipe = Network.load(file) if file else zoo.load(name), zoo.RECIPES[name]
    shape = data.describe(recipe.dataset).shape
    if net.input_shape != shape:
        raise typer.BadParameter(f"{file} is for inputs {net.input_shape}, {name} for {shape}", param_hint="--file")
    samples, _ = data.load(recipe.dataset, split="train")
    x, labels = data.load(recipe.dataset, split=recipe.test_split)
    return NetworkAndData(
        net, recipe, np.asarray(recipe.preprocess(samples[:calibration])), x[:images], labels[:images]
    )
