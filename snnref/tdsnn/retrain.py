"""Network adjustment and retraining (Fig. 2, Zhang et al. 2019): the conversion then loses nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import check_input, to_numpy
from ..network.graph import Graph
from ..training.options import Augmentation, TrainingOptions
from .adjust import adjust, adjustment, dtype

BATCH, UPDATES = 64, 600


def retrain(
    net: Graph,
    data: tuple[Any, Any],
    *,
    leak: float | None = None,
    unit: float | None = None,
    how: TrainingOptions | None = None,
    seed: int = 0,
    progress: Callable[[int, int, float], None] | None = None,
    checkpoint: Path | str | None = None,
) -> Any:
    """Put G(x) before every layer with synapses, and continue training; convert the result with `offset="retrained"`.

    The gradient of ⌈·⌉ goes straight through, as if G(x) were max(0, x) + 1. The result can still be worse than the
    network that went in: only its conversion adds no error. The same seed, versions and machine give the same weights.
    This needs the extra `torch`.

    Parameters
    ----------
    net
        A trained network with ReLUs; or an adjusted one, whose training then continues.
    data
        Images `(samples, *input_shape)`, none below 0, and labels `(samples,)`.
    leak
        L, in time steps, which the conversion then has too; 5 unless given (an adjusted network has its own).
    unit
        The pixel value that is encoded as 1, a power of two; 1 unless given. The paper does not give it. The smaller,
        the more grey levels are told apart, and the longer an image takes. (Other layers find their own.)
    how
        Epochs, learning rate and so on, as `TrainingOptions(epochs=10, learning_rate=4e-3, …)` of
        `snnref.training.options`, with "augmentation" for images that are changed a little each time. By default 5
        epochs, or as many as 600 updates take, with a learning rate of 2e-3.
    seed
        Seed of everything drawn at random.
    progress
        Called after every epoch with its number, the number of all epochs, and the mean loss.
    checkpoint
        A file that is rewritten after every epoch. If it exists at the start, training continues from it and ends as if
        it had never stopped. It stays: remove it once the network is saved.

    Returns
    -------
    Graph
        The retrained network, of the same class as `net`.

    Raises
    ------
    TypeError
        If `net` is no network, or `data` or `how` is of the wrong type.
    ValueError
        For data, leaks or networks that do not fit, and for a checkpoint of another training.
    """
    from ..training.trainer import Trainer  # torch only where it is asked for

    if not isinstance(net, Graph):
        raise TypeError(f"net: got {type(net).__name__}, expected a Network; import a torch module with from_torch")
    given = adjustment(net)
    own_leak, own_unit = given or (5.0, 1.0)
    leak, unit = own_leak if leak is None else leak, own_unit if unit is None else unit
    if given not in (None, (leak, unit)):
        raise ValueError(f"leak, unit: got {leak:g}, {unit:g} for a network adjusted to {given}; leave them out")
    adjusted = adjust(net, leak=leak, unit=unit) if given is None else net
    images, labels = _checked(data, net)
    if how is None:
        updates = max(1, len(images) // BATCH)
        how = TrainingOptions(
            epochs=max(5, -(-UPDATES // updates)),
            batch=min(BATCH, len(images)),
            learning_rate=2e-3,
            weight_decay=0.0,
            label_smoothing=0.0,
        )
    _check_training(how, images)
    what = {"retraining": _digest(images, labels, adjusted), "leak": leak, "unit": unit, "seed": seed}
    rng = np.random.default_rng(seed)
    fit = Trainer(adjusted, how, what=what, rng=rng, samples=len(images))
    path = Path(checkpoint) if checkpoint else None
    return fit.run(images, labels, progress=progress, checkpoint=path)


def _checked(data: Any, net: Graph) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise TypeError(f"data: got {type(data).__name__}, expected a pair (images, labels)")
    images, labels = map(to_numpy, data)
    check_input(images, net.input_shape, what="data")
    if (low := float(images.min())) < 0:
        raise ValueError(f"data: got images with values down to {low:.4g}, expected 0 or more: no time stands for less")
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(
            f"data: got labels {labels.shape} of {labels.dtype} for {len(images)} images, expected a whole number each"
        )
    classes = net.shapes[net.output][0]
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"data: got labels from {labels.min()} to {labels.max()}, expected 0 to {classes - 1}, as the network has "
            f"{classes} outputs"
        )
    return images.astype(dtype(net)), labels.astype(np.int64)


def _check_training(how: Any, images: np.ndarray) -> None:
    if not isinstance(how, TrainingOptions):
        raise TypeError(f"how: got {type(how).__name__}, expected snnref.training.options.TrainingOptions(epochs=10)")
    if how.epochs < 1 or len(images) < how.batch:
        raise ValueError(
            f"how, data: got {how.epochs} epochs and batches of {how.batch} for {len(images)} images, expected "
            "an epoch at least, and enough images for a batch"
        )
    if how.augmentation != Augmentation() and (images.ndim != 4 or images.max() > 1):
        raise ValueError(
            f"how: got an augmentation for data of shape {images.shape} up to {images.max():.4g}, expected images "
            "(samples, channels, height, width) with pixels up to 1"
        )


def _digest(images: np.ndarray, labels: np.ndarray, net: Graph) -> str:
    """What tells this retraining from those of other networks or data."""
    found = hashlib.sha256()
    for name, (layer, sources) in net.layers.items():
        found.update(f"{name} {type(layer).__name__} {sources}".encode())
        for value in vars(layer).values():
            found.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    for array in (images, labels):
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
