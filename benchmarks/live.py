"""How soon the live pages answer, and how much they fetch for it, in headless Chromium, served from this machine.

    make book && python benchmarks/live.py [--starts 3] [--moves 10] [--chapters vocabulary rate]

Until the first answer: from entering the address until the first figure shows what Python computed in the page. Cold: a
fresh profile. Warm: the browser is closed and started again. Later: the next chapter in the same browser. Bytes: of all
files that were asked for until then, as a host would send them that compresses (gzip, level 6) what is not compressed
already. Moves: from the slider's event to the drawn figure, all controls of all figures at random values. Main thread:
the longest task of any page, in which it answers to nothing (Long Tasks API, which counts from 50 ms).
"""

import argparse
import functools
import gzip
import http.server
import json
import os
import random
import shutil
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import sync_playwright

from snnref.figures import CHAPTERS, PAGES

HTML = Path("book/_build/html")
PACKED = {".zip", ".whl", ".png", ".woff", ".woff2", ".npz"}
READY = "i => document.querySelectorAll('.snn-explore')[i].dataset.state === 'ready'"
DRAWN = """([i, values]) => {
    const {dataset, snnref} = document.querySelectorAll('.snn-explore')[i];
    return dataset.state === 'ready' && Object.entries(values).every(([name, value]) => snnref.values[name] === value);
}"""
WATCH = """
    window.longest = 0;
    new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ type: "longtask", buffered: true });
"""


SENT = set()  # paths of the files that the server has sent


class Counting(http.server.SimpleHTTPRequestHandler):
    def log_request(self, code="-", size="-"):
        if code == http.HTTPStatus.OK:
            SENT.add(self.path.split("?")[0])


def compressed(path):
    """Bytes of a file of the book on the way to a reader."""
    file = HTML / path.lstrip("/")
    content = file.read_bytes() if file.is_file() else b""
    return len(content) if file.suffix in PACKED else len(gzip.compress(content, 6))


class Reader:
    """A browser, and what was measured in it."""

    def __init__(self, playwright, site):
        self.playwright, self.site, self.longest = playwright, site, {}

    @contextmanager
    def browser(self, profile):
        flags = ["--no-sandbox", "--disable-gpu"]
        context = self.playwright.chromium.launch_persistent_context(
            profile, executable_path=shutil.which("chromium"), args=flags, viewport={"width": 1280, "height": 900}
        )
        context.add_init_script(WATCH)
        context.set_default_timeout(120_000)
        yield context
        context.close()

    def first_answer(self, page, chapter):
        """Seconds from entering the address of a chapter until its first figure is live."""
        begin = time.perf_counter()
        page.goto(f"{self.site}{chapter}.html", wait_until="commit")
        page.locator(".snn-explore").first.scroll_into_view_if_needed()
        page.wait_for_function(READY, arg=0)
        return time.perf_counter() - begin

    def leave(self, page, chapter):
        self.longest[chapter] = max(self.longest.get(chapter, 0), page.evaluate("window.longest"))

    def start(self, chapter, following):
        """Seconds until the first answer: cold, warm, and of the following chapter; files that were sent when cold."""
        with tempfile.TemporaryDirectory() as profile:
            with self.browser(profile) as context:
                page = context.new_page()
                SENT.clear()
                cold, sent = self.first_answer(page, chapter), set(SENT)
                page.wait_for_function("() => document.documentElement.dataset.kept")  # a reader stays as long
                self.leave(page, chapter)
            with self.browser(profile) as context:
                page = context.new_page()
                warm = self.first_answer(page, chapter)
                later = self.first_answer(page, following)
                self.leave(page, following)
        return cold, warm, later, sent

    def moves(self, page, count):
        """{figure: milliseconds} of a page for moves of all its controls."""
        taken = {}
        for index in range(page.locator(".snn-explore").count()):
            figure = page.locator(".snn-explore").nth(index)
            figure.scroll_into_view_if_needed()
            page.wait_for_function(READY, arg=index)
            spec = json.loads(figure.get_attribute("data-spec"))
            taken[spec["name"]] = [self.move(page, index, c) for _ in range(count) for c in spec["controls"]]
        return taken

    def move(self, page, index, control):
        """Milliseconds of one move of one control to a random value."""
        figure = page.locator(".snn-explore").nth(index)
        used = figure.evaluate("e => e.snnref.values")[control["name"]]
        setting = figure.locator(f"[name={control['name']}]")
        if "choices" in control:
            value = random.choice([c for c in control["choices"] if c != used] or control["choices"])
            setting.select_option(value)
        elif "samples" in control:
            value = random.choice([s["value"] for s in control["samples"] if s["value"] != used])
            figure.locator(f"[name={control['name']}][value='{value}']").check(force=True)
        else:
            steps = round((control["high"] - control["low"]) / control["step"])
            at = [round(control["low"] + k * control["step"], 10) for k in range(steps + 1)]
            value = random.choice([v for v in at if v != used])
            setting.fill(str(value))
        page.wait_for_function(DRAWN, arg=[index, {control["name"]: value}])
        return figure.evaluate("e => e.snnref.milliseconds")


def summary(taken):
    return f"median {median(taken):5.0f} ms, 95 of 100 within {quantiles(taken, n=20)[-1]:5.0f} ms"


def report_starts(reader, chapters, *, starts):
    """Prints the times until the first answer, and what it takes."""
    measured = [reader.start(*chapters[:2]) for _ in range(starts)]
    print(f"\nuntil the first answer ({chapters[0]}; later: {chapters[1]}), s")
    for name, seconds in zip(("cold", "warm", "later"), list(zip(*measured, strict=True))[:3], strict=True):
        print(f"  {name:6} median {median(seconds):5.1f}   of {', '.join(f'{s:.1f}' for s in sorted(seconds))}")
    sizes = {path: compressed(path) for path in measured[0][3]}
    print(f"compressed before the first answer, when cold: {sum(sizes.values()) / 1e6:.2f} MB in {len(sizes)} files")
    for path, size in sorted(sizes.items(), key=lambda item: -item[1])[:8]:
        print(f"  {size / 1e6:6.2f} MB  {path}")


def report_moves(reader, chapters, *, count):
    """Prints how long the moves of all figures take."""
    taken = {}
    with tempfile.TemporaryDirectory() as profile, reader.browser(profile) as context:
        for chapter in chapters:
            page = context.new_page()
            reader.first_answer(page, chapter)
            taken |= reader.moves(page, count)
            reader.leave(page, chapter)
            page.close()
    print(f"\na move of a control, {len(taken)} figures, {sum(map(len, taken.values()))} moves")
    print(f"  {'all':34} {summary([t for figure in taken.values() for t in figure])}")
    slow = {name: figure for name, figure in taken.items() if quantiles(figure, n=20)[-1] > 250}
    for name, figure in slow.items():
        print(f"  {name:34} {summary(figure)}")
    print(f"  {'' if slow else 'all '}other figures answer 95 of 100 moves within 250 ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--starts", type=int, default=3, help="browsers to start cold (%(default)s)")
    parser.add_argument("--moves", type=int, default=10, help="moves of each control; 0: none (%(default)s)")
    parser.add_argument("--chapters", nargs="+", default=[*CHAPTERS, *PAGES], help="two pages or more (all)")
    options = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Counting, directory=HTML))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    with sync_playwright() as playwright:
        reader = Reader(playwright, f"http://127.0.0.1:{server.server_port}/")
        print(f"{os.cpu_count()} cores, load {load} (1, 5, 15 minutes) before the start")
        if options.starts:
            report_starts(reader, options.chapters, starts=options.starts)
        if options.moves:
            report_moves(reader, options.chapters, count=options.moves)
        worst = max(reader.longest, key=reader.longest.get)
        print(f"\nlongest task of the main thread: {reader.longest[worst]:.0f} ms ({worst})")
    print(f"load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
