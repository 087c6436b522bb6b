//! How an arm is judged: one whose fastest direction has no time to grow is a standing control.
//!
//! Source: theory.md 3.3.

use crate::encoder::Encoder;
use featurescope_lab::evidence::Trial;
use featurescope_lab::paper::{IdleKind, Idleness, Role, Standing};

const UNTRAINED: &str = "untrained_encoder";

/// Why runs learn nothing.
pub const KINDS: &[IdleKind] =
    &[IdleKind { name: UNTRAINED, words: "untrained", sound_at: &[], is_untrained: true }];

/// As one that the theory speaks of if it covers the settings; as an idle one if by the end no energy has grown by a
/// factor e.
pub fn standing(trial: &dyn Trial, _: Role) -> Standing {
    let Ok(subject) = trial.sparse_coding() else { return Standing::Between };
    let Ok(encoder) = Encoder::of(&subject) else { return Standing::Between };
    let fastest = encoder.atoms.first().map_or(0.0, |direction| direction.course.growth_per_step());
    if fastest * subject.spec().training.steps as f64 <= 1.0 {
        return Standing::Idle(Idleness::named(UNTRAINED));
    }
    Standing::Meant
}
