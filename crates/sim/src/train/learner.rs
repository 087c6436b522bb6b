//! The learner's state and how one gradient moves it: descent, norms, stages, biases, divergence. Shared by every
//! dynamics.
//!
//! Source: Section 3 of the paper; docs/theory.md 3.

use super::arrays::{Arrays, Memory};
use super::bias::{BiasRule, BiasStep, StagedBias};
use super::optimizer::{Optimizer, Pace};
use super::rate::RateRule;
use super::stage::{StageClock, StageRule};
use super::target::Target;
use super::{Dynamics, Snapshot, SnapshotError, StepView, StopReason};

use crate::layer::{At, Statistics};
use crate::math::descent::Descent;
use crate::math::gaussian::fill_normal;
use crate::math::linalg::squared_norm;
use crate::math::random::Part;
use crate::math::{Matrix, ParameterError, Purpose, Stream, parallel, require, require_positive};
use crate::network::{ParameterGradients, Parameters};
use crate::objective::LossReading;
use std::sync::Arc;

/// Growth of a neuron's norm over its initial value beyond which a run counts as diverged: no regime of the model comes
/// near it, single precision is still far from overflow.
const LARGEST_NORM_GROWTH: f32 = 1e6;

/// A norm that no run diverges below. From a very small start, a neuron that learns an atom grows by more than
/// [`LARGEST_NORM_GROWTH`].
const HARMLESS_NORM: f32 = 1e4;

/// Everything that says how the learner moves, given gradients.
#[derive(Clone, Debug)]
pub struct TrainingRule {
    /// m, the number of neurons, ≥ 1.
    pub width: usize,
    /// √(d1)·σ_0, the expected norm of a neuron at the start, > 0.
    pub initial_norm: f64,
    /// The learning rate and weight decay.
    pub rate: RateRule,
    /// The biases.
    pub bias: Arc<dyn BiasRule>,
    /// The stage borders.
    pub stages: StageRule,
    /// Number of steps of the run.
    pub steps: u64,
}

impl Default for TrainingRule {
    /// 64 neurons for 1000 steps, thresholds by the paper's schedule.
    fn default() -> Self {
        Self {
            width: 64,
            initial_norm: 0.05,
            rate: RateRule::default(),
            bias: Arc::new(StagedBias::default()),
            stages: StageRule::default(),
            steps: 1000,
        }
    }
}

impl TrainingRule {
    /// Checks the ranges.
    pub fn check(&self) -> Result<(), ParameterError> {
        require(self.width >= 1, "width", self.width, "at least 1")?;
        require_positive("initial_norm", self.initial_norm)?;
        let accepted = "below 2³²: the step is part of the random key";
        require(self.steps < 1 << 32, "steps", self.steps, accepted)?;
        self.rate.check()?;
        self.bias.check()?;
        self.stages.check()
    }
}

/// W, b, the arrays of network, head and objective, and the clock.
#[derive(Clone, Debug)]
pub struct Learner {
    rule: TrainingRule,
    seed: u64,
    latent_dim: usize,
    /// W, m × input dimension.
    weights: Matrix,
    bias: Vec<f32>,
    /// What the bias rule remembers.
    bias_memory: Memory,
    /// The network's own arrays.
    pub(super) network: Arrays,
    /// The head's arrays.
    pub(super) head: Arrays,
    /// The objective's own arrays.
    pub(super) objective: Arrays,
    /// The slower copy, where the objective needs one.
    target: Option<Target>,
    /// What the optimiser remembers of W.
    memory: Memory,
    norms: Vec<f32>,
    /// The norms before the last step.
    old_norms: Vec<f32>,
    initial_norms: Vec<f32>,
    clock: StageClock,
    step: u64,
    stop: Option<StopReason>,
}

impl Learner {
    /// W as given, m × input dimension, b = 0, no other arrays.
    ///
    /// `latent_dim` is the paper's d, which sets the scale of the bias schedule.
    pub(super) fn new(
        rule: TrainingRule,
        weights: Matrix,
        latent_dim: usize,
        seed: u64,
    ) -> Result<Self, ParameterError> {
        rule.check()?;
        let norms = row_norms(&weights);
        Ok(Self {
            seed,
            latent_dim,
            bias: vec![0.0; weights.rows()],
            bias_memory: Memory::of_bias_rule(rule.bias.as_ref(), weights.rows()),
            weights,
            network: Arrays::default(),
            head: Arrays::default(),
            objective: Arrays::default(),
            target: None,
            memory: Memory::default(),
            old_norms: norms.clone(),
            initial_norms: norms.clone(),
            norms,
            clock: StageClock::new(rule.stages),
            rule,
            step: 0,
            stop: None,
        })
    }

    /// Makes room for what `optimizer` and the bias rule remember of every array.
    pub(super) fn remember(&mut self, optimizer: &dyn Optimizer) {
        self.memory = Memory::of_optimizer(optimizer, "weights", &self.weights);
        for arrays in [&mut self.network, &mut self.head, &mut self.objective] {
            arrays.remember(optimizer, self.rule.bias.as_ref());
        }
    }

    /// Keeps a slower copy of W, thresholds, network and head from now on, with this decay in [0, 1].
    pub(super) fn keep_target(&mut self, decay: f64) {
        self.target = Some(Target::new(decay, &self.weights, &self.bias, [&self.network, &self.head]));
    }

    /// The slower copy, where the objective needs one.
    pub(super) fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }

    /// W(0), drawn again from its stream: nothing has to be kept for it.
    pub(super) fn initial_weights(&self) -> Matrix {
        initial_weights(self.rule.width, self.rule.initial_norm, self.weights.cols(), self.seed)
    }

    /// W, m × input dimension.
    pub fn weights(&self) -> &Matrix {
        &self.weights
    }

    /// W, for a dynamics that adds to it between the two halves of a step.
    pub(super) fn weights_mut(&mut self) -> &mut Matrix {
        &mut self.weights
    }

    /// What the network is evaluated at outside training: batch normalisation goes by running averages.
    pub fn parameters(&self) -> Parameters<'_> {
        Parameters { bias: &self.bias, arrays: &self.network.values, statistics: Statistics::Running }
    }

    /// What the head is evaluated at outside training.
    pub fn head_parameters(&self) -> At<'_> {
        At { arrays: &self.head.values, statistics: Statistics::Running }
    }

    /// The objective's own arrays.
    pub fn objective_arrays(&self) -> &[Matrix] {
        &self.objective.values
    }

    /// b, m entries.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// ‖w_i‖, m entries.
    pub fn norms(&self) -> &[f32] {
        &self.norms
    }

    /// ‖w_i(0)‖, m entries.
    pub fn initial_norms(&self) -> &[f32] {
        &self.initial_norms
    }

    /// Steps taken.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Stage times reached so far.
    pub fn stages(&self) -> super::StageTimes {
        self.clock.times
    }

    /// Why the run stopped.
    pub fn stop_reason(&self) -> Option<&StopReason> {
        self.stop.as_ref()
    }

    /// η now.
    pub fn learning_rate(&self) -> f64 {
        self.rule.rate.rate(self.step)
    }

    /// False when the run is over; notes that it finished.
    pub(super) fn may_step(&mut self) -> bool {
        if self.stop.is_none() && self.step >= self.rule.steps {
            self.stop = Some(StopReason::Finished);
        }
        self.stop.is_none()
    }

    /// How far the step goes that is taken now.
    fn pace(&self) -> Pace {
        Pace { rate: self.learning_rate(), decay: self.rule.rate.weight_decay, step: self.step + 1 }
    }

    /// The first half of a step: every parameter but the thresholds along its gradient.
    ///
    /// # Shapes
    /// `weights`: as W; `objective` has a gradient for each of the objective's arrays, which move `rate_ratio`
    /// times as fast.
    pub(super) fn descend(&mut self, optimizer: &dyn Optimizer, gradients: &StepGradients<'_>) {
        let pace = self.pace();
        optimizer.advance(&mut self.weights, gradients.weights, &mut self.memory.values, pace);
        self.network.advance(optimizer, &gradients.parameters.arrays, pace);
        self.head.advance(optimizer, gradients.head, pace);
        let pace = Pace { rate: gradients.rate_ratio * pace.rate, ..pace };
        self.objective.advance(optimizer, gradients.objective, pace);
    }

    /// The same by plain descent, for a gradient of W that is never stored and a learner without other arrays:
    /// `descend` takes the step w ← keep·w − rate·gradient itself.
    pub(super) fn descend_by(&mut self, descend: impl FnOnce(&mut Matrix, Descent)) {
        let descent = self.pace().descent();
        descend(&mut self.weights, descent);
    }

    /// The second half: what follows from where W is now; the step count, the stage clock and the thresholds.
    /// `loss` is the batch's loss, watched for divergence; `d_bias` its gradient with respect to the thresholds.
    pub(super) fn conclude(&mut self, loss: f64, d_bias: &[f64]) {
        let (learning_rate, rate_factor) = (self.learning_rate(), self.rule.rate.schedule.factor(self.step));
        std::mem::swap(&mut self.old_norms, &mut self.norms);
        write_row_norms(&mut self.norms, &self.weights);
        self.step += 1;
        self.clock.observe(self.step, &self.norms, &self.initial_norms);
        let step = BiasStep {
            step: self.step,
            stages: self.clock.times,
            latent_dim: self.latent_dim,
            learning_rate,
            rate_factor,
            old_norms: &self.old_norms,
            norms: &self.norms,
            gradient: d_bias,
        };
        let rule = self.rule.bias.as_ref();
        rule.advance(&mut self.bias, &mut self.bias_memory.values, &step);
        self.network.conclude(rule, &step);
        self.head.conclude(rule, &step);
        if let Some(target) = &mut self.target {
            target.follow(&self.weights, &self.bias, [&self.network, &self.head]);
        }
        self.stop = self.divergence(loss);
    }

    fn divergence(&self, loss: f64) -> Option<StopReason> {
        let diverged = |what: String| Some(StopReason::Diverged { step: self.step, what });
        if !loss.is_finite() {
            return diverged(format!("the loss is {loss}"));
        }
        for (i, (&norm, &initial)) in self.norms.iter().zip(&self.initial_norms).enumerate() {
            // Written so that a NaN is caught too.
            if !(norm <= (LARGEST_NORM_GROWTH * initial).max(HARMLESS_NORM)) {
                return diverged(format!("the norm of neuron {i} is {norm}, it started at {initial}"));
            }
        }
        self.bias
            .iter()
            .position(|b| !b.is_finite())
            .and_then(|i| diverged(format!("bias {i} is not finite")))
    }

    /// The state as `dynamics`, which owns this learner, shows it; `batch` is the last batch's reading and firing rate.
    pub(super) fn view<'a>(
        &'a self,
        batch: Option<(LossReading, f64)>,
        dynamics: &'a dyn Dynamics,
    ) -> StepView<'a> {
        StepView {
            step: self.step,
            batch: batch.map(|(reading, _)| reading),
            anchor_firing_rate: batch.map(|(_, rate)| rate),
            stages: self.clock.times,
            bias: &self.bias,
            norms: &self.norms,
            initial_norms: &self.initial_norms,
            dynamics,
        }
    }

    /// The state, to be stored.
    pub(super) fn snapshot(&self) -> Snapshot {
        let row = |values: &[f32]| Matrix::from_vec(1, values.len(), values.to_vec());
        let arrays = vec![
            ("weights".into(), self.weights.clone()),
            ("bias".into(), row(&self.bias)),
            ("initial_norms".into(), row(&self.initial_norms)),
            ("norms_at_first_stage_end".into(), row(&self.clock.norms_at_first)),
        ];
        let mut snapshot = Snapshot { step: self.step, stages: self.clock.times, arrays };
        self.network.store(&mut snapshot);
        self.head.store(&mut snapshot);
        self.objective.store(&mut snapshot);
        self.memory.store(&mut snapshot);
        self.bias_memory.store(&mut snapshot);
        if let Some(target) = &self.target {
            target.store(&mut snapshot);
        }
        snapshot
    }

    /// Goes on from a stored state.
    pub(super) fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        let width = self.weights.rows();
        let weights = snapshot.array("weights", (width, self.weights.cols()))?;
        let bias = snapshot.array("bias", (1, width))?;
        let initial = snapshot.array("initial_norms", (1, width))?;
        let reached = if snapshot.stages.first.is_some() { width } else { 0 };
        let at_first = snapshot.array("norms_at_first_stage_end", (1, reached))?;
        let bias_memory = self.bias_memory.stored(snapshot)?;
        let target = self.target.as_ref().map(|target| target.stored(snapshot)).transpose()?;
        let (network, head) = (self.network.stored(snapshot)?, self.head.stored(snapshot)?);
        (self.objective, self.memory) = (self.objective.stored(snapshot)?, self.memory.stored(snapshot)?);
        (self.network, self.head) = (network, head);
        (self.bias_memory, self.target) = (bias_memory, target);
        self.weights = weights.clone();
        self.bias = bias.as_slice().to_vec();
        self.initial_norms = initial.as_slice().to_vec();
        self.clock.norms_at_first = at_first.as_slice().to_vec();
        self.clock.times = snapshot.stages;
        self.norms = row_norms(&self.weights);
        self.step = snapshot.step;
        self.stop = None;
        Ok(())
    }
}

impl Snapshot {
    /// The array `name`, if it has the expected shape.
    pub fn array(&self, name: &str, (rows, cols): (usize, usize)) -> Result<&Matrix, SnapshotError> {
        let found = self.arrays.iter().find(|(n, _)| n == name).map(|(_, array)| array);
        match found {
            Some(array) if (array.rows(), array.cols()) == (rows, cols) => Ok(array),
            other => Err(SnapshotError {
                array: name.into(),
                found: other.map_or("nothing".into(), |a| format!("{} × {}", a.rows(), a.cols())),
                expected: format!("{rows} × {cols}"),
            }),
        }
    }
}

/// w_i ~ N(0, σ_0² I) with σ_0 = `initial_norm`/√(input dimension): W at the start, `width` × `input_dim`.
pub(super) fn initial_weights(width: usize, initial_norm: f64, input_dim: usize, seed: u64) -> Matrix {
    let stream = Stream::new(seed, Purpose::INITIALISATION, 0);
    let sigma = (initial_norm / (input_dim as f64).sqrt()) as f32;
    let mut weights = Matrix::zeros(width, input_dim);
    parallel::for_each_row_group(weights.as_mut_slice(), input_dim, 16, |first, rows| {
        for (i, row) in rows.chunks_mut(input_dim).enumerate() {
            fill_normal(row, sigma, &stream, Part::Dense, (first + i) as u32);
        }
    });
    weights
}

/// ∂L with respect to everything that a learner moves.
pub(super) struct StepGradients<'a> {
    /// As W.
    pub weights: &'a Matrix,
    /// Thresholds and the network's arrays.
    pub parameters: &'a ParameterGradients,
    /// The head's arrays.
    pub head: &'a [Matrix],
    /// The objective's arrays.
    pub objective: &'a [Matrix],
    /// Learning rate of the objective's arrays over that of the weights.
    pub rate_ratio: f64,
}

/// ‖w_i‖, summed in double precision.
fn row_norms(weights: &Matrix) -> Vec<f32> {
    let mut norms = vec![0.0f32; weights.rows()];
    write_row_norms(&mut norms, weights);
    norms
}

fn write_row_norms(norms: &mut [f32], weights: &Matrix) {
    parallel::for_each_piece(norms.chunks_mut(16).enumerate(), |(piece, norms)| {
        for (i, norm) in norms.iter_mut().enumerate() {
            *norm = squared_norm(weights.row(piece * 16 + i)).sqrt() as f32;
        }
    });
}
