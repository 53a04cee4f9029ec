"""What the README says is true."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from snnref.figures import describe
from snnref.figures.draw import svg

README = Path("README.md").read_text()


def test_code_gives_the_printed_output():
    codes, outputs = (re.findall(rf"```{kind}\n(.*?)```", README, re.S) for kind in ("python", "text"))
    assert len(codes) == len(outputs) == 9
    for code, printed in zip(codes, outputs, strict=True):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
        (text, numbers), (expected, values) = _parts(done.stdout), _parts(printed)
        assert text == expected, done.stderr
        assert numbers == pytest.approx(values, rel=1e-4), (
            done.stdout
        )  # sums differ a little from processor to processor


def _parts(text):
    """A text with every number replaced, and the numbers."""
    number = r"\d[\d,]*(?:\.\d+)?"
    return re.sub(number, "0", text), [float(n.replace(",", "")) for n in re.findall(number, text)]


def parts(drawing):
    """Text and numbers of an SVG, without the identifiers that are made from them."""
    drawing = re.sub(r'(id="|#)[a-z][0-9a-f]{8,}', r"\1", drawing)
    number = r"-?\d+(?:\.\d+)?"
    return re.sub(number, "0", drawing), [float(n) for n in re.findall(number, drawing)]


def test_picture_is_drawn_by_the_package():
    """Up to rounding. To draw it again: write `fresh` to the file."""
    fresh = svg(describe("vocabulary.digit", {}))
    (text, numbers), (expected, values) = parts(Path("book/picture.svg").read_text()), parts(fresh)
    assert text == expected
    assert numbers == pytest.approx(values, abs=0.01)


def test_commands_exist():
    targets = set(re.findall(r"^(\w+):", Path("Makefile").read_text(), re.M))
    assert set(re.findall(r"^make (\w+)", README, re.M)) <= targets


def test_linked_files_exist():
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert Path(link).exists(), link
