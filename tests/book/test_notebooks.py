"""The chapters as files: without outputs, in the table of contents, with the anatomy that readers rely on."""

from pathlib import Path

import nbformat
import pytest
import yaml

CHAPTERS = sorted(Path("book").glob("*.ipynb"))


def test_every_chapter_is_in_the_table_of_contents():
    toc = yaml.safe_load(Path("book/_toc.yml").read_text())
    listed = {entry["file"] for part in toc["parts"] for entry in part["chapters"]}
    assert {path.stem for path in CHAPTERS} <= listed


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_is_committed_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_has_its_parts(path):
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    for part in (
        "**Time**",
        "## Predict first",
        "explore(",
        "## Check yourself",
        "## Exercises",
        "leaves out",
        "## Next",
    ):
        assert part in text, part


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_solutions_check_themselves(path):
    solutions = [c for c in nbformat.read(path, as_version=4).cells if "hide-cell" in c.metadata.get("tags", [])]
    assert len(solutions) >= 3
    assert all("assert " in cell.source for cell in solutions)
