"""What runs a reader's code in the page (book/live/running.py), here in CPython."""

import json
import subprocess
import sys

import pytest

FIGURE = "from snnref.figures import vocabulary\n"


@pytest.mark.parametrize(
    ("source", "sent"),
    [
        ("", []),
        ("1 + 1", [["value", "2"]]),
        ("x = 2\nx", [["value", "2"]]),
        ("x = 2", []),
        ("None", []),
        ("'text'", [["value", "'text'"]]),
        ("print('a')\nprint('b', end='')\n3", [["stdout", "a\nb"], ["value", "3"]]),
        ("show(1)\nprint(2)\nshow(3)", [["value", "1"], ["stdout", "2\n"], ["value", "3"]]),
        ("import sys\nprint('a', file=sys.stderr)", [["stderr", "a\n"]]),
        ("if True:\n    1", []),
        ("raise SystemExit", []),
    ],
)
def test_what_is_shown(run_here, source, sent):
    assert run_here(source) == (True, sent)


def test_output_goes_out_while_the_code_runs(run_here):
    """Printed in the order in which it came, and before what follows."""
    _, sent = run_here("import sys\nprint(1)\nprint(2, file=sys.stderr)\nprint(3)")
    assert sent == [["stdout", "1\n"], ["stderr", "2\n"], ["stdout", "3\n"]]


def test_a_table_is_shown_as_such(run_here):
    (kind, text), = run_here("import snnref\nsnnref.load('digits-cnn').summary()")[1]  # fmt: skip
    assert kind == "value"
    assert text.splitlines()[0].startswith("node     kind")


def test_figures(run_here):
    from snnref.figures.vocabulary import neuron

    expected = json.loads(neuron(threshold=0.5).json())
    for last in ("vocabulary.neuron(threshold=0.5)", "show(vocabulary.neuron(threshold=0.5))"):
        whole, ((kind, text),) = run_here(FIGURE + last)
        assert whole
        assert kind == "figure"
        assert json.loads(text) == expected
    explored = "from snnref.explore import explore\nexplore(vocabulary.neuron, threshold=(0.25, 1, 0.25, 0.5))"
    assert json.loads(run_here(FIGURE + explored)[1][0][1]) == expected


def test_a_traceback_begins_at_the_code_and_names_the_line(run_here):
    whole, ((kind, text),) = run_here("def f(x):\n    return 1 / x\n\n\nf(0)")
    assert not whole
    assert kind == "error"
    lines = [line for line in text.splitlines() if "^" not in line and "~" not in line]
    assert lines == [
        "Traceback (most recent call last):",
        '  File "your code", line 5, in <module>',
        "    f(0)",
        '  File "your code", line 2, in f',
        "    return 1 / x",
        "ZeroDivisionError: division by zero",
    ]


def test_a_traceback_goes_on_into_the_package(run_here):
    _, ((_, text),) = run_here("import snnref\nsnnref.rate.Rate(steps=0)")
    assert 'File "your code", line 2, in <module>\n    snnref.rate.Rate(steps=0)' in text
    assert "in check_whole" in text
    assert text.endswith("ValueError: steps: got 0, expected a whole number ≥ 1\n")
    assert "running.py" not in text


def test_causes_are_told_without_what_runs_the_code(run_here):
    _, ((_, text),) = run_here("try:\n    input()\nexcept RuntimeError as e:\n    raise ValueError('x') from e")
    assert "RuntimeError: input() cannot ask anything here" in text
    assert "The above exception was the direct cause" in text
    assert "running.py" not in text
    grouped = "def f():\n    input()\n\n\ntry:\n    f()\nexcept RuntimeError as e:\n    raise ExceptionGroup('g', [e])"
    _, ((_, text),) = run_here(grouped)
    assert "ExceptionGroup: g" in text
    assert "running.py" not in text


@pytest.mark.parametrize(("source", "line"), [("x = 1\nx ==", 2), ("x = 1\n\nfor", 3), ("def f():\nreturn", 2)])
def test_syntax_errors(run_here, source, line):
    whole, ((kind, text),) = run_here(source)
    assert (whole, kind) == (False, "error")
    assert f'  File "your code", line {line}\n' in text
    assert text.splitlines()[-1].startswith(("SyntaxError", "IndentationError"))
    assert "running.py" not in text


def test_leaving_with_a_message_is_a_failure(run_here):
    assert run_here("raise SystemExit('no data')") == (False, [["error", "SystemExit: no data\n"]])


def test_a_module_that_is_not_here_is_explained(run_here):
    _, ((_, text),) = run_here("import nothing_of_the_kind")
    assert "No module named 'nothing_of_the_kind'" in text
    assert "Here are most of Python's standard library, NumPy and snnref" in text


def test_every_run_begins_anew(run_here):
    before = sys.modules["__main__"]
    run_here("x = 1\nimport numpy as np\nnp.set_printoptions(precision=1)")
    whole, ((_, text),) = run_here("print(x)")
    assert not whole
    assert "NameError: name 'x' is not defined" in text
    assert (
        run_here("import numpy as np\nprint(np.float64(1) / 3, np.array([1 / 3]))")[1][0][1].split()[1]
        == "[0.33333333]"
    )
    assert sys.modules["__main__"] is before


WARNED = """
import runpy
run = runpy.run_path("book/live/running.py")["run"]
sent = []
for line in ("warn('watch out')", "simplefilter('ignore')", "warn('watch out')"):
    run(f"import warnings\\nwarnings.{line}", lambda kind, text: sent.append(text))
print(*sent)
"""


def test_warnings_are_told_in_every_run():
    """Also after a run that wanted none. In a process of its own: pytest catches warnings."""
    done = subprocess.run([sys.executable, "-c", WARNED], capture_output=True, text=True, check=True)
    assert done.stdout.count("your code:2: UserWarning: watch out") == 2
    assert done.stderr == ""


def test_classes_know_their_module(run_here):
    """Dataclasses with names as texts, and pickle, look the module up."""
    source = (
        "from __future__ import annotations\nimport dataclasses, pickle\n@dataclasses.dataclass\nclass A:\n"
        "    b: dataclasses.InitVar[int] = 1\n    c: int = 2\npickle.loads(pickle.dumps(A()))"
    )
    assert run_here(source) == (True, [["value", "A(c=2)"]])


@pytest.mark.parametrize("source", ["print('x' * 300_000)", "for i in range(60_000):\n    print('xxxx')"])
def test_too_much_output_is_cut_and_said(run_here, source):
    whole, ((kind, text),) = run_here(f"{source}\nprint('last')")
    assert whole
    assert kind == "stdout"
    assert len(text) < 200_200
    assert text.count("More than 200,000 characters") == 1
    assert "last" not in text


@pytest.mark.parametrize("source", ["list(range(10**6))", "for i in range(10**5):\n    show('xxxx')"])
def test_too_much_that_is_shown_is_cut_and_said(run_here, source):
    whole, sent = run_here(source)
    assert whole
    text = "".join(text for _, text in sent)
    assert len(text) < 200_200
    assert text.endswith("More than 200,000 characters: what is shown from here on is left out.\n")


def test_too_many_figures_are_left_out_and_said(run_here):
    _, sent = run_here(f"{FIGURE}f = vocabulary.neuron()\nfor _ in range(100):\n    show(f)\nprint('last')")
    assert [kind for kind, _ in sent] == 40 * ["figure"] + ["value"]
    assert "left out" in sent[-1][1]


def test_a_long_message_is_shortened(run_here):
    _, ((kind, text),) = run_here("raise ValueError('x' * 10**6)")
    assert kind == "error"
    assert len(text) < 21_000
    assert text.startswith("Traceback")


def test_endless_recursion_is_told_in_short(run_here):
    _, ((_, text),) = run_here("def f():\n    return f()\n\n\nf()")
    assert "Previous line repeated" in text
    assert "RecursionError" in text
    assert len(text) < 2000
