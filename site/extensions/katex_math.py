"""Formulas are drawn by KaTeX while the site is built, in strict mode: a reader needs no script and no network.

A formula that KaTeX does not accept, or would accept with a warning, is a warning of Sphinx with page and line.
An equation with the number ``\\tag{4.3c}`` gets the anchor ``eq-4.3c``.
"""

from __future__ import annotations

import json
import re
import subprocess
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

LOG = logging.getLogger(__name__)
SCRIPT = Path(__file__).with_name("formulas.mjs")
TAG = re.compile(r"\\tag\{([^}]*)\}")


class Katex:
    """A process of Node.js that draws one formula after the other."""

    def __init__(self) -> None:
        self.drawn = 0
        """Formulas that were drawn without a fault."""
        self._process: subprocess.Popen[str] | None = None

    def html(self, tex: str, *, display: bool, node: nodes.Node) -> str:
        """The HTML of a formula. A faulty one is shown as it is typed, and Sphinx warns of it."""
        answer = self._ask({"tex": tex, "display": display})
        if "error" in answer:
            LOG.warning("formula %r: %s", tex, answer["error"], location=node, type="katex")
            return f"<code>{escape(tex)}</code>"
        self.drawn += 1
        return answer["html"]

    def _ask(self, question: dict[str, Any]) -> dict[str, str]:
        if self._process is None:
            self._process = subprocess.Popen(
                ["node", str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(json.dumps(question) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError("node ended while it drew a formula: is KaTeX installed (npm ci --prefix site)?")
        return json.loads(line)

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.communicate()
            self._process = None


KATEX = Katex()


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(KATEX.html(node.astext(), display=False, node=node))
    raise nodes.SkipNode


def visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    tex = node.astext()
    tag = TAG.search(tex)
    anchor = f' id="eq-{tag[1]}"' if tag else ""
    formula = KATEX.html(tex, display=True, node=node)
    translator.body.append(f'<div class="formula"{anchor}>{formula}</div>\n')
    raise nodes.SkipNode


def finish(_app: Sphinx, failure: Exception | None) -> None:
    KATEX.close()
    if failure is None:
        LOG.info("KaTeX drew %d formulas", KATEX.drawn)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_block, None))
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
