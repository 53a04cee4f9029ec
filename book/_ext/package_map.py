"""`{rooms}` and `{way-of-x}`: two pictures of the package, drawn from the package itself while the book is built.

The first has the rooms in the order of the import contract in pyproject.toml, with an arrow from each to those that it
imports from, but for arrows that a way through other rooms implies. The second follows `snn.run(x).accuracy(labels)`
through a real run: every function on the way, in the room that it lies in.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from docutils import nodes
from matplotlib import pyplot as plt
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import snnref

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "snnref"
HEAD = "| Function | What it is |\n|---|---|"
BLUE, GREY, INK = "#0072b2", "#b8b8b8", "#555555"  # INK becomes the colour of the text around


def floors(contract: Path = ROOT / "pyproject.toml") -> list[list[str]]:
    """The rooms of the import contract, from the top floor down."""
    contracts = tomllib.loads(contract.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = (c["layers"] for c in contracts if c["type"] == "layers" and c["containers"] == ["snnref"])
    return [floor.split(" | ") for floor in layers]


def arrows(source: Path = SOURCE) -> set[tuple[str, str]]:
    """(room, room that it imports from), read from the imports."""
    found = set()
    for file in source.rglob("*.py"):
        here = file.relative_to(source).with_suffix("").parts
        package = here[:-1]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level and here != ("__init__",):
                base = package[: len(package) - node.level + 1]
                named = [*base, *(node.module or "").split(".")] if node.module else list(base)
                rooms = [named[0]] if named else [alias.name for alias in node.names]
                found |= {(here[0], room) for room in rooms if room != here[0] and (source / room).exists()}
                found |= {(here[0], room) for room in rooms if room != here[0] and (source / f"{room}.py").exists()}
    return found


def direct(joined: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Without the arrows that a way through other rooms implies."""
    reached = set(joined)
    while more := {(a, d) for a, b in reached for c, d in joined if b == c} - reached:
        reached |= more
    rooms = {room for pair in joined for room in pair}
    return {(a, c) for a, c in joined if not any((a, b) in reached and (b, c) in reached for b in rooms)}


def draw_rooms() -> tuple[plt.Figure, str]:
    """The rooms floor by floor, and what each imports from; the same in words."""
    order, joined = floors(), arrows()
    figure, axes = plt.subplots(figsize=(7.2, 0.62 * len(order)))
    place = {}
    for row, rooms in enumerate(order):
        for column, room in enumerate(rooms):
            place[room] = ((column + 1) / (len(rooms) + 1), -row)
    for above, below in sorted(direct(joined)):
        if above in place and below in place:
            arrow = {"arrowstyle": "->", "color": GREY, "shrinkA": 9, "shrinkB": 9}
            axes.annotate("", place[below], place[above], arrowprops=arrow)
    for room, (x, y) in place.items():
        box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": BLUE}
        axes.text(x, y, room, ha="center", va="center", fontsize=9, color="black", bbox=box)
    axes.set(xlim=(0, 1), ylim=(0.5 - len(order), 0.5))
    axes.axis("off")
    words = "; ".join(
        f"{room} from {', '.join(sorted(below for above, below in joined if above == room and below in place))}"
        for room in place
        if any(above == room for above, _ in joined)
    )
    return figure, f"Rooms from the top floor down, each importing only from floors below: {words}."


@dataclass(frozen=True)
class Step:
    """A function that is called for the first time."""

    room: str
    name: str  # qualified, without the package
    says: str  # the first sentence of its docstring


def way(run: Callable[[], Any]) -> list[Step]:
    """Each documented function of the package that a run enters from another file, in the order of first calls."""
    found: dict[str, Step] = {}

    def watch(frame: Any, event: str, _: Any) -> None:
        code, caller = frame.f_code, frame.f_back
        if event != "call" or not code.co_filename.startswith(str(SOURCE)) or code.co_name.startswith("<"):
            return
        if caller is None or caller.f_code.co_filename == code.co_filename:
            return
        module = Path(code.co_filename).relative_to(SOURCE).with_suffix("").parts
        name = ".".join((*module, code.co_qualname))
        says = _first_sentence(frame)
        if says and (code.co_name == "__call__" or not code.co_name.startswith("_")):
            found.setdefault(name, Step(module[0], name, says))

    sys.setprofile(watch)
    try:
        run()
    finally:
        sys.setprofile(None)
    return list(found.values())


def _first_sentence(frame: Any) -> str:
    code = frame.f_code
    owner = frame.f_locals.get("self")
    thing = getattr(type(owner), code.co_name, None) if owner is not None else frame.f_globals.get(code.co_name)
    text = " ".join((getattr(thing, "__doc__", None) or "").split())
    return re.split(r"(?<!\bEq)(?<!\bEqs)\. ", text)[0].rstrip(".")


def run_of_x() -> list[Step]:
    """The way through rate coding of some digits."""
    net, (x, labels) = snnref.load("digits-cnn"), snnref.data.load("digits")
    snn = snnref.rate.convert(net, x)
    snn.run(x[:2], steps=2)  # what is made once and kept is made now
    return way(lambda: snn.run(x[:2], steps=8).accuracy(labels[:2]))


def draw_way(steps: list[Step]) -> tuple[plt.Figure, str]:
    """A line from room to room, downwards in time; the same in words."""
    rooms = [room for floor in floors() for room in floor if room in {step.room for step in steps}]
    column = {room: i for i, room in enumerate(rooms)}
    figure, axes = plt.subplots(figsize=(7.2, 0.24 * len(steps) + 0.6))
    x, y = [column[step.room] for step in steps], -np.arange(len(steps))
    axes.plot(x, y, color=GREY, lw=1, zorder=1)
    axes.scatter(x, y, color=BLUE, s=22, zorder=2)
    for step, a, b in zip(steps, x, y, strict=True):
        axes.text(a + 0.08, b, step.name.partition(".")[2], va="center", fontsize=7.5, color=INK)
    for room, i in column.items():
        axes.text(i, 1.1, room, ha="center", fontsize=9, color=BLUE, weight="bold")
    axes.set(xlim=(-0.5, len(rooms) + 0.6), ylim=(0.5 - len(steps), 1.8))
    axes.axis("off")
    return figure, "In order: " + ", ".join(step.name for step in steps) + "."


def _image(figure: plt.Figure, words: str) -> Iterator[nodes.Node]:
    with plt.rc_context({"svg.fonttype": "none"}):  # text stays text
        figure.savefig(memory := io.StringIO(), format="svg", bbox_inches="tight", transparent=True)
    plt.close(figure)
    svg = memory.getvalue().replace(INK, "currentColor")
    drawing = svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{words}"', 1)
    yield nodes.raw("", f'<div class="snn-map">{drawing}</div>', format="html")


class Rooms(SphinxDirective):
    """The picture of the rooms."""

    def run(self) -> list[nodes.Node]:
        return list(_image(*draw_rooms()))


class WayOfX(SphinxDirective):
    """The picture of the way, and a table of its functions."""

    def run(self) -> list[nodes.Node]:
        steps = run_of_x()
        rows = "\n".join(f"| `{step.name}` | {step.says.replace('|', '∣') or '–'} |" for step in steps)
        table = f":::{{admonition}} The same as a table\n:class: dropdown\n\n{HEAD}\n{rows}\n:::"
        return [*_image(*draw_way(steps)), *self.parse_text_to_nodes(table)]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("rooms", Rooms)
    app.add_directive("way-of-x", WayOfX)
    return {"parallel_read_safe": True}
