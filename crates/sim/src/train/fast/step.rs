//! The fast contrastive step.
//!
//! One step, for P anchors and N negatives (row-major, W is m × d1):
//! ```text
//! A  = X⁺ Wᵀ          H⁺ = h(A, b)      H⁺⁺ = h(X⁺⁺ Wᵀ, b)      H_N = h(X_N Wᵀ, b)
//! G  = ∂L/∂H⁺ (and ∂L/∂H⁺⁺, ∂L/∂H_N unless behind StopGrad)
//! C  = G ∘ ∂h/∂a      ∇_W L = Cᵀ X⁺     ∇_b L = colsum(G ∘ ∂h/∂b)
//! ```
//! Cost: 2·m·d1·(3P + N) + 4·P·N·m FLOP while most gates are open; once they close, H⁺⁺ and the gradient are
//! computed on the
//! open entries only (`gated`), which leaves 2·m·d1·(P + N) plus a part proportional to the firing rate.
//!
//! Source: Section 3 of the paper; docs/theory.md 4.1 and 4.2.

use super::super::Learner;
use super::super::drawing::{DrawnBatch, Views};
use super::super::pass::{Above, Pass};
use super::super::process::{Arithmetic, BatchPlan, NegativeViews, Parts, StepPart, StepStreams};
use super::drawing::{draw_panels, with_row};
use super::gated::Gate;
use crate::augment::Augmentation;
use crate::data::DataModel;
use crate::math::descent::{Coefficients, Descent, descend};
use crate::math::kernel::{Precision, ROWS};
use crate::math::panels::{Panels, Right, panels_product};
use crate::math::{Matrix, parallel};
use crate::objective::{LossReading, NegativeSet};

/// Variance of x⁺ + x⁺⁺ in a coordinate, over its mean square, up to which the sum counts as constant: rounding.
const NO_VARIANCE: f64 = 1e-12;

/// Buffers of one step, allocated once.
#[derive(Default)]
pub(in crate::train) struct Fast {
    anchor: Panels,
    positive: Panels,
    negatives: Panels,
    coefficients: [Coefficients; 3],
    gate: Gate,
    arithmetic: Arithmetic,
    /// Where parts that want whole batches get them; they are rare.
    whole: Box<DrawnBatch>,
    /// Whether features of the positive are read where the anchor's gate is closed.
    reads_closed_positives: bool,
}

impl Fast {
    /// A step for parts that [`accepts`](super::accepts) takes.
    pub fn new(parts: &mut Parts, arithmetic: Arithmetic) -> Self {
        let panels = || Panels::new(arithmetic.precision());
        let objective = parts.objective.fast();
        Self {
            anchor: panels(),
            positive: panels(),
            negatives: panels(),
            arithmetic,
            reads_closed_positives: objective.is_none_or(|objective| objective.reads_closed_positives()),
            ..Self::default()
        }
    }

    /// Takes a step, calling `done` at the end of each of its parts.
    pub fn step(
        &mut self,
        (data, parts): (&dyn DataModel, &mut Parts),
        learner: &mut Learner,
        pass: &mut Pass,
        done: &mut dyn FnMut(StepPart),
    ) -> LossReading {
        let has_whole_views = parts.augmentation.whole_batches().is_some() && !pass.one_view;
        if has_whole_views || data.whole_batches().is_some() {
            self.draw_whole_batch(data, parts, learner, pass);
        } else {
            self.draw_batch(data, parts, learner);
        }
        done(StepPart::Samples);
        self.forward(parts, learner, pass);
        done(StepPart::PreActivations);
        let (batch, gradients) = pass.batch(parts.batch.negative_set);
        let reading = match parts.objective.fast() {
            Some(objective) => objective.evaluate_in(self.arithmetic.precision(), &batch, gradients),
            None => unreachable!("only such objectives are accepted"),
        };
        done(StepPart::Similarity);
        pass.backward(above(parts));
        done(StepPart::Activation);
        self.update(learner, pass);
        learner.conclude(reading.loss, &pass.parameter_gradients.network.bias);
        done(StepPart::Update);
        reading
    }

    /// Draws the step's samples and views where data or augmentation want whole batches.
    fn draw_whole_batch(&mut self, data: &dyn DataModel, parts: &Parts, learner: &Learner, pass: &mut Pass) {
        self.whole.draw(data, parts, learner, pass);
        self.anchor.set(&self.whole.anchor);
        self.positive.set(&self.whole.positive);
        self.negatives.set(&self.whole.negatives);
    }

    /// Draws the step's samples and views, row by row.
    fn draw_batch(&mut self, data: &dyn DataModel, parts: &Parts, learner: &Learner) {
        let StepStreams { positives, masks, negatives, negative_masks, .. } =
            StepStreams::new(parts.seed, learner);
        let BatchPlan { anchors, negative_set, negative_views, .. } = parts.batch;
        let (d1, same) = (data.ambient_dim(), parts.has_one_view());
        let shared_sum = self.shared_sum(parts);
        let s = self;
        s.anchor.resize(anchors, d1);
        s.positive.resize(if same || shared_sum.is_some() { 0 } else { anchors }, d1);
        s.negatives.resize(parts.negative_rows(), d1);
        let augmentation = parts.augmentation.as_ref();
        let views = Views { augmentation, atoms: data.dictionary().atoms() };

        // Raw negatives from the batch are the positives' samples before they become views.
        let shared = negative_set == NegativeSet::InBatch && negative_views == NegativeViews::Raw && !same;
        if !shared {
            let from = match negative_set {
                NegativeSet::Fresh => &negatives,
                NegativeSet::InBatch => &positives,
            };
            draw_panels(&mut s.negatives, data, from, |row, x, z| {
                if negative_views == NegativeViews::Augmented {
                    augmentation.single_view(&views.origin(&negative_masks, row, z), x);
                }
            });
        }
        if same {
            return draw_panels(&mut s.anchor, data, &positives, |_, _, _| ());
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
                    augmentation.views(&views.origin(&masks, row, z), x, y);
                    anchor.set_row(r, x);
                    if let Some(positive) = &mut positive {
                        positive.set_row(r, y);
                    }
                }
            });
        });
    }

    /// `Some(s)` where W x⁺⁺ is taken from s·W x − W x⁺.
    fn shared_sum(&self, parts: &Parts) -> Option<f32> {
        let BatchPlan { negative_set, negative_views, .. } = parts.batch;
        let raw = negative_set == NegativeSet::InBatch && negative_views == NegativeViews::Raw;
        // The gradient of a positive that is not behind StopGrad needs its samples.
        let may_be_shared = raw && !self.reads_closed_positives && self.arithmetic == Arithmetic::Mixed;
        sum_of_views(parts.augmentation.as_ref()).filter(|_| may_be_shared && !parts.has_one_view())
    }

    /// Embeds the batch. The positives are computed only where they are read.
    fn forward(&mut self, parts: &Parts, learner: &Learner, pass: &mut Pass) {
        let (weights, bias, network) = (learner.weights(), learner.bias(), parts.network.as_ref());
        let (shared_sum, everywhere) = (self.shared_sum(parts), self.reads_closed_positives);
        let Self { anchor, positive, negatives, gate, .. } = self;
        panels_product(&mut pass.anchor.pre, anchor, Right::Transposed(weights));
        panels_product(&mut pass.negatives.pre, negatives, Right::Transposed(weights));
        pass.embed_anchors_and_negatives(above(parts), learner);
        if let Some(gates) = network.gates() {
            gate.read(&pass.anchor.pre, |pre, open| gates.push_open(pre, bias, open));
        }
        if pass.one_view {
            return;
        }
        if let Some(sum) = shared_sum {
            pass.positive.pre.resize(pass.anchor.pre.rows(), pass.anchor.pre.cols());
            let parts = pass.anchor.pre.as_slice().iter().zip(pass.negatives.pre.as_slice());
            for (positive, (anchor, sample)) in pass.positive.pre.as_mut_slice().iter_mut().zip(parts) {
                *positive = sum * sample - anchor;
            }
        } else if gate.is_worth_it() && !everywhere && positive.precision() == Precision::Single {
            gate.products(&mut pass.positive.pre, positive, weights);
        } else {
            panels_product(&mut pass.positive.pre, positive, Right::Transposed(weights));
        }
        pass.embed_positives(above(parts));
    }

    /// Moves the learner along the gradients: W ← (1 − ηλ) W − η Cᵀ X.
    fn update(&mut self, learner: &mut Learner, pass: &Pass) {
        let Self { anchor, positive, negatives, coefficients, gate, .. } = self;
        let Pass { one_view, gradients: grads, .. } = pass;
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
        learner.descend_by(gradient);
    }
}

/// The network alone: the fast step takes no head.
fn above(parts: &Parts) -> Above<'_> {
    Above { network: parts.network.as_ref(), head: None }
}

/// `Some(s)` where x⁺ + x⁺⁺ = s·x in every coordinate, so that W x⁺⁺ = s·W x − W x⁺.
pub(in crate::train) fn sum_of_views(augmentation: &dyn Augmentation) -> Option<f32> {
    let moments = augmentation.moments()?;
    let [a, b] = moments.means;
    let mean_square = moments.squares[0] + moments.squares[1] + 2.0 * moments.product;
    let variance = mean_square - (a + b).powi(2);
    (variance <= NO_VARIANCE * mean_square).then_some((a + b) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::{IndependentMasks, IntervalMasks, Origin};
    use crate::math::{Purpose, Stream};

    #[test]
    fn views_whose_sum_has_no_variance_sum_to_a_multiple_of_the_sample() {
        let sample: Vec<f32> = (0..200).map(|i| (i as f32).sin()).collect();
        let complementary = |rate| IntervalMasks::complementary(rate).unwrap();
        let half = IntervalMasks::disjoint(0.5).unwrap();
        for masks in [complementary(0.5), complementary(0.3), complementary(0.01), half] {
            let (mut anchor, mut positive) = (sample.clone(), sample.clone());
            let (stream, atoms) = (Stream::new(1, Purpose::MASKS, 0), Matrix::default());
            let from = Origin { stream: &stream, row: 3, atoms: &atoms, code: &[] };
            masks.views(&from, &mut anchor, &mut positive);
            let sum = sum_of_views(&masks).unwrap();
            assert!(sample.iter().zip(anchor).zip(positive).all(|((x, a), b)| a + b == sum * x));
        }
        assert_eq!(sum_of_views(&IntervalMasks::disjoint(0.75).unwrap()), None);
        assert_eq!(sum_of_views(&IndependentMasks::new(0.5).unwrap()), None);
    }
}
