"""Builds the site, and checks it.

    python site/build.py                            # into target/site/html
    python site/build.py --program target/release/featurescope

It needs the packages of `site/requirements.txt`, KaTeX (`npm ci --prefix site`) and the built program, which
writes the reference. Nothing is fetched while it builds.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import zipfile
from pathlib import Path

SITE = Path(__file__).resolve().parent
ROOT = SITE.parent
sys.path.insert(0, str(SITE))

import check  # noqa: E402
import reference  # noqa: E402
import stage  # noqa: E402


def add_static_files(folder: Path) -> None:
    """Styles of the site, and those of KaTeX with their fonts."""
    katex = SITE / "node_modules" / "katex" / "dist"
    if not katex.is_dir():
        sys.exit("KaTeX is missing: npm ci --prefix site")
    shutil.copytree(SITE / "static", folder)
    (folder / "katex").mkdir()
    shutil.copyfile(katex / "katex.min.css", folder / "katex" / "katex.min.css")
    shutil.copytree(katex / "fonts", folder / "katex" / "fonts", ignore=shutil.ignore_patterns("*.ttf", "*.woff"))


def add_lab(folder: Path) -> None:
    """The page that the program carries, as it is."""
    import brotli

    packed = ROOT / "crates" / "cli" / "assets" / "lab.zip.br"
    with zipfile.ZipFile(io.BytesIO(brotli.decompress(packed.read_bytes()))) as archive:
        archive.extractall(folder)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the site of featurescope, and check it.")
    parser.add_argument("--program", type=Path, default=ROOT / "target" / "release" / "featurescope")
    parser.add_argument("--out", type=Path, default=ROOT / "target" / "site", help="folder for pages and the site")
    arguments = parser.parse_args()
    if not arguments.program.exists():
        sys.exit(f"{arguments.program} is not there: cargo build --release, or --program FILE")

    pages, html = arguments.out / "pages", arguments.out / "html"
    for folder in (pages, html):
        shutil.rmtree(folder, ignore_errors=True)
    entries = reference.write(arguments.program, pages / "reference")
    print(f"the program explains {entries} names")
    try:
        stage.Stage(pages, stage.navigation()).fill()
    except stage.Fault as fault:
        sys.exit(str(fault))
    add_static_files(pages / "_static")

    from sphinx.cmd.build import build_main

    # A warning fails the build: a link without a target, a formula that KaTeX refuses, a page in no menu.
    strict = ["--fail-on-warning", "--keep-going", "--nitpicky", "--quiet"]
    folders = ["-c", str(SITE), "-d", str(arguments.out / "doctrees"), "-D", f"html_static_path={pages / '_static'}"]
    if build_main(["-b", "html", *folders, *strict, str(pages), str(html)]) != 0:
        return 1
    add_lab(html / "lab")
    # Nothing on the site is a secret of Jekyll, which would hide folders that begin with an underscore.
    (html / ".nojekyll").touch()
    faults, looked_at = check.check(html)
    print("\n".join([*faults, f"{looked_at}; {len(faults)} faults", f"{html / 'index.html'}"]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
