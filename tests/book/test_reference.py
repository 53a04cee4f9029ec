"""The equation index and the API reference: complete, and every entry leads somewhere."""

import ast
import importlib
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from pkgutil import resolve_name
from types import ModuleType

import pytest

import snnref

sys.path.append("book/_ext")
equation_index = importlib.import_module("equation_index")
api_reference = importlib.import_module("api_reference")

TAG = re.compile(r"\b(?:Eqs?\.|[Ss]ections?|Algorithms?|Tables?|Figs?\.)[\s#]+(?=\d|[IVX]+\b)")
PACKAGES = ("rate", "ttfs", "sigma_delta", "tdsnn", "amos")


class Links(HTMLParser):
    """The anchors of a page, and its links with their texts."""

    def __init__(self, file):
        super().__init__()
        self.anchors, self.links, self.open = set(), [], False
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.add(attributes.get("id"))
        if tag == "a":
            self.open = True
            self.links.append([attributes.get("href", ""), ""])

    def handle_endtag(self, tag):
        self.open = self.open and tag != "a"

    def handle_data(self, data):
        if self.open:
            self.links[-1][1] += data


@pytest.fixture(scope="module")
def index():
    return equation_index.mentions()


@pytest.fixture(scope="module")
def page(html, needs):
    def read(name):
        needs((html / f"{name}.html").exists(), f"{name}.html is not in the built book")
        return Links(html / f"{name}.html")

    return read


@pytest.fixture
def package(tmp_path):
    """A package `snnref` of one file, rate/made.py, that contains the text it is called with."""

    def write(text, name="rate/made.py"):
        file = tmp_path / "snnref" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return {(m.paper.author, m.label, m.place) for m in equation_index.mentions(tmp_path / "snnref")}

    return write


def messages_removed(text):
    """Source without strings that stand on one line, which are what a program says; docstrings stay."""
    return re.sub(r'(?<!")f?"(?!")(?:[^"\n\\]|\\.)*"(?!")', "", text)


def test_every_tag_of_the_source_is_read():
    """Counted file by file in the raw text, without parsing Python."""
    counted = 0
    for file in Path("snnref").rglob("*.py"):
        if file.parts[1] in equation_index.LEFT_OUT or file.name == "__init__.py":
            continue
        heading, parts = equation_index._texts(file, Path("snnref"))
        read = sum(len(list(equation_index.tags(text))) for _, text in (heading, *parts))
        expected = len(TAG.findall(messages_removed(file.read_text(encoding="utf-8"))))
        assert read == expected, file
        counted += read
    assert counted > 100


def test_every_module_with_a_tag_has_an_entry(index):
    places = {mention.place for mention in index}
    for file in Path("snnref").rglob("*.py"):
        if file.parts[1] in equation_index.LEFT_OUT or file.name == "__init__.py":
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        documented = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)]
        if any(TAG.search(ast.get_docstring(node) or "") for node in documented):
            module = ".".join(file.with_suffix("").parts)
            assert any(place.startswith(f"{module}.") for place in places), module


def test_every_paper_has_equations_and_every_entry_exists(index):
    assert {mention.paper for mention in index} == set(equation_index.PAPERS)
    for mention in index:
        resolve_name(mention.place)  # raises, if there is no such object
    assert [p.package for p in equation_index.PAPERS] == list(PACKAGES)


def test_a_new_docstring_or_comment_appears(package):
    assert package('def f():\n    """Of Eq. 6."""\n') == {("Rueckauer", "Eq. 6", "snnref.rate.made.f")}
    changed = package('def f():\n    """Of Eqs. 6 and 7a."""\n\n    def g():\n        pass  # section 2.2.1\n')
    assert changed == {("Rueckauer", label, "snnref.rate.made.f") for label in ("Eq. 6", "Eq. 7a", "Section 2.2.1")}
    method = package('class A:\n    """."""\n\n    @property\n    def b(self):\n        """(Fig. 3)"""\n')
    assert method == {("Rueckauer", "Fig. 3", "snnref.rate.made.A.b")}
    field = package("class A:\n    b: int  # as in Table\n    # 2 and in Algorithm 1\n")
    assert field == {("Rueckauer", label, "snnref.rate.made.A") for label in ("Table 2", "Algorithm 1")}
    assert package('def f():\n    raise ValueError("see Eq. 6")\n') == set()


def test_ranges_lists_and_authors():
    def read(text):
        return list(equation_index.tags(text))

    assert read("(Eqs. 2-4, Rueckauer 2017)") == [("eq", ["2", "3", "4"], "Rueckauer")]
    assert read("(Eqs. 3 and\n    4, Zhang et al. 2019)") == [("eq", ["3", "4"], "Zhang")]
    assert read("Tables 1 to 3 and 5 (Stöckl & Maass 2019)") == [("table", ["1", "2", "3", "5"], None)]
    assert read("Eqs. 2, 4, and 7b.") == [("eq", ["2", "4", "7b"], None)]
    assert read("(Eq. 6, and with θ = 0 Eq. 7, Zhang et al. 2019)") == [("eq", [n], "Zhang") for n in "67"]
    assert read("(Eq. 3). Later came Zhang 2019") == [("eq", ["3"], None)]
    assert read("by Eq. 9 of Rueckauer 2017") == [("eq", ["9"], "Rueckauer")]
    assert read("(section 2.2.2, Lopez-Randulfe et al. 2022)") == [("section", ["2.2.2"], "Lopez-Randulfe")]
    assert read("Table I, section III, Fig. 2, Algorithm 1") == [
        ("table", ["I"], None),
        ("section", ["III"], None),
        ("fig", ["2"], None),
        ("algorithm", ["1"], None),
    ]


def test_equations_are_sorted_as_numbers(package):
    found = package("# Eqs. 10, 4b, 2 and 4a, section 2.10, section 2.2, Tables IX and V\n")
    mentions = [equation_index.Mention(equation_index.PAPERS[0], *_kind(label), "") for _, label, _ in found]
    ordered = [m.label for m in sorted(mentions, key=lambda m: m.equation)]
    assert ordered == ["Eq. 2", "Eq. 4a", "Eq. 4b", "Eq. 10", "Section 2.2", "Section 2.10", "Table V", "Table IX"]


def _kind(label):
    shown, number = label.split()
    return next(kind for kind, name in equation_index.KINDS.items() if name == shown), number


def test_heading_of_a_module_speaks_of_its_one_idea(package):
    several = "\n\ndef other():\n    pass\n"
    assert package('"""Eq. 7."""\n\ndef f():\n    pass\n') == {("Rueckauer", "Eq. 7", "snnref.rate.made.f")}
    named = package('"""Eq. 7."""\n\ndef made():\n    pass\n' + several)
    assert named == {("Rueckauer", "Eq. 7", "snnref.rate.made.made")}
    assert package('"""Eq. 7."""\n\ndef f():\n    pass\n' + several) == {("Rueckauer", "Eq. 7", "snnref.rate.made")}
    closely = package('"""Eqs. 7, 8."""\n\ndef f():\n    """Eq. 7."""\n' + several)
    assert closely == {("Rueckauer", "Eq. 7", "snnref.rate.made.f"), ("Rueckauer", "Eq. 8", "snnref.rate.made")}
    assert package('"""Eq. 7."""\n', "rate/__init__.py") == closely  # no more than before


def test_outside_the_packages_the_paper_must_be_clear(package):
    assert package("# Eq. 3, Zhang et al. 2019\n\nx = 1  # Eq. 4\n", "shared.py") == {
        ("Zhang", "Eq. 3", "snnref.shared"),
        ("Zhang", "Eq. 4", "snnref.shared"),
    }
    with pytest.raises(ValueError, match="expected one of Rueckauer"):
        package("# Eq. 3\n", "shared.py")
    with pytest.raises(ValueError, match="of Diehl"):
        package("# Eq. 3, Diehl et al. 2015\n", "shared.py")


def test_every_entry_of_the_index_is_on_the_page(index, page):
    equations, api = page("equations"), page("api")
    documented = equation_index.published(frozenset(name for name in api.anchors if (name or "").startswith("snnref.")))
    wanted = {f"api.html#{name}" for m in index if (name := documented.get(m.place))}
    assert len(wanted) > 40
    assert wanted <= {url for url, _ in equations.links}
    for url, text in equations.links:
        if url.startswith("api.html#"):
            assert url.removeprefix("api.html#") in api.anchors
            assert url.endswith(f".{text}")
    shown = (Path("book/_build/html") / "equations.html").read_text(encoding="utf-8")
    for mention in index:
        assert documented.get(mention.place, mention.place).removeprefix("snnref.") in shown, mention


def test_every_public_name_has_an_anchor(page):
    api = page("api")
    for name in snnref.__all__:
        thing = getattr(snnref, name)
        assert (thing.__name__ if isinstance(thing, ModuleType) else f"snnref.{name}") in api.anchors
    for name in (*PACKAGES, "layers", "data", "zoo", "analysis.check", "reproduce"):
        module = importlib.import_module(f"snnref.{name}")
        for public in api_reference.public(module):
            assert f"snnref.{name}.{public}" in api.anchors or not getattr(module, public).__doc__


def test_chapters_are_linked(page):
    linked = {url.removesuffix(".html") for url, _ in page("equations").links}
    for paper in equation_index.PAPERS:
        assert linked.issuperset(paper.chapters)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("`(batch, *features)` by **options", r"`(batch, *features)` by \*\*options"),
        ("|x_| of T_il and x_", r"\|x\_\| of T_il and x\_"),
        (
            "What |x|.\n\n===  ==\na    b\n===  ==\n`x`  c*\n===  ==\n\nEnd*",
            "What \\|x\\|.\n\n===  ==\na    b\n===  ==\n`x`  c*\n===  ==\n\nEnd\\*",
        ),
    ],
)
def test_docstrings_in_rest(text, rest):
    assert api_reference.in_rest(text) == rest


def test_fields_are_explained_by_their_comments():
    assert api_reference.commented(snnref.amos.Unit)[-1] == ("name", "of the function")
