"""Data sets: the 8×8 digits, which ship with the package, and three that are fetched when first asked for.

What is fetched lies in a cache folder, or in the folder that the environment variable SNNREF_DATA names (a copy
that is already there is used as it is). Every file is checked against its recorded checksum each time it is read.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

SHIPPED = Path(__file__).parent / "shipped"
FOLDER = "SNNREF_DATA"  # the environment variable
Raw = tuple[np.ndarray, np.ndarray]  # images (samples, channels, height, width), labels (samples,)


@dataclass(frozen=True)
class File:
    """A file as its publisher offers it."""

    name: str
    checksum: str  # "sha256:…" or "md5:…"
    megabytes: float
    unpacked: bool = False  # the checksum is that of the content: whoever compressed it


@dataclass(frozen=True)
class DataSet:
    """Where a data set comes from, and how it is read."""

    shape: tuple[int, int, int]  # channels, height, width
    splits: dict[str, int]  # name -> images
    files: tuple[File, ...]
    read: Callable[[str, str], Raw]
    licence: str
    source: str
    brightest: int = 255  # the pixel value that becomes 1
    urls: tuple[str, ...] = ()  # folders that hold the files, tried in turn; none: it ships with the package
    loose: tuple[File, ...] = ()  # what may lie in the folder instead of `files`
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # split -> the files that hold just it


def load(name: str = "digits", *, split: str = "test") -> Raw:
    """Images `(samples, channels, height, width)`, float32 in [0, 1], and labels `(samples,)`, int64.

    digits : 1797 images of 8×8 pixels; "train" is the first two thirds, "test" the last third in the order of
        collection (other hands wrote it than most of the first two)
    mnist, fashion-mnist : 28×28 pixels; "train" 60,000, "test" 10,000
    cifar-10 : 32×32 pixels in three colours; "train" is the first four training batches, "validation" the
        fifth, "test" the test batch

    Fetches what is absent. Raises ValueError for an unknown name or split or a damaged file, OSError for one that
    is absent and cannot be fetched, ImportError where that would need the extra 'data'.
    """
    entry = describe(name)
    if split not in entry.splits:
        raise ValueError(f"split: got {split!r}, expected one of {', '.join(map(repr, entry.splits))}")
    images, labels = entry.read(name, split)
    wanted = (entry.splits[split], *entry.shape)
    if images.shape != wanted or labels.shape != wanted[:1]:
        raise ValueError(f"{name}, {split}: got images {images.shape} and labels {labels.shape}, expected {wanted}")
    return images.astype(np.float32) / entry.brightest, labels.astype(np.int64)


def describe(name: str) -> DataSet:
    """The entry of a data set. Raises ValueError for an unknown name."""
    if name not in DATASETS:
        raise ValueError(f"data set: got {name!r}, expected one of {', '.join(map(repr, DATASETS))}")
    return DATASETS[name]


def checksums(name: str) -> dict[str, str]:
    """The recorded checksum of every file of a data set: what a model card names."""
    return {file.name: file.checksum for file in describe(name).files}


def folder(name: str) -> Path:
    """Where the files of a data set lie, or would lie."""
    if not describe(name).urls:
        return SHIPPED
    if root := os.environ.get(FOLDER):
        return Path(root).expanduser() / name
    return Path(_pooch().os_cache("snnref")) / name


def states(name: str) -> dict[str, str]:
    """Every file of a data set: "here", "damaged" or "absent". Copies in another packing count if there are any."""
    entry = describe(name)
    where = folder(name)
    found = {file.name: _state(where / file.name, file) for file in entry.files}
    extra = {file.name: _state(where / file.name, file) for file in entry.loose}
    extra = {k: state for k, state in extra.items() if state != "absent"}
    return extra if extra and set(found.values()) == {"absent"} else found | extra


def available(name: str) -> list[str]:
    """The splits that can be loaded without a network."""
    entry = describe(name)
    here = {file for file, state in states(name).items() if state == "here"}
    whole = all(file.name in here for file in entry.files)
    return [k for k in entry.splits if whole or (k in entry.parts and here.issuperset(entry.parts[k]))]


def fetch(name: str, *, progress: Any = False) -> list[Path]:
    """Bring the files of a data set here, unless they are; complete and checked, or not at all.

    progress : False, True (a bar by tqdm), or an object with tqdm's `total`, `update`, `reset` and `close`
    """
    return [_fetch(name, file, progress) for file in describe(name).files]


def _state(path: Path, file: File) -> str:
    if not path.is_file():
        return "absent"
    return "here" if _matches(path, file) else "damaged"


def _matches(path: Path, file: File) -> bool:
    kind, _, expected = file.checksum.partition(":")
    try:
        content = gzip.decompress(path.read_bytes()) if file.unpacked else path.read_bytes()
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return False
    return hashlib.new(kind, content, usedforsecurity=False).hexdigest() == expected


def _fetch(name: str, file: File, progress: Any = False) -> Path:
    """The path of a file that has passed its check."""
    entry, where = describe(name), folder(name)
    path = where / file.name
    state = _state(path, file)
    if state == "here":
        return path
    if not entry.urls:
        raise ValueError(f"{path} is {state}: it belongs to the package; reinstall snnref")
    pooch = _pooch()
    made = [place for place in (where, *where.parents) if not place.exists()]
    reasons = []
    for url in entry.urls:
        try:
            downloader = pooch.HTTPDownloader(progressbar=progress, timeout=30)
            pooch.retrieve(url + file.name, file.checksum, fname=file.name, path=where, downloader=downloader)
            return path
        except (OSError, ValueError) as error:  # no network, no such page, no right to write; a wrong checksum
            reasons.append(f"{url}: {type(error).__name__}")
    with contextlib.suppress(OSError):
        for place in made:
            place.rmdir()  # unless something is in it
    raise OSError(
        f"{name}: {path} is {state} and could not be fetched ({'; '.join(reasons)}). Connect to the network and run "
        f"`snnref data fetch {name}`, or set {FOLDER} to a folder that holds {name}/{file.name}"
    )


def _pooch() -> Any:
    try:
        import pooch
    except ImportError as error:
        raise ImportError("this data set needs the extra 'data': pip install '.[data]' in snnref's source") from error
    pooch.get_logger().setLevel("WARNING")
    return pooch


def _digits(name: str, split: str) -> Raw:
    (file,) = DATASETS[name].files
    with np.load(_fetch(name, file), allow_pickle=False) as data:
        images, labels = data["images"][:, None], data["labels"]
    train = DATASETS[name].splits["train"]
    return (images[:train], labels[:train]) if split == "train" else (images[train:], labels[train:])


def _idx(name: str, split: str) -> Raw:
    """Big-endian header (kind, dimensions), then the bytes (LeCun's IDX format)."""
    entry = DATASETS[name]
    files = [file for file in entry.files if file.name in entry.parts[split]]
    images, labels = (gzip.decompress(_fetch(name, file).read_bytes()) for file in files)
    shape = np.frombuffer(images, ">i4", count=3, offset=4)
    return (
        np.frombuffer(images, np.uint8, offset=16).reshape(shape[0], 1, *shape[1:]),
        np.frombuffer(labels, np.uint8, offset=8),
    )


def _cifar(name: str, split: str) -> Raw:
    """Records of 3073 bytes: the label, then the pixels in the order channel, row, column."""
    entry = DATASETS[name]
    batches = [file.removesuffix(".gz") for file in entry.parts[split]]
    loose = [file for file in entry.loose if file.name in entry.parts[split]]
    where, found = folder(name), states(name)
    damaged = [file.name for file in loose if found.get(file.name) == "damaged"]
    if damaged and found.get(entry.files[0].name) != "here":
        raise ValueError(
            f"{where / damaged[0]} is damaged: copy it again, or delete it and run `snnref data fetch {name}`"
        )
    if len(loose) == len(batches) and all(found.get(file.name) == "here" for file in loose):
        parts = [gzip.decompress((where / file.name).read_bytes()) for file in loose]
    else:
        with tarfile.open(_fetch(name, entry.files[0])) as archive:  # read in place: nothing is unpacked
            members = (archive.extractfile(f"cifar-10-batches-bin/{batch}") for batch in batches)
            parts = [member.read() for member in members if member]
    records = np.frombuffer(b"".join(parts), np.uint8).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]


_IDX_PARTS = {
    split: (f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz")
    for split, part in (("train", "train"), ("test", "t10k"))
}


def _idx_files(**known: tuple[str, float]) -> tuple[File, ...]:
    return tuple(
        File(f"{part}-{kind}-ubyte.gz", f"sha256:{known[f'{part}_{what}'][0]}", known[f"{part}_{what}"][1])
        for part in ("train", "t10k")
        for what, kind in (("images", "images-idx3"), ("labels", "labels-idx1"))
    )


DATASETS = {
    "digits": DataSet(
        shape=(1, 8, 8),
        splits={"train": 1198, "test": 599},
        files=(File("digits.npz", "sha256:b2dab7b501728c22e9119ad76740b2e17c77a231e42d1e592380d90886f1a05e", 0.05),),
        read=_digits,
        brightest=16,
        licence="CC BY 4.0",
        source="E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning "
        "Repository, 1998, doi:10.24432/C50P49; its test part, as scikit-learn ships it",
    ),
    "mnist": DataSet(
        shape=(1, 28, 28),
        splits={"train": 60_000, "test": 10_000},
        files=_idx_files(
            train_images=("440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9.9),
            train_labels=("3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 0.03),
            t10k_images=("8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 1.6),
            t10k_labels=("f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 0.005),
        ),
        read=_idx,
        parts=_IDX_PARTS,
        urls=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        licence="CC BY-SA 3.0",
        source="Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to document "
        "recognition, Proc. IEEE 86(11), 1998",
    ),
    "fashion-mnist": DataSet(
        shape=(1, 28, 28),
        splits={"train": 60_000, "test": 10_000},
        files=_idx_files(
            train_images=("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26.4),
            train_labels=("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 0.03),
            t10k_images=("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4.4),
            t10k_labels=("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 0.005),
        ),
        read=_idx,
        parts=_IDX_PARTS,
        urls=(
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        licence="MIT, © 2017 Zalando SE",
        source="H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking machine "
        "learning algorithms, arXiv:1708.07747, 2017",
    ),
    "cifar-10": DataSet(
        shape=(3, 32, 32),
        splits={"train": 40_000, "validation": 10_000, "test": 10_000},
        files=(File("cifar-10-binary.tar.gz", "md5:c32a1d4ab5d03f1284b67883e8d87530", 170.1),),
        loose=tuple(
            File(f"data_batch_{i}.bin.gz", f"sha256:{digest}", 28.3, unpacked=True)
            for i, digest in enumerate(
                (
                    "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
                    "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
                    "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
                    "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
                    "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
                ),
                start=1,
            )
        ),
        read=_cifar,
        parts={
            "train": tuple(f"data_batch_{i}.bin.gz" for i in (1, 2, 3, 4)),
            "validation": ("data_batch_5.bin.gz",),
            "test": ("test_batch.bin.gz",),  # its checksum is not known: it comes from the archive
        },
        urls=("https://www.cs.toronto.edu/~kriz/",),
        licence="none stated; its authors ask to be cited",
        source="A. Krizhevsky, Learning multiple layers of features from tiny images, technical report, University "
        "of Toronto, 2009",
    ),
}
