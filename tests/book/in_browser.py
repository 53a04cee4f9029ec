"""Runs inside Pyodide, in a browser: the tests of the package, as far as NumPy alone carries them.

`test_pyodide.py` unpacks this there, beside pytest and the tests, and calls `run`.
"""

import json
import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

# What a browser does not have; a test that calls it is skipped.
MISSING = ("torch", "scipy", "matplotlib", "ipywidgets", "IPython", "sklearn", "nbformat", "typer", "rich", "pooch")

LEFT_OUT = {
    "test_cli.py": "the command line, in processes of its own",
    "test_data.py": "fetches from a server, in threads",
    "test_import_torch.py": "torch's modules",
    "test_layers.py": "against torch",
    "test_random_modules.py": "torch's modules",
    "test_readme.py": "reads the repository",
    "test_reproduce.py": "reads the repository",
}


class Missing(ModuleType):
    """In the place of a library that is not there, its submodules and all that they have."""

    __path__ = ()
    Tensor = type("Tensor", (), {})  # of which nothing is an instance

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing(f"{self.__name__}.{name}")

    def __call__(self, *args, **kwargs):
        if "PYTEST_CURRENT_TEST" not in os.environ:
            return self  # a value for a test, which is then skipped
        pytest.skip(f"needs {self.__name__.partition('.')[0]}")

    def __mro_entries__(self, bases):
        pytest.skip(f"needs {self.__name__.partition('.')[0]}", allow_module_level=True)

    def __repr__(self):
        return f"<missing {self.__name__}>"


class Finder:
    """Imports what is missing."""

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name.partition(".")[0] in MISSING else None

    def create_module(self, spec):
        return Missing(spec.name)

    def exec_module(self, module):
        pass


class Counting:
    """What became of each test, for the page."""

    def __init__(self, tell):
        self.tell, self.passed, self.skipped, self.failures, self.seconds = tell, 0, {}, {}, {}

    def pytest_runtest_setup(self, item):
        if "<missing" in repr(getattr(item, "callspec", None)):
            pytest.skip("its values are of a library that is missing")

    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            self.seconds[report.nodeid] = report.duration
        if report.failed:
            self.failures[report.nodeid] = report.longreprtext
        elif report.skipped:
            self.count(report)
        elif report.when == "call":
            self.passed += 1
            if self.passed % 100 == 0:
                self.tell(f"{self.passed} passed, now {report.nodeid}")

    def pytest_collectreport(self, report):
        if report.failed:
            self.failures[report.nodeid] = report.longreprtext
        elif report.skipped:
            self.count(report)

    def count(self, report):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        self.skipped[reason] = self.skipped.get(reason, 0) + 1


def run(folder, arguments, tell=print):
    """The tests in `folder`, with pytest's `arguments`; what became of them, as JSON."""
    sys.meta_path.insert(0, Finder())
    sys.path.insert(0, folder)
    counting = Counting(tell)
    ignored = [f"--ignore={folder}/{name}" for name in LEFT_OUT]
    options = [
        "-q",
        "--rootdir",
        folder,
        "--import-mode=importlib",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:faulthandler",
        *ignored,
    ]
    code = pytest.main([*options, folder, *arguments], plugins=[counting])
    slowest = sorted(counting.seconds.items(), key=lambda pair: -pair[1])[:40]
    return json.dumps(
        {
            "code": int(code),
            "passed": counting.passed,
            "skipped": counting.skipped,
            "failures": counting.failures,
            "slowest": slowest,
        }
    )
