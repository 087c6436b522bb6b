"""How long ``fs.diagnose`` takes beside the same figures by NumPy and scikit-learn, in turn, in one process.

    python crates/python/tools/bench_diagnose.py [--samples 10000] [--neurons 512] [--classes 10] [--rounds 5]

What is printed: median seconds of both, and median and range of the ratio, ours over theirs, round by round.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression

import featurescope as fs

VOTES = 20


def rank(gram: np.ndarray) -> float:
    """RankMe from the Gram matrix of features, which is smaller than they are."""
    values = np.sqrt(np.maximum(np.linalg.eigvalsh(gram), 0))
    values = values[values > 3e-8 * values.max()]
    shares = values / values.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def theirs(a: np.ndarray, b: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    """The figures as a careful user writes them: one product for all cosines, in single precision, by blocks."""
    n = len(a)
    mean = a.mean(axis=0, dtype=np.float64)
    double = a.astype(np.float64)
    gram = double.T @ double
    centred = gram - n * np.outer(mean, mean)
    fires = a != 0
    lengths = np.linalg.norm(a, axis=1, keepdims=True)
    u = a / np.where(lengths > 0, lengths, 1)
    v = b / np.maximum(np.linalg.norm(b, axis=1, keepdims=True), 1e-30)
    speaking = lengths[:, 0] > 0
    potential, right = 0.0, 0
    for start in range(0, n, 1000):
        cosines = u[start : start + 1000] @ u.T
        rows = np.arange(len(cosines))
        block = np.exp(4 * cosines[speaking[start : start + 1000]][:, speaking] - 4)
        potential += float(block.sum(dtype=np.float64))
        cosines[rows, start + rows] = -2
        near = y[np.argpartition(-cosines, VOTES, axis=1)[:, :VOTES]]
        votes = (near[:, :, None] == np.arange(y.max() + 1)).sum(axis=1)
        right += int((votes.argmax(axis=1) == y[start : start + 1000]).sum())
    m = int(speaking.sum())
    order = rng.permutation(n)
    train, validation, test = order[: 3 * n // 5], order[3 * n // 5 : 4 * n // 5], order[4 * n // 5 :]
    features = (a - mean) / np.sqrt(np.trace(centred) / a.size)
    best, probe = -1.0, 0.0
    for decade in range(-4, 3):
        rule = LogisticRegression(C=1 / (10.0**decade * len(train)), max_iter=100).fit(features[train], y[train])
        score = rule.score(features[validation], y[validation])
        if score > best:
            best, probe = score, rule.score(features[test], y[test])
    return {
        "effective_rank": rank(gram),
        "effective_rank_centred": rank(centred),
        "varying_energy_fraction": float(np.trace(centred) / np.trace(gram)),
        "uniformity": float(np.log((potential - m) / (m * (m - 1)))),
        "alignment": float(((u - v) ** 2).sum(axis=1)[speaking].mean()),
        "firing_rate": float(fires.mean()),
        "dead_neurons": float((~fires.any(axis=0)).sum()),
        "silent_fraction": float(1 - speaking.mean()),
        "nearest_neighbours": right / n,
        "probe": probe,
    }


def ours(a: np.ndarray, b: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """The same by one call."""
    found = fs.diagnose(a, views=b, labels=y, samples=len(a)).to_dict()
    found["nearest_neighbours"] = found["nearest_neighbours"]["accuracy"]
    found["probe"] = found["probe"]["score"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in [("samples", 10_000), ("neurons", 512), ("classes", 10), ("rounds", 5)]:
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    n, m = arguments.samples, arguments.neurons
    rng = np.random.default_rng(0)
    y = rng.integers(0, arguments.classes, n)
    centres = rng.normal(size=(arguments.classes, m))
    a, b = (np.maximum(0.3 * centres[y] + rng.normal(size=(n, m)), 0).astype(np.float32) for _ in range(2))
    warnings.simplefilter("ignore")
    seconds: list[tuple[float, float]] = []
    for _ in range(arguments.rounds):
        begun = time.perf_counter()
        mine = ours(a, b, y)
        between = time.perf_counter()
        other = theirs(a, b, y, np.random.default_rng(1))
        seconds.append((between - begun, time.perf_counter() - between))
    for name, value in other.items():
        print(f"{name:<26} {mine[name]:>12.5g} {value:>12.5g}")
    ratios = sorted(first / second for first, second in seconds)
    medians = [statistics.median(column) for column in zip(*seconds)]
    print(f"ours {medians[0]:.2f} s, NumPy and scikit-learn {medians[1]:.2f} s")
    print(f"ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), {arguments.rounds} rounds")


if __name__ == "__main__":
    main()
