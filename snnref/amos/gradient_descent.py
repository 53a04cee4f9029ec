"""Descent through threshold gates, in torch (extra `torch`): their gradient is put in by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..training.torch_extra import torch


class Threshold(torch.autograd.Function):
    """Θ(v) forwards; backwards a triangle of the given width in the place of its derivative (section 1.2, Stöckl &
    Maass 2019, who do not give the width)."""

    @staticmethod
    def forward(ctx, v: torch.Tensor, width: float) -> torch.Tensor:  # type: ignore[no-untyped-def]
        ctx.save_for_backward(v)
        ctx.width = width
        return (v >= 0).to(v.dtype)

    @staticmethod
    def backward(ctx, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:  # type: ignore[no-untyped-def]
        (v,) = ctx.saved_tensors
        return gradient * (1 - v.abs() / ctx.width).clamp(min=0) / ctx.width, None


@dataclass(frozen=True)
class Descent:
    """Where a descent from several starts at once has come to, and how."""

    T: np.ndarray  # (starts, K)
    h: np.ndarray  # (starts, K, K)
    d: np.ndarray  # (starts, K)
    c: np.ndarray  # (starts, inputs, K)
    errors: np.ndarray  # (steps, starts): mean square errors on the way


def descend(
    x: np.ndarray,
    y: np.ndarray,
    *,
    T: np.ndarray,
    h: np.ndarray,
    d: np.ndarray,
    c: np.ndarray,
    steps: int,
    rate: float = 0.01,
    width: float = 1.0,
) -> Descent:
    """Adam on all parameters of units of K gates, for the mean square of Σ d_i z_i − y; each start for itself.

    x : `(inputs, points)`; y : `(points,)`; T, h, d, c : the starts, shapes as in `Descent`
    rate : of learning, at first; it falls to 0 along a half cosine
    width : of the pseudo-derivative, on either side of the threshold

    The best that was seen is kept, for each start.
    """
    parameters = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (T, h, d, c)]
    inputs, wanted = torch.from_numpy(x), torch.from_numpy(y)
    optimiser = torch.optim.Adam(parameters, lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    best = [p.detach().clone() for p in parameters]
    lowest = torch.full(T.shape[:1], float("inf"), dtype=torch.float64)
    errors = []
    for _ in range(steps):
        loss = ((_said(inputs, parameters, width) - wanted) ** 2).mean(dim=1)
        better = loss < lowest
        lowest = torch.where(better, loss.detach(), lowest)
        for kept, p in zip(best, parameters, strict=True):
            kept[better] = p.detach()[better]
        errors.append(loss.detach().numpy())
        optimiser.zero_grad()
        loss.sum().backward()
        optimiser.step()
        schedule.step()
    found = [p.numpy() for p in best]
    return Descent(found[0], found[1], found[2], found[3], np.array(errors))


def _said(x: torch.Tensor, parameters: list[torch.Tensor], width: float) -> torch.Tensor:
    """`(starts, points)`: what each unit answers (Eqs. 2-7)."""
    T, h, d, c = parameters
    drive = torch.einsum("snk,np->skp", c, x) - T[..., None]
    fired: list[torch.Tensor] = []
    for i in range(T.shape[1]):
        v = drive[:, i]
        if fired:
            v = v - torch.einsum("sj,sjp->sp", h[:, i, :i], torch.stack(fired, dim=1))
        fired.append(Threshold.apply(v, width))
    return torch.einsum("sk,skp->sp", d, torch.stack(fired, dim=1))
