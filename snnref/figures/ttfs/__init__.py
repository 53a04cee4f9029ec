"""Figures of the chapter "Time to first spike": two stages, clipping and resolution, the pipeline, scales in depth."""

from .network import depth, pipeline
from .neuron import two_stages
from .thresholds import error_map

__all__ = ["depth", "error_map", "pipeline", "two_stages"]
