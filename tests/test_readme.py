"""What the README says is true."""

import re
import subprocess
import sys
from pathlib import Path

from snnref.figures import describe
from snnref.figures.draw import svg

README = Path("README.md").read_text()


def test_code_gives_the_printed_output():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    (printed,) = re.findall(r"```text\n(.*?)```", README, re.S)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == printed, done.stderr


def test_picture_is_drawn_by_the_package():
    """To draw it again: the right side of the comparison, written to the file."""
    assert Path("book/picture.svg").read_text() == svg(describe("vocabulary.digit", {}))


def test_commands_exist():
    targets = set(re.findall(r"^(\w+):", Path("Makefile").read_text(), re.M))
    assert set(re.findall(r"^make (\w+)", README, re.M)) <= targets


def test_linked_files_exist():
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert Path(link).exists(), link
