"""Every built page as axe-core sees it (https://github.com/dequelabs/axe-core), wide and light, narrow and dark."""

import pytest

from .watching import client

pytestmark = [pytest.mark.timeout(900), pytest.mark.flaky(reruns=1)]

READY = """() => {
    const all = (selector, made) => [...document.querySelectorAll(selector)].every(made);
    return all(".snn-explore", (e) => e.dataset.state === "ready")
        && all(".snn-code", (e) => e.classList.contains("snn-made"))
        && all(".snn-checkpoint", (e) => e.querySelector("form"));
}"""
SCROLLED = """() => [...document.querySelectorAll("pre, .pst-scrollable-table-container")].every((e) =>
    e.tabIndex === 0 || (e.scrollWidth <= e.clientWidth && e.scrollHeight <= e.clientHeight))"""  # the theme has looked


def opened(browser, address, *, scheme, width):
    """A page with all that is live on it."""
    page = browser.page(address, scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.set_default_timeout(90_000)
    for element in page.locator(".snn-explore, .snn-code").all():
        element.scroll_into_view_if_needed()
    page.wait_for_function(READY)
    page.wait_for_function(SCROLLED)
    return page


@pytest.mark.parametrize(
    ("scheme", "width", "pages"),
    [
        ("light", 1280, ("index", "vocabulary")),  # the landing page's figure, a chapter
        ("dark", 390, ("playground", "package")),  # code boxes, drawings that are no figures
        pytest.param("light", 1280, (), marks=pytest.mark.slow),
        pytest.param("dark", 390, (), marks=pytest.mark.slow),
    ],
)
def test_axe_finds_nothing(site, html, logging_browser, violations, scheme, width, pages):
    """Pages are as wide as the screen, and none complains, or asks another site for anything."""
    browser = logging_browser
    for file in [html / f"{name}.html" for name in pages] or sorted(html.glob("*.html")):
        page = opened(browser, f"{site}{file.name}", scheme=scheme, width=width)
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        assert page.evaluate("document.documentElement.scrollWidth") <= width, file.name
        found = violations(page)
        assert not found, "\n".join([file.name, *found])
        assert page.complaints == [], file.name
        page.close()
    assert browser.foreign_requests(site) == set()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), pytest.param("dark", 390, marks=pytest.mark.slow)])
def test_axe_finds_nothing_in_what_a_page_answers(site, browser, violations, scheme, width):
    """Every question answered; a figure that failed, after its link was copied."""
    page = opened(browser, f"{site}rate.html", scheme=scheme, width=width)
    for question in page.locator(".snn-checkpoint").all():
        for field in question.locator("input[type=text]").all():
            field.fill("1000")
        for option in question.locator("input[type=radio]").all()[:1]:
            option.check()
        question.get_by_role("button", name="Check").click()
    assert page.locator(".snn-checkpoint[data-state]").count() == page.locator(".snn-checkpoint").count()
    browser.context.route("**/live/**", lambda route: route.abort())
    page.evaluate("(address) => import(address).then(({ python }) => python.stop('gone'))", client(page))
    figure = page.locator(".snn-explore").first
    figure.locator("[type=range]").first.press("ArrowRight")
    figure.get_by_role("button", name="Copy link").click()
    figure.locator(".snn-note", has_text="ink").wait_for()
    figure.get_by_role("button", name="Try again").wait_for()
    assert violations(page) == []


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


MARKED = """() => {
    const outlined = (element) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
    };
    const { activeElement } = document; // what lies in it unseen is marked around it
    return [activeElement, activeElement.closest("label"), activeElement.closest(".snn-editor")]
        .some((element) => element && outlined(element));
}"""


@pytest.mark.parametrize(
    ("page", "first", "count"),
    [
        pytest.param("vocabulary", ".snn-explore input", 4, marks=pytest.mark.slow),
        ("index", ".snn-explore input:checked", 5),  # a sample, Clear, time, Play, Reset
        pytest.param("rate", ".snn-checkpoint input", 3, marks=pytest.mark.slow),
        ("playground", ".snn-code select", 6),  # editor, four buttons, output
    ],
)
def test_the_keyboard_is_seen(site, browser, page, first, count):
    """From the first Tab on, each element with the focus is marked; the first leads past the menu."""
    page = opened(browser, f"{site}{page}.html", scheme="light", width=1280)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.locator(first).first.focus()
    seen = []
    for _ in range(count):
        seen.append(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
        assert page.evaluate(MARKED), seen[-1]
        page.keyboard.press("Tab")
    assert len(set(seen)) == count


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
