//! The part of a step that sees pre-activations only: features, loss, and the gradients with respect to
//! pre-activations and parameters. It is the same in the ambient space and without it, fast and slow.
//!
//! Source: Section 3 of the paper; docs/theory.md 4.1.

use super::Learner;
use super::reading::firing_rate;
use super::several::evaluate_pairs;
use super::target::Target;
use super::view::BiasForces;
use crate::math::Matrix;
use crate::math::linalg::times_transposed;
use crate::network::{Network, ParameterGradients, Parameters, Tape};
use crate::objective::{Batch, Gradients, LossReading, NegativeSet, Objective};

/// One group of samples on its way through the network; rows are samples.
#[derive(Default)]
pub(super) struct Branch {
    /// W x, n × m.
    pub pre: Matrix,
    /// f(x), n × K.
    features: Matrix,
    tape: Tape,
}

impl Branch {
    fn forward(&mut self, network: &dyn Network, at: Parameters<'_>) {
        network.forward(&self.pre, at, &mut self.tape, &mut self.features);
    }
}

/// Its buffers, allocated once.
#[derive(Default)]
pub(super) struct Pass {
    /// Whether a sample has one view: positives are then the anchors, and their buffers stay empty.
    pub one_view: bool,
    pub anchor: Branch,
    pub positive: Branch,
    pub negatives: Branch,
    /// Anchors and positives as the slower copy of the learner sees them, where the objective needs it; with
    /// one view only the first.
    target: [Branch; 2],
    /// Views beyond the second.
    further: Vec<Branch>,
    /// z of the anchors' samples, where the objective needs it.
    pub codes: Matrix,
    /// The classes of the anchors' samples, where the objective needs them.
    pub classes: Vec<Option<u32>>,
    /// x and x⁺ of the anchors' samples, where the objective needs them.
    pub inputs: [Matrix; 2],
    /// With respect to the features after the evaluation, to the pre-activations after [`Pass::backward`].
    pub gradients: Gradients,
    /// The same for views beyond the second.
    pub further_gradients: Vec<Matrix>,
    /// With respect to thresholds and the network's arrays.
    pub parameter_gradients: ParameterGradients,
    negative_set: NegativeSet,
    /// The parameters that the step is taken at.
    bias: Vec<f32>,
    arrays: Vec<Matrix>,
}

impl Pass {
    /// Remembers the parameters that the step is taken at, and embeds anchors and negatives.
    pub fn embed_anchors_and_negatives(&mut self, network: &dyn Network, at: Parameters<'_>) {
        self.bias.clear();
        self.bias.extend_from_slice(at.bias);
        self.arrays.resize_with(at.arrays.len(), Matrix::default);
        for (kept, array) in self.arrays.iter_mut().zip(at.arrays) {
            kept.resize(array.rows(), array.cols());
            kept.as_mut_slice().copy_from_slice(array.as_slice());
        }
        self.anchor.forward(network, at);
        if self.negatives.pre.rows() > 0 {
            self.negatives.forward(network, at);
        }
    }

    /// Embeds the positives.
    pub fn embed_positives(&mut self, network: &dyn Network) {
        let at = Parameters { bias: &self.bias, arrays: &self.arrays };
        self.positive.forward(network, at);
    }

    /// Embeds views beyond the second by weights W.
    ///
    /// # Shapes
    /// `samples`: P × (input dimension) each.
    pub fn embed_further(&mut self, network: &dyn Network, weights: &Matrix, samples: &[Matrix]) {
        let at = Parameters { bias: &self.bias, arrays: &self.arrays };
        self.further.resize_with(samples.len(), Branch::default);
        for (branch, x) in self.further.iter_mut().zip(samples) {
            times_transposed(&mut branch.pre, x, weights);
            branch.forward(network, at);
        }
    }

    /// Embeds anchors and positives by the slower copy of the learner.
    ///
    /// # Shapes
    /// `samples`: [anchors, positives], P × (input dimension) each.
    pub fn embed_for_target(&mut self, network: &dyn Network, target: &Target, samples: [&Matrix; 2]) {
        let views = if self.one_view { 1 } else { 2 };
        for (branch, x) in self.target.iter_mut().zip(samples).take(views) {
            times_transposed(&mut branch.pre, x, target.weights());
            branch.forward(network, target.parameters());
        }
    }

    /// The features of the step, and the place of its gradients.
    pub fn batch(&mut self, negative_set: NegativeSet) -> (Batch<'_>, &mut Gradients) {
        self.negative_set = negative_set;
        let second = usize::from(!self.one_view);
        let batch = Batch {
            anchor: &self.anchor.features,
            positive: if self.one_view { &self.anchor.features } else { &self.positive.features },
            negatives: &self.negatives.features,
            negative_set,
            codes: &self.codes,
            classes: &self.classes,
            target: [0, second].map(|view| &self.target[view].features),
            inputs: self.inputs.each_ref(),
        };
        (batch, &mut self.gradients)
    }

    /// The loss and its gradients with respect to the features and the objective's arrays.
    pub fn evaluate(
        &mut self,
        objective: &mut dyn Objective,
        negative_set: NegativeSet,
        learner: &Learner,
    ) -> LossReading {
        let further = std::mem::take(&mut self.further);
        let mut further_gradients = std::mem::take(&mut self.further_gradients);
        let (batch, gradients) = self.batch(negative_set);
        let arrays = learner.objective_arrays();
        let reading = if further.is_empty() {
            objective.evaluate(&batch, arrays, gradients)
        } else {
            let mut views = vec![batch.anchor, batch.positive];
            views.extend(further.iter().map(|branch| &branch.features));
            evaluate_pairs(objective, &views, &batch, arrays, (gradients, &mut further_gradients))
        };
        (self.further, self.further_gradients) = (further, further_gradients);
        reading
    }

    /// Takes the gradients back to the pre-activations, the thresholds and the network's arrays.
    pub fn backward(&mut self, network: &dyn Network) {
        let at = Parameters { bias: &self.bias, arrays: &self.arrays };
        self.parameter_gradients.clear(at);
        let (gradients, sums) = (&mut self.gradients, &mut self.parameter_gradients);
        let mut back = |branch: &mut Branch, gradient: &mut Matrix| {
            network.backward(&branch.pre, at, &mut branch.tape, gradient, sums);
        };
        back(&mut self.anchor, &mut gradients.anchor);
        if let Some(gradient) = &mut gradients.positive {
            back(if self.one_view { &mut self.anchor } else { &mut self.positive }, gradient);
        }
        if let Some(gradient) = &mut gradients.negatives {
            back(&mut self.negatives, gradient);
        }
        for (branch, gradient) in self.further.iter_mut().zip(&mut self.further_gradients) {
            back(branch, gradient);
        }
    }

    /// Share of the anchors' features that are not zero.
    pub fn firing_rate(&self) -> f64 {
        firing_rate(&self.anchor.features)
    }

    /// What the last step's positives and negatives did to the thresholds; `None` where nothing pulls.
    pub fn bias_forces(&self, network: &dyn Network, objective: &dyn Objective) -> Option<BiasForces> {
        let positive = if self.one_view { &self.anchor } else { &self.positive };
        let second = usize::from(!self.one_view);
        let attraction = objective.attraction(&Batch {
            anchor: &self.anchor.features,
            positive: &positive.features,
            negatives: &self.negatives.features,
            negative_set: self.negative_set,
            codes: &self.codes,
            classes: &self.classes,
            target: [0, second].map(|view| &self.target[view].features),
            inputs: self.inputs.each_ref(),
        })?;
        let at = Parameters { bias: &self.bias, arrays: &self.arrays };
        let mut sums = ParameterGradients::default();
        sums.clear(at);
        let mut back = |branch: &Branch, mut gradient: Matrix| {
            network.backward(&branch.pre, at, &mut branch.tape.clone(), &mut gradient, &mut sums);
        };
        back(&self.anchor, attraction.anchor);
        if let Some(gradient) = attraction.positive {
            // Without StopGrad the pull acts on the positive as well.
            back(positive, gradient);
        }
        let attraction: Vec<f64> = sums.bias.iter().map(|d| -d).collect();
        let total = &self.parameter_gradients.bias;
        let repulsion = total.iter().zip(&attraction).map(|(total, a)| -total - a).collect();
        Some(BiasForces { attraction, repulsion })
    }
}
