"""Watch, test and explain how a network learns features by contrastive learning.

>>> import featurescope as fs
>>> run = fs.experiment("smoke", smoke=True).run()  # doctest: +SKIP
>>> run["random_mask"].records.to_pandas()  # doctest: +SKIP
"""

from ._diagnose import Diagnoses, Diagnosis, Remark, diagnose
from ._errors import Error, InternalError, PartError, RunError, SettingError
from ._experiment import Experiment, Learner, Samples, View, experiment
from ._monitor import Cost, Monitor, MonitorWarning
from ._parts import (
    BiasStep,
    NetworkPart,
    Part,
    Reading,
    augmentation,
    bias_rule,
    data_law,
    measurement,
    network,
    objective,
)
from ._reference import Explanation, ShippedExperiment, experiments, explain
from ._run import Arm, Run, resume
from ._settings import Setting, settings
from ._sweep import Judgement, Point, Sweep, SweepResult, judge, open, report, sweep
from ._table import Table

__all__ = [
    "Arm",
    "BiasStep",
    "Cost",
    "Diagnoses",
    "Diagnosis",
    "Error",
    "Experiment",
    "Explanation",
    "InternalError",
    "Judgement",
    "Learner",
    "Monitor",
    "MonitorWarning",
    "NetworkPart",
    "Part",
    "PartError",
    "Point",
    "Reading",
    "Remark",
    "Run",
    "RunError",
    "Samples",
    "Setting",
    "SettingError",
    "ShippedExperiment",
    "Sweep",
    "SweepResult",
    "Table",
    "View",
    "augmentation",
    "bias_rule",
    "data_law",
    "diagnose",
    "experiment",
    "experiments",
    "explain",
    "judge",
    "measurement",
    "network",
    "objective",
    "open",
    "report",
    "resume",
    "settings",
    "sweep",
]
