"""The package's own tests in the reader's Python: Pyodide in a real browser, on the files that the book serves.

pytest comes out of the environment that this runs in; no network is needed.
"""

import io
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

pytestmark = [pytest.mark.timeout(1800), pytest.mark.flaky(reruns=1)]

HERE = Path(__file__).parent
PACKAGES = ("pytest", "pluggy", "iniconfig", "packaging", "pygments", "tabulate")  # all pure Python
WORK = """([address, chosen]) => new Promise((resolve) => {
    const worker = new Worker(address, { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve({ said: [], passed: 0, skipped: {}, failed: { none: message } });
    worker.postMessage(chosen);
})"""


def zipped(changed):
    """All that the tests need besides what the book serves; `changed` {module file: text} goes over the package."""
    files = {f"site/{f}": f.locate().read_bytes() for p in PACKAGES for f in distribution(p).files if f.suffix == ".py"}
    files |= {
        f.as_posix(): f.read_bytes()
        for f in (*Path("tests").glob("*.py"), *Path("book").glob("*.ipynb"), *Path("book").glob("*.md"))
    }
    files |= {"site/in_browser.py": (HERE / "in_browser.py").read_bytes(), "changed/none.txt": b""}
    files |= {f"changed/{name}": text.encode() for name, text in changed.items()}
    with zipfile.ZipFile(memory := io.BytesIO(), "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return memory.getvalue()


def run(browser, site, *chosen, changed=()):
    """What became of the tests in the browser; `chosen` are arguments of pytest's."""
    body = zipped(dict(changed))
    browser.context.route("**/live/tests.zip", lambda route: route.fulfill(body=body))
    browser.context.route("**/live/in_browser.js", lambda route: route.fulfill(path=HERE / "in_browser.js"))
    page = browser.page(f"{site}index.html")
    outcome = page.evaluate(WORK, [f"{site}live/in_browser.js", chosen])
    print(*outcome["said"][-60:], outcome.get("seconds"), sep="\n")  # shown when the test fails
    return outcome


@pytest.mark.parametrize(
    ("chosen", "least"),
    [
        (("tests/test_rate.py", "tests/test_ttfs.py", "-k", "test_run_equals_simulate and chain"), 2),
        pytest.param((), 1000, marks=pytest.mark.slow),
    ],
    ids=["some", "all"],
)
def test_the_package_passes_its_tests_in_the_browser(site, logging_browser, chosen, least):
    """A test that needs torch or matplotlib at its end is skipped there; what NumPy can do must pass."""
    browser = logging_browser
    outcome = run(browser, site, *chosen)
    assert outcome["failed"] == {}
    assert outcome["passed"] > least
    print(f"{outcome['passed']} passed; skipped: {outcome['skipped']}")
    assert browser.foreign_requests(site) == set()


@pytest.mark.slow
def test_a_broken_neuron_would_be_seen(site, browser):
    """The negative control: one that does not fire when it is exactly at its threshold."""
    whole = Path("snnref/rate/stepwise.py").read_text(encoding="utf-8")
    broken = whole.replace("v >= threshold", "v > threshold")
    assert broken != whole
    chosen = ("tests/test_rate.py", "-k", "test_run_equals_simulate and chain")
    outcome = run(browser, site, *chosen, changed={"snnref/rate/stepwise.py": broken})
    assert len(outcome["failed"]) > 2
    assert all("equal" in name and "Error" in text for name, text in outcome["failed"].items())
