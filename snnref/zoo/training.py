"""Training of the networks in the zoo, in torch (extra `torch`)."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from .. import data
from ..files import complete
from ..network import Network
from ..training.torch_extra import torch
from ..training.trainer import Progress, Trainer
from .recipes import RECIPES, Recipe, known


def train(
    name: str,
    *,
    seed: int = 0,
    epochs: int | None = None,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
) -> tuple[Network, dict[str, Any]]:
    """Train a network of the zoo from its recipe; the same seed, versions and machine give the same weights.

    Parameters
    ----------
    name
        One of `snnref.zoo.RECIPES`.
    seed
        Seed of everything drawn at random.
    epochs
        Replaces the recipe's number.
    progress
        Called after every epoch with its number, the number of all epochs, and the mean loss.
    checkpoint
        A file that is rewritten after every epoch. If it exists at the start, training continues from it and ends as if
        it had never stopped. It stays: remove it once the network is saved.

    Returns
    -------
    net : Network
        The trained network.
    card : dict
        Its model card.

    Raises
    ------
    ValueError
        For an unknown name, a number of epochs below 1, or a checkpoint of another training.
    """
    known(name)
    recipe = RECIPES[name] if epochs is None else replace(RECIPES[name], epochs=epochs)
    if recipe.epochs < 1:
        raise ValueError(f"epochs: got {recipe.epochs}, expected a whole number ≥ 1")
    rng = np.random.default_rng(seed)
    images, labels = data.load(recipe.dataset, split="train")
    what = {"network": name, "seed": seed, "dataset": recipe.dataset, "test_split": recipe.test_split}
    fit = Trainer(recipe.build(rng), recipe, what=what, rng=rng, samples=len(images))
    net = fit.run(images, labels, progress=progress, checkpoint=checkpoint)
    x, truth = data.load(recipe.dataset, split=recipe.test_split)
    parts = np.array_split(recipe.preprocess(x), -(-len(x) // 500))
    prediction = np.concatenate([net(part).argmax(axis=1) for part in parts])
    accuracy = float(np.mean(prediction == truth))
    return net, _card(name, recipe, seed, net, accuracy, len(x))


def write(net: Network, card: dict[str, Any], path: Path) -> tuple[Path, Path]:
    """Save the network as `path` and its card beside it, as `.json`."""
    beside = path.with_suffix(".json")
    net.save(path)
    with complete(beside) as part:
        part.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path, beside


def _card(name: str, recipe: Recipe, seed: int, net: Network, accuracy: float, images: int) -> dict[str, Any]:
    default = RECIPES[name].epochs == recipe.epochs
    return {
        "name": name,
        "architecture": " ".join((recipe.build.__doc__ or "").split()),
        "parameters": net.parameters(),
        "command": f"snnref train {name} --seed {seed}" + ("" if default else f" --epochs {recipe.epochs}"),
        "seed": seed,
        "recipe": {k: v for k, v in asdict(recipe).items() if k not in ("build", "dataset", "test_split")},
        "dataset": recipe.dataset,
        "data_checksums": data.checksums(recipe.dataset),
        "data_licence": data.describe(recipe.dataset).licence,
        "split": recipe.test_split,
        "test_accuracy": round(accuracy, 6),
        "test_images": images,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__,
        },
        "date": datetime.now(UTC).date().isoformat(),
    }
