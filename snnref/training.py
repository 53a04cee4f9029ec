"""Training of the networks in the zoo, in torch (extra `torch`)."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import asdict, replace
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
from .binary import binarise, binary, size
from .files import complete
from .layers import Activation, Conv, Dense
from .network import Network
from .zoo import RECIPES, Augmentation, Recipe, known

Progress = Callable[[int, int, float], None]  # epoch, epochs, mean loss


def train(
    name: str,
    *,
    seed: int = 0,
    epochs: int | None = None,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
) -> tuple[Network, dict[str, Any]]:
    """Train a network of the zoo from its recipe; returns it and its model card.

    checkpoint : a file that is renewed after every epoch; if it is there at the start, training goes on from it
        and ends as if it had never stopped. It stays: remove it once the network is safe.

    The same seed, versions and machine give the same weights. Raises ValueError for an unknown name or a
    checkpoint of another training.
    """
    known(name)
    recipe = RECIPES[name] if epochs is None else replace(RECIPES[name], epochs=epochs)
    if recipe.epochs < 1:
        raise ValueError(f"epochs: got {recipe.epochs}, expected a whole number ≥ 1")
    fit = _Fit(name, recipe, seed)
    if checkpoint and checkpoint.exists():
        fit.resume(checkpoint)
    images, labels = (torch.from_numpy(part) for part in data.load(recipe.dataset, split="train"))
    while fit.epoch < recipe.epochs:
        loss = fit.one_epoch(images, labels)
        if checkpoint:
            fit.save(checkpoint)
        if progress:
            progress(fit.epoch, recipe.epochs, loss)
    net = fit.network()
    x, truth = data.load(recipe.dataset, split=recipe.held_out)
    parts = np.array_split(recipe.shown(x), -(-len(x) // 500))
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


class _Fit:
    """A training under way: AdamW on a one-cycle schedule, on images that are changed a little each time."""

    def __init__(self, name: str, recipe: Recipe, seed: int):
        how = {k: v for k, v in asdict(recipe).items() if k != "build"}
        self.what = json.dumps({"network": name, "seed": seed, **how, "torch": torch.__version__})
        self.recipe, self.epoch = recipe, 0
        self.rng = np.random.default_rng(seed)
        self.net = recipe.build(self.rng)
        self.layers: dict[str, Any] = {k: _as_parameters(layer) for k, (layer, _) in self.net.layers.items()}
        self.parameters = [p for layer in self.layers.values() for p in vars(layer).values() if torch.is_tensor(p)]
        self.optimiser = torch.optim.AdamW(self.parameters, weight_decay=recipe.weight_decay)
        batches = data.describe(recipe.dataset).splits["train"] // recipe.batch
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, recipe.learning_rate, total_steps=recipe.epochs * batches
        )

    def one_epoch(self, images: torch.Tensor, labels: torch.Tensor) -> float:
        """Every image once, in a new order; the mean loss."""
        size = self.recipe.batch
        layers = {k: _binary(v) for k, v in self.layers.items()} if self.recipe.binary else self.layers
        layers = layers | {k: _dropped(layers[k], p, self.rng) for k, p in self.recipe.dropout.items()}
        order = torch.from_numpy(self.rng.permutation(len(images)))[: len(images) // size * size]
        losses = 0.0
        for part in order.split(size):
            shown = self.recipe.shown(augment(images[part], self.rng, self.recipe.augmentation))
            output = self.net.forward(shown, layers)
            loss = F.cross_entropy(output[self.net.output], labels[part], label_smoothing=self.recipe.label_smoothing)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            if self.recipe.binary:
                self._clip()
            self.schedule.step()
            losses += loss.item()
        self.epoch += 1
        return losses / (len(order) // size)

    @torch.no_grad()
    def _clip(self) -> None:
        """Full-precision weights beyond the binary ones would never change sign again (Courbariaux et al. 2015)."""
        for layer in self.layers.values():
            if isinstance(layer, Dense | Conv):
                c = size(layer.weight.shape)
                layer.weight.clamp_(-c, c)

    def network(self) -> Network:
        trained = {k: _as_arrays(layer) for k, layer in self.layers.items()}
        net = replace(self.net, layers={k: (trained[k], sources) for k, (_, sources) in self.net.layers.items()})
        return binarise(net) if self.recipe.binary == "net" else net

    def save(self, path: Path) -> None:
        """All that the next epoch depends on; complete or not at all."""
        state = {
            "what": self.what,
            "epoch": self.epoch,
            "parameters": self.parameters,
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "rng": json.dumps(self.rng.bit_generator.state),
        }
        with complete(path) as part:
            torch.save(state, part)

    def resume(self, path: Path) -> None:
        """Go on from a file that `save` wrote. Only tensors and plain values are read (`weights_only`)."""
        try:
            state = torch.load(path, weights_only=True)
            if state["what"] == self.what:
                with torch.no_grad():
                    for parameter, saved in zip(self.parameters, state["parameters"], strict=True):
                        parameter.copy_(saved)
                self.optimiser.load_state_dict(state["optimiser"])
                self.schedule.load_state_dict(state["schedule"])
                self.rng.bit_generator.state = json.loads(state["rng"])
                self.epoch = state["epoch"]
        except Exception as error:  # a damaged archive fails in a dozen ways
            raise ValueError(f"{path}: not a checkpoint ({type(error).__name__}); delete it to start anew") from error
        if state["what"] != self.what:
            raise ValueError(
                f"{path}: a checkpoint of {state['what']}, expected {self.what}; finish that training with its own "
                "command, or delete the file to start anew"
            )


def _binary(layer: Any) -> Callable[..., torch.Tensor]:
    """The layer with binary weights; the gradient goes straight through to the full-precision ones, and through binary
    units where their input lies between −1 and 1 (Courbariaux et al. 2016)."""
    if isinstance(layer, Dense | Conv):

        def forward(x: torch.Tensor) -> torch.Tensor:
            weight = layer.weight + (binary(layer.weight) - layer.weight).detach()
            return replace(layer, weight=weight)(x)

    elif isinstance(layer, Activation) and layer.kind in ("sign", "heaviside"):

        def forward(x: torch.Tensor) -> torch.Tensor:
            soft = F.hardtanh(x) if layer.kind == "sign" else (F.hardtanh(x) + 1) / 2
            return soft + (layer(x) - soft).detach()

    else:
        return layer
    return forward


def _dropped(layer: Any, share: float, rng: np.random.Generator) -> Callable[..., torch.Tensor]:
    """The layer with a random share of its outputs at 0, the others raised to keep the mean (Srivastava 2014)."""

    def forward(*x: torch.Tensor) -> torch.Tensor:
        y = layer(*x)
        kept = torch.from_numpy(rng.random(y.shape, np.float32) >= share)
        return y * kept / (1 - share)

    return forward


def _as_parameters(layer: Any) -> Any:
    arrays = {k: v for k, v in vars(layer).items() if isinstance(v, np.ndarray)}
    return replace(layer, **{k: torch.tensor(v, requires_grad=True) for k, v in arrays.items()})


def _as_arrays(layer: Any) -> Any:
    tensors = {k: v for k, v in vars(layer).items() if torch.is_tensor(v)}
    return replace(layer, **{k: v.detach().numpy() for k, v in tensors.items()})


def augment(x: torch.Tensor, rng: np.random.Generator, by: Augmentation) -> torch.Tensor:
    """Images `(batch, channels, height, width)`, each turned, stretched, moved, mirrored, dimmed, noised a little."""
    n = len(x)
    turn, shear = (rng.uniform(-most, most, n) for most in (by.turn, by.shear))
    dim = torch.from_numpy(rng.uniform(1 - by.dim, 1 + by.dim, n)).to(x.dtype)
    wide, high = rng.uniform(1 - by.stretch, 1 + by.stretch, (2, n))
    right, down = rng.uniform(-by.shift, by.shift, (2, n))
    if by.mirror:
        wide = wide * rng.choice([-1, 1], n)
    rows = [[wide * np.cos(turn), shear - np.sin(turn), right], [np.sin(turn), high * np.cos(turn), down]]
    maps = torch.from_numpy(np.moveaxis(np.array(rows), -1, 0)).to(x.dtype)
    grid = F.affine_grid(maps, list(x.shape), align_corners=False)
    moved = F.grid_sample(x, grid, align_corners=False) * dim[:, None, None, None]
    if by.noise:
        moved = moved + torch.from_numpy(rng.normal(0, by.noise, x.shape)).to(x.dtype)
    return moved.clamp(0, 1)


def _card(name: str, recipe: Recipe, seed: int, net: Network, accuracy: float, images: int) -> dict[str, Any]:
    default = RECIPES[name].epochs == recipe.epochs
    return {
        "name": name,
        "architecture": " ".join((recipe.build.__doc__ or "").split()),
        "parameters": net.parameters(),
        "command": f"snnref train {name} --seed {seed}" + ("" if default else f" --epochs {recipe.epochs}"),
        "seed": seed,
        "recipe": {k: v for k, v in asdict(recipe).items() if k not in ("build", "dataset", "held_out")},
        "dataset": recipe.dataset,
        "data_checksums": data.checksums(recipe.dataset),
        "data_licence": data.describe(recipe.dataset).licence,
        "split": recipe.held_out,
        "test_accuracy": round(accuracy, 6),
        "test_images": images,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__,
        },
        "date": datetime.now(UTC).date().isoformat(),
    }
