"""torch.fx follows one value through a module's `forward` and writes down every call; here each becomes layers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from math import prod
from typing import Any

import torch
from torch import fx, nn

from ..layers import Layer, Shape
from ..network import Network
from ..network.graph import INPUT, READOUT, Layers
from .torch_calls import FUNCTIONS, IN_PLACE, METHODS, MODULES, path, supported, supported_calls
from .torch_values import Batch, Constant, Value

RENAMED = {"input": "x", "self": "x", "axis": "dim", "sizes": "unflattened_size"}  # other names of an argument


class _Tracer(fx.Tracer):
    """Follows the module down to what the tables know; what is torch's own stays whole, known or not."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return supported(m) is not None or super().is_leaf_module(m, module_qualified_name)


@dataclass
class Trace:
    """The layers of a module, read from its calls in their order; named after the module, or after the function."""

    module: nn.Module
    input_shape: Shape

    def __post_init__(self) -> None:
        Network(self.input_shape)  # refuses a shape without sense
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
        """Read all calls; the name of the layer that is the output. Raises ValueError for what cannot be read."""
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
        """What one call gives: a Value, a Constant, or something plain such as a size."""
        args, kwargs = fx.node.map_arg((node.args, dict(node.kwargs)), lambda k: self.known[k])
        target: Any = node.target
        if node.op == "get_attr":
            return Constant(_attribute(root, target))
        call: Callable[..., Any] | None = None
        self.name, in_place, own = node.name, False, {}
        if node.op == "call_module":
            part: Any = root.get_submodule(target)
            self.name = target.removeprefix("0.") if target != "0" else type(part).__name__.lower()
            self.where, python = f"{self.name!r} ({path(type(part))})", part
            if kind := supported(part):
                call, names = MODULES[kind]
                own = {name: getattr(part, name) for name in names}
        elif node.op == "call_method":
            self.where, python = f"{node.name!r} (torch.Tensor.{target})", _method(target)
            call, in_place = METHODS.get(target.removesuffix("_")), target.endswith("_")
        else:
            self.where, python = f"{node.name!r} ({path(target)})", target
            call, in_place = IN_PLACE.get(target) or FUNCTIONS.get(target), target in IN_PLACE
        if _mentions(Value, (args, kwargs)):
            return self._call(call, args, {**kwargs, **own}, in_place=in_place)
        return self._compute(python, args, kwargs)

    def _call(
        self, call: Callable[..., Any] | None, args: tuple[Any, ...], kwargs: dict[str, Any], *, in_place: bool
    ) -> Any:
        if call is None:
            raise ValueError(f"{self.where} has no counterpart here; supported are {supported_calls()}")
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
