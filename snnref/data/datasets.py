"""Which data sets there are: their files, checksums, splits, sources and licences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    layout: str  # how its files are read: "npz", "idx" or "cifar"
    licence: str
    source: str
    brightest: int = 255  # the pixel value that becomes 1
    urls: tuple[str, ...] = ()  # folders that hold the files, tried in turn; none: it ships with the package
    loose: tuple[File, ...] = ()  # what may lie in the folder instead of `files`
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # split -> the files that hold just it


def _like_mnist(*, files: dict[str, tuple[str, float]], urls: tuple[str, ...], licence: str, source: str) -> DataSet:
    """28×28 pixels in the four files of MNIST; `files`: name -> sha256, megabytes."""
    return DataSet(
        shape=(1, 28, 28),
        splits={"train": 60_000, "test": 10_000},
        files=tuple(File(name, f"sha256:{digest}", size) for name, (digest, size) in files.items()),
        layout="idx",
        parts={
            split: tuple(name for name in files if name.startswith(part))
            for split, part in (("train", "train"), ("test", "t10k"))
        },
        urls=urls,
        licence=licence,
        source=source,
    )


DATASETS = {
    "digits": DataSet(
        shape=(1, 8, 8),
        splits={"train": 1198, "test": 599},
        files=(File("digits.npz", "sha256:b2dab7b501728c22e9119ad76740b2e17c77a231e42d1e592380d90886f1a05e", 0.05),),
        layout="npz",
        brightest=16,
        licence="CC BY 4.0",
        source="E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning "
        "Repository, 1998, doi:10.24432/C50P49; its test part, as scikit-learn ships it",
    ),
    "mnist": _like_mnist(
        files={
            "train-images-idx3-ubyte.gz": ("440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9.9),
            "train-labels-idx1-ubyte.gz": ("3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 0.03),
            "t10k-images-idx3-ubyte.gz": ("8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 1.6),
            "t10k-labels-idx1-ubyte.gz": ("f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 0.005),
        },
        urls=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        licence="CC BY-SA 3.0",
        source="Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to document "
        "recognition, Proc. IEEE 86(11), 1998",
    ),
    "fashion-mnist": _like_mnist(
        files={
            "train-images-idx3-ubyte.gz": ("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26.4),
            "train-labels-idx1-ubyte.gz": ("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 0.03),
            "t10k-images-idx3-ubyte.gz": ("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4.4),
            "t10k-labels-idx1-ubyte.gz": ("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 0.005),
        },
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
        layout="cifar",
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
