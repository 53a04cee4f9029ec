"""The canonical graph: the same function, in four kinds of node."""

import networks
import numpy as np
import pytest
import torch

from snnref.canonical import Input, MaxPool, Population, Readout, canonical, normalise
from snnref.layers import AvgPool, Concat, Conv, Dense, Flatten, ReLU
from snnref.layers import MaxPool as Pool
from snnref.network import INPUT, READOUT, Network
from snnref.walk import activations


def test_function_stays_the_same(net, x):
    nodes = canonical(net)
    assert np.array_equal(activations(nodes, x)[READOUT], net(x))
    assert np.array_equal(activations(nodes, torch.tensor(x))[READOUT].numpy(), net(x))


def test_four_kinds_in_topological_order(net):
    seen = set()
    for name, node in canonical(net).items():
        assert isinstance(node, Input | Population | MaxPool | Readout)
        assert name == node.name
        assert seen.issuperset(node.sources)
        seen.add(name)


def test_populations_hold_the_activations_of_their_relu(x, net):
    """Each population is one ReLU of the network, under the ReLU's name, unless it was swapped with a pool."""
    values, layers = activations(canonical(net), x), net.activations(x)
    for name, value in values.items():
        relu = name in net.layers and isinstance(net.layers[name][0], ReLU)
        if relu and layers[name].shape == value.shape:
            assert np.array_equal(value, layers[name]), name


def test_dead_branches_are_left_out():
    nodes = canonical(networks.sums(np.random.default_rng(0)))
    assert "dead+" not in nodes
    assert "pool4.a'" in nodes  # the branch; "pool4.a" is a layer


def test_a_relu_behind_the_input_is_kept():
    for name, layer in (("pool", Pool(2)), ("same", AvgPool(1))):
        net = Network((1, 2, 2)).add(name, layer).add("relu", ReLU())
        x = -np.ones((1, 1, 2, 2))
        assert np.array_equal(activations(canonical(net), x)[READOUT], net(x))
    both = Network((1, 2, 2)).add("relu", ReLU()).add("cat", Concat(), "relu", "input").add("again", ReLU())
    assert np.array_equal(activations(canonical(both), x)[READOUT], both(x))


def test_max_pool_before_its_relu_is_swapped():
    net = networks.awkward(np.random.default_rng(0))
    nodes = canonical(net)
    assert isinstance(nodes["pool"], MaxPool)
    assert isinstance(nodes["a2"], Population)
    assert nodes["pool"].source == "a2"


@pytest.mark.parametrize("reader", [None, "dense"])
def test_max_pool_without_relu_is_refused(reader):
    net = Network((1, 4, 4)).add("conv", Conv(np.ones((1, 1, 1, 1)))).add("pool", Pool(2))
    if reader:
        net = (
            net.add("relu", ReLU(), "pool").add("flat", Flatten((1, 2, 2)), "pool").add("dense", Dense(np.ones((2, 4))))
        )
    with pytest.raises(ValueError, match="put a ReLU before the pooling"):
        canonical(net)


def test_refused_pool_that_nothing_reads_does_no_harm():
    net = Network((1, 2, 2)).add("conv", Conv(np.ones((1, 1, 1, 1)))).add("pool", Pool(2)).add("relu", ReLU(), "conv")
    assert list(canonical(net)) == [INPUT, "relu", READOUT]


def test_empty_network_is_refused():
    with pytest.raises(ValueError, match=r"Network\.add"):
        canonical(Network((3,)))


def test_a_second_relu_changes_nothing():
    net = Network((3,)).add("dense", Dense(np.eye(3))).add("a", ReLU()).add("b", ReLU()).add("out", Dense(np.eye(3)))
    assert list(canonical(net)) == [INPUT, "a", READOUT]


def test_bias_before_padded_map_differs_at_the_border():
    """A bias followed by average pooling with padding is smaller where the window hangs over."""
    net = Network((1, 4, 4)).add("conv", Conv(np.ones((1, 1, 1, 1)), np.ones(1))).add("mean", AvgPool(2, padding=1))
    bias = canonical(net)[READOUT].input.bias
    assert np.array_equal(bias[0], [[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]])


def scales_of(nodes, rng, *, per_channel):
    """Random powers of two; a pool has its source's."""
    scales = {}
    for name, node in nodes.items():
        shape = (node.shape[0], *[1] * (len(node.shape) - 1)) if per_channel else ()
        drawn = 2.0 ** rng.integers(-2, 3, shape)
        scales[name] = scales[node.source] if isinstance(node, MaxPool) else drawn
    return scales


@pytest.mark.parametrize("per_channel", [False, True])
def test_normalise_divides_every_activation_by_its_scale(net, x, per_channel):
    nodes = canonical(net)
    scales = scales_of(nodes, np.random.default_rng(2), per_channel=per_channel)
    before = activations(nodes, x)
    after = activations(normalise(nodes, scales), x / scales[INPUT])
    for name in nodes:
        assert np.array_equal(after[name], before[name] / scales[name]), name
