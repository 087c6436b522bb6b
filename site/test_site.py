"""Tests of the scripts that make the site: python -m unittest discover -s site -p 'test_*.py'

Each fault that check.py is for is planted and has to be found.
"""

import ast
import tempfile
import unittest
from pathlib import Path

import check
import citations
import python_api
import reference
import stage

GOOD = '<html><body id="top"><a href="b.html#here">b</a><span class="katex">x</span></body></html>'
OTHER = '<html><body><p id="here">text</p><a href="index.html">back</a></body></html>'


class Check(unittest.TestCase):
    def faults(self, index: str) -> list[str]:
        """What is said of a site of two pages, without the complaint that it is small."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "index.html").write_text(index, encoding="utf-8")
            (Path(folder) / "b.html").write_text(OTHER, encoding="utf-8")
            found, looked_at = check.check(Path(folder))
        self.assertTrue(looked_at.startswith("2 pages"), looked_at)
        small = [fault for fault in found if fault.startswith("only ")]
        self.assertEqual(len(small), 3, found)
        return [fault for fault in found if fault not in small]

    def test_a_good_site_has_no_faults(self) -> None:
        self.assertEqual(self.faults(GOOD), [])

    def test_planted_faults_are_found(self) -> None:
        for planted, expected in [
            (GOOD.replace("b.html#here", "c.html"), "c.html: is not there"),
            (GOOD.replace("#here", "#there"), "b.html#there: has no such anchor"),
            (GOOD.replace("b.html#here", "#nowhere"), "#nowhere: has no such anchor"),
            (GOOD.replace("<body", '<script src="https://cdn.example/x.js"></script><body'), "from elsewhere"),
            (GOOD.replace("<body", '<link rel="stylesheet" href="//cdn.example/x.css"><body'), "from elsewhere"),
            (GOOD.replace('"katex"', '"katex-error"'), "1 formulas are not drawn"),
        ]:
            found = self.faults(planted)
            self.assertTrue(any(expected in fault for fault in found), f"{expected}: {found}")


class Stage(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.stage = stage.Stage(self.folder, stage.navigation())

    def test_links_lead_to_pages_files_and_folders(self) -> None:
        for page, target, expected in [
            ("docs/findings.md", "../README.md", "../index.md"),
            ("docs/findings.md", "claims.md#luck", "claims.md#luck"),
            ("docs/findings.md", "../theories/wen-li-2021/results", "../theories/wen-li-2021/results/README.md"),
            ("README.md", "CITATION.cff", "CITATION.cff.md"),
            ("CONTRIBUTING.md", "examples/extend", "examples/extend/index.md"),
            ("README.md", "https://rustup.rs", "https://rustup.rs"),
            ("docs/findings.md", "#there", "#there"),
        ]:
            self.assertEqual(self.stage.target(page, target), expected, (page, target))

    def test_a_link_to_nothing_is_refused(self) -> None:
        with self.assertRaisesRegex(stage.Fault, "no-such-page.md is not there"):
            self.stage.target("README.md", "no-such-page.md")

    def test_code_keeps_what_looks_like_a_link(self) -> None:
        text = "See [it](docs/claims.md).\n\n```rust\na[0](docs/claims.md)\n```\n\n    b[0](nothing.md)\n"
        self.assertEqual(self.stage.with_links("README.md", text), text)

    def test_every_page_is_written_once(self) -> None:
        self.stage.fill()
        listed = [page.path for section in self.stage.sections for page in section.pages]
        self.assertEqual(len(listed), len(set(listed)))
        self.assertGreater(len(listed), 50)
        missing = [p for p in listed if not p.startswith("reference/") and not (self.folder / stage.staged(p)).exists()]
        self.assertEqual(missing, [])


class Citations(unittest.TestCase):
    def test_citations_lead_to_sections(self) -> None:
        for text, page, expected in [
            ("As theory.md 4.6 says.", "docs/claims.md", "As [theory.md 4.6](#wen-li-2021-section-4.6) says."),
            ("(docs/theory.md 8.2)", "README.md", "([docs/theory.md 8.2](#wen-li-2021-section-8.2))"),
            (f"theory.md {99.1} is no section", "README.md", f"theory.md {99.1} is no section"),
            ("`theory.md 4.6` is code", "README.md", "`theory.md 4.6` is code"),
            ("[theory.md 4.6](docs/theory.md)", "README.md", "[theory.md 4.6](docs/theory.md)"),
            ("theories/no-paper/theory.md 4.6", "README.md", "theories/no-paper/theory.md 4.6"),
        ]:
            self.assertEqual(citations.with_links(text, page), expected)

    def test_every_numbered_heading_of_a_theory_has_an_anchor(self) -> None:
        text = citations.with_anchors("theories/wen-li-2021/theory.md", "## 4. Exact\n\n### 4.6 Scale *(derived)*\n")
        expected = "(wen-li-2021-section-4)=\n## 4. Exact\n\n(wen-li-2021-section-4.6)=\n### 4.6 Scale *(derived)*\n"
        self.assertEqual(text, expected)
        self.assertGreater(len(citations.sections("wen-li-2021")), 25)


class Reference(unittest.TestCase):
    def test_text_is_not_taken_for_markup(self) -> None:
        self.assertEqual(reference.escaped("Pr(z_j > 0) * `a_b` $x$"), r"Pr(z\_j \> 0) \* `a_b` \$x\$")

    def test_anchors_tell_names_apart(self) -> None:
        setting = {"kind": "setting", "name": "training.steps", "of": "runs on sparse-coding data"}
        pictures = {**setting, "of": "runs on pictures"}
        letters = [{"kind": "statement", "name": f"A.4, over {letter}"} for letter in "τλ"]
        columns = [{"kind": "column", "name": "bias", "table": f"{table}.parquet"} for table in ("records", "neurons")]
        labels = [reference.label(entry) for entry in [setting, pictures, *letters, *columns]]
        self.assertEqual(len(set(labels)), len(labels), labels)
        self.assertIn("statement-a.4-over-tau", labels)

    def test_a_long_signature_has_a_line_for_each_parameter(self) -> None:
        source = "def f(first: dict[str, tuple[int, int]], /, *, second: int = 2, third: str = 'a, b') -> None: ..."
        function = ast.parse(source).body[0]
        assert isinstance(function, ast.FunctionDef)
        shown = python_api.signature(function)
        self.assertEqual(shown.count("\n"), 6, shown)
        self.assertIn("    first: dict[str, tuple[int, int]],\n", shown)

    def test_every_public_name_of_the_package_is_described(self) -> None:
        names = python_api.public_names(ast.parse((python_api.PACKAGE / "__init__.py").read_text(encoding="utf-8")))
        page = python_api.page()
        self.assertGreater(len(names), 30)
        self.assertEqual([name for name in names if f"## `{name}`\n" not in page], [])


if __name__ == "__main__":
    unittest.main()
