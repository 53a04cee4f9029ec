"""More than a neuron can ever receive: the threshold that clips nothing (Eq. 5, Lopez-Randulfe et al. 2022)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..layers import Conv, Dense, Gain, Linear
from ..network.nodes import Nodes, Population, Projection, Readout, Scales


def bound(node: Population | Readout, nodes: Nodes, scales: Scales) -> np.ndarray:
    """Bound what a neuron can receive: x_max Σ W⁺ + b over all sources (Eq. 5, Lopez-Randulfe et al. 2022).

    No source sends less than 0 or more than its x_max. In the paper's terms the bound is u_max / t_max, times x_max of
    the layer below; the paper is silent on biases. Where a projection is a chain of several layers that sum, each is
    bounded by the bounds on the one before: valid, but looser than necessary.

    Parameters
    ----------
    node
        The node that receives.
    nodes
        The canonical graph.
    scales
        x_max of each source, in units of the activation.

    Returns
    -------
    array `(*features)`
        The bound of each neuron, in units of the activation.
    """
    highest = sum(_highest(p, np.broadcast_to(scales[p.source], nodes[p.source].shape)) for p in node.input.projections)
    return np.broadcast_to(highest + node.input.bias, node.shape)


def _highest(projection: Projection, high: np.ndarray) -> np.ndarray:
    """What the projection makes of values between 0 and `high`, at most."""
    low = np.zeros_like(high)
    for linear in projection.maps:
        if isinstance(linear, Dense | Conv | Gain):
            up, down = _signs(linear)
            low, high = up(low) + down(high), up(high) + down(low)
        else:  # means, and changes of shape
            low, high = linear(low), linear(high)
    return high


def _signs(linear: Dense | Conv | Gain) -> tuple[Linear, Linear]:
    """The map with its positive weights alone, and with its negative ones."""
    if isinstance(linear, Gain):
        return Gain(np.maximum(linear.value, 0)), Gain(np.minimum(linear.value, 0))
    return replace(linear, weight=np.maximum(linear.weight, 0)), replace(linear, weight=np.minimum(linear.weight, 0))
