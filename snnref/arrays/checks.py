"""Refusals of unsuitable arrays: each says what came, what is expected and what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import device, is_numpy_array, is_torch_array

from .conversion import Array, namespace, to_numpy


def check_input(x: Array, shape: tuple[int, ...], *, what: str = "input") -> None:
    """Refuse anything but a finite floating-point array `(batch, *shape)`.

    Parameters
    ----------
    x : array `(batch, *shape)`
        The array.
    shape
        Its features.
    what
        Its name in messages.

    Raises
    ------
    TypeError
        If it is no NumPy array or torch tensor, or not of single or double precision.
    ValueError
        For another shape, no sample at all, NaN or infinite values.
    """
    expected = f"({', '.join(['batch', *map(str, shape)])})"
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{what}: got a masked array, of which the mask would be ignored; fill it with x.filled(0)")
    if not (is_numpy_array(x) or is_torch_array(x)):
        raise TypeError(f"{what}: got {type(x).__name__}, expected a NumPy array or torch tensor {expected}")
    xp = namespace(x)
    if x.dtype not in (xp.float32, xp.float64):  # with less, sums over time go wrong
        raise TypeError(f"{what}: got {x.dtype}, expected float32 or float64; convert it, for example pixels / 255.0")
    if tuple(x.shape[1:]) != tuple(shape) or x.ndim != len(shape) + 1:
        hint = "; a single sample needs x[None]" if tuple(x.shape) == tuple(shape) else ""
        raise ValueError(f"{what}: got shape {tuple(x.shape)}, expected {expected}{hint}")
    if x.shape[0] == 0:
        raise ValueError(f"{what}: got no sample at all, expected {expected} with batch ≥ 1")
    if not bool(xp.all(xp.isfinite(x))):
        raise ValueError(f"{what}: got NaN or infinite values, expected finite ones; clean the data first")


def check_calibration(x: Array, shape: tuple[int, ...]) -> None:
    """Refuse samples from which no scale can be read: what `check_input` refuses, and nothing but zeros."""
    check_input(x, shape, what="calibration")
    if not bool(namespace(x).any(x != 0)):
        raise ValueError("calibration: got nothing but zeros, expected samples like those of the training data")


def check_labels(labels: Any, batch: int, outputs: tuple[int, ...]) -> np.ndarray:
    """Refuse anything but one class index for each sample.

    Parameters
    ----------
    labels : array `(batch,)`
        The index of each sample's class, from 0 on; a list will do.
    batch
        The number of samples.
    outputs
        The shape of a network's outputs, one for each class.

    Returns
    -------
    array `(batch,)`
        The labels, as a NumPy array.

    Raises
    ------
    TypeError
        For labels that are no whole numbers.
    ValueError
        For outputs that are no classes, unless there is one label for each sample, and for indices of no class.
    """
    if len(outputs) != 1:
        raise ValueError(f"labels: the network has outputs {outputs}, no classes; compare its outputs by themselves")
    found = to_numpy(labels) if is_torch_array(labels) else np.asarray(labels)
    if found.shape != (batch,):
        hint = "; of one-hot rows take labels.argmax(1)" if found.ndim == 2 else ""
        raise ValueError(f"labels: got shape {found.shape} for {batch} samples, expected one for each{hint}")
    if found.dtype.kind not in "iu":
        raise TypeError(f"labels: got {found.dtype}, expected whole numbers: the index of each class")
    if batch and not (found.min() >= 0 and found.max() < outputs[0]):
        hint = "; count classes from 0" if found.min() == 1 and found.max() == outputs[0] else ""
        raise ValueError(
            f"labels: got values from {found.min()} to {found.max()}, expected 0 to {outputs[0] - 1}, the index of "
            f"each class{hint}"
        )
    return found


def check_alike(**arrays: Array) -> None:
    """Refuse arrays of two kinds or on two devices, by TypeError; plain numbers go with any."""
    found = {k: x for k, x in arrays.items() if is_numpy_array(x) or is_torch_array(x)}
    kinds = {k: f"{'torch' if is_torch_array(x) else 'NumPy'} on {device(x)}" for k, x in found.items()}
    if len(set(kinds.values())) > 1:
        got = ", ".join(f"{k} is {kind}" for k, kind in kinds.items())
        raise TypeError(f"{got}: expected one kind on one device; convert with torch.from_numpy, .numpy() or .to()")
