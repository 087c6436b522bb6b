//! What a run found, on one page: `summary.json`, read off the stored records with theory's value beside it.
//!
//! The fields are documented in docs/run-directory.md and stable within a format version. What is not defined is
//! null, never NaN.

pub mod growth;
mod remark;

pub use featurescope_sim::measure::title;
pub use featurescope_sim::probe::{DownstreamTask, FeatureKind, ProbeScore};

use crate::plan::{ArmPlan, GrowthFactors, Plan, Yardstick};
use crate::status::{ArmEnd, Status, StopReason};
use crate::store::{RUN_FORMAT_VERSION, Records, as_map};
use featurescope_sim::measure::{self, Column, Place, Shown};
use featurescope_sim::train::StageTimes;
use serde::Serialize;
use std::collections::BTreeMap;

/// `summary.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Version of the layout.
    pub format_version: u32,
    /// Name of the experiment.
    pub experiment: String,
    /// Seed of everything random.
    pub seed: u64,
    /// How the run ended.
    pub status: Status,
    /// What features are compared with.
    pub yardsticks: YardstickSummary,
    /// What each arm found, by name, in the order in which they ran.
    #[serde(serialize_with = "as_map")]
    pub arms: Vec<(String, ArmSummary)>,
    /// Wall time of the run.
    pub wall_seconds: f64,
}

/// What features are compared with: rules that know more, or less, than a learner.
#[derive(Clone, Debug, Serialize)]
pub struct YardstickSummary {
    /// The best that any linear rule on x can do.
    #[serde(flatten)]
    pub theory: Yardstick,
    /// Probes on x, on Mᵀx and on z.
    pub probes: Vec<ProbeScore>,
}

/// Share of the atoms that some neuron is aligned with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// Some neuron with |cos| > .9.
    #[serde(rename = "0.9")]
    pub at_90: Option<f64>,
    /// Some neuron with |cos| > .7.
    #[serde(rename = "0.7")]
    pub at_70: Option<f64>,
}

/// What one arm found. Figures without a time are those of the last recorded step.
#[derive(Clone, Debug, Serialize)]
pub struct ArmSummary {
    /// End of stage I, in steps.
    pub t1: Option<u64>,
    /// What theory says about it.
    pub t1_predicted: Option<f64>,
    /// End of stage II, in steps.
    pub t2: Option<u64>,
    /// Steps taken.
    pub steps: u64,
    /// Why the arm ended.
    pub stop_reason: StopReason,
    /// What was seen, where it diverged.
    pub stop_detail: Option<String>,
    /// Mean loss of the last batch.
    pub loss: Option<f64>,
    /// The loss that sparse features cannot undercut.
    pub loss_floor: Option<f64>,
    /// Their difference.
    pub loss_minus_floor: Option<f64>,
    /// Share of the energy, Σ over neurons of ‖w‖², orthogonal to the atoms.
    pub dense_energy_fraction: Option<f64>,
    /// The same at T1.
    pub dense_fraction_at_t1: Option<f64>,
    /// What theory says about it.
    pub dense_fraction_at_t1_predicted: Option<f64>,
    /// Neurons aligned with one atom, |cos| > .9.
    pub singleton_count: Option<u64>,
    /// Their share of the energy.
    pub singleton_energy_fraction: Option<f64>,
    /// Share of the atoms that some neuron is aligned with.
    pub coverage: Coverage,
    /// Share of (sample, neuron) pairs that fire.
    pub firing_rate: Option<f64>,
    /// Neurons that fire on no sample.
    pub dead_neurons: Option<u64>,
    /// Mean over neurons of b/‖w‖.
    pub bias_over_norm: Option<f64>,
    /// Mean cos(f(x), f(M z)).
    pub signal_cosine: Option<f64>,
    /// What a linear map with the same share of energy along the atoms would have.
    pub signal_cosine_linear: Option<f64>,
    /// Mean cos(f(x), f(ξ)).
    pub noise_cosine: Option<f64>,
    /// What a linear map with the same share of energy along the atoms would have.
    pub noise_cosine_linear: Option<f64>,
    /// The other columns that measurements show in tables, by name.
    #[serde(flatten)]
    pub others: BTreeMap<&'static str, Option<f64>>,
    /// Factor by which a step of stage I multiplied coefficients.
    pub growth_measured: Option<GrowthFactors>,
    /// What theory says about it.
    pub growth_predicted: Option<GrowthFactors>,
    /// Scores of linear probes on the learned features and on the yardsticks.
    pub probes: Vec<ProbeScore>,
    /// Why there are no scores on the learned features although there should be.
    pub probe_problem: Option<String>,
    /// What went wrong, in words: a loss that no sound learner has, or next to no atom found; null elsewhere,
    /// and where training did not end.
    pub remark: Option<String>,
    /// Wall time of training, measuring and probing.
    pub wall_seconds: f64,
}

/// The shown columns that have a field of their own in [`ArmSummary`].
const FIELDS: &[&str] = &[
    "loss",
    "dense_energy_fraction",
    "singleton_count",
    "coverage_90",
    "coverage_70",
    "firing_rate",
    "bias_over_norm",
    "signal_cosine",
    "noise_cosine",
];

/// The columns that measurements show in tables and that have no field of their own.
pub fn other_columns() -> impl Iterator<Item = (Column, Shown)> {
    let is_in_tables = |shown: &Shown| matches!(shown.place, Place::Headline | Place::Detail);
    let columns = measure::shown().into_iter();
    columns.filter(move |(column, shown)| is_in_tables(shown) && !FIELDS.contains(&column.name))
}

impl Summary {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            format_version: RUN_FORMAT_VERSION,
            experiment: plan.experiment.clone(),
            seed: plan.seed,
            status: Status::Running,
            yardsticks: YardstickSummary { theory: plan.yardstick(), probes: Vec::new() },
            arms: Vec::new(),
            wall_seconds: 0.0,
        }
    }

    /// Adds the yardsticks' scores, which stand behind those of every arm as well.
    pub(crate) fn add_yardsticks(&mut self, scores: Vec<ProbeScore>) {
        self.arms.iter_mut().for_each(|(_, arm)| arm.probes.extend_from_slice(&scores));
        self.yardsticks.probes = scores;
    }

    /// Whether arms of the plan have not been run to their end.
    pub(crate) fn has_open_arms(&self, plan: &Plan) -> bool {
        let is_open = |arm: &ArmSummary| arm.stop_reason == StopReason::Interrupted;
        self.arms.len() < plan.arms.len() || self.arms.iter().any(|(_, arm)| is_open(arm))
    }

    /// Diverged if an arm did, else finished.
    pub(crate) fn worst_stop(&self) -> Status {
        let diverged = self.arms.iter().any(|(_, arm)| arm.stop_reason == StopReason::Diverged);
        if diverged { Status::Diverged } else { Status::Finished }
    }
}

impl ArmSummary {
    /// Reads the summary of an arm off its records.
    pub fn new(
        arm: &ArmPlan,
        records: &Records,
        stages: StageTimes,
        end: &ArmEnd,
        probes: Vec<ProbeScore>,
    ) -> Self {
        let defined = |value: f64| value.is_finite().then_some(value);
        let last = |name: &str| records.column(name)?.last().copied().and_then(defined);
        let count = |name: &str| last(name).map(|value| value as u64);
        let prediction = &arm.prediction;
        let is_contrastive = arm.spec.is_contrastive();
        let loss = last("loss");
        let dense = last("dense_energy_fraction");
        let at_t1 = stages.first.and_then(|t1| records.steps.iter().position(|&step| step == t1));
        let linear =
            |of: &dyn Fn(f64) -> Option<f64>| dense.and_then(|dense| of(1.0 - dense)).and_then(defined);
        let mut summary = Self {
            t1: stages.first,
            t1_predicted: prediction.t1,
            t2: stages.second,
            steps: end.steps,
            stop_reason: end.stop_reason,
            stop_detail: end.stop_detail.clone(),
            loss,
            loss_floor: prediction.loss_floor,
            loss_minus_floor: loss.zip(prediction.loss_floor).map(|(loss, floor)| loss - floor),
            dense_energy_fraction: dense,
            dense_fraction_at_t1: at_t1
                .and_then(|row| defined(records.column("dense_energy_fraction")?[row])),
            dense_fraction_at_t1_predicted: prediction.dense_fraction_at_t1,
            singleton_count: count("singleton_count"),
            singleton_energy_fraction: last("singleton_energy_fraction"),
            coverage: Coverage { at_90: last("coverage_90"), at_70: last("coverage_70") },
            firing_rate: last("firing_rate"),
            dead_neurons: count("dead_neurons"),
            bias_over_norm: last("bias_over_norm"),
            signal_cosine: last("signal_cosine"),
            signal_cosine_linear: linear(&|sparse| prediction.linear_signal_cosine(sparse)),
            noise_cosine: last("noise_cosine"),
            noise_cosine_linear: linear(&|sparse| prediction.linear_noise_cosine(sparse)),
            others: other_columns().map(|(column, _)| (column.name, last(column.name))).collect(),
            growth_measured: is_contrastive.then(|| growth::measured(records, stages.first)).flatten(),
            growth_predicted: prediction.growth,
            probes,
            probe_problem: end.probe_problem.clone(),
            remark: None,
            wall_seconds: end.training_seconds + end.probe_seconds,
        };
        summary.remark = remark::remark(arm, &summary);
        summary
    }
}

#[cfg(test)]
mod tests;
