"""What the tests share: small experiments, and runs of them made once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import featurescope as fs

TINY = """
seed = 3
[data]
noise_constant = 1.0
latent_dim = 8
ambient_dim = 64
[network]
width = 10
[batch]
anchors = 16
negatives = 8
[training]
learning_rate = 0.5
steps = 12
first_energy_ratio = 1.2
[measure]
cadence = { kind = "every", steps = 3 }
samples = 16
[probe]
labels = [30]
validation_rows = 40
test_rows = 50
[arms.random_mask]
[arms.none]
augmentation.kind = "none"
"""


@pytest.fixture(scope="session")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a spec that runs in a blink."""
    path = tmp_path_factory.mktemp("spec") / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture
def exp(spec: Path) -> fs.Experiment:
    """Its experiment."""
    return fs.experiment(spec)


@pytest.fixture(scope="session")
def run(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> fs.Run:
    """A stored run of it."""
    return fs.experiment(spec).run(tmp_path_factory.mktemp("runs") / "tiny", progress=False)


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path) -> Iterator[None]:
    """Runs without a folder go to one that is thrown away."""
    before = Path.cwd()
    os.chdir(tmp_path)
    yield
    os.chdir(before)


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a run, without what depends on the clock."""

    def without_times(value: object) -> object:
        if isinstance(value, dict):
            kept = {key: without_times(inner) for key, inner in value.items()}
            return {key: inner for key, inner in kept.items() if not key.endswith("_seconds") and key != "times_resumed"}
        return value

    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_dir() or path.name == ".lock" or name.startswith(("report", "figures")):
            continue
        content = path.read_bytes()
        if name in ("summary.json", "manifest.json"):
            content = json.dumps(without_times(json.loads(content)), sort_keys=True).encode()
        found[name] = content
    return found


def python(code: str, *, folder: Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """What a process of its own does with some code."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=timeout, check=False)
