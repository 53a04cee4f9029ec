"""A figure description drawn by matplotlib."""

from __future__ import annotations

import base64
import html
import io
from itertools import groupby
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from .description import Bars, Cells, Dots, Figure, Line, Mark, Panel, Rule, Ticks

STYLE: Any = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "snnref"}
WIDTH = 7.2  # inches
PIXELS = 90  # of a panel's height to an inch
MANY = 5  # keys that a panel has room for


def draw(figure: Figure) -> Canvas:
    """A matplotlib figure, not registered with pyplot."""
    with matplotlib.rc_context(STYLE):
        # Rows of the same widths share a grid, so that their axes agree.
        groups = [list(g) for _, g in groupby(figure.rows, key=lambda row: [panel.width for panel in row])]
        heights = [[max(panel.height for panel in row) / PIXELS for row in group] for group in groups]
        totals = [sum(group) for group in heights]
        canvas = Canvas(figsize=(WIDTH, sum(totals)), layout="constrained")
        bands = canvas.subfigures(len(groups), 1, squeeze=False, height_ratios=totals)[:, 0]
        for band, group, ratios in zip(bands, groups, heights, strict=True):
            widths = [panel.width for panel in group[0]]
            axes = band.subplots(len(group), len(widths), squeeze=False, height_ratios=ratios, width_ratios=widths)
            for row, places in zip(group, axes, strict=True):
                for panel, ax in zip(row, places, strict=True):
                    _panel(ax, panel)
    return canvas


def _panel(ax: Axes, panel: Panel) -> None:
    unit = 72 * panel.height / PIXELS / max(1e-9, abs(panel.y.domain[1] - panel.y.domain[0]))  # points, of y
    for mark in panel.marks:
        _mark(ax, mark, unit=unit)
    framed = any(isinstance(mark, Cells) for mark in panel.marks)
    for name, axis in (("x", panel.x), ("y", panel.y)):
        ax.set(**{f"{name}lim": axis.domain, f"{name}label": axis.label})
        if axis.ticks is not None:
            ax.set(
                **{
                    f"{name}ticks": [value for value, _ in axis.ticks],
                    f"{name}ticklabels": [text for _, text in axis.ticks],
                }
            )
            ax.spines["left" if name == "y" else "bottom"].set_visible(bool(axis.ticks) or framed)
            ax.spines["right" if name == "y" else "top"].set_visible(framed)
    if framed and panel.x.ticks is not None and not panel.x.ticks:
        ax.set_aspect("equal")  # a picture, not a map
    keys = len(ax.get_legend_handles_labels()[0])
    place: Any = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "ncols": keys} if keys > MANY else {"loc": "best"}
    if keys:
        ax.legend(fontsize=8, framealpha=0.85, edgecolor="none", **place)


def _mark(ax: Axes, mark: Mark, *, unit: float) -> None:
    match mark:
        case Line():
            style = "--" if mark.dashed else "-"
            ax.plot(mark.x, mark.y, style, color=mark.color, lw=1.3, label=mark.label or None)
        case Ticks():
            size = min(9.0, mark.height * unit)
            ax.plot(mark.x, mark.y, "|", color=mark.color, ms=size, mew=1.3, label=mark.label or None)
        case Bars():
            ax.bar(mark.x, mark.y, color=mark.color, label=mark.label or None)
        case Dots():
            ax.plot(mark.x, mark.y, "o", color=mark.color, ms=3.5, label=mark.label or None)
        case Cells():
            rows, columns = mark.values.shape
            ax.imshow(mark.values, cmap="Greys", vmin=0, vmax=1, extent=(0, columns, rows, 0), aspect="auto")
        case Rule():
            line = ax.axhline(mark.y) if mark.y is not None else ax.axvline(mark.x or 0.0)
            line.set(color=mark.color, lw=1, ls=":", label=mark.label or "_")


def svg(figure: Figure) -> str:
    """The drawing as SVG text; the same description gives the same text."""
    text = io.StringIO()
    with matplotlib.rc_context(STYLE):
        draw(figure).savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def picture(figure: Figure) -> str:
    """The drawing as an HTML image; its caption is the alternative text."""
    source = base64.b64encode(svg(figure).encode()).decode()
    alt = html.escape(figure.caption, quote=True)
    return f'<img alt="{alt}" src="data:image/svg+xml;base64,{source}" style="max-width: 100%; background: white">'


def captioned(figure: Figure) -> str:
    """The drawing as HTML, its caption below. The book's pages draw it anew from its description, so that it fits."""
    text, data = html.escape(figure.caption), html.escape(figure.json(), quote=True)
    return (
        f'<figure class="snn-figure" data-figure="{data}"><div class="snn-picture">{picture(figure)}</div>'
        f"<figcaption>{text}</figcaption></figure>"
    )
