"""What goes wrong in a reader's browser is said, and can be mended without leaving the page."""

import itertools
import json

import numpy as np
import pytest

import snnref

from .watching import client, wait_for

pytestmark = [pytest.mark.timeout(400), pytest.mark.flaky(reruns=1)]


def said(page, index=0):
    """What a failed figure says."""
    wait_for(page, index, "failed")
    return page.locator(".snn-explore").nth(index).locator(".snn-status").inner_text()


def try_again(page, index=0):
    page.locator(".snn-explore").nth(index).get_by_role("button", name="Try again").click()
    wait_for(page, index, "ready")


FILES = ("site.zip", "pyodide.asm.wasm", "python_stdlib.zip", "d3.min.js", "numpy-*.whl", "worker.js?*", "version.txt")
QUICK = {("site.zip", "absent"), ("d3.min.js", "absent"), ("worker.js?*", "unreachable")}


def slow_but_for(quick, cases):
    """The cases of a test, those marked slow that are not among the quick ones."""
    listed = [(case, case if isinstance(case, tuple) else (case,)) for case in cases]
    return [case if case in quick else pytest.param(*values, marks=pytest.mark.slow) for case, values in listed]


@pytest.mark.parametrize(("missing", "how"), slow_but_for(QUICK, itertools.product(FILES, ("absent", "unreachable"))))
def test_what_does_not_arrive_is_said_and_can_be_mended(site, browser, missing, how):
    answer = {"absent": lambda route: route.fulfill(status=404), "unreachable": lambda route: route.abort()}[how]
    browser.context.route(f"**/{missing}", answer)
    page = browser.page(f"{site}vocabulary.html")
    assert "could not be computed" in said(page)
    assert page.locator(".snn-explore img").first.is_visible()  # the still picture stays
    browser.context.unroute(f"**/{missing}")
    try_again(page)


def test_front_end_that_does_not_arrive_is_said(site, browser):
    """What makes figures and boxes live; questions are asked all the same."""
    for module in ("explorable.js", "editor.js"):
        browser.context.route(f"**/live/{module}?*", lambda route: route.abort())
    page = browser.page(f"{site}rate.html")
    page.locator(".snn-explore", has_text="did not arrive: load the page again").first.wait_for()
    page.locator(".snn-code").scroll_into_view_if_needed()
    page.locator(".snn-code", has_text="could not be loaded: load the page again").wait_for()
    assert page.locator(".snn-explore img").first.is_visible()
    assert page.locator(".snn-checkpoint form").count() == page.locator(".snn-checkpoint").count() > 0


@pytest.mark.slow
def test_what_runs_a_readers_code_may_come_later(site, browser):
    browser.context.route("**/live/running.py", lambda route: route.fulfill(status=404))
    page = browser.page(f"{site}playground.html")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("status").filter(has_text="running.py: 404").wait_for()
    browser.context.unroute("**/live/running.py")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("status").filter(has_text="Done").wait_for()


DAMAGED = ("pyodide.asm.wasm", "python_stdlib.zip", "site.zip", "numpy-*.whl")


@pytest.mark.parametrize("damaged", slow_but_for({"numpy-*.whl"}, DAMAGED))
def test_what_arrives_damaged_is_said(site, html, browser, damaged):
    """A file that breaks off; NumPy's wheel with one other byte: its checksum stands in the lock file."""
    (file,) = html.rglob(damaged)
    content = bytearray(file.read_bytes())
    if damaged.endswith(".whl"):
        content[len(content) // 2] ^= 1
    else:
        content = content[: len(content) // 2]
    kind = "application/wasm" if damaged.endswith(".wasm") else "application/zip"
    browser.context.route(f"**/{damaged}", lambda route: route.fulfill(body=bytes(content), content_type=kind))
    page = browser.page(f"{site}vocabulary.html")
    assert "could not be computed" in said(page)
    browser.context.unroute(f"**/{damaged}")
    try_again(page)


@pytest.mark.slow
def test_wasm_may_come_as_any_kind_of_file(site, html, browser):
    """Hosts that do not know the type of WebAssembly."""
    (file,) = html.rglob("*.asm.wasm")
    answer = {"path": file, "content_type": "application/octet-stream"}
    browser.context.route("**/*.wasm", lambda route: route.fulfill(**answer))
    page = browser.page(f"{site}vocabulary.html")
    wait_for(page, 0, "ready")


WORKERS = """
    window.workers = [];
    window.Worker = class extends Worker { constructor(...how) { super(...how); window.workers.push(this); } };
"""


def move(page, value):
    page.locator(".snn-explore").first.locator("[name=current]").fill(str(value))


def test_worker_that_throws_is_said_and_replaced(site, browser):
    """At its start, and later."""
    broken = {"body": "throw Error('broken')", "content_type": "text/javascript"}
    browser.context.route("**/worker.js?*", lambda route: route.fulfill(**broken))
    page = browser.page(f"{site}vocabulary.html")
    assert "broken" in said(page)
    browser.context.unroute("**/worker.js?*")
    try_again(page)
    page.evaluate(
        """async (address) => {
        const { python } = await import(address);
        python.ask({ kind: "of no kind" }).catch(() => 0); // no error of Python's own: nothing to go on with
    }""",
        client(page),
    )
    move(page, 0.71875)
    wait_for(page, 0, "ready", {"current": 0.71875})


@pytest.mark.slow
def test_worker_that_is_gone_is_noticed(site, browser):
    """The browser may end it without a word: no answer for a minute."""
    page = browser.page("about:blank")
    page.add_init_script(WORKERS)
    page.clock.install()
    page.goto(f"{site}vocabulary.html")
    page.clock.resume()
    wait_for(page, 0, "ready")
    page.evaluate("() => window.workers.at(-1).terminate()")
    move(page, 0.71875)
    wait_for(page, 0, "computing")
    page.clock.fast_forward(61_000)
    assert "no answer for a minute" in said(page)
    try_again(page)
    wait_for(page, 0, "ready", {"current": 0.71875})


@pytest.mark.slow
def test_hundreds_of_moves_in_a_second_end_at_the_newest(site, browser):
    page = browser.page("about:blank")
    page.add_init_script("""
        window.asked = 0;
        const post = Worker.prototype.postMessage;
        Worker.prototype.postMessage = function (question) {
            window.asked += question.kind === "figure";
            return post.call(this, question);
        };
    """)
    page.goto(f"{site}vocabulary.html")
    wait_for(page, 0, "ready")
    before = page.evaluate("window.asked")
    slider = page.locator(".snn-explore").first.locator("[name=current]")
    slider.evaluate("""async (input) => {
        for (let i = 1; i <= 200; i++) {
            input.value = i === 200 ? 0.6875 : (i % 40) / 32;
            input.dispatchEvent(new Event("input", { bubbles: true }));
            if (i % 20 === 0) await new Promise((next) => setTimeout(next, 100)); // ten times twenty
        }
    }""")
    wait_for(page, 0, "ready", {"current": 0.6875})
    assert 1 <= page.evaluate("window.asked") - before <= 2 * 10  # of twenty, the first and the newest
    assert page.complaints == []


@pytest.mark.slow
def test_leaving_the_page_and_coming_back(site, browser):
    page = browser.page(f"{site}vocabulary.html")
    wait_for(page, 0, "ready")
    page.goto(f"{site}teachers.html")
    page.go_back()
    move(page, 0.71875)
    wait_for(page, 0, "ready", {"current": 0.71875})
    page.goto(f"{site}ttfs.html")  # while the next figure is under way
    page.go_back()
    wait_for(page, 1, "ready")
    assert page.complaints == []


@pytest.mark.slow
def test_page_that_is_older_than_the_book_says_so(host, browser):
    """Python of another version is not started behind an older page."""
    page = browser.page(f"{host.site}vocabulary.html")
    wait_for(page, 0, "ready")
    host.replace("live/live.css", b"")
    page.evaluate("(address) => import(address).then(({ python }) => python.stop('gone'))", client(page))
    move(page, 0.71875)
    assert "reload the page" in said(page)
    page.reload()
    wait_for(page, 0, "ready")


@pytest.mark.slow
def test_large_networks_come_when_they_are_opened(site, html, browser):
    """They are in the file system from the start, and fetched at the first use; without a network that is said."""
    name = "mnist-lenet"
    page = browser.page(f"{site}index.html")
    asked = []
    browser.context.on("request", lambda request: asked.append(request.url))
    run = """async (code) => {
        window.python ??= await (await import("./live/start.js")).startPython(new URL("live/", location).href);
        return window.python.runPython(code);
    }"""
    sizes = json.loads((html / "live/lazy.json").read_text())
    (path,) = (path for path in sizes if path.endswith(f"/{name}.npz"))
    seen = f"import snnref.files; (snnref.files.SHIPPED / '{name}.npz').stat().st_size"
    assert page.evaluate(run, seen) == sizes[path]
    assert not any("lazy/" in url for url in asked)
    load = f"import numpy, snnref; float(snnref.load('{name}')(numpy.ones((1, 1, 28, 28))).max())"
    browser.context.route("**/lazy/**", lambda route: route.abort())
    refused = page.evaluate(f"(code) => ({run})(code).catch((error) => error.message)", load)
    assert "OSError" in refused.splitlines()[-1]
    assert "unreachable" in refused.splitlines()[-1]
    assert f"{name}.npz" in refused.splitlines()[-1]
    browser.context.unroute("**/lazy/**")
    assert page.evaluate(run, load) == pytest.approx(float(snnref.load(name)(np.ones((1, 1, 28, 28))).max()))
