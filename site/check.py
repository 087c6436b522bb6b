"""Checks the built site as a reader without a network meets it.

    python site/check.py FOLDER

Every link leads to a page that is there, and to an anchor that is on it. No page loads anything from elsewhere.
Every formula is drawn. Exit code 1 names what is wrong.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

# Fewer mean that they were not found.
FEWEST_PAGES = 50
FEWEST_LINKS = 2000
FEWEST_FORMULAS = 500

LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "link": "href"}
ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//|^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
URL_IN_STYLE = re.compile(r"url\(\s*['\"]?([^'\")]+)")


class Page(HTMLParser):
    """What a page links to, loads and offers as anchors."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.formulas = 0
        self.faulty_formulas = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attributes if value is not None}
        self.anchors.update(values[name] for name in ("id", "name") if name in values)
        classes = values.get("class", "").split()
        self.formulas += "katex" in classes
        self.faulty_formulas += "katex-error" in classes
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif LOADING.get(tag) in values and not self._is_only_named(tag, values):
            self.loaded.append(values[LOADING[tag]])

    @staticmethod
    def _is_only_named(tag: str, values: dict[str, str]) -> bool:
        """Whether a `<link>` says where something is without loading it."""
        named = {"canonical", "index", "search", "next", "prev", "author", "license"}
        return tag == "link" and bool(named & set(values.get("rel", "").split()))


def check(folder: Path) -> tuple[list[str], str]:
    """What is wrong, and a line that says how much was looked at."""
    # Templates that the theme leaves beside its scripts are no pages.
    files = (path for path in sorted(folder.rglob("*.html")) if "_static" not in path.relative_to(folder).parts)
    pages = {path.resolve(): Page(path) for path in files}
    faults: list[str] = []
    links = 0
    for path, page in pages.items():
        shown = path.relative_to(folder.resolve())
        faults += [f"{shown}: loads {url} from elsewhere" for url in page.loaded if is_fetched(url)]
        local = [url for url in page.links + page.loaded if not ELSEWHERE.match(url)]
        links += len(local)
        faults += [f"{shown}: {url}: {fault}" for url in local if (fault := fault_of(url, path, pages))]
        faults += [f"{shown}: {page.faulty_formulas} formulas are not drawn"] if page.faulty_formulas else []
    for style in sorted(folder.rglob("*.css")):
        for url in URL_IN_STYLE.findall(style.read_text(encoding="utf-8")):
            if is_fetched(url):
                faults.append(f"{style.relative_to(folder)}: loads {url} from elsewhere")
    formulas = sum(page.formulas for page in pages.values())
    for found, fewest, what in [
        (len(pages), FEWEST_PAGES, "pages"),
        (links, FEWEST_LINKS, "links"),
        (formulas, FEWEST_FORMULAS, "formulas"),
    ]:
        if found < fewest:
            faults.append(f"only {found} {what} were found, at least {fewest} are expected")
    return sorted(set(faults)), f"{len(pages)} pages, {links} links, {formulas} formulas"


def is_fetched(url: str) -> bool:
    """Whether a browser asks another machine for this. Data that an address holds itself is no such request."""
    return bool(ELSEWHERE.match(url)) and not url.startswith("data:")


def fault_of(url: str, page: Path, pages: dict[Path, Page]) -> str | None:
    """Why a link within the site leads nowhere, or `None`."""
    name, _, anchor = unquote(url).partition("#")
    target = (page.parent / name.partition("?")[0]).resolve() if name else page
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return "is not there"
    if anchor and target in pages and anchor not in pages[target].anchors:
        return "has no such anchor"
    return None


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    faults, looked_at = check(Path(sys.argv[1]))
    print("\n".join([*faults, f"{looked_at}; {len(faults)} faults"]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
