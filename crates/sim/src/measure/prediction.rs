//! How strongly the objective predicts a feature of one view by other features of the other view: the largest
//! |A_ij|, i ≠ j, where q = A f is the prediction.
//!
//! It is 0 where features are their own prediction. A predictor that starts as the identity leaves 0 when one
//! feature begins to stand in for another.
//!
//! Source: Wen and Li, "The Mechanism of Prediction Head in Non-contrastive Self-supervised Learning"
//! (NeurIPS 2022), where the rise and the fall of these entries are two phases of learning.

use super::{Column, Measure, Reading, Values, extent};

/// The largest entry off the diagonal of the predictor.
pub struct OffDiagonal;

/// Its column.
pub const COLUMN: Column = Column::new(
    "predictor_off_diagonal",
    "1",
    "largest |A_ij|, i ≠ j, of the prediction q = A f of the other view; not defined where nothing is predicted by a \
     matrix",
);

impl Measure for OffDiagonal {
    fn columns(&self) -> &'static [Column] {
        const { &[COLUMN] }
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let Some(matrix) = reading.view.dynamics.prediction() else { return };
        let rows = matrix.iter_rows().enumerate();
        let off = rows.flat_map(|(i, row)| {
            row.iter().enumerate().filter(move |(j, _)| *j != i).map(|(_, a)| f64::from(a.abs()))
        });
        // A single feature has nothing off the diagonal.
        out.scalar(COLUMN.name, extent(off.chain([0.0])).1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Matrix;
    use crate::measure::tests::fake::Fake;

    #[test]
    fn the_largest_entry_off_the_diagonal_is_read_whatever_its_sign() {
        let mut fake = Fake::new(3, &[1.0, 0.0, 0.0], &[0.0]);
        assert!(fake.read(&mut OffDiagonal).get(COLUMN.name).is_nan());
        fake.prediction = Some(Matrix::from_vec(2, 2, vec![9.0, 0.25, -0.5, 7.0]));
        assert_eq!(fake.read(&mut OffDiagonal).get(COLUMN.name), 0.5);
        fake.prediction = Some(Matrix::from_vec(1, 1, vec![1.0]));
        assert_eq!(fake.read(&mut OffDiagonal).get(COLUMN.name), 0.0);
    }
}
