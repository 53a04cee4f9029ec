"""snnref: how trained neural networks become spiking ones, five papers under one roof."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_FRONT_DOOR = {  # name -> where it lives; imported when first used, and torch only where torch is asked for
    "load": "snnref.zoo",
    "Network": "snnref.network",
    "from_torch": "snnref.importers.torch",
    "evaluate": "snnref.analysis.evaluation",
    "compare": "snnref.analysis.comparison",
    "diagnose": "snnref.analysis.diagnosis",
    "explain": "snnref.analysis.explanation",
}
_MODULES = {
    "check": "snnref.analysis.check",
    "energy": "snnref.spiking.energy",
    **{
        room: f"snnref.{room}"
        for room in ("amos", "data", "figures", "layers", "rate", "sigma_delta", "tdsnn", "ttfs", "zoo")
    },
}

__all__ = [*_FRONT_DOOR, *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _FRONT_DOOR:
        return getattr(import_module(_FRONT_DOOR[name]), name)
    if name in _MODULES:
        return import_module(_MODULES[name])
    raise AttributeError(f"module 'snnref' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
