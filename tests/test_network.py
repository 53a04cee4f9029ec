"""Networks: building, calling, files."""

import contextlib
import json
import os

import networks
import numpy as np
import pytest
import torch

from snnref import rate
from snnref.layers import Add, Conv, Dense, Gain, ReLU
from snnref.network import Network


def test_numpy_and_torch_give_the_same(net, x):
    double, single = net(torch.tensor(x)), net(torch.tensor(x, dtype=torch.float32))
    assert (double.dtype, single.dtype) == (torch.float64, torch.float32)
    assert np.array_equal(net(x), double.numpy())  # dyadic: exact
    np.testing.assert_allclose(single.numpy(), net(x), atol=1e-5)


def test_output_has_the_type_of_the_input(net, x):
    assert net(x).dtype == np.float64
    assert net(x.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (lambda x: x.tolist(), TypeError, "NumPy array or torch tensor"),
        (lambda x: (x * 255).astype(np.uint8), TypeError, "expected float32 or float64"),
        (lambda x: x[0], ValueError, r"x\[None\]"),
        (lambda x: x[:0], ValueError, "no sample"),
        (lambda x: x * np.nan, ValueError, "NaN"),
        (lambda x: x[..., :-1], ValueError, "expected"),
    ],
)
def test_unsuitable_input_is_refused(bad, error, message):
    net = networks.chain(np.random.default_rng(0))
    with pytest.raises(error, match=message):
        net(bad(networks.images(np.random.default_rng(1), net)))


@pytest.mark.parametrize(
    ("name", "layer", "sources", "message"),
    [
        ("a", ReLU(), (), "taken"),
        ("input", ReLU(), (), "taken"),
        ("b", ReLU(), ("nowhere",), "unknown source 'nowhere'"),
        ("b", Dense(np.ones((2, 7))), (), "'b' after a: Dense"),
        ("b", Dense(np.array([[np.nan, 1, 1]])), (), "NaN"),
        ("b", ReLU(), ("a", "input"), "'b' after a, input"),
        ("b", Add(), (), "two or more"),
        ("b", Dense([[1.0, 1, 1]]), (), "weight is list, expected a NumPy array of floats"),
        ("b", Dense(np.ones((2, 3), np.int64)), (), "int64"),
        ("b", Dense(np.ones(3)), (), "2 axes"),
        ("b", Dense(np.ones((2, 3)), np.ones(1)), (), r"bias has shape \(1,\)"),
        ("b", Dense(torch.ones(2, 3)), (), "expected a NumPy array"),
    ],
)
def test_a_layer_that_does_not_fit_is_refused(name, layer, sources, message):
    net = Network((3,)).add("a", ReLU())
    with pytest.raises(ValueError, match=message):
        net.add(name, layer, *sources)


def test_networks_without_layers_or_shape_are_refused():
    with pytest.raises(ValueError, match="no layer"):
        Network((3,))(np.ones((1, 3)))
    with pytest.raises(ValueError, match="expected a tuple"):
        Network(3)


def test_float32_stays_float32_everywhere(net, x):
    single = x.astype(np.float32)
    assert {value.dtype for value in net.activations(single).values()} == {np.dtype(np.float32)}
    run = rate.convert(net, x).run(single, steps=3, record=True)
    assert {train.value().dtype for train in run.trains.values()} == {np.dtype(np.float32)}


def test_names_with_dots_are_kept_in_the_file(tmp_path):
    net = Network((2,)).add("fc", Dense(np.ones((2, 2)))).add("fc.2", Dense(2 * np.ones((2, 2)), np.ones(2)))
    assert np.array_equal(Network.load(net.save(tmp_path / "n.npz"))(np.ones((1, 2))), net(np.ones((1, 2))))


def test_damage_anywhere_in_a_file_is_refused_or_harmless(net, x, tmp_path):
    path = net.save(tmp_path / "net.npz")
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(60):
        broken = bytearray(whole)
        broken[rng.integers(len(whole))] ^= 1 << rng.integers(8)
        path.write_bytes(broken)
        again = None
        with contextlib.suppress(ValueError):  # any other error fails the test
            again = Network.load(path)
        assert again is None or np.array_equal(again(x), net(x))


def test_something_that_is_no_layer_is_refused():
    with pytest.raises(TypeError, match="expected one of Dense"):
        Network((3,)).add("a", lambda x: x)


def test_file_keeps_the_network(net, x, tmp_path):
    again = Network.load(net.save(tmp_path / "net.npz"))
    assert list(again.layers) == list(net.layers)
    assert np.array_equal(again(x), net(x))
    assert os.listdir(tmp_path) == ["net.npz"]


def test_interrupted_save_leaves_the_old_file(net, tmp_path, monkeypatch):
    path = net.save(tmp_path / "net.npz")
    before = path.read_bytes()

    def fail(*args, **kwargs):
        args[0].write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(KeyboardInterrupt):
        net.save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["net.npz"]


def test_damaged_and_foreign_files_are_refused(net, tmp_path):
    path = net.save(tmp_path / "net.npz")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="not a complete network file"):
        Network.load(path)
    np.savez(path, other=np.ones(3))
    with pytest.raises(ValueError, match="not a complete network file"):
        Network.load(path)
    with pytest.raises(FileNotFoundError):
        Network.load(tmp_path / "absent.npz")


def test_a_file_that_asks_for_pickle_is_refused(tmp_path):
    ran = tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return (os.mkdir, (str(ran),))

    np.savez(tmp_path / "trap.npz", graph=np.array([Trap()], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="not a complete network file"):
        Network.load(tmp_path / "trap.npz")
    assert not ran.exists()


def test_a_file_with_an_unknown_layer_is_refused(net, tmp_path):
    path = net.save(tmp_path / "net.npz")
    with np.load(path) as data:
        arrays = dict(data)
    graph = json.loads(str(arrays.pop("graph")))
    graph["layers"][0][1] = "Popen"
    np.savez(path, graph=np.array(json.dumps(graph)), **arrays)
    with pytest.raises(ValueError, match="not a complete network file"):
        Network.load(path)
    graph["format"] = 9
    np.savez(path, graph=np.array(json.dumps(graph)), **arrays)
    with pytest.raises(ValueError, match="format 9"):
        Network.load(path)


def test_a_network_shows_itself_briefly(net):
    assert repr(net).startswith(f"Network: {net.input_shape} -> (")
    assert len(repr(net)) < 120
    assert len(repr(rate.convert(net, np.ones((1, *net.input_shape))))) < 1000


def test_numpy_integers_are_stored(tmp_path):
    net = Network((np.int64(1), 8, 8)).add(
        "c", Conv(np.ones((2, 1, 3, 3)), stride=(np.int64(2), 1), padding=np.int64(1))
    )
    x = np.ones((1, 1, 8, 8))
    assert np.array_equal(Network.load(net.save(tmp_path / "net.npz"))(x), net(x))


def test_a_gain_keeps_single_precision(tmp_path):
    net = Network((4,)).add("g", Gain(np.float64(0.5), np.float32(1)))
    x = np.ones((1, 4), np.float32)
    assert net(x).dtype == Network.load(net.save(tmp_path / "net.npz"))(x).dtype == np.float32


def test_asymmetric_padding_is_stored(tmp_path):
    net = Network((1, 8, 8)).add("c", Conv(np.ones((2, 1, 2, 2)), padding=((0, 1), (0, 1))))
    assert Network.load(net.save(tmp_path / "net.npz")).shapes["c"] == (2, 8, 8)
