"""The formulas of the built pages are set, some at a time: in between, the page answers."""

import pytest

pytestmark = [pytest.mark.timeout(300), pytest.mark.flaky(reruns=1)]


@pytest.mark.parametrize("pages", ["tdsnn.html", pytest.param("*.html", marks=pytest.mark.slow)])
def test_every_formula_is_set(site, browser, html, pages):
    """None is left as it was written, and none is an error."""
    for file in html.glob(pages):
        written = file.read_text(encoding="utf-8").count('class="math')
        if not written:
            continue
        page = browser.page(f"{site}{file.name}")
        page.wait_for_function("() => window.MathJax?.startup?.promise")
        page.evaluate("() => MathJax.startup.promise.then(() => 0)")
        formulas = page.locator(".math")
        assert formulas.count() >= written
        assert page.locator(".math:not(:has(mjx-container))").count() == 0, file.name
        assert page.locator("mjx-merror").count() == 0, file.name
        assert page.complaints == []
        page.close()


def test_the_page_answers_while_formulas_are_set(site, browser):
    """Other tasks have their turn between the first formula and the last."""
    page = browser.page(f"{site}index.html")
    page.add_init_script("""
        window.turns = new Set();
        let tick = 0;
        const next = () => { tick += 1; setTimeout(next); };
        next();
        new MutationObserver((changes) => {
            const set = changes.some((c) => [...c.addedNodes].some((n) => n.nodeName === "MJX-CONTAINER"));
            if (set) window.turns.add(tick);
        }).observe(document, { childList: true, subtree: true });
    """)
    page.goto(f"{site}tdsnn.html")
    page.evaluate("() => MathJax.startup.promise.then(() => 0)")
    formulas = page.locator("mjx-container").count()
    assert formulas > 100
    assert page.evaluate("window.turns.size") > formulas / 32
