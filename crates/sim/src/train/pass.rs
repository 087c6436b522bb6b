//! The part of a step that sees pre-activations only: features, head, loss, and the gradients with respect to
//! pre-activations and parameters. It is the same in the ambient space and without it, fast and slow.
//!
//! Source: Section 3 of the paper; docs/theory.md 4.1.

use super::Learner;
use super::point::{Point, copy_arrays};
use super::reading::firing_rate;
use super::several::evaluate_pairs;
use super::target::Target;
use super::view::BiasForces;
use crate::head::Head;
use crate::math::Matrix;
use crate::math::linalg::times_transposed;
use crate::network::{Network, ParameterGradients, Tape};
use crate::objective::{Batch, Gradients, LossReading, NegativeSet, Objective};

/// What stands above the pre-activations.
#[derive(Clone, Copy)]
pub(super) struct Above<'a> {
    pub network: &'a dyn Network,
    pub head: Option<&'a dyn Head>,
}

/// One group of samples on its way through the network and the head; rows are samples.
#[derive(Default)]
pub(super) struct Branch {
    /// W x, n × m.
    pub pre: Matrix,
    /// f(x), n × K.
    features: Matrix,
    /// The head's outputs; empty where there is no head.
    outputs: Matrix,
    tapes: Tapes,
}

/// What the forward passes of network and head leave.
#[derive(Clone, Default)]
struct Tapes {
    network: Tape,
    head: Tape,
}

impl Branch {
    fn forward(&mut self, above: Above<'_>, at: &Point) {
        above.network.forward(&self.pre, at.of_network(), &mut self.tapes.network, &mut self.features);
        if let Some(head) = above.head {
            head.forward(&self.features, at.of_head(), &mut self.tapes.head, &mut self.outputs);
        }
    }

    /// What the objective reads.
    fn read(&self, has_head: bool) -> &Matrix {
        if has_head { &self.outputs } else { &self.features }
    }

    /// Takes a gradient back from there to the pre-activations.
    fn backward(
        &self,
        (above, at): (Above<'_>, &Point),
        tapes: &mut Tapes,
        gradient: &mut Matrix,
        sums: &mut Sums,
    ) {
        if let Some(head) = above.head {
            head.backward(&self.features, at.of_head(), &mut tapes.head, gradient, &mut sums.head);
        }
        above.network.backward(&self.pre, at.of_network(), &mut tapes.network, gradient, &mut sums.network);
    }

    /// Moves the learner's running averages by this branch.
    fn observe(&mut self, above: Above<'_>, learner: &mut Learner) {
        above.network.observe(&mut self.tapes.network, &mut learner.network.values);
        if let Some(head) = above.head {
            head.observe(&mut self.tapes.head, &mut learner.head.values);
        }
    }
}

/// ∂L with respect to all parameters above W, summed over a batch.
#[derive(Default)]
pub(super) struct Sums {
    /// Thresholds and the network's arrays.
    pub network: ParameterGradients,
    /// The head's arrays.
    pub head: Vec<Matrix>,
}

impl Sums {
    /// Zeros in the shapes of these parameters, in the buffers of the last step.
    fn clear(&mut self, at: &Point) {
        self.network.clear(at.of_network());
        copy_arrays(&mut self.head, &at.head);
        self.head.iter_mut().for_each(|sum| sum.as_mut_slice().fill(0.0));
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
    /// With respect to everything above W.
    pub parameter_gradients: Sums,
    negative_set: NegativeSet,
    has_head: bool,
    /// The parameters that the step is taken at.
    at: Point,
}

impl Pass {
    /// Remembers the parameters that the step is taken at, and embeds anchors and negatives.
    pub fn embed_anchors_and_negatives(&mut self, above: Above<'_>, learner: &Learner) {
        self.at.set(learner.bias(), learner.parameters().arrays, learner.head_parameters().arrays);
        self.has_head = above.head.is_some();
        self.anchor.forward(above, &self.at);
        if self.negatives.pre.rows() > 0 {
            self.negatives.forward(above, &self.at);
        }
    }

    /// Embeds the anchors anew, whose pre-activations have changed.
    pub fn embed_anchors(&mut self, above: Above<'_>) {
        self.anchor.forward(above, &self.at);
    }

    /// Embeds the positives.
    pub fn embed_positives(&mut self, above: Above<'_>) {
        self.positive.forward(above, &self.at);
    }

    /// Embeds views beyond the second by weights W.
    ///
    /// # Shapes
    /// `samples`: P × (input dimension) each.
    pub fn embed_further(&mut self, above: Above<'_>, weights: &Matrix, samples: &[Matrix]) {
        self.further.resize_with(samples.len(), Branch::default);
        for (branch, x) in self.further.iter_mut().zip(samples) {
            times_transposed(&mut branch.pre, x, weights);
            branch.forward(above, &self.at);
        }
    }

    /// Embeds anchors and positives by the slower copy of the learner.
    ///
    /// # Shapes
    /// `samples`: [anchors, positives], P × (input dimension) each.
    pub fn embed_for_target(&mut self, above: Above<'_>, target: &Target, samples: [&Matrix; 2]) {
        let views = if self.one_view { 1 } else { 2 };
        for (branch, x) in self.target.iter_mut().zip(samples).take(views) {
            times_transposed(&mut branch.pre, x, target.weights());
            branch.forward(above, target.above());
        }
    }

    /// What the objective reads in the step, and the place of its gradients.
    pub fn batch(&mut self, negative_set: NegativeSet) -> (Batch<'_>, &mut Gradients) {
        self.negative_set = negative_set;
        let positive = if self.one_view { &self.anchor } else { &self.positive };
        let second = usize::from(!self.one_view);
        let batch = Batch {
            anchor: self.anchor.read(self.has_head),
            positive: positive.read(self.has_head),
            negatives: self.negatives.read(self.has_head),
            negative_set,
            codes: &self.codes,
            classes: &self.classes,
            target: [0, second].map(|view| self.target[view].read(self.has_head)),
            inputs: self.inputs.each_ref(),
        };
        (batch, &mut self.gradients)
    }

    /// The loss and its gradients with respect to what the objective reads and to its arrays.
    pub fn evaluate(
        &mut self,
        objective: &mut dyn Objective,
        negative_set: NegativeSet,
        learner: &Learner,
    ) -> LossReading {
        let further = std::mem::take(&mut self.further);
        let mut further_gradients = std::mem::take(&mut self.further_gradients);
        let has_head = self.has_head;
        let (batch, gradients) = self.batch(negative_set);
        let arrays = learner.objective_arrays();
        let reading = if further.is_empty() {
            objective.evaluate(&batch, arrays, gradients)
        } else {
            let mut views = vec![batch.anchor, batch.positive];
            views.extend(further.iter().map(|branch| branch.read(has_head)));
            evaluate_pairs(objective, &views, &batch, arrays, (gradients, &mut further_gradients))
        };
        (self.further, self.further_gradients) = (further, further_gradients);
        reading
    }

    /// The margins of a classifier at the anchors, and minus their gradients in the place of those of the loss; `None`
    /// where the objective does not classify.
    pub fn descend_margins(&mut self, objective: &dyn Objective, learner: &Learner) -> Option<Vec<f64>> {
        let mut gradients = std::mem::take(&mut self.gradients);
        let (batch, _) = self.batch(NegativeSet::Fresh);
        let margins = objective.margins(&batch, learner.objective_arrays(), &mut gradients.anchor);
        gradients.anchor.as_mut_slice().iter_mut().for_each(|g| *g = -*g);
        self.gradients = gradients;
        margins
    }

    /// Takes the gradients back to the pre-activations and to all parameters above W.
    pub fn backward(&mut self, above: Above<'_>) {
        let Self { at, gradients, parameter_gradients: sums, .. } = self;
        sums.clear(at);
        let mut back = |branch: &mut Branch, gradient: &mut Matrix| {
            let mut tapes = std::mem::take(&mut branch.tapes);
            branch.backward((above, at), &mut tapes, gradient, sums);
            branch.tapes = tapes;
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

    /// Moves the learner's running averages by the step's branches, one after the other: anchors, negatives,
    /// positives, views beyond the second.
    pub fn observe(&mut self, above: Above<'_>, learner: &mut Learner) {
        self.anchor.observe(above, learner);
        if self.negatives.pre.rows() > 0 {
            self.negatives.observe(above, learner);
        }
        if !self.one_view {
            self.positive.observe(above, learner);
        }
        self.further.iter_mut().for_each(|branch| branch.observe(above, learner));
    }

    /// Takes the gradient of the anchors alone back to their pre-activations: ∂L/∂(W x⁺), P × m. The gradients with
    /// respect to the parameters are no longer those of the step.
    pub fn backward_anchors(&mut self, above: Above<'_>) -> &Matrix {
        let Self { at, anchor, gradients, parameter_gradients: sums, .. } = self;
        sums.clear(at);
        let mut tapes = std::mem::take(&mut anchor.tapes);
        anchor.backward((above, at), &mut tapes, &mut gradients.anchor, sums);
        anchor.tapes = tapes;
        &gradients.anchor
    }

    /// Share of the anchors' features that are not zero.
    pub fn firing_rate(&self) -> f64 {
        firing_rate(&self.anchor.features)
    }

    /// What the last step's positives and negatives did to the thresholds; `None` where nothing pulls.
    pub fn bias_forces(&self, above: Above<'_>, objective: &dyn Objective) -> Option<BiasForces> {
        let positive = if self.one_view { &self.anchor } else { &self.positive };
        let second = usize::from(!self.one_view);
        let attraction = objective.attraction(&Batch {
            anchor: self.anchor.read(self.has_head),
            positive: positive.read(self.has_head),
            negatives: self.negatives.read(self.has_head),
            negative_set: self.negative_set,
            codes: &self.codes,
            classes: &self.classes,
            target: [0, second].map(|view| self.target[view].read(self.has_head)),
            inputs: self.inputs.each_ref(),
        })?;
        let mut sums = Sums::default();
        sums.clear(&self.at);
        let mut back = |branch: &Branch, mut gradient: Matrix| {
            branch.backward((above, &self.at), &mut branch.tapes.clone(), &mut gradient, &mut sums);
        };
        back(&self.anchor, attraction.anchor);
        if let Some(gradient) = attraction.positive {
            // Without StopGrad the pull acts on the positive as well.
            back(positive, gradient);
        }
        let attraction: Vec<f64> = sums.network.bias.iter().map(|d| -d).collect();
        let total = &self.parameter_gradients.network.bias;
        let repulsion = total.iter().zip(&attraction).map(|(total, a)| -total - a).collect();
        Some(BiasForces { attraction, repulsion })
    }
}
