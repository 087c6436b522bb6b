"""Diagnosis of representations that any network made."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from html import escape
from pathlib import Path
from typing import Any, Literal

from . import _arrays, _featurescope
from ._errors import SettingError

USUAL_SAMPLES = 2048
"""Samples that are looked at if nothing else is asked for."""


@dataclass(frozen=True)
class Remark:
    """What a figure means."""

    about: str
    """Which figure it is about."""
    finding: str
    """The figure in words."""
    meaning: str
    """What that means."""
    advice: str
    """What people do about it; empty if nothing has to be done."""

    def __str__(self) -> str:
        advice = f" What people do: {self.advice}" if self.advice else ""
        return f"{self.finding} {self.meaning}{advice}"


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """What was found in a representation. In a notebook it shows figures, remarks and pictures."""

    name: str
    """What the representation is called."""
    collapse: str
    """``no collapse``, ``dimensional collapse`` or ``complete collapse``."""
    samples: int
    """Samples that were looked at."""
    samples_in_file: int
    """Samples that there are."""
    neurons: int
    """Width of the representation."""
    effective_rank: float | None
    """Effective rank (RankMe, Garrido et al. 2023) of the features as they are; ``None`` where all are zero."""
    effective_rank_centred: float | None
    """The same after the mean is taken away; ``None`` where all samples are the same."""
    available_directions: int
    """Directions that could be used: the smaller of samples less one and neurons."""
    varying_energy_fraction: float
    """Share of the energy that varies between samples, 1 − ‖E f‖²/E‖f‖²."""
    uniformity: float | None
    """ln E exp(−2‖u − u′‖²) (Wang & Isola 2020): 0 for one point, −4 for directions at right angles.

    ``None`` where fewer than two samples have a direction.
    """
    alignment: float | None
    """Mean squared distance of two views' directions: 0 is best, 2 unrelated; ``None`` without views."""
    firing_rate: float
    """Share of (sample, neuron) pairs that are not zero."""
    dead_neurons: int
    """Neurons that are zero on every sample."""
    silent_fraction: float
    """Share of the samples with the zero representation."""
    nearest_neighbours: Mapping[str, Any] | None
    """k-nearest-neighbour accuracy by cosine, leave one out: ``accuracy``, ``lower``, ``upper``, ``chance``, ``k``."""
    nearest_neighbours_not_judged: str | None
    """Why there is no such accuracy although there are labels."""
    probe: Mapping[str, Any] | None
    """Linear rule on held-out samples: ``score``, ``unit``, ``lower``, ``upper``, ``chance``, ``rule``."""
    probe_not_judged: str | None
    """Why there is no such score although there are labels."""
    remarks: Sequence[Remark]
    """What the figures mean."""
    notes: Sequence[str]
    """What was looked at, and what a reader should know about it."""
    _core: _featurescope.Diagnosis = field(compare=False)
    _figures: Mapping[str, Any] = field(compare=False)

    @property
    def advice(self) -> list[str]:
        """What people do about what was found; empty if nothing has to be done."""
        return [remark.advice for remark in self.remarks if remark.advice]

    def to_dict(self) -> dict[str, Any]:
        """The figures by name: what ``featurescope diagnose --json`` prints."""
        return dict(self._figures)

    def __getitem__(self, name: str) -> Any:
        return self._figures[name]

    def report(self, out: str | os.PathLike[str]) -> Path:
        """Write the page, with its figures beside it, into the folder ``out``; the page's path.

        The page shows all representations that were diagnosed together.
        """
        return self._core.write(Path(out))

    def __repr__(self) -> str:
        return _text(self._core, [self])

    def _repr_html_(self) -> str:
        return _html(self._core, [self])


class Diagnoses(Mapping[str, Diagnosis]):
    """What was found in several representations of the same samples: layers or epochs, by name."""

    def __init__(self, core: _featurescope.Diagnosis, all: Sequence[Diagnosis]) -> None:
        self._core = core
        self._all = {diagnosis.name: diagnosis for diagnosis in all}

    def __getitem__(self, name: str) -> Diagnosis:
        return self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def report(self, out: str | os.PathLike[str]) -> Path:
        """Write the page, with its figures beside it, into the folder ``out``; the page's path."""
        return self._core.write(Path(out))

    def __repr__(self) -> str:
        return _text(self._core, list(self.values()))

    def _repr_html_(self) -> str:
        return _html(self._core, list(self.values()))


def diagnose(
    features: Any,
    views: Any = None,
    labels: Any = None,
    *,
    labels_as: Literal["classes", "values"] | None = None,
    unlabelled: object = None,
    samples: int = USUAL_SAMPLES,
) -> Diagnosis | Diagnoses:
    """Diagnose representations: collapse, rank, spread, firing, neighbours, a linear probe.

    ``features`` has a row for each sample and a column for each neuron: an array of NumPy, PyTorch (in main memory),
    JAX, or anything else that NumPy reads; or several of the same samples by name, for instance layers. Rows are read
    where they lie, and only those that are looked at.

    ``views`` has the features of another view of every sample, in the same order: they give the alignment.
    ``labels`` are one per sample: classes or values, guessed unless ``labels_as`` says so; ``unlabelled`` is the one
    that stands for none. At most ``samples`` are looked at: a fixed random choice, stratified by class.

    The figures are those of ``featurescope diagnose`` of the same arrays in files.
    """
    several = isinstance(features, Mapping)
    given = _named(features, "features")
    pairs = [] if views is None else _named(views, "views")
    if several and views is not None:
        if not isinstance(views, Mapping) or list(views) != list(features):
            raise SettingError("views: by name like the features, and in their order, is accepted")
    core = _featurescope.diagnose(
        given,
        pairs,
        None if labels is None else _arrays.labels(labels, "labels"),
        labels_as,
        None if unlabelled is None else str(unlabelled),
        samples,
        _command(list(features) if several else [], views is not None, labels is not None, samples),
    )
    found = _diagnoses(core)
    return Diagnoses(core, found) if several else found[0]


def _named(arrays: Any, name: str) -> list[_arrays.Matrix]:
    if isinstance(arrays, Mapping):
        return [_arrays.matrix(array, str(key)) for key, array in arrays.items()]
    return [_arrays.matrix(arrays, name)]


def _command(names: Sequence[object], has_views: bool, has_labels: bool, samples: int) -> str:
    features = "{" + ", ".join(f"{str(name)!r}: …" for name in names) + "}" if names else "features"
    words = [features, *(["views=…"] if has_views else []), *(["labels=…"] if has_labels else [])]
    if samples != USUAL_SAMPLES:
        words.append(f"samples={samples}")
    return f"featurescope.diagnose({', '.join(words)})"


def _diagnoses(core: _featurescope.Diagnosis) -> list[Diagnosis]:
    notes = core.notes()
    names = {item.name for item in fields(Diagnosis)}
    found = []
    for text in core.figures():
        figures = {**json.loads(text), "notes": notes}
        known = {name: value for name, value in figures.items() if name in names}
        known["remarks"] = [Remark(**remark) for remark in figures["remarks"]]
        found.append(Diagnosis(**known, _core=core, _figures=figures))
    return found


def _text(core: _featurescope.Diagnosis, all: Sequence[Diagnosis]) -> str:
    columns, rows, _ = core.table()
    lines = []
    for diagnosis in all:
        place = columns.index(diagnosis.name)
        lines.append(diagnosis.name)
        lines += [f"  {row[0]:<50} {row[place]}" for row in rows]
        lines += [f"  {remark}" for remark in diagnosis.remarks]
    return "\n".join(lines)


def _html(core: _featurescope.Diagnosis, all: Sequence[Diagnosis]) -> str:
    columns, rows, note = core.table()
    places = [0, *(columns.index(diagnosis.name) for diagnosis in all)]
    head = "".join(f"<th>{escape(columns[place])}</th>" for place in places)
    body = "".join("<tr>" + "".join(f"<td>{escape(row[place])}</td>" for place in places) + "</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    said = "".join(
        f"<li><b>{escape(diagnosis.name)}, {escape(remark.about)}</b>: {escape(str(remark))}</li>"
        for diagnosis in all
        for remark in diagnosis.remarks
    )
    notes = "".join(f"<p>{escape(text)}</p>" for text in [*all[0].notes, note])
    return f"{table}<ul>{said}</ul>{''.join(core.pictures())}{notes}"
