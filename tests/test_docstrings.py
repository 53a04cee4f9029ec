"""Docstrings of the public API are numpydoc: every parameter, what is returned or yielded, and errors that are raised.

A docstring of one line may say it all, if at most two parameters are to be explained and no error is raised.
"""

import ast
import importlib
import inspect
import textwrap
from types import ModuleType

import pytest
from numpydoc import validate

CHECKED = {"GL08", "PR01", "PR02", "PR03", "RT01", "YD01"}  # no docstring; parameters absent, unknown, in another order
MODULES = (
    "snnref",
    "snnref.analysis.comparison",
    "snnref.analysis.diagnosis",
    "snnref.analysis.evaluation",
    "snnref.explore",
    "snnref.figures",
    "snnref.layers.reverse_coding",
    "snnref.methods",
    "snnref.network",
    "snnref.network.counting",
    "snnref.network.nodes",
    "snnref.reproduce",
    "snnref.spiking.run",
    "snnref.spiking.snn",
)


def public(module, seen):
    """The qualified names of what a module offers, of the methods of its classes, and of the modules that it offers."""
    own = [name for name, thing in vars(module).items() if getattr(thing, "__module__", "") == module.__name__]
    for name in getattr(module, "__all__", own):
        thing = getattr(module, name)
        if isinstance(thing, ModuleType) and thing not in seen:
            seen.add(thing)
            yield from public(thing, seen)
        elif isinstance(thing, type) or inspect.isroutine(thing):
            if name.startswith("_") or not thing.__module__.startswith("snnref."):
                continue
            thing = inspect.unwrap(thing)
            yield f"{thing.__module__}.{thing.__qualname__}"
            for member in vars(thing) if isinstance(thing, type) else ():
                if not member.startswith("_") or member == "__call__":
                    kind = inspect.getattr_static(thing, member)
                    if inspect.isroutine(kind) or isinstance(kind, property) or hasattr(kind, "func"):
                        yield f"{thing.__module__}.{thing.__qualname__}.{member}"


NAMES = sorted({name for module in MODULES for name in public(importlib.import_module(module), set())})


def complaints(name):
    doc = validate.Validator(validate.get_doc_object(validate.Validator._load_obj(name)))
    found = {code: text for code, text in validate.validate(name)["errors"] if code in CHECKED}
    thing = doc.code_obj
    if "GL08" in found:
        return {} if inspect.isroutine(thing) and inspect.getdoc(thing) else found  # inherited
    parameters = [p for p in doc.signature_parameters if not p.lstrip("*").startswith("_")]
    if isinstance(thing, type):  # fields may be explained behind them; private ones are no parameters
        absent = set(parameters) - set(doc.doc_all_parameters)
        if not doc.doc_all_parameters or not absent:
            found.pop("PR01", None)
        return found
    raises = inspect.isfunction(thing) and any(
        isinstance(node, ast.Raise) for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(thing))))
    )
    if raises and not doc.doc["Raises"]:
        found["raises"] = "an error is raised, and there is no section Raises"
    if "\n" not in doc.raw_doc.strip() and len(parameters) <= 2:
        return {code: text for code, text in found.items() if code == "raises"}
    return found


@pytest.mark.parametrize("name", NAMES)
def test_docstring(name):
    assert not complaints(name)


def test_what_is_checked():
    assert len(NAMES) > 250
    front_door = {"zoo.shipped.load", "network.network.Network", "analysis.evaluation.evaluate", "spiking.snn.SNN.runs"}
    assert {f"snnref.{name}" for name in front_door} <= set(NAMES)
