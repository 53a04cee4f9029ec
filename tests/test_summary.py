"""What a network is made of: the table against counting by hand, and the picture."""

import networks
import numpy as np
import pytest

import snnref
from snnref.figures.graph import graph
from snnref.layers import Activation, AvgPool, Conv, Dense, Flatten, MaxPool, Multiply, ReLU
from snnref.network import Network, counting
from snnref.network.canonical import canonical


def test_rows_counted_by_hand():
    """4×4 image, 2 channels of 3×3 with padding: 100 weights used a channel (see test_counting)."""
    net = (
        Network((1, 4, 4))
        .add("conv", Conv(np.ones((2, 1, 3, 3)), np.ones(2), padding=1))
        .add("relu", ReLU())
        .add("pool", MaxPool(2))
        .add("dead", AvgPool(2))
        .add("flat", Flatten((2, 2, 2)), "pool")
        .add("dense", Dense(np.ones((5, 8))))
    )
    rows = {row.node: row for row in net.summary().rows}
    assert list(rows) == ["input", "relu", "pool", "readout"]
    relu = rows["relu"]
    assert (relu.kind, relu.reads, relu.shape) == ("population (relu)", ("input",), (2, 4, 4))
    assert (relu.neurons, relu.synapses, relu.parameters, relu.macs, relu.operations) == (32, 200, 20, 200, 432)
    readout = rows["readout"]
    assert (readout.neurons, readout.synapses, readout.parameters) == (0, 40, 40)
    assert (readout.macs, readout.operations) == (40, 85)
    assert rows["pool"].parameters == rows["pool"].synapses == rows["input"].neurons == 0


def test_totals_are_those_of_counting(net):
    total, nodes = net.summary().total, canonical(net)
    assert total.neurons == counting.neurons(nodes)
    assert total.synapses == counting.synapses(nodes)
    assert total.operations == counting.ann_operations(net)


def test_a_gate_is_a_product():
    net = (
        Network((3,))
        .add("d", Dense(np.ones((3, 3))))
        .add("s", Activation("sigmoid"))
        .add("gate", Multiply(), "d", "s")
        .add("o", Dense(np.ones((2, 3))))
    )
    rows = {row.node: row for row in net.summary().rows}
    assert rows["s"].kind == "population (sigmoid)"
    assert rows["gate"].kind == "population (product)"
    assert rows["gate"].reads == ("input", "s")
    assert rows["gate"].synapses == 9 + 3


def test_table_and_html_and_json():
    summary = snnref.load("digits-cnn").summary()
    text = str(summary)
    assert "relu2" in text
    assert "51,200" in text
    assert text.splitlines()[-1].split() == ["total", "1,600", "67,776", "13,706", "67,776", "137,162"]
    assert summary._repr_html_().count("<tr") == 1 + len(summary.rows) + 1
    plain = summary.as_dict()
    assert plain["total"]["neurons"] == sum(row["neurons"] for row in plain["nodes"]) == 1600


def test_picture_has_every_node_and_every_projection(net, tmp_path):
    ax = graph(net)
    nodes = canonical(net)
    shown = {text.get_text() for text in ax.texts}
    assert set(nodes) <= shown
    edges = sum(len(node.sources) for node in nodes.values())
    assert len(ax.patches) == edges
    ax.figure.savefig(tmp_path / "net.svg")
    assert (tmp_path / "net.svg").stat().st_size > 1000


def test_picture_goes_where_it_is_told():
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    assert graph(networks.chain(np.random.default_rng(0)), ax=ax) is ax


def test_a_network_without_canonical_graph_is_refused():
    net = Network((1, 4, 4)).add("c", Conv(np.ones((1, 1, 1, 1)))).add("m", MaxPool(2))
    with pytest.raises(ValueError, match="put a ReLU before the pooling"):
        net.summary()
