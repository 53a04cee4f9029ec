"""Code boxes in a real browser: what they run, show and keep."""

import json
import re
from pathlib import Path

import nbformat
import pytest

pytestmark = [pytest.mark.timeout(600), pytest.mark.flaky(reruns=1)]

EXAMPLES = sorted(path.stem for path in Path("book/examples").glob("*.py"))
CHAPTERS = ("rate", "ttfs", "sigma_delta", "tdsnn", "amos")
RUN = 240_000  # milliseconds that a run may take on a busy machine


class Box:
    """The first code box of a page."""

    def __init__(self, page, *states):
        self.page, self.root = page, page.locator(".snn-code").first
        self.root.scroll_into_view_if_needed()
        self.editor = self.root.locator(".cm-content")
        self.editor.wait_for()
        self.state(*(states or ["waiting"]))

    def state(self, *states, timeout=RUN):
        self.page.wait_for_function(
            "states => states.includes(document.querySelector('.snn-code').dataset.state)",
            arg=list(states),
            timeout=timeout,
        )

    def press(self, name):
        self.root.get_by_role("button", name=name).click()

    @property
    def text(self):
        return "\n".join(self.root.locator(".cm-line").all_text_contents())

    @property
    def status(self):
        return self.root.get_by_role("status").inner_text()

    def write(self, source):
        self.editor.focus()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def run(self, source=None):
        """What came out, as [kind, text]."""
        if source is not None:
            self.write(source)
        self.press("Run")
        self.state("done", "failed")
        return self.sent

    @property
    def sent(self):
        return self.root.locator(".snn-output").evaluate(
            "log => [...log.children].map(e => [e.className, e.snnref ? JSON.stringify(e.snnref) : e.textContent])"
        )


@pytest.fixture
def playground(site, browser):
    return Box(browser.page(f"{site}playground.html"))


@pytest.fixture(scope="module")
def open_playground(site, new_browser):
    """The playground, opened once, for tests that only run code in it."""
    browser = new_browser()
    yield browser.page(f"{site}playground.html")
    browser.context.close()


@pytest.fixture
def used_playground(open_playground):
    open_playground.complaints.clear()
    return Box(open_playground, "waiting", "done", "failed", "stopped")


def shown(sent):
    """The same of what the page shows and of what was sent here: a figure by its caption, which has the numbers."""
    found = []
    for kind, text in sent:
        figure = kind in ("figure", "snn-drawn")
        found.append(("figure", json.loads(text)["caption"]) if figure else (kind, text))
    return found


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_runs_here(run_here, name, capsys):
    """And prints the same as any Python program."""
    source = Path(f"book/examples/{name}.py").read_text(encoding="utf-8")
    whole, sent = run_here(source)
    assert whole, sent
    assert sent[-1][0] in ("stdout", "value", "figure")
    exec(compile(source, name, "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out == "".join(text for kind, text in sent if kind == "stdout")


def test_every_example_answers_in_the_page_as_here(used_playground, run_here):
    box, choice = used_playground, used_playground.root.get_by_label("Example")
    assert sorted(choice.locator("option").evaluate_all("all => all.map(o => o.value)")) == EXAMPLES
    for name in EXAMPLES:
        source = Path(f"book/examples/{name}.py").read_text(encoding="utf-8")
        choice.select_option(name)
        assert box.text == source.rstrip("\n")
        sent = box.run()
        assert box.root.get_attribute("data-state") == "done", (name, sent)
        assert shown(sent) == shown(run_here(source)[1]), name
        figures = [json.loads(text) for kind, text in sent if kind == "snn-drawn"]
        panels = sum(len(row) for figure in figures for row in figure["rows"])
        box.page.wait_for_function(
            "n => document.querySelectorAll('.snn-output .snn-panel > svg').length === n", arg=panels
        )
    assert box.page.complaints == []


def test_output_comes_while_the_code_runs_and_an_endless_loop_is_stopped(used_playground):
    box = used_playground
    box.write("print('begun')\nwhile True:\n    pass")
    box.press("Run")
    box.page.wait_for_function("document.querySelector('.snn-output').textContent === 'begun\\n'", timeout=RUN)
    assert box.root.get_attribute("data-state") == "running"
    box.press("Stop")
    box.state("stopped")
    assert "anew" in box.status
    assert box.run("1 + 1") == [["value", "2"]]
    assert box.page.complaints == []


def test_errors_name_the_line(used_playground):
    ((kind, text),) = used_playground.run("def f(x):\n    return 1 / x\n\n\nf(0)")
    assert used_playground.root.get_attribute("data-state") == "failed"
    assert kind == "error"
    lines = [line for line in text.splitlines() if "^" not in line and "~" not in line]
    assert lines == [
        "Traceback (most recent call last):",
        '  File "your code", line 5, in <module>',
        "    f(0)",
        '  File "your code", line 2, in f',
        "    return 1 / x",
        "ZeroDivisionError: division by zero",
    ]
    ((kind, text),) = used_playground.run("x = 1\nx ==")
    assert '  File "your code", line 2\n' in text
    assert text.endswith("SyntaxError: invalid syntax\n")
    ((_, text),) = used_playground.run("input()")
    assert text.endswith("RuntimeError: input() cannot ask anything here: write the value into the code\n")
    ((_, text),) = used_playground.run("import scipy")
    assert "NumPy and snnref, and nothing else" in text
    assert "micropip" not in text


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    return f()\n\n\nf()",
        pytest.param("x = []\nwhile True:\n    x.append(bytes(10**8))", marks=pytest.mark.slow),
    ],
)
def test_no_room_left_is_told_and_run_works_again(playground, source):
    ((kind, text),) = playground.run(source) or [["", ""]]
    assert playground.root.get_attribute("data-state") == "failed"
    assert re.search("RecursionError|MemoryError", text) if kind else "Python broke down" in playground.status
    assert playground.run("1 + 1") == [["value", "2"]]


def test_much_output_is_cut(used_playground):
    ((kind, text),) = used_playground.run("for i in range(60_000):\n    print('xxxx')")
    assert kind == "stdout"
    assert text.endswith("More than 200,000 characters: what is shown from here on is left out.\n")
    assert len(text) < 200_200


def test_changes_are_kept_until_reset(playground):
    box, original = playground, playground.text
    assert box.root.get_by_role("button", name="Reset").get_attribute("aria-disabled") == "true"
    box.write("mine = 1")
    box.page.reload()
    box = Box(box.page)
    assert box.text == "mine = 1"
    assert "kept in this browser" in box.status
    box.root.get_by_label("Example").select_option("rate")  # has changes of its own
    assert box.text.startswith("# Rate coding")
    box.root.get_by_label("Example").select_option("front_door")
    assert box.text == "mine = 1"
    box.press("Reset")
    assert box.text == original
    box.page.reload()
    assert Box(box.page).text == original


def test_without_storage_the_box_works(site, browser):
    browser.context.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error(); }})")
    page = browser.context.new_page()
    page.goto(f"{site}playground.html")
    box = Box(page)
    box.write("2 + 2")
    assert box.run() == [["value", "4"]]


def test_a_link_carries_the_code(playground, site, browser):
    """Also characters beyond ASCII; it does not run by itself, and gives way to the changes that follow."""
    box, original = playground, playground.text
    box.root.get_by_label("Example").select_option("rate")
    code = "θ = 'λ — 🧠'\nprint(θ)\n" + "# a comment\n" * 50 + "θ"
    box.write(code)
    box.page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    box.press("Copy link")
    box.page.wait_for_function("window.copied")
    link = box.page.evaluate("window.copied")
    assert link.startswith(f"{site}playground.html#code=playground.rate,z")
    assert len(link) < 300  # deflated
    assert "Link copied" in box.status

    box.page.evaluate("localStorage.clear()")
    page = browser.page(link)
    other = Box(page)
    page.wait_for_function("document.querySelector('.snn-code [role=status]').textContent.includes('with the link')")
    assert other.text == code
    assert other.root.get_by_label("Example").input_value() == "rate"
    assert other.sent == []
    assert other.root.get_attribute("data-state") == "waiting"
    assert other.run() == [["stdout", "λ — 🧠\n"], ["value", "'λ — 🧠'"]]
    other.write("changed = 1")
    page.wait_for_function("!location.hash")
    page.reload()
    other = Box(page)
    assert other.text == original
    other.root.get_by_label("Example").select_option("rate")
    assert other.text == "changed = 1"
    assert page.complaints == []


def test_a_link_does_not_take_away_what_was_written(playground):
    """Until that which came with it is changed."""
    box, page = playground, playground.page
    box.write("mine = 1")
    page.evaluate("location.hash = 'code=playground.front_door,u' + btoa('theirs = 1').replaceAll('=', '')")
    page.wait_for_function("document.querySelector('.cm-content').textContent === 'theirs = 1'")
    assert "What you wrote here before is kept until you change this." in box.status
    page.goto(page.url.split("#")[0])
    page.reload()
    assert Box(page).text == "mine = 1"


def test_a_damaged_link_is_said(site, browser):
    page = browser.page(f"{site}playground.html#code=playground,zAAAA")
    Box(page)
    page.wait_for_function("document.querySelector('.cm-content').textContent.includes('The link is damaged')")
    assert page.complaints == []


def test_each_example_has_its_own_history(playground):
    box, first = playground, playground.text
    box.root.get_by_label("Example").select_option("rate")
    second = box.text
    box.editor.focus()
    for _ in range(3):
        box.page.keyboard.press("Control+z")
    assert box.text == second
    box.root.get_by_label("Example").select_option("front_door")
    assert box.text == first


def test_keyboard(playground):
    """Tab goes past an editor in which nothing was typed; else it indents, and Escape gives it back."""
    page, box = playground.page, playground
    focused = "document.activeElement.textContent"
    before = box.text
    box.root.get_by_label("Example").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Playground"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Run"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    assert box.text == before
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("if True:\n")
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    assert box.text.startswith("if True:\n    ")
    page.keyboard.type("print(3)")
    page.keyboard.press("Control+Enter")
    box.state("done")
    assert box.sent == [["stdout", "3\n"]]
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Run"
    described = box.editor.get_attribute("aria-describedby")
    assert "Escape, then Tab leaves" in page.locator(f"#{described}").inner_text()


@pytest.mark.slow
def test_figures_of_the_page_live_on_while_code_never_ends(site, browser):
    page = browser.page(f"{site}rate.html")
    box = Box(page)
    box.write("while True:\n    pass")
    box.press("Run")
    box.state("running")
    figure = page.locator(".snn-explore").first
    figure.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.snn-explore').dataset.state === 'ready'", timeout=RUN)
    box.press("Stop")
    box.state("stopped")


def exercise(chapter):
    """The code in the box of a chapter's exercise, and the solution, which stands in the next cell."""
    cells = nbformat.read(f"book/{chapter}.ipynb", as_version=4).cells
    (at,) = [i for i, cell in enumerate(cells) if "{live-code}" in cell.source]
    code = re.search(r"```\{live-code\}\n(?::[^\n]*\n)+\n(.*?)\n```", cells[at].source, re.DOTALL)[1]
    solution = cells[at + 1].source.partition("\n\n\nprint(")[0]
    name = re.match(r"def (\w+)", solution)[1]
    return code, f'import numpy as np\nimport snnref\n{solution}\nsnnref.check.neuron("{chapter}", {name})'


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_exercise(run_here, chapter):
    """The skeleton runs and is told the smallest counter-example; the solution agrees."""
    code, solved = exercise(chapter)
    whole, ((kind, text),) = run_here(code)
    assert whole
    assert kind == "value"
    assert text.startswith("differs: ")
    assert run_here(solved)[1][0][1].startswith("agrees with the reference in all ")


@pytest.mark.parametrize(
    "chapter", [CHAPTERS[0], *(pytest.param(chapter, marks=pytest.mark.slow) for chapter in CHAPTERS[1:])]
)
def test_exercise_in_the_page(site, browser, run_here, chapter):
    page = browser.page(f"{site}{chapter}.html")
    box = Box(page)
    for code in exercise(chapter):
        assert box.run(code) == run_here(code)[1]
    assert page.complaints == []


@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("light", 1280),
        ("dark", 390),
        pytest.param("dark", 1280, marks=pytest.mark.slow),
        pytest.param("light", 390, marks=pytest.mark.slow),
    ],
)
def test_box_fits_and_can_be_read(site, browser, violations, scheme, width):
    """No wider than the screen, and nothing that axe-core objects to, contrasts for one."""
    page = browser.page(f"{site}playground.html", scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    box = Box(page)
    box.run(
        "# said\nimport sys\n\n\ndef f(x):\n    print('a' * 500, file=sys.stderr)\n    print(1.5, True)\n\n\nf(1)\nf()"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []


def test_without_javascript_there_are_listings(site, still_browser):
    page = still_browser.page(f"{site}playground.html")
    examples = page.locator(".snn-example")
    assert examples.count() == len(EXAMPLES)
    examples.last.locator("summary").click()
    examples.last.locator("pre").wait_for()
    assert page.get_by_role("button", name="Run").count() == 0
