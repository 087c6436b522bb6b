//! The biases against the norms, and the two forces on them.
//!
//! −∂L/∂b_i = −E[(1 − ℓ'_p) h_i(x⁺⁺) sign(a_i) k_i] + E[Σ_s ℓ'_s h_i(x_s) sign(a_i) k_i]: views that agree push a bias
//! down (attraction), negatives that look alike push it up (repulsion). Both are read on the last training batch at the
//! weights before its update, divided by ‖w_i‖ and averaged over neurons.
//!
//! Source: Section 3 (bias schedule), footnote 4; docs/theory.md (4.2b).

use super::{AxisKind, Column, Measure, Place, Reading, Values, extent, mean, ratio};

/// b/‖w‖ and what moves it.
pub struct Bias;

const COLUMNS: &[Column] = &[
    Column::new("bias_over_norm", "1", "mean over neurons of b_i/‖w_i‖ (footnote 4; E.2 (7))").shown(
        Place::Detail,
        "bias over norm",
        "mean b/‖w‖",
        AxisKind::Free,
    ),
    Column::new("bias_over_norm_min", "1", "smallest b_i/‖w_i‖"),
    Column::new("bias_over_norm_max", "1", "largest b_i/‖w_i‖"),
    Column::new(
        "bias_attraction",
        "1",
        "mean over neurons of the positives' part of −∂L/∂b_i, over ‖w_i‖; NaN where none",
    ),
    Column::new(
        "bias_repulsion",
        "1",
        "mean over neurons of the negatives' part of −∂L/∂b_i, over ‖w_i‖; NaN where none",
    ),
];

const NEURON_COLUMNS: &[Column] = &[Column::new("bias", "norm", "b_i")];

impl Measure for Bias {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn neuron_columns(&self) -> &'static [Column] {
        NEURON_COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let norms = || reading.view.norms.iter().map(|&norm| f64::from(norm));
        let over_norm = || reading.view.bias.iter().zip(norms()).map(|(&b, norm)| ratio(f64::from(b), norm));
        let (smallest, largest) = extent(over_norm());
        out.scalar("bias_over_norm", mean(over_norm()));
        out.scalar("bias_over_norm_min", smallest);
        out.scalar("bias_over_norm_max", largest);
        out.neurons("bias", reading.view.bias.iter().copied());
        if let Some(forces) = reading.view.dynamics.bias_forces() {
            let per_norm = |force: &[f64]| mean(force.iter().zip(norms()).map(|(&f, norm)| ratio(f, norm)));
            out.scalar("bias_attraction", per_norm(&forces.attraction));
            out.scalar("bias_repulsion", per_norm(&forces.repulsion));
        }
    }
}
