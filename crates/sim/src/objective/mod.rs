//! What training minimises: losses on features, with a gradient per branch.
//!
//! An objective sees features only: those of the anchors f(x⁺), of their positives f(x⁺⁺) and of the negatives
//! f(x_s), or those of plain samples f(x) and their codes z. It says which of them it needs. It returns one
//! gradient per branch; `None` means that the branch is behind StopGrad. It may have parameter arrays of its
//! own, a head for example, and returns their gradients too.
//!
//! Source: Definition 2.2, eq. (2.1), (2.2); docs/theory.md 2.3 and 4.1.
//!
//! To add an objective: one file with a type that implements [`Objective`] and the [`Part`] that declares it;
//! below, its line in the list. `examples/extend/objective.rs` is such a file.

mod gradients;

pub use gradients::Gradients;
pub use info_nce::InfoNce;
pub use regression::Regression;
pub use spectral::Spectral;

use crate::math::kernel::Precision;
use crate::math::{Matrix, ParameterError};
use crate::part::{Given, ParameterArray, Part, PartSetting, Slot, Slotted, parts};
use gradients::zeros;

parts! {
    /// The objectives.
    OBJECTIVES: Slot<Box<dyn Objective>> = ("objective", "What training minimises.", "info_nce");
    info_nce;
    spectral;
    regression;
}

/// A part that is an objective.
type ObjectivePart = Part<Box<dyn Objective>>;

impl Slotted for Box<dyn Objective> {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &OBJECTIVES
    }
}

/// Where gradients are stopped.
const STOP_GRADIENT: PartSetting = PartSetting::word(
    "stop_gradient",
    &["targets", "nowhere"],
    "\"targets\"",
    "targets: no gradient flows into positives and negatives (the paper's StopGrad). nowhere: it flows everywhere.",
);

/// Where gradients are stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopGrad {
    /// The paper's placement: Sim(x, x') = ⟨f(x), StopGrad(f(x'))⟩, so positives and negatives receive no gradient.
    Targets,
    /// Gradients flow through every branch.
    Nowhere,
}

impl StopGrad {
    /// As a part's settings say it.
    fn of(given: &Given) -> Result<Self, ParameterError> {
        Ok(if given.text("stop_gradient")? == "nowhere" { Self::Nowhere } else { Self::Targets })
    }
}

/// Which negatives an anchor is contrasted with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NegativeSet {
    /// Every row of the negatives, shared by all anchors.
    #[default]
    Fresh,
    /// The negatives are the batch's own samples, row p belonging to anchor p, which leaves that row out.
    InBatch,
}

/// What an objective asks of a batch. It is the same for all values of a part's settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Two views of every sample; else its anchors are the samples themselves.
    pub two_views: bool,
    /// Negatives.
    pub negatives: bool,
    /// The codes z of the samples: labels.
    pub codes: bool,
}

/// The features of one step.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// f(x⁺), P × K.
    pub anchor: &'a Matrix,
    /// f(x⁺⁺), P × K; f(x⁺) itself where a sample has one view.
    pub positive: &'a Matrix,
    /// f(x_s), N × K (N = P when in batch); without rows unless needed.
    pub negatives: &'a Matrix,
    /// How negatives belong to anchors.
    pub negative_set: NegativeSet,
    /// z of the anchors' samples, P × d; without rows unless needed.
    pub codes: &'a Matrix,
}

impl Batch<'_> {
    /// Number of negatives that each anchor sees.
    pub fn negatives_per_anchor(&self) -> usize {
        match self.negative_set {
            NegativeSet::Fresh => self.negatives.rows(),
            NegativeSet::InBatch => self.negatives.rows() - 1,
        }
    }
}

/// What a batch's loss was made of; every figure is a mean over the anchors, and NaN where an objective has no
/// such thing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LossReading {
    /// The loss.
    pub loss: f64,
    /// Sim(x⁺, x⁺⁺).
    pub positive_logit: f64,
    /// Mean over negatives of Sim(x⁺, x_s).
    pub negative_logit: f64,
    /// ℓ'_p, the probability that the softmax gives to the positive.
    pub positive_probability: f64,
}

impl LossReading {
    /// A loss, and nothing else.
    pub fn of_loss(loss: f64) -> Self {
        let nothing = f64::NAN;
        Self { loss, positive_logit: nothing, negative_logit: nothing, positive_probability: nothing }
    }
}

/// What an objective knows of a run when it begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beginning {
    /// K, what it reads of a sample: features, or the outputs of a head on them.
    pub features: usize,
    /// d, entries of a code.
    pub latent_dim: usize,
    /// Expected norm of a neuron at the start.
    pub initial_norm: f64,
    /// The seed of everything random.
    pub seed: u64,
}

/// What the loss of a learner that has learned nothing depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Problem {
    /// Negatives that an anchor sees.
    pub negatives: usize,
    /// d.
    pub latent_dim: usize,
    /// Pr(z_j ≠ 0).
    pub activity: f64,
}

/// A loss on features.
pub trait Objective: Send + Sync {
    /// What it asks of a batch.
    fn needs(&self) -> Needs;

    /// Whether samples are contrasted with each other.
    fn contrasts(&self) -> bool {
        self.needs().negatives
    }

    /// Its own parameter arrays in a run. Nothing of their size is made.
    ///
    /// # Errors
    /// If its settings do not fit the run.
    fn arrays(&self, _run: &Beginning) -> Result<Vec<ParameterArray>, ParameterError> {
        Ok(Vec::new())
    }

    /// Prepares what it keeps for a run beside them, fixed targets for example.
    fn begin(&mut self, _run: &Beginning) {}

    /// Learning rate of its own arrays over that of the weights.
    fn rate_ratio(&self) -> f64 {
        1.0
    }

    /// Evaluates the loss, averaged over the anchors, and its gradients.
    ///
    /// # Shapes
    /// `arrays`: its own, in the order and shapes of [`Objective::begin`], as are their gradients.
    fn evaluate(&mut self, batch: &Batch<'_>, arrays: &[Matrix], gradients: &mut Gradients) -> LossReading;

    /// The part of the last evaluation's gradients that pulls anchor and positive together; `None` where nothing
    /// pulls. `batch` is that of the evaluation.
    fn attraction(&self, _batch: &Batch<'_>) -> Option<Gradients> {
        None
    }

    /// The loss of features that are all zero.
    fn at_rest(&self, problem: &Problem) -> f64;

    /// A loss that no learner with so many features undercuts.
    fn lowest(&self, features: usize) -> f64;

    /// What closed forms for InfoNCE need to know of it; `None` for other objectives.
    fn info_nce(&self) -> Option<InfoNceForm> {
        None
    }

    /// What lets the fast step take it (`train::fast`); `None`: the reference step trains it.
    fn fast(&mut self) -> Option<&mut dyn FastObjective> {
        None
    }
}

/// What the fast step asks of an objective that it takes.
pub trait FastObjective {
    /// Whether features of the positive matter where the anchor's neuron is closed. If not, they may hold
    /// anything finite there.
    fn reads_closed_positives(&self) -> bool;

    /// [`Objective::evaluate`] without arrays, with similarities from features rounded to `precision`, which
    /// it may ignore.
    fn evaluate_in(
        &mut self,
        precision: Precision,
        batch: &Batch<'_>,
        gradients: &mut Gradients,
    ) -> LossReading;
}

/// InfoNCE as closed forms see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InfoNceForm {
    /// τ.
    pub temperature: f64,
    /// Where gradients are stopped.
    pub stop_grad: StopGrad,
}

#[cfg(test)]
mod tests;
