"""A training in PyTorch, watched layer by layer while it goes on."""

from __future__ import annotations

import importlib
import os
import sys
import time
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np

from . import _arrays, _featurescope, _torch
from ._errors import SettingError
from ._table import Table

RUNS = "runs"
"""Where folders of runs lie if nothing else is said."""
_SECONDS_BETWEEN_FILES = 10.0
_SECONDS_BETWEEN_PICTURES = 2.0


class MonitorWarning(UserWarning):
    """A layer collapses, loses neurons, jumps in rank, or is no longer finite. Each is told once."""


@dataclass(frozen=True)
class Cost:
    """What a monitor takes of the time of a training."""

    readings: int
    """Readings since the monitor was made, without the first."""
    features_seconds: float
    """Wall time of passing the batch through the model."""
    figures_seconds: float
    """Wall time of computing figures."""
    other_seconds: float
    """Wall time of writing files and drawing."""
    training_seconds: float
    """Wall time since the monitor was made, with all of this."""

    @property
    def seconds(self) -> float:
        """Wall time of everything that the monitor did."""
        return self.features_seconds + self.figures_seconds + self.other_seconds

    @property
    def share(self) -> float:
        """Its share of the time of the training; 0 before there is any."""
        return self.seconds / self.training_seconds if self.training_seconds > 0 else 0.0

    def __str__(self) -> str:
        return (
            f"{self.readings} readings took {self.seconds:.2f} s, {100 * self.share:.2f} % of {self.training_seconds:.1f} s: "
            f"features {self.features_seconds:.2f} s, figures {self.figures_seconds:.2f} s, "
            f"files and pictures {self.other_seconds:.2f} s"
        )


class Monitor(Mapping[str, Table]):
    """Watch layers of a PyTorch model while it is trained.

    ``monitor.step()`` after every step of the optimizer reads, every ``every`` steps, what the ``layers`` answer to
    ``batch``: firing, dead neurons, rank, alignment of two views, uniformity, collapse, nearest neighbours and a linear
    probe. ``monitor["layer3"]`` is the table of a layer. The first reading is made at once, at step 0.

    The training is not changed: the model is read in evaluation mode without a graph, and its modes, running statistics
    and all generators of random numbers are put back. Weights, optimizers and gradients are not touched.

    - ``model``: a ``torch.nn.Module``; ``layers``: names of submodules as ``model.named_modules()`` has them.
    - ``batch``: what the model is called with: a tensor, a tuple of arguments or a dict of them. It is brought to the
      model's device for each reading.
    - ``views``: another view of the batch, or a function that makes one of it. It is called once, so that curves show
      the network and not the draw.
    - ``labels``: one per sample, for nearest neighbours and the probe.
    - ``out``: the folder of the records, the next free ``runs/monitor-N`` by default; ``False`` for none.
    - ``reduce``: makes samples × neurons of what a layer returns. By default the pixels of samples × channels × height ×
      width and the tokens of samples × tokens × width are averaged; of a tuple or a dict the first entry counts.
    - ``show``: whether curves are drawn in the notebook's cell; by default wherever there is one.

    ``monitor.close()``, or leaving a ``with`` block, marks the folder as finished.
    """

    def __init__(
        self,
        model: Any,
        layers: Sequence[str],
        batch: Any,
        views: Any | Callable[[Any], Any] = None,
        labels: Any = None,
        *,
        every: int = 100,
        out: str | os.PathLike[str] | Literal[False] | None = None,
        reduce: Callable[[Any], Any] | None = None,
        show: bool | None = None,
    ) -> None:
        self._model = _torch.plain(model)
        self._layers = [layers] if isinstance(layers, str) else list(layers)
        _torch.check_layers(self._model, self._layers)
        if not isinstance(every, int) or every < 1:
            raise SettingError(f"every: {every!r} is not accepted; a whole number of steps from 1 on is")
        self._every = every
        self._reduce = reduce
        self._batch = batch
        self._views = views
        if callable(views):
            with _torch.untouched(self._model):
                self._views = views(batch)
        samples = _torch.length(batch)
        given = None if labels is None else _arrays.labels(labels, "labels")
        if given is not None and len(given) != samples:
            raise SettingError(f"labels: there are {len(given)} for {samples} samples of the batch")
        self._show = _is_notebook() if show is None else show
        self._handle: Any = None
        self._step = 0
        self._last_read = -1
        self._readings = 0
        self._spent = {"features": 0.0, "figures": 0.0, "other": 0.0}
        self._written = self._drawn = float("-inf")
        self._is_finite = True
        self._core = _featurescope.Watch(self._layers, every, samples, views is not None, given)
        # Before there is a folder: what is wrong with layers or batch leaves nothing behind.
        self._take(*self._features(), 0.0)
        if out is not False:
            self._core.begin(None if out is None else Path(out), Path(RUNS))
        self._finish = weakref.finalize(self, self._core.write, "finished")
        self._spent = dict.fromkeys(self._spent, 0.0)
        self._begun = self._now = time.perf_counter()

    def step(self) -> None:
        """One more step of the training was made; read, if it is time to."""
        self._step += 1
        if self._step % self._every == 0:
            self.read()
        self._now = time.perf_counter()

    def read(self) -> None:
        """Read now, whatever the cadence."""
        if self._step == self._last_read:
            return
        begun = time.perf_counter()
        features, pairs = self._features()
        seconds = time.perf_counter() - begun
        self._readings += 1
        self._spent["features"] += seconds
        begun = time.perf_counter()
        self._take(features, pairs, seconds)
        self._spent["figures"] += time.perf_counter() - begun
        begun = time.perf_counter()
        if self._finish.alive and begun - self._written >= _SECONDS_BETWEEN_FILES:
            self._core.write("running")
            self._written = begun
        if self._show and begun - self._drawn >= _SECONDS_BETWEEN_PICTURES:
            self._draw()
            self._drawn = begun
        self._now = time.perf_counter()
        self._spent["other"] += self._now - begun

    def _features(self) -> tuple[list[np.ndarray[Any, Any]], list[np.ndarray[Any, Any]]]:
        """What the layers answer to the batch and to its other view."""
        with _torch.untouched(self._model):
            features = _torch.features(self._model, self._layers, self._batch, self._reduce)
            if self._views is None:
                return features, []
            return features, _torch.features(self._model, self._layers, self._views, self._reduce)

    def _take(self, features: list[np.ndarray[Any, Any]], pairs: list[np.ndarray[Any, Any]], seconds: float) -> None:
        self._last_read = self._step
        if not self._are_finite(features, pairs):
            return
        given = [_arrays.matrix(array, name) for name, array in zip(self._layers, features)]
        views = [_arrays.matrix(array, f"{name}, views") for name, array in zip(self._layers, pairs)]
        for layer, text in self._core.read(self._step, given, views, seconds):
            self._warn(f"{layer}: {text}")

    def _are_finite(self, features: list[np.ndarray[Any, Any]], pairs: list[np.ndarray[Any, Any]]) -> bool:
        """Whether there is something to read; the first time that there is not is told."""
        lost = [
            name
            for place, name in enumerate(self._layers)
            if not all(np.isfinite(arrays[place]).all() for arrays in (features, pairs) if arrays)
        ]
        if lost and self._is_finite:
            self._warn(f"{', '.join(lost)}: entries are infinite or NaN; such readings are left out")
        self._is_finite = self._is_finite and not lost
        return not lost

    def _warn(self, text: str) -> None:
        warnings.warn(f"step {self._step}: {text}", MonitorWarning, stacklevel=_outside())

    def _draw(self) -> None:
        svg = self._core.curves()
        if svg is None:
            return
        # IPython has no types for these.
        screen: Any = importlib.import_module("IPython.display")
        drawing = screen.HTML(svg)
        if self._handle is None:
            self._handle = screen.display(drawing, display_id=True)
        else:
            self._handle.update(drawing)

    @property
    def path(self) -> Path | None:
        """The folder of the records, if there is one."""
        return self._core.path

    @property
    def cost(self) -> Cost:
        """What the monitor took of the time of the training so far."""
        spent = self._spent
        seconds = self._now - self._begun
        return Cost(self._readings, spent["features"], spent["figures"], spent["other"], seconds)

    @property
    def records(self) -> Table:
        """All readings: a row for each step and layer."""
        tables = {layer: self[layer].to_dict() for layer in self}
        first = next(iter(tables.values()))
        columns: dict[str, list[Any]] = {"layer": [layer for layer in tables for _ in tables[layer]["step"]]}
        for name in first:
            columns[name] = [value for table in tables.values() for value in table[name].tolist()]
        return Table.of(columns)

    def __getitem__(self, layer: str) -> Table:
        columns = self._core.records(layer)
        if columns is None:
            raise KeyError(f"there is no layer {layer!r}; the layers are {', '.join(self._layers)}")
        return Table(columns)

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)

    def save(self) -> None:
        """Write what was read so far into the folder, if there is one and it is not closed."""
        if self._finish.alive:
            self._core.write("running")
            self._written = time.perf_counter()

    def report(self, out: str | os.PathLike[str] | None = None) -> Path:
        """Write the page, with its figures beside it, into the monitor's folder or into ``out``; the page's path."""
        folder = self.path if out is None else Path(out)
        if folder is None:
            raise SettingError("out: a monitor without a folder needs one for its report")
        return self._core.report(folder)

    def close(self) -> None:
        """Write what was read and mark the folder as finished. Doing it twice is doing it once."""
        if self._finish.alive:
            self._finish()
            if self._handle is not None:
                self._draw()

    def __enter__(self) -> Monitor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None and self._finish.detach():
            self._core.write("interrupted")
        self.close()

    def __repr__(self) -> str:
        return f"<monitor of {', '.join(self)}: step {self._step}, every {self._every}; {self.cost}>"

    def _repr_html_(self) -> str:
        from html import escape

        return f"{self._core.curves() or ''}<p>{escape(repr(self))}</p>"


def _outside() -> int:
    """How many frames up the caller's code is: warnings point there."""
    depth, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        depth, frame = depth + 1, frame.f_back
    return depth


def _is_notebook() -> bool:
    """Whether a cell of a notebook runs this."""
    interactive = sys.modules.get("IPython")
    shell = interactive.get_ipython() if interactive is not None else None
    return shell is not None and hasattr(shell, "kernel")
