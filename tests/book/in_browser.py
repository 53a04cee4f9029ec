"""Runs inside Pyodide, in a browser: the package's tests, as far as NumPy alone carries them.

`test_pyodide.py` unpacks this there, beside pytest and the tests, and calls `run`.
"""

import json
import os
import sys
from importlib.machinery import ModuleSpec
from itertools import groupby
from types import ModuleType

import pytest

# What a browser does not have: a test that calls it is skipped.
MISSING = ("torch", "scipy", "cma", "matplotlib", "ipywidgets", "IPython", "sklearn", "nbformat", "typer", "rich")

LEFT_OUT = {
    "test_amos_understanding.py": "minutes",
    "test_architectures.py": "torch's modules",
    "test_cli.py": "the command line, in processes of its own",
    "test_comparison.py": "minutes: all five on whole networks, many times",
    "test_data.py": "fetches from a server, in threads",
    "test_docstrings.py": "needs numpydoc",
    "test_evaluation.py": "minutes",
    "test_import_calls.py": "torch's modules",
    "test_import_moves.py": "torch's modules",
    "test_import_torch.py": "torch's modules",
    "test_layers.py": "compares with torch",
    "test_package_map.py": "reads the repository",
    "test_plain_sphinx.py": "reads the repository",
    "test_random_modules.py": "torch's modules",
    "test_readme.py": "reads the repository",
    "test_reproduce.py": "reads the repository",
    "test_side_by_side.py": "minutes, and reads the repository",
    "test_sixth_paper.py": "reads the repository, in processes of its own",
    "test_sigma_delta_understanding.py": "minutes",
    "test_tdsnn_retraining.py": "trains",
    "test_zoo.py": "trains",
}
SLOW = {  # more than ten seconds here, or by the memory they measure
    "test_accuracy_on_digits",
    "test_fit_is_repeatable_and_better_than_descent",
    "test_functions_of_two_inputs",
    "test_many_bits_need_no_staircase",
    "test_poisson_rates_are_the_pixels",
    "test_regular_input_reaches_the_ann_in_the_end",
    "test_float32_keeps_its_digits_over_a_long_time",
    "test_memory_does_not_grow_with_time",
    "test_memory_does_not_grow_with_t_max",
}
ELSEWHERE = {  # they start processes, train, read the repository, or rest on how float32 rounds
    "test_binary_nets_are_binary_and_right_from_the_first_step",
    "test_binary_training_learns_and_stays_within_bounds",
    "test_evaluate_on_the_command_line",
    "test_front_door_opens",
    "test_import_needs_neither_torch_nor_scipy_nor_a_plotting_library",
    "test_training_without_torch_says_what_to_install",
    "test_command_without_its_extra_says_what_to_install",
    "test_wheel_works_in_an_empty_environment",
}


MOST = 12  # cases of one test, out of up to 225; they are chosen evenly


def thinned(cases):
    return cases[:: -(-len(cases) // MOST)]


class Missing(ModuleType):
    """In the place of a library that is not there, of its submodules, and of all that they have."""

    __path__ = ()
    Tensor = type("Tensor", (), {})  # of which nothing is an instance

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing(f"{self.__name__}.{name}")

    def __call__(self, *args, **kwargs):
        if "PYTEST_CURRENT_TEST" not in os.environ:
            return self  # a value for a test, which `Outcome` then skips
        pytest.skip(f"needs {self.__name__.partition('.')[0]}")

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


class Outcome:
    """A plugin of pytest: chooses the tests, and counts what became of them."""

    def __init__(self):
        self.passed, self.skipped, self.failed, self.seconds = 0, {}, {}, {}

    def pytest_collection_modifyitems(self, items):
        chosen = [item for item in items if item.originalname not in SLOW | ELSEWHERE]
        tests = groupby(chosen, lambda item: (item.path, item.originalname))
        items[:] = [case for _, cases in tests for case in thinned(list(cases))]

    def pytest_runtest_setup(self, item):
        if "<missing" in repr(getattr(item, "callspec", None)):
            pytest.skip("its values are of a library that is missing")

    def pytest_runtest_logreport(self, report):
        file = report.nodeid.partition("::")[0]
        self.seconds[file] = self.seconds.get(file, 0) + report.duration
        if report.failed:
            self.failed[report.nodeid] = report.longreprtext
        elif report.skipped:
            reason = report.longrepr[2]
            self.skipped[reason] = self.skipped.get(reason, 0) + 1
        elif report.when == "call":
            self.passed += 1

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed[report.nodeid] = report.longreprtext


def run(folder, chosen):
    """The tests in `folder`, or those `chosen` by arguments of pytest's; what became of them, as JSON."""
    sys.meta_path.insert(0, Finder())
    sys.path.insert(0, folder)
    outcome = Outcome()
    options = ["-q", "--import-mode=importlib", "--tb=short", f"--rootdir={folder}", "-pno:cacheprovider"]
    ignored = [f"--ignore={folder}/{name}" for name in LEFT_OUT]
    quiet = ["-pno:faulthandler", "-pno:warnings"]
    code = pytest.main([*options, *quiet, *ignored, *(chosen or [folder])], plugins=[outcome])
    return json.dumps({"code": code, **vars(outcome)})
