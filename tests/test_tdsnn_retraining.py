"""Networks adjusted to reverse coding: G where it belongs, trained further, and equal to their conversion."""

from dataclasses import replace

import networks
import numpy as np
import pytest
import torch

import snnref
from snnref import tdsnn
from snnref.layers import Activation, Add, Concat, Conv, Dense, Flatten, Gain, MaxPool, ReLU, UnevenAvgPool
from snnref.layers.reverse_coding import spike_time, staircase
from snnref.network import INPUT, Network
from snnref.network.canonical import canonical
from snnref.network.nodes import Population
from snnref.tdsnn.adjust import plain
from snnref.training import trainer as fitting
from snnref.training.options import Augmentation, TrainingOptions

ADJUSTABLE = [networks.chain, networks.residual, networks.concat, networks.awkward]  # `sums` pools one without a ReLU


@pytest.fixture(params=ADJUSTABLE, ids=lambda make: make.__name__)
def net(request):
    return request.param(np.random.default_rng(0))


@pytest.fixture
def x(net):
    return np.abs(networks.images(np.random.default_rng(1), net))


@pytest.fixture(scope="module")
def digits():
    return snnref.load("digits-cnn"), snnref.data.load(split="train"), snnref.data.load()


@pytest.mark.parametrize("unit", [1.0, 0.25])
@pytest.mark.parametrize("leak", [1.0, 3.0])
def test_the_conversion_equals_the_adjusted_network(net, x, leak, unit):
    """To the last bit, in each kind and type of array."""
    adjusted = tdsnn.adjust(net, leak=leak, unit=unit)
    assert tdsnn.adjustment(adjusted) == (leak, unit)
    snn = tdsnn.convert(adjusted, x, leak=leak, offset="retrained")
    assert snn.scales[INPUT] == unit
    for kind in (np.float64, np.float32):
        for make in (np.asarray, torch.tensor):
            shown = make(x.astype(kind))
            assert (snn.run(shown).output == adjusted(shown)).all()
    trace = snn.simulate(x)
    np.testing.assert_allclose(trace.output, adjusted(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("net", ADJUSTABLE[:3], indirect=True)
def test_g_stands_before_every_layer_with_synapses(net):
    """Every value passes just one G on its way to the next weights."""
    adjusted = tdsnn.adjust(net, leak=2.0)

    def coded(source):
        """How many Gs lie on each way from the last ReLU or the input."""
        if source == INPUT:
            return {0}
        layer, sources = adjusted.layers[source]
        if isinstance(layer, Conv | Dense | ReLU):
            return {0}
        here = isinstance(layer, Activation) and layer.kind == "reverse"
        return {here + n for s in sources for n in coded(s)}

    for name, (layer, sources) in adjusted.layers.items():
        if isinstance(layer, Conv | Dense):
            assert [coded(s) for s in sources] == [{1}], name
    assert [s for _, s in plain(adjusted).layers.values()] == [s for _, s in net.layers.values()]
    assert plain(adjusted).layers.keys() == net.layers.keys()


def test_the_biases_begin_where_folding_puts_them():
    """Without padding the adjusted network is the folded conversion; with it, only borders differ."""
    net = snnref.load("mnist-lenet-caffe")
    x = np.random.default_rng(0).random((4, 1, 28, 28))
    adjusted, folded = tdsnn.adjust(net, leak=5.0), tdsnn.convert(net, x, leak=5.0)
    np.testing.assert_allclose(folded.run(x).output, adjusted(x), rtol=1e-4, atol=1e-4)
    padded = networks.residual(np.random.default_rng(0))
    adjusted = tdsnn.adjust(padded, leak=5.0)
    for name in ("conv1", "conv2", "out"):
        assert not np.array_equal(padded.layers[name][0].bias, adjusted.layers[name][0].bias)


def test_an_adjusted_network_tells_what_it_is(net, x, tmp_path):
    adjusted = tdsnn.adjust(net, leak=2.0, unit=0.5)
    again = Network.load(adjusted.save(tmp_path / "adjusted.npz"))
    assert tdsnn.adjustment(again) == (2.0, 0.5)
    assert np.array_equal(again(x), adjusted(x))
    assert tdsnn.adjustment(net) is None
    with pytest.raises(ValueError, match=r"got offset 'fold'.*retrained with leak 2"):
        tdsnn.convert(adjusted, x, offset="fold")
    with pytest.raises(ValueError, match=r"leak 5.*retrained with leak 2"):
        tdsnn.convert(adjusted, x, leak=5.0)
    known = tdsnn.convert(adjusted, x)
    assert (known.options["leak"], known.options["offset"]) == (2.0, "retrained")
    with pytest.raises(ValueError, match=r"threshold 0.5 for a network"):
        tdsnn.convert(adjusted, x, leak=2.0, offset="retrained", threshold=0.5)
    with pytest.raises(ValueError, match=r"unit: got 2.0 for a network retrained with 0.5"):
        tdsnn.convert(adjusted, x, leak=2.0, offset="retrained", unit=2.0)
    snn = tdsnn.convert(adjusted, x, leak=2.0, offset="retrained", unit=0.5)
    assert snn.options["offset"] == "retrained"
    with pytest.raises(ValueError, match="retrained with leak 2"):
        snn.run(x, leak=3.0)
    with pytest.raises(ValueError, match="activation reverse"):
        snnref.rate.convert(adjusted, x)
    with pytest.raises(ValueError, match="activation reverse"):
        tdsnn.adjust(adjusted, leak=2.0)
    extra = adjusted.add("again", Activation("reverse", 2.0))
    with pytest.raises(ValueError, match="G does not stand where it should"):
        tdsnn.adjustment(extra)


def test_a_network_that_ends_with_a_relu_is_read_by_its_spikes():
    rng = np.random.default_rng(0)
    net = networks.chain(rng).add("end", ReLU())
    x = np.abs(networks.images(rng, net))
    adjusted = tdsnn.adjust(net, leak=3.0)
    assert adjusted.output == "end.G"
    snn = tdsnn.convert(adjusted, x, leak=3.0, offset="retrained")
    assert np.array_equal(snn.run(x).output, adjusted(x))


def test_a_pool_before_its_relu_and_scaled_layers():
    rng = np.random.default_rng(0)
    net = (
        Network((1, 6, 6))
        .add("conv", networks.conv(rng, 3, 1, 3))
        .add("norm", Gain(np.array([0.5, 2.0, 1.0]).reshape(3, 1, 1), np.array([0.1, 0.0, -0.2]).reshape(3, 1, 1)))
        .add("pool", MaxPool(2))
        .add("relu", ReLU())
        .add("both", Concat(), "relu", "relu")
        .add("flat", Flatten((6, 2, 2)))
        .add("out", networks.dense(rng, 4, 24))
    )
    x = np.abs(networks.images(rng, net))
    adjusted = tdsnn.adjust(net, leak=300.0)
    np.testing.assert_allclose(adjusted(x), net(x), atol=0.1)
    snn = tdsnn.convert(adjusted, x, leak=300.0, offset="retrained")
    np.testing.assert_allclose(snn.run(x).output, adjusted(x), rtol=1e-12, atol=1e-12)  # the norm is folded


def test_what_cannot_be_adjusted_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"layer 'sum': max-pooled without a ReLU; put one behind it"):
        tdsnn.adjust(networks.sums(rng), leak=2.0)
    net = networks.chain(rng)
    for unit in (0, 0.3, -1.0, "1", float("inf")):
        with pytest.raises(ValueError, match=r"unit: got .* expected a power of two"):
            tdsnn.adjust(net, leak=2.0, unit=unit)
    with pytest.raises(ValueError, match="leak: got 0"):
        tdsnn.adjust(net, leak=0)


def test_the_gradient_goes_straight_through():
    """Forward G, backward max(0, x) + 1."""
    x = torch.tensor([-2.0, -0.1, 0.3, 7.0], requires_grad=True)
    y = fitting.with_surrogate_gradient(Activation("reverse", 2.0))(x)
    assert torch.allclose(y.detach(), staircase(x.detach(), leak=2.0))
    y.sum().backward()
    assert x.grad.tolist() == [0, 0, 1, 1]


BRIEF = TrainingOptions(epochs=3, batch=128, learning_rate=1e-3, weight_decay=0.0, label_smoothing=0.0)


def test_retraining_takes_the_loss_down_and_converts_without_any(digits):
    net, (images, labels), (x, truth) = digits
    losses = []
    new = tdsnn.retrain(
        net, (images, labels), leak=1.0, unit=0.25, how=BRIEF, progress=lambda *state: losses.append(state)
    )
    assert [(epoch, all_) for epoch, all_, _ in losses] == [(1, 3), (2, 3), (3, 3)]
    assert losses[-1][2] < 0.7 * losses[0][2]
    begin = tdsnn.adjust(net, leak=1.0, unit=0.25)
    right = [float((n(images).argmax(axis=1) == labels).mean()) for n in (begin, new)]
    assert right[1] > right[0] + 0.02
    snn = tdsnn.convert(new, images, leak=1.0, offset="retrained")
    result = snnref.evaluate(new, snn, x=x, labels=truth)
    assert result.agreement == 1
    assert result.accuracy == result.ann_accuracy
    assert snnref.diagnose(new, snn, x[:50]).agreement == 1
    further = tdsnn.retrain(new, (images, labels), how=replace(BRIEF, epochs=1))
    assert tdsnn.adjustment(further) == (1.0, 0.25)
    with pytest.raises(ValueError, match=r"got 2, 0.25 for a network adjusted to \(1.0, 0.25\); leave them out"):
        tdsnn.retrain(new, (images, labels), leak=2.0, how=BRIEF)


def test_a_stopped_retraining_ends_as_if_it_had_not_stopped(digits, tmp_path):
    net, (images, labels), _ = digits
    how = replace(BRIEF, augmentation=Augmentation(shift=0.1))
    file = tmp_path / "r.checkpoint"

    def stop(epoch, *_):
        if epoch == 2:
            raise KeyboardInterrupt

    whole = tdsnn.retrain(net, (images[:256], labels[:256]), how=how, seed=4)
    with pytest.raises(KeyboardInterrupt):
        tdsnn.retrain(net, (images[:256], labels[:256]), how=how, seed=4, checkpoint=file, progress=stop)
    seen = []
    resumed = tdsnn.retrain(
        net, (images[:256], labels[:256]), how=how, seed=4, checkpoint=str(file), progress=lambda *s: seen.append(s[0])
    )
    assert seen == [3]
    for name, (layer, _) in whole.layers.items():
        if isinstance(layer, Conv | Dense):
            assert np.array_equal(layer.weight, resumed.layers[name][0].weight)
    other = tdsnn.retrain(net, (images[:256], labels[:256]), how=how, seed=5)
    assert not np.array_equal(other.layers["dense1"][0].weight, whole.layers["dense1"][0].weight)
    with pytest.raises(ValueError, match=r"a checkpoint of .* expected"):
        tdsnn.retrain(net, (images[:256], labels[:256]), how=how, seed=5, checkpoint=file)
    with pytest.raises(ValueError, match=r"a checkpoint of .* expected"):
        tdsnn.retrain(net, (images[256:512], labels[:256]), how=how, seed=4, checkpoint=file)
    assert np.array_equal(net(images[:4]), snnref.load("digits-cnn")(images[:4]))


def test_retraining_refuses_data_that_do_not_fit(digits):
    net, (images, labels), _ = digits
    with pytest.raises(TypeError, match="expected a Network"):
        tdsnn.retrain("digits-cnn", (images, labels))
    with pytest.raises(ValueError, match=r"data: got shape \(1198, 8, 8\)"):
        tdsnn.retrain(net, (images[:, 0], labels))
    with pytest.raises(ValueError, match="expected a whole number each"):
        tdsnn.retrain(net, (images, labels[:-1]))
    with pytest.raises(ValueError, match="expected a whole number each"):
        tdsnn.retrain(net, (images, labels.astype(float)))
    with pytest.raises(ValueError, match="enough images for a batch"):
        tdsnn.retrain(net, (images[:100], labels[:100]), how=BRIEF)
    with pytest.raises(TypeError, match=r"data: got ndarray, expected a pair \(images, labels\)"):
        tdsnn.retrain(net, images)
    with pytest.raises(ValueError, match=r"data: got labels from 0 to 10, expected 0 to 9"):
        tdsnn.retrain(net, (images, np.where(labels == 9, 10, labels)))
    with pytest.raises(ValueError, match=r"data: got images with values down to -0.5"):
        tdsnn.retrain(net, (images - 0.5, labels))
    with pytest.raises(TypeError, match=r"how: got int, expected snnref.training.options.TrainingOptions"):
        tdsnn.retrain(net, (images, labels), how=3)
    with pytest.raises(ValueError, match=r"how: got an augmentation for data of shape .* up to 4"):
        tdsnn.retrain(net, (4 * images, labels), how=replace(BRIEF, augmentation=Augmentation(shift=0.1)))
    with pytest.raises(ValueError, match="dropout: got one behind relu9"):
        tdsnn.retrain(net, (images, labels), how=replace(BRIEF, dropout={"relu9": 0.5}))
    with pytest.raises(ValueError, match="an epoch at least"):
        tdsnn.retrain(net, (images, labels), how=replace(BRIEF, epochs=0))


@pytest.mark.parametrize("net", ADJUSTABLE[:3], indirect=True)
def test_populations_of_the_conversion_are_those_of_the_network(net, x):
    adjusted = tdsnn.adjust(net, leak=2.0)
    snn = tdsnn.convert(adjusted, x, leak=2.0, offset="retrained")
    ours = [k for k, node in snn.nodes.items() if isinstance(node, Population)]
    assert ours == [k for k, node in canonical(net).items() if isinstance(node, Population)]
    run, values = snn.run(x), adjusted.activations(x)
    for name in ours:
        assert np.array_equal(run.trains[name].lag, spike_time(values[name], leak=2.0))


def first_guess(net, x):
    """How far the adjusted network, before any training, is from the network, with hardly any steps."""
    adjusted = tdsnn.adjust(net, leak=1e5)
    snn = tdsnn.convert(adjusted, x, leak=1e5, offset="retrained")
    np.testing.assert_allclose(snn.run(x).output, adjusted(x), rtol=1e-12, atol=1e-12)
    return np.abs(adjusted(x) - net(x)).max() / np.abs(net(x)).max()


def test_relus_on_the_input():
    """They have synapses of their own: their input is coded, too."""
    rng = np.random.default_rng(0)
    x = rng.random((3, 2, 6, 6))
    start = Network((2, 6, 6))
    for net in (
        start.add("r0", ReLU()).add("f", Flatten((2, 6, 6))),
        start.add("p", MaxPool(2)).add("r0", ReLU()).add("f", Flatten((2, 3, 3))),
        start.add("r0", ReLU())
        .add("c", networks.conv(rng, 3, 2, 1), "input")
        .add("r1", ReLU())
        .add("both", Concat(), "r0", "r1")
        .add("f", Flatten((5, 6, 6))),
    ):
        whole = net.add("out", networks.dense(rng, 4, net.shapes["f"][0]))
        adjusted = tdsnn.adjust(whole, leak=4.0)
        snn = tdsnn.convert(adjusted, x, leak=4.0, offset="retrained")
        np.testing.assert_allclose(snn.run(x).output, adjusted(x), rtol=1e-12, atol=1e-12)


def test_shared_layers_and_scales_begin_right():
    """What is taken off a bias that several units hear is not taken off again."""
    rng = np.random.default_rng(0)
    x = rng.random((3, 2, 4, 4))
    shared = (  # a pre-activation residual network
        Network((2, 4, 4))
        .add("c0", networks.conv(rng, 3, 2, 1))
        .add("r0", ReLU())
        .add("c1", networks.conv(rng, 3, 3, 1))
        .add("s1", Add(), "c1", "c0")
        .add("r1", ReLU())
        .add("c2", networks.conv(rng, 3, 3, 1))
        .add("s2", Add(), "c2", "s1")
        .add("r2", ReLU())
        .add("f", Flatten((3, 4, 4)))
        .add("out", networks.dense(rng, 4, 48))
    )
    assert first_guess(shared, x) < 1e-3
    for gain in (Gain(2.0), Gain(np.array([1.0, 0.5, 2.0]).reshape(3, 1, 1), np.zeros((3, 1, 1)))):
        scaled = (
            Network((2, 3, 3))
            .add("c", networks.conv(rng, 3, 2, 1))
            .add("g", gain)
            .add("r", ReLU())
            .add("f", Flatten((3, 3, 3)))
            .add("out", networks.dense(rng, 4, 27))
        )
        assert first_guess(scaled, x[:, :, :3, :3]) < 1e-3


def test_retraining_takes_networks_of_any_kind():
    """On vectors, in double precision, with a pooling whose weights are no weights, with bias behind dropout."""
    rng = np.random.default_rng(0)
    pool = UnevenAvgPool(np.array([[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]]))
    net = (
        Network((2, 4))
        .add("c", Conv(rng.normal(size=(3, 2, 1)), np.zeros(3)))
        .add("r", ReLU())
        .add("pool", pool)
        .add("f", Flatten((3, 2)))
        .add("out", Dense(rng.normal(size=(2, 6)), np.zeros(2)))
    )
    x = rng.random((64, 2, 4))
    labels = (x.sum(axis=(1, 2)) > 4).astype(int)
    how = TrainingOptions(epochs=20, batch=32, learning_rate=1e-2)
    new = tdsnn.retrain(net, (x, labels), leak=3.0, how=how)
    assert np.array_equal(new.layers["pool"][0].high, pool.high)
    assert not np.array_equal(new.layers["out"][0].weight, net.layers["out"][0].weight)
    snn = tdsnn.convert(new, x, leak=3.0, offset="retrained")
    assert np.array_equal(snn.run(x).prediction, new(x).argmax(axis=1))


def test_a_bias_behind_dropout_is_trained():
    rng = np.random.default_rng(0)
    net = Network((4,)).add("d", networks.dense(rng, 3, 4))
    how = TrainingOptions(epochs=3, batch=8, dropout={"d": 0.2})
    fit = fitting.Trainer(net, how, what={}, rng=rng, samples=16)
    new = fit.run(rng.random((16, 4)), rng.integers(0, 3, 16))
    assert not np.array_equal(new.layers["d"][0].bias, net.layers["d"][0].bias)
