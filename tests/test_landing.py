"""The digit on the landing page: strokes become images of the data set, and the figure's numbers are those of runs."""

import json
import re
from itertools import pairwise

import numpy as np
import pytest
from pens import DIGITS, strokes_of

from snnref import data
from snnref.explore import Drawing, explore
from snnref.figures.codes import NAMES
from snnref.figures.description import Bars, Cells, Rule, Ticks
from snnref.figures.digits import digits
from snnref.figures.landing import figure as landing
from snnref.figures.landing import handwriting
from snnref.figures.landing.timeline import sent, timeline
from snnref.methods import METHODS
from snnref.network.nodes import weighted_nodes

THREE = handwriting.encode(DIGITS[3][0])


def marks(figure, kind):
    return [mark for row in figure.rows for panel in row for mark in panel.marks if isinstance(mark, kind)]


# --- Handwriting.


def test_text_holds_strokes_to_a_grid_line():
    rng = np.random.default_rng(0)
    strokes = [rng.random((n, 2)) for n in (1, 7, 40)]
    again = handwriting.decode(handwriting.encode(strokes))
    assert [s.shape for s in again] == [s.shape for s in strokes]
    for a, b in zip(strokes, again, strict=True):
        np.testing.assert_allclose(a, b, atol=0.5 / 63 + 1e-12)
    assert handwriting.encode(again) == handwriting.encode(strokes)
    assert handwriting.decode("") == []


@pytest.mark.parametrize(
    "text", ["abc", ".", ".A", ".ABC", ".AB..CD", ".A~", "." + "AB" * 5000, None, 3, [[0, 1]], " .AB"]
)
def test_what_is_no_drawing_is_refused(text):
    with pytest.raises(ValueError, match=r"(drawing|stroke): got .*expected"):
        handwriting.image(text)


@pytest.mark.parametrize("strokes", [[np.zeros((0, 2))], [np.array([[0.5, 1.1]])], [np.array([[np.nan, 0]])]])
def test_points_outside_the_sheet_are_refused(strokes):
    with pytest.raises(ValueError, match="each within"):
        handwriting.encode(strokes)


def test_without_strokes_there_is_no_bitmap():
    with pytest.raises(ValueError, match="strokes: got none"):
        handwriting.bitmap([])


def test_images_have_the_form_of_the_data_set():
    """8 × 8, in sixteenths; as high as the bitmap, in the middle, and with about as much ink."""
    images, _ = data.load("digits", split="train")
    inks = images.sum(axis=(1, 2, 3))
    for drawn in strokes_of(DIGITS):
        image = handwriting.image(handwriting.encode(drawn))
        assert image.shape == (1, *images.shape[1:])
        assert np.array_equal(16 * image, np.rint(16 * image))
        assert inks.min() < image.sum() < inks.max()
        assert image[0, 0, 0].any()
        assert image[0, 0, -1].any()
        columns = np.flatnonzero(handwriting.bitmap(drawn).any(axis=0))
        assert abs(columns[0] + columns[-1] - 31) <= 2
    assert not handwriting.image("").any()


def test_place_and_size_on_the_sheet_do_not_matter():
    for drawn in strokes_of(DIGITS):
        small = [0.1 + 0.3 * stroke for stroke in drawn]
        assert np.array_equal(handwriting.bitmap(drawn), handwriting.bitmap(small))


def test_a_dot_and_a_dash_are_drawings_too():
    for text in (".ff", ".AffA", ".AfBf", ".fAfB", ".ffff"):
        image = handwriting.image(text)
        assert 0 < image.max() <= 1


def test_distance_is_that_to_the_nearest_segment():
    """Against many points along each segment."""
    rng = np.random.default_rng(0)
    starts, ends = rng.uniform(0, 32, (2, 5, 2))
    along = np.linspace(0, 1, 2001)[:, None, None]
    points = (starts + along * (ends - starts)).reshape(-1, 2)
    middle = np.stack(np.meshgrid(np.arange(32) + 0.5, np.arange(32) + 0.5), axis=-1).reshape(-1, 1, 2)
    brute = np.array([np.sqrt(((points - m) ** 2).sum(axis=-1)).min() for m in middle]).reshape(32, 32)
    np.testing.assert_allclose(handwriting.distance(starts, ends), brute, atol=0.02)


def read_as(drawn):
    return int(digits()[0](handwriting.image(handwriting.encode(drawn))).argmax())


def test_digits_drawn_with_straight_and_round_strokes_are_read():
    right = [read_as(drawn) == label for label, ways in DIGITS.items() for drawn in ways[:1]]
    assert all(right)


def test_most_digits_of_an_unsteady_hand_are_read():
    """Slanted, stretched, shaky."""
    rng = np.random.default_rng(0)
    right = []
    for label, ways in DIGITS.items():
        for drawn in ways * 3:
            hand = np.eye(2) + rng.normal(0, 0.08, (2, 2))
            shaken = [(s - 0.5) @ hand.T * 0.8 + 0.5 + np.cumsum(rng.normal(0, 0.004, s.shape), axis=0) for s in drawn]
            right.append(read_as([np.clip(s, 0, 1) for s in shaken]) == label)
    assert np.mean(right) > 0.9


def test_test_digits_drawn_again_along_their_middle_are_read():
    """What is left of a digit when it is thinned is given to the pen as strokes."""
    _, _, images, labels = digits()
    right = [read_as(thinned(images[i, 0])) == labels[i] for i in range(120) if labels[i] < 8]
    assert np.mean(right) > 0.9  # the small holes of 8 and 9 do not outlive that


def test_test_digits_as_bitmaps_are_read():
    net, _, images, labels = digits()
    counts = np.stack([handwriting.counted(enlarged(image)) for image in images[:100, 0]])
    assert np.mean(net(counts[:, None] / 16).argmax(axis=1) == labels[:100]) > 0.9


def enlarged(image):
    """`(8, 8)` → `(32, 32)`, of bool."""
    near = np.maximum(0, 1 - abs((np.arange(32)[:, None] + 0.5) / 4 - 0.5 - np.arange(8)))
    near /= near.sum(axis=1, keepdims=True)
    return near @ image @ near.T > 0.5


def thinned(image):
    """Strokes of two points each along the middle of a digit (Zhang & Suen 1984), from its picture at 32 × 32."""
    on, before = np.pad(enlarged(image), 1).astype(int), None
    while not np.array_equal(on, before):
        before = on
        for first in (True, False):
            shifts = ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
            around = [np.roll(on, shift, (0, 1)) for shift in shifts]  # from the north, clockwise
            north, _, east, _, south, _, west, _ = around
            begins = sum((a == 0) & (b == 1) for a, b in zip(around, around[1:] + around[:1], strict=True))
            corner = ((north if first else west) * east * south == 0) & (
                (east if not first else south) * west * (east if first else north) == 0
            )
            on = np.where((sum(around) >= 2) & (sum(around) <= 6) & (begins == 1) & corner, 0, on)
    places = {(int(i), int(j)) for i, j in np.argwhere(on[1:-1, 1:-1])}
    pairs = [(p, (p[0] + i, p[1] + j)) for p in sorted(places) for i, j in ((0, 1), (1, 0), (1, 1), (1, -1))]
    return [np.array([a[::-1], b[::-1]]) / 32 + 1 / 64 for a, b in pairs if b in places]


# --- What a spike costs, and when it comes.


@pytest.mark.parametrize("drawing", [4, THREE])
@pytest.mark.parametrize("code", METHODS)
def test_sums_over_events_are_the_totals_of_the_run(code, drawing):
    """Event by event; and the brute count of synapses for a few of them."""
    snn, x = landing.converted()[code], landing.seen(drawing).picture[None, None]
    run = snn.run(x, record=True)
    reading = landing.seen(drawing).readings[code]
    events = sent(snn, run)
    assert {name: len(time) for name, (time, _) in events.items()} == {k: int(v.sum()) for k, v in run.spikes.items()}
    neurons_receiving = getattr(run.code, "neurons_receiving", lambda node, term: 1)
    total = 0
    for name, (time, neuron) in events.items():
        assert (time >= 0).all()
        assert (time <= run.latency + 1e-12).all()
        count = np.bincount(neuron, minlength=run.spikes[name].size)
        assert np.array_equal(count, run.spikes[name].ravel())
        for node in weighted_nodes(run.nodes).values():
            for term, sum_ in enumerate(node.inputs):
                for p in sum_.projections:
                    if p.source == name:
                        reached = np.broadcast_to(p.fan_out(run.nodes[name].shape), run.nodes[name].shape).ravel()
                        total += sum(int(reached[k]) for k in neuron) * neurons_receiving(node, term)
    answer, spikes, operations, output = reading.until(1.0)
    assert spikes == sum(int(v.sum()) for v in run.spikes.values())
    assert operations == total == run.operations.total[0]
    assert answer == run.prediction[0]
    assert np.array_equal(output, run.output[0])


@pytest.mark.parametrize("code", METHODS)
def test_readings_and_spikes_are_those_of_the_stepwise_dynamics(code):
    """`simulate` says the same, at the same times."""
    snn, x = landing.converted()[code], landing.seen(4).picture[None, None]
    trace = snn.simulate(x)
    events, run = sent(snn, trace), snn.run(x, record=True)
    for name, (time, neuron) in sent(snn, run).items():
        order, other = np.lexsort((neuron, time)), np.lexsort((events[name][1], events[name][0]))
        assert np.array_equal(neuron[order], events[name][1][other]), name
        np.testing.assert_allclose(time[order], events[name][0][other])
    reading = landing.seen(4).readings[code]
    assert len(reading.asked) == len(trace.output_over_time)
    np.testing.assert_allclose(reading.outputs, trace.output_over_time[:, 0], atol=1e-9)


@pytest.mark.parametrize("code", ["ttfs", "tdsnn", "amos"])
def test_a_layer_speaks_after_the_layer_before_it_has(code):
    snn, x = landing.converted()[code], landing.seen(4).picture[None, None]
    events = sent(snn, snn.run(x, record=True))
    layers = [events[name][0] for name in ("input", "relu1", "relu2", "relu3")]
    for before, after in pairwise(layers):
        assert before.max() <= after.min()


@pytest.mark.parametrize("drawing", [4, THREE])
def test_everything_so_far_only_grows(drawing):
    readings = landing.seen(drawing).readings
    for reading in readings.values():
        counts = [reading.until(share)[1:3] for share in np.linspace(0, 1, 41)]
        assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(counts))
        assert reading.until(0.0)[0] is None
        said = [reading.until(share)[0] is not None for share in np.linspace(0, 1, 41)]
        assert said == sorted(said)  # who has said something goes on to


# --- The figure.


@pytest.mark.parametrize("sample", landing.samples())
def test_every_sample_is_told_with_its_numbers(sample):
    net, _, images, labels = digits()
    figure = landing.digit(drawing=sample)
    json.loads(figure.json())
    assert figure.caption.startswith(f"A {labels[sample]} of the test digits; the ANN says ")
    assert f"the ANN says {net(images[sample : sample + 1]).argmax()}." in figure.caption
    said = re.findall(r"(\S+) (\d) \(([\d,]+) spikes, ([\d,]+) operations", figure.caption)
    runs = {name: snn.run(images[sample : sample + 1]) for name, snn in landing.converted().items()}
    assert said == [
        (
            NAMES[name],
            str(int(run.prediction[0])),
            f"{sum(int(v.sum()) for v in run.spikes.values()):,}",
            f"{int(run.operations.total[0]):,}",
        )
        for name, run in runs.items()
    ]
    assert np.array_equal(marks(figure, Cells)[0].values, images[sample, 0])


def test_samples_are_one_of_each_class():
    _, _, images, labels = digits()
    assert [labels[k] for k in landing.samples()] == list(range(10))
    assert all(np.array_equal(images[k, 0], picture) for k, (_, picture) in landing.samples().items())


@pytest.mark.parametrize("time", [0, 37, 100])
def test_the_figure_shows_what_has_been_sent_so_far(time):
    figure = landing.digit(drawing=THREE, time=time)
    readings = landing.seen(THREE).readings
    ticks = marks(figure, Ticks)
    assert [len(t.x) for t in ticks] == [int((100 * r.raster[0] <= time).sum()) for r in readings.values()]
    assert all((t.x <= time).all() for t in ticks)
    assert [rule.x for rule in marks(figure, Rule) if rule.x is not None] == [time]
    bars = [bar.y[0] for bar in marks(figure, Bars)[-10:]]
    so_far = [reading.until(time / 100) for reading in readings.values()]
    assert bars == [spikes for _, spikes, *_ in so_far] + [operations for _, _, operations, _ in so_far]
    assert ("nothing yet" in figure.caption) == (time < 100)


def test_rows_are_the_same_neurons_in_all_codes_by_activation():
    """TTFS: what is more active fires sooner; TDSNN: later."""
    x = landing.seen(4).picture[None, None]
    rows = landing._rows(x)
    assert [np.count_nonzero(row >= 0) for row in rows.values()] == [landing.SHOWN] * 4
    for code, sign in (("ttfs", 1), ("tdsnn", -1)):
        snn = landing.converted()[code]
        times, shown = timeline(snn, x, rows={"relu1": rows["relu1"]}).raster
        assert len(times)
        assert (sign * np.diff(times[np.argsort(shown)]) >= 0).all()


def test_an_empty_sheet_is_told_so():
    figure = landing.digit(drawing="", time=50)
    assert figure.caption == landing.EMPTY
    json.loads(figure.json())
    assert not marks(figure, Ticks)


@pytest.mark.parametrize("drawing", [-1, 599, "x", None])
def test_nonsense_is_refused(drawing):
    with pytest.raises(ValueError, match="drawing: got"):
        landing.digit(drawing=drawing)


def test_moving_time_runs_nothing_anew():
    landing.digit(drawing=THREE, time=10)
    middle = landing.seen.cache_info()
    for time in range(0, 101, 10):
        landing.digit(drawing=THREE, time=time)
    assert landing.seen.cache_info().misses == middle.misses


# --- The control.


def test_a_drawing_is_a_control():
    shown = explore(landing.digit, drawing=Drawing(landing.samples(), value=4), time=(0, 100, 1, 100))
    control = shown.controls["drawing"]
    assert shown.values == {"drawing": 4, "time": 100}
    assert [sample["value"] for sample in control["samples"]] == list(landing.samples())
    _, _, images, _ = digits()
    assert np.array_equal(
        np.rint(100 * images[4, 0]), next(s for s in control["samples"] if s["value"] == 4)["picture"]
    )
    json.dumps(control)


def test_a_drawing_without_samples_or_with_a_stranger_is_refused():
    with pytest.raises(ValueError, match="control 'drawing': got"):
        explore(landing.digit, drawing=Drawing({}))
    with pytest.raises(ValueError, match="control 'drawing': got 3, expected one of"):
        explore(landing.digit, drawing=Drawing(landing.samples(), value=3))
