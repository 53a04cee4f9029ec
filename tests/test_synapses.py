"""Synapses and windows, one by one, against what the maps do to one neuron at a time."""

import networks
import numpy as np
import pytest
from test_random_graphs import SEEDS, random_network

from snnref.arrays import Axis
from snnref.layers import AvgPool, Conv, Dense, Gain, Gather, Place, Reshape, Spread, UnevenAvgPool
from snnref.layers.rearranging import Entry
from snnref.layers.windows import Window
from snnref.network import counting
from snnref.network.canonical import canonical
from snnref.network.nodes import MaxPool, Projection
from snnref.network.synapses import members, synapses


def matrix(found, sources, targets):
    m = np.zeros((targets, sources))
    for j in range(sources):
        own = found.targets[found.of(j)]
        assert np.all(np.diff(own) > 0)
        m[own, j] = found.weights[found.of(j)]
    return m


def assert_same(projections, shape):
    n = int(np.prod(shape))
    found = synapses(projections, shape)
    expected = sum(p(np.eye(n).reshape(n, *shape)).reshape(n, -1).T for p in projections)
    assert np.allclose(matrix(found, n, len(expected)), expected, rtol=1e-15, atol=0)
    return found


RNG = np.random.default_rng(0)
MAPS = [
    (Dense(RNG.normal(size=(3, 5))), (5,)),
    (Conv(RNG.normal(size=(4, 2, 3, 2)), stride=(2, 1), padding=((1, 0), 2), dilation=(1, 2)), (2, 6, 5)),
    (Conv(RNG.normal(size=(4, 2, 3, 3)), groups=2, padding=1), (4, 5, 5)),
    (Conv(RNG.normal(size=(4, 1, 3)), groups=4, stride=2, padding=1), (4, 7)),
    (AvgPool((3, 2), stride=1, padding=1), (2, 4, 4)),
    (UnevenAvgPool(np.array([[0.5, 0.5, 0], [0, 0, 1]]), np.array([[1, 0, 0, 0], [0, 0.25, 0.25, 0.5]])), (2, 3, 4)),
    (UnevenAvgPool(np.array([[0.5, 0.5, 0], [0, 0, 1]])), (2, 3)),
    (Spread((2, 3, 3)), (2, 1, 1)),
    (Place(1, 2, 4, 3), (2, 3, 3)),
    (Gain(np.array([1.0, 2.0]).reshape(2, 1, 1)), (2, 3, 3)),
    (Reshape((2, 3, 4), (6, 4)), (2, 3, 4)),
    (Gather((2, 3), (2, 2, 2), np.array([0, -1, 3, 3, 5, 1, -1, 0])), (2, 3)),
    (Gather((2, 3), (3, 2), np.arange(6).reshape(2, 3).T.ravel()), (2, 3)),
    (Conv(RNG.normal(size=(2, 1, 2, 2, 2)), stride=(1, 2, 1), padding=(1, 0, 1)), (1, 3, 4, 3)),
    (Entry(-1, Axis(3, 2, 1, 1), 2), (2, 3, 5)),
    (Entry(-2, Axis(2, 1, 1, 0, 2), 0), (2, 4, 3)),
]


@pytest.mark.parametrize(("linear", "shape"), MAPS, ids=lambda a: type(a).__name__)
def test_each_map(linear, shape):
    found = assert_same((Projection("", (linear,)),), shape)
    if not isinstance(linear, Reshape):  # moves only
        assert np.array_equal(np.diff(found.starts), Projection("", (linear,)).fan_out(shape).ravel())


def test_no_map_is_forgotten():
    from snnref.layers import Flatten, Linear

    assert {type(linear) for linear, _ in MAPS} | {Flatten} == set(Linear.__subclasses__())


@pytest.mark.parametrize("seed", SEEDS[::4])
def test_random_graphs(seed):
    nodes = canonical(random_network(np.random.default_rng(seed)))
    for p, node in counting.projections(nodes):
        shape = nodes[p.source].shape
        found = assert_same((p,), shape)
        assert np.array_equal(np.diff(found.starts), p.fan_out(shape).ravel())
        beside = tuple(other for other in node.input.projections if other.source == p.source)
        assert_same(beside, shape)
    for node in nodes.values():
        if isinstance(node, MaxPool):
            shape = nodes[node.source].shape
            lies_in, holds = members(node.window, shape)
            values = RNG.normal(size=shape)
            own = [holds.targets[holds.of(w)] for w in range(int(np.prod(node.shape)))]
            assert np.array_equal([values.ravel()[i].max() for i in own], node.window(values).ravel())
            assert sorted((i, w) for w, some in enumerate(own) for i in some) == [
                (i, w) for i in range(values.size) for w in lies_in.targets[lies_in.of(i)]
            ]


def test_synapses_to_the_padding_are_none_and_weights_of_zero_are_some():
    found = synapses((Projection("", (Conv(np.zeros((1, 1, 3, 3)), padding=1),)),), (1, 2, 2))
    assert np.diff(found.starts).tolist() == [4, 4, 4, 4]
    lies_in, _ = members(Window(2, stride=1), (1, 3, 3))
    assert np.diff(lies_in.starts).tolist() == [1, 2, 1, 2, 4, 2, 1, 2, 1]


def test_a_neuron_that_reaches_nobody():
    found = synapses((Projection("", (Conv(networks.dyadic(RNG, 1, 1, 1, 1), stride=2),)),), (1, 3, 3))
    assert np.diff(found.starts).tolist() == [1, 0, 1, 0, 0, 0, 1, 0, 1]
