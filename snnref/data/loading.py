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
from pathlib import Path
from typing import Any

import numpy as np

from ..files import SHIPPED
from .datasets import DATASETS, DataSet, File

FOLDER = "SNNREF_DATA"  # the environment variable
Raw = tuple[np.ndarray, np.ndarray]  # images (samples, channels, height, width), labels (samples,)


def load(name: str = "digits", *, split: str = "test") -> Raw:
    """Load a split of a data set; files that are absent are downloaded first.

    Parameters
    ----------
    name
        "digits": 1797 images of 8×8 pixels. "mnist" or "fashion-mnist": images of 28×28 pixels. "cifar-10": images of
        32×32 pixels in three colours.
    split
        Of "digits", "train" is the first two thirds, "test" the last third in the order of collection (other hands
        wrote it than most of the first two). Of "mnist" and "fashion-mnist", "train" has 60,000 images, "test" 10,000.
        Of "cifar-10", "train" is the first four training batches, "validation" the fifth, "test" the test batch.

    Returns
    -------
    images : array `(samples, channels, height, width)`
        float32, in [0, 1].
    labels : array `(samples,)`
        int64.

    Raises
    ------
    ValueError
        For an unknown name or split, or a damaged file.
    OSError
        For a file that is absent and cannot be downloaded.
    ImportError
        Where a download would need the extra `data`.
    """
    entry = describe(name)
    if split not in entry.splits:
        raise ValueError(f"split: got {split!r}, expected one of {', '.join(map(repr, entry.splits))}")
    images, labels = _READERS[entry.layout](name, split)
    wanted = (entry.splits[split], *entry.shape)
    if images.shape != wanted or labels.shape != wanted[:1]:
        raise ValueError(f"{name}, {split}: got images {images.shape} and labels {labels.shape}, expected {wanted}")
    return images.astype(np.float32) / entry.brightest, labels.astype(np.int64)


def describe(name: str) -> DataSet:
    """Look up the entry of a data set.

    Parameters
    ----------
    name
        One of `DATASETS`.

    Returns
    -------
    DataSet
        Where it comes from, and how it is read.

    Raises
    ------
    ValueError
        For an unknown name.
    """
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
    """Download the files of a data set, unless they are there; each is complete and checked, or not written at all.

    Parameters
    ----------
    name
        One of `DATASETS`.
    progress
        False, True (a bar by tqdm), or an object with tqdm's `total`, `update`, `reset` and `close`.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    ValueError
        For an unknown name, or if a file that ships with the package is damaged.
    OSError
        If a file cannot be downloaded.
    ImportError
        Without the extra `data`.
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


_READERS = {"npz": _digits, "idx": _idx, "cifar": _cifar}
