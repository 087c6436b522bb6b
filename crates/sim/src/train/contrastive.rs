//! Contrastive training on samples drawn in the ambient space R^d1.
//!
//! One step, for P anchors and N negatives (row-major, W is m × d1):
//! ```text
//! A  = X⁺ Wᵀ          H⁺ = h(A, b)      H⁺⁺ = h(X⁺⁺ Wᵀ, b)      H_N = h(X_N Wᵀ, b)
//! G  = ∂L/∂H⁺ (and ∂L/∂H⁺⁺, ∂L/∂H_N unless behind StopGrad)
//! C  = G ∘ ∂h/∂a      ∇_W L = Cᵀ X⁺     ∇_b L = colsum(G ∘ ∂h/∂b)
//! ```
//! Cost: 2·m·d1·(3P + N) + 4·P·N·m FLOP while most gates are open; once they close, H⁺⁺ and the gradient are computed on the
//! open entries only (`gated`), which leaves 2·m·d1·(P + N) plus a part proportional to the firing rate.
//!
//! Source: Section 3 of the paper; docs/theory.md 4.1 and 4.2.

use super::drawing::{draw_panels, with_row};
use super::gated::Gate;
use super::pass::Pass;
use super::reading::{coordinates, decompose, embed, growth, represent};
use super::view::{BiasForces, Coordinates, Decomposed, Growth, Pairs, Represented, StepView};
use super::{Dynamics, Learner, Snapshot, SnapshotError, StopReason, TrainingRule};
use crate::augment::Augmentation;
use crate::data::DataModel;
use crate::encoder::Encoder;
use crate::loss::{Loss, LossReading, NegativeSet};
use crate::math::descent::{Coefficients, Descent, descend};
use crate::math::kernel::{Precision, ROWS};
use crate::math::panels::{Panels, Right, panels_product};
use crate::math::{Matrix, ParameterError, Purpose, Stream, parallel, require};

/// How many samples a step draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchPlan {
    /// P ≥ 1.
    pub anchors: usize,
    /// N ≥ 1 fresh negatives; ignored when they come from the batch (then N = P − 1).
    pub negatives: usize,
    /// Where negatives come from.
    pub negative_set: NegativeSet,
    /// Whether negatives are raw samples (the paper) or single views (Remark 2.4).
    pub negative_views: NegativeViews,
}

/// What is done to negatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NegativeViews {
    /// Raw samples.
    Raw,
    /// One view each, like an anchor.
    Augmented,
}

impl BatchPlan {
    pub(super) fn check(&self) -> Result<(), ParameterError> {
        require(self.anchors >= 1, "anchors", self.anchors, "at least 1")?;
        match self.negative_set {
            NegativeSet::Fresh => require(self.negatives >= 1, "negatives", self.negatives, "at least 1"),
            NegativeSet::InBatch => {
                let accepted = "at least 2 when the negatives come from the batch";
                require(self.anchors >= 2, "anchors", self.anchors, accepted)
            }
        }
    }

    fn negative_rows(&self) -> usize {
        match self.negative_set {
            NegativeSet::Fresh => self.negatives,
            NegativeSet::InBatch => self.anchors,
        }
    }
}

/// How the products with W are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arithmetic {
    /// In single precision.
    #[default]
    Single,
    /// Inputs rounded to bfloat16 and sums in single precision. Where the negatives are the batch's own raw samples and
    /// the masks are complementary, W x⁺⁺ = s·W x − W x⁺ takes the place of a product. Parameters, loss and biases stay in
    /// single precision.
    Mixed,
}

impl Arithmetic {
    /// What the inputs of products are rounded to.
    pub fn precision(self) -> Precision {
        match self {
            Self::Single => Precision::Single,
            Self::Mixed => Precision::Half,
        }
    }
}

/// The parts that a contrastive run is made of.
pub struct ContrastiveParts {
    /// What a sample is.
    pub data: Box<dyn DataModel>,
    /// What its views are.
    pub augmentation: Box<dyn Augmentation>,
    /// The activation.
    pub encoder: Box<dyn Encoder>,
    /// The loss.
    pub loss: Box<dyn Loss>,
    /// The batch.
    pub batch: BatchPlan,
    /// How the learner moves.
    pub rule: TrainingRule,
    /// The seed of everything random.
    pub seed: u64,
}

/// The parts of a step, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepPart {
    /// Samples and their views.
    Samples,
    /// W x for anchors, positives and negatives, and the embeddings.
    PreActivations,
    /// Similarities, loss and its gradients with respect to the embeddings.
    Similarity,
    /// Gradients with respect to pre-activations and biases.
    Activation,
    /// The weight gradient and the step along it.
    Update,
}

/// Buffers of one step, allocated once.
#[derive(Default)]
struct Scratch {
    anchor: Panels,
    positive: Panels,
    negatives: Panels,
    pass: Pass,
    coefficients: [Coefficients; 3],
    gate: Gate,
}

/// Contrastive learning in R^d1.
pub struct Contrastive {
    parts: ContrastiveParts,
    learner: Learner,
    scratch: Scratch,
    batch: Option<(LossReading, f64)>,
    arithmetic: Arithmetic,
}

impl Contrastive {
    /// Sets the learner to its initial state.
    pub fn new(parts: ContrastiveParts) -> Result<Self, ParameterError> {
        parts.batch.check()?;
        let (d1, d) = (parts.data.ambient_dim(), parts.data.latent_dim());
        let learner = Learner::new(parts.rule.clone(), d1, d, parts.seed)?;
        let mut scratch = Scratch::default();
        scratch.pass.one_view = parts.augmentation.positive_is_anchor();
        Ok(Self { parts, learner, scratch, batch: None, arithmetic: Arithmetic::Single })
    }

    /// The same with another arithmetic.
    #[must_use]
    pub fn with_arithmetic(mut self, arithmetic: Arithmetic) -> Self {
        let precision = arithmetic.precision();
        let s = &mut self.scratch;
        for panels in [&mut s.anchor, &mut s.positive, &mut s.negatives] {
            *panels = Panels::new(precision);
        }
        self.parts.loss.use_precision(precision);
        self.arithmetic = arithmetic;
        self
    }

    /// The learner.
    pub fn learner(&self) -> &Learner {
        &self.learner
    }

    /// One step, calling `done` at the end of each of its parts: what a benchmark needs.
    pub fn step_in_parts(&mut self, done: &mut dyn FnMut(StepPart)) -> Option<StepView<'_>> {
        if !self.learner.may_step() {
            return None;
        }
        self.draw_batch();
        done(StepPart::Samples);
        self.forward();
        done(StepPart::PreActivations);
        let pass = &mut self.scratch.pass;
        let reading = pass.evaluate(self.parts.loss.as_mut(), self.parts.batch.negative_set);
        done(StepPart::Similarity);
        pass.backward(self.parts.encoder.as_ref());
        self.batch = Some((reading, pass.firing_rate()));
        done(StepPart::Activation);
        self.update(reading);
        done(StepPart::Update);
        Some(self.view())
    }

    fn stream(&self, purpose: Purpose) -> Stream {
        Stream::new(self.parts.seed, purpose, self.learner.step() as u32)
    }

    /// Draws the step's samples and views.
    fn draw_batch(&mut self) {
        let (positives, masks) = (self.stream(Purpose::POSITIVES), self.stream(Purpose::MASKS));
        let (negatives, negative_masks) =
            (self.stream(Purpose::NEGATIVES), self.stream(Purpose::NEGATIVE_MASKS));
        let BatchPlan { anchors, negative_set, negative_views, .. } = self.parts.batch;
        let negative_rows = self.parts.batch.negative_rows();
        let d1 = self.parts.data.ambient_dim();
        let same = self.parts.augmentation.positive_is_anchor();
        let shared_sum = self.shared_sum();
        let s = &mut self.scratch;
        s.anchor.resize(anchors, d1);
        s.positive.resize(if same || shared_sum.is_some() { 0 } else { anchors }, d1);
        s.negatives.resize(negative_rows, d1);
        let (data, augmentation) = (self.parts.data.as_ref(), self.parts.augmentation.as_ref());

        // Raw negatives from the batch are the positives' samples before they become views.
        let shared = negative_set == NegativeSet::InBatch && negative_views == NegativeViews::Raw && !same;
        if !shared {
            let from = match negative_set {
                NegativeSet::Fresh => &negatives,
                NegativeSet::InBatch => &positives,
            };
            draw_panels(&mut s.negatives, data, from, |row, x| {
                if negative_views == NegativeViews::Augmented {
                    augmentation.single_view(&negative_masks, row, x);
                }
            });
        }
        if same {
            return draw_panels(&mut s.anchor, data, &positives, |_, _| ());
        }
        // A sample becomes its two views while it is still in the first-level cache.
        let raw =
            s.negatives.panels_mut().map(Some).filter(|_| shared).chain(std::iter::repeat_with(|| None));
        let second = s.positive.panels_mut().map(Some).chain(std::iter::repeat_with(|| None));
        let panels = s.anchor.panels_mut().zip(second).zip(raw);
        parallel::for_each_piece(panels, |((mut anchor, mut positive), mut raw)| {
            with_row(data, |x, y, z| {
                for r in 0..ROWS.min(anchors - anchor.first_row) {
                    let row = (anchor.first_row + r) as u32;
                    data.draw(&positives, row, x, z);
                    if let Some(raw) = &mut raw {
                        raw.set_row(r, x);
                    }
                    augmentation.views(&masks, row, x, y);
                    anchor.set_row(r, x);
                    if let Some(positive) = &mut positive {
                        positive.set_row(r, y);
                    }
                }
            });
        });
    }

    /// `Some(s)` where W x⁺⁺ is taken from s·W x − W x⁺.
    fn shared_sum(&self) -> Option<f32> {
        let BatchPlan { negative_set, negative_views, .. } = self.parts.batch;
        let raw = negative_set == NegativeSet::InBatch && negative_views == NegativeViews::Raw;
        // The gradient of a positive that is not behind StopGrad needs its samples.
        let stopped = !self.parts.loss.reads_positive_where_anchor_is_zero();
        let sum = self.parts.augmentation.sum_of_views();
        sum.filter(|_| raw && stopped && self.arithmetic == Arithmetic::Mixed)
    }

    /// Embeds the batch. The positives are computed only where they are read.
    fn forward(&mut self) {
        let (weights, bias) = (self.learner.weights(), self.learner.bias());
        let encoder = self.parts.encoder.as_ref();
        let everywhere = self.parts.loss.reads_positive_where_anchor_is_zero();
        let shared_sum = self.shared_sum();
        let Scratch { anchor, positive, negatives, pass, gate, .. } = &mut self.scratch;
        panels_product(&mut pass.pre_anchor, anchor, Right::Transposed(weights));
        panels_product(&mut pass.pre_negatives, negatives, Right::Transposed(weights));
        pass.embed_anchors_and_negatives(encoder, bias);
        gate.read(&pass.pre_anchor, |pre, open| encoder.push_open(pre, bias, open));
        if pass.one_view {
            return;
        }
        if let Some(sum) = shared_sum {
            pass.pre_positive.resize(pass.pre_anchor.rows(), pass.pre_anchor.cols());
            let parts = pass.pre_anchor.as_slice().iter().zip(pass.pre_negatives.as_slice());
            for (positive, (anchor, sample)) in pass.pre_positive.as_mut_slice().iter_mut().zip(parts) {
                *positive = sum * sample - anchor;
            }
        } else if gate.is_worth_it() && !everywhere && positive.precision() == Precision::Single {
            gate.products(&mut pass.pre_positive, positive, weights);
        } else {
            panels_product(&mut pass.pre_positive, positive, Right::Transposed(weights));
        }
        pass.embed_positives(encoder);
    }

    /// Moves the learner along the gradients: W ← (1 − ηλ) W − η Cᵀ X.
    fn update(&mut self, reading: LossReading) {
        let Scratch { anchor, positive, negatives, pass, coefficients, gate } = &mut self.scratch;
        let Pass { one_view, grads, d_bias, .. } = pass;
        let positive = if *one_view { &*anchor } else { &*positive };
        let gated = gate.is_worth_it();
        let anchor_grads = Some(&grads.anchor).filter(|_| !gated);
        let dense = [anchor_grads, grads.positive.as_ref(), grads.negatives.as_ref()];
        for (coefficients, d_pre) in coefficients.iter_mut().zip(dense) {
            match d_pre {
                Some(d_pre) => coefficients.set(d_pre, anchor.precision()),
                None => coefficients.clear(),
            }
        }
        let [first, second, third] = &*coefficients;
        let terms = [(first, &*anchor), (second, positive), (third, &*negatives)];
        let gradient = |weights: &mut Matrix, mut descent: Descent| {
            if gated {
                gate.descend(weights, descent, &grads.anchor, anchor);
                descent.keep = 1.0;
            }
            if dense.iter().any(Option::is_some) {
                descend(weights, descent, &terms);
            }
        };
        self.learner.advance_by(gradient, d_bias, reading.loss);
    }

    /// f(x) of given samples, n × d1 to n × m.
    fn embed(&self, x: &Matrix) -> Matrix {
        embed(&self.learner, self.parts.encoder.as_ref(), x)
    }
}

impl Dynamics for Contrastive {
    fn step(&mut self) -> Option<StepView<'_>> {
        self.step_in_parts(&mut |_| ())
    }

    fn view(&self) -> StepView<'_> {
        self.learner.view(self.batch, self)
    }

    fn stop_reason(&self) -> Option<&StopReason> {
        self.learner.stop_reason()
    }

    fn encoder(&self) -> &dyn Encoder {
        self.parts.encoder.as_ref()
    }

    fn coordinates(&self) -> Coordinates {
        coordinates(self.learner.weights(), self.parts.data.as_ref())
    }

    fn growth(&self) -> Growth {
        growth(&self.learner, self.parts.data.as_ref())
    }

    fn bias_forces(&self) -> Option<BiasForces> {
        self.batch?;
        Some(self.scratch.pass.bias_forces(self.parts.encoder.as_ref()))
    }

    fn represent(&self, stream: &Stream, first_row: usize, rows: usize) -> Represented {
        represent(self.parts.data.as_ref(), stream, first_row, rows, |x| self.embed(x))
    }

    fn represent_pairs(&self, stream: &Stream, first_row: usize, rows: usize) -> Option<Pairs> {
        let mut anchor = self.parts.data.sample(stream, first_row, rows).x;
        let same = self.parts.augmentation.positive_is_anchor();
        let mut positive = Matrix::zeros(if same { 0 } else { rows }, anchor.cols());
        // Samples and masks are different parts of a stream.
        for i in 0..rows {
            let other = if same { &mut [][..] } else { positive.row_mut(i) };
            self.parts.augmentation.views(stream, (first_row + i) as u32, anchor.row_mut(i), other);
        }
        let anchor = self.embed(&anchor);
        let positive = if same { anchor.clone() } else { self.embed(&positive) };
        Some(Pairs { anchor, positive })
    }

    fn decompose(&self, stream: &Stream, first_row: usize, rows: usize) -> Decomposed {
        decompose(self.parts.data.as_ref(), stream, first_row, rows, |x| self.embed(x))
    }

    fn snapshot(&self) -> Snapshot {
        self.learner.snapshot()
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        self.learner.restore(snapshot)?;
        self.batch = None;
        Ok(())
    }
}
