"""The package as a whole: types, generated files, notebooks, examples."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]


def _run(*command: str | Path, folder: Path) -> None:
    done = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_of_settings_are_those_of_the_list(tmp_path: Path) -> None:
    """`python crates/python/tools/options.py` writes them anew."""
    _run(PACKAGE / "tools" / "options.py", "--check", folder=tmp_path)


def test_package_and_examples_are_strictly_typed(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    sources = [PACKAGE / "python" / "featurescope", PACKAGE / "examples"]
    _run("-m", "mypy", "--config-file", PACKAGE / "pyproject.toml", *sources, folder=tmp_path)


def test_stubs_are_those_of_the_compiled_half(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    options = ["--mypy-config-file", PACKAGE / "pyproject.toml", "--ignore-missing-stub"]
    _run("-m", "mypy.stubtest", "featurescope._featurescope", *options, folder=tmp_path)


def test_first_steps_run(tmp_path: Path) -> None:
    _run(PACKAGE / "examples" / "first_steps.py", folder=tmp_path)


NOTEBOOKS = sorted((PACKAGE / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_notebooks_run_from_top_to_bottom(path: Path, tmp_path: Path) -> None:
    nbformat, client = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    if "torch" in path.read_text(encoding="utf-8"):
        pytest.importorskip("torch", reason="this notebook trains a PyTorch model")
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code), "outputs are stored, so that the page can be read as it is"
    os.chdir(tmp_path)
    client.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
