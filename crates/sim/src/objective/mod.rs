//! What training minimises: losses on features, with a gradient per branch.
//!
//! An objective sees features: those of the anchors f(x⁺), of their positives f(x⁺⁺) and of the negatives
//! f(x_s), or those of plain samples f(x). It says what else it needs, codes for example. It returns one
//! gradient per branch, which is `None` behind StopGrad. It may have parameter arrays of its own, a head for
//! example, and returns their gradients too.
//!
//! | objectives | samples are compared with | need besides two views |
//! |---|---|---|
//! | [`InfoNce`], [`Spectral`], [`HardNegatives`] | negatives | negatives |
//! | [`SupervisedSpectral`] | negatives, and samples of the same class | negatives, classes |
//! | [`NtXent`], [`SupervisedContrastive`] | all other views of the batch | – ; classes |
//! | [`AlignmentUniformity`] | the other samples of the batch | – |
//! | [`BarlowTwins`], [`VicReg`] | nothing: features are compared with each other | – |
//! | [`SimSiam`], [`Byol`] | nothing: a predictor is after the other view | – ; a slower copy of the learner |
//! | [`MaskedReconstruction`] | nothing: a decoder is after the sample | samples |
//! | [`Regression`], [`Logistic`] | nothing: a head is after labels | codes, one view |
//!
//! The fast step takes those without arrays of their own and without labels. Reduced dynamics takes all but
//! those that need samples, a slower copy of the learner, or more than two views.
//!
//! Source: Definition 2.2, eq. (2.1), (2.2); docs/theory.md 2.3 and 4.1.
//!
//! To add an objective: one file with a type that implements [`Objective`] and the [`Part`] that declares it;
//! below, its line in the list. `examples/extend/objective.rs` is such a file.

mod gradients;
mod pairs;
mod predicting;
mod predictor;
mod scaled;
mod standardised;
mod views;

pub use alignment_uniformity::{AlignmentSettings, AlignmentUniformity};
pub use barlow_twins::{BarlowTwins, Correlation};
pub use byol::Byol;
pub use gradients::Gradients;
pub use hard_negatives::{HardNegativeSettings, HardNegatives};
pub use info_nce::InfoNce;
pub use logistic::{Logistic, label_of};
pub use masked_reconstruction::MaskedReconstruction;
pub use nt_xent::NtXent;
pub use predicting::{PredictionDistance, PredictorSettings};
pub use predictor::Predictor;
pub use regression::Regression;
pub use scaled::FeatureScale;
pub use simsiam::SimSiam;
pub use spectral::Spectral;
pub use supervised_contrastive::SupervisedContrastive;
pub use supervised_spectral::SupervisedSpectral;
pub use vicreg::{VicReg, VicRegSettings};

use crate::math::kernel::Precision;
use crate::math::{Matrix, ParameterError, require};
use crate::part::{Fallback, Given, Kind, ParameterArray, Part, PartSetting, Range, Slot, Slotted, parts};
use gradients::zeros;
use std::sync::LazyLock;
use views::{VIEWS, with_views};

parts! {
    /// The objectives.
    OBJECTIVES: Slot<Box<dyn Objective>> = ("objective", "What training minimises.", "info_nce");
    info_nce;
    spectral;
    regression;
    barlow_twins;
    vicreg;
    alignment_uniformity;
    nt_xent;
    supervised_contrastive;
    supervised_spectral;
    simsiam;
    byol;
    hard_negatives;
    masked_reconstruction;
    logistic;
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

/// How many labels are wrong.
const LABEL_NOISE: PartSetting = PartSetting::new(
    "label_noise",
    Kind::Number(Range::FRACTION),
    Fallback::Absent("every sample has its own label"),
    "Share of the samples of a step whose label is that of another sample, drawn anew.",
);

/// What decides the class of a sample.
const LABEL_ATOM: PartSetting = PartSetting::new(
    "label_atom",
    Kind::count(0),
    Fallback::Absent("the classes of the data law"),
    "Atom whose code entry gives the class, counted from 0. Its sign (-1, 0 or 1) is the class, so that data \
     without classes have three.",
);

/// Where the labels of samples come from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Labels {
    /// Probability that a sample's label is that of another sample, drawn anew; in [0, 1].
    pub noise: f64,
    /// The atom whose sign is the class; `None`: the classes of the data law.
    pub atom: Option<usize>,
}

impl Labels {
    /// As a part's settings say it.
    fn of(given: &Given) -> Result<Self, ParameterError> {
        let noise = given.optional_number(LABEL_NOISE.name).unwrap_or(0.0);
        let labels = Self { noise, atom: given.optional_whole(LABEL_ATOM.name).map(|atom| atom as usize) };
        labels.check().map(|()| labels)
    }

    /// Checks the ranges.
    pub fn check(&self) -> Result<(), ParameterError> {
        require(Range::FRACTION.contains(self.noise), LABEL_NOISE.name, self.noise, Range::FRACTION)
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
#[allow(clippy::struct_excessive_bools, reason = "a list of questions, each with an answer of its own")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Two views of every sample; else its anchors are the samples themselves.
    pub two_views: bool,
    /// Negatives.
    pub negatives: bool,
    /// The codes z of the samples: labels.
    pub codes: bool,
    /// The classes of the samples, which follow from their codes.
    pub classes: bool,
    /// Other anchors of the batch, which it compares with each other: at least two.
    pub other_anchors: bool,
    /// The features of a slower copy of the learner, which it predicts.
    pub target: bool,
    /// The samples and their anchors before the network, of which the anchors' masks have removed a part.
    pub inputs: bool,
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
    /// z of the anchors' samples, P × d; without rows unless needed. Where labels are wrong, another
    /// sample's.
    pub codes: &'a Matrix,
    /// The classes of the anchors' samples, P of them, `None` for a sample without one; empty unless needed.
    pub classes: &'a [Option<u32>],
    /// Features of anchors and positives by the slower copy of the learner, P × K each; without rows unless
    /// needed.
    pub target: [&'a Matrix; 2],
    /// The samples x and the anchors x⁺ themselves, P × d1 each; without rows unless needed.
    pub inputs: [&'a Matrix; 2],
}

impl<'a> Batch<'a> {
    /// Two views, [anchor, positive], with negatives and nothing else.
    pub fn of_views(views: [&'a Matrix; 2], negatives: &'a Matrix, negative_set: NegativeSet) -> Self {
        static NOTHING: LazyLock<Matrix> = LazyLock::new(Matrix::default);
        let [anchor, positive] = views;
        let (target, inputs) = ([&*NOTHING; 2], [&*NOTHING; 2]);
        Self { anchor, positive, negatives, negative_set, codes: &NOTHING, classes: &[], target, inputs }
    }

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
    /// ℓ'_p, the probability that the softmax gives to the positive, or to all positives together.
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
    /// Entries of a sample as the first layer sees it: d1 in the ambient space.
    pub input_dim: usize,
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
    /// E z_j², averaged over the atoms: the activity where active entries are ±1.
    pub activity: f64,
    /// P, samples of a step.
    pub anchors: usize,
    /// K, features of a sample.
    pub features: usize,
}

/// A loss on features.
pub trait Objective: Send + Sync {
    /// What it asks of a batch.
    fn needs(&self) -> Needs;

    /// Whether samples are contrasted with each other.
    fn contrasts(&self) -> bool {
        self.needs().negatives
    }

    /// V ≥ 2, views of a sample, if it needs two or more. Training averages the loss over all ordered pairs.
    fn views(&self) -> usize {
        2
    }

    /// Where its labels come from, if it needs any.
    fn labels(&self) -> Labels {
        Labels::default()
    }

    /// Share of itself that the slower copy of the learner keeps in a step, in [0, 1], if it needs one.
    fn target_decay(&self) -> f64 {
        1.0
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

    /// Whether it standardises features over a batch, of which it then needs two samples at least.
    fn standardises(&self) -> bool {
        false
    }

    /// The matrix by which it predicts the features of the other view, K × K with K = `features`; `None` for an
    /// objective that predicts nothing, or not by a matrix. `arrays` are its own.
    fn prediction(&self, _features: usize, _arrays: &[Matrix]) -> Option<Matrix> {
        None
    }

    /// Evaluates the loss, averaged over the anchors, and its gradients.
    ///
    /// # Shapes
    /// `arrays`: its own, in the order and shapes of [`Objective::begin`], as are their gradients.
    fn evaluate(&mut self, batch: &Batch<'_>, arrays: &[Matrix], gradients: &mut Gradients) -> LossReading;

    /// The margins of a classifier, P of them, each positive where it is right, and their gradients with respect to
    /// what it reads of the anchors, P × K; `None` for an objective that does not classify.
    fn margins(&self, _batch: &Batch<'_>, _arrays: &[Matrix], _gradient: &mut Matrix) -> Option<Vec<f64>> {
        None
    }

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
pub trait FastObjective: Objective {
    /// Whether features of the positive matter where the anchor's neuron is closed. If not, they may hold
    /// anything finite there.
    fn reads_closed_positives(&self) -> bool {
        true
    }

    /// [`Objective::evaluate`] without arrays, with similarities from features rounded to `precision`, which
    /// it may ignore.
    fn evaluate_in(
        &mut self,
        _precision: Precision,
        batch: &Batch<'_>,
        gradients: &mut Gradients,
    ) -> LossReading {
        self.evaluate(batch, &[], gradients)
    }
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

/// The guide's example of an objective is an objective.
#[cfg(test)]
#[path = "../../../../examples/extend/objective.rs"]
mod example;
