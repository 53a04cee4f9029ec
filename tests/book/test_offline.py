"""Without a network: what was read can be read again, live; another version of the book replaces the old one whole."""

import json

import pytest
from described import same

from snnref.figures import describe

from .watching import set_values, wait_for

pytestmark = [pytest.mark.timeout(400), pytest.mark.flaky(reruns=1)]
KEPT = "() => document.documentElement.dataset.kept"


def read(browser, address):
    """A page whose first figure has answered, and that has been kept."""
    page = browser.page(address)
    wait_for(page, 0, "ready")
    page.wait_for_function(KEPT)
    return page


def answers(page, **values):
    """The first figure at some values is CPython's."""
    figure = page.locator(".snn-explore").first
    wait_for(page, 0, "ready")
    set_values(figure, values)
    wait_for(page, 0, "ready", values)
    used, theirs = figure.evaluate("e => [e.snnref.values, e.snnref.figure]")
    name = json.loads(figure.get_attribute("data-spec"))["name"]
    return same(json.loads(describe(name, used).json()), theirs)


def test_what_was_read_works_without_its_server(host, keeping_browser):
    page = read(keeping_browser, f"{host.site}vocabulary.html")
    page.goto(f"{host.site}teachers.html")  # has no figures
    host.stop()
    page.goto(f"{host.site}vocabulary.html")
    assert answers(page, current=0.28125)
    page.reload()
    assert answers(page, current=0.71875)
    assert page.locator("mjx-container").count() > 0  # formulas are set
    page.goto(f"{host.site}teachers.html")
    assert page.get_by_role("heading", name="Marking by machine").is_visible()
    page.goto(f"{host.site}amos.html")
    assert page.get_by_role("heading", name="This page needs a network").is_visible()
    page.get_by_role("link", name="vocabulary").click()
    assert answers(page, current=0.09375)
    host.start()
    page.goto(f"{host.site}amos.html")
    wait_for(page, 0, "ready")


@pytest.mark.slow
def test_a_visit_may_begin_at_the_root(host, keeping_browser):
    """The address without a file's name, with a search, or with a fragment is the same page."""
    page = read(keeping_browser, host.site)
    host.stop()
    for address in ("", "index.html", "index.html?highlight=spike", "#a-fragment"):
        page.goto("about:blank")
        page.goto(f"{host.site}{address}")
        assert page.locator(".snn-sheet, .snn-explore img").count() > 0, address
    wait_for(page, 0, "ready")


@pytest.mark.slow
def test_addresses_are_no_html(host, keeping_browser):
    """The list of kept pages holds names of files alone."""
    page = read(keeping_browser, f"{host.site}vocabulary.html")
    page.goto(f"{host.site}teachers.html?%3Cimg%20src=x%20onerror=alert(1)%3E.html")
    host.stop()
    page.goto(f"{host.site}amos.html")
    assert sorted(page.locator("li").all_inner_texts()) == ["teachers", "vocabulary"]
    assert page.locator("img").count() == 0


@pytest.mark.slow
def test_a_server_that_does_not_tell_its_version_takes_nothing_away(host, keeping_browser):
    page = read(keeping_browser, f"{host.site}vocabulary.html")
    _, before = cached(page)
    (host.html / "live/version.txt").unlink()
    page.goto(f"{host.site}teachers.html")
    assert page.get_by_role("heading", name="Marking by machine").is_visible()
    assert cached(page)[1].keys() == before.keys()
    host.stop()
    page.goto(f"{host.site}vocabulary.html")
    assert answers(page, current=0.28125)


def test_code_boxes_are_kept_too(host, keeping_browser):
    """A page without figures, from the first run on."""
    page = keeping_browser.page(f"{host.site}playground.html")
    run = page.get_by_role("button", name="Run")
    done = page.get_by_role("status").filter(has_text="Done")
    run.click()
    done.wait_for()
    page.wait_for_function(KEPT)
    host.stop()
    page.reload()
    run.click()
    done.wait_for()


def cached(page):
    """{address: text} of all that is kept, and the names of the caches."""
    return page.evaluate("""async () => {
        const files = {}, names = await caches.keys();
        for (const name of names)
            for (const request of await (await caches.open(name)).keys())
                files[request.url] = await (await caches.match(request)).text();
        return [names, files];
    }""")


@pytest.mark.slow
def test_another_version_replaces_the_old_one_whole(host, keeping_browser):
    page = read(keeping_browser, f"{host.site}vocabulary.html")
    (old,), _ = cached(page)
    host.replace("live/draw.js", (host.html / "live/draw.js").read_bytes() + b"// newer\n")
    host.replace("live/live.css", (host.html / "live/live.css").read_bytes() + b"/* newer */\n")
    page.reload()
    wait_for(page, 0, "ready")
    page.wait_for_function(KEPT)
    (new,), files = cached(page)
    assert new != old
    (draw,) = (text for url, text in files.items() if "/live/draw.js?" in url)
    assert draw.endswith("// newer\n")
    for url, text in files.items():
        file = host.html / url.removeprefix(host.site).split("?")[0]
        assert text == file.read_bytes().decode("utf-8-sig", errors="replace"), url
    host.stop()
    page.reload()
    assert answers(page, current=0.40625)


@pytest.mark.slow
def test_nothing_is_kept_that_is_not_of_the_version(host, keeping_browser):
    """A server that changes while the page is open: the old cache is not filled with new files."""
    page = read(keeping_browser, f"{host.site}vocabulary.html")
    host.replace("live/fit_width.js", b"export const makeFitWidth = 1;")
    page.evaluate("() => fetch('live/fit_width.js')")
    page.evaluate("() => fetch('live/lazy.json?again')")
    _, files = cached(page)
    assert not any("?again" in url or url.endswith("fit_width.js") for url in files)


@pytest.mark.slow
def test_other_books_of_the_host_keep_theirs(host, keeping_browser):
    page = keeping_browser.page(f"{host.site}teachers.html")
    page.evaluate("async () => { await caches.open('another book'); }")
    page.close()
    page = read(keeping_browser, f"{host.site}vocabulary.html")
    assert "another book" in cached(page)[0]
