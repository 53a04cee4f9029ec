"""How fast the live pages answer, in headless Chromium, served from this machine.

    make book && python benchmarks/live.py

Cold: a fresh profile. Warm: the same profile once more. Per move: from the slider's event to the drawn figure.
"""

import functools
import http.server
import json
import os
import random
import shutil
import tempfile
import threading
import time
from statistics import median, quantiles

from playwright.sync_api import sync_playwright

HTML, PAGE, MOVES = "book/_build/html", "vocabulary.html", 30
READY = "i => document.querySelectorAll('.snn-explore')[i].dataset.state === 'ready'"
MILLISECONDS = "e => e.snnref.milliseconds"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def move(page, index):
    """Milliseconds for a move of every slider of a figure to a random value."""
    figure, taken = page.locator(".snn-explore").nth(index), []
    controls = [c for c in json.loads(figure.get_attribute("data-spec"))["controls"] if "low" in c]
    for _ in range(MOVES):
        for control in controls:
            at = control["low"] + random.random() * (control["high"] - control["low"])
            at = control["low"] + round((at - control["low"]) / control["step"]) * control["step"]
            figure.locator(f"[name={control['name']}]").fill(str(at))
            page.wait_for_function(READY, arg=index)
            taken.append(figure.evaluate(MILLISECONDS))
    return taken


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=HTML))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        for visit in ("cold", "warm"):
            context = playwright.chromium.launch_persistent_context(
                profile, executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            page = context.new_page()
            begin = time.perf_counter()
            page.goto(f"http://127.0.0.1:{server.server_port}/{PAGE}")
            page.locator(".snn-explore").first.scroll_into_view_if_needed()
            page.wait_for_function(READY, arg=0)
            print(f"{visit}: first live figure {time.perf_counter() - begin:.1f} s after the address was entered")
            figures = page.locator(".snn-explore").count() if visit == "warm" else 0
            for index in range(figures):
                page.locator(".snn-explore").nth(index).scroll_into_view_if_needed()
                page.wait_for_function(READY, arg=index)
                taken = move(page, index)
                name = json.loads(page.locator(".snn-explore").nth(index).get_attribute("data-spec"))["name"]
                print(
                    f"  {name:24} {median(taken):4.0f} ms a move, 95 of 100 within {quantiles(taken, n=20)[-1]:.0f} ms"
                )
            context.close()


if __name__ == "__main__":
    main()
