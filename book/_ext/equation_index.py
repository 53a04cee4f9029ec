"""`{equation-index}`: which equation of which paper stands in which function, read from docstrings and comments."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import groupby
from pathlib import Path
from types import ModuleType

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

SOURCE = Path(__file__).parents[2] / "snnref"
LEFT_OUT = ("figures", "reproduce")  # what they show and measure stands elsewhere


@dataclass(frozen=True)
class Paper:
    title: str
    author: str  # the first, as tags name it
    package: str  # in which a tag without an author means this paper
    chapters: tuple[str, ...]


PAPERS = (
    Paper("Rueckauer et al. 2017", "Rueckauer", "rate", ("vocabulary", "rate")),
    Paper("Lopez-Randulfe et al. 2022", "Lopez-Randulfe", "ttfs", ("ttfs",)),
    Paper("Yousefzadeh et al. 2019", "Yousefzadeh", "sigma_delta", ("sigma_delta",)),
    Paper("Zhang et al. 2019", "Zhang", "tdsnn", ("tdsnn",)),
    Paper("Stöckl & Maass 2019", "Stöckl", "amos", ("amos",)),
)

KINDS = {"eq": "Eq.", "algorithm": "Algorithm", "section": "Section", "table": "Table", "fig": "Fig."}  # in this order
NUMBER = r"(?:\d+(?:\.\d+)*[a-z]?|[IVX]+)\b"
JOINT = r"(?:\s?[-–]\s?| to |, and |, | and )"
TAG = re.compile(
    rf"\b(?:(Eq\.|[Ss]ection|Algorithm|Table|Fig\.) ({NUMBER})"
    rf"|(Eqs\.|[Ss]ections|Algorithms|Tables|Figs\.) ({NUMBER}(?:{JOINT}{NUMBER})*))"
)
# Looked for from a tag to the end of its brackets or sentence, past other tags: "Eq. 6, and later Eq. 7, Zhang 2019".
AUTHOR = re.compile(
    r"(?:[^().;]|(?<=Eq)\.|(?<=Eqs)\.|(?<=Fig)\.|(?<=Figs)\.|\.(?=\S))*?"
    r"\b([A-Z]\w[\w-]*)(?: et al\.| & \w+)? \(?\d{4}\b"
)
ROMAN = {"I": 1, "V": 5, "X": 10}
Definition = ast.ClassDef | ast.FunctionDef


@dataclass(frozen=True)
class Mention:
    """One number of a tag, and where it stands."""

    paper: Paper
    kind: str  # of KINDS
    number: str
    place: str  # the qualified name of a module, class, method or function

    @property
    def equation(self) -> tuple[int, list[tuple[int, str]]]:
        """What mentions are sorted by: 2 before 4, 4a before 4b before 10, II before IX."""
        parts = [re.fullmatch(r"([IVX]*)(\d*)([a-z]*)", part).groups() for part in self.number.split(".")]
        values = [(_value(roman) if roman else int(digits), letter) for roman, digits, letter in parts]
        return list(KINDS).index(self.kind), values

    @property
    def label(self) -> str:
        return f"{KINDS[self.kind]} {self.number}"


def _value(roman: str) -> int:
    values = [ROMAN[letter] for letter in roman]
    return sum(-v if v < after else v for v, after in zip(values, [*values[1:], 0], strict=True))


def mentions(source: Path = SOURCE) -> list[Mention]:
    """All that a package mentions, in the order of papers, equations, places.

    Raises ValueError for a tag whose paper is not clear.
    """
    files = (file for file in source.rglob("*.py") if file.relative_to(source).parts[0] not in LEFT_OUT)
    found = {mention for file in files for mention in _of_file(file, source)}
    return sorted(found, key=lambda m: (PAPERS.index(m.paper), m.equation, m.place))


def tags(text: str) -> Iterator[tuple[str, list[str], str | None]]:
    """`(kind, numbers, author)` of every tag: "Eqs. 2-4, Rueckauer 2017" has the numbers 2, 3, 4."""
    text = " ".join(text.split())
    for tag in TAG.finditer(text):
        author = AUTHOR.match(text, tag.end())
        kind = (tag[1] or tag[3]).lower().rstrip(".").removesuffix("s")
        yield kind, _expanded(tag[2] or tag[4]), author and author[1]


def _expanded(numbers: str) -> list[str]:
    first, *rest = re.split(f"({JOINT})", numbers)
    expanded = [first]
    for joint, number in zip(rest[::2], rest[1::2], strict=True):
        if joint.strip() in ("-", "–", "to"):
            expanded += map(str, range(int(expanded[-1]) + 1, int(number)))
        expanded.append(number)
    return expanded


def _of_file(file: Path, source: Path) -> list[Mention]:
    """A module's heading counts where nothing in the module says the same more closely."""
    heading, parts = _texts(file, source)
    package = file.relative_to(source).parts[0]
    named = {author for _, text in (heading, *parts) for _, _, author in tags(text) if author}

    def read(place: str, text: str) -> Iterator[Mention]:
        for kind, numbers, author in tags(text):
            known = [p for p in PAPERS if author == p.author or (author is None and package == p.package)]
            if author is None and not known:  # outside the packages: the only paper that the file names
                known = [p for p in PAPERS if named == {p.author}]
            if len(known) != 1:
                raise ValueError(
                    f"{file}, {place}: got {KINDS[kind]} {', '.join(numbers)} of {author}, expected one of "
                    f"{', '.join(p.author for p in PAPERS)}"
                )
            yield from (Mention(known[0], kind, number, place) for number in numbers)

    closely = [mention for part in parts for mention in read(*part)]
    said = {(m.paper, m.label) for m in closely}
    return closely + [m for m in read(*heading) if (m.paper, m.label) not in said]


def _texts(file: Path, source: Path) -> tuple[tuple[str, str], list[tuple[str, str]]]:
    """The heading of a module, and its other docstrings and its comments, each with the name of what it stands in.

    A package's heading is left out: it is a table of contents. A module's speaks of its only public object, or of the
    one that bears the module's name, where there is one.
    """
    code = file.read_text(encoding="utf-8")
    tree = ast.parse(code)
    module = ".".join(file.relative_to(source.parent).with_suffix("").parts).removesuffix(".__init__")
    defined = list(_definitions(tree, module))
    parts = [(name, ast.get_docstring(node) or "") for name, node in defined]
    for line, comment in _comments(code):
        around = [name for name, node in defined if node.lineno <= line <= (node.end_lineno or 0)]
        parts.append((around[-1] if around else module, comment))
    heading = "" if file.name == "__init__.py" else ast.get_docstring(tree) or ""
    return (_subject(tree, module), heading), parts


def _definitions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Definition]]:
    """Classes, methods and functions, outer ones first; what is defined within a function belongs to it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            yield f"{prefix}.{child.name}", child
            if isinstance(child, ast.ClassDef):
                yield from _definitions(child, f"{prefix}.{child.name}")


def _comments(code: str) -> Iterator[tuple[int, str]]:
    """`(line, text)`, comments on consecutive lines as one: a tag may be broken between them."""
    tokens = [t for t in tokenize.generate_tokens(io.StringIO(code).readline) if t.type == tokenize.COMMENT]
    for _, run in groupby(enumerate(tokens), lambda pair: pair[1].start[0] - pair[0]):
        together = [token for _, token in run]
        yield together[0].start[0], " ".join(token.string.lstrip("# ") for token in together)


def _subject(tree: ast.Module, module: str) -> str:
    public = [n.name for n in tree.body if isinstance(n, Definition) and not n.name.startswith("_")]
    same = [name for name in public if name.lower() == module.rpartition(".")[2].replace("_", "")] or public
    return f"{module}.{same[0]}" if len(same) == 1 else module


class EquationIndex(SphinxDirective):
    """A section with a table for every paper."""

    def run(self) -> list[nodes.Node]:
        for file in SOURCE.rglob("*.py"):
            self.env.note_dependency(str(file))
        return [self._section(paper, list(found)) for paper, found in groupby(mentions(), lambda m: m.paper)]

    def _section(self, paper: Paper, found: list[Mention]) -> nodes.section:
        taught = nodes.paragraph("", "Taught in ")
        for chapter in paper.chapters:
            taught += [nodes.Text(" and ")] if len(taught) > 1 else []
            taught += self._link(nodes.inline("", chapter), "std", "doc", chapter)
        taught += nodes.Text(".")
        section = nodes.section("", nodes.title("", paper.title), taught, self._table(found))
        section["ids"], section["names"] = [nodes.make_id(paper.title)], [nodes.fully_normalize_name(paper.title)]
        return section

    def _table(self, found: list[Mention]) -> nodes.table:
        rows = []
        for label, same in groupby(found, lambda m: m.label):
            places = [self._link(_code(m.place), "", "equation", m.place) for m in same]
            rows.append(_row(label, nodes.bullet_list("", *(_item(place) for place in places), classes=["simple"])))
        head = nodes.thead("", _row("Paper", nodes.paragraph("", "Function or class of ", nodes.literal("", "snnref"))))
        columns = [nodes.colspec(colwidth=width) for width in (1, 4)]
        group = nodes.tgroup("", *columns, head, nodes.tbody("", *rows), cols=2)
        return nodes.table("", group, classes=["snn-equations"])

    def _link(self, text: nodes.TextElement, domain: str, kind: str, target: str) -> addnodes.pending_xref:
        where = {"refdomain": domain, "reftype": kind, "reftarget": target, "refdoc": self.env.docname}
        return addnodes.pending_xref("", text, **where, refexplicit=False, refwarn=True)


def _code(name: str) -> nodes.literal:
    return nodes.literal("", name.removeprefix("snnref."))


def _row(label: str, content: nodes.Element) -> nodes.row:
    return nodes.row("", nodes.entry("", nodes.paragraph("", label)), nodes.entry("", content))


def _item(content: nodes.Element) -> nodes.list_item:
    return nodes.list_item("", nodes.paragraph("", "", content))


def link(app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, plain: nodes.Element) -> nodes.Element | None:
    """To the API reference, under the name that is written there; as plain text if it is not there."""
    if node["reftype"] != "equation":
        return None
    objects = env.domains["py"].objects
    if not (name := published(frozenset(objects)).get(node["reftarget"])):
        return plain
    entry = objects[name]
    return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, _code(name))


@cache
def published(names: frozenset[str]) -> dict[str, str]:
    """Where an object is defined -> the name under which it is documented; of several, the one with the fewest dots."""
    found = {}
    for name in sorted(names, key=lambda name: (-name.count("."), name)):
        thing = import_module("snnref")
        for part in name.split(".")[1:]:
            thing = getattr(thing, part, None)
        thing = getattr(thing, "fget", None) or getattr(thing, "func", None) or thing  # properties
        if isinstance(thing, ModuleType):
            found[thing.__name__] = name
        elif hasattr(thing, "__qualname__"):
            found[f"{thing.__module__}.{thing.__qualname__}"] = name
    return found


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("equation-index", EquationIndex)
    app.connect("missing-reference", link)
    return {"parallel_read_safe": True}
