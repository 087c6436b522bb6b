"""Settings by name: what the list of settings calls them, and what may be typed instead.

A setting has a dotted key, ``training.learning_rate``. Its last part is enough where it is clear which setting is
meant: ``learning_rate``. A slot's name stands for the word that chooses its part: ``augmentation="none"`` is
``augmentation.kind="none"``. In Python a key is written with ``__`` for the dot, or as it is in ``**{…}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from . import _featurescope
from ._errors import SettingError


ALIASES = {"bias_rule": "bias.kind", "data_law": "data.kind"}
"""What decorators are called where their slot has another name."""


@dataclass(frozen=True)
class Setting:
    """A setting of a run on sparse-coding data."""

    key: str
    """Its dotted key."""
    kind: str
    """``whole``, ``number``, ``word``, ``text``, ``file``, ``wholes``, an ascending list of whole numbers, or
    ``numbers``, a list of numbers."""
    values: str
    """What it takes, in words."""
    choices: tuple[str, ...]
    """The words that it takes, if it takes words."""
    default: str
    """What holds when it is not given, in words; empty where it must be given."""
    used_when: tuple[str, ...]
    """All of these have to hold for it to be used."""
    doc: str
    """What it means, with the paper's letter and units."""

    def __str__(self) -> str:
        default = f" Default: {self.default}." if self.default else " It must be given."
        used = f" Used with {' and '.join(self.used_when)}." if self.used_when else ""
        return f"{self.key}: {self.doc} Takes {self.values}.{default}{used}"


def settings() -> list[Setting]:
    """Every setting of runs on sparse-coding data, in the order in which they are explained."""
    return [
        Setting(key, kind, values, tuple(choices), default, tuple(used_when), doc)
        for key, kind, values, choices, default, used_when, doc in _featurescope.settings()
    ]


@lru_cache(maxsize=1)
def _by_key() -> dict[str, Setting]:
    return {setting.key: setting for setting in settings()}


def find(name: str) -> Setting:
    """The setting that is meant by a key, by its last part, or by the name of a slot."""
    key = ALIASES.get(name, name.replace("__", "."))
    known = _by_key()
    for candidate in (key, f"{key}.kind"):
        if candidate in known:
            return known[candidate]
    meant = [known[other] for other in known if other.endswith((f".{key}", f".{key}.kind"))]
    # A setting of the run as a whole is meant before one of a part, one that is always used before one that is not.
    ranks = [(other.key.count("."), bool(other.used_when)) for other in meant]
    best = [other for other, rank in zip(meant, ranks) if rank == min(ranks)]
    if len(best) == 1:
        return best[0]
    if best:
        keys = ", ".join(other.key for other in best)
        raise SettingError(f"`{name}` may be any of {keys}: write which, with __ for the dot")
    # The core knows what was probably meant.
    _featurescope.Experiment("smoke", True, [f"{key}=0"])
    raise SettingError(f"there is no setting `{name}`")


def _toml(value: Any) -> str:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, bool) or value is None:
        raise SettingError(f"{value} is no value of a setting: a number, a word, a list or a part is")
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Iterable):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(str(value), ensure_ascii=False)


def overrides(settings: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The ``key=value`` arguments that the core reads."""
    from ._parts import Part, together

    for name, value in settings.items():
        if name == "arms" and not prefix:
            for arm, own in value.items():
                yield from overrides(own, f"arms.{arm}.")
            continue
        if prefix == "" and name.startswith("arms."):
            _, arm, key = name.split(".", 2)
            yield from overrides({key: value}, f"arms.{arm}.")
            continue
        setting = find(name)
        value = together(value)
        if isinstance(value, Part):
            slot = setting.key.removesuffix(".kind")
            value.refuse_other_slot(slot)
            yield f"{prefix}{slot}.kind={_toml(value.kind)}"
            yield f"{prefix}{slot}.function={_toml(value.identifier)}"
        else:
            yield f"{prefix}{setting.key}={_toml(value)}"


def short_names() -> dict[str, Setting]:
    """Names that may be typed as they are, each with the setting that it stands for."""
    names: dict[str, Setting] = {}
    for setting in settings():
        parts = setting.key.split(".")
        candidates = [".".join(parts[:-1])] if parts[-1] == "kind" else [parts[-1]]
        for candidate in candidates:
            name = candidate.rsplit(".", 1)[-1]
            try:
                if name.isidentifier() and find(name) == setting:
                    names.setdefault(name, setting)
            except SettingError:
                pass
    return names
