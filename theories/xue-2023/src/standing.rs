//! How an arm is judged: one whose fastest feature has no time to grow is a standing control.
//!
//! Source: theory.md 3.2.

use crate::encoder::contrast;
use featurescope_lab::evidence::Trial;
use featurescope_lab::paper::{IdleKind, Idleness, Role, Standing};

const UNTRAINED: &str = "untrained_encoder";

/// Why runs learn nothing.
pub const KINDS: &[IdleKind] =
    &[IdleKind { name: UNTRAINED, words: "untrained", sound_at: &[], is_untrained: true }];

/// As one that the theory speaks of if it covers the settings; as an idle one if by the end no energy has grown by a
/// factor e. Atoms at angles grow no slower than orthogonal ones, so these are asked.
pub fn standing(trial: &dyn Trial, _: Role) -> Standing {
    let Ok(subject) = trial.sparse_coding() else { return Standing::Between };
    let Ok(contrast) = contrast(&subject) else { return Standing::Between };
    let training = &subject.spec().training;
    let growth = |atom| contrast.along_atom(atom).course(1.0, training.learning_rate).growth_per_step();
    let fastest = (0..contrast.spectrum.atoms.len()).map(growth).fold(0.0, f64::max);
    if fastest * training.steps as f64 <= 1.0 {
        return Standing::Idle(Idleness::named(UNTRAINED));
    }
    Standing::Meant
}
