//! Training on samples drawn in the ambient space R^d1: by the fast step where the parts allow it, else by the
//! reference step.

use super::adversary::Adversary;
use super::climb::Climb;
use super::drawing::Views;
use super::fast::{self, Fast};
use super::labels;
use super::learner::initial_weights;
use super::pass::Pass;
use super::process::{Arithmetic, Parts, StepPart};
use super::reading::{coordinates, decompose, embed, growth, represent};
use super::reference::Reference;
use super::view::{Attacked, BiasForces, Coordinates, Decomposed, Growth, Pairs, Represented, StepView};
use super::{Dynamics, Learner, Snapshot, SnapshotError, StopReason};
use crate::data::{DataModel, FiniteSet};
use crate::math::{Matrix, ParameterError, Stream, require};
use crate::network::Network;
use crate::objective::LossReading;

/// Training in R^d1.
pub struct Sampled {
    data: Box<dyn DataModel>,
    parts: Parts,
    learner: Learner,
    pass: Pass,
    step: Step,
    batch: Option<(LossReading, f64)>,
}

/// How a step is taken.
enum Step {
    Reference(Reference),
    Fast(Fast),
}

impl Sampled {
    /// Sets the learner to its initial state: w_i ~ N(0, σ_0² I) with σ_0 = `initial_norm`/√d1, b = 0.
    ///
    /// # Errors
    /// Parameters out of range, and parts that do not fit together.
    pub fn new(data: Box<dyn DataModel>, mut parts: Parts) -> Result<Self, ParameterError> {
        parts.rule.check()?;
        labels::check(data.as_ref(), parts.objective.as_ref())?;
        let (of_input, of_sum) = (data.patches(), parts.patches());
        let accepted = format!("data.patches = {of_input}, the patches of an input");
        require(of_sum == 1 || of_sum == of_input, "head.patches", of_sum, accepted)?;
        let rows = [parts.batch.anchors, parts.batch.negatives];
        let data: Box<dyn DataModel> = match data.training_samples() {
            Some(samples) => Box::new(FiniteSet::new(data, samples, parts.seed, rows)),
            None => data,
        };
        let weights =
            initial_weights(parts.rule.width, parts.rule.initial_norm, data.ambient_dim(), parts.seed);
        let learner = parts.begin(weights, data.latent_dim())?;
        let step = if fast::accepts(&mut parts) {
            Step::Fast(Fast::new(&mut parts, Arithmetic::Single))
        } else {
            Step::Reference(Reference::default())
        };
        let mut pass = Pass::default();
        pass.one_view = parts.embeds_one_view();
        Ok(Self { data, parts, learner, pass, step, batch: None })
    }

    /// The same with another arithmetic.
    ///
    /// # Errors
    /// For mixed arithmetic with parts that the fast step does not take.
    pub fn with_arithmetic(mut self, arithmetic: Arithmetic) -> Result<Self, ParameterError> {
        let is_fast = matches!(self.step, Step::Fast(_));
        let accepted = "single: mixed arithmetic is that of the fast step, which takes plain descent, a network of \
                        one layer with plain output, no head, an objective that is contrastive, and no adversary";
        require(is_fast || arithmetic == Arithmetic::Single, "training.arithmetic", "mixed", accepted)?;
        if is_fast {
            self.step = Step::Fast(Fast::new(&mut self.parts, arithmetic));
        }
        Ok(self)
    }

    /// The same by the reference step, whatever the parts allow.
    #[must_use]
    pub fn by_reference(mut self) -> Self {
        self.step = Step::Reference(Reference::default());
        self
    }

    /// Whether the fast step is taken.
    pub fn is_fast(&self) -> bool {
        matches!(self.step, Step::Fast(_))
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
        let from = (self.data.as_ref(), &mut self.parts);
        let reading = match &mut self.step {
            Step::Reference(step) => step.step(from, &mut self.learner, &mut self.pass, done),
            Step::Fast(step) => step.step(from, &mut self.learner, &mut self.pass, done),
        };
        self.batch = Some((reading, self.pass.firing_rate()));
        Some(self.view())
    }
}

impl Dynamics for Sampled {
    fn step(&mut self) -> Option<StepView<'_>> {
        self.step_in_parts(&mut |_| ())
    }

    fn view(&self) -> StepView<'_> {
        self.learner.view(self.batch, self)
    }

    fn stop_reason(&self) -> Option<&StopReason> {
        self.learner.stop_reason()
    }

    fn network(&self) -> &dyn Network {
        self.parts.network.as_ref()
    }

    fn coordinates(&self) -> Coordinates {
        coordinates(self.learner.weights(), self.data.as_ref())
    }

    fn growth(&self) -> Growth {
        growth(&self.learner, self.data.as_ref())
    }

    fn bias_forces(&self) -> Option<BiasForces> {
        self.batch?;
        let above = self.parts.above();
        self.pass.bias_forces(above, self.parts.objective.as_ref())
    }

    fn prediction(&self) -> Option<Matrix> {
        self.parts.prediction(&self.learner)
    }

    fn embed(&self, x: &Matrix) -> Matrix {
        embed(&self.learner, self.parts.network.as_ref(), x)
    }

    fn represent(&self, stream: &Stream, first_row: usize, rows: usize) -> Represented {
        represent(self.data.as_ref(), stream, first_row, rows, |x| self.embed(x))
    }

    fn represent_pairs(&self, stream: &Stream, first_row: usize, rows: usize) -> Option<Pairs> {
        if !self.parts.objective.needs().two_views {
            return None;
        }
        let samples = self.data.sample(stream, first_row, rows);
        let mut anchor = samples.x;
        if self.pass.one_view {
            let anchor = self.embed(&anchor);
            return Some(Pairs { positive: anchor.clone(), anchor });
        }
        let mut positive = Matrix::default();
        // Samples and masks are different parts of a stream.
        let (augmentation, atoms) = (self.parts.augmentation.as_ref(), self.data.dictionary().atoms());
        let views = Views { augmentation, atoms };
        views.draw_pairs((stream, first_row), &samples.latent, &mut anchor, &mut positive);
        Some(Pairs { anchor: self.embed(&anchor), positive: self.embed(&positive) })
    }

    fn attack(
        &self,
        stream: &Stream,
        first_row: usize,
        rows: usize,
        adversary: &dyn Adversary,
    ) -> Option<Attacked> {
        if self.learner.network.are_moved_by_batches() || self.learner.head.are_moved_by_batches() {
            return None;
        }
        let mut samples = self.data.sample(stream, first_row, rows);
        let mut pass = Pass::default();
        (pass.one_view, pass.codes) = (true, samples.latent);
        Climb::default().attack(adversary, (&self.parts, &self.learner), &mut pass, &mut samples.x)
    }

    fn decompose(&self, stream: &Stream, first_row: usize, rows: usize) -> Decomposed {
        decompose(self.data.as_ref(), stream, first_row, rows, |x| self.embed(x))
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
