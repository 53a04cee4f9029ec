"""Figures and pages that show all five codes: their numbers are the package's."""

import re
from pathlib import Path

import numpy as np
import pytest

import snnref
from snnref import amos, energy
from snnref.analysis.evaluation import operation_counts
from snnref.figures import convert, side_by_side
from snnref.figures.description import Bars, Rule, Ticks
from snnref.figures.digits import digits
from snnref.figures.side_by_side.results import compared
from snnref.methods import METHODS
from snnref.spiking.energy import PRICES


def marks(figure, kind):
    return [mark for row in figure.rows for panel in row for mark in panel.marks if isinstance(mark, kind)]


@pytest.mark.parametrize("bits", [1, 4, 6])
@pytest.mark.parametrize("value", [0.0, 0.3125, 0.625, 1.0])
def test_one_number_is_said_to_a_part_in_as_many(value, bits):
    """Every code ends within a step of the number (TDSNN's are as wide as its factor of exp(1/L) of x + 1)."""
    for name, speak in side_by_side.number.SPEAKERS.items():
        times, belief = speak(value, bits)
        assert len(belief) == 2**bits + 1
        step = (2.0 ** (0.5**bits) - 1) * (1 + value) if name == "tdsnn" else 0.5**bits
        assert abs(belief[-1] - value) <= step + 1e-9, name
        assert len(times) <= {"rate": 2**bits, "sigma_delta": 2**bits, "amos": bits}.get(name, 1)
    figure = side_by_side.one_number(value=value, bits=bits)
    assert [len(t.x) for t in marks(figure, Ticks)] == [
        len(s(value, bits)[0]) for s in side_by_side.number.SPEAKERS.values()
    ]


def test_bars_of_one_network_are_those_of_its_runs():
    figure = side_by_side.one_network(image=7, K=3, leak=4.0)
    net, calibration, images, _ = digits()
    run = amos.convert(net, calibration[::8], K=3).run(images[7:8])
    done, ann, prices = operation_counts(run), energy.of_ann(net), PRICES["45 nm, cache"]
    bars = [bar.y[0] for bar in marks(figure, Bars)]
    error, spikes, compute, memory = bars[4::5]
    assert compute == pytest.approx(prices.compute(done)[0] / prices.compute(ann))
    assert memory == pytest.approx(done.words[0] / ann.words)
    assert spikes == pytest.approx(amos.counted(run)["spikes"][0] / 1600)
    right = np.maximum(net(images[7:8]), 0)
    assert error == pytest.approx(100 * np.sqrt(np.sum((np.maximum(run.output, 0) - right) ** 2) / np.sum(right**2)))


def test_prices_are_what_they_are_set_to():
    """Free memory and free multiplications leave additions and comparisons; reuse helps the ANN alone."""
    free = marks(side_by_side.prices(multiplication=0.0, word=0.0), Bars)
    net, _, images, _ = digits()
    run = side_by_side.network._converted("ttfs", (("t_max", 32),)).run(images[: side_by_side.network.SOME])
    done, ann = operation_counts(run), energy.of_ann(net)
    ratio = np.mean(done.additions + done.comparisons) / (ann.additions + ann.comparisons)
    assert free[1].y[0] == pytest.approx(np.log2(ratio))
    once, often = (marks(side_by_side.prices(reuse=n), Bars) for n in (1, 10))
    assert all(b.y[0] > a.y[0] for a, b in zip(once, often, strict=True))


def test_errors_of_the_first_layer_halve_with_half_a_step_and_grow_less():
    for rounding, expected in (("to one side", (2.5, 5.5)), ("to the nearest", (1.5, 3.7))):
        growth = []
        for network in range(6):
            caption = side_by_side.depth(rounding=rounding, network=network).caption
            first, last = re.search(r"AMOS ([\d.]+) % and ([\d.]+) %", caption).groups()
            growth.append(float(last) / float(first))
        assert expected[0] < np.median(growth) < expected[1]


def test_a_wrong_calibration_shows_in_all_codes_but_one():
    for code in convert.CODES:
        right, wrong = (
            [bar.y for bar in marks(convert.calibrated(code=code, calibration=c), Bars)]
            for c in ("training digits", "pixels from 0 to 16")
        )
        worse = sum(map(sum, wrong)) > 1.5 * sum(map(sum, right))
        assert worse == (code != "TDSNN"), code
    caption = convert.calibrated(code="TTFS", calibration="pixels from 0 to 16").caption
    assert "75% of 8 digits answered as by the ANN, outputs wrong by 103 %" in caption  # as the chapter says


def test_the_picture_of_compare_shows_its_numbers():
    net, calibration, images, labels = digits()
    found = snnref.compare(net, images[:20], labels[:20], calibration=calibration[::8], methods=["rate", "amos"])
    figure = compared(found)
    rate, amos_ = (row.result for row in found.rows)
    bars = [(bar.x[0], bar.y[0]) for bar in marks(figure, Bars)]
    assert bars[:4] == [
        (0, 100 * (1 - rate.accuracy)),
        (4, 100 * (1 - amos_.accuracy)),
        (0, rate.spikes_per_neuron),
        (4, amos_.spikes_per_neuron),
    ]
    assert marks(figure, Rule)[0].y == 100 * (1 - found.ann_accuracy)
    binary = snnref.load("digits-binarynet-sign")
    refused = snnref.compare(binary, images[:5], labels[:5], calibration=calibration[:50])
    assert "cannot be expressed by TTFS, ΣΔ, TDSNN, AMOS" in compared(refused).caption


def test_the_landing_page_names_what_each_code_expresses_and_its_main_slider():
    rows = [line.split(" | ") for line in Path("book/index.md").read_text().splitlines() if ".ipynb) | " in line]
    assert len(rows) == len(METHODS)
    for (*_, setting, kinds), module in zip(rows, METHODS.values(), strict=True):
        name = setting.strip(" `")
        assert name in module.COMPARED
        listed = kinds.strip(" |").lower().replace("any function, products", "relu, product, sigmoid")
        assert set(listed.split(", ")) <= set(module.EXPRESSES)
        assert module is amos or len(listed.split(", ")) == len(module.EXPRESSES)


@pytest.mark.parametrize("page", [*Path("book").glob("*.ipynb"), *Path("book").glob("*.md")], ids=lambda p: p.name)
def test_no_page_holds_a_placeholder(page):
    assert not re.search(r"TODO|TBD|[A-Z]{5,}TEXT", page.read_text())
