//! Plain stochastic gradient descent with weight decay: w ← (1 − ηλ) w − η ∇L.
//!
//! Source: Section 3 of the paper, Obj = L + (λ/2) Σ ‖w_i‖²; docs/theory.md 3.

use super::{Optimizer, OptimizerPart, Pace};
use crate::math::descent::Descent;
use crate::math::{Matrix, parallel};

/// Rows that one thread moves at a time.
const ROWS_PER_PIECE: usize = 16;

/// The declaration.
pub(super) static PART: OptimizerPart = OptimizerPart {
    kind: "sgd",
    summary: "w ← (1 − ηλ) w − η ∇L (the paper)",
    settings: &[],
    build: |_, ()| Ok(Box::new(Sgd)),
};

/// The paper's optimiser.
#[derive(Clone, Copy, Debug)]
pub struct Sgd;

impl Pace {
    /// The step of plain descent.
    pub fn descent(self) -> Descent {
        Descent { keep: (1.0 - self.rate * self.decay) as f32, rate: self.rate as f32 }
    }
}

impl Optimizer for Sgd {
    fn advance(&self, values: &mut Matrix, gradient: &Matrix, _memory: &mut [Matrix], pace: Pace) {
        let (cols, descent) = (values.cols(), pace.descent());
        parallel::for_each_row_group(values.as_mut_slice(), cols, ROWS_PER_PIECE, |first, rows| {
            descent.apply(rows, &gradient.as_slice()[first * cols..][..rows.len()]);
        });
    }

    fn is_plain(&self) -> bool {
        true
    }
}
