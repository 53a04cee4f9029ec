"""Figures of the chapter "Hysteresis sigma-delta": quantisers, one neuron, an image falling in, a film."""

from .network import falling, film
from .neurons import neuron, quantisers

__all__ = ["falling", "film", "neuron", "quantisers"]
