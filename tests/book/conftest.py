"""The built book, served on this machine, and a real browser to read it with."""

import contextlib
import functools
import http.server
import importlib.util
import json
import os
import shutil
import sys
import threading
from pathlib import Path

import pytest

HTML = Path("book/_build/html")
sys.path.append("book/_ext")


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
LOOK = {"viewport": {"width": 1280, "height": 900}}


class Browser:
    """One reader's browser: nothing of another test's is stored in it, and it reaches nothing but this machine."""

    def __init__(self, context):
        self.context = context
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


class LoggingBrowser(Browser):
    """A Chromium of its own that logs every request of every process."""

    def __init__(self, playwright, executable, folder):
        self.log = folder / "netlog.json"
        options = {"executable_path": executable, "args": [*FLAGS, f"--log-net-log={self.log}"], **LOOK}
        super().__init__(
            playwright.chromium.launch_persistent_context(folder / "profile", service_workers="block", **options)
        )

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


@pytest.fixture(scope="session")
def running_chromium(playwright, chromium):
    """The one Chromium of this test process; every test has a context of its own in it, as in a private window."""
    browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def new_browser(running_chromium):
    """Makes browsers: to be closed by whoever makes one."""

    def make(*, service_workers="block", **options):
        return Browser(running_chromium.new_context(service_workers=service_workers, **LOOK, **options))

    return make


@pytest.fixture
def browser(new_browser):
    browser = new_browser()
    yield browser
    browser.context.close()


@pytest.fixture
def still_browser(new_browser):
    """One that runs no JavaScript."""
    browser = new_browser(java_script_enabled=False)
    yield browser
    browser.context.close()


@pytest.fixture
def logging_browser(playwright, chromium, tmp_path):
    browser = LoggingBrowser(playwright, chromium, tmp_path)
    yield browser
    browser.context.close()


@pytest.fixture(scope="session")
def run_here():
    """`running.py`, which runs a reader's code in the page, in this Python: whether it ended well, and what it sent."""
    name, path = "running", Path("book/live/running.py").resolve()
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(source):
        sent = []
        whole = module.run(source, lambda kind, text: sent.append((kind, text)))
        return whole, merged(sent)

    return run


def merged(sent):
    """[kind, text] with the pieces of one kind that follow each other joined."""
    parts = []
    for kind, text in sent:
        if parts and parts[-1][0] == kind and kind not in ("value", "figure"):
            parts[-1][1] += text
        else:
            parts.append([kind, text])
    return parts


@pytest.fixture
def keeping_browser(new_browser):
    """One in which pages may keep what was read, as readers' browsers do."""
    browser = new_browser(service_workers="allow")
    yield browser
    browser.context.close()


class Host:
    """A copy of the book on a server that can be shut down and come back, with another version."""

    def __init__(self, html, folder):
        self.html = folder / "book"
        shutil.copytree(html, self.html, copy_function=self._copy)
        self.port, self.server = 0, None
        self.start()

    @staticmethod
    def _copy(source, target):
        """Large files are shared with the book that was built; those that `replace` and `sign` write to are not."""
        written_to = Path(source).suffix in (".html", ".js", ".css", ".txt")
        if not written_to:
            with contextlib.suppress(OSError):  # another file system
                return os.link(source, target)
        return shutil.copy2(source, target)

    def start(self):
        handler = functools.partial(Quiet, directory=self.html.parent)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.site = f"http://127.0.0.1:{self.port}/{self.html.name}/"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def replace(self, name, content):
        """Another content of a file, and so another version of the book."""
        (self.html / name).write_bytes(content)
        importlib.import_module("snnref_live").sign(self.html)


@pytest.fixture
def host(html, needs, tmp_path):
    needs((html / "live/complete").exists(), "the book was built without what its live pages serve")
    host = Host(html, tmp_path)
    yield host
    host.stop()


AXE = Path(".cache/live/node_modules/axe-core/axe.min.js")  # fetched with the rest by book/live/assets.py
GRAVE = ("moderate", "serious", "critical")
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
