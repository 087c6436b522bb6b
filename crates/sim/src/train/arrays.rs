//! Parameter arrays beside the first layer, and what the optimiser and the bias rule remember.

use super::bias::BiasRule;
use super::optimizer::{Optimizer, Pace};
use super::{Snapshot, SnapshotError};
use crate::math::Matrix;
use crate::part::ParameterArray;

/// Named arrays of one part of the learner.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrays {
    /// Names under which stored states keep them: `network.NAME`, `objective.NAME`.
    names: Vec<String>,
    pub values: Vec<Matrix>,
    memory: Vec<Memory>,
}

impl Arrays {
    /// Takes the arrays of `owner` at their start.
    pub fn bring(&mut self, owner: &str, arrays: &[ParameterArray], values: Vec<Matrix>) {
        self.names = arrays.iter().map(|array| format!("{owner}.{}", array.name)).collect();
        self.values = values;
    }

    /// Names under which stored states keep them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Makes room for what `optimizer` remembers.
    pub fn remember(&mut self, optimizer: &dyn Optimizer) {
        let arrays = self.names.iter().zip(&self.values);
        self.memory = arrays.map(|(name, values)| Memory::of_optimizer(optimizer, name, values)).collect();
    }

    /// Moves every array along its gradient.
    pub fn advance(&mut self, optimizer: &dyn Optimizer, gradients: &[Matrix], pace: Pace) {
        let arrays = self.values.iter_mut().zip(gradients).zip(&mut self.memory);
        for ((values, gradient), memory) in arrays {
            optimizer.advance(values, gradient, &mut memory.values, pace);
        }
    }

    /// Adds to a snapshot what is to be stored.
    pub fn store(&self, snapshot: &mut Snapshot) {
        let arrays = self.names.iter().cloned().zip(self.values.iter().cloned());
        snapshot.arrays.extend(arrays);
        self.memory.iter().for_each(|memory| memory.store(snapshot));
    }

    /// The arrays as a snapshot has stored them, if they fit.
    pub fn stored(&self, snapshot: &Snapshot) -> Result<Self, SnapshotError> {
        let stored = |(name, values): (&String, &Matrix)| {
            snapshot.array(name, (values.rows(), values.cols())).cloned()
        };
        let values = self.names.iter().zip(&self.values).map(stored).collect::<Result<_, _>>()?;
        let memory = self.memory.iter().map(|memory| memory.stored(snapshot)).collect::<Result<_, _>>()?;
        Ok(Self { names: self.names.clone(), values, memory })
    }
}

/// What the optimiser remembers of one array, or the bias rule of the thresholds.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// Names under which stored states keep it: `optimizer.WHAT.ARRAY`, `bias.WHAT`.
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
