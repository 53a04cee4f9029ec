"""Sliders on a figure function: widgets in Jupyter, a live figure in the built book.

explore(vocabulary.neuron, threshold=(0.25, 2, 0.05, 1), reset=["subtract", "zero"])
"""

from __future__ import annotations

import html
import inspect
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .figures import describe, find
from .figures.description import Figure

WHOLE = 8000  # milliseconds that Play takes from one end of a slider to the other, if the figure keeps up
BOOK = "SNNREF_BOOK"  # set while the book is built: figures become live elements of the page


@dataclass(frozen=True)
class Drawing:
    """A control to draw on, in the book; and to choose a picture by, in notebooks too.

    Parameters
    ----------
    samples
        By number, what a picture shows, and the picture, `(rows, columns)` in [0, 1].
    value
        The number of the picture shown first; by default the first.
    """

    samples: Mapping[int, tuple[str, np.ndarray]]
    value: int | None = None

    def control(self, name: str) -> dict[str, Any]:
        """Describe the control for the page.

        Parameters
        ----------
        name
            The figure's parameter.

        Returns
        -------
        dict
            Plain values, for JSON.

        Raises
        ------
        ValueError
            If there is nothing to choose from, or no such sample.
        """
        if not self.samples:
            raise ValueError(f"control {name!r}: got no samples, expected one picture or more to choose from")
        if self.value not in (None, *self.samples):
            raise ValueError(
                f"control {name!r}: got {self.value!r}, expected one of {', '.join(map(str, self.samples))}"
            )
        shown = [
            {"value": number, "text": text, "picture": np.rint(100 * np.asarray(picture)).astype(int).tolist()}
            for number, (text, picture) in self.samples.items()
        ]
        return {"name": name, "samples": shown, "value": shown[0]["value"] if self.value is None else self.value}


def explore(
    function: Callable[..., Figure], *, play: str | None = None, **controls: Sequence[Any] | Drawing
) -> Explorable:
    """Make an explorable figure.

    Parameters
    ----------
    function
        A figure function of `snnref.figures`, with keyword parameters and a figure description as result.
    play
        The parameter that a Play button moves from its low to its high value.
    **controls
        For each parameter either (low, high, step, value), or a list of texts to choose from, the first being chosen,
        or a `Drawing`.

    Returns
    -------
    Explorable
        The figure, which displays itself.

    Raises
    ------
    ValueError
        For a function that is not of `snnref.figures`, or controls that make no sense.
    """
    if find(_name(function)) is not function:
        raise ValueError(f"function: got {function!r}, expected one that a module of snnref.figures lists in __all__")
    known = inspect.signature(function).parameters
    for name in controls:
        if name not in known:
            raise ValueError(f"control {name!r}: {function.__name__} has the parameters {', '.join(known)}")
    made = {name: _control(name, spec) for name, spec in controls.items()}
    if play is not None and "low" not in made.get(play, {}):
        raise ValueError(f"play: got {play!r}, expected one of {', '.join(n for n, c in made.items() if 'low' in c)}")
    return Explorable(function, made, play=play)


def _name(function: Callable[..., Figure]) -> str:
    chapter = function.__module__.removeprefix("snnref.figures.").partition(".")[0]
    return f"{chapter}.{function.__name__}"


def _control(name: str, spec: Sequence[Any] | Drawing) -> dict[str, Any]:
    if isinstance(spec, Drawing):
        return spec.control(name)
    if isinstance(spec, list) and spec and all(isinstance(choice, str) for choice in spec):
        return {"name": name, "choices": spec, "value": spec[0]}
    if isinstance(spec, tuple) and len(spec) == 4:
        low, high, step, value = spec
        counts = [(end - low) / step for end in (value, high)] if step > 0 else [0.5]
        on_grid = all(math.isclose(count, round(count), abs_tol=1e-9) for count in counts)
        if low <= value <= high and low < high and on_grid:
            return {"name": name, "low": low, "high": high, "step": step, "value": value}
    raise ValueError(
        f"control {name!r}: got {spec!r}, expected (low, high, step, value) with low ≤ value ≤ high, "
        "value and high whole steps above low, or a list of texts, or a Drawing"
    )


class Explorable:
    """A figure function with controls; displays itself."""

    def __init__(
        self, function: Callable[..., Figure], controls: dict[str, dict[str, Any]], *, play: str | None = None
    ):
        self.name = _name(function)
        self.controls = controls
        self.play = play
        self.values = {name: control["value"] for name, control in controls.items()}

    def figure(self) -> Figure:
        """The description at the present values."""
        return describe(self.name, self.values)

    def picture(self) -> str:
        """The drawing at the present values, as HTML with its caption."""
        from .figures.draw import picture

        figure = self.figure()
        return f'<div class="snn-picture">{picture(figure)}</div><figcaption>{html.escape(figure.caption)}</figcaption>'

    def static(self) -> str:
        """The element that the page's script makes live; without a script it shows the default picture."""
        spec = {"name": self.name, "controls": list(self.controls.values()), "play": self.play}
        return (
            f'<figure class="snn-explore" data-spec="{html.escape(json.dumps(spec), quote=True)}">'
            f"{self.picture()}</figure>"
        )

    @cached_property
    def sliders(self) -> dict[str, Any]:
        """The ipywidgets of the controls, by parameter."""
        import ipywidgets as widgets

        made: dict[str, Any] = {}
        for name, control in self.controls.items():
            options = {"description": name, "value": control["value"]}
            if "choices" in control:
                made[name] = widgets.Dropdown(options=control["choices"], **options)
            elif "samples" in control:
                chosen = [(sample["text"], sample["value"]) for sample in control["samples"]]
                made[name] = widgets.Dropdown(options=chosen, **options)
            else:
                kind = widgets.IntSlider if _whole(control) else widgets.FloatSlider
                options |= {"min": control["low"], "max": control["high"], "step": control["step"]}
                options |= {} if _whole(control) else {"readout_format": ".6g"}
                made[name] = kind(continuous_update=False, **options)
        return made

    @cached_property
    def widget(self) -> Any:
        """Sliders above the picture; moving one draws the picture anew."""
        import ipywidgets as widgets

        shown = widgets.HTML(self.picture())

        def update(change: Any) -> None:
            self.values[change.owner.description] = change.new
            try:
                shown.value = self.picture()
            except Exception as error:  # a kernel would only log it
                shown.value = f"This could not be computed: {html.escape(str(error))}"
                raise

        for slider in self.sliders.values():
            slider.observe(update, names="value")
        controls = [*self.sliders.values(), *([self._player(self.play)] if self.play else [])]
        return widgets.VBox([widgets.HBox(controls), shown])

    def _player(self, name: str) -> Any:
        """A button that moves a slider step by step to its end."""
        import ipywidgets as widgets

        slider, control = self.sliders[name], self.controls[name]
        low, step = control["low"], control["step"]
        count = round((control["high"] - low) / step)
        player = widgets.Play(min=0, max=count, value=round((slider.value - low) / step), interval=WHOLE // count)
        player.observe(lambda change: setattr(slider, "value", low + change.new * step), names="value")
        return player

    def _ipython_display_(self) -> None:
        from IPython.display import HTML, display

        display(HTML(self.static()) if os.environ.get(BOOK) else self.widget)


def _whole(control: dict[str, Any]) -> bool:
    return all(isinstance(control[key], int) for key in ("low", "high", "step", "value"))
