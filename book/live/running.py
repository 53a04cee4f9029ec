"""Runs a reader's code: what it prints, the value of its last line, its figures, and where it went wrong.

Loaded by `worker.js` into the browser's Python. It does nothing that is particular to a browser, so tests run it here.
"""

import ast
import contextlib
import contextvars
import io
import linecache
import sys
import time
import traceback
import types
import warnings

from snnref.explore import Explorable
from snnref.figures.description import Figure

NAME = "your code"  # the file that tracebacks speak of
MOST = 200_000  # characters that one run may show
FIGURE = 5_000  # characters that a figure counts as
LONGEST = 20_000  # characters of a traceback
PAUSE = 0.1  # seconds; what is printed later goes out even if its line has no end


def run(source, send):
    """Run `source` in a namespace of its own, as a notebook runs a cell; True if it came to its end.

    send : called with a kind and a text while the code runs: "stdout", "stderr", "value" (of the last line), "figure"
        (its description as JSON), "error" (a traceback)
    """
    # A context of its own: NumPy's print options and error states end with the run.
    return contextvars.copy_context().run(_run, source, send)


def _run(source, send):
    out, err = Stream("stdout", send, room := Room()), Stream("stderr", send, room)
    module = types.ModuleType("__main__")  # a true one: dataclasses and pickle look it up
    module.show, module.input = (lambda value: _show(value, send, room, out, err)), _no_input
    linecache.cache[NAME] = len(source), None, source.splitlines(keepends=True), NAME
    before = sys.modules.get("__main__")
    sys.modules["__main__"] = module
    problem = ""
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
            _show(_execute(source, vars(module)), send, room, out, err)
    except SystemExit as end:
        problem = "" if end.code in (None, 0) else f"SystemExit: {end.code}\n"
    except BaseException as error:
        problem = told(error)
    finally:
        sys.modules["__main__"] = before
        out.flush()
        err.flush()
    if problem:
        send("error", problem)
    return not problem


def _execute(source, names):
    """The value of the last line, if that is an expression."""
    tree = ast.parse(source, NAME)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, NAME, "exec", dont_inherit=True), names)
    return last and eval(compile(ast.Expression(last.value), NAME, "eval", dont_inherit=True), names)


def _show(value, send, room, *streams):
    """Send a value as a notebook would show it: a figure drawn, a table as such, all else as Python writes it."""
    if value is None:
        return
    if isinstance(value, Explorable):
        value = value.figure()
    for stream in streams:
        stream.flush()  # what was printed before comes before
    if isinstance(value, Figure) and room.left:
        send("figure", value.json())
    text = room.take("", FIGURE) if isinstance(value, Figure) else room.take(_text(value))
    if text:
        send("value", text)


def _text(value):
    return str(value) if hasattr(value, "_repr_html_") else repr(value)


def _no_input(prompt=""):
    raise RuntimeError("input() cannot ask anything here: write the value into the code")


def told(error):
    """The traceback as Python prints it, from the reader's code on: without the frames of this file."""
    if isinstance(error, ModuleNotFoundError):
        error.add_note("Here are most of Python's standard library, NumPy and snnref, and nothing else.")
    report = traceback.TracebackException.from_exception(error)
    _trim(report)
    text = "".join(report.format())
    half = LONGEST // 2
    return text if len(text) <= LONGEST else f"{text[:half]}\n…\n{text[-half:]}"


def _trim(report):
    if report is None:
        return
    report.stack[:] = [frame for frame in report.stack if frame.filename != run.__code__.co_filename]
    for other in (report.__cause__, report.__context__, *(report.exceptions or ())):
        _trim(other)


class Room:
    """How much may still be shown."""

    def __init__(self):
        self.left = MOST

    def take(self, text, size=None):
        """As much of a text as there is room for; where the room ends, that is said. `size`: what it counts as."""
        size = len(text) if size is None else size
        kept, full = text[: self.left], 0 < self.left <= size
        self.left -= min(size, self.left)
        return kept + full * f"\nMore than {MOST:,} characters: what is shown from here on is left out.\n"


class Stream(io.TextIOBase):
    """Standard output or error: sends what is written, line by line, until there is no room left."""

    encoding = "utf-8"

    def __init__(self, kind, send, room):
        super().__init__()
        self.kind, self.send, self.room = kind, send, room
        self.held, self.sent_at = [], time.monotonic()

    def writable(self):
        return True

    def write(self, text):
        kept = self.room.take(text)
        self.held.append(kept)
        if "\n" in kept or time.monotonic() - self.sent_at > PAUSE or not self.room.left:
            self.flush()
        return len(text)

    def flush(self):
        text, self.held, self.sent_at = "".join(self.held), [], time.monotonic()
        if text:
            self.send(self.kind, text)
