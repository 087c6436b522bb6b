"""Print the changelog of a version, and refuse a tag that does not fit the sources.

    python tools/release_notes.py v0.2.0

The tag has to be the version in Cargo.toml with a `v` before it. CHANGELOG.md has to have a section `## v0.2.0`
with something in it.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def section(changelog: str, tag: str) -> str:
    """What stands below the heading of a version, without the heading; empty where there is none.

    >>> log = "# Changelog\\n\\n## Unreleased\\n\\n## v0.2.0 (2026-12-01)\\n\\n### Features\\n\\n- A.\\n\\n## v0.1.0\\n\\n- B.\\n"
    >>> section(log, "v0.2.0"), section(log, "v0.1.0"), section(log, "v0.2"), section(log, "Unreleased")
    ('### Features\\n\\n- A.', '- B.', '', '')
    """
    found = re.search(rf"^## {re.escape(tag)}(?: [^\n]*)?\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    tag = sys.argv[1]
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))
    version = cargo["workspace"]["package"]["version"]
    if tag != f"v{version}":
        sys.exit(f"the tag {tag} is not the version of Cargo.toml: expected v{version}")
    notes = section((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), tag)
    if not notes:
        sys.exit(f"CHANGELOG.md has no section `## {tag}` with something in it")
    print(notes)


if __name__ == "__main__":
    main()
