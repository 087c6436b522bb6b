"""Stored runs: what an experiment left, as tables, figures and a page."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from . import _featurescope, _progress
from ._errors import RunError
from ._plot import Plots
from ._table import Table

SAVE_EVERY = 20.0
"""Seconds between two states of an arm that is being trained: what a kill can cost."""


class Arm:
    """A stored arm of a run."""

    def __init__(self, path: Path, summary: Mapping[str, Any]) -> None:
        self.path = path
        """Its folder."""
        self.name = path.name
        """Its name."""
        self.summary = dict(summary)
        """What it found: T1, T2, coverage, cosines, probes …, with theory's value beside it; empty until it has ended."""

    @property
    def records(self) -> Table:
        """A row for each recorded step."""
        return Table(_featurescope.read_records_file(self.path / "records.parquet"))

    @property
    def neurons(self) -> Table:
        """A row for each recorded step and neuron."""
        return Table(_featurescope.read_neurons_file(self.path / "neurons.parquet"))

    @property
    def probes(self) -> Table:
        """Scores of linear probes on its features: task, labels, score, 95 % interval."""
        return _scores(self.path / "probes.json")

    def __repr__(self) -> str:
        state = self.summary.get("stop_reason", "under way")
        return f"<arm {self.name}: {state} after {self.summary.get('steps', '?')} steps>"


def _scores(path: Path) -> Table:
    scores = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    names = ("task", "features", "labels", "score", "lower", "upper")
    return Table.of({name: [score[name] for score in scores] for name in names})


class Run(Mapping[str, Arm]):
    """A stored run; ``run["random_mask"]`` is an arm of it. In a notebook it shows its story."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        """Its folder."""
        _featurescope.check_run(self.path)
        self._read()

    def _read(self) -> None:
        def read(name: str) -> dict[str, Any]:
            file = self.path / name
            found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
            return found

        self.manifest = read("manifest.json")
        """How it came about: versions, machine, times."""
        self.summary = read("summary.json")
        """What it found; empty until it has ended or was interrupted."""

    @property
    def name(self) -> str:
        """Name of its experiment."""
        return str(self.manifest.get("experiment", self.path.name))

    @property
    def status(self) -> str:
        """``finished``, ``diverged``, ``interrupted`` or ``running``; a run that was killed stays ``running``."""
        return str(self.manifest.get("status", "running"))

    @property
    def seed(self) -> int:
        """Seed of everything random."""
        return int(self.manifest["seed"])

    @property
    def settings(self) -> str:
        """Its settings with every default, as TOML."""
        return (self.path / "spec.toml").read_text(encoding="utf-8")

    def __getitem__(self, arm: str) -> Arm:
        if arm not in self._names():
            raise KeyError(f"there is no arm {arm!r}; the arms are {', '.join(self._names())}")
        return Arm(self.path / "arms" / arm, self.summary.get("arms", {}).get(arm, {}))

    def _names(self) -> list[str]:
        known = list(self.summary.get("arms", {}))
        folder = self.path / "arms"
        others = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        return known + [name for name in others if name not in known]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    @property
    def yardsticks(self) -> Table:
        """Scores of linear probes on x, Mᵀx and z."""
        return _scores(self.path / "yardsticks.json")

    @property
    def plot(self) -> Plots:
        """Its figures as axes of matplotlib."""
        return Plots(self.path)

    def report(self, out: str | os.PathLike[str] | None = None) -> Path:
        """Write the report, a page that stands alone, into the run's folder or into ``out``; its path."""
        return _featurescope.write_report([self.path], None if out is None else Path(out))

    def resume(
        self, *, threads: int | None = None, save_every: float = SAVE_EVERY, progress: bool | _progress.Listener = True
    ) -> Run:
        """Go on where the run stood. One that has ended stays as it is."""
        if self.status not in ("finished", "diverged"):
            listening = _progress.listener(progress)
            try:
                _featurescope.resume(self.path, threads, save_every, listening)
            finally:
                _progress.close(listening)
        self._read()
        return self

    def __repr__(self) -> str:
        return f"<run {self.path}: {self.name}, seed {self.seed}, {self.status}; arms {', '.join(self)}>"

    def _repr_html_(self) -> str:
        from html import escape

        try:
            svg, _ = _featurescope.story_of_run(self.path)
        except RunError as error:
            return f"<p>{escape(repr(self))}</p><p>{escape(str(error))}</p>"
        return f"<p><b>{escape(self.name)}</b>, seed {self.seed}, {self.status}: {escape(str(self.path))}</p>{svg}"


def resume(
    path: str | os.PathLike[str],
    *,
    threads: int | None = None,
    save_every: float = SAVE_EVERY,
    progress: bool | _progress.Listener = True,
) -> Run:
    """Go on with a run that was stopped: by Ctrl-C, a kill, a part that raised. It becomes the same bytes."""
    return Run(path).resume(threads=threads, save_every=save_every, progress=progress)
