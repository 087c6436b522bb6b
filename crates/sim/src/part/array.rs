//! Parameter arrays that a part brings along: what trains besides the first layer's weights and thresholds.

use crate::math::random::Part as Draw;
use crate::math::{Matrix, Stream};

/// An array of parameters and how it starts: independent normal entries with mean 0.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterArray {
    /// Its name within the part; stored states keep it under this name.
    pub name: &'static str,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// Standard deviation of an entry at the start, ≥ 0.
    pub deviation: f64,
}

/// Who moves an array of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mover {
    /// The optimiser, along its gradient.
    Optimizer,
    /// The rule that moves thresholds: it is a row of thresholds, one for every row of another array.
    BiasRule {
        /// The number of the array whose rows these are the thresholds of.
        weights: usize,
    },
    /// The batches that are seen in training: it is a running average.
    Batches,
}

impl ParameterArray {
    /// Draws arrays at their start. Their rows follow one another in `stream`.
    pub fn draw(arrays: &[Self], stream: &Stream) -> Vec<Matrix> {
        let mut first_row = 0;
        let draw = |array: &Self| {
            let mut values = Matrix::zeros(array.rows, array.cols);
            for r in 0..array.rows {
                let mut reader = stream.reader(Draw::Dense, first_row + r as u32);
                values.row_mut(r).iter_mut().for_each(|v| *v = (array.deviation * reader.normal()) as f32);
            }
            first_row += array.rows as u32;
            values
        };
        arrays.iter().map(draw).collect()
    }
}
