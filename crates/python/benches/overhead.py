"""What Python costs: loading the module, a step, a part, a table. Prints ratios, each the median of pairs in turn.

    python crates/python/benches/overhead.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import featurescope as fs

# Size A of `featurescope bench`.
SIZE_A: dict[str, Any] = {"latent_dim": 64, "ambient_dim": 1024, "width": 256, "anchors": 512, "negatives": 512}
COUNT = 40


def seconds(work: Callable[[], object]) -> float:
    """Wall time of some work."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_turn(first: Callable[[], object], second: Callable[[], object], pairs: int) -> tuple[float, float, float]:
    """Median time of each, and the median ratio of first to second, measured in turn."""
    times = [(seconds(first), seconds(second)) for _ in range(pairs)]
    ratios = [a / b for a, b in times]
    return statistics.median(a for a, _ in times), statistics.median(b for _, b in times), statistics.median(ratios)


def loading() -> None:
    """`import featurescope` against an interpreter that has loaded NumPy."""
    with_it, without, _ = in_turn(
        lambda: subprocess.run([sys.executable, "-c", "import featurescope"], check=True),
        lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True),
        9,
    )
    print(f"import: {with_it:.3f} s with the interpreter and NumPy, which take {without:.3f} s")


def steps() -> None:
    """A step driven from Python against one driven by the core, and one with a part against one without."""
    exp = fs.experiment("smoke", steps=10_000_000, augmentation="none", **SIZE_A)

    @fs.augmentation(version="1")
    def nothing(x: Any, rng: np.random.Generator) -> Any:
        return x, x

    learner, by_core = exp.learner("random_mask"), exp.learner("random_mask")
    with_part = exp.with_(augmentation=nothing).learner("random_mask")
    masked = exp.with_(augmentation="random_mask").learner("random_mask")

    def drive(learner: fs.Learner) -> Callable[[], None]:
        def work() -> None:
            for _ in range(COUNT):
                learner.step()

        return work

    a, b, ratio = in_turn(drive(learner), lambda: by_core.advance(COUNT), 9)
    print(f"a step driven from Python: {1e3 * a / COUNT:.2f} ms, by the core {1e3 * b / COUNT:.2f} ms, ratio {ratio:.3f}")
    def drive_and_read() -> None:
        for _ in range(COUNT):
            view = learner.step()
            assert view is not None and view.weights.shape == (SIZE_A["width"], SIZE_A["ambient_dim"])

    _, _, ratio = in_turn(drive_and_read, drive(learner), 9)
    print(f"a step whose weights are read, over one whose weights are not: ratio {ratio:.3f}")
    a, b, ratio = in_turn(drive(with_part), drive(masked), 9)
    print(f"a step with a part that returns at once: {1e3 * a / COUNT:.2f} ms, with masks {1e3 * b / COUNT:.2f} ms, ratio {ratio:.3f}")


def tables() -> None:
    """Records of 100 001 rows into pandas, against pandas' own reader."""
    import pandas

    with tempfile.TemporaryDirectory() as folder:
        exp = fs.experiment(
            "smoke", steps=100_000, measure__cadence__steps=1, labels=[], width=8, latent_dim=4, ambient_dim=16, anchors=4,
            negatives=2, samples=2, augmentation="none",
        )
        run = exp.run(Path(folder) / "run", progress=False)
        arm = run["random_mask"]
        ours, theirs, ratio = in_turn(
            lambda: arm.records.to_pandas(), lambda: pandas.read_parquet(arm.path / "records.parquet"), 9
        )
        print(f"records of {arm.records.shape} into pandas: {ours:.3f} s, pandas itself {theirs:.3f} s, ratio {ratio:.2f}")


if __name__ == "__main__":
    loading()
    steps()
    tables()
