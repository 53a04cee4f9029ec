"""The canonical graph of a network as a picture: a column of nodes, skips as arcs beside it."""

from __future__ import annotations

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path

from ..network.canonical import canonical
from ..network.graph import Graph
from ..network.summary import summarise
from .draw import STYLE, WIDTH

COLOURS = {"input": "#888888", "population": "#1f77b4", "maxpool": "#2ca02c", "readout": "#d62728"}
ROW = 0.3  # inches


def graph(net: Graph, *, ax: Axes | None = None) -> Axes:
    """Draw what the codes convert: every node of `canonical(net)`, and who reads whom.

    ax : where to draw; by default a new figure (`.figure.savefig("net.svg")` writes it), as tall as it has nodes

    Raises TypeError for what is no network, ValueError for one that has no canonical graph.
    """
    if not isinstance(net, Graph):
        raise TypeError(
            f"net: got {type(net).__name__}, expected a Network; of a conversion, the one that was converted"
        )
    rows = summarise(net).rows
    nodes = canonical(net)
    height = {row.node: -i for i, row in enumerate(rows)}
    with matplotlib.rc_context(STYLE):
        if ax is None:
            ax = Canvas(figsize=(WIDTH, ROW * (len(rows) + 1)), layout="constrained").subplots()
        longest = max([height[k] - height[row.node] for row in rows for k in nodes[row.node].sources], default=1)
        for row in rows:
            for source in dict.fromkeys(row.reads):
                _arrow(ax, height[source], height[row.node], longest)
            kind = row.kind.split()[0]
            ax.plot(0, height[row.node], "o", color=COLOURS[kind], markersize=9, zorder=3)
            shape = "×".join(map(str, row.shape))
            counts = [f"{n:,} {what}" for n, what in ((row.neurons, "neurons"), (row.synapses, "synapses")) if n]
            text = f"{row.kind} {shape}" + "".join(f" · {k}" for k in counts)
            name = ax.annotate(row.node, (0.08, height[row.node]), va="center", weight="bold")
            ax.annotate(text, (1, 0), xycoords=name, xytext=(8, 0), textcoords="offset points", va="bottom")
        ax.set(xlim=(-0.5, 2), ylim=(-len(rows) + 0.4, 0.6))
        ax.axis("off")
    return ax


def _arrow(ax: Axes, start: float, end: float, longest: float) -> None:
    """Straight to the next row, in an arc past all others."""
    bend = 0.0 if start - end == 1 else 0.15 + 0.4 * (start - end) / longest
    head = (-0.05, end) if bend else (0, end + 0.25)  # where the dot begins
    path = Path([(0, start), (-bend, start), (-bend, end), head], [Path.MOVETO, *[Path.CURVE4] * 3])
    ax.add_patch(FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=7, color="#999999", zorder=1))
