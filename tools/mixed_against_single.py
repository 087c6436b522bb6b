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
import sys

from paired import print_table


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
    print_table({name: ([run[name] for run in exact], [run[name] for run in mixed]) for name in names})


main()
