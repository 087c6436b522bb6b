//! The loss of the last training batch and what it was made of.
//!
//! L = −τ log ℓ'_p, ℓ' = softmax of Sim(x⁺, ·)/τ over the positive and the negatives, read at the weights before the
//! step's update.
//!
//! Source: Definition 2.2, eq. (2.2); Theorem 3.2 (i) and 3.4 (i).

use super::{AxisKind, Column, Measure, Place, Reading, Values};

/// Loss, logits and the softmax's probability of the positive.
pub struct Logits;

const COLUMNS: &[Column] = &[
    Column::new(
        "loss",
        "1",
        "mean loss of the last training batch, before its update; NaN at step 0 (Theorem 3.2 (i), 3.4 (i))",
    )
    .shown(Place::Detail, "loss", "mean loss of a batch", AxisKind::Free),
    Column::new(
        "positive_logit",
        "1",
        "mean Sim(x⁺, x⁺⁺) of that batch; NaN where nothing is contrasted (A.5, E.11)",
    ),
    Column::new(
        "negative_logit",
        "1",
        "mean Sim(x⁺, x_s) over its negatives; NaN where nothing is contrasted (C.3)",
    ),
    Column::new(
        "positive_probability",
        "1",
        "mean ℓ'_p, the softmax's probability of the positive; InfoNCE only (C.3)",
    ),
];

impl Measure for Logits {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let Some(batch) = reading.view.batch else { return };
        out.scalar("loss", batch.loss);
        out.scalar("positive_logit", batch.positive_logit);
        out.scalar("negative_logit", batch.negative_logit);
        out.scalar("positive_probability", batch.positive_probability);
    }
}
