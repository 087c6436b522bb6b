//! Contrastive losses on embeddings, with a gradient per branch.
//!
//! A loss sees embeddings only: those of the anchors f(x⁺), of their positives f(x⁺⁺) and of the negatives f(x_s).
//! It returns one gradient per branch; `None` means that the branch is behind StopGrad.
//!
//! Source: Definition 2.2, eq. (2.1), (2.2); docs/theory.md 2.3 and 4.1.
//!
//! To add a loss: one file with a type that implements [`Loss`] and the [`Part`] that declares it; below,
//! its `mod` and its line in [`LOSSES`].

pub mod info_nce;
pub mod spectral;

pub use info_nce::InfoNce;
pub use spectral::Spectral;

use crate::math::kernel::Precision;
use crate::math::{Matrix, ParameterError};
use crate::part::{Given, Part, PartSetting, Slot, Slotted};

/// What training minimises.
pub static LOSSES: Slot<Box<dyn Loss>> =
    Slot::new("loss", "The contrastive loss.", "info_nce", &[&info_nce::PART, &spectral::PART]);

/// A part that is a loss.
type LossPart = Part<Box<dyn Loss>>;

impl Slotted for Box<dyn Loss> {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &LOSSES
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NegativeSet {
    /// Every row of the negatives, shared by all anchors.
    Fresh,
    /// The negatives are the batch's own samples, row p belonging to anchor p, which leaves that row out.
    InBatch,
}

/// The embeddings of one step.
#[derive(Clone, Copy, Debug)]
pub struct Embeddings<'a> {
    /// f(x⁺), P × m.
    pub anchor: &'a Matrix,
    /// f(x⁺⁺), P × m. Where [`Loss::reads_positive_where_anchor_is_zero`] is false, entries whose anchor entry is zero
    /// and closed may hold anything finite.
    pub positive: &'a Matrix,
    /// f(x_s), N × m (N = P when in batch).
    pub negatives: &'a Matrix,
    /// How negatives belong to anchors.
    pub negative_set: NegativeSet,
}

impl Embeddings<'_> {
    /// Number of negatives that each anchor sees.
    pub fn negatives_per_anchor(&self) -> usize {
        match self.negative_set {
            NegativeSet::Fresh => self.negatives.rows(),
            NegativeSet::InBatch => self.negatives.rows() - 1,
        }
    }
}

/// ∂L/∂f per branch for the loss averaged over anchors. Buffers are kept from step to step.
#[derive(Clone, Debug, Default)]
pub struct EmbeddingGrads {
    /// ∂L/∂f(x⁺), P × m.
    pub anchor: Matrix,
    /// ∂L/∂f(x⁺⁺), P × m; `None` behind StopGrad.
    pub positive: Option<Matrix>,
    /// ∂L/∂f(x_s), N × m; `None` behind StopGrad.
    pub negatives: Option<Matrix>,
    /// How strongly each anchor is pulled to its positive: −∂L/∂f(x⁺) contains + pull_p · f(x⁺⁺), P entries.
    pub pull: Vec<f32>,
}

/// The gradient of a branch, all zero and of the shape of its embeddings; keeps the buffer of the last step.
fn zeros<'a>(grad: &'a mut Option<Matrix>, embeddings: &Matrix) -> &'a mut Matrix {
    let grad = grad.get_or_insert_default();
    grad.resize(embeddings.rows(), embeddings.cols());
    grad.as_mut_slice().fill(0.0);
    grad
}

/// What a batch's loss was made of; every figure is a mean over the anchors.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LossReading {
    /// The loss.
    pub loss: f64,
    /// Sim(x⁺, x⁺⁺).
    pub positive_logit: f64,
    /// Mean over negatives of Sim(x⁺, x_s).
    pub negative_logit: f64,
    /// ℓ'_p, the probability that the softmax gives to the positive (InfoNCE; for other losses NaN).
    pub positive_probability: f64,
}

/// A contrastive loss.
pub trait Loss: Send + Sync {
    /// Evaluates the loss, averaged over the anchors, and its gradients.
    fn evaluate(&mut self, embeddings: &Embeddings<'_>, grads: &mut EmbeddingGrads) -> LossReading;

    /// Asks for similarities and mean embeddings from inputs of this precision. A loss may ignore it.
    fn use_precision(&mut self, _precision: Precision) {}

    /// Whether entries of the positive's embedding matter where the anchor's neuron is closed. If not, they need not
    /// be computed.
    fn reads_positive_where_anchor_is_zero(&self) -> bool;

    /// The loss of embeddings that are all zero, each anchor with so many negatives.
    fn at_rest(&self, negatives: usize) -> f64;

    /// A loss that no learner with so many neurons undercuts.
    fn lowest(&self, width: usize) -> f64;

    /// What closed forms for InfoNCE need to know of it; `None` for other losses.
    fn info_nce(&self) -> Option<InfoNceForm> {
        None
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
