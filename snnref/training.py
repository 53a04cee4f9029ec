"""Training of the networks in the zoo, in torch (extra `torch`)."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

try:
    import torch
except ImportError as error:
    raise ImportError("training needs the extra 'torch': pip install '.[torch]' in snnref's source") from error
from torch.nn import functional as F

from . import data
from .network import Network
from .zoo import RECIPES, Recipe

Progress = Callable[[int, int, float], None]  # epoch, epochs, mean loss


def train(
    name: str, *, seed: int = 0, epochs: int | None = None, progress: Progress | None = None
) -> tuple[Network, dict[str, Any]]:
    """Train a network of the zoo from its recipe; returns it and its model card.

    The same seed, versions and machine give the same weights. Raises ValueError for an unknown name.
    """
    if name not in RECIPES:
        raise ValueError(f"network: got {name!r}, expected one of {', '.join(map(repr, RECIPES))}")
    recipe = RECIPES[name] if epochs is None else replace(RECIPES[name], epochs=epochs)
    if recipe.epochs < 1:
        raise ValueError(f"epochs: got {recipe.epochs}, expected a whole number ≥ 1")
    net = _fit(recipe, np.random.default_rng(seed), progress)
    x, labels = data.load(recipe.dataset, split="test")
    accuracy = float(np.mean(net(x).argmax(axis=1) == labels))
    return net, _card(name, recipe, seed, net, accuracy, len(x))


def write(net: Network, card: dict[str, Any], path: Path) -> tuple[Path, Path]:
    """Save the network as `path` and its card beside it, as `.json`."""
    beside = path.with_suffix(".json")
    net.save(path)
    beside.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n")
    return path, beside


def _fit(recipe: Recipe, rng: np.random.Generator, progress: Progress | None) -> Network:
    """AdamW on a one-cycle schedule, on images moved, turned, stretched and noised a little."""
    net = recipe.build(rng)
    layers: dict[str, Any] = {name: _as_parameters(layer) for name, (layer, _) in net.layers.items()}
    parameters = [p for layer in layers.values() for p in vars(layer).values() if torch.is_tensor(p)]
    images, labels = (torch.from_numpy(part) for part in data.load(recipe.dataset, split="train"))
    batches = len(images) // recipe.batch
    optimiser = torch.optim.AdamW(parameters, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, total_steps=recipe.epochs * batches)
    for epoch in range(recipe.epochs):
        order, losses = torch.from_numpy(rng.permutation(len(images))), 0.0
        for part in order[: batches * recipe.batch].split(recipe.batch):
            output = net.forward(augment(images[part], rng), layers)[net.output]
            loss = F.cross_entropy(output, labels[part], label_smoothing=recipe.label_smoothing)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses += loss.item()
        if progress:
            progress(epoch + 1, recipe.epochs, losses / batches)
    trained = {k: _as_arrays(layer) for k, layer in layers.items()}
    return replace(net, layers={k: (trained[k], sources) for k, (_, sources) in net.layers.items()})


def _as_parameters(layer: Any) -> Any:
    arrays = {k: v for k, v in vars(layer).items() if isinstance(v, np.ndarray)}
    return replace(layer, **{k: torch.tensor(v, requires_grad=True) for k, v in arrays.items()})


def _as_arrays(layer: Any) -> Any:
    tensors = {k: v for k, v in vars(layer).items() if torch.is_tensor(v)}
    return replace(layer, **{k: v.detach().numpy() for k, v in tensors.items()})


def augment(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Images `(batch, channels, height, width)`, each turned, stretched, moved, dimmed, noised a little."""
    n = len(x)
    turn, shear, dim = rng.uniform(-0.25, 0.25, n), rng.uniform(-0.2, 0.2, n), rng.uniform(0.8, 1.2, n)
    wide, high = rng.uniform(0.85, 1.15, (2, n))
    right, down = rng.uniform(-0.25, 0.25, (2, n))
    rows = [[wide * np.cos(turn), shear - np.sin(turn), right], [np.sin(turn), high * np.cos(turn), down]]
    maps = torch.from_numpy(np.moveaxis(np.array(rows), -1, 0)).to(x.dtype)
    grid = F.affine_grid(maps, list(x.shape), align_corners=False)
    moved = F.grid_sample(x, grid, align_corners=False)
    noise = torch.from_numpy(rng.normal(0, 0.1, x.shape)).to(x.dtype)
    return (moved * torch.from_numpy(dim).to(x.dtype)[:, None, None, None] + noise).clamp(0, 1)


def _card(name: str, recipe: Recipe, seed: int, net: Network, accuracy: float, images: int) -> dict[str, Any]:
    default = RECIPES[name].epochs == recipe.epochs
    entry = data.DATASETS[recipe.dataset]
    weights = [v for layer, _ in net.layers.values() for v in vars(layer).values() if isinstance(v, np.ndarray)]
    return {
        "name": name,
        "architecture": (recipe.build.__doc__ or "").strip(),
        "parameters": int(sum(w.size for w in weights)),
        "command": f"snnref train {name} --seed {seed}" + ("" if default else f" --epochs {recipe.epochs}"),
        "seed": seed,
        "epochs": recipe.epochs,
        "dataset": recipe.dataset,
        "data_sha256": entry.sha256,
        "data_licence": entry.licence,
        "test_accuracy": round(accuracy, 6),
        "test_images": images,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__,
        },
        "date": datetime.now(UTC).date().isoformat(),
    }
