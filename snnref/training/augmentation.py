"""Images changed a little each time they are shown, in torch."""

from __future__ import annotations

import numpy as np

from .options import Augmentation
from .torch_extra import functional as F
from .torch_extra import torch


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
