//! What a quantity can be: intervals never leave that, and counted shares are known to the noise of counting
//! only.

use crate::monte_carlo::SAMPLES;
use featurescope_lab::evidence::{Subject, Trial};
use featurescope_lab::stats::Range;

/// The things that a share is one of, in one run.
type Counted = fn(&Subject<'_>) -> f64;

/// Shares of counted things. Things that hang together count for what they are at most: samples, not pairs of
/// sample and atom.
pub(super) const SHARES: &[(&str, Counted)] = &[
    ("coverage_90", |s| s.latent_dim()),
    ("coverage_70", |s| s.latent_dim()),
    ("lucky_atoms_fraction", |s| s.latent_dim()),
    ("probe_accuracy", |s| s.run.plan.shared.probe.test_rows as f64),
    ("misread_fraction", |_| SAMPLES as f64),
    ("bernstein_tail", |_| SAMPLES as f64),
    // About as many pairs are lucky as atoms: that many neurons are to pass per atom.
    ("lucky_above_bias_share", |s| s.latent_dim()),
    ("unlucky_below_bias_share", |s| s.latent_dim() * s.width() as f64),
];

/// What lies between two numbers: name, lowest, highest.
pub(super) const BOUNDED: &[(&str, f64, f64)] = &[
    ("noise_cosine", -1.0, 1.0),
    ("signal_cosine", -1.0, 1.0),
    ("lucky_alignment", 0.0, 1.0),
    ("lucky_over_rivals", 0.0, 1.0),
    ("dense_energy_fraction", 0.0, 1.0),
    ("dense_share_min", 0.0, 1.0),
    ("batch_noise_share", f64::NEG_INFINITY, 1.0),
    ("probe_r_squared", f64::NEG_INFINITY, 1.0),
    ("probe_r_squared_gain", f64::NEG_INFINITY, 1.0),
    ("probe_accuracy_gain", -1.0, 1.0),
    ("coverage_against_supervised", -1.0, 1.0),
    ("separation_from_none", -1.0, 1.0),
];

/// Counts, energies, root mean squares, largest absolute values, and ratios of such numbers: never below zero.
pub(super) const NOT_NEGATIVE: &[&str] = &[
    "alignment_times_root_dim",
    "atoms_held",
    "bias_over_cap",
    "chebyshev_ratio",
    "cross_force_ratio",
    "dense_coordinate_max",
    "dense_coordinate_scaled",
    "dense_energy_growth",
    "dense_share_times_k",
    "dense_solution_loss",
    "feature_energy_max_ratio",
    "feature_energy_min_ratio",
    "feature_energy_ratio",
    "firing_rate_over_bound",
    "initial_norm_deviation",
    "initial_sparse_deviation",
    "jitter_over_hoeffding",
    "jitter_rms",
    "loss_over_initial",
    "mask_overlap_max",
    "mask_overlap_ratio",
    "mask_overlap_rms",
    "noise_force_on_atoms",
    "noise_on_atom_max",
    "noise_variance_ratio",
    "norm_growth_over_k",
    "other_coefficient_scaled",
    "other_gate_rate_ratio",
    "owner_coefficient",
    "owner_gate_rate_ratio",
    "positive_probability_ratio",
    "potential_atoms_max",
    "potential_per_atom_ratio",
    "shared_potential_max",
    "signal_variance_ratio",
    "singletons_per_share",
    "sizeable_atoms_max",
    "sizeable_atoms_of_norm_max",
    "sparse_over_dense_ratio",
    "stage_two_steps_ratio",
    "t1_ratio",
    "thresholded_feature_energy_mean",
    "unlucky_coefficient_scaled",
    "vanishing_atoms_ratio",
];

/// The values that a quantity or recorded column can have in a run.
pub fn range(name: &str, trial: &dyn Trial) -> Range {
    let share = SHARES.iter().find(|(share, _)| *share == name);
    let bounded = BOUNDED.iter().find(|(bounded, ..)| *bounded == name);
    let counted = share.and_then(|(_, counted)| Some(counted(&trial.sparse_coding().ok()?)));
    match (counted, bounded) {
        (Some(things), _) => Range::ShareOf(things),
        (None, Some(&(_, lowest, highest))) => Range::Within(lowest, highest),
        (None, None) if NOT_NEGATIVE.contains(&name) => Range::Within(0.0, f64::INFINITY),
        (None, None) => Range::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::{BOUNDED, NOT_NEGATIVE, SHARES};
    use crate::PAPER;

    /// A name with a slip in it would leave its quantity without a range.
    #[test]
    fn every_name_is_a_quantity_and_stands_once() {
        let mut names: Vec<&str> = SHARES.iter().map(|(name, _)| *name).collect();
        names.extend(BOUNDED.iter().map(|(name, ..)| *name));
        names.extend(NOT_NEGATIVE);
        for name in &names {
            assert!(PAPER.doc(name).is_some(), "{name}");
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
    }
}
