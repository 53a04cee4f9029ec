"""Data sets. The 8×8 digits ship with the package, so that everything runs offline and in the browser."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SHIPPED = Path(__file__).parent / "shipped"


@dataclass(frozen=True)
class DataSet:
    """Where a data set lies and how its pixels are read."""

    file: str
    sha256: str
    brightest: int  # the pixel value that becomes 1
    train: int  # the first so many samples are the training split, the others the test split
    licence: str
    source: str


DATASETS = {
    "digits": DataSet(
        file="digits.npz",
        sha256="b2dab7b501728c22e9119ad76740b2e17c77a231e42d1e592380d90886f1a05e",
        brightest=16,
        train=1198,
        licence="CC BY 4.0",
        source="E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning "
        "Repository, 1998, doi:10.24432/C50P49; its test part, as scikit-learn ships it",
    )
}
SPLITS = ("train", "test")


def load(name: str = "digits", *, split: str = "test") -> tuple[np.ndarray, np.ndarray]:
    """Images `(samples, channels, height, width)`, float32 in [0, 1], and labels `(samples,)`, int64.

    The digits are 1797 images of 8×8 pixels with 17 grey levels; "train" is the first two thirds, "test"
    the last third in the order of collection (other hands wrote it than most of the first two).

    Raises ValueError for an unknown name or split, or a file that is damaged.
    """
    if name not in DATASETS:
        raise ValueError(f"data set: got {name!r}, expected one of {', '.join(map(repr, DATASETS))}")
    if split not in SPLITS:
        raise ValueError(f"split: got {split!r}, expected one of {', '.join(map(repr, SPLITS))}")
    entry = DATASETS[name]
    path = SHIPPED / entry.file
    if checksum(path) != entry.sha256:
        raise ValueError(f"{path} is damaged: its checksum is not the recorded one; reinstall snnref")
    with np.load(path, allow_pickle=False) as data:
        images, labels = data["images"], data["labels"]
    part = slice(None, entry.train) if split == "train" else slice(entry.train, None)
    return images[part, None].astype(np.float32) / entry.brightest, labels[part].astype(np.int64)


def checksum(path: Path) -> str:
    """sha256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
