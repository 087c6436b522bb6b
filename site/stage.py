"""Gathers the pages of the site in a build folder, with links that work there.

A page keeps its path in the repository, and the README at its root becomes the first page. A link to a page leads to
that page. A link to any other file leads to a page that shows the file, and a link to a folder to the README in it or
to a list of what it holds. So the site needs neither a network nor a copy of the repository.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import citations

ROOT = Path(__file__).resolve().parents[1]
HOME = "README.md"
REFERENCE = "reference/"
PICTURES = {".png", ".gif", ".svg", ".jpg"}
LANGUAGES = {
    ".rs": "rust", ".toml": "toml", ".py": "python", ".pyi": "python", ".cff": "yaml", ".yml": "yaml",
    ".json": "json", ".sh": "bash",
}  # fmt: skip

LINK = re.compile(r"(\]\()([^)\s]+)(\))")
CODE_SPAN_IN_FORMULA = re.compile(r"\$`([^`]+)`\$")
FENCE = re.compile(r"^\s*(```|~~~)")


class Fault(Exception):
    """A link that leads nowhere, or a page that no menu has."""


@dataclass
class Page:
    """A page of a section: a path in the repository, and what menus call it."""

    path: str
    title: str | None = None


@dataclass
class Group:
    """Pages that stand together in a menu, below a heading where they have one."""

    title: str | None
    pages: list[Page]


@dataclass
class Section:
    """A part of the site, with a menu of its own."""

    name: str
    title: str
    about: str
    groups: list[Group]

    @property
    def pages(self) -> list[Page]:
        """The pages of all groups."""
        return [page for group in self.groups for page in group.pages]


def navigation() -> list[Section]:
    """The sections of navigation.toml, with patterns replaced by the pages that they find.

    Raises `Fault` if the repository has a Markdown file that the navigation does not know.
    """
    typed = tomllib.loads((ROOT / "site" / "navigation.toml").read_text(encoding="utf-8"))
    groups_of = {entry["name"]: [entry, *entry.get("group", [])] for entry in typed["section"]}
    # A page that a group names is in no other one, though a pattern finds it.
    named = {as_page(page).path for groups in groups_of.values() for group in groups for page in group["pages"]}
    sections = []
    for entry in typed["section"]:
        groups = []
        for group in groups_of[entry["name"]]:
            pages = [as_page(page) for page in group["pages"]]
            pages += [page for pattern in group.get("found_by", []) for page in pages_found(pattern, named)]
            groups.append(Group(None if group is entry else group["title"], pages))
        sections.append(Section(entry["name"], entry["title"], entry["about"], groups))
    known = {page.path for section in sections for page in section.pages} | {HOME, *typed["left_out"]}
    unknown = [path for path in git_files("*.md") if path not in known and not path.startswith(".")]
    if unknown:
        raise Fault(f"navigation.toml does not have {', '.join(unknown)}")
    return sections


def as_page(typed: str | dict[str, str]) -> Page:
    """A page as the navigation gives it: a path, or a path with a title."""
    return Page(typed) if isinstance(typed, str) else Page(**typed)


def pages_found(pattern: str, named: set[str]) -> list[Page]:
    """The pages that fit a pattern and are not named elsewhere."""
    found = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern))
    if not found:
        raise Fault(f"navigation.toml: no page fits {pattern}")
    return [Page(path, menu_title(path)) for path in found if path not in named]


def menu_title(path: str) -> str | None:
    """A name for a page that a pattern found: its file, or its folder where the file says little.

    A page for users has a heading that says more.
    """
    page = PurePosixPath(path)
    if page.parent.name == "docs":
        return None
    return page.parent.name if page.stem in ("README", "theory") else page.stem


class Stage:
    """The build folder, and what was put into it so far."""

    def __init__(self, folder: Path, sections: list[Section]) -> None:
        self.folder = folder
        self.sections = sections
        self.pages = {HOME} | {page.path for section in sections for page in section.pages}
        self._files: list[str] = []
        """Files and folders that links lead to and that have no page yet."""

    def fill(self) -> None:
        """Writes every page. Those of the reference have to lie in the folder already."""
        for page in sorted(self.pages):
            if not page.startswith(REFERENCE):
                self._put_page(page)
        for section in self.sections:
            self._put_section(section)
        done: set[str] = set()
        while pending := [path for path in self._files if path not in done]:
            for path in pending:
                done.add(path)
                self._put_file(path)

    def _write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def _put_page(self, path: str) -> None:
        source = ROOT / path
        if path.endswith(".ipynb"):
            text = self._of_notebook(source)
        else:
            text = source.read_text(encoding="utf-8")
        text = self.with_links(path, CODE_SPAN_IN_FORMULA.sub(r"$\1$", text))
        text = citations.with_anchors(path, text)
        if path == HOME:
            entries = "\n".join(f"{section.title} <{section_page(section)}>" for section in self.sections)
            text += f"\n```{{toctree}}\n:hidden:\n\n{entries}\n```\n"
        self._write(staged(path), text)

    def _put_section(self, section: Section) -> None:
        if len(section.pages) == 1:
            return
        lines = [f"# {section.title}", "", section.about, ""]
        for group in section.groups:
            lines += ["```{toctree}", ":maxdepth: 1", *([f":caption: {group.title}"] if group.title else []), ""]
            for page in group.pages:
                target = "/" + staged(page.path).removesuffix(".md")
                lines.append(f"{page.title} <{target}>" if page.title else target)
            lines += ["```", ""]
        self._write(f"{section.name}.md", "\n".join(lines))

    def with_links(self, path: str, text: str) -> str:
        """The text with links to what the site has, outside of code blocks."""
        is_code = False
        lines = []
        for line in text.split("\n"):
            if FENCE.match(line):
                is_code = not is_code
            if not is_code and not line.startswith("    "):
                line = LINK.sub(lambda link: link[1] + self.target(path, link[2]) + link[3], line)
                line = citations.with_links(line, path)
            lines.append(line)
        return "\n".join(lines)

    def target(self, page: str, target: str) -> str:
        """Where a link of a page leads on the site."""
        if re.match(r"[a-z]+:|#", target):
            return target
        name, mark, anchor = target.partition("#")
        full = (ROOT / page).parent / name
        if not full.exists():
            raise Fault(f"{page}: {target} is not there")
        path = full.resolve().relative_to(ROOT).as_posix()
        if path in self.pages:
            leads_to = staged(path)
        elif full.is_dir() and f"{path}/README.md" in self.pages:
            leads_to = staged(f"{path}/README.md")
        elif full.suffix in PICTURES:
            leads_to = path
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(full, self.folder / path)
        else:
            self._files.append(path)
            leads_to = file_page(path)
        here = PurePosixPath(staged(page)).parent
        return os.path.relpath(leads_to, here).replace(os.sep, "/") + mark + anchor

    def _put_file(self, path: str) -> None:
        """A page that shows a file, or lists a folder."""
        source = ROOT / path
        if source.is_dir():
            text = f"# `{path}/`\n\nThis folder of the repository holds:\n\n"
            for entry in tracked(path):
                text += f"- [{entry}]({self.target(f'{path}/index.md', entry)})\n"
        else:
            content = source.read_text(encoding="utf-8")
            fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", content)), default=0))
            language = LANGUAGES.get(source.suffix, "text")
            text = f"# `{path}`\n\nA file of the repository.\n\n{fence}{language}\n{content.rstrip()}\n{fence}\n"
        self._write(file_page(path), f"---\norphan: true\n---\n\n{text}")

    def _of_notebook(self, source: Path) -> str:
        """A notebook as Markdown, with the outputs that are stored in it."""
        blocks = []
        for number, cell in enumerate(json.loads(source.read_text(encoding="utf-8"))["cells"]):
            text = "".join(cell["source"])
            if cell["cell_type"] != "code":
                blocks.append(text)
                continue
            blocks.append(f"```python\n{text}\n```")
            for position, output in enumerate(cell["outputs"]):
                picture = source.relative_to(ROOT).with_suffix("").as_posix() + f"-{number}-{position}.png"
                blocks.append(self._of_output(output, picture))
        return "\n\n".join(blocks) + "\n"

    def _of_output(self, output: dict, picture: str) -> str:
        data = output.get("data", {})
        if "image/png" in data:
            file = self.folder / picture
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(base64.b64decode("".join(data["image/png"])))
            return f"```{{image}} {file.name}\n:alt: figure\n```"
        if "text/html" in data:
            return '````{raw} html\n<div class="output">' + "".join(data["text/html"]) + "</div>\n````"
        text = "".join(output.get("text", "") or data.get("text/plain", ""))
        return f"````text\n{text.rstrip()}\n````"


def section_page(section: Section) -> str:
    """The document that a section begins with: its list of pages, or its only page."""
    only = section.pages[0].path if len(section.pages) == 1 else f"{section.name}.md"
    return "/" + only.removesuffix(".md")


def staged(path: str) -> str:
    """The file of a page in the build folder."""
    if path == HOME:
        return "index.md"
    return path.removesuffix(".ipynb") + ".md" if path.endswith(".ipynb") else path


def file_page(path: str) -> str:
    """The page that shows a file or lists a folder."""
    return f"{path}/index.md" if (ROOT / path).is_dir() else f"{path}.md"


def tracked(folder: str) -> list[str]:
    """What git has directly in a folder, by name."""
    return sorted({PurePosixPath(path).relative_to(folder).parts[0] for path in git_files(folder)})


def git_files(pattern: str) -> list[str]:
    """The files of the repository that fit a pattern of git, by path."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", pattern]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(path for path in listed.split("\n") if path and (ROOT / path).exists())
