"""The live pages in a real browser: the page's figures are those that Python computes here."""

import json
import random

import pytest
from described import draw_values, same

from snnref.figures import CHAPTERS, PAGES, describe

from .watching import drawn, expected_marks, set_values, wait_for

pytestmark = [pytest.mark.timeout(300), pytest.mark.flaky(reruns=1)]


@pytest.mark.parametrize(
    "pages", [("vocabulary",), pytest.param((*CHAPTERS, *PAGES), marks=pytest.mark.slow)], ids=["one chapter", "all"]
)
def test_every_slider_of_every_figure_is_live(site, logging_browser, pages):
    """Random values; the description in the page equals CPython's; nothing is asked of another site."""
    browser, seed = logging_browser, random.randrange(2**32)
    print(f"seed {seed}")  # shown when the test fails
    rng = random.Random(seed)
    for chapter in pages:
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
        page.close()
    assert browser.foreign_requests(site) == set()


def test_a_foreign_request_would_be_seen(site, logging_browser):
    """The negative control: a page that asks another site, from itself and from a worker."""
    page = logging_browser.page(f"{site}index.html")
    page.evaluate("""() => fetch("http://elsewhere.example/a").catch(() => 0)""")
    page.evaluate("""() => new Promise(done => {
        const code = "fetch('http://elsewhere.example/b').catch(() => 0).then(() => postMessage(0))";
        new Worker(URL.createObjectURL(new Blob([code]))).onmessage = done;
    })""")
    assert logging_browser.foreign_requests(site) == {"http://elsewhere.example/a", "http://elsewhere.example/b"}


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
    wait_for(another, 0, "starting")
    assert "Starting Python" in another.locator(".snn-explore .snn-status").first.inner_text()
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


@pytest.mark.slow
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
