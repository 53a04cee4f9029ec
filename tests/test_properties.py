"""Random graphs with random activations: what every method must do with them, or refuse by name."""

from dataclasses import replace
from functools import cache, partial

import networks
import numpy as np
import pytest
import torch
from test_counting import connected
from test_random_graphs import random_network

from snnref.arrays import to_numpy
from snnref.layers import Activation, Add, Conv, Multiply
from snnref.methods import METHODS, method
from snnref.network.canonical import Inexpressible, canonical
from snnref.network.nodes import MaxPool, Population, weighted_nodes
from snnref.spiking.trains import Readings

pytestmark = pytest.mark.filterwarnings("ignore:populations .* beyond the range of their trained units")

BINARY = ("heaviside", "sign")
SMOOTH = ("sigmoid", "silu", "gelu", "gelu_tanh", "tanh", "relu6", "hard_sigmoid", "hard_swish", "product")
PIECES = ("relu", "relu6")  # hard_sigmoid has sixths, which round; and no max-pool may read leaky_relu
PALETTES = {
    "relu": ("relu",),
    "binary": BINARY,
    "smooth": SMOOTH,
    "pieces": PIECES,
    "any": ("relu", *BINARY, *SMOOTH, "elu"),
    "pooled": ("silu", "tanh"),  # with padding, where AMOS cannot
}
IN_RELUS = ("relu6", "hard_sigmoid", "leaky_relu")
EACH = 8  # networks of a palette
EXACT = {  # of `convert`: scales are powers of two
    "rate": {"percentile": None, "steps": 12},
    "ttfs": {"threshold": 16.0, "t_max": 16},
    "sigma_delta": {"threshold": 0.25, "levels": 4},
    "tdsnn": {"leak": float(1 / np.log(2))},
    "amos": {"alpha": 1.0, "K": 4},
}
OTHERWISE = {  # and, for every other network
    "rate": {"reset": "zero", "clamp": 1},
    "ttfs": {"output": "potential", "half_step": False},
    "sigma_delta": {"rule": "settled", "delay": 0.125},
    "tdsnn": {"inhibition": "fixed", "threshold": 0.5},
    "amos": {"encoding": "analog", "steps": 2, "half_step": True},
}
MORE = {"sigma_delta": {"engine": "numpy"}}  # of `run`: no time to compile
CASES = [(palette, i) for palette in PALETTES for i in range(EACH)]
cases = pytest.mark.parametrize(("palette", "i"), CASES, ids=[f"{palette}{i}" for palette, i in CASES])
methods = pytest.mark.parametrize("name", METHODS)


def coloured(rng, palette):
    """A random network, half of whose ReLUs are other functions, and whose sums are products if there are such."""
    net, kinds = random_network(rng), [k for k in palette if k != "product"]
    layers = {}
    for name, (layer, sources) in net.layers.items():
        if isinstance(layer, Activation) and rng.random() < 0.5:
            layer = Activation(str(rng.choice(kinds)))
        elif isinstance(layer, Add) and "product" in palette:
            layer = Multiply()
        elif isinstance(layer, Conv) and palette == BINARY:  # coarse, so that thresholds are just reached
            layer = replace(layer, weight=np.round(4 * layer.weight) / 4, bias=np.round(8 * layer.bias) / 8)
        layers[name] = (layer, sources)
    return replace(net, layers=layers)


def kinds_of(net):
    """By population, in the order of the graph."""
    populations = [node for node in canonical(net).values() if isinstance(node, Population)]
    return {node.name: node.activation.kind if node.activation else "product" for node in populations}


@cache
def found(palette):
    """The first networks of a palette that have populations of its kinds, and are not refused by `canonical`."""
    wanted = min(2, len(PALETTES[palette]))
    nets, seed = [], 0
    while len(nets) < EACH:
        net, seed = coloured(np.random.default_rng(seed), PALETTES[palette]), seed + 1
        try:
            kinds = set(kinds_of(net).values())
        except Inexpressible:
            continue
        if palette == "pooled":
            nets += [net] if any("max-pool" in reason for reason in offenders("amos", net)) else []
        elif len(kinds & set(PALETTES[palette])) >= wanted:
            nets.append(net)
    return nets


def case(palette, i):
    """A network, and dyadic inputs from 0 to 1, the largest of which is 1."""
    net = found(palette)[i]
    x = np.abs(networks.images(np.random.default_rng(i), net, batch=3))
    x = np.round(4 * x) / 4 if palette == "binary" else x
    x[0, 0, 0, 0] = 1.0
    return net, x


def signs(nodes, name):
    """Whether a node may say values below 0; the input does not."""
    node = nodes[name]
    if isinstance(node, MaxPool):
        return signs(nodes, node.source)
    return isinstance(node, Population) and not (node.activation and node.activation.non_negative)


def expressed(name):
    """Its own kinds; and what sums of ReLUs say, which it need not know."""
    return {*method(name).EXPRESSES, *IN_RELUS}


def offenders(name, net):
    """What a method must refuse: populations of other kinds; for AMOS, padded pools of what may be negative."""
    wrong = [f"population {k!r}" for k, kind in kinds_of(net).items() if kind not in expressed(name)]
    if wrong or name != "amos":
        return wrong
    nodes = canonical(net)
    pools = [node for node in nodes.values() if isinstance(node, MaxPool) and signs(nodes, node.source)]
    return [f"max-pool {node.name!r}" for node in pools if any(a.before or a.after for a in node.window.axes)]


@cache
def converted(name, palette, i):
    """The conversion; None where the method must refuse, and did."""
    net, x = case(palette, i)
    options = EXACT[name] | (OTHERWISE[name] if i % 2 else {})
    convert = partial(method(name).convert, net, x, **options)
    if not (wrong := offenders(name, net)):
        return convert()
    with pytest.raises(Inexpressible) as refusal:
        convert()
    assert wrong[0] in str(refusal.value)
    return None


def runs(name, palette, i):
    """The conversion, and how to run it on an input; None for what is refused."""
    snn = converted(name, palette, i)
    return snn and (snn, partial(snn.run, record=True, **MORE.get(name, {})))


def same(trains, others, *, of=slice(None)):
    """Event by event; `others` may hold more samples, of which some are compared."""
    assert list(trains) == list(others)
    for name, train in trains.items():
        other = others[name]
        if isinstance(train, Readings):
            close(train.over_time[-1], other.over_time[-1][of])
            continue
        assert np.array_equal(to_numpy(train.count()), to_numpy(other.count())[of]), name
        close(train.value(), other.value()[of])
        ours = range(len(to_numpy(train.count())))
        for sample, theirs in zip(ours, range(len(to_numpy(other.count())))[of], strict=True):
            for one, two in zip(train.events(sample), other.events(theirs), strict=True):
                assert np.array_equal(one, two), name


def close(one, two):
    """Equal, but for sums of trained units' values, which are not dyadic."""
    np.testing.assert_allclose(to_numpy(one), to_numpy(two), rtol=1e-12, atol=1e-12)


@methods
def test_some_are_expressed_and_some_refused(name):
    answered = [each for each in CASES if converted(name, *each)]
    assert len(answered) >= EACH
    assert len(CASES) - len(answered) >= EACH
    kinds = {kind for each in answered for kind in kinds_of(case(*each)[0]).values()}
    assert kinds == {*method(name).EXPRESSES, "relu6"} & {"relu", *BINARY, *SMOOTH}  # the others come with worse ones
    beyond = {kind for each in set(CASES) - set(answered) for kind in kinds_of(case(*each)[0]).values()}
    assert beyond >= {*BINARY, *SMOOTH, "elu"} - expressed(name)
    assert sum(runs(name, *each)[1](case(*each)[1]).operations.total.min() > 0 for each in answered) >= EACH // 2


@cases
@methods
def test_numpy_and_torch_agree(name, palette, i):
    """And what comes out is of the kind that came in."""
    if known := runs(name, palette, i):
        _, x = case(palette, i)
        for kind in (np.float64, np.float32):
            one, two = (known[1](make(x.astype(kind))) for make in (np.asarray, torch.tensor))
            assert isinstance(one.output, np.ndarray)
            assert isinstance(two.output, torch.Tensor)
            assert one.output.dtype == kind
            assert two.output.dtype == getattr(torch, kind.__name__)
            if kind == np.float64:
                same(one.trains, two.trains)
                assert np.array_equal(one.operations.total, two.operations.total)


@cases
@methods
def test_a_sample_does_not_feel_the_others(name, palette, i):
    if known := runs(name, palette, i):
        _, x = case(palette, i)
        whole = known[1](x)
        for sample in range(len(x)):
            alone = known[1](x[sample : sample + 1])
            same(alone.trains, whole.trains, of=slice(sample, sample + 1))
            assert alone.operations.total[0] == whole.operations.total[sample]


@cases
@methods
def test_operations_are_those_of_each_event(name, palette, i):
    """Every spike, followed along every synapse, to every gate of AMOS that hears it."""
    if known := runs(name, palette, i):
        snn, run = known[0], known[1](case(palette, i)[1])
        expected = np.zeros(len(run.output))
        for node in weighted_nodes(snn.nodes).values():
            for term, sum_ in enumerate(node.inputs):
                unit = run.code.unit(node) if name == "amos" and isinstance(node, Population) else None
                hearing = int((unit.c[term] != 0).sum()) if unit else 1
                for p in sum_.projections:
                    reached = connected(p, snn.nodes[p.source].shape).sum(axis=1)
                    for sample in range(len(expected)):
                        _, neuron, _ = run.trains[p.source].events(sample)
                        expected[sample] += hearing * reached[neuron].sum()
        assert np.array_equal(run.operations.total, expected)


@cases
@pytest.mark.parametrize("name", [name for name in METHODS if set(method(name).EXPRESSES) - {"relu"}])
def test_simulate_and_run_agree(name, palette, i):
    """On what `test_random_graphs` leaves out: other functions than ReLU."""
    if palette != "relu" and (known := runs(name, palette, i)):
        _, x = case(palette, i)
        trace, run = known[0].simulate(x), known[1](x)
        same(trace.trains, run.trains)
        close(trace.output_over_time, run.output_over_time)
        if palette == "binary":
            assert np.array_equal(trace.output_over_time, run.output_over_time)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("rate", {"initial": np.float64(0.5)}),
        ("rate", {"clamp": np.int64(1)}),
        ("ttfs", {"t_max": np.int64(8)}),
        ("tdsnn", {"leak": np.float64(5)}),
    ],
    ids=str,
)
def test_options_of_numpy_do_not_raise_the_precision(name, options):
    net, x = case("relu", 0)
    snn, x = method(name).convert(net, x, **options), x.astype(np.float32)
    assert snn.run(x).output.dtype == snn.simulate(x).output.dtype == np.float32
