"""The two pictures of the package in the book: drawn from its contract, its imports, and a real run."""

import importlib
import sys
from pathlib import Path

import pytest

import snnref

sys.path.append("book/_ext")
package_map = importlib.import_module("package_map")


def test_rooms_are_those_of_the_package():
    rooms = {room for floor in package_map.floors() for room in floor}
    source = Path("snnref")
    there = {path.stem for path in source.glob("*.py")} | {path.parent.name for path in source.glob("*/__init__.py")}
    assert rooms == there - {"__init__"}


def test_arrows_lead_downwards():
    floor = {room: i for i, rooms in enumerate(package_map.floors()) for room in rooms}
    found = package_map.arrows()
    assert ("rate", "spiking") in found
    assert ("network", "layers") in found
    assert all(floor[above] < floor[below] for above, below in found if above in floor and below in floor)


def test_arrows_are_read_from_the_imports(tmp_path):
    for name, text in {
        "a/one.py": "from ..b import x\nfrom .. import c\n",
        "a/two.py": "from .one import y\n",
        "b/__init__.py": "import numpy\n",
        "c.py": "from .b.deep import z\n",
        "b/deep.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert package_map.arrows(tmp_path) == {("a", "b"), ("a", "c"), ("c", "b")}


def test_an_arrow_that_others_imply_is_left_out():
    assert package_map.direct({("a", "b"), ("b", "c"), ("a", "c")}) == {("a", "b"), ("b", "c")}


def test_the_way_is_that_of_a_run():
    names = [step.name for step in package_map.run_of_x()]
    assert names[0] == "spiking.snn.SNN.run"
    order = [
        "arrays.checks.check_input",
        "spiking.walk.walk",
        "rate.closed.Closed.population",
        "spiking.run.Run.accuracy",
    ]
    places = [names.index(name) for name in order]
    assert places == sorted(places)
    assert {"rate", "spiking", "network", "layers", "arrays"} <= {step.room for step in package_map.run_of_x()}


def test_another_method_takes_another_way():
    net, (x, _) = snnref.load("digits-cnn"), snnref.data.load("digits")
    snn = snnref.ttfs.convert(net, x[:50])
    names = [step.name for step in package_map.way(lambda: snn.run(x[:2]))]
    assert "ttfs.closed.Closed.population" in names
    assert not any(name.startswith("rate.") for name in names)


@pytest.mark.parametrize("draw", [package_map.draw_rooms, lambda: package_map.draw_way(package_map.run_of_x())])
def test_pictures_say_in_words_what_they_show(draw):
    figure, words = draw()
    assert len(figure.axes[0].texts) > 10
    assert "spiking" in words
    package_map.plt.close(figure)
