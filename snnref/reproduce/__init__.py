"""The papers' experiments, measured again: `snnref reproduce PAPER` writes a result file that the book reads.

One file a paper lists its experiments.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import numpy as np
from tabulate import tabulate

from .. import __version__, data, zoo
from ..analysis.evaluation import evaluate_over_time
from ..arrays import quickest
from ..files import complete
from ..methods import method
from ..training.binary_weights import binarise
from ..training.options import TrainingOptions

PAPERS = ("rueckauer2017", "lopez-randulfe2022", "yousefzadeh2019", "zhang2019", "stoeckl2019", "comparison")

Progress = Callable[[str, int, int], None]  # experiment, images done, images in all


@dataclass(frozen=True)
class Experiment:
    """One conversion of one network, measured on all its held-out images."""

    group: str  # what it is for: experiments of one group stand in one figure or table
    network: str
    method: str
    settings: dict[str, Any] = field(default_factory=dict)  # of the method's `convert`
    stops: tuple[float, ...] = ()  # when it is asked, before its end
    binary: bool = False  # whether the weights are binarised first
    retrain: dict[str, Any] | None = (
        None  # settings of the method's `retrain`, and numbers of `Training`; None: as it is
    )

    @property
    def title(self) -> str:
        """The network and the settings, as text."""
        return f"{self.network}: " + ", ".join(f"{k} {v}" for k, v in self.settings.items())


def experiments(paper: str) -> list[Experiment]:
    """List what is measured for a paper.

    Parameters
    ----------
    paper
        One of `PAPERS`.

    Returns
    -------
    list of Experiment
        The experiments, in their order.

    Raises
    ------
    ValueError
        For an unknown paper.
    """
    if paper not in PAPERS:
        raise ValueError(f"paper: got {paper!r}, expected one of {', '.join(PAPERS)}")
    return import_module(f".{paper.replace('-', '_')}", __name__).EXPERIMENTS


def read(path: Path | str) -> dict[str, Any]:
    """Read a result file that `reproduce` wrote.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict
        Its content.

    Raises
    ------
    ValueError
        For another kind of file.
    OSError
        If there is no such file.
    """
    parts = {"paper", "command", "date", "versions", "data_checksums", "experiments"}
    try:
        result = json.loads(Path(path).read_text(encoding="utf-8"))
        missing = parts - set(result)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: not a result file ({error}); `snnref reproduce PAPER` writes one") from error
    if missing:
        raise ValueError(f"{path}: got no {', '.join(sorted(missing))}; `snnref reproduce PAPER` writes whole ones")
    return result


def select(result: dict[str, Any], group: str, *, network: str | None = None, **settings: Any) -> list[dict[str, Any]]:
    """Select the experiments of a group.

    Parameters
    ----------
    result
        What `read` returned.
    group
        Name of the group.
    network
        Only the experiments of this network.
    **settings
        Only the experiments with these settings.

    Returns
    -------
    list of dict
        The experiments, as in the file.

    Raises
    ------
    ValueError
        If there is none.
    """
    found = [
        e
        for e in result["experiments"]
        if e["group"] == group
        and network in (None, e["network"])
        and all(e["settings"].get(k) == value for k, value in settings.items())
    ]
    if not found:
        raise ValueError(f"no experiment in group {group!r} with network {network!r} and {settings}")
    return found


def html_table(rows: list[list[str]]) -> str:
    """Make a table of what a paper reports and what was measured here, in the book's style.

    Parameters
    ----------
    rows
        For each quantity its name, the paper's value, the measured one, the setting, and why they differ.

    Returns
    -------
    str
        HTML.
    """
    headers = ["quantity", "paper", "ours", "setting", "why different"]
    html = tabulate(rows, headers=headers, tablefmt="html", disable_numparse=True)
    return html.replace("<table>", '<table class="table">', 1)


def reproduce(paper: str, path: Path, *, images: int | None = None, progress: Progress | None = None) -> dict[str, Any]:
    """Measure all experiments of a paper and write them to a file.

    Each experiment is kept in `path` with the ending .part as soon as it is done. If the call is stopped, the same call
    continues from there.

    Parameters
    ----------
    paper
        One of `PAPERS`.
    path
        The file to write (JSON).
    images
        Only the first so many images of each test set, for a quick look.
    progress
        Called with the experiment, the number of images done, and the number of all images.

    Returns
    -------
    dict
        What was written.

    Raises
    ------
    ValueError
        For a paper that is unknown, or a file .part that belongs to other experiments.
    """
    wanted = experiments(paper)
    part = path.with_suffix(".part")
    done = _read(part, wanted, images) if part.exists() else []
    for experiment in wanted[len(done) :]:
        done.append(_measure(experiment, images, progress))
        _write(part, {"images": images, "experiments": done})
    result = {
        "paper": paper,
        "command": f"snnref reproduce {paper}" + (f" --images {images}" if images else ""),
        "date": datetime.now(UTC).date().isoformat(),
        "versions": _versions(),
        "data_checksums": {
            name: data.checksums(name) for name in sorted({zoo.RECIPES[e.network].dataset for e in wanted})
        },
        "experiments": done,
    }
    _write(path, result)
    part.unlink(missing_ok=True)
    return result


def _measure(experiment: Experiment, images: int | None, progress: Progress | None) -> dict[str, Any]:
    recipe, net = zoo.RECIPES[experiment.network], zoo.load(experiment.network)
    net = binarise(net) if experiment.binary else net
    calibration, classes = data.load(recipe.dataset, split="train")
    if experiment.retrain is not None:
        net = _retrained(experiment, net, (calibration, classes), progress)
    x, labels = (quickest(part[:images]) for part in data.load(recipe.dataset, split=recipe.test_split))
    snn = method(experiment.method).convert(net, quickest(recipe.preprocess(calibration)), **experiment.settings)
    stops: dict[str, Any] = {"stops": experiment.stops} if experiment.stops else {}
    points = evaluate_over_time(
        net,
        snn,
        x=recipe.preprocess_for(x, snn.options),
        labels=labels,
        ann_x=recipe.preprocess(x),
        progress=progress and (lambda done, total: progress(experiment.title, done, total)),
        **stops,
    )
    return {
        **asdict(experiment),
        "options": snn.options,
        "calibration": len(calibration),
        "points": [asdict(point) for point in points],
    }


def _retrained(experiment: Experiment, net: Any, samples: tuple[Any, Any], progress: Progress | None) -> Any:
    """The network trained on as the method's conversion wants it, on images changed as in its first training."""
    numbers = {f.name for f in fields(TrainingOptions)}
    given = experiment.retrain or {}
    how: dict[str, Any] = {
        "batch": 128,
        "weight_decay": 0.0,
        "label_smoothing": 0.0,
        "augmentation": zoo.RECIPES[experiment.network].augmentation,
        **{k: v for k, v in given.items() if k in numbers},
    }

    def shown(epoch: int, epochs: int, _: float) -> None:
        if progress:
            progress(f"{experiment.title}, retraining", epoch, epochs)

    others = {k: v for k, v in given.items() if k not in numbers}
    return method(experiment.method).retrain(net, samples, how=TrainingOptions(**how), progress=shown, **others)


def _versions() -> dict[str, str]:
    found = {"snnref": __version__, "python": platform.python_version(), "numpy": np.__version__}
    try:
        return {**found, "torch": metadata.version("torch")}
    except metadata.PackageNotFoundError:
        return found


def _read(part: Path, wanted: list[Experiment], images: int | None) -> list[dict[str, Any]]:
    try:
        found = json.loads(part.read_text(encoding="utf-8"))
        known = [{k: entry[k] for k in asdict(wanted[0])} for entry in found["experiments"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{part}: cannot be read ({error}); delete it to start anew") from error
    expected = json.loads(json.dumps([asdict(e) for e in wanted]))
    if found["images"] != images or known != expected[: len(known)]:
        raise ValueError(f"{part}: begun with other experiments or images; delete it to start anew")
    return found["experiments"]


def _write(path: Path, content: dict[str, Any]) -> None:
    with complete(path) as file:
        file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
