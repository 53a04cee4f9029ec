"""Sphinx side of the live pages: they load their own front end, and no page asks another site for anything."""

import hashlib
import os
import re
import shutil
from pathlib import Path

LIVE = Path(__file__).parents[1] / "_build" / "live"  # made by book/live/assets.py
SCRIPT = re.compile(r'("(?:(?:\.\./)*live|\.)/[a-z_]+\.(?:js|css))(?:\?\w+)?"')  # in pages and scripts
ELEMENTS = ("snn-explore", "snn-checkpoint", "snn-code")  # one of these classes makes a page a live one

# A browser runs no module script of a page that was opened as a file.
FROM_A_FILE = """
if (location.protocol === "file:")
  for (const element of document.querySelectorAll(".snn-explore, .snn-code"))
    element.prepend("To make this live, open the book through a web server: make serve.");
"""

# All formulas of a page at once would hold it up for as long as that takes: some at a time.
FORMULAS = """
MathJax.startup = {
  typeset: false,
  async pageReady() {
    await MathJax.startup.defaultPageReady();
    const parts = [...document.querySelectorAll(".math, .output_area, .tex2jax_process, .mathjax_process")];
    while (parts.length) {
      await MathJax.typesetPromise(parts.splice(0, 8));
      await new Promise((next) => setTimeout(next));
    }
    window.dispatchEvent(new Event("resize")); // the theme looks again which tables can be scrolled
  },
};
"""

os.environ["SNNREF_BOOK"] = "1"  # inherited by the kernels that execute the chapters


def add_live(app, pagename, templatename, context, doctree):
    """Live pages get the front end; no page gets Thebe, which asks a foreign server for its script."""
    context["script_files"][:] = [script for script in context["script_files"] if not _is_thebe(script)]
    context["css_files"][:] = [sheet for sheet in context["css_files"] if "thebe" not in str(sheet.filename)]
    if 'class="math' in context.get("body", ""):
        context["body"] += f"<script>{FORMULAS}</script>"  # before MathJax, which is deferred
    if any(f'class="{name}"' in context.get("body", "") for name in ELEMENTS):
        live = "../" * pagename.count("/") + "live/"
        context["body"] += f'<link rel="stylesheet" href="{live}live.css">'
        context["body"] += f'<script type="module" src="{live}live.js"></script>'
        context["body"] += f"<script>{FROM_A_FILE}</script>"
    if 'class="snn-explore"' in context.get("body", ""):
        context["metatags"] += f'<script type="module" async src="{live}prestart.js"></script>'


def _is_thebe(script):
    attributes = getattr(script, "attributes", {})
    return "thebe" in f"{getattr(script, 'filename', '')} {attributes.get('body', '')}".lower()


def copy_live(app, exception):
    if exception is None and app.builder.format == "html":
        out = Path(app.outdir)
        shutil.copytree(LIVE, out / "live", dirs_exist_ok=True)
        sign(out)


def sign(out):
    """Put a checksum of what the pages share behind the addresses of their scripts, so that none of another version is
    taken from a browser's cache, and where workers look it up.

    A service worker can serve only what lies below it: it goes to the root.
    """
    shared = sorted(path for folder in ("live", "_static") for path in (out / folder).rglob("*") if path.is_file())
    checksum = hashlib.sha256()
    for path in shared:
        checksum.update(path.relative_to(out).as_posix().encode() + path.read_bytes())
    version = checksum.hexdigest()[:16]
    for path in [*out.rglob("*.html"), *(out / "live").glob("*.js")]:
        text = path.read_text(encoding="utf-8")
        path.write_text(SCRIPT.sub(rf'\1?{version}"', text), encoding="utf-8")
    (out / "live/version.txt").write_text(version)
    worker = (LIVE / "service-worker.js").read_text(encoding="utf-8")
    (out / "service-worker.js").write_text(worker.replace('"unbuilt"', f'"{version}"'), encoding="utf-8")


def setup(app):
    app.connect("html-page-context", add_live, priority=900)  # after Thebe's own
    app.connect("build-finished", copy_live)
    return {"parallel_read_safe": True}
