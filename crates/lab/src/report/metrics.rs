//! The figures of an arm at its last recorded step, as every table and every curve over settings shows them.

use super::page::show;
use super::stored::{ArmView, Score};
use crate::status::StopReason;
use featurescope_sim::measure::{self, AxisKind, Column, Place, Shown};
use featurescope_sim::probe::DownstreamTask;
use std::sync::LazyLock;

/// A figure of an arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name in tables and titles.
    pub name: &'static str,
    /// What its axis says.
    pub unit: &'static str,
    axis: AxisKind,
    source: Source,
    theory: Option<Theory>,
}

/// Where a figure is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// The last value of a recorded column.
    Column(&'static str),
    /// The score of the probe with the most labels.
    Probe(DownstreamTask),
    /// The end of stage I.
    FirstStage,
    /// The end of stage II.
    SecondStage,
}

/// What a figure is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Theory {
    /// T1 in closed form.
    FirstStage,
    /// The loss that sparse features cannot undercut.
    LossFloor,
    /// The signal cosine of a linear map with the same dense energy.
    LinearSignal,
    /// Its noise cosine.
    LinearNoise,
}

/// All of them, in the order in which they are shown: what measurements put first, probes and stages, the
/// rest of what measurements show.
pub static METRICS: LazyLock<Vec<Metric>> = LazyLock::new(|| {
    let probe = |name, unit, task| Metric {
        name,
        unit,
        axis: AxisKind::Free,
        source: Source::Probe(task),
        theory: None,
    };
    let stage = |name, source, theory| Metric { name, unit: "steps", axis: AxisKind::Count, source, theory };
    let mut metrics = of_columns(Place::Headline);
    metrics.extend([
        probe("R², most labels", "R² on fresh samples", DownstreamTask::Regression),
        probe("accuracy, most labels", "accuracy on fresh samples", DownstreamTask::Classification),
        stage("T1", Source::FirstStage, Some(Theory::FirstStage)),
        stage("T2", Source::SecondStage, None),
    ]);
    metrics.extend(of_columns(Place::Detail));
    metrics
});

/// The recorded columns that measurements show at this place.
fn of_columns(place: Place) -> Vec<Metric> {
    let metric = |(column, shown): (Column, Shown)| Metric {
        name: shown.title,
        unit: shown.axis,
        axis: shown.kind,
        source: Source::Column(column.name),
        theory: match column.name {
            "loss" => Some(Theory::LossFloor),
            "signal_cosine" => Some(Theory::LinearSignal),
            "noise_cosine" => Some(Theory::LinearNoise),
            _ => None,
        },
    };
    measure::shown().into_iter().filter(|(_, shown)| shown.place == place).map(metric).collect()
}

impl Metric {
    /// Its name with that of what stands in parentheses beside its value.
    pub fn head(&self) -> String {
        let theory = match self.theory {
            None => return self.name.to_owned(),
            Some(Theory::FirstStage) => "theory",
            Some(Theory::LossFloor) => "floor of sparse features",
            Some(Theory::LinearSignal | Theory::LinearNoise) => "linear map",
        };
        format!("{} ({theory})", self.name)
    }

    /// Its value in an arm; `None` where it is not defined or was not recorded.
    pub fn value(&self, arm: &ArmView<'_>) -> Option<f64> {
        match self.source {
            Source::Column(column) => arm.last(column),
            Source::Probe(task) => arm.best_probe(task).map(|score| score.score),
            Source::FirstStage => arm.end().0.map(|step| step as f64),
            Source::SecondStage => arm.end().1.map(|step| step as f64),
        }
    }

    /// What it is compared with; `None` where no closed form covers the arm.
    pub fn prediction(&self, arm: &ArmView<'_>) -> Option<f64> {
        let prediction = &arm.subject.plan.prediction;
        let sparse = || arm.last("dense_energy_fraction").map(|dense| 1.0 - dense);
        match self.theory? {
            Theory::FirstStage => prediction.t1.map(f64::round),
            Theory::LossFloor => prediction.loss_floor,
            Theory::LinearSignal => sparse().and_then(|sparse| prediction.linear_signal_cosine(sparse)),
            Theory::LinearNoise => sparse().and_then(|sparse| prediction.linear_noise_cosine(sparse)),
        }
    }

    /// Value, interval over test samples where it is a probe's score, and theory of one arm.
    pub fn cell(&self, arm: &ArmView<'_>) -> String {
        let mut cell = show(self.value(arm));
        if let Source::Probe(task) = self.source
            && let Some(score) = arm.best_probe(task)
        {
            cell = format!("{cell} [{}, {}]", show(Some(score.lower)), show(Some(score.upper)));
        }
        if let Some(theory) = self.prediction(arm) {
            cell = format!("{cell} ({})", show(Some(theory)));
        }
        cell
    }

    /// The ends of its axis, where they are known.
    pub fn range(&self) -> [Option<f64>; 2] {
        match self.source {
            Source::Probe(_) => [None, Some(1.0)],
            _ => self.axis.ends(),
        }
    }
}

impl<'a> ArmView<'a> {
    /// The probe with the most labels.
    pub fn best_probe(&self, task: DownstreamTask) -> Option<&'a Score> {
        self.stored.scores.iter().filter(|score| score.task == task).max_by_key(|score| score.labels)
    }

    /// Whether it was trained to its end.
    pub fn has_finished(&self) -> bool {
        self.subject.arm.end.stop_reason == StopReason::Finished
    }
}
