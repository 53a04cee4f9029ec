"""The recipe "Add a sixth paper": its blocks, put into a copy of the package, make a method that works."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path("book/sixth_paper.md")
BLOCK = re.compile(r"^```\{code-block\} (\w+)\n:caption: ([^\n]+)\n(.*?)^```$", re.M | re.S)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the repository's own files with the new method in it."""
    root = tmp_path_factory.mktemp("sixth")
    for name in ("snnref", "tests", "book/_ext"):
        shutil.copytree(name, root / name, ignore=shutil.ignore_patterns("__pycache__", "book"))
    shutil.copy("pyproject.toml", root)
    for language, caption, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if language == "diff":
            _apply(root / caption, text)
        elif "/" in caption:
            (root / caption).parent.mkdir(exist_ok=True)
            (root / caption).write_text(text, encoding="utf-8")
    return root


def _apply(file, difference):
    """Each run of removed lines gives way to the added lines behind it; a removed line that is not there fails."""
    text = file.read_text(encoding="utf-8")
    for old, new in re.findall(r"((?:^-[^\n]*\n)+)((?:^\+[^\n]*\n)+)", difference, re.M):
        removed, added = (re.sub(r"^[-+]", "", part, flags=re.M) for part in (old, new))
        assert text.count(removed) == 1, removed
        text = text.replace(removed, added)
    file.write_text(text, encoding="utf-8")


def run(copy, *command):
    environment = os.environ | {"PYTHONPATH": str(copy), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_its_own_test_passes(copy):
    assert " passed" in run(copy, sys.executable, "-m", "pytest", "-q", "-x", "tests/test_weighted.py")


def test_its_own_test_fails_when_the_neuron_is_wrong(copy):
    stepwise = copy / "snnref/weighted/stepwise.py"
    right = stepwise.read_text(encoding="utf-8")
    stepwise.write_text(right.replace("v >= worth(k)", "v > worth(k)"), encoding="utf-8")
    try:
        with pytest.raises(AssertionError, match="failed"):
            run(copy, sys.executable, "-m", "pytest", "-q", "-x", "tests/test_weighted.py")
    finally:
        stepwise.write_text(right, encoding="utf-8")


@pytest.mark.slow
def test_the_tests_of_all_methods_take_it_in(copy):
    """And those that compare the methods are not upset."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-x"]
    assert " passed" in run(copy, *pytest, "tests/test_properties.py", "-k", "weighted")
    assert " passed" in run(copy, *pytest, "tests/test_comparison.py", "tests/test_understanding.py")
    assert " passed" in run(copy, *pytest, "tests/test_cli.py", "-k", "compare")


def test_every_tool_knows_it(copy):
    code = """if True:
        import numpy as np, snnref
        net, (x, labels) = snnref.load("digits-cnn"), snnref.data.load("digits")
        calibration, _ = snnref.data.load("digits", split="train")
        from snnref import weighted
        snn = weighted.convert(net, calibration, K=4)
        print(snnref.compare(net, x[:50], labels[:50], calibration=calibration, methods=["ttfs", "weighted"]))
        print(snnref.diagnose(net, snn, x[:20]))
        print(snnref.explain(snn.simulate(x[:2]), "relu1", (0, 3, 4)))
        print(snnref.check.neuron("weighted", weighted.check.reference))
        print(snnref.check.neuron("weighted", lambda v, K=8: [0] * K))
        try:
            weighted.convert(net.add("t", snnref.layers.Activation("silu")), calibration)
        except ValueError as refusal:
            print(refusal)
    """
    text = run(copy, sys.executable, "-c", code)
    assert re.search(r"^weighted +\d+\.\d\d%", text, re.M)
    assert "relu1: quantisation: values are cut off to K binary digits" in text
    assert re.search(r"^received in all: .*, sent as 0\.[01]{4}$", text, re.M)
    assert "agrees with the reference in all" in text
    assert "differs: with K 1, for a potential of 0.5 the reference sends 1; yours sends 0" in text
    assert "the code of weighted spikes expresses relu only" in text


def test_the_command_line_knows_it(copy):
    command = "import sys; from snnref.cli import main; sys.argv[1:] = {}; main()"
    arguments = ["evaluate", "digits-cnn", "--method", "weighted", "--set", "K=6", "--images", "50"]
    assert "digits-cnn as weighted code: K 6" in run(copy, sys.executable, "-c", command.format(arguments))


def test_the_import_contract_holds(copy):
    assert "0 broken" in run(copy, str(Path(sys.executable).with_name("lint-imports")))


def test_the_code_is_in_the_style_of_the_house(copy):
    ruff = str(Path(sys.executable).with_name("ruff"))
    files = ["snnref/weighted", "tests/test_weighted.py"]
    run(copy, ruff, "check", *files)
    run(copy, ruff, "format", "--check", *files)


def test_the_chapter_stub_executes(copy):
    (stub,) = (
        text for _, caption, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if caption == "chapter stub"
    )
    run(copy, sys.executable, "-c", stub)
    execute = "import nbformat, nbclient; nbclient.NotebookClient(nbformat.read('book/weighted.ipynb', 4)).execute()"
    run(copy, sys.executable, "-c", execute)
