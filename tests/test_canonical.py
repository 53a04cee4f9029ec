"""The canonical graph: the same function, in four kinds of node."""

import networks
import numpy as np
import pytest
import torch
from test_counting import connected

from snnref.layers import Activation, Add, AvgPool, Concat, Conv, Dense, Flatten, Gain, Multiply, Place, ReLU, Reshape
from snnref.layers import MaxPool as Pool
from snnref.network import INPUT, READOUT, Network
from snnref.network.canonical import Inexpressible, canonical
from snnref.network.nodes import Input, MaxPool, Population, Projection, Readout
from snnref.network.normalisation import normalise
from snnref.spiking.walk import activations


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


def columns(rng, out=2, channels=1):
    return Conv(rng.normal(size=(out, channels, 1, 1)))


def test_branches_of_pools_never_share_a_name():
    """The pool "a" of "b.c" and the pool "a.b" of "c" would both be called a.b.c."""
    rng = np.random.default_rng(0)
    net = Network((1, 4, 4))
    for name in ("b.c", "c", "d"):
        net = net.add(f"k{name}", columns(rng), "input").add(name, ReLU())
    net = (
        net.add("cat1", Concat(), "b.c", "d")
        .add("a", Pool(2))
        .add("cat2", Concat(), "c", "d")
        .add("a.b", Pool(2))
        .add("sum", Add(), "a", "a.b")
        .add("flat", Flatten((4, 2, 2)))
    )
    x = rng.normal(size=(3, 1, 4, 4))
    np.testing.assert_allclose(activations(canonical(net), x)[READOUT], net(x), rtol=1e-12)


@pytest.mark.parametrize("name", ["input", "readout"])
def test_reserved_names_are_refused_wherever_they_come_from(name):
    with pytest.raises(ValueError, match="the name is taken"):
        Network((4,), {name: (ReLU(), ("input",)), "out": (Dense(np.ones((2, 4))), (name,))})


@pytest.mark.parametrize("kind", ["tanh", "relu6", "leaky_relu", "sigmoid"])
def test_maximum_before_a_rising_activation(kind):
    rng = np.random.default_rng(0)
    net = Network((1, 4, 4)).add("conv", columns(rng)).add("pool", Pool(2)).add("act", Activation(kind))
    nodes = canonical(net.add("flat", Flatten((2, 2, 2))))
    assert list(nodes) == ["input", "act", "pool", "readout"]
    x = rng.normal(size=(3, 1, 4, 4))
    np.testing.assert_allclose(activations(nodes, x)[READOUT], net(x).reshape(3, -1), rtol=1e-12)


@pytest.mark.parametrize("activation", [Activation("silu"), Activation("leaky_relu", -0.5), Activation("elu", -1.0)])
def test_maximum_before_an_activation_that_falls_is_refused(activation):
    net = Network((1, 4, 4)).add("conv", columns(np.random.default_rng(0))).add("pool", Pool(2))
    with pytest.raises(ValueError, match="put a ReLU before the pooling"):
        canonical(net.add("act", activation))


def test_a_gate_is_rescaled_once():
    rng = np.random.default_rng(0)
    net = (
        Network((4,))
        .add("a", Dense(rng.normal(size=(3, 4)), rng.normal(size=3)))
        .add("ra", ReLU())
        .add("b", Dense(rng.normal(size=(3, 4)), rng.normal(size=3)), "input")
        .add("sb", Activation("sigmoid"))
        .add("gate", Multiply(), "ra", "sb")
        .add("out", Dense(rng.normal(size=(2, 3))))
    )
    nodes, x = canonical(net), rng.normal(size=(5, 4))
    scales = {"input": 1.0, "ra": 4.0, "sb": 1.0, "gate": 0.25, "readout": 2.0}
    plain, scaled = activations(nodes, x), activations(normalise(nodes, scales), x)
    for name in ("ra", "gate", "readout"):
        np.testing.assert_allclose(scaled[name] * scales[name], plain[name], rtol=1e-12)


def test_fan_out_of_wide_and_of_rescaled_sources():
    """A source of 100,000 needs no table of its pairs; gains in front of a change of shape do not matter."""
    wide = Projection("input", (Place(0, 100_000, 100_010, 1), Dense(np.ones((2, 100_010)))))
    assert np.all(wide.fan_out((100_000,)) == 2)
    conv = Conv(np.ones((3, 2, 2, 2)))
    maps = (Gain(np.ones(8)), Reshape((8,), (2, 2, 2)), conv, Gain(2.0))
    assert np.array_equal(Projection("r", maps).fan_out((8,)), np.full(8, 3))


def test_grouped_convolution_behind_a_concatenation():
    """Which group a branch falls into decides what it reaches."""
    rng = np.random.default_rng(0)
    net = (
        Network((3, 4, 4))
        .add("r", ReLU())
        .add("k", columns(rng, 1, 3), "input")
        .add("s", ReLU())
        .add("cat", Concat(), "r", "s")
        .add("groups", Conv(rng.normal(size=(6, 2, 2, 2)), groups=2))
        .add("flat", Flatten((6, 3, 3)))
    )
    for p in canonical(net)["readout"].input.projections:
        shape = canonical(net)[p.source].shape
        assert np.array_equal(p.fan_out(shape).ravel(), connected(p, shape).sum(axis=1))


def pooled_behind_gains(gains, *, beside=None):
    """Conv-ReLU-BN-MaxPool, as many tutorials have it."""
    net = Network((1, 6, 6)).add("conv", Conv(np.random.default_rng(0).normal(size=(3, 1, 3, 3)))).add("relu", ReLU())
    if beside is not None:
        net = net.add("other", Conv(np.random.default_rng(1).normal(size=(2, 1, 3, 3))), "input").add("relu2", ReLU())
        net = net.add("cat", Concat(), "relu", "relu2")
    shift = np.arange(len(gains)) - 1.0
    norm = Gain(np.reshape(gains, (-1, 1, 1)), shift[:, None, None])
    net = net.add("norm", norm).add("pool", Pool(2)).add("flat", Flatten((len(gains), 2, 2)))
    return net.add("out", Dense(np.random.default_rng(2).normal(size=(4, 4 * len(gains)))))


@pytest.mark.parametrize("gains", [(1.0, 2.0, 0.5), (0.0, 3.0, 1.0)])
@pytest.mark.parametrize("beside", [None, (0.25, 4.0)])
def test_a_maximum_commutes_with_gains_of_channels(gains, beside):
    net = pooled_behind_gains(gains + (beside or ()), beside=beside)
    x = np.random.default_rng(3).normal(size=(5, 1, 6, 6))
    nodes = canonical(net)
    np.testing.assert_allclose(activations(nodes, x)[READOUT], net(x), rtol=1e-12, atol=1e-12)
    assert sum(isinstance(node, Population) for node in nodes.values()) == (1 if beside is None else 2)


def test_a_maximum_of_what_a_gain_turns_round_is_refused_by_its_channels():
    with pytest.raises(Inexpressible, match=r"turns channels 0, 2 round .their gains are negative"):
        canonical(pooled_behind_gains((-1.0, 1.0, -0.5)))
    net = pooled_behind_gains((1.0, 1.0, 1.0))
    uneven = {**net.layers, "norm": (Gain(np.random.default_rng(0).random((3, 4, 4)), -1.0), ("relu",))}
    with pytest.raises(Inexpressible, match="which may be negative"):
        canonical(Network(net.input_shape, uneven))
