"""Operations against counting them one by one."""

from dataclasses import replace

import networks
import numpy as np
import pytest

from snnref import rate
from snnref.arrays import window_sum
from snnref.layers import AvgPool, Conv, Dense, Flatten, ReLU
from snnref.layers import MaxPool as Pool
from snnref.network import Network, counting
from snnref.network.canonical import canonical
from snnref.network.nodes import MaxPool
from snnref.spiking.synaptic_operations import analog_operations


def connected(projection, shape):
    """Boolean (source neurons, target neurons), by sending one-hots through maps whose weights are all one."""
    ones = [replace(m, weight=np.ones_like(m.weight)) if hasattr(m, "weight") else m for m in projection.maps]
    n = int(np.prod(shape))
    return replace(projection, maps=tuple(ones))(np.eye(n).reshape(n, *shape)).reshape(n, -1) != 0


def test_fan_out_equals_brute_force(net):
    nodes = canonical(net)
    for p, node in counting.projections(nodes):
        shape = nodes[p.source].shape
        assert np.array_equal(p.fan_out(shape).ravel(), connected(p, shape).sum(axis=1)), (p.source, node.name)


def test_operations_equal_brute_force(net, x):
    """Every spike of every step, followed along every synapse."""
    snn = rate.convert(net, x)
    trace = snn.simulate(x, steps=6)
    expected = np.zeros(len(x))
    pooled = np.zeros(len(x))
    for p, _ in counting.projections(snn.nodes):
        if p.source in trace.spikes_over_time:
            synapses = connected(p, snn.nodes[p.source].shape)
            for spikes in trace.spikes_over_time[p.source]:
                for sample, fired in enumerate(spikes.reshape(len(x), -1) > 0):
                    expected[sample] += synapses[fired].sum()
    for node in snn.nodes.values():
        if isinstance(node, MaxPool) and node.source in trace.spikes_over_time:
            for spikes in trace.spikes_over_time[node.source]:
                entries = window_sum(spikes, node.window.axes)
                pooled += entries.reshape(len(x), -1).sum(axis=1)
    assert np.array_equal(trace.operations.total, expected)
    assert np.array_equal(trace.operations.pooling, pooled)
    assert np.array_equal(snn.run(x, steps=6).operations.total, expected)


def test_ann_operations_counted_by_hand():
    """4×4 image, 2 channels of 3×3 with padding: 4 corners read 4 pixels, 8 edges 6, 4 inner ones 9 = 100 a channel."""
    net = (
        Network((1, 4, 4))
        .add("conv", Conv(np.ones((2, 1, 3, 3)), padding=1))
        .add("relu", ReLU())
        .add("pool", Pool(2))
        .add("flat", Flatten((2, 2, 2)))
        .add("dense", Dense(np.ones((5, 8))))
    )
    nodes = canonical(net)
    assert counting.synapses(nodes) == 2 * 100 + 40
    assert counting.neurons(nodes) == 32
    assert counting.ann_operations(net) == 2 * 240 + 32 + 5
    assert analog_operations(nodes, "input") == 200


def test_layers_in_a_row_are_counted_one_by_one():
    """Without a ReLU between, two layers make one projection; the ANN still computes both."""
    dense = Network((100,)).add("a", Dense(np.ones((2, 100)))).add("b", Dense(np.ones((100, 2))))
    assert counting.ann_operations(dense) == 2 * (200 + 200) + 2 + 100
    assert analog_operations(canonical(dense), "input") == 400
    mean = Network((1, 8, 8)).add("m", AvgPool(4)).add("f", Flatten((1, 2, 2))).add("d", Dense(np.ones((10, 4))))
    assert counting.ann_operations(mean) == 2 * 40 + 10
    assert analog_operations(canonical(mean), "input") == 40


def test_analog_operations_of_a_run():
    """Of every analog train: the input's own and that of its max-pool."""
    net = networks.sums(np.random.default_rng(0))
    x = networks.images(np.random.default_rng(1), net)
    run = rate.convert(net, x).run(x, steps=2)
    convolutions = 2 * 3 * 2 * (4 * 4 + 16 * 6 + 16 * 9)  # corners, edges, inside; twice read: see `convs`
    assert run.analog_operations == 2 * convolutions
    pooled = (
        Network((1, 4, 4))
        .add("p", Pool(2))
        .add("f", Flatten((1, 2, 2)))
        .add("d", Dense(np.ones((3, 4))))
        .add("r", ReLU())
        .add("o", Dense(np.ones((2, 3))))
    )
    x = np.ones((1, 1, 4, 4))
    assert rate.convert(pooled, x).run(x, steps=2).analog_operations == 12


def test_spikes_per_neuron_counts_populations_only(net, x):
    run = rate.convert(net, x).run(x, steps=9)
    populations = [k for k, n in run.nodes.items() if type(n).__name__ == "Population"]
    fired = sum(run.spikes[k].sum() for k in populations)
    assert run.spikes_per_neuron == pytest.approx(fired / len(x) / sum(run.spikes[k][0].size for k in populations))


def test_networks_cover_what_can_go_wrong():
    """Stride, padding, borders that are dropped, parallel projections: the graphs above must have them."""
    awkward = canonical(networks.awkward(np.random.default_rng(0)))
    fans = [p.fan_out(awkward[p.source].shape) for p, _ in counting.projections(awkward)]
    assert any((fan == 0).any() for fan in fans)
    net = (
        Network((1, 4, 4)).add("m", AvgPool(3, stride=1)).add("f", Flatten((1, 2, 2))).add("d", Dense(np.ones((7, 4))))
    )
    (p,) = canonical(net)["readout"].input.projections
    assert (p.fan_out((1, 4, 4)) == 7).all()  # overlapping windows reach a dense neuron once
    assert any(len(np.unique(fan)) > 2 for fan in fans)
