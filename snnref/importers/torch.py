"""A trained torch module -> Network, exactly, or a refusal that names its reason.

`torch_trace` follows the module's calls, `torch_calls` finds what each means (`torch_layers`, `torch_activations`,
`torch_arithmetic`, `torch_moves`); what is not there is refused. `folding` merges layers, and at the end the network
must agree with the module.
"""

from __future__ import annotations

from dataclasses import fields, replace
from math import prod
from typing import Any

import numpy as np

try:
    import torch
except ImportError as error:
    raise ImportError("from_torch needs the extra 'torch': pip install '.[torch]' in snnref's source") from error
from torch import nn

from ..layers import Layer, Shape
from ..network import Network
from ..network.canonical import canonical
from ..network.graph import READOUT, Graph
from ..spiking.walk import activations
from .folding import folded
from .torch_module import check, double
from .torch_trace import Trace, double_precision

TOLERANCE = 1e-9  # of the sample's largest output, and
LARGE = 2**22  # values of a network, from which on few samples must do
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
    check(module)
    if isinstance(input_shape, np.ndarray | torch.Tensor):
        raise ValueError(f"input_shape: got an array {tuple(input_shape.shape)}, expected a tuple such as (1, 28, 28)")
    parameters = [*module.parameters(), *module.buffers()]
    dtype = np.float64 if any(p.dtype == torch.float64 for p in parameters) else np.float32
    with torch.no_grad():
        twin = double(module)
        trace = Trace(twin, tuple(input_shape) if isinstance(input_shape, list) else input_shape)
        output = trace.run()
        exact = Network(trace.input_shape, folded(trace.layers, output))
        _compare(exact, twin)
    shape, layers = exact.input_shape, exact.layers
    del exact, trace, twin
    for name, (layer, read) in layers.items():  # one after the other: the weights of double precision are let go
        layers[name] = (_cast(layer, dtype), read)
    return Network(shape, layers)


def _cast(layer: Layer, dtype: type) -> Layer:
    values = {k: v for k, v in vars(layer).items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"}
    arrays: dict[str, Any] = {k: v.astype(dtype) for k, v in values.items() if k in {f.name for f in fields(layer)}}
    return replace(layer, **arrays)


def _compare(net: Graph, twin: nn.Module) -> None:
    """Network, canonical graph and module must give the same for inputs small and large, in double precision."""
    rng, nodes = np.random.default_rng(0), canonical(net)
    few = sum(map(prod, net.shapes.values())) > LARGE
    three = (3, *net.input_shape)  # samples: other than a traced batch, and never one
    batches = [rng.uniform(size=three), *(scale * rng.normal(size=three) for scale in (1, 255, 10, 1e4))]
    if few:
        batches = [np.concatenate([batch[:1] for batch in batches[:3]])]
    for x in map(torch.from_numpy, batches):
        try:
            with double_precision():
                expected = twin(x.clone()).numpy()
        except Exception as error:
            raise ValueError(f"the module fails on inputs {three} ({type(error).__name__}: {error})") from error
        if not np.all(np.isfinite(expected)):
            raise ValueError("the module gives NaN or infinite outputs for ordinary inputs; train or load it again")
        inside, output = np.zeros(len(x)), x
        for _, output in net.one_by_one(x):
            inside = np.maximum(inside, _largest(output))
        _agree("network", output.numpy(), expected, inside)
        asked = slice(0, 1) if few else slice(None)
        _agree("canonical graph", activations(nodes, x[asked])[READOUT].numpy(), expected[asked], inside[asked])


def _agree(what: str, output: np.ndarray, expected: np.ndarray, inside: np.ndarray) -> None:
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


def _largest(x: Any) -> np.ndarray:
    """Of every sample, without its sign."""
    return np.abs(np.asarray(x)).reshape(len(x), -1).max(axis=1)
