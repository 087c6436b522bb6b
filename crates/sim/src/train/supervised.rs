//! Supervised training of the same encoder on the same data: K regression tasks y = T z, head and weights trained.
//!
//! L = ½ E‖V f(x) − T z‖², T a K × d matrix whose entries are random signs times magnitudes in [0.5, 1.5], over √K, so that
//! every atom carries about unit weight. With R = V f(x) − T z:
//! ∂L/∂f = Vᵀ R, ∂L/∂V = E[R f(x)ᵀ]. No augmentation, no negatives.
//!
//! Source: the comparison of contrastive with supervised features (Section 1 and Figure 1); docs/theory.md 5.

use super::drawing::draw_rows;
use super::reading::{coordinates, decompose, embed, firing_rate, growth, represent};
use super::reduced::Outside;
use super::view::{BiasForces, Coordinates, Decomposed, Growth, Represented, StepView};
use super::{Dynamics, Learner, Snapshot, SnapshotError, StopReason, TrainingRule};
use crate::data::{DataModel, SparseCodingLaw};
use crate::encoder::Encoder;
use crate::loss::LossReading;
use crate::math::linalg::{add_transposed_times, times, times_transposed};
use crate::math::random::Part;
use crate::math::{Matrix, ParameterError, Purpose, Stream, require, require_positive};

/// The parts that a supervised run is made of.
pub struct SupervisedParts {
    /// What a sample is.
    pub data: Box<dyn DataModel>,
    /// The activation.
    pub encoder: Box<dyn Encoder>,
    /// P ≥ 1, samples per step.
    pub batch: usize,
    /// K ≥ d regression tasks.
    pub tasks: usize,
    /// Learning rate of the head over that of the weights, > 0.
    pub head_rate_ratio: f64,
    /// How the learner moves.
    pub rule: TrainingRule,
    /// The seed of everything random.
    pub seed: u64,
}

/// Buffers of one step, allocated once.
#[derive(Default)]
struct Scratch {
    x: Matrix,
    latent: Matrix,
    pre: Matrix,
    embedded: Matrix,
    residual: Matrix,
    labels: Matrix,
    d_pre: Matrix,
    d_head: Matrix,
    d_weights: Matrix,
    d_bias: Vec<f64>,
}

/// Supervised learning in R^d1, or in the coordinates that the learner sees.
pub struct Supervised {
    parts: SupervisedParts,
    learner: Learner,
    /// V, K × m.
    head: Matrix,
    /// T, K × d.
    targets: Matrix,
    scratch: Scratch,
    batch: Option<(LossReading, f64)>,
    /// In reduced dynamics the directions outside; the data model then is the one in the learner's coordinates.
    outside: Option<Outside>,
}

impl Supervised {
    /// Sets the learner to its initial state: W as in contrastive training, V Gaussian with rows of the same scale as
    /// the neurons.
    pub fn new(parts: SupervisedParts) -> Result<Self, ParameterError> {
        let (d1, d) = (parts.data.ambient_dim(), parts.data.latent_dim());
        let learner = Learner::new(parts.rule.clone(), d1, d, parts.seed)?;
        Self::from_learner(parts, learner, None)
    }

    /// The same process without the ambient space, exact in law ([`reduced`](super::reduced)).
    ///
    /// The data model of `parts` is that of `law` in the learner's coordinates,
    /// [`SparseCodingLaw::in_coordinates`] of min(m, d1 − d − k) others.
    ///
    /// # Errors
    /// Also if it is another one.
    pub fn reduced(parts: SupervisedParts, law: SparseCodingLaw) -> Result<Self, ParameterError> {
        let (outside, learner) = Outside::start(parts.rule.clone(), law, parts.seed)?;
        let (expected, found) = (learner.weights().cols(), parts.data.ambient_dim());
        let accepted = format!("the learner's {expected} coordinates");
        require(found == expected, "dimension of the data", found, accepted)?;
        Self::from_learner(parts, learner, Some(outside))
    }

    fn from_learner(
        parts: SupervisedParts,
        learner: Learner,
        outside: Option<Outside>,
    ) -> Result<Self, ParameterError> {
        let d = parts.data.latent_dim();
        require(parts.batch >= 1, "anchors", parts.batch, "at least 1")?;
        let accepted = format!("at least latent_dim = {d}, so that the tasks together tell every atom");
        require(parts.tasks >= d, "tasks", parts.tasks, accepted)?;
        require_positive("head_rate_ratio", parts.head_rate_ratio)?;
        let head = initial_head(&parts);
        let targets = task_targets(parts.tasks, d, parts.seed);
        Ok(Self { parts, learner, head, targets, scratch: Scratch::default(), batch: None, outside })
    }

    /// V, K × m.
    pub fn head(&self) -> &Matrix {
        &self.head
    }

    /// T, K × d.
    pub fn targets(&self) -> &Matrix {
        &self.targets
    }

    fn embed(&self, x: &Matrix) -> Matrix {
        embed(&self.learner, self.parts.encoder.as_ref(), x)
    }

    /// Draws the step's samples.
    fn draw_batch(&mut self) {
        let (data, rows) = (self.parts.data.as_ref(), self.parts.batch);
        let stream = Stream::new(self.parts.seed, Purpose::POSITIVES, self.learner.step() as u32);
        let Scratch { x, latent, .. } = &mut self.scratch;
        x.resize(rows, data.ambient_dim());
        latent.resize(rows, data.latent_dim());
        draw_rows(data, &stream, x, latent);
    }

    /// R/P and the loss.
    fn forward(&mut self) -> f64 {
        let Scratch { x, latent, pre, embedded, residual, labels, .. } = &mut self.scratch;
        times_transposed(pre, x, self.learner.weights());
        self.parts.encoder.forward(pre, self.learner.bias(), embedded);
        times_transposed(residual, embedded, &self.head);
        times_transposed(labels, latent, &self.targets);
        let rows = self.parts.batch;
        let share = 1.0 / rows as f32;
        let mut squares = 0.0;
        for (r, &y) in residual.as_mut_slice().iter_mut().zip(labels.as_slice()) {
            let error = *r - y;
            squares += f64::from(error) * f64::from(error);
            *r = error * share;
        }
        let loss = 0.5 * squares / rows as f64;
        let reading = LossReading {
            loss,
            positive_logit: f64::NAN,
            negative_logit: f64::NAN,
            positive_probability: f64::NAN,
        };
        self.batch = Some((reading, firing_rate(embedded)));
        loss
    }

    /// The gradients with respect to V, W and b.
    fn backward(&mut self) {
        let Scratch { x, pre, embedded, residual, d_pre, d_head, d_weights, d_bias, .. } = &mut self.scratch;
        let weights = self.learner.weights();
        times(d_pre, residual, &self.head);
        d_head.resize(self.head.rows(), self.head.cols());
        d_head.as_mut_slice().fill(0.0);
        add_transposed_times(d_head, residual, embedded);
        d_bias.clear();
        d_bias.resize(weights.rows(), 0.0);
        self.parts.encoder.backward(pre, self.learner.bias(), d_pre, d_bias);
        d_weights.resize(weights.rows(), weights.cols());
        d_weights.as_mut_slice().fill(0.0);
        add_transposed_times(d_weights, d_pre, x);
    }

    /// V along its gradient.
    fn move_head(&mut self) {
        let rate = self.parts.head_rate_ratio * self.learner.learning_rate();
        let keep = (1.0 - rate * self.parts.rule.sgd.weight_decay) as f32;
        for (v, &g) in self.head.as_mut_slice().iter_mut().zip(self.scratch.d_head.as_slice()) {
            *v = keep * *v - rate as f32 * g;
        }
    }
}

fn initial_head(parts: &SupervisedParts) -> Matrix {
    let stream = Stream::new(parts.seed, Purpose::INITIALISATION, 1);
    let scale = parts.rule.initial_norm / (parts.tasks as f64).sqrt();
    let mut head = Matrix::zeros(parts.tasks, parts.rule.width);
    for k in 0..parts.tasks {
        let mut reader = stream.reader(Part::Dense, k as u32);
        head.row_mut(k).iter_mut().for_each(|v| *v = (scale * reader.normal()) as f32);
    }
    head
}

/// E Σ_k y_k²/2, the loss of features that are 0: entries of T have a mean square of 13/12 over the number of
/// tasks.
pub fn silent_loss(activity: f64, latent_dim: usize) -> f64 {
    0.5 * activity * latent_dim as f64 * 13.0 / 12.0
}

fn task_targets(tasks: usize, latent_dim: usize, seed: u64) -> Matrix {
    let stream = Stream::new(seed, Purpose::TASKS, u32::MAX);
    let mut targets = Matrix::zeros(tasks, latent_dim);
    for k in 0..tasks {
        let mut reader = stream.reader(Part::Dense, k as u32);
        for t in targets.row_mut(k) {
            *t = reader.sign() * (0.5 + reader.uniform() as f32) / (tasks as f32).sqrt();
        }
    }
    targets
}

impl Dynamics for Supervised {
    fn step(&mut self) -> Option<StepView<'_>> {
        if !self.learner.may_step() {
            return None;
        }
        self.draw_batch();
        let loss = self.forward();
        self.backward();
        self.move_head();
        let s = &mut self.scratch;
        match &mut self.outside {
            None => self.learner.advance(&s.d_weights, &s.d_bias, loss),
            Some(outside) => {
                let deviation = outside.law().noise_variance.sqrt() as f32;
                let mut noise = s.d_pre.map(|c| deviation * c).transposed();
                outside.advance(&mut self.learner, (&s.d_weights, &s.d_bias), loss, &mut noise);
            }
        }
        Some(self.view())
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
        match &self.outside {
            None => growth(&self.learner, self.parts.data.as_ref()),
            Some(outside) => outside.growth(self.learner.weights()),
        }
    }

    fn bias_forces(&self) -> Option<BiasForces> {
        None
    }

    fn represent(&self, stream: &Stream, first_row: usize, rows: usize) -> Represented {
        represent(self.parts.data.as_ref(), stream, first_row, rows, |x| self.embed(x))
    }

    fn decompose(&self, stream: &Stream, first_row: usize, rows: usize) -> Decomposed {
        decompose(self.parts.data.as_ref(), stream, first_row, rows, |x| self.embed(x))
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.learner.snapshot();
        snapshot.arrays.push(("head".into(), self.head.clone()));
        if let Some(outside) = &self.outside {
            outside.store(&mut snapshot);
        }
        snapshot
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        let head = snapshot.array("head", (self.head.rows(), self.head.cols()))?;
        let initial_rest = self.outside.as_ref().map(|outside| outside.stored(snapshot)).transpose()?;
        self.learner.restore(snapshot)?;
        if let (Some(outside), Some(initial_rest)) = (&mut self.outside, initial_rest) {
            outside.restore(initial_rest);
        }
        self.head = head.clone();
        self.batch = None;
        Ok(())
    }
}
