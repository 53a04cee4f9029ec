"""Data sets: what ships, what is fetched (from a server of our own, with a tiny data set), what is refused."""

import gzip
import hashlib
import io
import tarfile
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from snnref import data
from snnref.files import SHIPPED

RNG = np.random.default_rng(0)
IMAGES = {"train": RNG.integers(0, 256, (6, 28, 28), np.uint8), "t10k": RNG.integers(0, 256, (4, 28, 28), np.uint8)}
LABELS = {"train": np.arange(6, dtype=np.uint8), "t10k": np.arange(4, dtype=np.uint8)}


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    return gzip.compress(header + array.tobytes())


def cifar(n, first):
    records = np.zeros((n, 3073), np.uint8)
    records[:, 0], records[:, 1:] = np.arange(n), first
    return records.tobytes()


def archive(members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def server(tmp_path):
    """A folder on the web, and its address."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    (tmp_path / "web").mkdir()
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=tmp_path / "web"))
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield tmp_path / "web", f"http://127.0.0.1:{http.server_port}/"
    http.shutdown()


@pytest.fixture
def tiny(tmp_path, server, monkeypatch):
    """MNIST with ten images, offered by the server; the folder for the cache."""
    web, url = server
    files = []
    for file in data.DATASETS["mnist"].files:
        part = file.name.split("-")[0]
        content = idx((IMAGES if "images" in file.name else LABELS)[part])
        (web / file.name).write_bytes(content)
        files.append(replace(file, checksum=f"sha256:{hashlib.sha256(content).hexdigest()}"))
    entry = replace(data.DATASETS["mnist"], files=tuple(files), urls=(url,), splits={"train": 6, "test": 4})
    monkeypatch.setitem(data.DATASETS, "mnist", entry)
    monkeypatch.setenv("SNNREF_DATA", str(tmp_path / "cache"))
    return tmp_path / "cache" / "mnist"


def test_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    original = load_digits()
    images, labels = (
        np.concatenate(part) for part in zip(data.load(split="train"), data.load(split="test"), strict=True)
    )
    assert np.array_equal(images[:, 0] * 16, original.images)
    assert np.array_equal(labels, original.target)


def test_splits_are_two_thirds_and_one_third():
    (x, y), (held_out, _) = data.load(split="train"), data.load(split="test")
    assert x.shape == (1198, 1, 8, 8)
    assert held_out.shape == (599, 1, 8, 8)
    assert (x.dtype, y.dtype) == (np.float32, np.int64)
    assert (x.min(), x.max()) == (0, 1)


@pytest.mark.parametrize("wrong", [{"name": "letters"}, {"split": "validation"}, {"name": "mnist", "split": "all"}])
def test_unknown_data_are_refused(wrong):
    with pytest.raises(ValueError, match="expected one of"):
        data.load(**wrong)


def test_damaged_data_of_the_package_are_refused(tmp_path, monkeypatch):
    (tmp_path / "digits.npz").write_bytes((SHIPPED / "digits.npz").read_bytes()[:-1])
    monkeypatch.setattr("snnref.data.loading.SHIPPED", tmp_path)
    with pytest.raises(ValueError, match="is damaged"):
        data.load("digits")
    assert data.available("digits") == []


def test_fetched_once_then_read_from_the_cache(tiny, server):
    images, labels = data.load("mnist", split="test")
    assert np.array_equal(images[:, 0], IMAGES["t10k"].astype(np.float32) / 255)
    assert np.array_equal(labels, LABELS["t10k"])
    assert sorted(k.name for k in tiny.iterdir()) == ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]
    assert data.available("mnist") == ["test"]
    for file in server[0].iterdir():
        file.unlink()
    assert np.array_equal(data.load("mnist", split="test")[0], images)


def test_fetch_brings_all_and_reports_progress(tiny):
    class Bar:
        total, seen = 0, 0

        def update(self, n):
            self.seen += n

        def reset(self):
            self.seen = 0

        def close(self):
            pass

    bar = Bar()
    paths = data.fetch("mnist", progress=bar)
    assert [path.name for path in paths] == [file.name for file in data.DATASETS["mnist"].files]
    assert bar.total == paths[-1].stat().st_size
    assert set(data.states("mnist").values()) == {"here"}
    assert data.available("mnist") == ["train", "test"]


def test_a_damaged_copy_is_fetched_again(tiny):
    paths = data.fetch("mnist")
    paths[2].write_bytes(paths[2].read_bytes()[:50])
    assert data.states("mnist")[paths[2].name] == "damaged"
    assert np.array_equal(data.load("mnist", split="test")[1], LABELS["t10k"])
    assert data.states("mnist")[paths[2].name] == "here"


def test_a_damaged_offer_is_refused_and_not_kept(tiny, server):
    (server[0] / "t10k-images-idx3-ubyte.gz").write_bytes(b"something else")
    with pytest.raises(OSError, match="could not be fetched"):
        data.load("mnist", split="test")
    assert not tiny.exists() or list(tiny.iterdir()) == []


def test_an_interrupted_download_leaves_nothing(tiny, monkeypatch):
    import requests

    def broken(self, *args, **kwargs):
        yield b"first bytes"
        raise KeyboardInterrupt

    monkeypatch.setattr(requests.Response, "iter_content", broken)
    with pytest.raises(KeyboardInterrupt):
        data.load("mnist", split="test")
    assert list(tiny.iterdir()) == []


def test_the_next_address_is_tried(tiny, server):
    entry = data.DATASETS["mnist"]
    data.DATASETS["mnist"] = replace(entry, urls=(f"{server[1]}nowhere/", *entry.urls))
    assert len(data.load("mnist", split="test")[0]) == 4


def test_absent_and_no_network_names_the_remedies(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNREF_DATA", str(tmp_path / "deep" / "down"))
    for name, split in (("mnist", "test"), ("cifar-10", "train")):
        monkeypatch.setitem(data.DATASETS, name, replace(data.DATASETS[name], urls=("http://127.0.0.1:9/",)))
        with pytest.raises(OSError, match=f"snnref data fetch {name}`, or set SNNREF_DATA to a folder"):
            data.load(name, split=split)
    assert list(tmp_path.iterdir()) == []


def test_without_pooch_says_what_to_install(monkeypatch, tmp_path):
    import sys

    monkeypatch.setitem(sys.modules, "pooch", None)
    monkeypatch.setenv("SNNREF_DATA", str(tmp_path))
    with pytest.raises(ImportError, match=r"pip install '\.\[data\]'"):
        data.load("mnist")


def test_files_of_the_wrong_size_are_refused(tiny, monkeypatch):
    monkeypatch.setitem(data.DATASETS, "mnist", replace(data.DATASETS["mnist"], splits={"train": 6, "test": 5}))
    with pytest.raises(ValueError, match=r"got images \(4, 1, 28, 28\)"):
        data.load("mnist", split="test")


@pytest.mark.parametrize("loose", [True, False])
def test_cifar_from_loose_batches_or_the_archive(tmp_path, monkeypatch, loose):
    monkeypatch.setenv("SNNREF_DATA", str(tmp_path))
    batches = {f"data_batch_{i}.bin": cifar(2, first=i) for i in (1, 2, 3, 4, 5)}
    folder = tmp_path / "cifar-10"
    folder.mkdir()
    whole = archive({**batches, "test_batch.bin": cifar(2, first=9)})
    entry = data.DATASETS["cifar-10"]
    checksums = [f"sha256:{hashlib.sha256(content).hexdigest()}" for content in batches.values()]
    entry = replace(
        entry,
        splits={"train": 8, "validation": 2, "test": 2},
        files=(replace(entry.files[0], checksum=f"md5:{hashlib.md5(whole).hexdigest()}"),),
        loose=tuple(replace(file, checksum=known) for file, known in zip(entry.loose, checksums, strict=True)),
        urls=("http://127.0.0.1:9/",),
    )
    monkeypatch.setitem(data.DATASETS, "cifar-10", entry)
    if loose:
        for name, content in batches.items():
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        assert data.available("cifar-10") == ["train", "validation"]
    else:
        (folder / "cifar-10-binary.tar.gz").write_bytes(whole)
        assert data.available("cifar-10") == ["train", "validation", "test"]
        assert data.load("cifar-10", split="test")[0].min() == np.float32(9 / 255)
    images, labels = data.load("cifar-10", split="train")
    assert images.shape == (8, 3, 32, 32)
    assert np.array_equal(images[:, 0, 0, 0] * 255, [1, 1, 2, 2, 3, 3, 4, 4])
    assert np.array_equal(labels, [0, 1] * 4)
    assert np.all(data.load("cifar-10", split="validation")[0] * 255 == 5)
    if loose:
        (folder / "data_batch_2.bin.gz").write_bytes(gzip.compress(batches["data_batch_1.bin"]))
        assert data.states("cifar-10")["data_batch_2.bin.gz"] == "damaged"
        with pytest.raises(ValueError, match=r"data_batch_2\.bin\.gz is damaged: copy it again"):
            data.load("cifar-10", split="train")
        with pytest.raises(OSError, match=r"cifar-10-binary\.tar\.gz is absent and could not be fetched"):
            data.load("cifar-10", split="test")
    assert {k.name for k in tmp_path.iterdir()} == {"cifar-10"}  # nothing was unpacked


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar-10"])
def test_the_real_ones(name):
    """Every split that is here has its size, all ten classes and pixels from 0 to 1."""
    here = data.available(name)
    if not here:
        pytest.skip(f"{name} is not on this machine: snnref data fetch {name}")
    for split in here:
        images, labels = data.load(name, split=split)
        assert images.shape == (data.DATASETS[name].splits[split], *data.DATASETS[name].shape)
        assert (images.min(), images.max()) == (0, 1)
        assert np.array_equal(np.unique(labels), np.arange(10))
