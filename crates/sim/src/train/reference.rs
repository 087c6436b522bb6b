//! One training step as the paper states it: any network, objective and optimiser, plain products, nothing left out.
//!
//! The fast steps (`fast`, `reduced`) compute the same for the parts that they accept, and are tested against this one.
//!
//! Source: Section 3 of the paper (training algorithm); docs/theory.md 3 and 4.1.

use super::Learner;
use super::climb::Climb;
use super::drawing::DrawnBatch;
use super::learner::StepGradients;
use super::pass::Pass;
use super::process::{Parts, StepPart};
use crate::data::DataModel;
use crate::math::Matrix;
use crate::math::linalg::{add_transposed_times, times_transposed};
use crate::objective::LossReading;

/// The samples of a step and the gradient of W, allocated once.
#[derive(Default)]
pub(super) struct Reference {
    samples: DrawnBatch,
    climb: Climb,
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
        let needs = parts.objective.needs();
        // x, x⁺, x⁺⁺, x_s
        self.samples.draw(data, parts, learner, pass);
        let (samples, above) = (&mut self.samples, parts.above());
        done(StepPart::Samples);
        // f(x⁺), f(x⁺⁺), f(x_s), f the network on W x and b, and what the head makes of them
        times_transposed(&mut pass.anchor.pre, &samples.anchor, learner.weights());
        if needs.negatives {
            times_transposed(&mut pass.negatives.pre, &samples.negatives, learner.weights());
        }
        pass.embed_anchors_and_negatives(above, learner);
        if !pass.one_view {
            times_transposed(&mut pass.positive.pre, &samples.positive, learner.weights());
            pass.embed_positives(above);
        }
        pass.embed_further(above, learner.weights(), &samples.further);
        if let Some(target) = learner.target() {
            pass.embed_for_target(above, target, [&samples.anchor, &samples.positive]);
        }
        // x⁺ ← x⁺ + δ, where there is an adversary
        self.climb.climb(parts, learner, pass, &mut samples.anchor);
        done(StepPart::PreActivations);
        // L, ∂L/∂f
        let negative_set = parts.batch.negative_set;
        let reading = pass.evaluate(parts.objective.as_mut(), negative_set, learner);
        done(StepPart::Similarity);
        // C = ∂L/∂(W x), ∂L/∂b
        let above = parts.above();
        pass.backward(above);
        pass.observe(above, learner);
        done(StepPart::Activation);
        // ∂L/∂W = Σ Cᵀ x over the branches that are not behind StopGrad
        let positive = if pass.one_view { &samples.anchor } else { &samples.positive };
        let gradients = &pass.gradients;
        self.d_weights.resize(learner.weights().rows(), learner.weights().cols());
        self.d_weights.as_mut_slice().fill(0.0);
        let branches = [
            (Some(&gradients.anchor), &samples.anchor),
            (gradients.positive.as_ref(), positive),
            (gradients.negatives.as_ref(), &samples.negatives),
        ];
        for (coefficients, x) in branches {
            if let Some(coefficients) = coefficients {
                add_transposed_times(&mut self.d_weights, coefficients, x);
            }
        }
        for (coefficients, x) in pass.further_gradients.iter().zip(&samples.further) {
            add_transposed_times(&mut self.d_weights, coefficients, x);
        }
        // Along the gradients, then thresholds and stages
        let gradients = StepGradients {
            weights: &self.d_weights,
            parameters: &pass.parameter_gradients.network,
            head: &pass.parameter_gradients.head,
            objective: &gradients.arrays,
            rate_ratio: parts.objective.rate_ratio(),
        };
        learner.descend(parts.optimizer.as_ref(), &gradients);
        learner.conclude(reading.loss, &gradients.parameters.bias);
        done(StepPart::Update);
        reading
    }
}
