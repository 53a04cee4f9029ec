"""Figure descriptions, their drawing, and sliders in a notebook."""

import ast
import itertools
import json
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import snnref
from snnref import figures
from snnref.explore import BOOK, Drawing, Explorable, explore
from snnref.figures import describe, rate, vocabulary
from snnref.figures.description import Axis, Bars, Cells, Dots, Figure, Line, Panel, Rule, Ticks
from snnref.figures.draw import draw, svg

AXIS = Axis("x", (0, 4))
MARKS = [
    Line([0, 1], [1, 2], label="a"),
    Ticks([1, 2], [1, 1]),
    Bars([1, 2], [3, 1]),
    Cells(np.eye(3)),
    Dots([1], [2]),
    Rule(y=1.0),
    Rule(x=2.0),
]


def cells():
    """The code of every chapter and page, with the name of its figures' module."""
    for chapter in figures.CHAPTERS:
        for cell in json.loads(Path(f"book/{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield chapter, "".join(cell["source"])
    for page, module in figures.PAGES.items():
        text = Path(f"book/{page}.md").read_text(encoding="utf-8")
        for code in re.findall(r"^```\{code-cell\}\n(?::[^\n]*\n)*(.*?)^```", text, re.S | re.M):
            yield module, code


def explorables():
    """Every `explore` call of every chapter and page, executed without a kernel."""
    found = []
    for name, code in cells():
        for statement in ast.parse(code).body:
            call = ast.unparse(statement)
            if call.startswith("explore("):
                module = import_module(f"snnref.figures.{name}")
                found.append(eval(call, {"explore": explore, "Drawing": Drawing, name: module}))
    return found


EXPLORABLES = explorables()


def extremes(control):
    """Values of a control that are likely to go wrong."""
    if "samples" in control:
        return [*(sample["value"] for sample in control["samples"][:: len(control["samples"]) - 1]), "", ".AA", ".AA__"]
    return control.get("choices") or (control["low"], control["high"])


def test_chapters_have_explorables():
    names = (*figures.CHAPTERS, *figures.PAGES.values())
    modules = {name: import_module(f"snnref.figures.{name}") for name in names}
    assert {e.name for e in EXPLORABLES} == {f"{k}.{name}" for k, module in modules.items() for name in module.__all__}


@pytest.mark.parametrize("explorable", EXPLORABLES, ids=lambda e: e.name)
def test_every_figure_at_the_extremes_of_every_slider(explorable):
    ends = map(extremes, explorable.controls.values())
    for values in itertools.product(*ends):
        figure = describe(explorable.name, dict(zip(explorable.controls, values, strict=True)))
        assert figure.caption.endswith(".")
        text = figure.json()
        assert "NaN" not in text
        assert "Infinity" not in text
        draw(figure)


@pytest.mark.parametrize("explorable", EXPLORABLES, ids=lambda e: e.name)
def test_widget_redraws_when_a_slider_moves(explorable):
    fresh = Explorable(figures.find(explorable.name), explorable.controls)
    for name, slider in fresh.sliders.items():
        control = fresh.controls[name]
        before = fresh.widget.children[1].value
        samples = [sample["value"] for sample in control.get("samples", ())]
        slider.value = [value for value in samples or extremes(control) if value != slider.value][-1]
        assert fresh.widget.children[1].value != before, name
        assert fresh.values[name] == slider.value


def test_a_failing_figure_is_not_silent():
    broken = explore(vocabulary.one_number, value=(0.0, 1.0, 0.5, 0.5), steps=(1, 4, 1, 2))
    widget = broken.widget
    broken.name = "vocabulary.nothing"
    with pytest.raises(ValueError, match="vocabulary has"):
        widget.children[0].children[0].value = 1.0
    assert "could not be computed" in widget.children[1].value


def test_book_shows_the_live_element(monkeypatch):
    monkeypatch.setenv(BOOK, "1")
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    EXPLORABLES[0]._ipython_display_()
    html = shown[0].data
    assert 'class="snn-explore"' in html
    assert "<img alt=" in html
    assert EXPLORABLES[0].figure().caption[:20] in html


@pytest.mark.parametrize("mark", MARKS, ids=lambda m: type(m).__name__)
def test_every_mark_is_drawn(mark):
    empty, full = (svg(Figure([[Panel(marks, AXIS, AXIS)]], ".")) for marks in ([], [mark]))
    assert full != empty
    assert svg(Figure([[Panel([mark], AXIS, AXIS)]], ".")) == full  # the same text every time


def test_description_is_plain_data():
    figure = Figure([[Panel(MARKS, AXIS, Axis("y", (0, 1), ticks=[(0, "zero")]))]], "Caption.")
    data = json.loads(figure.json())
    kinds = [mark["mark"] for mark in data["rows"][0][0]["marks"]]
    assert kinds == ["line", "tick", "bar", "cell", "dot", "rule", "rule"]
    with pytest.raises(TypeError, match="cannot hold"):
        Figure([[Panel([object()], AXIS, AXIS)]], ".").json()


@pytest.mark.parametrize("name", ["vocabulary.lru_cache", "os.system", "vocabulary", "data.load"])
def test_only_figures_can_be_asked_for(name):
    with pytest.raises(ValueError, match="figure: got"):
        describe(name, {})


@pytest.mark.parametrize(
    "spec",
    [(1, 0, 1, 1), (0, 1, 0, 0), (0, 1, 1, 2), (0, 1), [], "text", (0.25, 2, 0.5, 1), (0, 1, 0.75, 0), [True, False]],
)
def test_controls_without_sense_are_refused(spec):
    with pytest.raises(ValueError, match="control 'value'"):
        explore(vocabulary.one_number, value=spec)


def test_only_figures_with_their_own_parameters_are_explorable():
    with pytest.raises(ValueError, match=r"expected chapter\.function"):
        explore(lambda: None)
    with pytest.raises(ValueError, match="has the parameters value, steps"):
        explore(vocabulary.one_number, tempo=(0, 1, 1, 0))


@pytest.mark.parametrize("play", ["reset", "nothing"])
def test_only_a_slider_can_play(play):
    with pytest.raises(ValueError, match=r"play: got .* expected one of threshold, current"):
        explore(vocabulary.neuron, threshold=(1, 2, 1, 1), current=(0, 1, 1, 0), reset=["zero"], play=play)


def test_play_moves_its_slider_in_a_notebook():
    explorable = explore(vocabulary.one_number, value=(0.0, 1.0, 0.25, 0.25), steps=(1, 4, 1, 2), play="value")
    player = explorable.widget.children[0].children[-1]
    assert (player.min, player.value, player.max) == (0, 1, 4)
    player.value = 3
    assert explorable.values == {"value": 0.75, "steps": 2}


def test_decimal_steps_are_welcome():
    assert explore(vocabulary.one_number, value=(0, 1, 0.1, 0.3)).values == {"value": 0.3}


def test_a_figure_with_nan_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        Figure([[Panel([Line([0.0], [float("nan")])], AXIS, AXIS)]], ".").json()


def test_neuron_caption_agrees_with_the_theory():
    """Numbers in the sentence are those of Eqs. 5a and 5b."""
    assert (
        "12 spikes in 40 steps, a rate of 0.3000 against an activation A = z/θ = 0.3125" in vocabulary.neuron().caption
    )
    assert "tends to A·θ/(θ + ε) = 0.2500" in vocabulary.neuron(reset="zero").caption
    assert "throws nothing away" in vocabulary.neuron(current=0.25, reset="zero").caption


def test_digit_answers_as_the_network_does():
    _, snn, x, labels = vocabulary._reader()
    for image in (0, 5, 17):
        run = snn.run(x[image : image + 1], steps=40)
        caption = vocabulary.digit(image=image).caption
        assert f"says {int(run.prediction[0])}," in caption
        assert f"a {labels[image]}:" in caption
        over_time = run.prediction_over_time[:, 0]
        settled = int(re.search(r"since step (\d+)", caption)[1])
        assert (over_time[settled - 1 :] == over_time[-1]).all()
        assert settled == 1 or over_time[settled - 2] != over_time[-1]


def marks(figure, kind, label=None):
    found = [m for row in figure.rows for panel in row for m in panel.marks if isinstance(m, kind)]
    return [m for m in found if label is None or label in m.label]


@pytest.mark.parametrize("threshold", [0.5, 1.0])
@pytest.mark.parametrize("current", [-0.25, 0.0, 0.25, 0.40625, 0.75, 1.25])
def test_both_resets_lie_on_their_equations(current, threshold):
    figure = rate.two_resets(current=current, threshold=threshold, steps=60)
    measured = marks(figure, Dots)
    theory = [line for line in marks(figure, Line) if line.dashed]
    assert len(measured) == len(theory) == 2
    for dots, line in zip(measured, theory, strict=True):
        np.testing.assert_allclose(dots.y, line.y, atol=1e-12)


def test_percentile_costs_add_up():
    """Clipping falls and coarseness grows with the scale; the sentence's numbers are those of the curves."""
    figure = rate.percentile(percent=95.0, steps=10, layer="relu2")
    clipped, coarse, both = marks(figure, Line)
    assert (np.diff(clipped.y) <= 1e-12).all()
    assert clipped.y[-1] == 0
    np.testing.assert_allclose(np.add(clipped.y, coarse.y), both.y)
    (here,) = (int(rule.x) for rule in marks(figure, Rule) if rule.x is not None and not rule.label)
    assert f"which loses {clipped.y[here]:.2f} %" in figure.caption
    assert f"loses {coarse.y[here]:.2f} %" in figure.caption


def test_accumulation_shows_the_parts_of_equation_7():
    short, long = (rate.accumulation(steps=steps) for steps in (16, 128))
    assert marks(short, Bars, "inherited")[0].y[0] == 0
    assert marks(short, Bars, "inherited")[0].y[1] > 0
    for part in ("inherited", "its own", "total"):
        assert marks(long, Bars, part)[0].y[2] < marks(short, Bars, part)[0].y[2] / 3


def test_the_gate_shows_whose_spikes_pass():
    figure = rate.gate(pooling="exact", steps=100)
    (line,) = marks(figure, Line, "exact")
    assert set(line.y[1:]) == {1.0}
    assert "let 62 spikes pass" in figure.caption
    assert max(marks(rate.gate(pooling="filter", gate_steps=4), Line, "filter")[0].y) > 1.1


def test_the_ladder_is_that_of_its_conversions():
    net = snnref.load("digits-cnn")
    (c, _), (x, labels) = (snnref.data.load("digits", split=split) for split in ("train", "test"))
    x, labels = x[: rate.network.IMAGES].astype(np.float64), labels[: rate.network.IMAGES]
    snn = snnref.rate.convert(net, c[::8].astype(np.float64), percentile=100, reset="zero", encoding="poisson")
    figure = rate.ladder(steps=7)
    bars = marks(figure, Bars)
    assert bars[1].y[0] == pytest.approx(100 * (snn.run(x, steps=60).prediction_over_time[6] != labels).mean())
    assert bars[0].y[0] > bars[4].y[0]
    assert f"+ max-norm {bars[1].y[0]:.1f} %" in figure.caption
