"""Many runs from one experiment: what lists of values describe, each made once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Union

import numpy as np

from . import _featurescope, _machines, _progress
from ._errors import RunError, SettingError
from ._experiment import RUNS, Experiment, _describe
from ._monitor import Monitor
from ._parts import Part
from ._plot import pyplot
from ._run import SAVE_EVERY, Run
from ._settings import find
from ._table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from typing_extensions import Unpack

    from ._options import Options

_WIDTH = 110
"""Columns of texts."""
_FIGURES = {
    "t1": ("t1",),
    "t2": ("t2",),
    "steps": ("steps",),
    "loss": ("loss",),
    "dense_energy_fraction": ("dense_energy_fraction",),
    "coverage_90": ("coverage", "0.9"),
    "coverage_70": ("coverage", "0.7"),
    "singleton_count": ("singleton_count",),
    "firing_rate": ("firing_rate",),
    "dead_neurons": ("dead_neurons",),
    "signal_cosine": ("signal_cosine",),
    "noise_cosine": ("noise_cosine",),
}
"""Figures of an arm in the table of a sweep, and where they stand in its summary."""


def _figure(summary: Mapping[str, Any], place: tuple[str, ...]) -> float:
    value: Any = summary
    for name in place:
        value = value[name]
    return float("nan") if value is None else float(value)


class SweepResult:
    """The runs of a sweep."""

    def __init__(self, path: str | os.PathLike[str], errors: Mapping[str, str] | None = None) -> None:
        self.path = Path(path)
        """Its folder."""
        index = json.loads((self.path / "sweep.json").read_text(encoding="utf-8"))
        self.points: list[dict[str, Any]] = index["points"]
        """What was asked for: the run, and what was chosen from the lists."""
        self.warnings: list[str] = index["warnings"]
        """Lists that changed nothing."""
        told = {point["run"]: point["problem"] for point in self.points if point.get("problem")}
        self.errors: dict[str, str] = {**told, **(errors or {})}
        """What went wrong, by run."""

    @property
    def runs(self) -> list[Run]:
        """Every run that has ended, once."""
        folders = dict.fromkeys(point["run"] for point in self.points if point["fingerprint"] is not None)
        return [Run(self.path / folder) for folder in folders]

    @property
    def table(self) -> Table:
        """A row for each point and arm: what was chosen, and the figures of the last recorded step.

        A point that failed has one row without arm and figures. Its error is in the column ``error``, which is there if
        any failed.
        """
        return Table.of(self._rows(list(_FIGURES), with_errors=True))

    def _rows(self, figures: list[str], *, with_errors: bool = False) -> dict[str, list[Any]]:
        keys = list(dict.fromkeys(key for point in self.points for key in point["choices"]))
        short = {key: key.rsplit(".", 1)[-1] for key in keys}
        if len(set(short.values())) < len(keys):
            short = {key: key for key in keys}
        rows: dict[str, list[Any]] = {name: [] for name in ["run", *short.values(), "arm", *figures]}
        errors: list[str] = []
        for point in self.points:
            error = self.errors.get(point["run"], "")
            has_ended = point["fingerprint"] is not None
            if not has_ended and not (with_errors and error):
                continue
            run = Run(self.path / point["run"]) if has_ended else None
            for arm in run.summary["arms"] if run is not None else [""]:
                rows["run"].append(point["run"])
                rows["arm"].append(arm)
                errors.append("" if has_ended else error)
                for key in keys:
                    rows[short[key]].append(point["choices"].get(key))
                for name in figures:
                    rows[name].append(float("nan") if run is None else self._value(run, arm, name))
        if any(errors):
            rows["error"] = errors
        return rows

    def _value(self, run: Run, arm: str, name: str) -> float:
        if name in _FIGURES:
            return _figure(run[arm].summary, _FIGURES[name])
        records = run[arm].records
        if name not in records:
            raise SettingError(f"there is no figure `{name}`: {', '.join([*_FIGURES, *records.columns[1:]])} are there")
        return float(records[name][-1])

    def plot(self, x: str, y: str, *, ax: Axes | None = None) -> Axes:
        """Figure ``y`` over the list ``x``: the mean over seeds and its 95 % interval (Student t), a line for each arm.

        ``y`` is a column of the sweep's table or of the records, at the last recorded step.
        """
        rows = self._rows([y])
        name = next((n for n in rows if n in (x, x.replace("__", "."), find(x).key.rsplit(".", 1)[-1])), None)
        if name is None or name == "arm":
            lists = [n for n in rows if n not in ("run", "arm", y)]
            raise SettingError(f"`{x}` was no list of this sweep: {', '.join(lists)} were")
        if ax is None:
            ax = pyplot().subplots(layout="constrained")[1]
        values = list(dict.fromkeys(rows[name]))
        for arm in dict.fromkeys(rows["arm"]):
            means, below, above = [], [], []
            for value in values:
                found = [f for f, v, a in zip(rows[y], rows[name], rows["arm"]) if v == value and a == arm]
                mean = float(np.mean(found))
                _, lower, upper = _featurescope.interval(found) or (mean, mean, mean)
                means.append(mean)
                below.append(mean - lower)
                above.append(upper - mean)
            places = values if all(isinstance(value, (int, float)) for value in values) else [str(v) for v in values]
            ax.errorbar(places, means, yerr=[below, above], marker="o", capsize=3, label=arm)
        ax.set_xlabel(name)
        ax.set_ylabel(y)
        ax.legend()
        return ax

    def judge(self) -> Judgement:
        """What its runs say about the papers' statements."""
        return judge(self)

    def report(self, out: str | os.PathLike[str] | None = None) -> Path:
        """Write the report of all runs into the sweep's folder or into ``out``; its path."""
        return _featurescope.write_report([self.path], None if out is None else Path(out))

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        ended = sum(point["fingerprint"] is not None for point in self.points)
        return f"<sweep {self.path}: {ended} of {len(self)} points have ended>"

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


class Point(NamedTuple):
    """A point of a sweep that has ended or failed."""

    settings: dict[str, Any]
    """What was chosen from the lists, by key."""
    run: Run | None
    """Its run; ``None`` if it failed."""
    error: str | None
    """What went wrong, if it failed."""


SILENCE = 120.0
"""Seconds without a sign of life after which another worker takes over the run of a worker."""


class Sweep:
    """Runs that are to be made."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment

    def __len__(self) -> int:
        return self._experiment._core.run_count()

    def run(
        self,
        out: str | os.PathLike[str] | None = None,
        *,
        on: Any = None,
        jobs: int | None = None,
        threads: int | None = None,
        save_every: float = SAVE_EVERY,
        silence: float = SILENCE,
        progress: bool | _progress.Listener = True,
    ) -> SweepResult:
        """Make every run that the folder ``out`` does not hold yet, ``jobs`` at a time with ``threads`` threads each.

        Without a folder it is ``runs/NAME-sweep``. Run it again with longer lists, and only what is new is made.

        ``on`` is an engine that has workers, here or on other machines: ``"ray"``, or whatever has ``submit``, as
        executors of ``concurrent.futures``, a Dask client, submitit's executor and ``mpi4py.futures`` have. Each run is
        a task of its own, with one thread unless ``threads`` says otherwise. A run that fails stops no other: its error
        is in the table. Workers that do not see the folder send their runs back.
        """
        if on is None:
            path = self._folder(out)
            listening = _progress.listener(progress)
            try:
                self._experiment._core.sweep(path, jobs, threads, save_every, listening)
            finally:
                _progress.close(listening)
            return SweepResult(path)
        _refuse_jobs(jobs)
        path = self._folder(out)
        errors = {}
        manner = _machines.Manner(threads or 1, save_every, silence)
        for key, point in self._points(path, _machines.engine(on), manner, progress):
            if point.error is not None:
                errors[key] = point.error
        return SweepResult(path, errors)

    def points(
        self,
        out: str | os.PathLike[str] | None = None,
        *,
        on: Any = None,
        jobs: int | None = None,
        threads: int = 1,
        save_every: float = SAVE_EVERY,
        silence: float = SILENCE,
        progress: bool | _progress.Listener = False,
    ) -> Iterator[Point]:
        """Make the runs as :meth:`run` does, and hand over each when it has ended or failed.

        Runs that the folder holds already come first. A loop that is left cancels what has not begun, so that it can
        decide what to make next. Without ``on``, ``jobs`` runs go on at a time on this machine.
        """
        path = self._folder(out)
        manner = _machines.Manner(threads, save_every, silence)
        if on is not None:
            _refuse_jobs(jobs)
            for _, point in self._points(path, _machines.engine(on), manner, progress):
                yield point
            return
        with ThreadPoolExecutor(jobs or max((os.cpu_count() or 1) // threads, 1)) as pool:
            for _, point in self._points(path, _machines.engine(pool), manner, progress):
                yield point

    def _folder(self, out: str | os.PathLike[str] | None) -> Path:
        path = Path(RUNS) / f"{self._experiment.name}-sweep" if out is None else Path(out)
        return path.absolute()

    def _points(
        self,
        path: Path,
        engine: _machines._Ray | _machines._Executor,
        manner: _machines.Manner,
        progress: bool | _progress.Listener,
    ) -> Iterator[tuple[str, Point]]:
        """Key and point of every run, as they end. The folder is put together in the end, however that comes."""
        if _holds_part(self._experiment._settings):
            raise SettingError(
                "a part in Python lives in this process and cannot be sent to workers: run the sweep without on=, or write "
                "the part in Rust"
            )
        tasks = [_machines.Task(*run) for run in self._experiment._core.share(path)]
        index = json.loads((path / "sweep.json").read_text(encoding="utf-8"))
        settings = {point["run"]: point["choices"] for point in index["points"]}
        there = [task for task in tasks if (path / task.key).is_dir()]
        left = [task for task in tasks if task not in there]
        listening = _progress.listener(progress)
        time_left = _machines.Left({task.key: task.operations for task in left})
        operations = sum(task.operations for task in tasks)
        try:
            listening("sweep", index["experiment"], float(len(tasks)), operations)
            listening("found", "", float(len(there)), sum(task.operations for task in there))
            for task in there:
                yield task.key, Point(settings[task.key], Run(path / task.key), None)
            ended = len(there)
            known = {task.key: task for task in left}
            note = lambda text: listening("note", text, 0.0, 0.0)  # noqa: E731
            for answer in _machines.carry_out(path, left, engine, manner, note):
                ended += 1
                point = _landed(answer, path, settings[answer.key])
                listening("advanced", "", known[answer.key].operations, 0.0)
                how = "failed: " + point.error if point.error is not None else "has ended"
                text = f"{ended} of {len(tasks)}{time_left.after(answer.key)}; {answer.key} {how}"
                listening("run", text, 1.0, answer.seconds)
                yield answer.key, point
        finally:
            _progress.close(listening)
            _featurescope.collect_sweep(path)

    def __repr__(self) -> str:
        return repr(self._experiment).replace("<experiment", "<sweep", 1)


def _landed(answer: _machines.Answer, path: Path, settings: dict[str, Any]) -> Point:
    """The point of a run that a worker has made, when its files are in the folder."""
    error = answer.error
    if error is None:
        try:
            _machines.put_in_place(answer, path)
        except (OSError, RunError, ValueError, KeyError) as problem:
            error = f"it was made and cannot be put in its place: {problem}"
        else:
            if not (path / answer.key).is_dir():
                error = f"its worker made it, and {path / answer.key} is not there"
    return Point(settings, Run(path / answer.key) if error is None else None, error)


def _refuse_jobs(jobs: int | None) -> None:
    if jobs is not None:
        raise SettingError(f"jobs = {jobs} cannot be used with on=: the engine says how many runs go on at a time")


def _holds_part(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_part(inner) for inner in value.values())
    if isinstance(value, (list, tuple)):
        return any(_holds_part(inner) for inner in value)
    return isinstance(value, Part)


def sweep(name: str | os.PathLike[str], /, *, smoke: bool = False, **settings: Unpack[Options]) -> Sweep:
    """Runs for every combination of the lists among the settings; ``seed=range(5)`` repeats each."""
    return Sweep(Experiment(name, settings, smoke=smoke))


_describe(sweep, sweep.__doc__ or "")


class Judgement:
    """What stored runs say about the statements of every paper."""

    def __init__(self, boards: list[tuple[str, str, str]]) -> None:
        self.boards: dict[str, dict[str, Any]] = {paper: json.loads(board) for paper, board, _ in boards}
        """The scoreboard of each paper, by its name: ``featurescope judge --json`` prints the same."""
        self._text = "\n".join(text for _, _, text in boards)

    @property
    def table(self) -> Table:
        """A row for each statement: paper, statement, title, verdict."""
        claims = [(paper, claim) for paper, board in self.boards.items() for claim in board["claims"]]
        return Table.of(
            {
                "paper": [paper for paper, _ in claims],
                "statement": [claim["id"] for _, claim in claims],
                "title": [claim["title"] for _, claim in claims],
                "verdict": [_word(claim["verdict"]) for _, claim in claims],
            }
        )

    def __repr__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(self._text)}</pre>"


def _word(verdict: Any) -> str:
    return verdict if isinstance(verdict, str) else str(next(iter(verdict)))


_Stored = Union[Run, SweepResult, Monitor, str, "os.PathLike[str]"]


def _paths(runs: Iterable[_Stored | Iterable[_Stored]]) -> list[Path]:
    """The folders of runs, sweeps and monitors, or of lists of them."""
    paths: list[Path] = []
    for run in runs:
        if isinstance(run, Monitor):
            if run.path is None:
                raise SettingError("runs: a monitor with out=False has no folder")
            run.save()
            paths.append(run.path)
        elif isinstance(run, (Run, SweepResult)):
            paths.append(run.path)
        elif isinstance(run, (str, os.PathLike)):
            paths.append(Path(run))
        else:
            paths.extend(_paths(run))
    return paths


def judge(*runs: _Stored | Iterable[_Stored]) -> Judgement:
    """What stored runs say about the statements of every paper: runs, sweeps, or folders that hold runs."""
    return Judgement(_featurescope.judge_runs(_paths(runs), _WIDTH))


def report(*runs: _Stored | Iterable[_Stored], out: str | os.PathLike[str] = "report") -> Path:
    """Write one page about several runs into the folder ``out``; its path.

    Runs that differ in a setting are compared over it. Watched trainings are compared layer by layer.
    """
    paths = _paths(runs)
    if not paths:
        raise SettingError("runs: none is given; name at least one run, sweep or monitor")
    return _featurescope.write_report(paths, Path(out))


def open(path: str | os.PathLike[str]) -> Run | SweepResult:
    """A stored run or sweep."""
    return SweepResult(path) if (Path(path) / "sweep.json").is_file() else Run(path)
