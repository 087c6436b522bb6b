"""Figures of the reports as axes of matplotlib, drawn from the same description."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from . import _featurescope
from ._errors import SettingError

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

_DASHES = {"solid": "-", "dashed": "--", "dotted": ":", "dot": "", "diamond": ""}
_NAMED = {"grey": "0.5", "pale": "0.8", "ink": "0.1"}


def pyplot() -> Any:
    """matplotlib's pyplot, or an error that says how to get it."""
    try:
        import matplotlib.pyplot
    except ImportError:
        raise SettingError('matplotlib is not installed: pip install "featurescope[plot]"') from None
    return matplotlib.pyplot


def _colour(colour: Any) -> str:
    return _NAMED[colour] if isinstance(colour, str) else f"C{colour['hue']}"


def _numbers(points: list[list[float | None]]) -> tuple[list[float], list[float]]:
    def number(value: float | None) -> float:
        return math.nan if value is None else value

    return [number(x) for x, _ in points], [number(y) for _, y in points]


def _draw_axis(axes: Any, axis: dict[str, Any], which: str) -> None:
    getattr(axes, f"set_{which}label")(axis["name"])
    if axis["scale"] == "log":
        getattr(axes, f"set_{which}scale")("log")
    if axis["min"] is not None or axis["max"] is not None:
        getattr(axes, f"set_{which}lim")(axis["min"], axis["max"])


def _draw_panel(axes: Any, panel: dict[str, Any]) -> None:
    axes.set_title(panel["title"])
    _draw_axis(axes, panel["x"], "x")
    _draw_axis(axes, panel["y"], "y")
    for layer in panel["layers"]:
        if layer["kind"] == "line":
            axes.plot(*_numbers(layer["points"]), _DASHES[layer["stroke"]], color=_colour(layer["colour"]))
        elif layer["kind"] == "points":
            axes.scatter(*_numbers(layer["points"]), s=layer["size"], color=_colour(layer["colour"]))
    for mark in panel["marks"]:
        line = axes.axvline if mark["on_x"] else axes.axhline
        line(mark["at"], color=_colour(mark["colour"]), linewidth=0.8, alpha=0.6)


class Plots:
    """Figures of a stored run."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def story(self) -> Figure:
        """What happened: loss, energy, coverage, cosines over steps, theory dashed."""
        _, description = _featurescope.story_of_run(self._path)
        figure = json.loads(description)
        columns = max(1, figure["columns"])
        rows = math.ceil(len(figure["panels"]) / columns)
        drawn: Figure
        drawn, grid = pyplot().subplots(
            rows, columns, figsize=(5.2 * columns, 3.4 * rows), squeeze=False, layout="constrained"
        )
        all_axes = list(grid.flat)
        for axes, panel in zip(all_axes, figure["panels"]):
            _draw_panel(axes, panel)
        for axes in all_axes[len(figure["panels"]) :]:
            axes.set_visible(False)
        for entry in figure["legend"]:
            all_axes[0].plot([], [], _DASHES[entry["stroke"]], color=_colour(entry["colour"]), label=entry["name"])
        drawn.legend(loc="outside lower center", ncols=4, fontsize="small", frameon=False)
        return drawn
