"""Figures of the chapter "Any function, one spike": the ReLU unit, trained units, the pipeline, latency and size."""

from .network import bits, pipeline
from .relu import bit_by_bit, relu_unit, shallow
from .trained import product, trained_unit

__all__ = ["bit_by_bit", "bits", "pipeline", "product", "relu_unit", "shallow", "trained_unit"]
