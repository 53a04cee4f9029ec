"""The built book, served on this machine, and a real browser to read it with."""

import functools
import http.server
import json
import shutil
import threading
from pathlib import Path

import pytest

HTML = Path("book/_build/html")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def html(needs):
    needs((HTML / "index.html").exists(), "the book is not built (make book)")
    return HTML


@pytest.fixture(scope="session")
def site(html, needs):
    """The book's address. A plain static server, below a sub-path: that is how pages are hosted."""
    needs((html / "live/pyodide/pyodide-lock.json").exists(), "the book was built without Python for its live pages")
    handler = functools.partial(Quiet, directory=html.parent)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/{html.name}/"
    server.shutdown()


@pytest.fixture(scope="session")
def playwright():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


class Browser:
    """Headless Chromium that reaches nothing but this machine and logs every request of every process."""

    FLAGS = (
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    )

    def __init__(self, playwright, executable, folder, *, javascript=True):
        self.log = folder / "netlog.json"
        self.context = playwright.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=executable,
            headless=True,
            args=[*self.FLAGS, f"--log-net-log={self.log}"],
            viewport={"width": 1280, "height": 900},
            java_script_enabled=javascript,
        )
        self.context.set_default_timeout(40_000)

    def page(self, address, *, scheme="light"):
        """A page, with what it complained about in `page.complaints`."""
        page = self.context.new_page()
        page.emulate_media(color_scheme=scheme)
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
        page.goto(address)
        return page

    def foreign_requests(self, site):
        """Close the browser; the addresses outside `site` that its pages and workers asked for.

        The browser asks for some on its own account: those are not initiated by a page.
        """
        self.context.close()
        origin = site.split("/", 3)[:3]
        found = set()
        for line in self.log.read_text().splitlines():
            try:
                parameters = json.loads(line.rstrip(",")).get("params", {})  # one event a line
            except (json.JSONDecodeError, AttributeError):
                continue  # the frame around the events
            url, initiator = parameters.get("url", ""), str(parameters.get("initiator", ""))
            if url.startswith("http") and url.split("/", 3)[:3] != origin and initiator.split("/", 3)[:3] == origin:
                found.add(url)
        return found


@pytest.fixture(scope="session")
def chromium(needs):
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    needs(executable, "no Chromium on this machine (Debian: apt-get install chromium)")
    return executable


@pytest.fixture
def browser(playwright, chromium, tmp_path):
    browser = Browser(playwright, chromium, tmp_path)
    yield browser
    browser.context.close()


@pytest.fixture
def still_browser(playwright, chromium, tmp_path):
    """One that runs no JavaScript."""
    browser = Browser(playwright, chromium, tmp_path, javascript=False)
    yield browser
    browser.context.close()
