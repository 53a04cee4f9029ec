"""A module's `forward`, run on a tensor that has a shape but no numbers; every call that it makes becomes layers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map_only

from ..layers import Layer, Shape, Softmax
from ..network import Network
from ..network.graph import INPUT, READOUT, Layers, needed
from .torch_calls import ABOUT_SHAPES, CALLS, CONSTANTS, MOVES, NUMBERS, REASONS, UNCHANGED
from .torch_moves import moved
from .torch_values import BATCH, Traced, Value, replaced

RENAMED = {"input": "x", "self": "x", "axis": "dim"}  # other names of an argument


class Refusal(ValueError):
    """What a module does that no layer can say."""


@dataclass
class Trace:
    """The layers of a module, read from its calls in their order; named after the module, or after the function."""

    module: nn.Module
    input_shape: Shape

    def __post_init__(self) -> None:
        Network(self.input_shape)  # refuses a shape without sense
        self.layers: Layers = {}
        self.inside: list[tuple[str, nn.Module]] = []  # the modules whose forward is running
        self.refusals: dict[str, str] = {}  # what stands in the place of a layer, and why
        self.name = self.where = ""

    def add(self, layer: Layer, *sources: Value, suffix: str = "") -> Value:
        """A layer for the call that is being read; with a suffix if it only helps."""
        candidates = (f"{self.name}{suffix}{f'_{i}' if i else ''}" for i in count())
        name = next(k for k in candidates if k not in (*self.layers, INPUT, READOUT))
        value = Value(name, layer.shape(*(source.shape for source in sources)))
        self.layers[name] = (layer, tuple(source.name for source in sources))
        return value

    def run(self) -> str:
        """Follow `forward`; the name of the layer that is the output. Raises ValueError for what cannot be read."""
        x = Traced.of(Value(INPUT, self.input_shape), self)
        try:
            with self._named(), double_precision(), torch.no_grad():
                result = self.module(x)
        except Refusal:
            raise
        except Exception as error:  # whatever a forward does
            raise self._refused(
                *self.refusals.values(),
                f"{type(self.module).__name__}.forward cannot be followed ({type(error).__name__}: {error}). It must "
                "take one tensor and make the same calls for every input",
            ) from error
        if not isinstance(result, Traced):
            raise Refusal(f"forward returns {type(result).__name__}, expected one tensor that depends on the input")
        if refused := [name for name in needed(self.layers, result.value.name) if name in self.refusals]:
            raise self._refused(*(self.refusals[name] for name in refused))
        if not self.layers or result.value.name == INPUT:
            raise Refusal("forward returns its input unchanged, expected at least one layer")
        return result.value.name

    @contextmanager
    def _named(self) -> Iterator[None]:
        """While it is open, `inside` follows which modules run."""
        handles = []
        for name, part in self.module.named_modules():

            def enter(_: Any, __: Any, here: tuple[str, nn.Module] = (name, part)) -> None:
                self.inside.append(here)

            def leave(*_: Any) -> None:
                self.inside.pop()

            handles += [part.register_forward_pre_hook(enter), part.register_forward_hook(leave, always_call=True)]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _call_name(self, function: str) -> str:
        """After the module that makes the call, if it has no parts; else after the function."""
        path, part = self.inside[-1] if self.inside else ("", self.module)
        if any(True for _ in part.children()):
            return function
        if path:
            return path
        return type(part).__name__.lower() if type(part).__module__.startswith("torch.nn") else function

    def call(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What one call of torch's gives: traced tensors, constants, or something plain such as a size."""
        name = func.__name__
        if name == "__get__":
            name = func.__self__.__name__  # type: ignore[attr-defined]
        in_place = name in ("__setitem__", "__iadd__") or (name.endswith("_") and not name.endswith("__"))
        base = name if name in CALLS or name in MOVES else name.removesuffix("_")
        self.name = self._call_name(base.strip("_"))
        self.where = f"{self.name!r} ({torch.overrides.resolve_name(func) or name})"
        if name in ABOUT_SHAPES:
            with torch._C.DisableTorchFunctionSubclass():
                return func(*args, **kwargs)
        if name == "device":
            return torch.device("cpu")
        if name in NUMBERS:
            why = (
                "forward asks for a number that depends on the input, for an `if`, a loop or a conversion; it must make"
            )
            raise self._refused(*self.refusals.values(), f"{self.where}: {why} the same calls for every input")
        try:
            return self._read(func, base, args, kwargs, in_place=in_place)
        except Exception as error:
            return self._stand_in(func, args, kwargs, error)

    def _read(
        self, func: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, in_place: bool
    ) -> Any:
        if name in UNCHANGED:
            UNCHANGED[name](*args, **kwargs)
            return args[0]
        if name in CONSTANTS:
            return func(*replaced(args, _zeros), **replaced(kwargs, _zeros))
        if name in MOVES:
            result = moved(self, func, args, kwargs, in_place=in_place)
        elif name in CALLS:
            result = self._bound(CALLS[name], args, kwargs)
            in_place = in_place or result[1]
            result = result[0]
        else:
            raise ValueError(REASONS.get(name, "it has no counterpart here"))
        if in_place:
            if not isinstance(args[0], Traced):
                raise ValueError("it writes into a constant, expected an operation on the input")
            if result.shape != args[0].value.shape:
                raise ValueError("it changes a shape in place, expected the call without the trailing _")
            args[0].value = result
            return args[0]
        return self._traced(result)

    def _traced(self, result: Any) -> Any:
        if isinstance(result, tuple | list):
            return type(result)(self._traced(each) for each in result)
        return Traced.of(result, self) if isinstance(result, Value) else result

    def _bound(self, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, bool]:
        """What a call means; and whether it was asked to work in place."""
        kwargs = {RENAMED.get(k, k): v for k, v in kwargs.items()}
        if kwargs.get("out") is not None:
            raise ValueError("it writes into another tensor (out=), expected a call without it")
        try:
            bound = inspect.signature(call).bind(self, *replaced(args, lambda x: x), **replaced(kwargs, lambda x: x))
        except TypeError as error:
            raise ValueError(f"{error}; expected the arguments of an ordinary call") from error
        return call(*bound.args, **bound.kwargs), bool(bound.arguments.get("inplace"))

    def _stand_in(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], why: Exception) -> Any:
        """What has the right shape for a call that is refused: if the output depends on it, one message names all."""
        foreign = not isinstance(why, ValueError)
        what = f"{type(why).__name__} with a batch of {BATCH}: {why}" if foreign else str(why)
        reason, sources = f"{self.where}: {what}", []
        replaced((args, kwargs), lambda value: sources.append(value.name))

        def stand_in(tensor: torch.Tensor) -> Traced:
            name = f"{self.name} ({len(self.refusals)}, refused)"
            self.layers[name], self.refusals[name] = (Softmax(), tuple(sources)), reason
            return Traced.of(Value(name, tuple(tensor.shape[1:])), self, shape=tuple(tensor.shape))

        def on_meta(tensor: torch.Tensor) -> torch.Tensor:
            return tensor.to("meta").as_subclass(torch.Tensor)

        try:
            with torch._C.DisableTorchFunctionSubclass():
                on_the_shapes = tree_map_only(torch.Tensor, on_meta, (args, kwargs))
                result = func(*on_the_shapes[0], **on_the_shapes[1])
        except Exception:
            raise self._refused(*self.refusals.values(), reason) from why
        return tree_map_only(torch.Tensor, stand_in, result)

    def _refused(self, *reasons: str) -> Refusal:
        found = list(dict.fromkeys(reasons))
        head = f"{len(found)} calls cannot be imported:\n" if len(found) > 1 else ""
        return Refusal(head + "\n".join(found))


def _zeros(value: Value) -> torch.Tensor:
    return torch.zeros(BATCH, *value.shape, dtype=torch.float64)


class _DoublePrecision(TorchFunctionMode):
    """Every float has double precision, whatever type it had or is converted to."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") in ("float", "half", "bfloat16"):
            func = torch.Tensor.double
        arguments = tree_map_only(torch.dtype, _double, (args, kwargs or {}))
        args, kwargs = tree_map_only(torch.Tensor, _in_double, arguments)
        return func(*args, **kwargs)


def _double(dtype: torch.dtype) -> torch.dtype:
    return torch.float64 if dtype.is_floating_point else dtype


def _in_double(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.double() if not isinstance(tensor, Traced) and tensor.dtype in _SHORTER else tensor


_SHORTER = (torch.float16, torch.bfloat16, torch.float32)


@contextmanager
def double_precision() -> Iterator[None]:
    """Tensors that are made without a type, or converted to another float type, have double precision."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with _DoublePrecision():
            yield
    finally:
        torch.set_default_dtype(before)
