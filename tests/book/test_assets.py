"""What the live pages serve: fetched whole and checked, or not there at all."""

import hashlib
import importlib.util
import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml

PAGES = Path("book/live")


@pytest.fixture
def assets(tmp_path, monkeypatch):
    """The module, with a cache of its own and no way to any network."""
    spec = importlib.util.spec_from_file_location("assets", PAGES / "assets.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "CACHE", tmp_path / "cache")
    module.CACHE.mkdir()
    monkeypatch.setattr(module, "RELEASE", "http://127.0.0.1:9/{version}/{file}")  # nobody listens there
    monkeypatch.delenv("SNNREF_STRICT", raising=False)
    for name in ("npm_config_registry", "PIP_INDEX_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return module


def test_without_a_network_the_pictures_are_still(assets, tmp_path, capsys):
    out = tmp_path / "live"
    assets.main(out)
    assert "could not be fetched" in capsys.readouterr().err
    assert (out / "live.js").exists()
    assert not (out / "complete").exists()
    assert not (out / "pyodide").exists()


def test_a_published_book_is_live_or_is_not_built(assets, tmp_path, monkeypatch):
    monkeypatch.setenv("SNNREF_STRICT", "1")
    with pytest.raises(subprocess.CalledProcessError):
        assets.main(tmp_path / "live")
    workflow = yaml.safe_load(Path(".github/workflows/publish.yml").read_text())
    (build,) = (step for step in workflow["jobs"]["build"]["steps"] if step.get("run") == "make book")
    assert build["env"] == {"SNNREF_STRICT": "1"}


def test_a_wheel_with_another_checksum_is_refused(assets, monkeypatch):
    """From the cache, from Pyodide's own site, and out of the package that carries it."""
    right = hashlib.sha256(b"right").hexdigest()
    kept = assets.CACHE / "a.whl"
    kept.write_bytes(b"right")
    assert assets.fetch("1", "a.whl", right) == kept
    kept.write_bytes(b"wrong")
    with pytest.raises(OSError, match="damaged"):
        assets.fetch("1", "a.whl", right)
    assert not kept.exists()

    def carried(command, **options):
        folder = Path(command[command.index("--dest") + 1])
        folder.mkdir()
        with zipfile.ZipFile(folder / "carrier.whl", "w") as wheel:
            wheel.writestr(f"{assets.INSIDE}/a.whl", content)

    monkeypatch.setattr(assets.subprocess, "run", carried)
    content = b"wrong"
    with pytest.raises(OSError, match="is not the file of Pyodide 1"):
        assets.fetch("1", "a.whl", right)
    assert not kept.exists()


def test_the_right_wheel_is_taken_out_of_the_package_that_carries_it(assets, monkeypatch):
    def carried(command, **options):
        folder = Path(command[command.index("--dest") + 1])
        folder.mkdir()
        with zipfile.ZipFile(folder / "carrier.whl", "w") as wheel:
            wheel.writestr(f"{assets.INSIDE}/a.whl", b"right")

    monkeypatch.setattr(assets.subprocess, "run", carried)
    kept = assets.fetch("1", "a.whl", hashlib.sha256(b"right").hexdigest())
    assert kept.read_bytes() == b"right"


@pytest.fixture(scope="module")
def live(html, needs):
    needs((html / "live/complete").exists(), "the book was built without what its live pages serve")
    return html / "live"


def test_checksums_of_the_lock_file_are_those_of_the_wheels(live):
    lock = json.loads((live / "pyodide/pyodide-lock.json").read_text())
    for wheel in lock["packages"].values():
        content = (live / "pyodide" / wheel["file_name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == wheel["sha256"]


def test_every_file_of_the_package_is_served_once(live):
    """In the archive that Python starts with, or among those that come when they are opened."""
    with zipfile.ZipFile(live / "site.zip") as site:
        served = {re.sub(r"\.pyc$", ".py", name) for name in site.namelist() if name.startswith("snnref/")}
    sizes = json.loads((live / "lazy.json").read_text())
    assert served.isdisjoint(sizes)
    files = {
        path.as_posix() for path in Path("snnref").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    assert served | set(sizes) == files
    for name, size in sizes.items():
        assert (live / "lazy" / name).read_bytes() == Path(name).read_bytes()
        assert size == Path(name).stat().st_size


def test_version_is_written_where_pages_and_service_worker_look(live, html):
    version = (live / "version.txt").read_text()
    assert re.fullmatch("[0-9a-f]{16}", version)
    assert f'VERSION = "{version}"' in (html / "service-worker.js").read_text()
    own = [*html.glob("*.html"), *(file for file in live.glob("*.js") if file.name != "editor.js")]
    addresses = re.findall(r'"((?:live|\.)/\w+\.(?:js|css)[^"]*)"', "".join(file.read_text() for file in own))
    assert {"live/live.js", "live/live.css", "live/prestart.js", "./python.js"} <= {a.split("?")[0] for a in addresses}
    assert all(address.endswith(f"?{version}") for address in addresses)
