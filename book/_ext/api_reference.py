"""`{api} module`: the reference of a module's public names, by autodoc; and what its docstrings mean in reST.

They are numpydoc, which napoleon reads, with code in single backticks. The fields of a dataclass may be explained by
the comments behind them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.ext.napoleon import Config as Style
from sphinx.ext.napoleon import NumpyDocstring
from sphinx.util.docutils import SphinxDirective
from sphinx.util.inspect import stringify_signature
from sphinx.util.nodes import make_refnode

RULE = re.compile(r"=+( +=+)+")
SECTION = re.compile(r"(Parameters|Attributes)\n-+\n")
MEMBERS = ("   :members:", "   :special-members: __call__")
COMMENTED = re.compile(r"    (\w+): [^#]*# (.*)")  # a field of a dataclass


class Made:
    """In the place of a default that is made anew for each object."""

    def __repr__(self) -> str:
        return "…"


MADE = Made()


def public(module: ModuleType) -> dict[str, Any]:
    """Classes, functions and modules by name: those of `__all__`, or else those that are defined in the module."""
    own = [name for name, thing in vars(module).items() if getattr(thing, "__module__", "") == module.__name__]
    things = {name: getattr(module, name) for name in getattr(module, "__all__", own) if not name.startswith("_")}
    return {k: v for k, v in things.items() if isinstance(v, type | ModuleType) or inspect.isfunction(v)}


class Api(SphinxDirective):
    """A module's heading and its public names; or, without the heading, those of them that the content lists."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        module = import_module(self.arguments[0])
        text = "\n".join(["````{eval-rst}", *self._module(module), "````"])
        return self.parse_text_to_nodes(text)

    def _module(self, module: ModuleType) -> Iterator[str]:
        """The heading first, then what is defined in it; modules that it offers come last."""
        if not self.content:
            yield from (f".. automodule:: {module.__name__}", "")
        things = {k: v for k, v in public(module).items() if k in self.content or not self.content}
        for name, thing in things.items():
            if isinstance(thing, type):
                yield from (f".. autoclass:: {module.__name__}.{name}", *MEMBERS, "")
            elif inspect.isfunction(thing) and thing.__doc__:
                yield from (f".. autofunction:: {module.__name__}.{name}", "")
        for thing in things.values():
            if isinstance(thing, ModuleType) and module.__name__ == "snnref":  # these have sections of their own
                yield from (f"- :py:mod:`{thing.__name__}`: {in_rest(first(thing))}", "")
            elif isinstance(thing, ModuleType):
                yield from (f".. rubric:: {thing.__name__}", "", *self._module(thing))


def first(thing: Any) -> str:
    """The first paragraph of a docstring."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def rewrite(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    text = "\n".join(lines)
    if is_dataclass(thing) and isinstance(thing, type):
        text = "" if text.startswith(f"{thing.__name__}(") else text  # Python's own, for want of another
        fields = [] if SECTION.search(text) else commented(thing)
        if fields:
            text += "\n\nParameters\n----------\n" + "\n".join(f"{field}\n    {said}" for field, said in fields)
    what = "method" if what == "property" else what  # of which napoleon would read "a: b" as a type
    lines[:] = NumpyDocstring(in_rest(text), Style(), app, what, name, thing, options).lines()


def commented(thing: type) -> list[tuple[str, str]]:
    """The public fields of a dataclass, with what is written behind them."""
    found = filter(None, map(COMMENTED.fullmatch, inspect.getsource(thing).splitlines()))
    return [(field[1], field[2]) for field in found if not field[1].startswith("_")]


def in_rest(text: str) -> str:
    """Outside tables only backticks mean something."""
    lines = text.splitlines()
    rules = [i for i, line in enumerate(lines) if RULE.fullmatch(line)]
    table = range(rules[0], rules[-1] + 1) if rules else range(0)
    parts = [
        "\n".join(lines[: table.start]),
        "\n".join(lines[table.start : table.stop]),
        "\n".join(lines[table.stop :]),
    ]
    return "\n".join([_escaped(parts[0]), parts[1], _escaped(parts[2])]).strip("\n")


def _escaped(text: str) -> str:
    parts = re.split(r"(`[^`]*`)", text)
    parts[::2] = [re.sub(r"([\\*|]|_(?!\w))", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def signature(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, given: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """As written in the source, where names of types are short; without what is private."""
    if given is None or not callable(thing):
        return given, returned
    found = inspect.signature(thing)
    shown = [p for p in found.parameters.values() if not p.name.startswith("_") and p.name != "self"]
    if what == "class":
        shown = [p.replace(default=MADE) if "factory" in repr(p.default) else p for p in shown]
    text = stringify_signature(found.replace(parameters=shown), show_annotation=what != "class")
    arguments, _, returned = text.partition(" -> ")
    return arguments, returned


def prepare(app: Sphinx, tree: nodes.document) -> None:
    """A module is linked to like everything else, `api.html#snnref.rate`. Types are left to `link_type`."""
    for node in tree.findall(nodes.Element):
        node["ids"] += [name.removeprefix("module-") for name in node["ids"] if name.startswith("module-")]
        if isinstance(node, addnodes.pending_xref) and "refwarn" not in node:
            node.attributes.pop("refspecific", None)  # Sphinx would warn where several modules have a class of the name


def link_type(app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, plain: nodes.Element) -> Any:
    """A type in a signature leads to its entry, if there is just one of that name; others are plain text."""
    if node.get("refdomain") != "py" or "refwarn" in node:
        return None
    objects = env.domains["py"].objects
    same = [name for name, entry in objects.items() if name.endswith("." + node["reftarget"]) and not entry.aliased]
    if len(same) != 1:
        return plain
    return make_refnode(app.builder, node["refdoc"], objects[same[0]].docname, objects[same[0]].node_id, plain)


def code_in_single_backticks(app: Sphinx, config: Config) -> None:
    config.default_role = "literal"


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("sphinx.ext.autodoc")
    app.add_directive("api", Api)
    app.connect("config-inited", code_in_single_backticks)
    app.connect("autodoc-process-docstring", rewrite)
    app.connect("autodoc-process-signature", signature)
    app.connect("missing-reference", link_type)
    app.connect("doctree-read", prepare)
    return {"parallel_read_safe": True}
