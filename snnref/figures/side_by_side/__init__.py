"""Figures of the chapter "Side by side": one neuron, one network, errors with depth, and prices, in all five codes."""

from .layers import depth
from .network import one_network, prices
from .number import one_number

__all__ = ["depth", "one_network", "one_number", "prices"]
