"""The ordinary network, and the canonical graph that every method converts. No time and no spikes here.

Read `graph` (layers joined to a network), `network` (its file), `nodes` (populations joined by projections),
`canonical` (how the one becomes the other), `normalisation`, `synapses`, then `counting` and `summary`.
"""

from .graph import INPUT, READOUT, Graph
from .network import Network

__all__ = ["INPUT", "READOUT", "Graph", "Network"]
