"""First steps: an experiment, its tables, a learner that you step, an augmentation of your own, a sweep, the judge.

With ``smoke=True`` everything is small and takes seconds; without it, it is the paper's comparison.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import featurescope as fs

SMOKE = "--whole" not in sys.argv

exp = fs.experiment("paper", smoke=SMOKE, dynamics="reduced", seed=1)
run = exp.run()
print(run["random_mask"].records)
print(run["random_mask"].neurons.shape, run["random_mask"].probes["score"])
print(run.report())

learner = exp.learner("random_mask")
for view in learner:
    if view.step == 5:
        print(view.loss, view.weights.shape, view.bias.shape, view.cosines.shape)
        break
M, x = learner.dictionary, learner.sample(1000)
print(M.shape, x.z.shape, x.noise.shape, learner.represent(x).shape)
print(learner.fork(augmentation="none").step())


@fs.augmentation
def jitter(x: Any, rng: np.random.Generator) -> Any:
    """Noise of its own for each view."""
    return x + 0.1 * rng.normal(size=x.shape), x + 0.1 * rng.normal(size=x.shape)


jittered = exp.with_(augmentation=jitter, dynamics="sampled").run()
sweep = fs.sweep("paper", smoke=SMOKE, temperature=[0.5, 1, 2], seed=range(5)).run()
print(sweep.table)
print(fs.judge(run, jittered, sweep).table)
print(fs.explain("Theorem 3.4"))
