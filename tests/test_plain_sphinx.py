"""The comparison of the book's two builds sees what is missing."""

import importlib.util
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("plain_sphinx", Path("book/plain_sphinx.py"))
plain_sphinx = importlib.util.module_from_spec(spec)
spec.loader.exec_module(plain_sphinx)

PAGE = """<article class="bd-article"><h1>Rate<a class="headerlink"></a></h1>
<h2>One neuron<a class="headerlink"></a></h2>
<figure class="snn-explore" data-spec=""></figure><div class="snn-checkpoint"></div></article>"""


@pytest.fixture
def builds(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rate.html").write_text(PAGE)
    return tmp_path / "one", tmp_path / "other"


def test_equal_builds(builds, capsys):
    assert plain_sphinx.main("compare", *map(str, builds)) == 0
    assert "same pages" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ('class="snn-explore"', "rate.html, snn-explore: 1 and 0"),
        ('class="snn-checkpoint"', "rate.html, snn-checkpoint: 1 and 0"),
        ("One neuron", "rate.html, headings: "),
    ],
)
def test_what_a_page_loses_is_said(builds, lost, said):
    (builds[1] / "rate.html").write_text(PAGE.replace(lost, ""))
    (found,) = plain_sphinx.differences(*builds)
    assert found.startswith(said)


def test_a_page_of_one_build_is_said(builds, capsys):
    (builds[0] / "ttfs.html").write_text(PAGE)
    assert plain_sphinx.main("compare", *map(str, builds)) == 1
    assert capsys.readouterr().out == "ttfs.html: in one build only\n"


def test_two_empty_builds_are_not_equal(tmp_path):
    assert plain_sphinx.differences(tmp_path, tmp_path) == ["no page is in both builds"]
