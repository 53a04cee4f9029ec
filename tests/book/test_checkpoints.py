"""Checkpoints: what the directive makes of them, whether their answers are right, and the forms in a real browser."""

import importlib
import re
import sys
from html.parser import HTMLParser

import nbformat
import numpy as np
import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

import snnref
from snnref import sigma_delta as sd
from snnref import tdsnn as td
from snnref.figures import CHAPTERS, amos, convert, rate, tdsnn, vocabulary

sys.path.append("book/_ext")
checkpoint = importlib.import_module("checkpoint")

START = re.compile(r"^:::\{checkpoint\} ", re.M)
CHOICE = """:::{checkpoint} Is $r > 1$?
- [ ] Yes. :: No rate is
  above $1$.
- [x] No, *never*.

Since $r \\le 1$.
:::
"""
NUMBER = """:::{checkpoint} How many?
:value: snnref.figures.vocabulary.fire(0.3125, steps=40)[0].sum()
:tolerance: 0.25
:unit: spikes

- 5 / 2 :: Too *few*.

For $z$.
:::
"""


class Elements(HTMLParser):
    """The checkpoints of a page by their attributes; all tags, and the text inside checkpoints."""

    def __init__(self, text):
        super().__init__()
        self.found, self.tags, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes.get("class", ""), attributes.get("data-answer")))
        if attributes.get("class") == "snn-checkpoint":
            self.found.append(attributes)

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def build(tmp_path):
    """The page that Sphinx makes of some Markdown, and its warnings."""

    def make(text):
        source, out = tmp_path / "source", tmp_path / "out"
        source.mkdir(exist_ok=True)
        (source / "index.md").write_text(f"# Title\n\n{text}", encoding="utf-8")
        settings = {
            "extensions": ["myst_parser", "checkpoint"],
            "myst_enable_extensions": ["colon_fence", "dollarmath"],
            "html_theme": "basic",
        }
        warnings = (tmp_path / "warnings").open("w+", encoding="utf-8")
        with docutils_namespace(), warnings:
            app = Sphinx(source, None, out, out, "html", settings, status=None, warning=warnings, freshenv=True)
            app.build(force_all=True)
            warnings.seek(0)
            said = warnings.read()
        return (out / "index.html").read_text(encoding="utf-8"), said

    return make


def test_a_choice(build):
    page, warnings = build(CHOICE)
    elements = Elements(page)
    assert warnings == ""
    assert elements.found == [{"class": "snn-checkpoint", "data-right": "1"}]
    assert [tag for tag in elements.tags if tag[0] == "li" and tag[2]] == [("li", "", "0")]  # feedback of the wrong one
    assert "No rate is above" in elements.text
    assert page.count('class="math') == 3  # in the question, an option's feedback and the explanation
    assert page.count("<em>never</em>") == 2  # the option, and the answer
    assert page.index("<summary>") < page.index("Since")  # folded
    assert "<form" not in page[page.index("snn-checkpoint") : page.index("</details>")]  # the script makes it


def test_a_number(build):
    page, warnings = build(NUMBER)
    elements = Elements(page)
    assert warnings == ""
    known = {"data-value": "12.0", "data-tolerance": "0.25", "data-unit": "spikes"}
    assert elements.found == [{"class": "snn-checkpoint", **known}]
    assert [tag[2] for tag in elements.tags if tag[2]] == ["2.5"]
    assert "12 spikes" in elements.text
    assert "<em>few</em>" in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (CHOICE.replace("[x]", "[ ]").replace("*.", "* :: b"), "got 0 right of 2 options, expected one"),
        (CHOICE.replace("[ ]", "[x]"), "got 2 right of 2 options"),
        (CHOICE.replace("[ ] ", ""), "option 'Yes.' has no brackets"),
        (CHOICE.replace(" ::", ""), "has no brackets, or no feedback"),
        (CHOICE.replace("- [x]", "-[x]"), "in the list, expected '- \\[ \\] option :: feedback'"),
        (CHOICE.replace("\nSince $r \\le 1$.\n", ""), "has no explanation"),
        (CHOICE.replace("?\n", "?\n:unit: steps\n\n", 1), "got unit without a value"),
        (CHOICE.replace("?\n", "?\n:value: 3\n\n", 1), "got a value and options, expected one of them"),
        (":::{checkpoint} Who?\n\nNobody.\n:::\n", "has neither options"),
        (NUMBER.replace("vocabulary.fire", "vocabulary.burn"), "could not be computed: AttributeError"),
        (NUMBER.replace("snnref.fig", "float('inf') + snnref.fig"), "inf is not a finite number"),
        (NUMBER.replace("5 / 2", "five"), "'five' could not be computed: NameError"),
        (NUMBER.replace("5 / 2", "12.2"), "hint '12.2' cannot be told from the value"),
        (NUMBER.replace(" :: Too *few*.", ""), "hint '5 / 2' has no feedback"),
    ],
)
def test_errors_name_question_and_place(build, given, said):
    page, warnings = build(given)
    assert re.search(said, warnings), warnings
    assert "index.md:3" in warnings
    assert 'class="snn-checkpoint"' not in page


@pytest.mark.parametrize(
    ("value", "text"), [(67776.0, "67,776"), (-15.0, "−15"), (0.6875, "0.6875"), (6.0496, "6.05"), (-1 / 3, "−0.3333")]
)
def test_numbers_as_they_are_shown(value, text):
    assert checkpoint.shown(value) == text


def source(chapter):
    cells = nbformat.read(f"book/{chapter}.ipynb", as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


@pytest.fixture(scope="module")
def carried(html):
    """The checkpoints of each chapter's page."""
    return {chapter: Elements((html / f"{chapter}.html").read_text(encoding="utf-8")).found for chapter in CHAPTERS}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_has_some(chapter):
    text = source(chapter)
    before, _, after = text.partition("## Check yourself")
    assert 3 <= len(START.findall(after)) <= 4
    assert 1 <= len(START.findall(before)) <= 2  # behind the figure that they are about
    assert ":class: dropdown" not in text


def test_pages_have_them_and_load_the_script(carried, html):
    for chapter, found in carried.items():
        assert len(found) == len(START.findall(source(chapter))), chapter
        assert 'src="live/live.js?' in (html / f"{chapter}.html").read_text(encoding="utf-8")


def test_numbers_in_the_pages_are_what_the_package_computes(carried):
    numbers = 0
    for chapter in CHAPTERS:
        importlib.import_module(f"snnref.figures.{chapter}")
    for chapter, found in carried.items():
        expressions = re.findall(r"^:value: (.*)", source(chapter), re.M)
        values = [float(attributes["data-value"]) for attributes in found if "data-value" in attributes]
        again = [float(eval(expression, {"np": np, "snnref": snnref})) for expression in expressions]
        assert values == pytest.approx(again, rel=1e-9), chapter
        numbers += sum("snnref" in expression for expression in expressions)
    assert numbers >= 8


def percent(text, pattern):
    return [float(found) for found in re.findall(pattern, text)]


def test_right_options_of_vocabulary_and_rate():
    spikes, potentials = vocabulary.fire(1.7, steps=10)
    assert spikes.all()
    assert potentials[-1] == pytest.approx(7)

    def best(steps):
        shares = np.arange(95, 100.01, 0.5)
        captions = [rate.percentile(layer="relu2", percent=share, steps=steps).caption for share in shares]
        return shares[np.argmin([sum(percent(c, r"loses ([\d.]+) %")) for c in captions])]

    assert 97 <= best(25) <= 99 < best(200)
    passed, sent = percent(rate.gate(pooling="filter").caption, r"(\d+)(?: spikes pass|\.? The other rules)")
    assert passed > sent


def test_right_options_of_codes_of_time():
    bright, dim = snnref.ttfs.first_spike(np.array([0.8, 0.4]), t_max=20)
    assert (20 - bright, bright, dim) == (2 * (20 - dim), 4, 12)
    net, calibration, *_ = snnref.figures.digits.digits()
    plain = snnref.ttfs.convert(net, calibration, t_max=16)
    doubled = {layer: 2 * u for layer, u in snnref.ttfs.thresholds(plain).items()}
    twice = snnref.ttfs.convert(net, calibration, t_max=16, threshold=doubled)
    factors = [float(twice.scales[k] / plain.scales[k]) for k in ("relu1", "relu2", "relu3")]
    assert factors == pytest.approx([2, 4, 8])
    for end in (10.0, 15.0):
        tick = td.tick_weight(np.array(end), leak=5.0)
        potential = -np.array([0.5, 4.0, 20.0]) * np.exp(-end / 5)
        assert td.firing_time(potential, tick=tick, leak=5.0).tolist() == [3, 9, 16]
    some = [tdsnn.leak_constant(leak=leak).caption.replace(",", "") for leak in (5.0, 10.0)]
    additions, multiplications, steps = (
        percent(" ".join(some), rf"([\d.]+) {what}") for what in ("additions", "multiplications", "steps on")
    )
    assert additions[1] / additions[0] < 1.02
    assert min(multiplications[1] / multiplications[0], steps[1] / steps[0]) > 1.7


@pytest.mark.parametrize(
    ("quantiser", "sent"), [("hysteresis", [0, 1, 0, -1]), ("floor", [0, 1, -1, 0]), ("round", [1, 0, 0, -1])]
)
def test_options_of_sigma_delta(quantiser, sent):
    n, found = 0.0, []
    for v in (0.7, 1.4, 0.7, 0.0):
        found.append(float(sd.follow(v, n, quantiser=quantiser, rule="one")))
        n += found[-1]
    assert found == sent


def test_right_options_of_amos_and_conversion():
    assert percent(amos.bit_by_bit(x=0.7, K=4).caption, r"bits (\d+)") == [1011]
    found = {
        code: convert.calibrated(code=code, calibration="pixels from 0 to 16").caption
        for code in ("rate", "TTFS", "ΣΔ", "TDSNN", "AMOS")
    }
    agreement = {code: percent(caption, r"(\d+)% of")[0] for code, caption in found.items()}
    assert agreement.pop("TDSNN") == 100
    assert max(agreement.values()) < 80


def asked(page, text):
    """The checkpoint whose question contains a text, once the script has made a form of it."""
    element = page.locator(".snn-checkpoint", has_text=text)
    element.locator("form").wait_for()
    return element


def says(element, text):
    element.locator("[role=status]", has_text=text).wait_for()


@pytest.mark.timeout(300)
@pytest.mark.flaky(reruns=1)
def test_checkpoints_in_a_browser(site, browser):
    page = browser.page(f"{site}sigma_delta.html")
    choice = asked(page, "What does it send after each?")
    assert choice.get_by_role("group").locator("legend").inner_text().startswith("1. A neuron receives")
    choice.get_by_role("button", name="Check").click()
    says(choice, "Choose an answer first.")
    choice.get_by_label("nothing, +1, nothing, nothing").check()
    choice.get_by_role("button", name="Check").click()
    says(choice, "Not that one. So it is with")
    choice.locator("[role=status] mjx-container").first.wait_for()  # its mathematics is set
    assert choice.locator("details").get_attribute("open") is None
    choice.get_by_label("nothing, +1, nothing, −1").check()
    assert choice.locator("[role=status]").inner_text() == ""
    choice.get_by_role("button", name="Check").click()
    says(choice, "Right.")
    assert choice.get_by_text("it takes the spike back", exact=False).is_visible()

    number = asked(page, "How many spikes, of either sign")
    for given, answer in {
        "": "Write a number first.",
        "four": "“four” is not a number. Write 0.5",
        "4": "Not 4. Four levels up",
        "100": "Not 100: that is too large.",
        "-1": "Not -1: that is too small.",
        "8 spikes": "Right.",
    }.items():
        number.get_by_label("Your answer").fill(given)
        number.get_by_label("Your answer").press("Enter")  # no mouse
        says(number, answer)
    assert page.complaints == []

    page = browser.page(f"{site}amos.html")
    number = asked(page, "What does the unit say")
    for given, right in {"11/16": True, "0,6875": True, ".6880": True, "0.69": False, "−0.6875": False}.items():
        number.get_by_label("Your answer").fill(given)
        number.get_by_role("button", name="Check").click()
        says(number, "Right." if right else "Not ")
    choice = asked(page, "time not part of this code")
    choice.get_by_role("radio").first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    says(choice, "Right.")
    assert page.complaints == []


@pytest.mark.timeout(300)
@pytest.mark.flaky(reruns=1)
def test_numbers_as_readers_write_them(site, browser):
    page = browser.page(f"{site}index.html")
    written = {
        "12": [12],
        " .5 ": [0.5],
        "0,5": [0.5],
        "1/2": [0.5],
        "-3 / 4 steps": [-0.75],
        "−15": [-15],
        "67,776": [67776, 67.776],
        "1e-3": [0.001],
        "1/0": [],
        "x": [],
        "1 2 3,4,5": [],
        "": [],
    }
    read = """async ([site, texts]) => {
        const { readings } = await import(`${site}live/checkpoint.js`);
        return texts.map((text) => readings(text));
    }"""
    assert page.evaluate(read, [site, list(written)]) == list(written.values())


@pytest.mark.timeout(300)
@pytest.mark.flaky(reruns=1)
def test_without_javascript_answers_are_folded_and_readable(site, browser):
    page = browser.page("about:blank")
    page.context.new_cdp_session(page).send("Emulation.setScriptExecutionDisabled", {"value": True})
    page.goto(f"{site}sigma_delta.html")
    element = page.locator(".snn-checkpoint", has_text="What does it send after each?")
    assert element.locator("form, input, button").count() == 0
    assert element.locator(".snn-options > li").all_inner_texts()[2] == "nothing, +1, nothing, −1"
    explanation = element.get_by_text("it takes the spike back")
    assert not explanation.is_visible()
    element.locator("summary").click()
    assert explanation.is_visible()
    assert element.locator(".snn-others").get_by_text("That is rounding down").is_visible()
