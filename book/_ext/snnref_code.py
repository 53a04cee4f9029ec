"""The directive `live-code`: a listing that the page's script turns into a box to edit and run (book/live/code.js).

    ```{live-code}              or, from a file beside the page:   ```{live-code} examples/rate.py
    :name: rate-neuron                                             :name: rate
    print("Hello")                                                 ```
    ```

Edits are kept and links are made by the `name`. `label` says to screen readers what the code is. In place of code there
may be `examples`: files among which the box offers a choice, each under the heading of its first line, a comment.
Without JavaScript there are listings, those of the examples folded.
"""

import ast
import html
import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

NAME = re.compile(r"[a-z][a-z0-9_-]*")  # fit for a link
STILL = "This code cannot be run here: what runs it is not to be had."


class LiveCode(SphinxDirective):
    """See the module."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = {  # noqa: RUF012 (docutils wants it so)
        "name": directives.unchanged_required,
        "label": directives.unchanged,
        "examples": directives.unchanged,
    }

    def run(self):
        name, label = self.options.get("name", ""), self.options.get("label", "Python code")
        if not NAME.fullmatch(name):
            raise self.error(f"name: got {name!r}, expected lower-case letters, digits, - and _")
        examples = self.options.get("examples", "").split()
        if len(self.arguments) + bool(self.content) + bool(examples) != 1:
            raise self.error("expected code, the name of a file with code, or examples")
        attributes = {"data-name": name, "data-label": label, "data-still": STILL}
        box = [part for file in examples for part in self.example(file)]
        if not examples:
            source = self.read(self.arguments[0]) if self.arguments else "\n".join(self.content)
            box = [self.listing(source, name)]
        return [raw(f'<div class="snn-code" {written(attributes)}>'), *box, raw("</div>")]

    def example(self, file):
        source = self.read(file)
        title = html.escape(source.partition("\n")[0].lstrip("# "))
        name = Path(file).stem
        opening = f'<details class="snn-example" {written({"data-name": name})}><summary>{title}</summary>'
        return [raw(opening), self.listing(source, name), raw("</details>")]

    def read(self, file):
        relative, path = self.env.relfn2path(file)
        self.env.note_dependency(relative)
        return Path(path).read_text(encoding="utf-8").rstrip("\n")

    def listing(self, source, name):
        try:
            ast.parse(source)
        except SyntaxError as error:
            raise self.error(f"{name}: {error}") from None
        return nodes.literal_block(source, source, language="python")


def raw(text):
    return nodes.raw("", text, format="html")


def written(attributes):
    return " ".join(f'{name}="{html.escape(value)}"' for name, value in attributes.items())


def setup(app):
    app.add_directive("live-code", LiveCode)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
