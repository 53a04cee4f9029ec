"""`{checkpoint} question`: a question whose answer the page checks at once. Without a script the answer is folded.

A choice has options: one is right, and each of the others says what is wrong with it. A number has a value, which is
Python and computed while the book is built, and may have hints for typical wrong ones. Then follows the explanation.

:::{checkpoint} A current of 1.5 flows into a neuron with threshold 1. What does it do?
- [ ] It fires three times in two steps. :: It cannot fire more than once in a step.
- [x] It fires at every step.

More than one spike a step there is not.
:::

:::{checkpoint} How many spikes has a neuron sent that was given 0.3125 for 40 steps?
:value: snnref.figures.vocabulary.fire(0.3125, steps=40)[0].sum()
:unit: spikes

- 12.5 :: A spike is sent, or it is not.

What is left over stays in the potential.
:::
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import snnref
from snnref.figures import CHAPTERS

ITEM = re.compile(r"- (?:\[([ xX])\] )?(.+?)(?: :: (.+))?")
SHARE = 0.01  # by which an answer may miss a value that is not whole, unless `:tolerance:` says otherwise


@dataclass(frozen=True)
class Item:
    """An option of a choice, or a hint of a number."""

    text: str
    feedback: str  # "" of the right option
    right: bool = False
    marked: bool = False  # has brackets


class Tag(nodes.General, nodes.Element):
    """An element of HTML, `tag` with `attributes`, around its children; elsewhere just these."""


def compute(expression: str) -> float:
    """What an expression comes to, with `np` and `snnref`, its figures included.

    Raises ValueError if that is not a finite number, and whatever the expression raises.
    """
    for chapter in CHAPTERS:
        import_module(f"snnref.figures.{chapter}")
    value = float(eval(expression, {"np": np, "snnref": snnref}))
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    nearest = round(value)
    return float(nearest) if math.isclose(value, nearest, rel_tol=1e-9, abs_tol=1e-9) else value


def shown(value: float) -> str:
    """A number as the page prints it: 67,776 and −0.5413."""
    text = f"{int(value):,}" if value.is_integer() else f"{value:.4g}"
    return text.replace("-", "−")


def split(content: list[str]) -> tuple[list[Item], int]:
    """The items that a checkpoint begins with, and the line on which its explanation begins.

    An item may go on in lines that are indented. Raises ValueError for a line that is none.
    """
    end = next((i for i, line in enumerate(content) if not line.strip()), len(content))
    if not content or not content[0].startswith("- "):
        return [], 0
    joined: list[str] = []
    for line in content[:end]:
        if line.startswith("  ") and joined:
            joined[-1] += " " + line.strip()
        else:
            joined.append(line)
    items = []
    for line in joined:
        if not (found := ITEM.fullmatch(line)):
            raise ValueError(f"got {line!r} in the list, expected '- [ ] option :: feedback' or '- number :: feedback'")
        mark, text, feedback = found.groups()
        items.append(Item(text, feedback or "", right=(mark or "").lower() == "x", marked=mark is not None))
    return items, end


class Checkpoint(SphinxDirective):
    """A choice, or with `:value:` a number (`:tolerance:`, in either direction; `:unit:`, plain text)."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = dict.fromkeys(("value", "tolerance", "unit"), str)

    def run(self) -> list[nodes.Node]:
        try:
            items, begin = split(list(self.content))
            explanation = Tag(tag="div", attributes={"class": "snn-why"})
            self.state.nested_parse(self.content[begin:], self.content_offset + begin, explanation)
            if not explanation.astext().strip():
                raise ValueError("has no explanation behind its list")
            parts, attributes = self._number(items) if "value" in self.options else self._choice(items)
        except ValueError as error:
            raise self.error(f"checkpoint {self.arguments[0]!r}: {error}") from error
        *options, answer, others = parts
        folded = Tag("", Tag("", nodes.Text("Answer"), tag="summary"), answer, explanation, others, tag="details")
        question = self._inline(self.arguments[0], tag="p", attributes={"class": "snn-question"})
        element = Tag("", question, *options, folded, tag="div", attributes={"class": "snn-checkpoint", **attributes})
        self.set_source_info(element)
        return [element]

    def _inline(self, text: str, **element: Any) -> Tag:
        """Its text with mathematics, code, links, as an element."""
        return Tag("", nodes.inline("", "", *self.parse_inline(text)[0]), **element)

    def _choice(self, items: list[Item]) -> tuple[list[nodes.Node], dict[str, Any]]:
        if self.options:
            raise ValueError(f"got {', '.join(self.options)} without a value")
        right = [i for i, item in enumerate(items) if item.right]
        if not items:
            raise ValueError("has neither options '- [ ] option :: feedback' nor a value")
        if len(right) != 1 or len(items) < 2:
            raise ValueError(f"got {len(right)} right of {len(items)} options, expected one of at least two")
        if missing := [item.text for item in items if not (item.right or (item.marked and item.feedback))]:
            raise ValueError(f"option {missing[0]!r} has no brackets, or no feedback after '::'")
        options = Tag("", *(self._inline(item.text, tag="li") for item in items), tag="ul")
        options["attributes"] = {"class": "snn-options"}
        others = [(i, item) for i, item in enumerate(items) if not item.right]
        return [options, self._answer(items[right[0]].text), self._others(others)], {"data-right": right[0]}

    def _number(self, items: list[Item]) -> tuple[list[nodes.Node], dict[str, Any]]:
        if any(item.marked for item in items):
            raise ValueError("got a value and options, expected one of them; hints have no brackets")
        if missing := [item.text for item in items if not item.feedback]:
            raise ValueError(f"hint {missing[0]!r} has no feedback after '::'")
        value = self._compute(self.options["value"])
        allowed = 0 if value.is_integer() else SHARE * abs(value)
        tolerance = self._compute(self.options["tolerance"]) if "tolerance" in self.options else allowed
        hints = [(self._compute(item.text), item) for item in items]
        known = [value]
        for wrong, item in hints:
            if any(abs(wrong - other) <= 2 * tolerance for other in known):
                raise ValueError(f"hint {item.text!r} cannot be told from the value or another hint")
            known.append(wrong)
        unit = self.options.get("unit", "")
        attributes = {"data-value": repr(value), "data-tolerance": repr(float(tolerance)), "data-unit": unit}
        return [self._answer(f"{shown(value)} {unit}".strip()), self._others(hints)], attributes

    def _compute(self, expression: str) -> float:
        try:
            return compute(expression)
        except Exception as error:
            raise ValueError(f"{expression!r} could not be computed: {type(error).__name__}: {error}") from error

    def _answer(self, text: str) -> Tag:
        return Tag("", self._inline(text, tag="strong"), tag="p")

    def _others(self, items: list[tuple[float, Item]]) -> Tag:
        """What is wrong with each of the other answers, marked with its place or number."""
        entries = []
        for key, item in items:
            said = self._inline(f"{item.text.removesuffix('.') if item.marked else shown(key)}:", tag="em")
            feedback = self._inline(item.feedback, tag="span")
            entries.append(Tag("", said, nodes.Text(" "), feedback, tag="li", attributes={"data-answer": repr(key)}))
        return Tag("", *entries, tag="ul", attributes={"class": "snn-others"})


def visit(translator: Any, node: Tag) -> None:
    translator.body.append(translator.starttag({}, node["tag"], "", **node.get("attributes", {})))


def depart(translator: Any, node: Tag) -> None:
    translator.body.append(f"</{node['tag']}>\n")


def ignore(translator: Any, node: Tag) -> None:
    """The children stand for themselves."""


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("checkpoint", Checkpoint)
    app.add_node(Tag, html=(visit, depart), **dict.fromkeys(("latex", "text", "man", "texinfo"), (ignore, ignore)))
    return {"parallel_read_safe": True}
