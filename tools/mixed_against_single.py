# /// script
# requires-python = ">=3.11"
# dependencies = ["scipy==1.17.1"]
# ///
"""Whether mixed arithmetic changes what a run finds: every figure of summary.json over many seeds, arm `mixed` against `single`.

    mixed_against_single.py summary-1.json summary-2.json …

Each file is what `featurescope run SPEC seed=N --json` printed, for a spec whose two arms `exact` and `mixed` differ in
`training.arithmetic` only (tools/mixed_against_single.toml). Both arms see the same random numbers, so differences are paired.
Per figure: its mean and standard deviation over seeds in the exact arm, the mean paired difference, and the p-value of a
paired t-test; at the end the p-values are held against the level 5 % with Holm's correction.
"""

import json
import math
import statistics
import sys

from scipy.stats import ttest_rel


def figures(arm):
    for name, value in arm.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool) and "wall" not in name:
            yield name, float(value)
        elif isinstance(value, dict):
            for key, entry in value.items():
                if isinstance(entry, (int, float)):
                    yield f"{name}.{key}", float(entry)
        elif name == "probes":
            for score in value:
                if score["features"] == "learned":
                    yield f"probe {score['task']} {score['labels']}", float(score["score"])


def main():
    runs = [json.load(open(path))["arms"] for path in sys.argv[1:]]
    exact = [dict(figures(run["exact"])) for run in runs]
    mixed = [dict(figures(run["mixed"])) for run in runs]
    names = [name for name in exact[0] if all(name in run for run in exact + mixed)]
    print(f"{len(runs)} seeds")
    print(f"{'figure':34} {'mean':>10} {'sd seeds':>10} {'mean diff':>11} {'diff/sd':>8} {'p':>7}")
    p_values = []
    for name in names:
        a, b = [run[name] for run in exact], [run[name] for run in mixed]
        differences = [y - x for x, y in zip(a, b)]
        spread, shift = statistics.stdev(a), statistics.mean(differences)
        p = ttest_rel(a, b).pvalue if any(differences) else 1.0
        p_values.append((1.0 if math.isnan(p) else p, name))
        ratio = shift / spread if spread > 0 else 0.0
        print(f"{name:34} {statistics.mean(a):10.4f} {spread:10.4f} {shift:11.5f} {ratio:8.3f} {p:7.3f}")
    p_values.sort()
    refuted = [name for rank, (p, name) in enumerate(p_values) if p * (len(p_values) - rank) < 0.05]
    print(f"smallest p after Holm: {p_values[0][0] * len(p_values):.3f} ({p_values[0][1]}); beyond 5 %: {refuted or 'none'}")


main()
