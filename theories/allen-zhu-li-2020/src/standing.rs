//! How an arm is judged: one whose weights have no time to leave their start is a standing control.
//!
//! Source: theory.md 4.3.

use featurescope_lab::evidence::Trial;
use featurescope_lab::paper::{IdleKind, Idleness, Role, Standing};

const UNTRAINED: &str = "untrained_classifier";

/// Why runs learn nothing.
pub const KINDS: &[IdleKind] =
    &[IdleKind { name: UNTRAINED, words: "untrained", sound_at: &[], is_untrained: true }];

/// As one that the theory speaks of; as an idle one if no neuron can have moved by its initial norm along any
/// direction.
pub fn standing(trial: &dyn Trial, _: Role) -> Standing {
    let Ok(subject) = trial.sparse_coding() else { return Standing::Between };
    let Ok(population) = subject.population() else { return Standing::Between };
    let training = &subject.spec().training;
    let variance = population.activity + population.noise_variance;
    let reach = training.learning_rate * training.steps as f64 * 0.5 * variance.sqrt();
    if reach <= subject.initial_norm() {
        return Standing::Idle(Idleness::named(UNTRAINED));
    }
    Standing::Meant
}
