"""The built pages where no script runs: whole texts, still pictures, folded answers, and a way around."""

import pytest

pytestmark = [pytest.mark.timeout(300), pytest.mark.flaky(reruns=1)]


@pytest.mark.parametrize("pages", ["[itv]*.html", pytest.param("*.html", marks=pytest.mark.slow)])
def test_no_page_shows_what_does_nothing(site, html, still_browser, pages):
    """No control, no empty box; every picture is there, and says what it shows."""
    for file in html.glob(pages):
        page = still_browser.page(f"{site}{file.name}")
        assert page.locator("main h1").filter(visible=True).count() == 1, file.name
        controls = page.locator("button, input, select, textarea, [role=button]").filter(visible=True)
        assert controls.evaluate_all("all => all.map((e) => e.outerHTML.slice(0, 200))") == [], file.name
        pictures = page.locator("article img").filter(visible=True)
        assert pictures.evaluate_all("all => all.every((e) => e.alt && e.complete && e.naturalWidth > 0)"), file.name
        parts = page.locator("article [class*=snn-]").filter(visible=True)
        empty = "all => all.filter((e) => !e.innerText.trim() && !e.querySelector('img')).map((e) => e.outerHTML)"
        assert parts.evaluate_all(empty) == [], file.name
        page.close()


def test_a_chapter_can_be_read(site, still_browser):
    page = still_browser.page(f"{site}vocabulary.html")
    for figure in page.locator(".snn-explore").all():
        assert figure.locator("img").is_visible()
        assert len(figure.locator("figcaption").inner_text()) > 40
    formula = page.locator(".math").first
    assert formula.is_visible()
    assert formula.inner_text().startswith((r"\(", r"\["))  # formulas stay TeX
    answer = page.locator("details").first
    assert not answer.locator(":scope > :not(summary)").first.is_visible()
    answer.locator("summary").click()
    assert answer.locator(":scope > :not(summary)").first.is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_menu_leads_to_every_chapter(site, still_browser, width):
    page = still_browser.page(f"{site}index.html")
    page.set_viewport_size({"width": width, "height": 900})
    menu = page.get_by_role("navigation", name="Main")
    assert menu.get_by_role("link").count() > 10
    menu.get_by_role("link", name="Rate coding").click()
    assert page.url.endswith("/rate.html")
    page.get_by_role("link", name="Time to first spike").last.click()
    assert page.url.endswith("/ttfs.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_colours_are_those_of_the_theme(site, still_browser):
    """They are defined for a theme that a script usually chooses."""
    page = still_browser.page(f"{site}index.html")
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--pst-color-text-base')")
