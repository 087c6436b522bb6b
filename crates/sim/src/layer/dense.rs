//! One dense layer: h' = φ(v, b) with v = U h, or the batch normalisation of it.
//!
//! With G = ∂L/∂v after the activation and the normalisation were taken back: ∂L/∂U = Gᵀ H, ∂L/∂H = G U.

use super::batch_norm::{self, Running};
use super::{At, Pointwise, Tape};
use crate::math::Matrix;
use crate::math::linalg::{add_transposed_times, times, times_transposed};
use crate::part::{Mover, ParameterArray};

/// Which layer it is, counted from 1: its arrays carry the number in their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The first.
    First,
    /// The second.
    Second,
    /// The third.
    Third,
}

/// Names of the arrays of a layer.
struct Names {
    weights: &'static str,
    thresholds: &'static str,
    /// Scale and shift, then the running averages.
    norm: [&'static str; 5],
}

macro_rules! names {
    ($number:literal) => {
        Names {
            weights: concat!("weights_", $number),
            thresholds: concat!("thresholds_", $number),
            norm: [
                concat!("scale_", $number),
                concat!("shift_", $number),
                concat!("running_mean_", $number),
                concat!("running_variance_", $number),
                concat!("running_weight_", $number),
            ],
        }
    };
}

impl Position {
    fn names(self) -> Names {
        match self {
            Self::First => names!("1"),
            Self::Second => names!("2"),
            Self::Third => names!("3"),
        }
    }
}

/// Who moves the thresholds of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thresholds {
    /// Nobody: they are zero.
    Zero,
    /// The optimiser, along their gradient, as it moves the weights.
    Trained,
    /// The rule that moves the thresholds of the first layer of the learner, with the norms of this layer's
    /// rows.
    Ruled,
}

/// A dense layer.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    /// Which one it is.
    pub position: Position,
    /// K, its outputs, ≥ 1.
    pub outputs: usize,
    /// φ.
    pub activation: Pointwise,
    /// b.
    pub thresholds: Thresholds,
    /// What is done to its pre-activations first.
    pub normalisation: Normalisation,
}

/// What is done to the pre-activations of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalisation {
    /// Nothing.
    None,
    /// They are normalised over the batch.
    Batch,
}

/// Arrays of a batch normalisation: scale, shift, and three running averages.
const NORM_ARRAYS: usize = 5;

impl Layer {
    fn has_thresholds(&self) -> bool {
        self.thresholds != Thresholds::Zero
    }

    fn has_norm(&self) -> bool {
        self.normalisation == Normalisation::Batch
    }

    /// Where the arrays of its batch normalisation begin.
    fn norm_start(&self) -> usize {
        1 + usize::from(self.has_thresholds())
    }

    /// Number of its arrays.
    pub fn array_count(&self) -> usize {
        self.norm_start() + if self.has_norm() { NORM_ARRAYS } else { 0 }
    }

    /// Its arrays on so many inputs. Weights start such that outputs have the scale of the inputs: with
    /// variance 1/inputs, and twice that for ReLU, which passes half.
    pub fn arrays(&self, inputs: usize) -> Vec<ParameterArray> {
        let names = self.position.names();
        let passed = if self.activation == Pointwise::Relu { 0.5 } else { 1.0 };
        let deviation = (1.0 / (passed * inputs as f64)).sqrt();
        let zero = |name, cols| ParameterArray { name, rows: 1, cols, deviation: 0.0 };
        let mut arrays =
            vec![ParameterArray { name: names.weights, rows: self.outputs, cols: inputs, deviation }];
        if self.has_thresholds() {
            arrays.push(zero(names.thresholds, self.outputs));
        }
        if self.has_norm() {
            let [columns @ .., weight] = names.norm;
            arrays.extend(columns.map(|name| zero(name, self.outputs)));
            arrays.push(zero(weight, 1));
        }
        arrays
    }

    /// Who moves its array of this number, where `first` is the number of its first array among all.
    pub(super) fn mover(&self, array: usize, first: usize) -> Mover {
        match self.thresholds {
            Thresholds::Ruled if array == 1 => Mover::BiasRule { weights: first },
            // Scale and shift are learned, the averages behind them are not.
            _ if array >= self.norm_start() + 2 => Mover::Batches,
            _ => Mover::Optimizer,
        }
    }

    /// The layer's outputs on a batch.
    ///
    /// # Shapes
    /// `input`: n × inputs; `out` becomes n × K.
    pub fn forward(&self, input: &Matrix, at: At<'_>, tape: &mut Tape, out: &mut Matrix) {
        let [pre, normed, moments, zeros, _] = tape.matrices();
        times_transposed(pre, input, &at.arrays[0]);
        if self.has_norm() {
            let [scale, shift, mean, variance, weight] = norm_arrays(self.norm_of(at.arrays));
            batch_norm::forward(pre, Running { mean, variance, weight }, at.statistics, moments);
            std::mem::swap(pre, normed);
            pre.resize(normed.rows(), normed.cols());
            for r in 0..normed.rows() {
                let columns = normed.row(r).iter().zip(scale.as_slice()).zip(shift.as_slice());
                for (v, ((x, g), c)) in pre.row_mut(r).iter_mut().zip(columns) {
                    *v = (1.0 + g) * x + c;
                }
            }
        }
        self.activation.forward(pre, self.thresholds_of(at.arrays, zeros), out);
    }

    /// Turns ∂L with respect to the outputs into ∂L with respect to the inputs, in place, and adds the
    /// gradients of its arrays to `sums`.
    pub fn backward(
        &self,
        input: &Matrix,
        at: At<'_>,
        tape: &mut Tape,
        gradient: &mut Matrix,
        sums: &mut [Matrix],
    ) {
        let [pre, normed, moments, zeros, d_input] = tape.matrices();
        let mut d_thresholds = vec![0.0; self.outputs];
        let thresholds = self.thresholds_of(at.arrays, zeros);
        self.activation.backward(pre, thresholds, gradient, &mut d_thresholds);
        if self.has_thresholds() {
            let sums = sums[1].as_mut_slice();
            sums.iter_mut().zip(d_thresholds).for_each(|(sum, d)| *sum += d as f32);
        }
        if self.has_norm() {
            let [scale, ..] = norm_arrays(self.norm_of(at.arrays));
            let start = self.norm_start();
            if let [d_scale, d_shift, ..] = &mut sums[start..] {
                let of_forward = (&*normed, &*moments);
                batch_norm::backward(of_forward, at.statistics, scale, gradient, [d_scale, d_shift]);
            }
        }
        add_transposed_times(&mut sums[0], gradient, input);
        times(d_input, gradient, &at.arrays[0]);
        // The buffers change places, so that nothing is copied.
        std::mem::swap(gradient, d_input);
    }

    /// Moves its running averages by the batch that `tape` has seen.
    pub(super) fn observe(&self, tape: &mut Tape, arrays: &mut [Matrix]) {
        let [_, _, moments] = tape.matrices();
        let start = self.norm_start();
        if self.has_norm()
            && let [_, _, mean, variance, weight] = &mut arrays[start..start + NORM_ARRAYS]
        {
            batch_norm::observe(moments, [mean, variance, weight]);
        }
    }

    fn norm_of<'a>(&self, arrays: &'a [Matrix]) -> &'a [Matrix] {
        &arrays[self.norm_start()..self.array_count()]
    }

    fn thresholds_of<'a>(&self, arrays: &'a [Matrix], zeros: &'a mut Matrix) -> &'a [f32] {
        if self.has_thresholds() {
            return arrays[1].as_slice();
        }
        zeros.resize(1, self.outputs);
        zeros.as_mut_slice().fill(0.0);
        zeros.as_slice()
    }
}

/// Scale, shift, and the running mean, variance and weight.
fn norm_arrays(arrays: &[Matrix]) -> [&Matrix; NORM_ARRAYS] {
    std::array::from_fn(|i| &arrays[i])
}
