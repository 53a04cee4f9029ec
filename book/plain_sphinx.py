"""The book without Jupyter Book: its configuration for plain Sphinx, and a comparison of the two builds.

    python book/plain_sphinx.py write book/_build/sphinx8/conf.py     (in the environment that has Jupyter Book)
    python book/plain_sphinx.py compare book/_build/html book/_build/sphinx8/html

`make book-sphinx8` does both, and builds in between. Jupyter Book 1 is a layer over Sphinx and MyST-NB that is not
developed any more. What it makes of `_config.yml` is a `conf.py`; without its own extensions, newer Sphinx takes it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

BOOK = Path(__file__).resolve().parent
# Jupyter Book's own extensions, and what goes with them: LaTeX, numbered contents, live code by Thebe, comments.
ITS_OWN = ("jupyter_book", "sphinx_jupyterbook_latex", "sphinx_multitoc_numbering", "sphinx_thebe", "sphinx_comments")
# A page's headings, and how often it has each kind of live element.
PARTS = ("snn-explore", "snn-figure", "snn-code", "snn-checkpoint", "snn-example", "snn-map", "snn-equations")


def write(target: Path) -> None:
    """Write a `conf.py` with what Jupyter Book makes of `_config.yml`, paths spelt out."""
    from jupyter_book.config import get_final_config

    yaml, own = BOOK.parent / "_config.yml", {"latex_individualpages": False}
    config, _ = get_final_config(user_yaml=yaml, cli_config=own, sourcedir=BOOK)
    config["extensions"] = [name for name in config["extensions"] if name not in ITS_OWN]
    config["html_static_path"] = [str(BOOK / "_static")]
    config["bibtex_bibfiles"] = [str(BOOK / name) for name in config["bibtex_bibfiles"]]
    for name in ("html_logo", "html_favicon"):
        config[name] = str(BOOK / config[name])
    for name in ("use_jupyterbook_latex", "use_multitoc_numbering", "comments_config"):
        config.pop(name, None)
    lines = [
        "# Made by book/plain_sphinx.py from _config.yml.",
        "import sys",
        f"sys.path.insert(0, {str(BOOK / '_ext')!r})",
    ]
    lines += [f"{name} = {value!r}" for name, value in sorted(config.items())]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def outline(page: Path) -> dict[str, object]:
    """What must be the same in both builds."""
    text = page.read_text(encoding="utf-8")
    article = text[text.index("<article") : text.index("</article>")] if "<article" in text else ""
    headings = re.findall(r"<h([1-3])[^>]*>(.*?)<a ", article, re.S)
    counts = {part: len(re.findall(rf'class="(?:[^"]* )?{part}[" ]', article)) for part in PARTS}
    return {"headings": [(level, re.sub(r"<[^>]+>", "", title)) for level, title in headings], **counts}


def differences(one: Path, other: Path) -> list[str]:
    """Pages that only one build has, or that differ in their outline."""
    pages = [{page.name for page in build.glob("*.html")} for build in (one, other)]
    found = [f"{name}: in one build only" for name in sorted(pages[0] ^ pages[1])]
    for name in sorted(pages[0] & pages[1]):
        ours, theirs = outline(one / name), outline(other / name)
        found += [f"{name}, {key}: {ours[key]!r} and {theirs[key]!r}" for key in ours if ours[key] != theirs[key]]
    if not pages[0] & pages[1]:
        found.append("no page is in both builds")
    return found


def main(command: str, *paths: str) -> int:
    if command == "write":
        write(Path(paths[0]))
        return 0
    found = differences(*map(Path, paths))
    print("\n".join(found) or "The two builds have the same pages, headings, live figures, questions and code boxes.")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
