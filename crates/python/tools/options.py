"""Write featurescope/_options.py, the types of keyword settings, from the list of settings.

    python crates/python/tools/options.py           # writes it
    python crates/python/tools/options.py --check   # fails where it would write something else
"""

import sys
import textwrap
from pathlib import Path

from featurescope._settings import ALIASES, Setting, find, settings, short_names

FILE = Path(__file__).parents[1] / "python" / "featurescope" / "_options.py"

HEAD = '''"""Settings as keywords, for editors and type checkers. Written by tools/options.py from the list of settings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Union

if TYPE_CHECKING:
    from ._parts import Part


class Options(TypedDict, total=False):
    """Settings by their short names, and by their keys with ``__`` for the dot. A list makes a run for each value."""

    arms: Mapping[str, Mapping[str, Any]]
    """Settings of single arms, by name."""
'''


def annotation(setting: Setting) -> str:
    """The type of a setting's values."""
    single = {
        "whole": "int",
        "number": "float",
        "text": "str",
        "file": "Union[str, os.PathLike[str]]",
        "word": f"Literal[{', '.join(repr(word).replace(chr(39), chr(34)) for word in setting.choices)}]",
    }
    if setting.kind == "wholes":
        return "Iterable[int]"
    if setting.kind == "numbers":
        return "Union[Iterable[float], Iterable[Iterable[float]]]"
    kind = single[setting.kind]
    if "python" not in setting.choices:
        return f"Union[{kind}, Iterable[{kind}]]"
    parts = "Part, Iterable[Part]" if setting.key == "measure.measurement.kind" else "Part"
    return f"Union[{kind}, {parts}, Iterable[{kind}]]"


def field(name: str, setting: Setting) -> str:
    """A field and what it means."""
    doc = textwrap.fill(str(setting), 100, initial_indent='    """', subsequent_indent="    ", break_on_hyphens=False)
    return f'    {name}: {annotation(setting)}\n{doc}"""\n'


def text() -> str:
    """The whole file."""
    aliases = {name: find(name) for name in ALIASES}
    fields = {**short_names(), **aliases, **{setting.key.replace(".", "__"): setting for setting in settings()}}
    return HEAD + "".join(field(name, setting) for name, setting in fields.items())


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(None if FILE.read_text(encoding="utf-8") == text() else f"{FILE} is not what {__file__} writes")
    FILE.write_text(text(), encoding="utf-8")
