"""Writes the pages of the reference from the program itself: nothing on them is typed by hand.

Settings, statements, quantities, columns, experiments and terms are what ``featurescope explain --json`` knows.
Commands are what ``--help`` prints.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import citations
import python_api

Entry = dict[str, Any]

# Columns of what the program prints: a page has room for that many.
WIDTH = "80"
MARKS = re.compile(r"([\\*_{}\[\]<>$|#~])")


class Program:
    """The built program, which is asked."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    def says(self, *arguments: str) -> str:
        """What it prints for these arguments."""
        environment = {**os.environ, "COLUMNS": WIDTH, "NO_COLOR": "1"}
        command = [str(self.path), *arguments]
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=True, env=environment).stdout


class Reference:
    """Everything that has a name, and the pages about it."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.entries: list[Entry] = json.loads(program.says("explain", "--json"))
        self._labels: dict[str, str] = {}
        for entry in self.entries:
            if entry["kind"] in LABELLED:
                for name in [entry["name"], *entry["also"]]:
                    self._labels.setdefault(name.lower(), label(entry))

    def pages(self) -> Iterator[tuple[str, str]]:
        """Name and text of every page."""
        catalogues = list(dict.fromkeys(entry["of"] for entry in self._of("setting")))
        for catalogue, name in zip(catalogues, ["settings", "settings-on-pictures"], strict=True):
            yield name, self._settings(catalogue)
        yield "statements", self._statements()
        yield "quantities", self._quantities()
        yield "columns", self._columns()
        yield "experiments", self._experiments()
        yield "glossary", self._glossary()
        yield "commands", self._commands()
        yield "python", python_api.page()

    def _of(self, kind: str) -> list[Entry]:
        return [entry for entry in self.entries if entry["kind"] == kind]

    def _link(self, name: str) -> str:
        """A name, as a link where a page of the reference has it."""
        found = self._labels.get(name.lower())
        return f"[{escaped(name)}](#{found})" if found else escaped(name)

    def _settings(self, catalogue: str) -> str:
        settings = [entry for entry in self._of("setting") if entry["of"] == catalogue]
        blocks = [
            f"# Settings of {catalogue}",
            "A spec may give each of these settings. What it leaves out has the default. "
            "`featurescope explain NAME` shows the same in a terminal.",
        ]
        for table, entries in groupby(settings, key=table_of):
            blocks.append(f"## {code(table) if table else 'At the top of a spec'}")
            blocks.extend(self._setting(entry) for entry in entries)
        return page(blocks)

    def _setting(self, entry: Entry) -> str:
        rows = [("Values", escaped(entry["values"])), ("Default", escaped(entry["default"]))]
        rows += [("Used if", escaped(condition)) for condition in entry["used_when"]]
        if entry["instead"]:
            rows.append(("Instead", " or ".join(map(self._link, entry["instead"]))))
        return part(entry, code(entry["name"]), escaped(entry["doc"]), rows)

    def _statements(self) -> str:
        blocks = [
            "# Statements",
            "What a paper claims, and how runs test it. [How statements are judged](../docs/claims.md) explains "
            "the rules, and `featurescope explain NAME` adds what the shipped runs say.",
        ]
        for paper, entries in groupby(self._of("statement"), key=lambda entry: entry["paper"]):
            blocks.append(f"## {escaped(paper)}")
            blocks.extend(self._statement(entry) for entry in entries)
        return page(blocks)

    def _statement(self, entry: Entry) -> str:
        fields = [("How it is tested", "how_tested"), ("It is about", "about"), ("What would refute it", "refuted_by")]
        fields.append(("No finite run can decide it", "not_testable"))
        page = f"theories/{entry['paper']}/claims"
        rows = [(title, citations.with_links(escaped(entry[key]), page)) for title, key in fields if entry[key]]
        for test in entry["tests"]:
            needs = "; ".join(map(escaped, test["needs"]))
            rule = f"supported if {escaped(test['supported_if'])}. Needs {needs}."
            rows.append(("Test", f"{self._link(test['quantity'])} {escaped(test['at'])}: {rule}"))
        body = f"{escaped(entry['statement'])}\n\n{literal(entry['formula'])}"
        return part(entry, f"{escaped(entry['name'])}: {escaped(entry['sentence'])}", body, rows)

    def _quantities(self) -> str:
        about = "Figures of a run that statements are tested by. They follow from what a run stores."
        return page(["# Quantities", about, *(self._figure(entry, level=2) for entry in self._of("quantity"))])

    def _columns(self) -> str:
        about = "What the tables of a run hold. [Stored formats](../docs/run-directory.md) has the files around them."
        blocks = ["# Columns", about]
        for table, entries in groupby(self._of("column"), key=lambda entry: entry["table"]):
            blocks += [f"## {code(table)}", *map(self._figure, entries)]
        return page(blocks)

    def _figure(self, entry: Entry, level: int = 3) -> str:
        rows = [("Unit", escaped(entry["unit"]))] if "unit" in entry else []
        if entry["statements"]:
            rows.append(("Statements", "; ".join(map(self._link, entry["statements"]))))
        return part(entry, code(entry["name"]), escaped(entry["doc"]), rows, level)

    def _experiments(self) -> str:
        blocks = [
            "# Experiments",
            "`featurescope run NAME` runs one of these. Each ends in a report that answers its question.",
        ]
        for entry in self._of("experiment"):
            body = f"{escaped(entry['sentence'])}\n\n```toml\n{entry['spec'].rstrip()}\n```"
            blocks.append(part(entry, code(entry["name"]), body, [], level=2))
        return page(blocks)

    def _glossary(self) -> str:
        blocks = ["# Glossary", "The terms of this project. `featurescope explain TERM` shows them in a terminal."]
        for entry in sorted(self._of("term"), key=lambda entry: entry["name"].lower()):
            rows = [("Also", escaped(", ".join(entry["also"])))] if entry["also"] else []
            if entry["see"]:
                rows.append(("See", ", ".join(map(self._link, entry["see"]))))
            blocks.append(part(entry, escaped(entry["name"]), escaped(entry["doc"]), rows, level=2))
        return page(blocks)

    def _commands(self) -> str:
        top = self._program.says("--help")
        names = re.findall(r"^  ([a-z]+) ", top.partition("Commands:")[2].partition("Options:")[0], re.MULTILINE)
        blocks = ["# Commands", "What `--help` prints, for the program and for each command.", literal(top)]
        for name in names:
            if name != "help":
                blocks += [f"## {code('featurescope ' + name)}", literal(self._program.says(name, "--help"))]
        return page(blocks)


LABELLED = {"setting", "statement", "quantity", "column", "term", "experiment"}


def label(entry: Entry) -> str:
    """The anchor of an entry, the same on every build: kind, table or pictures, and name."""
    place = "on-pictures" if entry.get("of") == "runs on pictures" else entry.get("table", "").partition(".")[0]
    words = re.sub(r"[^a-z0-9_.]+", "-", spelt_out(entry["name"]).lower()).strip("-")
    return "-".join(filter(None, [entry["kind"], place, words]))


def spelt_out(name: str) -> str:
    """A name with its Greek letters as words."""
    return "".join(c if c.isascii() else unicodedata.name(c, "").rpartition(" ")[2] for c in name)


def table_of(setting: Entry) -> str:
    """The table at the top of a spec that a setting stands in; empty where it stands in none."""
    return setting["name"].partition(".")[0] if "." in setting["name"] else ""


def part(entry: Entry, title: str, body: str, rows: Iterable[tuple[str, str]], level: int = 3) -> str:
    """A heading with an anchor, what it is, and a list of properties."""
    listed = "\n".join(f"- **{name}:** {value}" for name, value in rows)
    return f"({label(entry)})=\n{'#' * level} {title}\n\n{body.strip()}\n\n{listed}".rstrip()


def page(blocks: Iterable[str]) -> str:
    return "\n\n".join(blocks) + "\n"


def code(text: str) -> str:
    return f"`{text}`"


def literal(text: str) -> str:
    """A block that is shown as it is."""
    return f"```text\n{text.rstrip()}\n```"


def escaped(text: str) -> str:
    """Plain text as Markdown; what stands between backticks stays code."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        pieces = ["".join(pieces)]
    return "`".join(MARKS.sub(r"\\\1", piece) if at % 2 == 0 else piece for at, piece in enumerate(pieces))


def write(program: Path, folder: Path) -> int:
    """Writes all pages into a folder; how many entries they show."""
    reference = Reference(Program(program))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in reference.pages():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return len(reference.entries)
