"""A trained torch module -> Network, exactly, or a refusal that names its reason.

torch.fx follows one value through `forward` and writes down every call. Each call is looked up in the tables of
`torch_calls`; what is not there is refused. At the end the network must agree with the module.
"""

from __future__ import annotations

import copy
import inspect
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from math import prod
from typing import Any

import numpy as np

try:
    import torch
except ImportError as error:
    raise ImportError("from_torch needs the extra 'torch': pip install '.[torch]' in snnref's source") from error
from torch import fx, nn

from ..canonical import canonical
from ..graph import INPUT, READOUT, Graph
from ..layers import Conv, Dense, Gain, Layer, Shape
from ..network import Network
from ..walk import activations
from .torch_calls import FUNCTIONS, IN_PLACE, METHODS, MODULES, Batch, Constant, Value, supported

Layers = dict[str, tuple[Layer, tuple[str, ...]]]
TOLERANCE = 1e-9  # of the sample's largest output, and
ROUNDING = 1e-13  # of its largest value on the way: what double precision leaves between two orders of summation
RENAMED = {"input": "x", "self": "x", "axis": "dim", "sizes": "unflattened_size"}  # other names of an argument


def from_torch(module: nn.Module, input_shape: Shape) -> Network:
    """Import a trained module as a network of the same function.

    module : in eval mode; it is not changed
    input_shape : the features of one sample, without the batch, such as (1, 28, 28)

    Batch normalisation is folded into the layer before it, dropout disappears. Weights keep their precision
    (float64 stays, everything else becomes float32).

    Raises TypeError if `module` is no torch module, ValueError for one in train mode, for a call without
    counterpart here, for control flow that depends on values, for weights that are not finite, for shapes that do
    not fit, and if the network does not agree with the module on a probe batch.
    """
    _check(module)
    if isinstance(input_shape, np.ndarray | torch.Tensor):
        raise ValueError(f"input_shape: got an array {tuple(input_shape.shape)}, expected a tuple such as (1, 28, 28)")
    parameters = [*module.parameters(), *module.buffers()]
    dtype = np.float64 if any(p.dtype == torch.float64 for p in parameters) else np.float32
    with torch.no_grad():
        twin = _twin(module)
        importer = _Importer(twin, tuple(input_shape) if isinstance(input_shape, list) else input_shape)
        exact = Network(importer.input_shape, _folded(_wanted(importer.layers, importer.run())))
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


class _Tracer(fx.Tracer):
    """Follows the module down to what the tables know; what is torch's own stays whole, known or not."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return supported(m) is not None or super().is_leaf_module(m, module_qualified_name)


@dataclass
class _Importer:
    """Reads the calls in their order; layers are named after the module, or after the function."""

    module: nn.Module
    input_shape: Shape

    def __post_init__(self) -> None:
        self.shapes: dict[str, Shape] = Network(self.input_shape).shapes
        self.layers: Layers = {}
        self.known: dict[fx.Node, Any] = {}  # what each call gave
        self.name = self.where = ""

    def add(self, layer: Layer, *sources: Value, suffix: str = "") -> Value:
        """A layer for the call that is being read; with a suffix if it only helps."""
        candidates = (f"{self.name}{suffix}{f'_{i}' if i else ''}" for i in count())
        name = next(k for k in candidates if k not in (*self.layers, INPUT, READOUT))
        value = Value(name, layer.shape(*(source.shape for source in sources)))
        self.layers[name] = (layer, tuple(source.name for source in sources))
        return value

    def overwrite(self, old: Value, new: Value) -> None:
        """An operation in place: whoever reads the old value from now on gets the new one."""
        self.known = {node: new if value is old else value for node, value in self.known.items()}

    def run(self) -> str:
        """Read all calls; the name of the layer that is the output."""
        root = nn.Sequential(self.module)  # which gives it one input; others must have defaults
        try:
            graph = _Tracer().trace(root)
        except Exception as error:  # whatever a forward does with a value that is not there yet
            raise ValueError(
                f"{type(self.module).__name__}.forward cannot be followed ({type(error).__name__}: {error}). It must "
                "take one tensor and make the same calls for every input: no `if`, loop or conversion to numbers that "
                "depends on values, no loop over x.shape (flatten with x.flatten(1)), no module created in forward"
            ) from error
        for node in graph.nodes:
            if node.op == "output":
                return self._output(node)
            if node.op == "placeholder":
                self.known[node] = Value(INPUT, self.input_shape)
            else:
                self.known[node] = self._read(node, root)
        raise AssertionError("a traced graph ends with its output")

    def _output(self, node: fx.Node) -> str:
        result = self.known.get(node.args[0]) if isinstance(node.args[0], fx.Node) else node.args[0]
        if not isinstance(result, Value):
            raise ValueError(f"forward returns {type(result).__name__}, expected one tensor that depends on the input")
        if not self.layers or result.name == INPUT:
            raise ValueError("forward returns its input unchanged, expected at least one layer")
        return result.name

    def _read(self, node: fx.Node, root: nn.Module) -> Any:
        args, kwargs = fx.node.map_arg((node.args, dict(node.kwargs)), lambda k: self.known[k])
        target: Any = node.target
        if node.op == "get_attr":
            return Constant(_attribute(root, target))
        call: Callable[..., Any] | None = None
        self.name, in_place, own = node.name, False, {}
        if node.op == "call_module":
            part: Any = root.get_submodule(target)
            self.name = target.removeprefix("0.") if target != "0" else type(part).__name__.lower()
            self.where, python = f"{self.name!r} ({_path(type(part))})", part
            if kind := supported(part):
                call, names = MODULES[kind]
                own = {name: getattr(part, name) for name in names}
        elif node.op == "call_method":
            self.where, python = f"{node.name!r} (torch.Tensor.{target})", _method(target)
            call, in_place = METHODS.get(target.removesuffix("_")), target.endswith("_")
        else:
            self.where, python = f"{node.name!r} ({_path(target)})", target
            call, in_place = IN_PLACE.get(target) or FUNCTIONS.get(target), target in IN_PLACE
        if _mentions(Value, (args, kwargs)):
            return self._call(call, args, {**kwargs, **own}, in_place=in_place)
        return self._compute(python, args, kwargs)

    def _call(
        self, call: Callable[..., Any] | None, args: tuple[Any, ...], kwargs: dict[str, Any], *, in_place: bool
    ) -> Any:
        if call is None:
            raise ValueError(f"{self.where} has no counterpart here; supported are {_supported_calls()}")
        kwargs = {RENAMED.get(k, k): v for k, v in kwargs.items()}
        try:
            bound = inspect.signature(call).bind(self, *args, **kwargs)
        except TypeError as error:
            raise ValueError(f"{self.where}: {error}; expected the arguments of an ordinary call") from error
        try:
            result = call(*bound.args, **bound.kwargs)
        except Exception as error:
            raise self._refusal(error) from error
        if in_place or bound.arguments.get("inplace"):
            old = bound.arguments["x"]
            if not isinstance(old, Value):
                raise ValueError(f"{self.where}: it writes into a constant, expected an operation on the input")
            self.overwrite(old, result)
        return result

    def _compute(self, python: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call that does not depend on the input is made here and now."""
        if _mentions(Batch, (args, kwargs)) and not _is_lookup(python):
            raise ValueError(f"{self.where}: the size of the batch can only be used in view and reshape")
        bare = fx.node.map_aggregate((args, kwargs), lambda k: k.tensor if isinstance(k, Constant) else k)
        try:
            result = python(*bare[0], **bare[1])
        except Exception as error:
            raise self._refusal(error) from error
        return Constant(result) if torch.is_tensor(result) else result

    def _refusal(self, error: Exception) -> ValueError:
        """What went wrong in a call, and in which."""
        if isinstance(error, ValueError):
            return ValueError(f"{self.where}: {error}")
        return ValueError(f"{self.where}: {type(error).__name__}: {error}; expected an ordinary call")


def _is_lookup(python: Callable[..., Any]) -> bool:
    return getattr(python, "__name__", "") == "getitem"


def _method(name: str) -> Callable[..., Any]:
    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        return prod(x) if name == "numel" and isinstance(x, tuple) else getattr(x, name)(*args, **kwargs)

    return call


def _mentions(kind: type, tree: Any) -> bool:
    found: list[Any] = []
    fx.node.map_aggregate(tree, lambda k: found.append(k) if isinstance(k, kind) else None)
    return bool(found)


def _attribute(root: nn.Module, path: str) -> torch.Tensor:
    value: Any = root
    for part in path.split("."):
        value = getattr(value, part)
    return value.detach()


def _path(thing: Any) -> str:
    """The dotted path under which users know a module class or a function."""
    return torch.overrides.resolve_name(thing) or f"{thing.__module__}.{thing.__qualname__}"


def _supported_calls() -> str:
    modules = ", ".join(f"torch.nn.{kind.__name__}" for kind in MODULES)
    functions = ", ".join(sorted({k.__name__ for k in FUNCTIONS}))
    return f"the modules {modules}; the functions {functions}; the methods {', '.join(METHODS)}"


def _wanted(layers: Layers, output: str) -> Layers:
    """What the output depends on; it comes last."""
    wanted = {output}
    for name, (_, sources) in reversed(layers.items()):
        if name in wanted:
            wanted.update(sources)
    return {name: entry for name, entry in layers.items() if name in wanted}


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
