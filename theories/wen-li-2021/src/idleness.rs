//! Runs that learn nothing, recognised by their settings: standing controls of every statement about
//! learning. A run that such settings do not keep from covering atoms is none: it has no role at all.
//!
//! ```text
//! untrained   η (rate of the fastest growth) · steps ≤ 1: nothing has grown by a factor e
//! no stage I  K < 2: at T1 the energy along the atoms is below K − 1 < 1 times the dense one (A.2)
//! drowned     2 P ≤ the anchors at which the noise of the steps equals the signal: it then holds two thirds
//!             of the energy, which leaves |cos| ≤ 1/√3 to an atom on average, and .7 counts as aligned
//! no gates    reset·√(2 ln d) ≤ .1 and cap ≤ .1·√2 σ: no atom and no noise meets a threshold
//! ```
//!
//! Source: theory.md 4.3 (growth, noise of batches), 4.5 (thresholds).

use featurescope_lab::evidence::{Moment, Subject, Trial};
use featurescope_lab::paper::{IdleKind, Idleness, Role, Standing};
use featurescope_sim::train::BiasCourse;

/// K below which stage I ends before the atoms dominate.
const LEAST_ENERGY_RATIO: f64 = 2.0;
/// Noise of the steps over signal from which a run counts as drowned.
const DROWNING_RATIO: f64 = 2.0;
/// Thresholds below this share of what they have to stop count as none.
const TINY_SHARE: f64 = 0.1;
/// K from which stage I counts as the paper's.
const PROPER_ENERGY_RATIO: f64 = 8.0;

/// Share of the atoms that a run that learns nothing covers at most.
const LEARNED_COVERAGE: f64 = 0.05;

const UNTRAINED: &str = "untrained";
const NO_STAGE_ONE: &str = "no_stage_one";
const DROWNED: &str = "drowned";
const NO_GATES: &str = "no_gates";

/// Why runs learn nothing.
pub const KINDS: &[IdleKind] = &[
    IdleKind { name: UNTRAINED, words: "untrained", sound_at: &[], is_untrained: true },
    IdleKind { name: NO_STAGE_ONE, words: "stage I cut off (K < 2)", sound_at: &[], is_untrained: false },
    IdleKind {
        name: DROWNED,
        words: "drowned in the noise of the steps",
        sound_at: &[],
        is_untrained: false,
    },
    // Stage I has no thresholds.
    IdleKind {
        name: NO_GATES,
        words: "thresholds near zero",
        sound_at: &[Moment::Start, Moment::T1],
        is_untrained: false,
    },
];

/// How an arm of this role is judged: as one that theory speaks of, or as one that learns nothing. What lies between
/// them is not, nor is what is not on sparse-coding data whose atoms are all alike.
pub fn standing(trial: &dyn Trial, role: Role) -> Standing {
    let Ok(subject) = trial.sparse_coding() else { return Standing::Between };
    if subject.population().is_err() {
        return Standing::Between;
    }
    let has_learned =
        || subject.column("coverage_90", Moment::End).is_ok_and(|share| share > LEARNED_COVERAGE);
    match idleness(&subject) {
        Some(_) if has_learned() => Standing::Between,
        Some(idleness) => Standing::Idle(idleness),
        None if role == Role::named("random_mask_staged") && !follows_the_stages(&subject) => {
            Standing::Between
        }
        None => Standing::Meant,
    }
}

/// Why an arm learns nothing, if that follows from its settings.
///
/// Without masks only an untrained arm counts: more noise or no thresholds are what such statements speak
/// of.
fn idleness(subject: &Subject<'_>) -> Option<Idleness> {
    let (spec, population) = (subject.spec(), subject.population().ok()?);
    let is_masked = !spec.has_equal_views();
    let shared_noise = if is_masked { 0.0 } else { population.noise_variance };
    let rate = population.activity + shared_noise;
    if spec.training.learning_rate * rate * spec.training.steps as f64 <= 1.0 {
        return Some(Idleness::named(UNTRAINED));
    }
    if !is_masked || spec.bias_course().is_some_and(|course| course.stays_at_zero()) {
        return None;
    }
    if spec.training.first_energy_ratio < LEAST_ENERGY_RATIO {
        return Some(Idleness::named(NO_STAGE_ONE));
    }
    let as_much_noise = subject.plan.prediction.anchors_needed;
    if as_much_noise.is_some_and(|needed| DROWNING_RATIO * spec.batch.anchors as f64 <= needed) {
        return Some(Idleness::named(DROWNED));
    }
    let shares = gates(subject)?;
    shares.iter().all(|share| *share <= TINY_SHARE).then(|| Idleness::named(NO_GATES))
}

/// Whether an arm with scheduled thresholds follows the paper's stages: K ≥ 8, a reset that stops a
/// coefficient without luck (1/√d of the norm) and a cap that stops masked noise (√2 σ).
fn follows_the_stages(subject: &Subject<'_>) -> bool {
    let has_stage_one = subject.spec().training.first_energy_ratio >= PROPER_ENERGY_RATIO;
    has_stage_one && gates(subject).is_some_and(|shares| shares.iter().all(|share| *share >= 1.0))
}

/// The reset over what a coefficient without luck is, and the cap over the standard deviation of masked
/// noise.
fn gates(subject: &Subject<'_>) -> Option<[f64; 2]> {
    let BiasCourse { reset, cap } = subject.spec().bias_course()?;
    let noise = (2.0 * subject.population().ok()?.noise_variance).sqrt();
    Some([reset * (2.0 * subject.latent_dim().ln()).sqrt(), cap / noise])
}
