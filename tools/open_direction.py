# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy", "scipy==1.17.1", "pyarrow"]
# ///
"""The figures of the experiment `open-direction`, with intervals over seeds, read as its README says.

    open_direction.py runs/open-direction-sweep
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
from scipy import stats

FIGURES = {
    "lower, neurons": "level1_coverage_90",
    "upper, neurons": "level2_coverage_90",
    "lower, features": "level1_feature_coverage_90",
    "upper, features": "level2_feature_coverage_90",
}
COMPARED = ["lower, neurons", "upper, features"]
LAYER_BY_LAYER = [("mask_two_trained", "mask_two_zero"), ("mask_two_ruled", "mask_two_zero"),
                  ("mask_two_above", "mask_two_trained")]
WITHOUT_MASKS = [(f"mask_{arm}", f"none_{arm}") for arm in ("one", "two_zero", "two_trained", "two_ruled")]


def read(sweep):
    """{arm: {figure: values of the last step, run by run}}."""
    found = {}
    for path in sorted(Path(sweep).glob("*/arms/*/records.parquet")):
        table = parquet.read_table(path, columns=list(FIGURES.values()))
        arm = found.setdefault(path.parent.name, {name: [] for name in FIGURES})
        for name, column in FIGURES.items():
            arm[name].append(table[column][-1].as_py())
    return {arm: {name: np.array(values) for name, values in figures.items()} for arm, figures in found.items()}


def interval(values, level=0.05):
    """Mean and the ends of its t-interval; a point where all values agree."""
    mean, error = values.mean(), values.std(ddof=1) / np.sqrt(len(values))
    reach = stats.t.ppf(1 - level / 2, len(values) - 1) * error
    return mean, mean - reach, mean + reach


def show(values, level=0.05, digits=2):
    mean, low, high = (f"{figure:.{digits}f}" for figure in interval(values, level))
    return mean if low == high else f"{mean} [{low}, {high}]"


def answer(values):
    _, low, high = interval(values)
    return "recovered" if low >= 0.8 else "not recovered" if high <= 0.2 else "in part"


def main():
    arms = read(sys.argv[1])
    print(f"{len(next(iter(arms.values()))['lower, neurons'])} runs\n\n| arm | " + " | ".join(FIGURES) + " |")
    print("|---" * (len(FIGURES) + 1) + "|")
    for arm, figures in arms.items():
        cells = [f"{show(values)}, {answer(values)}" for values in figures.values()]
        print(f"| `{arm}` | " + " | ".join(cells) + " |")
    for pairs in (LAYER_BY_LAYER, WITHOUT_MASKS):
        level = 0.05 / (len(pairs) * len(COMPARED))
        print("\n| difference | " + " | ".join(COMPARED) + " |\n" + "|---" * (len(COMPARED) + 1) + "|")
        for one, other in pairs:
            cells = [show(arms[one][name] - arms[other][name], level, digits=3) for name in COMPARED]
            print(f"| `{one}` less `{other}` | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
