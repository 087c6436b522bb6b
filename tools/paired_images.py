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
import sys
from pathlib import Path

from paired import print_table


def last_figures(run, arm, seed):
    record = json.loads((run / "arms" / arm / f"seed-{seed}" / "records.json").read_text())[-1]
    return {"loss": record["loss"], **record["reading"]}


def main():
    runs = [Path(path) for path in sys.argv[1:]]
    settings = [json.loads((run / "settings.json").read_text()) for run in runs]
    seeds = settings[0]["seeds"]
    if len(runs) != 2 or settings[1]["seeds"] != seeds:
        sys.exit(__doc__)
    print(f"{len(seeds)} seeds")
    figures = {}
    for arm in settings[0]["arms"]:
        both = [[last_figures(run, arm, seed) for seed in seeds] for run in runs]
        for name in both[0][0]:
            a, b = [[record[name] for record in records] for records in both]
            # Not every network has every figure.
            if None not in a + b:
                figures[f"{arm} {name}"] = (a, b)
    print_table(figures)


main()
