"""Everything that has a name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from . import _featurescope


class ShippedExperiment(NamedTuple):
    """An experiment that comes with the program."""

    name: str
    """Its name."""
    question: str
    """What it asks."""
    readme: str
    """The question, what to expect, how long it takes; Markdown."""

    def __repr__(self) -> str:
        return f"{self.name}: {self.question}"


def experiments() -> list[ShippedExperiment]:
    """The experiments that come with the program."""
    return [ShippedExperiment(*line) for line in _featurescope.experiments()]


class Explanation(str):
    """A text that a notebook shows as it is."""

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def explain(name: str, *, runs: list[str | os.PathLike[str]] | None = None) -> Explanation:
    """What a setting, an experiment, a statement, a recorded column, a letter or a term is.

    A statement comes with what ``runs``, or those that come with the program, say about it.
    """
    return Explanation(_featurescope.explain(name, [Path(run) for run in runs or []], 100))
