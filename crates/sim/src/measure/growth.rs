//! How much the initial weights have grown: the coefficient of W(t) along W(0), inside and outside the span of M.
//!
//! growth_sparse = Σ_i ⟨Mᵀw_i, Mᵀw_i(0)⟩ / Σ_i ‖Mᵀw_i(0)‖², growth_dense the same for w_i − M Mᵀ w_i. In stage I their
//! t-th roots are the growth factors per step of the closed forms; energies would contain the noise of the steps too.
//!
//! Source: Appendix A.2 and Lemma C.2; docs/theory.md 4.3.

use super::{Column, Measure, Reading, Values};

/// Growth of the initial weights.
pub struct WeightGrowth;

const COLUMNS: &[Column] = &[
    Column::new(
        "growth_sparse",
        "1",
        "coefficient of MᵀW(t) along MᵀW(0), 1 at step 0 (A.2 sparse, Lemma C.2a)",
    ),
    Column::new("growth_dense", "1", "the same outside the span of M (A.2 dense, Lemma C.2b)"),
];

impl Measure for WeightGrowth {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let growth = reading.view.dynamics.growth();
        out.scalar("growth_sparse", growth.sparse);
        out.scalar("growth_dense", growth.dense);
    }
}
