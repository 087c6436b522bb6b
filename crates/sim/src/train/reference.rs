//! One training step as the paper states it: any network, objective and optimiser, plain products, nothing left out.
//!
//! The fast steps (`fast`, `reduced`) compute the same for the parts that they accept, and are tested against this one.
//!
//! Source: Section 3 of the paper (training algorithm); docs/theory.md 3 and 4.1.

use super::Learner;
use super::drawing::{draw_rows, draw_views, single_views};
use super::learner::StepGradients;
use super::pass::Pass;
use super::process::{NegativeViews, Parts, StepPart, StepStreams};
use crate::data::DataModel;
use crate::math::Matrix;
use crate::math::linalg::{add_transposed_times, times_transposed};
use crate::objective::{LossReading, NegativeSet};

/// The samples of a step and the gradient of W, allocated once; rows are samples.
#[derive(Default)]
pub(super) struct Reference {
    anchor: Matrix,
    positive: Matrix,
    negatives: Matrix,
    /// Codes of samples that nobody asks for.
    unread: Matrix,
    d_weights: Matrix,
}

impl Reference {
    /// Takes a step, calling `done` at the end of each of its parts.
    pub fn step(
        &mut self,
        (data, parts): (&dyn DataModel, &mut Parts),
        learner: &mut Learner,
        pass: &mut Pass,
        done: &mut dyn FnMut(StepPart),
    ) -> LossReading {
        let (needs, network) = (parts.objective.needs(), parts.network.as_ref());
        // x, x⁺, x⁺⁺, x_s
        self.draw(data, parts, learner, pass);
        done(StepPart::Samples);
        // f(x⁺), f(x⁺⁺), f(x_s), f the network on W x and b
        times_transposed(&mut pass.anchor.pre, &self.anchor, learner.weights());
        if needs.negatives {
            times_transposed(&mut pass.negatives.pre, &self.negatives, learner.weights());
        }
        pass.embed_anchors_and_negatives(network, learner.parameters());
        if !pass.one_view {
            times_transposed(&mut pass.positive.pre, &self.positive, learner.weights());
            pass.embed_positives(network);
        }
        done(StepPart::PreActivations);
        // L, ∂L/∂f
        let negative_set = parts.batch.negative_set;
        let reading = pass.evaluate(parts.objective.as_mut(), negative_set, learner);
        done(StepPart::Similarity);
        // C = ∂L/∂(W x), ∂L/∂b
        pass.backward(network);
        done(StepPart::Activation);
        // ∂L/∂W = Σ Cᵀ x over the branches that are not behind StopGrad
        let positive = if pass.one_view { &self.anchor } else { &self.positive };
        let gradients = &pass.gradients;
        self.d_weights.resize(learner.weights().rows(), learner.weights().cols());
        self.d_weights.as_mut_slice().fill(0.0);
        let branches = [
            (Some(&gradients.anchor), &self.anchor),
            (gradients.positive.as_ref(), positive),
            (gradients.negatives.as_ref(), &self.negatives),
        ];
        for (coefficients, x) in branches {
            if let Some(coefficients) = coefficients {
                add_transposed_times(&mut self.d_weights, coefficients, x);
            }
        }
        // Along the gradients, then thresholds and stages
        let gradients = StepGradients {
            weights: &self.d_weights,
            parameters: &pass.parameter_gradients,
            objective: &gradients.arrays,
            rate_ratio: parts.objective.rate_ratio(),
        };
        learner.descend(parts.optimizer.as_ref(), &gradients);
        learner.conclude(reading.loss, &gradients.parameters.bias);
        done(StepPart::Update);
        reading
    }

    /// Draws the step's samples and views: x = M z + ξ, and two views or one of it.
    fn draw(&mut self, data: &dyn DataModel, parts: &Parts, learner: &Learner, pass: &mut Pass) {
        let streams = StepStreams::new(parts.seed, learner);
        let needs = parts.objective.needs();
        let Self { anchor, positive, negatives, unread, .. } = self;
        let codes = if needs.codes { &mut pass.codes } else { &mut *unread };
        draw_rows(data, &streams.positives, parts.batch.anchors, anchor, codes);
        if needs.negatives {
            match parts.batch.negative_set {
                NegativeSet::Fresh => {
                    draw_rows(data, &streams.negatives, parts.batch.negatives, negatives, unread);
                }
                NegativeSet::InBatch => negatives.clone_from(anchor),
            }
            if parts.batch.negative_views == NegativeViews::Augmented {
                single_views(parts.augmentation.as_ref(), &streams.negative_masks, negatives);
            }
        }
        if !pass.one_view {
            draw_views(parts.augmentation.as_ref(), &streams.masks, anchor, positive);
        }
    }
}
