# /// script
# requires-python = ">=3.11"
# dependencies = ["scipy"]
# ///
"""Two sweeps on pictures with the same arms and seeds, figure by figure: what a setting changes.

    paired_images.py SWEEP OTHER

Per arm and figure of summary.json: mean and standard deviation over seeds in SWEEP, the mean difference OTHER − SWEEP, and
the p-value of a paired t-test; at the end the p-values are held against the level 5 % with Holm's correction.
"""

import json
import sys
from pathlib import Path

from paired import print_table


def summaries(sweep):
    """What the runs of a sweep found, by seed."""
    runs = [json.loads(path.read_text()) for path in sorted(Path(sweep).glob("*/summary.json"))]
    return {run["seed"]: run["arms"] for run in runs}


def figures(arm):
    """The figures of an arm that are numbers: not every network has every figure."""
    return {name: value for name, value in arm.items() if isinstance(value, float)}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    runs = [summaries(path) for path in sys.argv[1:]]
    seeds = sorted(runs[0])
    if sorted(runs[1]) != seeds:
        sys.exit(f"other seeds: {seeds} and {sorted(runs[1])}")
    print(f"{len(seeds)} seeds")
    table = {}
    for arm in runs[0][seeds[0]]:
        both = [[figures(run[seed][arm]) for seed in seeds] for run in runs]
        for name in both[0][0]:
            if all(name in found for found in both[0] + both[1]):
                table[f"{arm} {name}"] = [[found[name] for found in of_run] for of_run in both]
    print_table(table)


main()
