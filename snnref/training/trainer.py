"""The training loop, in torch (extra `torch`): what a recipe's numbers do to a network."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Array
from ..files import complete
from ..layers import Conv, Dense, Linear
from ..network.graph import TRAINED, Graph
from .augmentation import augment
from .binary_weights import binarise, size
from .options import Augmentation, TrainingOptions
from .surrogate_gradients import with_surrogate_gradient
from .torch_extra import functional as F
from .torch_extra import torch

Progress = Callable[[int, int, float], None]  # epoch, epochs, mean loss


class Trainer:
    """A training under way: of a network that stands as it is before the first epoch.

    what : tells this training from others, in its checkpoints
    rng : draws the order of the images and how they are changed
    samples : how many images an epoch has
    """

    def __init__(
        self,
        net: Graph,
        how: TrainingOptions,
        *,
        what: dict[str, Any],
        rng: np.random.Generator,
        samples: int,
    ):
        numbers = {f.name: getattr(how, f.name) for f in fields(TrainingOptions)}
        self.what = json.dumps({**what, **numbers, "torch": torch.__version__}, default=asdict)
        self.net, self.how, self.rng, self.epoch = net, how, rng, 0
        if unknown := set(how.dropout) - set(net.layers):
            raise ValueError(f"dropout: got one behind {', '.join(unknown)}, expected names of {', '.join(net.layers)}")
        self.layers: dict[str, Any] = {k: _as_parameters(layer) for k, (layer, _) in net.layers.items()}
        self.parameters = [p for layer in self.layers.values() for p in vars(layer).values() if _is_parameter(p)]
        self.optimiser = torch.optim.AdamW(self.parameters, weight_decay=how.weight_decay)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, how.learning_rate, total_steps=how.epochs * (samples // how.batch)
        )

    def run(
        self, images: Array, labels: Array, *, progress: Progress | None = None, checkpoint: Path | None = None
    ) -> Any:
        """Train to the end on NumPy arrays, from the checkpoint if it is there; the trained network."""
        if checkpoint and checkpoint.exists():
            self.resume(checkpoint)
        x, y = torch.from_numpy(images), torch.from_numpy(labels)
        while self.epoch < self.how.epochs:
            loss = self.one_epoch(x, y)
            if checkpoint:
                self.save(checkpoint)
            if progress:
                progress(self.epoch, self.how.epochs, loss)
        return self.network()

    def one_epoch(self, images: torch.Tensor, labels: torch.Tensor) -> float:
        """Every image once, in a new order; the mean loss."""
        size = self.how.batch
        layers = {k: with_surrogate_gradient(v, self.how.binary) for k, v in self.layers.items()}
        layers = layers | {k: _dropped(layers[k], p, self.rng) for k, p in self.how.dropout.items()}
        order = torch.from_numpy(self.rng.permutation(len(images)))[: len(images) // size * size]
        losses = 0.0
        for part in order.split(size):
            shown = self.how.preprocess(self._changed(images[part]))
            output = self.net.forward(shown, layers)
            loss = F.cross_entropy(output[self.net.output], labels[part], label_smoothing=self.how.label_smoothing)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            if self.how.binary:
                self._clip()
            self.schedule.step()
            losses += loss.item()
        self.epoch += 1
        return losses / (len(order) // size)

    def _changed(self, images: torch.Tensor) -> torch.Tensor:
        by = self.how.augmentation
        return images if by == Augmentation() else augment(images, self.rng, by)

    @torch.no_grad()
    def _clip(self) -> None:
        """Full-precision weights beyond the binary ones would never change sign again (Courbariaux et al. 2015)."""
        for layer in self.layers.values():
            if isinstance(layer, Dense | Conv):
                c = size(layer.weight.shape)
                layer.weight.clamp_(-c, c)

    def network(self) -> Any:
        trained = {k: _as_arrays(layer) for k, layer in self.layers.items()}
        net = replace(self.net, layers={k: (trained[k], sources) for k, (_, sources) in self.net.layers.items()})
        return binarise(net) if self.how.binary == "net" else net

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


def _dropped(layer: Any, share: float, rng: np.random.Generator) -> Callable[..., torch.Tensor]:
    """The layer with a random share of its outputs at 0, the others raised to keep the mean (Srivastava 2014)."""

    def forward(*x: torch.Tensor) -> torch.Tensor:
        y = layer(*x) + (layer.offset if isinstance(layer, Linear) else 0.0)
        kept = torch.from_numpy(rng.random(y.shape, np.float32) >= share)
        return y * kept / (1 - share)

    return forward


def _as_parameters(layer: Any) -> Any:
    arrays = {k: v for k, v in vars(layer).items() if isinstance(v, np.ndarray)}
    return replace(layer, **{k: torch.tensor(v, requires_grad=k in TRAINED) for k, v in arrays.items()})


def _is_parameter(value: Any) -> bool:
    return torch.is_tensor(value) and value.requires_grad


def _as_arrays(layer: Any) -> Any:
    tensors = {k: v for k, v in vars(layer).items() if torch.is_tensor(v)}
    return replace(layer, **{k: v.detach().numpy() for k, v in tensors.items()})
