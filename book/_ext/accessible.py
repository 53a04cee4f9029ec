"""Mends in every page what the theme (sphinx-book-theme 1.3.0 over pydata-sphinx-theme 0.17.1) writes wrongly.

For readers with a keyboard, with a screen reader, or without JavaScript; `tests/book/test_accessibility.py` and
`test_without_javascript.py` find what there is to mend.
"""

import re
from pathlib import Path

# Without a script, the menu of narrow screens has no button that shows it: it comes after the text.
MENU = """
      @media (max-width: 959.98px) {
        .bd-container .bd-container__inner { flex-direction: column-reverse; }
        div.bd-sidebar-primary.bd-sidebar {
          position: static; visibility: visible; margin: 0;
          width: auto; max-width: none; height: auto; max-height: none;
        }
      }"""

# Paper is white: who reads in the dark prints as others do.
PRINT = """<script>
    {
      const { dataset } = document.documentElement;
      let theme;
      addEventListener("beforeprint", () => { theme = dataset.theme; dataset.theme = "light"; });
      addEventListener("afterprint", () => { dataset.theme = theme; });
    }
  </script>
"""


def _as_list(parameters):
    items = parameters[1].replace("<dd>", "<li>").replace("</dd>", "</li>")
    return f'<ul class="sig-params">\n{items}</ul>'


MENDS = (
    # Icons: this script, 1.5 MB that keep the page busy, draws as SVG what the theme's own font draws too.
    (r'<script[^>]* src="[^"]*scripts/fontawesome\.js[^"]*"></script>', ""),
    # The font's letters are no text to be read out.
    (r'<(i|span) class="((?:theme-switch )?fa)', r'<\1 aria-hidden="true" class="\2'),
    # The name of a button has what is written on it ("Search Ctrl + K").
    (r'(<button class="[^"]*search-button-field[^>]*) title="Search" aria-label="Search"', r"\1"),
    # The logo and the button for searching stand in no landmark.
    (r'<div id="pst-primary-sidebar"', r'\g<0> role="region" aria-label="Menu"'),
    (r' aria-label="Toggle hidden content"', ""),  # "Show code cell content"
    # A signature of many lines is a list, but not one of definitions.
    (r'<dl>\n((?:<dd><em class="sig-param">.*\n)+)</dl>', _as_list),
    # So are the references; this role is deprecated.
    (r'role="doc-biblioentry"', 'role="listitem"'),
    (r"<th>\s*</th>", "<td></td>"),  # the corner of a table is no heading
    (r"</head>", rf"{PRINT}</head>"),
    # Without a script: colours, which are defined for "light" and "dark" but not for "auto",
    (r'(<html[^>]*) data-theme="auto"', r'\1 data-theme="light"'),
    # no buttons and fields that do nothing,
    (r'class="(?=dropdown dropdown-down|btn btn-sm btn-full|sidebar-toggle|bd-search d-flex)', r"\g<0>pst-js-only "),
    # (more strongly than Bootstrap's `d-flex`), and the menu.
    (r"\.pst-js-only { display: none !important; }", rf"html \g<0>{MENU}"),
)


def mend(app, exception):
    """All pages of a finished build, once each."""
    if exception is not None or app.builder.format != "html":
        return
    for page in Path(app.outdir).glob("*.html"):
        old = new = page.read_text(encoding="utf-8")
        for pattern, replacement in MENDS if "fontawesome.js" in old else ():
            new = re.sub(pattern, replacement, new)
        page.write_text(new, encoding="utf-8")
    for file in (Path(app.outdir) / "_static/scripts").glob("fontawesome.js*"):
        file.unlink()


def setup(app):
    app.connect("build-finished", mend)
    return {"parallel_read_safe": True}
