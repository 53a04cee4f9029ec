"""The module that is imported: what cannot be followed is refused from the start; the others are copied."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

HOOKS = (
    "has hooks, which a list of calls cannot show; remove them (pruning: torch.nn.utils.prune.remove, old-style weight "
    "normalisation: torch.nn.utils.remove_weight_norm)"
)
FOREIGN = {  # part of the name of a class's module -> what to do
    "torch.jit": "is scripted or traced by torch.jit; import the module that it was made from",
    "torch.fx": "is a graph that torch exported; import the module that it was made from",
    "torch.ao.nn.quantized": "is quantised; import the float module that it was made from",
    "torch.ao.nn.intrinsic.quantized": "is quantised; import the float module that it was made from",
}


def check(module: Any) -> None:
    """Refuse what cannot be followed, by TypeError or ValueError that says what to do."""
    if not isinstance(module, nn.Module):
        cure = "; load it into its module: module.load_state_dict(…)" if isinstance(module, dict) else ""
        raise TypeError(f"module: got {type(module).__name__}, expected a torch.nn.Module{cure}")
    for name, part in module.named_modules():
        where = f"module: {name or 'the module itself'} ({type(part).__name__})"
        for place, cure in FOREIGN.items():
            if any(kind.__module__.startswith(place) for kind in type(part).__mro__):
                raise ValueError(f"{where} {cure}")
        if isinstance(part, nn.modules.lazy.LazyModuleMixin) and part.has_uninitialized_params():  # type: ignore[misc]
            raise ValueError(f"{where} does not know its shapes yet; send one batch through the module first")
    for name, part in module.named_modules():
        where = f"module: {name or 'the module itself'}"
        if part.training and _inner(part) is None:
            raise ValueError(f"{where} is in train mode; call module.eval() first")
        if part._forward_hooks or part._forward_pre_hooks:
            raise ValueError(f"{where} {HOOKS}")


def double(module: nn.Module) -> nn.Module:
    """A copy in double precision on the CPU, without the wrappers of DataParallel and torch.compile."""
    try:
        twin = copy.deepcopy(_unwrapped(module)).double().cpu()
        for part in twin.modules():
            for name, child in part.named_children():
                setattr(part, name, _unwrapped(child))
            for name, value in vars(part).items():  # tensors that are neither parameters nor buffers
                if torch.is_tensor(value) and value.is_floating_point():
                    setattr(part, name, value.double().cpu())
        return twin
    except Exception as error:
        raise ValueError(
            f"module: it cannot be copied ({type(error).__name__}: {error}); it must have its weights, and keep no "
            "results of earlier passes that carry gradients (run those under torch.no_grad())"
        ) from error


def _inner(module: nn.Module) -> nn.Module | None:
    """What a wrapper wraps."""
    if isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel):
        return module.module
    return getattr(module, "_orig_mod", None)  # of torch.compile


def _unwrapped(module: nn.Module) -> nn.Module:
    while (inner := _inner(module)) is not None:
        module = inner
    return module
