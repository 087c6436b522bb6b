# /// script
# requires-python = ">=3.11"
# dependencies = ["scipy"]
# ///
"""Two runs of `featurescope images` with the same arms and seeds, figure by figure: what a setting changes.

    paired_images.py RUN OTHER

Per arm and figure of the last record: mean and standard deviation over seeds in RUN, the mean difference OTHER − RUN, and
the p-value of a paired t-test; at the end the p-values are held against the level 5 % with Holm's correction.
"""

import json
import math
import statistics
import sys
from pathlib import Path

from scipy.stats import ttest_rel


def figures(run, arm, seed):
    record = json.loads((run / "arms" / arm / f"seed-{seed}" / "records.json").read_text())[-1]
    yield "loss", record["loss"]
    yield from record["reading"].items()


def main():
    runs = [Path(path) for path in sys.argv[1:]]
    settings = [json.loads((run / "settings.json").read_text()) for run in runs]
    seeds = settings[0]["seeds"]
    if len(runs) != 2 or settings[1]["seeds"] != seeds:
        sys.exit(__doc__)
    print(f"{len(seeds)} seeds")
    print(f"{'figure':34} {'mean':>10} {'sd seeds':>10} {'mean diff':>11} {'diff/sd':>8} {'p':>7}")
    p_values = []
    for arm in settings[0]["arms"]:
        both = [[dict(figures(run, arm, seed)) for seed in seeds] for run in runs]
        for name in both[0][0]:
            a, b = [[figure[name] for figure in figures] for figures in both]
            if None in a + b:
                continue
            spread, shift = statistics.stdev(a), statistics.mean(b) - statistics.mean(a)
            p = ttest_rel(a, b).pvalue
            p_values.append((1.0 if math.isnan(p) else p, f"{arm} {name}"))
            ratio = shift / spread if spread > 0 else 0.0
            print(f"{arm + ' ' + name:34} {statistics.mean(a):10.4f} {spread:10.4f} {shift:11.5f} {ratio:8.3f} {p:7.3f}")
    p_values.sort()
    beyond = []
    for rank, (p, name) in enumerate(p_values):
        if p * (len(p_values) - rank) >= 0.05:
            break
        beyond.append(name)
    print(f"smallest p after Holm: {p_values[0][0] * len(p_values):.3f} ({p_values[0][1]}); beyond 5 %: {beyond or 'none'}")


main()
