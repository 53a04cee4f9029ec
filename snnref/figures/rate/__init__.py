"""Figures of the chapter "Rate coding": a neuron's error, scales, errors in depth, gates, the ladder of mechanisms."""

from .network import accumulation, ladder, percentile
from .neuron import two_resets
from .pooling import gate

__all__ = ["accumulation", "gate", "ladder", "percentile", "two_resets"]
