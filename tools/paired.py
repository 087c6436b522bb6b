"""Paired differences of figures over seeds, as a table: shared by mixed_against_single.py and paired_images.py."""

import math
import statistics

from scipy.stats import ttest_rel


def holm(p_values, level=0.05):
    """The names that differ at this level by Holm's step-down rule, of (p, name)."""
    differing = []
    for rank, (p, name) in enumerate(sorted(p_values)):
        if p * (len(p_values) - rank) >= level:
            break
        differing.append(name)
    return differing


def print_table(figures):
    """Of {name: (values, values of the other)} over the same seeds."""
    print(f"{'figure':34} {'mean':>10} {'sd seeds':>10} {'mean diff':>11} {'diff/sd':>8} {'p':>7}")
    p_values = []
    for name, (a, b) in figures.items():
        differences = [y - x for x, y in zip(a, b)]
        spread, shift = statistics.stdev(a), statistics.mean(differences)
        p = ttest_rel(a, b).pvalue if any(differences) else 1.0
        p_values.append((1.0 if math.isnan(p) else p, name))
        ratio = shift / spread if spread > 0 else 0.0
        print(f"{name:34} {statistics.mean(a):10.4f} {spread:10.4f} {shift:11.5f} {ratio:8.3f} {p:7.3f}")
    least, name = min(p_values)
    smallest = min(1.0, least * len(p_values))
    print(f"smallest p after Holm: {smallest:.3f} ({name}); beyond 5 %: {holm(p_values) or 'none'}")
