"""The network and the images that the chapters' figures use."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .. import data, zoo
from ..network import Network


@lru_cache(maxsize=1)
def digits() -> tuple[Network, np.ndarray, np.ndarray, np.ndarray]:
    """digits-cnn, its calibration images, and the held-out images and labels: made once, since sliders move often.

    In float64: rounding, which differs from machine to machine, then has no say in when a neuron fires.
    """
    (calibration, _), (images, labels) = (data.load("digits", split=split) for split in ("train", "test"))
    return zoo.load("digits-cnn"), calibration.astype(np.float64), images.astype(np.float64), labels
