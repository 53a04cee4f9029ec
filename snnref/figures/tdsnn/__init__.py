"""Figures of the chapter "The ticking neuron": reverse coding, the two periods, pooling, the pipeline, the leak."""

from .coding import code, decay
from .network import leak_constant, pipeline
from .neuron import first_tick, ticking
from .pooling import pool_map

__all__ = ["code", "decay", "first_tick", "leak_constant", "pipeline", "pool_map", "ticking"]
