//! What follows from the settings alone: nothing here was drawn, and nothing takes memory of the size of the
//! data.

use super::data::{DataFacts, data_law};
use super::prediction::{Model, Yardstick};
use super::{ArmPlan, PlanError, fork};
use crate::spec::Spec;
use crate::spec::typed::{ProbeSpec, SharedSpec};
use featurescope_sim::data::SparseCodingLaw;
use featurescope_sim::probe::LadderSettings;
use std::sync::OnceLock;

/// A run as its settings describe it.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Name of the experiment.
    pub experiment: String,
    /// Seed of everything random.
    pub seed: u64,
    /// What all arms share, as it was typed.
    pub shared: SharedSpec,
    /// The law of the samples; `None` for data that are no sparse coding.
    pub law: Option<SparseCodingLaw>,
    /// How features are probed; `None` without probes.
    pub probes: Option<ProbePlan>,
    /// The arms, in the order in which they run.
    pub arms: Vec<ArmPlan>,
    model: Option<Model>,
    yardstick: OnceLock<Yardstick>,
}

impl Outline {
    /// The outline of a spec whose data have the given properties.
    ///
    /// `name` names the experiment where the spec does not.
    pub(crate) fn new(spec: &Spec, name: &str, facts: &DataFacts) -> Result<Self, PlanError> {
        let shared = &spec.shared;
        let law = data_law(shared)?.sparse_coding().map(|parts| parts.law(facts.direction_count));
        let model = law.as_ref().and_then(|law| Model::new(law, facts));
        let mut arms: Vec<ArmPlan> = Vec::new();
        for (name, arm) in &spec.arms {
            let fork = fork::read((name, arm), shared.latent_dim(), &arms)?;
            arms.push(ArmPlan::new((name, arm), fork, (shared, law.clone()), model.as_ref())?);
        }
        Ok(Self {
            experiment: shared.experiment.clone().unwrap_or_else(|| name.to_owned()),
            seed: shared.seed,
            law,
            probes: ProbePlan::new(&shared.probe, shared.seed),
            shared: shared.clone(),
            arms,
            model,
            yardstick: OnceLock::new(),
        })
    }

    /// The data as closed forms see them; `None` where they do not know them.
    pub(super) fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }

    /// What linear rules on x reach at best; it takes up to a second the first time.
    pub fn yardstick(&self) -> Yardstick {
        *self.yardstick.get_or_init(|| Yardstick::new(self.model.as_ref(), &self.shared.probe, self.seed))
    }
}

/// How features are probed.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbePlan {
    /// Labels, targets, grid.
    pub ladder: LadderSettings,
    /// Labelled samples to draw: the longest rung of the ladder.
    pub training_rows: usize,
    /// Samples that choose the regularisation.
    pub validation_rows: usize,
    /// Samples that scores are read on.
    pub test_rows: usize,
}

impl ProbePlan {
    fn new(spec: &ProbeSpec, seed: u64) -> Option<Self> {
        let training_rows = spec.labels.iter().copied().max()?;
        let ladder = LadderSettings {
            labels: spec.labels.clone(),
            targets: spec.targets,
            target_spread: spec.target_spread,
            seed,
            ..LadderSettings::default()
        };
        let (validation_rows, test_rows) = (spec.validation_rows, spec.test_rows);
        Some(Self { ladder, training_rows, validation_rows, test_rows })
    }
}
