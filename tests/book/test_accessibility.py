"""Every built page as axe-core sees it (https://github.com/dequelabs/axe-core), wide and light, narrow and dark."""

from pathlib import Path

import pytest

pytestmark = [pytest.mark.timeout(900), pytest.mark.flaky(reruns=2)]

AXE = Path(".cache/live/node_modules/axe-core/axe.min.js")  # fetched with the rest by book/live/assets.py
GRAVE = ("moderate", "serious", "critical")
READY = """() => [...document.querySelectorAll(".snn-explore")].every((e) => e.dataset.state === "ready")"""
SCROLLED = """() => [...document.querySelectorAll("pre, .pst-scrollable-table-container")].every((e) =>
    e.tabIndex === 0 || (e.scrollWidth <= e.clientWidth && e.scrollHeight <= e.clientHeight))"""  # the theme has looked
RUN = """async (grave) => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    const say = ({ impact, id, help, nodes }) =>
        [`${impact} ${id}: ${help}`, ...nodes.slice(0, 9).map((n) => n.html.slice(0, 200))].join("\\n    ");
    return violations.filter((v) => grave.includes(v.impact)).map(say);
}"""


@pytest.fixture
def violations(needs):
    """What axe-core finds on a page."""
    needs(AXE.exists(), "axe-core is not there (make book fetches it)")

    def find(page):
        page.add_script_tag(path=AXE)
        return page.evaluate(RUN, GRAVE)

    return find


def opened(browser, address, *, scheme, width):
    """A page with all its figures live."""
    page = browser.page(address, scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.set_default_timeout(90_000)
    for figure in page.locator(".snn-explore").all():
        figure.scroll_into_view_if_needed()
    page.wait_for_function(READY)
    page.wait_for_function(SCROLLED)
    return page


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing(site, html, browser, violations, scheme, width):
    """No page asks another site for anything while that."""
    for file in sorted(html.glob("*.html")):
        page = opened(browser, f"{site}{file.name}", scheme=scheme, width=width)
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        found = violations(page)
        assert not found, "\n".join([file.name, *found])
        assert page.complaints == [], file.name
        page.close()
    assert browser.foreign_requests(site) == set()


WRONG = {
    "label": "<input>",
    "image-alt": "<img src='_static/logo.svg'>",
    "color-contrast": "<p style='color: #ccc; background: #fff'>too pale</p>",
    "button-name": "<button></button>",
    "heading-order": "<h5>a heading out of order</h5>",
}


def test_axe_would_find_it(site, browser, violations):
    """The negative control."""
    page = opened(browser, f"{site}index.html", scheme="light", width=1280)
    page.locator("article").evaluate("(e, html) => e.insertAdjacentHTML('beforeend', html)", "".join(WRONG.values()))
    assert {text.split()[1].rstrip(":") for text in violations(page)} == set(WRONG)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_icons_are_drawn_by_the_font(site, browser, scheme):
    """Every icon that is shown has a glyph of the theme's font, as wide as high, in a colour that can be seen."""
    page = browser.page(f"{site}rate.html", scheme=scheme)
    page.evaluate("document.fonts.ready")
    assert page.evaluate("[...document.fonts].some((f) => /Awesome/.test(f.family) && f.status === 'loaded')")
    icons = page.locator("i[class*='fa-'], span[class*='fa-']").filter(visible=True)
    assert icons.count() >= 6  # menu, search, download, full screen, theme, contents
    for icon in icons.all():
        letter, family = icon.evaluate(
            "e => { const s = getComputedStyle(e, '::before'); return [s.content, s.fontFamily]; }"
        )
        assert len(letter) == 3, icon  # one letter, in quotation marks
        assert "Awesome" in family
        assert icon.evaluate("e => e.closest('[aria-hidden=true]') !== null")
    assert page.locator("script[src*=fontawesome]").count() == 0


def test_the_keyboard_is_seen(site, browser):
    """From the first Tab on, each element with the focus is marked; the first leads past the menu."""
    page = opened(browser, f"{site}vocabulary.html", scheme="light", width=1280)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.locator(".snn-explore input").first.focus()
    marked = """() => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
        return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
    }"""
    for _ in range(4):
        page.keyboard.press("Tab")
        assert page.evaluate(marked), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


def test_on_paper_there_are_pictures_and_no_controls(site, browser):
    """Printed from a dark page: dark ink, figures as drawn, without what only a screen needs."""
    page = opened(browser, f"{site}vocabulary.html", scheme="dark", width=1280)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert page.locator(".snn-explore svg").first.is_visible()
    assert page.locator(".snn-explore form").filter(visible=True).count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_no_motion_for_who_wants_none(site, browser):
    page = browser.page(f"{site}vocabulary.html")
    page.emulate_media(reduced_motion="reduce")
    moving = """() => [...document.querySelectorAll("*")].filter((e) => {
        const { transitionDuration, animationName } = getComputedStyle(e);
        return animationName !== "none" || transitionDuration.split(", ").some((d) => parseFloat(d) > 0.01);
    }).map((e) => e.outerHTML.slice(0, 100))"""
    assert page.evaluate(moving) == []
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
