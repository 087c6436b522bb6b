"""Experiments and the learners that they train."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _featurescope, _progress
from ._errors import RunError, SettingError
from ._parts import Part
from ._run import SAVE_EVERY, Run
from ._settings import find, overrides, short_names

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import Options

RUNS = "runs"
"""Parent of run folders where none is given."""


class Samples(NamedTuple):
    """Fresh samples with what they are made of: x = M z + ξ."""

    x: np.ndarray[Any, np.dtype[np.float32]]
    """Samples, n × d1."""
    z: np.ndarray[Any, np.dtype[np.float32]]
    """Sparse codes, n × d."""
    noise: np.ndarray[Any, np.dtype[np.float32]]
    """Dense noise ξ, n × d1."""


class View:
    """The state of a learner after a step. Arrays are read from the learner when they are asked for: before its next
    step."""

    def __init__(self, learner: Learner, numbers: tuple[int, float | None, float | None, int | None, int | None]) -> None:
        self._learner = learner
        self.step, self.loss, self.firing_rate, self.t1, self.t2 = numbers

    step: int
    """Steps taken; 0 is the initial state."""
    loss: float | None
    """Loss of the last batch, at the weights before its update; ``None`` at step 0."""
    firing_rate: float | None
    """Share of the last batch's features that are not zero."""
    t1: int | None
    """End of stage I, once it is reached."""
    t2: int | None
    """End of stage II, once it is reached."""

    def _core(self) -> _featurescope.Learner:
        now = self._learner._core.now()[0]
        if now != self.step:
            raise RunError(f"this is the view of step {self.step}, and the learner has gone on to {now}: read it before")
        return self._learner._core

    @property
    def weights(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        """W, m × d1, read-only."""
        return self.arrays["weights"]

    @property
    def bias(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        """b, m entries, read-only."""
        return self._core().bias()

    @property
    def norms(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        """‖w_i‖, m entries, read-only."""
        return self._core().norms()

    @property
    def cosines(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        """cos(w_i, M_j), m × d, read-only; 0 for a zero neuron."""
        return self._core().cosines()

    @property
    def arrays(self) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
        """Everything that the next step depends on, by name, read-only."""
        return dict(self._core().arrays())

    def __repr__(self) -> str:
        loss = "no loss yet" if self.loss is None else f"loss {self.loss:.4g}"
        return f"<view of step {self.step}: {loss}>"


class Learner:
    """The training process of one arm, which you step: ``for view in learner``."""

    def __init__(self, experiment: Experiment, arm: str, core: _featurescope.Learner) -> None:
        self._experiment = experiment
        self._core = core
        self.arm = arm
        """The arm."""

    def __iter__(self) -> Iterator[View]:
        while (view := self.step()) is not None:
            yield view

    def step(self) -> View | None:
        """Take one step; ``None`` when training has stopped."""
        numbers = self._core.step()
        return None if numbers is None else View(self, numbers)

    def advance(self, steps: int) -> View:
        """Take ``steps`` steps, or as many as there are, without looking; the state then."""
        self._core.advance(steps)
        return self.view

    @property
    def view(self) -> View:
        """The state now, without a step."""
        return View(self, self._core.now())

    @property
    def planned_steps(self) -> int:
        """Steps that its settings plan."""
        return self._core.planned_steps

    @property
    def stop_reason(self) -> str | None:
        """Why training stopped; ``None`` while it can go on."""
        return self._core.stop_reason()

    @property
    def dictionary(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        """M, d1 × d: an atom a column. Reduced dynamics has atoms along axes of its own, smaller space."""
        return self._core.dictionary()

    def sample(self, count: int, *, first_row: int = 0) -> Samples:
        """``count`` fresh samples, which training and measurements do not see: rows from ``first_row`` on of a stream that
        depends on the seed alone."""
        return Samples(*self._core.sample(first_row, count))

    def represent(self, x: Samples | np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Features f(x) of samples, n × d1 to n × K."""
        array = np.asarray(x.x if isinstance(x, Samples) else x)
        if array.ndim != 2 or array.dtype.kind not in "fiu":
            raise SettingError(f"samples are rows of real numbers, not an array of {array.dtype} and shape {array.shape}")
        return self._core.represent(np.asarray(array, dtype=np.float32))

    def fork(self, **settings: Unpack[Options]) -> Learner:
        """A learner that goes on from here with other settings. This one stays as it is."""
        experiment = self._experiment.with_(arms={self.arm: settings})
        fork = experiment.learner(self.arm)
        fork._core.take_over(self._core)
        return fork

    def __repr__(self) -> str:
        return f"<learner {self.arm}: {self.view.step} of {self.planned_steps} steps>"


class Experiment:
    """An experiment, and the settings that were laid over it."""

    def __init__(self, name: str | os.PathLike[str], settings: Mapping[str, Any], *, smoke: bool = False) -> None:
        self._source, self._settings, self._smoke = os.fspath(name), dict(settings), smoke
        arms = {f"arms.{arm}.{key}": value for arm, own in settings.get("arms", {}).items() for key, value in own.items()}
        plain = {key: value for key, value in settings.items() if key != "arms"}
        self._overrides = list(overrides({**plain, **arms}))
        self._core = _featurescope.Experiment(self._source, smoke, self._overrides)

    @property
    def name(self) -> str:
        """Its name."""
        return self._core.name

    @property
    def arms(self) -> list[str]:
        """Names of its arms, in the order in which they run."""
        return self._core.arms()

    @property
    def toml(self) -> str:
        """Its settings with every default, as TOML: what ``featurescope run`` takes."""
        return self._core.toml()

    def with_(self, **settings: Unpack[Options]) -> Experiment:
        """The same experiment with more settings."""
        given: dict[str, Any] = dict(settings)
        merged = {find(key).key if key != "arms" and not key.startswith("arms.") else key: value
                  for key, value in self._settings.items()}
        arms = {arm: dict(own) for arm, own in merged.pop("arms", {}).items()}
        for arm, own in given.pop("arms", {}).items():
            arms.setdefault(arm, {}).update(own)
        new = {find(key).key if not key.startswith("arms.") else key: value for key, value in given.items()}
        sees_samples = any(isinstance(new.get(key), Part) for key in ("augmentation.kind", "data.kind"))
        if sees_samples and "training.dynamics" not in new:
            new.update(self._samples_are_drawn(merged))
        merged.update(new)
        if arms:
            merged["arms"] = arms
        return Experiment(self._source, merged, smoke=self._smoke)

    def _samples_are_drawn(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Sampled dynamics for a part that sees samples, where reduced dynamics was asked for before it."""
        if settings.get("training.dynamics") != "reduced":
            return {}
        warnings.warn(
            'a part in Python sees samples x, which reduced dynamics never draws: dynamics="sampled" now',
            stacklevel=3,
        )
        return {"training.dynamics": "sampled"}

    def run(
        self,
        out: str | os.PathLike[str] | None = None,
        *,
        threads: int | None = None,
        save_every: float = SAVE_EVERY,
        progress: bool | _progress.Listener = True,
    ) -> Run:
        """Run it in the folder ``out``, or in the next free one under ``runs/``.

        Ctrl-C, or the stop button of a notebook, raises ``KeyboardInterrupt`` when the state is saved;
        :func:`featurescope.resume` goes on. The same settings and seed give the same bytes for any number of threads, and
        from the terminal.
        """
        if self._core.run_count() > 1:
            raise SettingError(f"these settings describe {self._core.run_count()} runs: featurescope.sweep makes them")
        listening = _progress.listener(progress)
        try:
            path, _ = self._core.run(None if out is None else Path(out), Path(RUNS), threads, save_every, listening)
        finally:
            _progress.close(listening)
        return Run(path)

    def learner(self, arm: str | None = None) -> Learner:
        """The learner of an arm, the first where none is named, in its initial state."""
        arm = self.arms[0] if arm is None else arm
        return Learner(self, arm, self._core.learner(arm))

    def __repr__(self) -> str:
        over = ", ".join(self._overrides)
        count = self._core.run_count()
        what = f"{count} runs" if count > 1 else f"arms {', '.join(self.arms)}"
        return f"<experiment {self.name}{': ' + over if over else ''}; {what}>"


def experiment(name: str | os.PathLike[str], /, *, smoke: bool = False, **settings: Unpack[Options]) -> Experiment:
    """An experiment that comes with the program, or of the spec at a path, with settings laid over it."""
    return Experiment(name, settings, smoke=smoke)


def _describe(function: Any, text: str) -> None:
    """Completion and documentation of settings, from the list of settings."""
    own = [p for p in inspect.signature(function).parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    rest = [p for p in inspect.signature(function).parameters.values() if p.kind is inspect.Parameter.VAR_KEYWORD]
    taken = {parameter.name for parameter in own}
    names = {name: setting for name, setting in short_names().items() if name not in taken}
    keyword = inspect.Parameter.KEYWORD_ONLY
    more = [inspect.Parameter(name, keyword, default=inspect.Parameter.empty) for name in names]
    more = [parameter.replace(default=...) for parameter in more]
    function.__signature__ = inspect.Signature([*own, *more, *rest])
    lines = "\n".join(f"{name}\n    {setting}" for name, setting in names.items())
    function.__doc__ = f"{text}\n\nSettings, by the short name of each (``featurescope.settings()`` has all):\n\n{lines}\n"


_describe(experiment, experiment.__doc__ or "")
