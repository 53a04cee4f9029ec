"""Accuracy and cost of a converted network on labelled images, batch by batch."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from numbers import Integral
from typing import Any

import numpy as np

from ..arrays import Array, check_alike, check_input, check_labels, to_numpy
from ..methods import method
from ..network import counting
from ..network.graph import Graph
from ..spiking import energy
from ..spiking.energy import OperationCounts
from ..spiking.run import Run
from ..spiking.snn import SNN

Progress = Callable[[int, int], None]  # images done, images in all


@dataclass(frozen=True)
class Evaluation:
    """Means over the images; operations and spikes are those of one image."""

    images: int
    ann_accuracy: float
    accuracy: float
    agreement: float  # share of images to which both networks give the same class
    spikes_per_neuron: float
    operations: float  # synaptic operations (Eq. 10, Rueckauer 2017)
    analog_operations: int  # multiply-accumulates of an analog input, once per image
    ann_operations: int  # of one ANN forward pass (Eq. 9)
    neurons: int
    latency: float  # steps; of sigma-delta, time units of an image
    seconds: float  # for the spiking network
    operation_counts: OperationCounts  # of the spiking network, by kind
    also: dict[str, float] = field(default_factory=dict)  # what else the method counts


def evaluate(
    net: Graph,
    snn: SNN,
    *,
    x: Array,
    labels: Array,
    ann_x: Array | None = None,
    batch: int = 128,
    progress: Progress | None = None,
    **settings: Any,
) -> Evaluation:
    """Run the ANN and its spiking conversion over all images.

    What is drawn at random is drawn alike in every batch.

    Parameters
    ----------
    net
        The network that was converted.
    snn
        Its conversion.
    x : array `(images, *input_shape)`
        Images.
    labels : array `(images,)`
        The index of each image's class.
    ann_x : array `(images, *input_shape)`
        Input of the ANN, where that is not the same.
    batch
        Number of images that are run together; a film (`keep`) begins anew with each batch.
    progress
        Called with the number of images done and of all images.
    **settings
        Of `SNN.run`.

    Returns
    -------
    Evaluation
        Means over the images.

    Raises
    ------
    ValueError
        If there is not one label for each image, or data or settings do not fit.
    TypeError
        For labels of another kind (NumPy, torch) or device, or an unknown setting.
    """
    *_, last = evaluate_over_time(net, snn, x=x, labels=labels, ann_x=ann_x, batch=batch, progress=progress, **settings)
    return last


def evaluate_over_time(
    net: Graph,
    snn: SNN,
    *,
    x: Array,
    labels: Array,
    ann_x: Array | None = None,
    batch: int = 128,
    progress: Progress | None = None,
    **settings: Any,
) -> list[Evaluation]:
    """Evaluate at each of the times at which the run stops (rate: `stops=…`), and at its end.

    This takes hardly longer than the end alone.

    Parameters
    ----------
    net, snn, x, labels, ann_x, batch, progress, **settings
        As for `evaluate`.

    Returns
    -------
    list of Evaluation
        Means over the images, one for each time.
    """
    ann_x = x if ann_x is None else ann_x
    check_images(net, x=x, labels=labels, besides={"ann_x": ann_x}, batch=batch)
    ann_right, sums = 0, defaultdict[int, Counter[str]](Counter)  # by stop
    for start in range(0, len(x), batch):
        part, truth = x[start : start + batch], to_numpy(labels[start : start + batch])
        expected = to_numpy(net(ann_x[start : start + batch])).argmax(axis=1)
        ann_right += int(np.sum(expected == truth))
        begin, spent = time.perf_counter(), 0.0
        for stop, run in enumerate(snn.runs(part, **settings)):
            spent += time.perf_counter() - begin
            sums[stop].update(_totals(run, truth, expected) | {"seconds": spent})
            begin = time.perf_counter()
        if progress:
            progress(min(start + batch, len(x)), len(x))
    n = len(x)
    return [
        Evaluation(
            images=n,
            ann_accuracy=ann_right / n,
            neurons=run.neurons,
            analog_operations=run.analog_operations,
            ann_operations=counting.ann_operations(net),
            seconds=total.pop("seconds"),
            latency=round(total.pop("latency") / n, 9),  # where it is the same for all, it stays what it was
            **{key: total.pop(key) / n for key in MEANS},
            operation_counts=OperationCounts(*(total.pop(f"counts {kind}") / n for kind in KINDS)),
            also={key: value / n for key, value in total.items()},
        )
        for total in sums.values()
    ]


def check_images(net: Graph, *, x: Array, labels: Array, besides: Mapping[str, Array], batch: int) -> None:
    """Refuse images and labels that do not fit a network.

    Parameters
    ----------
    net
        The network.
    x : array `(images, *input_shape)`
        Images.
    labels : array `(images,)`
        The index of each image's class.
    besides
        Further images by name, of which there must be as many.
    batch
        Number of images that are run together.

    Raises
    ------
    TypeError
        If arrays are of the wrong type.
    ValueError
        If shapes or numbers do not fit.
    """
    if not isinstance(net, Graph):
        raise TypeError(f"net: got {type(net).__name__}, expected the Network; the conversion comes second")
    for what, images in {"x": x, **besides}.items():
        check_input(images, net.input_shape, what=what)
        if len(images) != len(x):
            raise ValueError(f"{what}: got {len(images)} images, expected {len(x)}, one for each of x")
    check_alike(x=x, labels=labels)
    check_labels(labels, len(x), net.shapes[net.output])
    if not isinstance(batch, Integral) or batch < 1:
        raise ValueError(f"batch: got {batch!r}, expected a whole number ≥ 1")


MEANS = ("accuracy", "agreement", "spikes_per_neuron", "operations")
KINDS = tuple(f.name for f in fields(OperationCounts))


def operation_counts(run: Run) -> OperationCounts:
    """Count what a run does: what its spikes cause, and what its neurons do besides, by the rules of its method.

    Turning pixels into spikes is not counted, nor are delay lines.

    Parameters
    ----------
    run
        A run of any method.

    Returns
    -------
    OperationCounts
        Operations of each sample, `(batch,)`.
    """
    return energy.synaptic(run) + method(run.code.method).neuron_updates(run)


def _totals(run: Run, truth: np.ndarray, expected: np.ndarray) -> dict[str, float]:
    """Sums over the images of a run."""
    prediction, images = to_numpy(run.prediction), len(truth)
    counted = getattr(method(run.code.method), "counted", None)
    return {
        "accuracy": float(np.sum(prediction == truth)),
        "agreement": float(np.sum(prediction == expected)),
        "spikes_per_neuron": run.spikes_per_neuron * images,
        "operations": float(run.operations.total.sum()),
        "latency": run.latency * images,
        **{f"counts {kind}": float(np.sum(value)) for kind, value in vars(operation_counts(run)).items()},
        **({key: float(np.sum(value)) for key, value in counted(run).items()} if counted else {}),
    }
