"""Bad input gets an error that says what came, what is expected, what to do. Modules of torch: test_import_torch."""

import json
import os
import zipfile
from dataclasses import replace

import networks
import numpy as np
import pytest
import torch

from snnref import Network, evaluate, rate
from snnref.layers import Conv, Dense, Gain, ReLU
from snnref.rate import integrate_and_fire

RNG = np.random.default_rng(0)
NET = networks.chain(RNG)
X = networks.images(RNG, NET)
SNN = rate.convert(NET, X)


def spoiled(value):
    x = X.copy()
    x[0, 0, 0, 0] = value
    return x


def weights(value):
    return Network((4,)).add("dense", Dense(np.array([[1.0, value, 0.0, 0.0]])))


CASES = {
    # calibration
    "no calibration": (lambda: rate.convert(NET, X[:0]), ValueError, "calibration: got no sample at all, expected"),
    "zero calibration": (lambda: rate.convert(NET, 0 * X), ValueError, "calibration: got nothing but zeros, expected"),
    "calibration of another shape": (
        lambda: rate.convert(NET, X[:, :, 1:]),
        ValueError,
        r"calibration: got shape \(3, 1, 7, 8\), expected \(batch, 1, 8, 8\)",
    ),
    "a single sample": (lambda: rate.convert(NET, X[0]), ValueError, r"a single sample needs x\[None\]"),
    "calibration with NaN": (lambda: rate.convert(NET, spoiled(np.nan)), ValueError, "calibration: got NaN"),
    "calibration of integers": (
        lambda: rate.convert(NET, X.astype(np.int64)),
        TypeError,
        r"calibration: got int64, expected float32 or float64; convert it, for example pixels / 255.0",
    ),
    "a list": (lambda: rate.convert(NET, X.tolist()), TypeError, "got list, expected a NumPy array or torch tensor"),
    # options
    "percentile 0": (lambda: rate.convert(NET, X, percentile=0), ValueError, "percentile: got 0, expected .* ≤ 100"),
    "percentile 100.1": (lambda: rate.convert(NET, X, percentile=100.1), ValueError, "percentile: got 100.1"),
    "percentile NaN": (lambda: rate.convert(NET, X, percentile=np.nan), ValueError, "percentile: got nan"),
    "no step": (lambda: SNN.run(X, steps=0), ValueError, "steps: got 0, expected a whole number ≥ 1"),
    "half a step": (lambda: SNN.simulate(X, steps=1.5), ValueError, "steps: got 1.5"),
    # inputs
    "input with infinity": (lambda: SNN.run(spoiled(np.inf)), ValueError, "input: got NaN or infinite values"),
    "input to the network with NaN": (lambda: NET(spoiled(np.nan)), ValueError, "clean the data first"),
    "torch input with NaN": (lambda: NET(torch.tensor(spoiled(np.nan))), ValueError, "clean the data first"),
    "half precision": (lambda: NET(torch.tensor(X).bfloat16()), TypeError, "got torch.bfloat16, expected float32 or"),
    "half precision of NumPy": (lambda: SNN.run(X.astype(np.float16)), TypeError, "got float16, expected float32 or"),
    "a torch module for a network": (
        lambda: rate.convert(torch.nn.Linear(2, 2), X),
        TypeError,
        "net: got Linear, expected a Network; import a torch module with from_torch",
    ),
    "labels that are no classes": (
        lambda: SNN.run(X, steps=2).accuracy(np.array(["a", "b", "c"])),
        TypeError,
        "labels: got <U1, expected whole numbers",
    ),
    "input of another shape": (lambda: SNN.run(X[..., 1:]), ValueError, r"expected \(batch, 1, 8, 8\)"),
    "complex input": (lambda: SNN.run(X + 0j), TypeError, "got complex128, expected float32 or float64"),
    "integers of torch": (lambda: NET(torch.ones(1, 1, 8, 8, dtype=torch.int32)), TypeError, "got torch.int32"),
    "too bright to encode": (
        lambda: SNN.run(spoiled(1.5).clip(0), encoding="regular"),
        ValueError,
        "input: got values from 0 to 1.5, expected −1 to 1: .* rescale the input, or take encoding='constant'",
    ),
    "too dark to encode": (
        lambda: SNN.simulate(spoiled(-1.5), encoding="regular"),
        ValueError,
        r"got values from -1.5 to .*, expected −1 to 1",
    ),
    "too bright for chance": (lambda: SNN.run(4 * abs(X), encoding="poisson"), ValueError, "expected −1 to 1"),
    # NumPy with torch, or two devices
    "a neuron of two kinds": (
        lambda: integrate_and_fire(torch.ones(2), np.zeros(2)),
        TypeError,
        "z is torch on cpu, v is NumPy on cpu: expected one kind on one device; convert with",
    ),
    "a neuron on two devices": (
        lambda: integrate_and_fire(torch.ones(2), torch.zeros(2, device="meta")),
        TypeError,
        "z is torch on cpu, v is torch on meta",
    ),
    "labels of another kind": (
        lambda: evaluate(NET, SNN, x=X, labels=torch.zeros(3, dtype=torch.int64)),
        TypeError,
        "x is NumPy on cpu, labels is torch on cpu",
    ),
    # weights
    "NaN weight": (lambda: weights(np.nan), ValueError, "layer 'dense': weight holds NaN or infinite values"),
    "infinite weight": (lambda: weights(-np.inf), ValueError, "layer 'dense': weight holds NaN or infinite values"),
    "NaN gain": (lambda: Network((1,)).add("g", Gain(np.nan)), ValueError, "layer 'g': value holds NaN"),
    "torch weight": (
        lambda: Network((4,)).add("dense", Dense(torch.ones(2, 4))),
        ValueError,
        "weight is torch.float32, expected a NumPy array of floats",
    ),
    "integer weight": (lambda: Network((4,)).add("d", Dense(np.ones((2, 4), np.int64))), ValueError, "weight is int64"),
    "weight of another shape": (
        lambda: Network((4,)).add("d", Dense(np.ones(4))),
        ValueError,
        r"weight has shape \(4,\), expected 2 axes",
    ),
    "bias of another shape": (
        lambda: Network((1, 4, 4)).add("c", Conv(np.ones((2, 1, 3, 3)), np.ones(3))),
        ValueError,
        r"bias has shape \(3,\), expected one value for each output",
    ),
    "something else for a layer": (lambda: Network((4,)).add("f", abs), TypeError, "expected one of Dense, Conv"),
    "unknown source": (lambda: Network((4,)).add("r", ReLU(), "q"), ValueError, "unknown source 'q'; there are input"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_refused(case):
    call, kind, message = case
    with pytest.raises(kind, match=message):
        call()


def rewritten(path, **changes):
    """The file with some members changed; None removes one."""
    with np.load(path) as old:
        arrays = dict(old)
    arrays |= changes
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})


def truncated(path):
    path.write_bytes(path.read_bytes()[:-200])


def flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)


def graph(path, change):
    with np.load(path) as data:
        described = json.loads(str(data["graph"]))
    change(described)
    rewritten(path, graph=np.array(json.dumps(described)))


class Trap:
    """Runs when it is unpickled."""

    def __reduce__(self):
        return (os.mkdir, ("ran",))


def outside(path):
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../outside.npy", b"something")


TAMPERED = {
    "truncated": truncated,
    "a byte flipped": flipped,
    "empty": lambda path: path.write_bytes(b""),
    "no archive": lambda path: path.write_bytes(b"conv1.weight = 3"),
    "pickled": lambda path: rewritten(path, graph=np.array([Trap()], dtype=object)),
    "a pickled weight": lambda path: rewritten(path, **{"conv1.weight": np.array([Trap()], dtype=object)}),
    "a weight missing": lambda path: rewritten(path, **{"conv1.weight": None}),
    "a weight of another shape": lambda path: rewritten(path, **{"conv1.weight": np.ones((3, 2, 3, 3))}),
    "a weight not finite": lambda path: rewritten(path, **{"conv1.bias": np.full(3, np.nan)}),
    "a weight of no layer": lambda path: rewritten(path, **{"conv9.weight": np.ones(3)}),
    "a path outside": outside,
    "an unknown layer": lambda path: graph(path, lambda g: g["layers"][0].__setitem__(1, "Popen")),
    "an unknown field": lambda path: graph(path, lambda g: g["layers"][0][2].update(shell=True)),
    "an unknown source": lambda path: graph(path, lambda g: g["layers"][1].__setitem__(3, ["later"])),
    "a loop": lambda path: graph(path, lambda g: g["layers"][0].__setitem__(3, ["dense2"])),
    "another format": lambda path: graph(path, lambda g: g.update(format=9)),
    "no layers": lambda path: graph(path, lambda g: g.pop("layers")),
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED)
def test_tampered_network_files_are_refused(tamper, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    path = NET.save(tmp_path / "in" / "net.npz")
    tamper(path)
    with pytest.raises(ValueError, match=r"net\.npz: not a complete network file .* write it again with Network.save"):
        Network.load(path)
    assert [k.name for k in tmp_path.rglob("*")] == ["in", "net.npz"]  # nothing ran, nothing was unpacked


def test_a_network_file_that_nobody_touched_is_read(tmp_path):
    assert np.array_equal(Network.load(NET.save(tmp_path / "net.npz"))(X), NET(X))


def test_a_fraction_for_a_percentile_is_doubted():
    with pytest.warns(UserWarning, match="means 0.999 %, not a fraction"):
        rate.convert(NET, X, percentile=0.999)


def test_a_population_that_never_speaks_is_named():
    silent = NET.add("never", Dense(-np.eye(5), np.full(5, -100.0))).add("relu", ReLU())
    with pytest.raises(ValueError, match=r"population 'relu': .* give more or other samples"):
        rate.convert(silent, X)


def test_what_came_in_comes_out():
    """Calibrated on NumPy, run on torch and the other way round: both are right, on the device of the input."""
    for calibration, x in ((X, torch.tensor(X)), (torch.tensor(X), X)):
        snn = rate.convert(NET, calibration)
        for run in (snn.run(x, steps=5), snn.simulate(x, steps=5)):
            assert type(run.output) is type(x)
            assert np.array_equal(np.asarray(run.output), SNN.run(X, steps=5).output)
    assert replace(NET)(torch.tensor(X)).device.type == "cpu"
