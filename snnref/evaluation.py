"""Accuracy and cost of a converted network on labelled images, batch by batch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import counting
from .arrays import Array, check_alike, check_input, to_numpy
from .graph import Graph
from .walk import SNN

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
    latency: int  # steps
    seconds: float  # for the spiking network


def evaluate(
    net: Graph,
    snn: SNN,
    *,
    x: Array,
    labels: Array,
    batch: int = 128,
    progress: Progress | None = None,
    **settings: Any,
) -> Evaluation:
    """Run the ANN and its spiking conversion over all images `x (images, *input_shape)`.

    `settings` go to `SNN.run`. Raises ValueError when there is not one
    label for each image, TypeError for labels of another kind (NumPy, torch) or device.
    """
    check_input(x, net.input_shape)
    check_alike(x=x, labels=labels)
    if tuple(labels.shape) != (x.shape[0],):
        raise ValueError(f"labels: got shape {tuple(labels.shape)} for {x.shape[0]} images, expected one for each")
    if batch < 1:
        raise ValueError(f"batch: got {batch}, expected a whole number ≥ 1")
    ann, snn_right, same, spikes, operations, seconds = 0, 0, 0, 0.0, 0.0, 0.0
    for start in range(0, len(x), batch):
        part, truth = x[start : start + batch], to_numpy(labels[start : start + batch])
        expected = to_numpy(net(part)).argmax(axis=1)
        begin = time.perf_counter()
        run = snn.run(part, **settings)
        seconds += time.perf_counter() - begin
        prediction = to_numpy(run.prediction)
        ann += int(np.sum(expected == truth))
        snn_right += int(np.sum(prediction == truth))
        same += int(np.sum(prediction == expected))
        spikes += run.spikes_per_neuron * len(part)
        operations += float(run.operations.total.sum())
        if progress:
            progress(min(start + batch, len(x)), len(x))
    n = len(x)
    return Evaluation(
        images=n,
        ann_accuracy=ann / n,
        accuracy=snn_right / n,
        agreement=same / n,
        spikes_per_neuron=spikes / n,
        operations=operations / n,
        analog_operations=run.analog_operations,
        ann_operations=counting.ann_operations(net),
        latency=run.latency,
        seconds=seconds,
    )
