//! What a quantity can be: intervals never leave that, and counted shares are known to the noise of counting
//! only.

use crate::claim::evidence::Subject;
use crate::claim::monte_carlo::SAMPLES;
use crate::stats::Range;

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
];

/// The values that a quantity or recorded column can have in a run.
pub fn range(name: &str, subject: &Subject<'_>) -> Range {
    let share = SHARES.iter().find(|(share, _)| *share == name);
    let bounded = BOUNDED.iter().find(|(bounded, ..)| *bounded == name);
    match (share, bounded) {
        (Some((_, counted)), _) => Range::ShareOf(counted(subject)),
        (None, Some(&(_, lowest, highest))) => Range::Within(lowest, highest),
        (None, None) => Range::Any,
    }
}
