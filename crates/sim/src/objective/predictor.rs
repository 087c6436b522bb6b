//! What guesses features from features, and the way back through it.
//!
//! | predictor | q | arrays |
//! |---|---|---|
//! | identity | f | none |
//! | off-diagonal | f + E f, where E has no diagonal and starts at zero | E, K × (K − 1) |
//! | linear | A f | A, K × K |
//! | hidden | A ReLU(B f) | A, K × H, and B, H × K |
//!
//! With g = ∂D/∂q: ∂L/∂A = E[g hᵀ] with h = f or h = ReLU(B f), and so on by the chain rule. An off-diagonal
//! predictor is the linear one at A = I + E whose diagonal stays at 1. Of row i of E the entries are those at
//! j = 0, …, K − 1 without i.
//!
//! Source: Chen and He (CVPR 2021) for predictors with a hidden layer; Wen and Li, "The Mechanism of
//! Prediction Head in Non-contrastive Self-supervised Learning" (NeurIPS 2022), for the off-diagonal one.

use super::Beginning;
use crate::math::linalg::{add_transposed_times, times, times_transposed};
use crate::math::{Matrix, ParameterError, require};
use crate::part::ParameterArray;

/// What guesses features from features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predictor {
    /// The features are the guess.
    Identity,
    /// The identity and a trained matrix without a diagonal.
    OffDiagonal,
    /// A matrix.
    Linear,
    /// One hidden layer of ReLU, with so many neurons; `None`: as many as there are features.
    Hidden(Option<usize>),
}

impl Predictor {
    /// Its arrays. Entries of A and B keep the mean square of features.
    ///
    /// # Errors
    /// If there is nothing off the diagonal.
    pub(super) fn arrays(self, run: &Beginning) -> Result<Vec<ParameterArray>, ParameterError> {
        let features = run.features;
        let array = |name, rows, cols, gain: f64| ParameterArray {
            name,
            rows,
            cols,
            deviation: (gain / cols as f64).sqrt(),
        };
        Ok(match self {
            Self::Identity => Vec::new(),
            Self::OffDiagonal => {
                let accepted = "at least 2: a predictor off the diagonal guesses features from others";
                require(features >= 2, "features", features, accepted)?;
                vec![array("predictor", features, features - 1, 0.0)]
            }
            Self::Linear => vec![array("predictor", features, features, 1.0)],
            Self::Hidden(width) => {
                let width = width.unwrap_or(features);
                // ReLU halves the mean square.
                vec![
                    array("predictor", features, width, 2.0),
                    array("predictor_hidden", width, features, 1.0),
                ]
            }
        })
    }

    /// The matrix A by which it predicts, K × K; `None` where it has a hidden layer.
    ///
    /// # Shapes
    /// `arrays`: its own, on `features` = K features.
    pub(super) fn matrix(self, features: usize, arrays: &[Matrix]) -> Option<Matrix> {
        let entry = |i: usize, j: usize| match self {
            _ if self == Self::Linear => arrays[0][(i, j)],
            _ if i == j => 1.0,
            Self::OffDiagonal => arrays[0][(i, j - usize::from(j > i))],
            _ => 0.0,
        };
        (!matches!(self, Self::Hidden(_))).then(|| Matrix::from_fn(features, features, entry))
    }
}

/// One pass through a predictor, in buffers that are kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Prediction {
    /// q, P × K; after [`Prediction::backward`] the gradient with respect to f.
    pub output: Matrix,
    /// A of a predictor without a hidden layer, K × K.
    matrix: Option<Matrix>,
    /// ∂L/∂A of one pass where A is not an array, K × K.
    gradient: Matrix,
    /// B f, P × H, then the gradient with respect to it.
    pre: Matrix,
    /// ReLU(B f), P × H.
    hidden: Matrix,
}

impl Prediction {
    /// q of features `from`, P × K.
    pub fn forward(&mut self, predictor: Predictor, from: &Matrix, arrays: &[Matrix]) {
        match predictor {
            Predictor::Identity => self.output.clone_from(from),
            Predictor::Linear => times_transposed(&mut self.output, from, &arrays[0]),
            Predictor::OffDiagonal => {
                self.matrix = predictor.matrix(from.cols(), arrays);
                self.matrix.iter().for_each(|matrix| times_transposed(&mut self.output, from, matrix));
            }
            Predictor::Hidden(_) => {
                times_transposed(&mut self.pre, from, &arrays[1]);
                self.hidden.clone_from(&self.pre);
                self.hidden.as_mut_slice().iter_mut().for_each(|h| *h = if *h <= 0.0 { 0.0 } else { *h });
                times_transposed(&mut self.output, &self.hidden, &arrays[0]);
            }
        }
    }

    /// Turns the gradient with respect to q in `output` into that with respect to f, and adds those of the
    /// arrays to `sums`. `from` and `arrays` are those of the forward pass.
    pub fn backward(&mut self, predictor: Predictor, from: &Matrix, arrays: &[Matrix], sums: &mut [Matrix]) {
        match predictor {
            Predictor::Identity => {}
            Predictor::Linear => {
                add_transposed_times(&mut sums[0], &self.output, from);
                self.times(&arrays[0]);
            }
            Predictor::OffDiagonal => {
                self.gradient.resize(from.cols(), from.cols());
                self.gradient.as_mut_slice().fill(0.0);
                add_transposed_times(&mut self.gradient, &self.output, from);
                for (i, (sums, row)) in (0..)
                    .zip(sums[0].as_mut_slice().chunks_mut(from.cols() - 1).zip(self.gradient.iter_rows()))
                {
                    let others = row.iter().enumerate().filter(|(j, _)| *j != i);
                    sums.iter_mut().zip(others).for_each(|(sum, (_, g))| *sum += g);
                }
                if let Some(matrix) = self.matrix.take() {
                    self.times(&matrix);
                }
            }
            Predictor::Hidden(_) => {
                add_transposed_times(&mut sums[0], &self.output, &self.hidden);
                times(&mut self.hidden, &self.output, &arrays[0]);
                for (g, &pre) in self.hidden.as_mut_slice().iter_mut().zip(self.pre.as_slice()) {
                    if pre <= 0.0 {
                        *g = 0.0;
                    }
                }
                add_transposed_times(&mut sums[1], &self.hidden, from);
                times(&mut self.output, &self.hidden, &arrays[1]);
            }
        }
    }

    /// output ← output · `matrix`.
    fn times(&mut self, matrix: &Matrix) {
        let mut product = std::mem::take(&mut self.pre);
        times(&mut product, &self.output, matrix);
        self.pre = std::mem::replace(&mut self.output, product);
    }
}
