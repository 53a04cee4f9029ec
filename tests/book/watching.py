"""What tests do and see at the live figures of a page."""


def wait_for(page, index, state, values=None):
    """Scroll to figure `index`; until it is in a state, and has been drawn with some values."""
    page.locator(".snn-explore").nth(index).scroll_into_view_if_needed()
    page.wait_for_function(
        """([index, state, values]) => {
            const element = document.querySelectorAll(".snn-explore")[index];
            const used = element.snnref?.values ?? {};
            return element.dataset.state === state && Object.entries(values).every(([k, v]) => used[k] === v);
        }""",
        arg=[index, state, values or {}],
    )


def expected_marks(description):
    """How many elements a panel should show for each kind of mark that has any."""
    panels = []
    for panel in (panel for row in description["rows"] for panel in row):
        count = {}
        for mark in panel["marks"]:
            n = {"line": 1, "rule": 1, "cell": sum(map(len, mark.get("values", [])))}.get(mark["mark"]) or len(
                mark["x"]
            )
            kind = {"tick": "line", "rule": "line", "line": "path", "bar": "rect", "cell": "rect", "dot": "circle"}
            count[kind[mark["mark"]]] = count.get(kind[mark["mark"]], 0) + n
        panels.append({kind: n for kind, n in count.items() if n})
    return panels


def drawn(figure):
    """How many elements each panel shows, counted in the page, without axes and frame."""
    return figure.locator(".snn-panel > svg").evaluate_all("""drawings => drawings.map((drawing) => {
        const count = {};
        for (const group of drawing.querySelectorAll(":scope > g"))
            if (!/axis|text|frame/.test(group.getAttribute("aria-label") ?? ""))
                for (const shape of group.querySelectorAll("path, line, rect, circle"))
                    count[shape.tagName] = (count[shape.tagName] ?? 0) + 1;
        return count;
    })""")


def set_values(figure, values):
    for name, value in values.items():
        control = figure.locator(f"[name={name}]")
        if control.count() > 1:  # radio buttons
            figure.locator(f"[name={name}][value='{value}']").check(force=True)
            continue
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(str(value))


def client(page):
    """The address of the module that the page asks Python through."""
    taken = page.evaluate("() => performance.getEntriesByType('resource').map((entry) => entry.name)")
    return next(address for address in taken if "/live/python.js?" in address)
