"""Citations of the theory pages become links: `theory.md 4.6` leads to section 4.6 of the paper that it speaks of.

Where a page of a paper cites its own theory, it says `theory.md 4.6`. Elsewhere `docs/theory.md 4.6` and `theory.md
4.6` mean the first paper, as docs/theory.md says, and `theories/NAME/theory.md 4.6` any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRST_PAPER = "wen-li-2021"

HEADING = re.compile(r"^(#{2,4}) (\d+(?:\.\d+)*)\.? ", re.MULTILINE)
CITATION = re.compile(r"(?:docs/|theories/([a-z0-9-]+)/)?theory\.md (\d+(?:\.\d+)*)\b(?![a-z])")
# What is no running text: code, and links with what they lead to.
KEPT = re.compile(r"(`[^`]*`|\[[^\]]*\]\([^)]*\))")


@cache
def sections(paper: str) -> frozenset[str]:
    """The numbered sections of the theory page of a paper; none where there is no such page."""
    page = ROOT / "theories" / paper / "theory.md"
    return (
        frozenset(found[2] for found in HEADING.finditer(page.read_text(encoding="utf-8")))
        if page.exists()
        else frozenset()
    )


def with_anchors(path: str, text: str) -> str:
    """A theory page with an anchor before each numbered heading. Other pages are left as they are."""
    parts = Path(path).parts
    if len(parts) != 3 or parts[0] != "theories" or parts[2] != "theory.md":
        return text
    return HEADING.sub(lambda found: f"({anchor(parts[1], found[2])})=\n{found[0]}", text)


def with_links(text: str, page: str) -> str:
    """A line of running text of a page, with its citations as links."""
    parts = Path(page).parts
    own = parts[1] if parts[0] == "theories" else FIRST_PAPER
    return "".join(_linked(text, own))


def _linked(text: str, own: str) -> Iterator[str]:
    for at, piece in enumerate(KEPT.split(text)):
        yield piece if at % 2 else CITATION.sub(lambda found: _link(found, own), piece)


def _link(found: re.Match[str], own: str) -> str:
    paper = found[1] or own
    return f"[{found[0]}](#{anchor(paper, found[2])})" if found[2] in sections(paper) else found[0]


def anchor(paper: str, section: str) -> str:
    return f"{paper}-section-{section}"
