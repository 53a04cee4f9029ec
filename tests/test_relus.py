"""Bounded and two-sided units as sums of ReLUs: the same function, and `run` equals `simulate` in every code."""

import networks
import numpy as np
import pytest
from test_random_graphs import EXACT, random_network

import snnref
from snnref.layers import Activation, Dense, MaxPool
from snnref.methods import METHODS, method
from snnref.network import Network, counting
from snnref.network.canonical import Inexpressible, canonical
from snnref.network.graph import READOUT
from snnref.network.nodes import Population
from snnref.network.relus import in_relus
from snnref.spiking.walk import activations

KINDS = [("relu6", None), ("hard_sigmoid", None), ("leaky_relu", 0.25), ("leaky_relu", -1.0), ("leaky_relu", 0.0)]


def with_units(net, kind, parameter):
    """Every other ReLU is such a unit; weights are larger, so that bounds are reached."""
    layers, i = {}, 0
    for name, (layer, sources) in net.layers.items():
        if isinstance(layer, Activation):
            layer, i = (Activation(kind, parameter) if i % 2 == 0 else layer), i + 1
        elif hasattr(layer, "weight"):
            layer = type(layer)(**{**vars_of(layer), "weight": 4 * layer.weight})
        layers[name] = (layer, sources)
    return Network(net.input_shape, layers)


def vars_of(layer):
    return {name: getattr(layer, name) for name in layer.__dataclass_fields__}


def found(kind, parameter, *, many):
    """Random networks with such units that no max-pool of a falling unit makes inexpressible."""
    nets = []
    for seed in range(200):
        net = with_units(random_network(np.random.default_rng(seed)), kind, parameter)
        try:
            nodes = in_relus(canonical(net), ("relu",))
        except Inexpressible:
            continue
        if any(isinstance(node, Population) and node.part_of for node in nodes.values()) or parameter == 0:
            nets.append((net, nodes))
        if len(nets) == many:
            return nets
    raise AssertionError("too few networks")


@pytest.mark.parametrize(("kind", "parameter"), KINDS)
def test_the_function_is_the_same(kind, parameter):
    for net, nodes in found(kind, parameter, many=20):
        x = networks.images(np.random.default_rng(1), net) * 8
        np.testing.assert_allclose(activations(nodes, x)[READOUT], net(x), rtol=1e-12, atol=1e-12)
        kinds = {node.activation.kind for node in nodes.values() if isinstance(node, Population)}
        assert kinds <= {"relu"}


@pytest.mark.parametrize(("kind", "parameter"), [case for case in KINDS if case[0] != "hard_sigmoid"])
@pytest.mark.parametrize("name", METHODS)
def test_run_equals_simulate(name, kind, parameter):
    for net, _ in found(kind, parameter, many=2):
        x = np.abs(networks.images(np.random.default_rng(1), net))
        x[0, 0, 0, 0] = 1.0
        snn = method(name).convert(net, x, **EXACT[name])
        trace, run = snn.simulate(x), snn.run(x, record=True)
        for node in trace.trains:
            if node != READOUT:
                assert np.array_equal(trace.trains[node].count(), run.trains[node].count()), node
        np.testing.assert_allclose(trace.output, run.output, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("kind", "parameter"), KINDS)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("rate", {"steps": 4000, "percentile": 100}),
        ("ttfs", {"t_max": 4000, "output": "potential", "threshold": "maximum"}),
        ("sigma_delta", {"threshold": 0.002, "percentile": 100, "levels": 1000}),
        ("tdsnn", {"leak": 2000.0}),
    ],
)
def test_fine_codes_end_at_the_ann(name, options, kind, parameter):
    rng = np.random.default_rng(0)
    net = Network((6,)).add("dense", Dense(rng.normal(size=(8, 6)) * 4, rng.normal(size=8)))
    net = net.add("unit", Activation(kind, parameter)).add("out", Dense(rng.normal(size=(3, 8))))
    x = rng.random((50, 6))
    snn = method(name).convert(net, x, **options)
    expected = np.maximum(net(x), 0) if name == "sigma_delta" else net(x)  # whose outputs are ReLUs too
    np.testing.assert_allclose(snn.run(x[:5]).output, expected[:5], atol=0.03 * np.abs(expected).max())


def test_neurons_and_synapses_of_both_parts_count():
    net = (
        Network((2,))
        .add("dense", Dense(np.ones((3, 2))))
        .add("unit", Activation("relu6"))
        .add("out", Dense(np.ones((4, 3))))
    )
    nodes = in_relus(canonical(net), ("relu",))
    assert list(nodes) == ["input", "unit", "unit.above", "readout"]
    assert (counting.neurons(nodes), counting.synapses(nodes)) == (6, 2 * (6 + 12))
    assert in_relus(canonical(net), ("relu6",))["unit"].activation.kind == "relu6"


def test_a_name_that_is_taken():
    net = (
        Network((2,))
        .add("a", Activation("relu6"))
        .add("dense", Dense(-np.ones((2, 2))))
        .add("a.above", Activation("relu"))
        .add("b", Activation("relu6"))
    )
    nodes = in_relus(canonical(net), ("relu",))
    assert [name for name in nodes if name.startswith("a")] == ["a", "a.above'", "a.above"]
    x = np.array([[-1.0, 9.0], [-2.0, -3.0]])
    assert np.array_equal(activations(nodes, x)[READOUT], net(x))


def test_max_pools_of_bounded_units_are_pooled_part_by_part():
    net = Network((1, 4, 4)).add("unit", Activation("relu6")).add("pool", MaxPool(2)).add("pool2", MaxPool(2, stride=1))
    nodes = in_relus(canonical(net), ("relu",))
    assert [name for name in nodes if name.startswith("pool")] == ["pool", "pool.above", "pool2", "pool2.above"]
    x = np.random.default_rng(0).normal(size=(5, 1, 4, 4)) * 8
    np.testing.assert_allclose(activations(nodes, x)[READOUT], net(x), atol=1e-14)


def test_names_do_not_tell_which_units_fall():
    net = Network((1, 4, 4)).add("x.below", Activation("relu6")).add("pool", MaxPool(2))
    x = np.random.default_rng(0).normal(size=(5, 1, 4, 4)) * 8
    np.testing.assert_allclose(activations(in_relus(canonical(net), ("relu",)), x)[READOUT], net(x), atol=1e-14)


def test_a_max_pool_of_a_falling_unit_is_refused():
    net = Network((1, 4, 4)).add("unit", Activation("leaky_relu", 0.25)).add("pool", MaxPool(2))
    with pytest.raises(Inexpressible, match="put the pooling before the activation"):
        snnref.rate.convert(net, np.ones((1, 1, 4, 4)))


def test_a_bound_that_no_sample_reaches_needs_no_scale():
    net = Network((2,)).add("unit", Activation("relu6")).add("out", Dense(np.ones((1, 2))))
    snn = snnref.rate.convert(net, np.ones((4, 2)))
    assert snn.scales["unit.above"] == snn.scales["unit"] == 1.0
    assert np.array_equal(snn.run(np.ones((1, 2)), steps=10).output, [[2.0]])
