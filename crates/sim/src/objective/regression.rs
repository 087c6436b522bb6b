//! Labels: K regression tasks y = T z under a linear head V, which is trained with the weights.
//!
//! L = ½ E‖V f(x) − T z‖², T a K × d matrix whose entries are random signs times magnitudes in [0.5, 1.5],
//! over √K, so that
//! every atom carries about unit weight. With R = V f(x) − T z:
//! ∂L/∂f = Vᵀ R, ∂L/∂V = E[R f(x)ᵀ]. No augmentation, no negatives.
//!
//! Source: the comparison of contrastive with supervised features (Section 1 and Figure 1); docs/theory.md 5.

use super::{
    Batch, Beginning, Gradients, LABEL_NOISE, Labels, LossReading, Needs, Objective, ObjectivePart, Problem,
};
use crate::math::linalg::{add_transposed_times, times, times_transposed};
use crate::math::random::Part;
use crate::math::{Matrix, ParameterError, Purpose, Stream, require, require_positive};
use crate::part::{Fallback, Kind, ParameterArray, PartSetting, Range};

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "regression",
    summary: "regression tasks y = ⟨w*, z⟩ on labels, under a linear head that is trained too",
    settings: &[
        PartSetting::new(
            "tasks",
            Kind::count(1),
            Fallback::SameAs("data.latent_dim"),
            "Number of regression tasks, at least latent_dim.",
        ),
        PartSetting::number(
            "head_rate_ratio",
            Range::POSITIVE,
            "1.0",
            "Learning rate of the head over that of the weights.",
        ),
        LABEL_NOISE,
    ],
    build: |given, ()| {
        let tasks = given.optional_whole("tasks").map(|tasks| tasks as usize);
        let regression = Regression::new(tasks, given.number("head_rate_ratio")?)?;
        Ok(Box::new(regression.with_labels(Labels::of(given)?)?))
    },
};

/// Regression on linear labels.
#[derive(Clone, Debug)]
pub struct Regression {
    tasks: Option<usize>,
    head_rate_ratio: f64,
    labelling: Labels,
    /// T, K × d.
    targets: Matrix,
    /// R/P, P × K.
    residual: Matrix,
    /// T z, P × K.
    labels: Matrix,
}

impl Regression {
    /// `tasks` regression tasks, at least d, or as many as there are atoms; the head learns `head_rate_ratio` > 0
    /// times as fast as the weights.
    pub fn new(tasks: Option<usize>, head_rate_ratio: f64) -> Result<Self, ParameterError> {
        require_positive("head_rate_ratio", head_rate_ratio)?;
        let (targets, residual, labels) = (Matrix::default(), Matrix::default(), Matrix::default());
        Ok(Self { tasks, head_rate_ratio, labelling: Labels::default(), targets, residual, labels })
    }

    /// The same with some labels wrong; it learns from codes, not from classes.
    pub fn with_labels(self, labelling: Labels) -> Result<Self, ParameterError> {
        labelling.check()?;
        Ok(Self { labelling, ..self })
    }

    fn tasks_of(&self, run: &Beginning) -> usize {
        self.tasks.unwrap_or(run.latent_dim)
    }

    /// T, K × d, of a run with this seed.
    pub fn targets(tasks: usize, latent_dim: usize, seed: u64) -> Matrix {
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
}

impl Objective for Regression {
    fn needs(&self) -> Needs {
        Needs { codes: true, ..Needs::default() }
    }

    /// V starts Gaussian, with rows of the same scale as the neurons.
    fn arrays(&self, run: &Beginning) -> Result<Vec<ParameterArray>, ParameterError> {
        let (tasks, d) = (self.tasks_of(run), run.latent_dim);
        let accepted = format!("at least latent_dim = {d}, so that the tasks together tell every atom");
        require(tasks >= d, "objective.tasks", tasks, accepted)?;
        let deviation = run.initial_norm / (tasks as f64).sqrt();
        Ok(vec![ParameterArray { name: "head", rows: tasks, cols: run.features, deviation }])
    }

    fn begin(&mut self, run: &Beginning) {
        self.targets = Self::targets(self.tasks_of(run), run.latent_dim, run.seed);
    }

    fn labels(&self) -> Labels {
        self.labelling
    }

    fn rate_ratio(&self) -> f64 {
        self.head_rate_ratio
    }

    fn evaluate(&mut self, batch: &Batch<'_>, arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        let (features, head) = (batch.anchor, &arrays[0]);
        times_transposed(&mut self.residual, features, head);
        times_transposed(&mut self.labels, batch.codes, &self.targets);
        let rows = features.rows();
        let share = 1.0 / rows as f32;
        let mut squares = 0.0;
        for (r, &y) in self.residual.as_mut_slice().iter_mut().zip(self.labels.as_slice()) {
            let error = *r - y;
            squares += f64::from(error) * f64::from(error);
            *r = error * share;
        }
        times(&mut gradients.anchor, &self.residual, head);
        gradients.zero_arrays(arrays);
        add_transposed_times(&mut gradients.arrays[0], &self.residual, features);
        LossReading::of_loss(0.5 * squares / rows as f64)
    }

    /// E Σ_k y_k²/2: entries of T have a mean square of 13/12 over the number of tasks.
    fn at_rest(&self, problem: &Problem) -> f64 {
        0.5 * problem.activity * problem.latent_dim as f64 * 13.0 / 12.0
    }

    fn lowest(&self, _features: usize) -> f64 {
        0.0
    }
}
