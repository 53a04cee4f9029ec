"""The live pages in a real browser: the page's figures are those that Python computes here."""

import json
import random

import pytest
from described import draw_values, same

from snnref.figures import CHAPTERS, PAGES, describe

pytestmark = [pytest.mark.timeout(300), pytest.mark.flaky(reruns=2)]


def wait_for(page, index, state, values=None):
    """Scroll to figure `index`; until it is in a state, and has been drawn with some values."""
    page.locator(".snn-explore").nth(index).scroll_into_view_if_needed()
    page.wait_for_function(
        """([index, state, values]) => {
            const element = document.querySelectorAll(".snn-explore")[index];
            const used = element.snnref?.values ?? {};
            return element.dataset.state === state && Object.entries(values).every(([k, v]) => used[k] === v);
        }""",
        arg=[index, state, values or {}],
    )


def expected_marks(description):
    """How many elements a panel should show for each kind of mark that has any."""
    panels = []
    for panel in (panel for row in description["rows"] for panel in row):
        count = {}
        for mark in panel["marks"]:
            n = {"line": 1, "rule": 1, "cell": sum(map(len, mark.get("values", [])))}.get(mark["mark"]) or len(
                mark["x"]
            )
            kind = {"tick": "line", "rule": "line", "line": "path", "bar": "rect", "cell": "rect", "dot": "circle"}
            count[kind[mark["mark"]]] = count.get(kind[mark["mark"]], 0) + n
        panels.append({kind: n for kind, n in count.items() if n})
    return panels


def drawn(figure):
    """How many elements each panel shows, counted in the page, without axes and frame."""
    return figure.locator(".snn-panel > svg").evaluate_all("""drawings => drawings.map((drawing) => {
        const count = {};
        for (const group of drawing.querySelectorAll(":scope > g"))
            if (!/axis|text|frame/.test(group.getAttribute("aria-label") ?? ""))
                for (const shape of group.querySelectorAll("path, line, rect, circle"))
                    count[shape.tagName] = (count[shape.tagName] ?? 0) + 1;
        return count;
    })""")


def set_values(figure, values):
    for name, value in values.items():
        control = figure.locator(f"[name={name}]")
        if control.count() > 1:  # radio buttons
            figure.locator(f"[name={name}][value='{value}']").check(force=True)
            continue
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(str(value))


def test_every_slider_of_every_figure_is_live(site, browser):
    """Random values; the description in the page equals CPython's; nothing is asked of another site."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # shown when the test fails
    rng = random.Random(seed)
    for chapter in (*CHAPTERS, *PAGES):
        page = browser.page(f"{site}{chapter}.html")
        figures = page.locator(".snn-explore")
        assert figures.count() > 0
        for index in range(figures.count()):
            figure = figures.nth(index)
            spec = json.loads(figure.get_attribute("data-spec"))
            for _ in range(3):
                values = draw_values(spec["controls"], rng)
                set_values(figure, values)
                wait_for(page, index, "ready", values)
                theirs = figure.evaluate("e => e.snnref.figure")
                assert same(json.loads(describe(spec["name"], values).json()), theirs), (spec["name"], values)
                assert figure.locator("figcaption").inner_text() == theirs["caption"]
                assert drawn(figure) == expected_marks(theirs), (spec["name"], values)
        assert page.complaints == []
    assert browser.foreign_requests(site) == set()


def test_a_foreign_request_would_be_seen(site, browser):
    """The negative control: a page that asks another site, from itself and from a worker."""
    page = browser.page(f"{site}index.html")
    page.evaluate("""() => fetch("http://elsewhere.example/a").catch(() => 0)""")
    page.evaluate("""() => new Promise(done => {
        const code = "fetch('http://elsewhere.example/b').catch(() => 0).then(() => postMessage(0))";
        new Worker(URL.createObjectURL(new Blob([code]))).onmessage = done;
    })""")
    assert browser.foreign_requests(site) == {"http://elsewhere.example/a", "http://elsewhere.example/b"}


def test_many_moves_end_at_the_newest_value(site, browser):
    page = browser.page(f"{site}vocabulary.html")
    wait_for(page, 0, "ready")
    page.evaluate("""() => {
        const post = Worker.prototype.postMessage;
        window.asked = 0;
        Worker.prototype.postMessage = function (...message) { window.asked += 1; return post.apply(this, message); };
    }""")
    page.locator(".snn-explore").first.locator("[name=current]").evaluate(
        """input => {
            for (let i = 0; i <= 60; i++) {
                input.value = i / 64;
                input.dispatchEvent(new Event("input", { bubbles: true }));
            }
        }"""
    )
    wait_for(page, 0, "ready", {"current": 0.9375})
    assert page.evaluate("window.asked") <= 3  # not all 61 in a row


@pytest.mark.parametrize("missing", ["**/site.zip", "**/d3.min.js"])
def test_failure_is_said_and_can_be_mended(site, browser, missing):
    """Something does not arrive; then it does, and the button tries again."""
    browser.context.route(missing, lambda route: route.abort())
    page = browser.page(f"{site}vocabulary.html")
    wait_for(page, 0, "failed")
    figure = page.locator(".snn-explore").first
    assert "could not be computed" in figure.locator("[role=status]").inner_text()
    assert figure.locator("img").is_visible()  # the still picture stays
    browser.context.unroute(missing)
    figure.get_by_role("button", name="Try again").click()
    wait_for(page, 0, "ready")


def test_keyboard_moves_a_labelled_slider(site, browser):
    page = browser.page(f"{site}vocabulary.html")
    wait_for(page, 0, "ready")
    slider = page.get_by_label("threshold").first
    slider.focus()
    slider.press("ArrowRight")
    wait_for(page, 0, "ready", {"threshold": 1.0625})


def test_the_address_holds_the_settings(site, browser):
    """What was moved stands in the address; a link leads to the same state; Reset takes it back."""
    page = browser.page(f"{site}vocabulary.html")
    wait_for(page, 0, "ready")
    figure = page.locator(".snn-explore").first
    reset = figure.get_by_role("button", name="Reset")
    assert reset.is_disabled()
    assert "=" not in page.url
    figure.get_by_label("threshold").fill("1.5")
    figure.get_by_label("reset").select_option("zero")
    wait_for(page, 0, "ready", {"threshold": 1.5, "reset": "zero"})
    name = json.loads(figure.get_attribute("data-spec"))["name"]
    assert page.url.endswith(f"#{name}.threshold=1.5&{name}.reset=zero")

    another = browser.page(page.url)
    wait_for(another, 0, "ready", {"threshold": 1.5, "reset": "zero"})
    figure = another.locator(".snn-explore").first
    assert figure.get_by_label("threshold").input_value() == "1.5"
    figure.get_by_role("button", name="Reset").click()
    wait_for(another, 0, "ready", {"threshold": 1.0, "reset": "subtract"})
    assert "=" not in another.url
    another.evaluate("name => location.hash = `${name}.threshold=99&${name}.reset=never`", name)
    wait_for(another, 0, "ready", {"threshold": 2.0, "reset": "subtract"})  # the nearest that there is
    another.evaluate("location.hash = 'one-neuron'")  # an anchor
    assert figure.get_by_label("threshold").input_value() == "2"


def test_a_link_can_be_copied(site, browser):
    browser.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = browser.page(f"{site}vocabulary.html")
    wait_for(page, 0, "ready")
    figure = page.locator(".snn-explore").first
    figure.get_by_label("current").fill("0.5")
    figure.get_by_role("button", name="Copy link").click()
    figure.get_by_text("Link copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").endswith(".current=0.5")


def test_play_moves_a_slider_to_its_end(site, browser):
    page = browser.page(f"{site}vocabulary.html")
    index = page.locator(".snn-explore").evaluate_all("all => all.findIndex(e => JSON.parse(e.dataset.spec).play)")
    wait_for(page, index, "ready")
    figure = page.locator(".snn-explore").nth(index)
    slider = figure.get_by_label("steps")
    slider.fill("190")
    figure.get_by_role("button", name="Play steps").click()
    figure.get_by_role("button", name="Pause steps").wait_for()
    wait_for(page, index, "ready", {"steps": 200})
    figure.get_by_role("button", name="Play steps").wait_for()
    assert ".steps=200" in page.url
    figure.get_by_role("button", name="Play steps").click()  # from its beginning
    page.wait_for_function("slider => slider.value > 1 && slider.value < 100", arg=slider.element_handle())
    figure.get_by_role("button", name="Pause steps").click()
    at = int(slider.input_value())
    wait_for(page, index, "ready", {"steps": at})


def test_without_javascript_the_pictures_are_there(site, browser):
    browser.context.route("**/*.js", lambda route: route.abort())
    page = browser.page(f"{site}vocabulary.html")
    images = page.locator(".snn-explore img")
    assert images.count() == page.locator(".snn-explore").count()
    assert images.first.evaluate("image => image.naturalWidth") > 0
    assert page.locator(".snn-explore input").count() == 0


def test_figures_of_results_fit_their_page(site, browser):
    """They are drawn anew from their description, as wide as there is room; without a script the picture stays."""
    page = browser.page(f"{site}ttfs.html")
    page.set_viewport_size({"width": 390, "height": 800})
    figures = page.locator(".snn-figure")
    assert figures.count() == 3
    for index in range(figures.count()):
        figure = figures.nth(index)
        figure.scroll_into_view_if_needed()
        figure.locator(".snn-panel svg").first.wait_for(timeout=20_000)
        description = json.loads(figure.get_attribute("data-figure"))
        assert drawn(figure) == expected_marks(description)
        assert figure.locator("img").count() == 0
        assert 200 < figure.locator(".snn-panel svg").first.bounding_box()["width"] <= 390
        assert figure.locator("figcaption").inner_text() == description["caption"]
    assert page.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_captions_can_be_read(site, browser, scheme):
    """Text and what lies behind it differ enough (WCAG: a contrast of 4.5)."""
    page = browser.page(f"{site}vocabulary.html", scheme=scheme)
    for state in ("still", "live"):
        if state == "live":
            wait_for(page, 0, "ready")
        contrast = page.locator("figcaption").first.evaluate("""element => {
            const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
            const behind = (e) => {
                const color = numbers(getComputedStyle(e).backgroundColor);
                return color.length === 3 || color[3] > 0 ? color : behind(e.parentElement);
            };
            const linear = (c) => ((c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) + 0.05;
            const pair = [light(numbers(getComputedStyle(element).color)), light(behind(element))];
            return Math.max(...pair) / Math.min(...pair);
        }""")
        assert contrast > 4.5, state


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_fit_the_screen(site, browser, html, width):
    for file in html.glob("*.html"):
        page = browser.page(f"{site}{file.name}")
        page.set_viewport_size({"width": width, "height": 800})
        for index in range(page.locator(".snn-explore").count()):
            wait_for(page, index, "ready")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, file.name
        assert page.complaints == [], file.name
        page.close()
