//! How strongly each atom stands in the whole representation.
//!
//! F_j = Σ_i ⟨w_i, M_j⟩², and with the biases taken off F_j = Σ_i h_b(⟨w_i, M_j⟩)², h_b(a) = h(a, b_i) the
//! learner's activation: the second is Sim(M_j, M_j), what the positive logit gains from an active atom; it
//! saturates at Θ(τ log d). Sums are over all neurons, so that no choice of a set M_j enters.
//!
//! Source: Appendix A.4, Lemma E.2 (3), E.5, E.6; docs/theory.md 4.6.

use super::{Column, Measure, Reading, Values, extent, mean};

/// F_j over the atoms.
pub struct FeatureEnergy;

const COLUMNS: &[Column] = &[
    Column::new("feature_energy_mean", "energy", "mean over atoms of F_j = Σ_i ⟨w_i, M_j⟩² (E.2 (3))"),
    Column::new("feature_energy_min", "energy", "smallest F_j (E.5)"),
    Column::new("feature_energy_max", "energy", "largest F_j (E.6)"),
    Column::new(
        "thresholded_feature_energy_mean",
        "energy",
        "mean over atoms of Σ_i h_b(⟨w_i, M_j⟩)² (E.2 (3))",
    ),
    Column::new("thresholded_feature_energy_min", "energy", "smallest Σ_i h_b(⟨w_i, M_j⟩)² (E.5)"),
    Column::new("thresholded_feature_energy_max", "energy", "largest Σ_i h_b(⟨w_i, M_j⟩)² (E.6)"),
];

impl Measure for FeatureEnergy {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let mut plain = vec![0.0; reading.latent_dim()];
        let mut thresholded = vec![0.0; reading.latent_dim()];
        let activation = reading.view.dynamics.network().activation();
        for (row, &b) in reading.coordinates.sparse.iter_rows().zip(reading.view.bias) {
            for (j, &a) in row.iter().enumerate() {
                let a = f64::from(a);
                let h = activation.map_or(f64::NAN, |activation| activation.value(a, f64::from(b)));
                plain[j] += a * a;
                thresholded[j] += h * h;
            }
        }
        let (smallest, largest) = extent(plain.iter().copied());
        out.scalar("feature_energy_mean", mean(plain));
        out.scalar("feature_energy_min", smallest);
        out.scalar("feature_energy_max", largest);
        let (smallest, largest) = extent(thresholded.iter().copied());
        out.scalar("thresholded_feature_energy_mean", mean(thresholded));
        out.scalar("thresholded_feature_energy_min", smallest);
        out.scalar("thresholded_feature_energy_max", largest);
    }
}
