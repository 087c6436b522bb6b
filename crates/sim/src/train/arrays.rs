//! Parameter arrays beside the first layer, and what the optimiser and the bias rule remember.

use super::bias::{BiasRule, BiasStep};
use super::optimizer::{Optimizer, Pace};
use super::{Snapshot, SnapshotError};
use crate::math::Matrix;
use crate::math::linalg::squared_norm;
use crate::part::{Mover, ParameterArray};

/// Named arrays of one part of the learner.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrays {
    /// Names under which stored states keep them: `network.NAME`, `head.NAME`, `objective.NAME`.
    names: Vec<String>,
    pub values: Vec<Matrix>,
    movers: Vec<Mover>,
    memory: Vec<Memory>,
    ruled: Vec<Ruled>,
}

/// Thresholds among the arrays that the bias rule moves.
#[derive(Clone, Debug)]
struct Ruled {
    /// The number of their array.
    thresholds: usize,
    /// The number of the array whose rows these are the thresholds of.
    weights: usize,
    /// What the rule remembers of them.
    memory: Memory,
    norms: Vec<f32>,
    /// The norms before the last step.
    old_norms: Vec<f32>,
    /// Their gradient in the last step.
    gradient: Vec<f64>,
}

impl Arrays {
    /// Takes the arrays of `owner` at their start, and who moves each.
    pub fn bring(
        &mut self,
        owner: &str,
        arrays: &[ParameterArray],
        values: Vec<Matrix>,
        mover: impl Fn(usize) -> Mover,
    ) {
        self.names = arrays.iter().map(|array| format!("{owner}.{}", array.name)).collect();
        self.values = values;
        self.movers = (0..arrays.len()).map(mover).collect();
    }

    /// Names under which stored states keep them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Makes room for what `optimizer` and `rule` remember.
    pub fn remember(&mut self, optimizer: &dyn Optimizer, rule: &dyn BiasRule) {
        let arrays = self.names.iter().zip(&self.values).zip(&self.movers);
        let memory = |((name, values), mover): ((&String, &Matrix), &Mover)| match mover {
            Mover::Optimizer => Memory::of_optimizer(optimizer, name, values),
            Mover::BiasRule { .. } | Mover::Batches => Memory::default(),
        };
        self.memory = arrays.map(memory).collect();
        let ruled = |(thresholds, mover): (usize, &Mover)| match *mover {
            Mover::BiasRule { weights } => Some(Ruled {
                thresholds,
                weights,
                memory: Memory::of_upper_bias_rule(rule, &self.names[thresholds], &self.values[thresholds]),
                norms: row_norms(&self.values[weights]),
                old_norms: Vec::new(),
                gradient: vec![0.0; self.values[thresholds].cols()],
            }),
            Mover::Optimizer | Mover::Batches => None,
        };
        self.ruled = self.movers.iter().enumerate().filter_map(ruled).collect();
    }

    /// Whether batches move some of them.
    pub fn are_moved_by_batches(&self) -> bool {
        self.movers.contains(&Mover::Batches)
    }

    /// Moves every array along its gradient that the optimiser moves.
    pub fn advance(&mut self, optimizer: &dyn Optimizer, gradients: &[Matrix], pace: Pace) {
        for ruled in &mut self.ruled {
            let gradient = gradients[ruled.thresholds].as_slice().iter();
            ruled.gradient.iter_mut().zip(gradient).for_each(|(kept, &d)| *kept = f64::from(d));
        }
        let arrays = self.values.iter_mut().zip(gradients).zip(&mut self.memory).zip(&self.movers);
        for (((values, gradient), memory), mover) in arrays {
            if *mover == Mover::Optimizer {
                optimizer.advance(values, gradient, &mut memory.values, pace);
            }
        }
    }

    /// Moves the thresholds among them by the rule; `step` is that of the first layer.
    pub fn conclude(&mut self, rule: &dyn BiasRule, step: &BiasStep<'_>) {
        for ruled in &mut self.ruled {
            ruled.old_norms = std::mem::replace(&mut ruled.norms, row_norms(&self.values[ruled.weights]));
            let step = BiasStep {
                old_norms: &ruled.old_norms,
                norms: &ruled.norms,
                gradient: &ruled.gradient,
                ..*step
            };
            let thresholds = self.values[ruled.thresholds].as_mut_slice();
            rule.advance(thresholds, &mut ruled.memory.values, &step);
        }
    }

    /// Adds to a snapshot what is to be stored.
    pub fn store(&self, snapshot: &mut Snapshot) {
        let arrays = self.names.iter().cloned().zip(self.values.iter().cloned());
        snapshot.arrays.extend(arrays);
        self.memory.iter().for_each(|memory| memory.store(snapshot));
        self.ruled.iter().for_each(|ruled| ruled.memory.store(snapshot));
    }

    /// The arrays as a snapshot has stored them, if they fit.
    pub fn stored(&self, snapshot: &Snapshot) -> Result<Self, SnapshotError> {
        let stored = |(name, values): (&String, &Matrix)| {
            snapshot.array(name, (values.rows(), values.cols())).cloned()
        };
        let values: Vec<Matrix> =
            self.names.iter().zip(&self.values).map(stored).collect::<Result<_, _>>()?;
        let memory = self.memory.iter().map(|memory| memory.stored(snapshot)).collect::<Result<_, _>>()?;
        let ruled = |ruled: &Ruled| {
            let (norms, memory) = (row_norms(&values[ruled.weights]), ruled.memory.stored(snapshot)?);
            Ok(Ruled { memory, norms, ..ruled.clone() })
        };
        let ruled = self.ruled.iter().map(ruled).collect::<Result<_, SnapshotError>>()?;
        Ok(Self { names: self.names.clone(), values, movers: self.movers.clone(), memory, ruled })
    }
}

/// ‖u_i‖ of the rows of a layer above the first.
fn row_norms(weights: &Matrix) -> Vec<f32> {
    weights.iter_rows().map(|row| squared_norm(row).sqrt() as f32).collect()
}

/// What the optimiser remembers of one array, or the bias rule of the thresholds.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// Names under which stored states keep it: `optimizer.WHAT.ARRAY`, `bias.WHAT`, `bias.WHAT.ARRAY`.
    names: Vec<String>,
    pub values: Vec<Matrix>,
}

impl Memory {
    /// Zeros, of the shape of `array`.
    pub fn of_optimizer(optimizer: &dyn Optimizer, name: &str, array: &Matrix) -> Self {
        let names = optimizer.memory().iter().map(|what| format!("optimizer.{what}.{name}"));
        Self::zeros(names.collect(), array.rows(), array.cols())
    }

    /// Zeros, one for each of `width` thresholds.
    pub fn of_bias_rule(rule: &dyn BiasRule, width: usize) -> Self {
        Self::zeros(rule.memory().iter().map(|what| format!("bias.{what}")).collect(), 1, width)
    }

    /// Zeros, one for each threshold of the array `name`.
    fn of_upper_bias_rule(rule: &dyn BiasRule, name: &str, thresholds: &Matrix) -> Self {
        let names = rule.memory().iter().map(|what| format!("bias.{what}.{name}"));
        Self::zeros(names.collect(), thresholds.rows(), thresholds.cols())
    }

    fn zeros(names: Vec<String>, rows: usize, cols: usize) -> Self {
        let values = names.iter().map(|_| Matrix::zeros(rows, cols)).collect();
        Self { names, values }
    }

    /// Adds to a snapshot what is to be stored.
    pub fn store(&self, snapshot: &mut Snapshot) {
        snapshot.arrays.extend(self.names.iter().cloned().zip(self.values.iter().cloned()));
    }

    /// The memory as a snapshot has stored it, if it fits.
    pub fn stored(&self, snapshot: &Snapshot) -> Result<Self, SnapshotError> {
        let stored = |(name, values): (&String, &Matrix)| {
            snapshot.array(name, (values.rows(), values.cols())).cloned()
        };
        let values = self.names.iter().zip(&self.values).map(stored).collect::<Result<_, _>>()?;
        Ok(Self { names: self.names.clone(), values })
    }
}
