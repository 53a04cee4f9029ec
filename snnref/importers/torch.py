"""A trained torch module -> Network, exactly, or a refusal that names its reason.

`torch_trace` follows the module's calls, `torch_calls` finds what each means (`torch_layers`, `torch_shapes`); what is
not there is refused. Here, normalisation is folded, and at the end the network must agree with the module.
"""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

try:
    import torch
except ImportError as error:
    raise ImportError("from_torch needs the extra 'torch': pip install '.[torch]' in snnref's source") from error
from torch import nn

from ..layers import Conv, Dense, Gain, Layer, Shape
from ..network import Network
from ..network.canonical import canonical
from ..network.graph import READOUT, Graph, Layers, needed
from ..spiking.walk import activations
from .torch_trace import Trace

TOLERANCE = 1e-9  # of the sample's largest output, and
ROUNDING = 1e-13  # of its largest value on the way: what double precision leaves between two orders of summation


def from_torch(module: nn.Module, input_shape: Shape) -> Network:
    """Import a trained torch module as a network of the same function.

    Batch normalisation is folded into the layer before it, dropout disappears. Weights keep their precision (float64
    stays, everything else becomes float32).

    Parameters
    ----------
    module
        In eval mode; it is not changed.
    input_shape
        The features of one sample, without the batch, such as (1, 28, 28).

    Returns
    -------
    Network
        The network.

    Raises
    ------
    TypeError
        If `module` is no torch module.
    ValueError
        For a module in train mode, a call without counterpart here, control flow that depends on values, weights that
        are not finite, shapes that do not fit, and if the network does not agree with the module on a probe batch.
    """
    _check(module)
    if isinstance(input_shape, np.ndarray | torch.Tensor):
        raise ValueError(f"input_shape: got an array {tuple(input_shape.shape)}, expected a tuple such as (1, 28, 28)")
    parameters = [*module.parameters(), *module.buffers()]
    dtype = np.float64 if any(p.dtype == torch.float64 for p in parameters) else np.float32
    with torch.no_grad():
        twin = _twin(module)
        trace = Trace(twin, tuple(input_shape) if isinstance(input_shape, list) else input_shape)
        output = trace.run()
        exact = Network(trace.input_shape, _folded(needed(trace.layers, output)))
        _compare(exact, twin)
    return Network(exact.input_shape, {k: (_cast(layer, dtype), read) for k, (layer, read) in exact.layers.items()})


def _check(module: Any) -> None:
    """Refuse what cannot be followed from the start."""
    if not isinstance(module, nn.Module) or isinstance(module, torch.jit.ScriptModule):
        raise TypeError(f"module: got {type(module).__name__}, expected a torch.nn.Module (not a scripted one)")
    for wrapper, inner in ((nn.DataParallel, "module"), (nn.Module, "_orig_mod")):  # the second: torch.compile
        if isinstance(module, wrapper) and isinstance(getattr(module, inner, None), nn.Module):
            raise TypeError(f"module: got {type(module).__name__}, a wrapper; import what it wraps: module.{inner}")
    for name, part in module.named_modules():
        where = f"module: {name or 'the module itself'}"
        if part.training:
            raise ValueError(f"{where} is in train mode; call module.eval() first")
        if part._forward_hooks or part._forward_pre_hooks:
            raise ValueError(
                f"{where} has hooks, which a list of calls cannot show; remove them (pruning: "
                "torch.nn.utils.prune.remove, old-style weight normalisation: torch.nn.utils.remove_weight_norm)"
            )


def _twin(module: nn.Module) -> nn.Module:
    """A copy in double precision on the CPU."""
    try:
        twin = copy.deepcopy(module).double().cpu()
        for part in twin.modules():
            for name, value in vars(part).items():  # tensors that are neither parameters nor buffers
                if torch.is_tensor(value) and value.is_floating_point():
                    setattr(part, name, value.double().cpu())
        return twin
    except Exception as error:
        raise ValueError(
            f"module: it cannot be copied ({type(error).__name__}: {error}); it must have its weights, and keep no "
            "results of earlier passes that carry gradients (run those under torch.no_grad())"
        ) from error


def _folded(layers: Layers) -> Layers:
    """Scaling right behind a dense or convolutional layer that nothing else reads becomes part of its weights:
    W̃ = g W, b̃ = g b + offset (section 2.2.3, Rueckauer 2017)."""
    readers = Counter(source for _, sources in layers.values() for source in sources)
    stands_for: dict[str, str] = {}
    result: Layers = {}
    for name, (layer, sources) in layers.items():
        sources = tuple(stands_for.get(source, source) for source in sources)
        before, its_sources = result.get(sources[0], (None, ()))
        if isinstance(layer, Gain) and isinstance(before, Dense | Conv) and readers[sources[0]] == 1:
            folded = _fold(before, layer)
            if folded:
                result[sources[0]] = (folded, its_sources)
                stands_for[name], readers[sources[0]] = sources[0], readers[name]
                continue
        result[name] = (layer, sources)
    return result


def _fold(before: Dense | Conv, gain: Gain) -> Dense | Conv | None:
    n = len(before.weight)
    axes = before.weight.ndim - 2 if isinstance(before, Conv) else 0

    def each(value: Any) -> np.ndarray | None:
        """One value for each output channel, if that is all it is."""
        value = np.asarray(0.0 if value is None else value)
        value = value.reshape((1,) * (1 + axes - value.ndim) + value.shape)
        return np.broadcast_to(value.reshape(-1), (n,)) if all(k == 1 for k in value.shape[1:]) else None

    factor, offset = each(gain.value), each(gain.bias)
    if factor is None or offset is None:
        return None
    bias = offset if before.bias is None else factor * before.bias + offset
    weight = factor.reshape(-1, *[1] * (before.weight.ndim - 1)) * before.weight
    return replace(before, weight=weight, bias=None if before.bias is None and not bias.any() else bias)


def _cast(layer: Layer, dtype: type) -> Layer:
    arrays: dict[str, Any] = {k: v.astype(dtype) for k, v in vars(layer).items() if isinstance(v, np.ndarray)}
    return replace(layer, **arrays)


def _compare(net: Graph, twin: nn.Module) -> None:
    """Network, canonical graph and module must give the same for inputs small and large, in double precision."""
    rng = np.random.default_rng(0)
    shape = (3, *net.input_shape)
    x = np.concatenate([rng.uniform(size=shape), *(scale * rng.normal(size=shape) for scale in (1, 10, 255, 1e4))])
    try:
        expected = twin(torch.from_numpy(x.copy())).numpy()
    except Exception as error:
        raise ValueError(f"the module fails on inputs {shape} ({type(error).__name__}: {error})") from error
    if not np.all(np.isfinite(expected)):
        raise ValueError("the module gives NaN or infinite outputs for ordinary inputs; train or load it again")
    values = net.activations(x)
    ours = {"network": values[net.output], "canonical graph": activations(canonical(net), x)[READOUT]}
    inside = np.max([_largest(value) for value in values.values()], axis=0)
    for what, output in ours.items():
        if output.shape != expected.shape:
            raise ValueError(f"the imported {what} gives {output.shape}, the module {expected.shape}: refused")
        excess = _largest(output - expected) - TOLERANCE * _largest(expected) - ROUNDING * inside
        if not np.all(excess <= 0):
            worst = excess.argmax()
            raise ValueError(
                f"the imported {what} differs from the module by {_largest(output - expected)[worst]:.3g} (largest "
                f"output {_largest(expected)[worst]:.3g}): refused. Look for what a list of calls cannot show: random "
                "numbers, views changed in place"
            )


def _largest(x: np.ndarray) -> np.ndarray:
    """Of every sample, without its sign."""
    return np.abs(x).reshape(len(x), -1).max(axis=1)
