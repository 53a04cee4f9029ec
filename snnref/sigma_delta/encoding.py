"""Input: intensity to delay, one spike a pixel or one a level."""

from __future__ import annotations

import warnings

import numpy as np

from ..arrays import Array, to_numpy
from ..network.canonical import Inexpressible
from .trains import EVENT, Stream


def intensity_to_delay(x: Array, *, cutoff: float = 0.2, levels: int = 1, keep: bool = False) -> Stream:
    """Encode pixels as delays: intensity x fires at 1 − x, if x > cutoff (section III, Yousefzadeh et al. 2019).

    Equal pixels fire in the order of their index.

    Parameters
    ----------
    x : array `(batch, *shape)`
        Intensities, in units of a level, which one spike stands for.
    cutoff
        Share of a level above which a pixel fires.
    levels
        Number of levels up to the largest intensity. A pixel sends ⌈x − cutoff⌉ spikes together, at 1 − x / levels.
    keep
        Whether each frame sends only its changes against the one before: first what is withdrawn, by spikes of −1, at
        0.

    Returns
    -------
    Stream
        The spikes of the pixels; times are in time units of an image.

    Raises
    ------
    ValueError
        For negative pixels, which have no time.
    """
    pixels = to_numpy(x)
    check_pixels(pixels, "input")
    if (high := float(pixels.max()) / levels) > 2:
        warnings.warn(
            f"input: got values up to {high:.4g} times the largest of the calibration; all above it fire at 0 alike: "
            "scale it as the calibration data",
            stacklevel=7,
        )
    pixels = pixels.reshape(len(pixels), -1)
    level = np.clip(np.ceil(pixels - cutoff), 0, levels).astype(np.intp)
    change = np.diff(level, axis=0, prepend=0) if keep else level
    sample, pixel = np.nonzero(change)
    spikes = change[sample, pixel]
    time = np.where(spikes > 0, np.maximum(0, 1 - pixels[sample, pixel].astype(float) / levels), 0)
    order = np.lexsort((pixel, spikes > 0, time, sample))
    order = np.repeat(order, np.abs(spikes[order]))
    ends = np.append(0, np.cumsum(np.abs(change).sum(axis=1)))
    log = np.zeros(len(order), EVENT)
    log["time"], log["neuron"], log["sign"] = time[order], pixel[order], np.sign(spikes[order])
    log["wave"] = np.arange(len(order)) - np.repeat(ends[:-1], np.diff(ends))
    return Stream(log, ends, x.shape[1:], kind=x[:0, ...], keep=keep)


def check_pixels(x: Array, what: str) -> None:
    """Refuse negative ones, by Inexpressible."""
    if (low := float(x.min())) < 0:
        raise Inexpressible(
            f"{what}: got values down to {low:.4g}, expected 0 or more: no delay stands for what is below 0; if pixels "
            "are shifted beforehand, make that shift the network's first layer"
        )
