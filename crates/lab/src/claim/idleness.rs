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
//! Source: docs/theory.md 4.3 (growth, noise of batches), 4.5 (thresholds).

use super::evidence::Subject;
use super::{Moment, Role};
use featurescope_sim::train::BiasRule;
use serde::{Deserialize, Serialize};

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

/// Why a run learns nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Idleness {
    /// It ends before anything has grown.
    Untrained,
    /// Stage I ends before it has done anything.
    NoStageOne,
    /// The noise of its steps exceeds the signal.
    Drowned,
    /// Its thresholds stop nothing, so it stays a linear map.
    NoGates,
}

impl Idleness {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Untrained, Self::NoStageOne, Self::Drowned, Self::NoGates];

    /// Why an arm learns nothing, if that follows from its settings.
    ///
    /// Without masks only an untrained arm counts: more noise or no thresholds are what such statements speak
    /// of.
    pub fn of(subject: &Subject<'_>) -> Option<Self> {
        let (spec, population) = (subject.spec(), subject.population().ok()?);
        let is_masked = !spec.has_equal_views();
        let shared_noise = if is_masked { 0.0 } else { population.noise_variance };
        let rate = population.activity + shared_noise;
        if spec.training.learning_rate * rate * spec.training.steps as f64 <= 1.0 {
            return Some(Self::Untrained);
        }
        if !is_masked || spec.bias_rule() == Some(BiasRule::Zero) {
            return None;
        }
        if spec.training.first_energy_ratio < LEAST_ENERGY_RATIO {
            return Some(Self::NoStageOne);
        }
        let as_much_noise = subject.plan.prediction.anchors_needed;
        if as_much_noise.is_some_and(|needed| DROWNING_RATIO * spec.batch.anchors as f64 <= needed) {
            return Some(Self::Drowned);
        }
        let shares = gates(subject)?;
        shares.iter().all(|share| *share <= TINY_SHARE).then_some(Self::NoGates)
    }

    /// Whether it keeps a run from learning what is read at this moment. Stage I has no thresholds.
    pub fn is_idle_at(self, moment: Moment) -> bool {
        self != Self::NoGates || !matches!(moment, Moment::Start | Moment::T1)
    }

    /// As it stands after "runs that learn nothing:".
    pub fn words(self) -> &'static str {
        match self {
            Self::Untrained => "untrained",
            Self::NoStageOne => "stage I cut off (K < 2)",
            Self::Drowned => "drowned in the noise of the steps",
            Self::NoGates => "thresholds near zero",
        }
    }
}

/// Whether an arm is judged: as one that theory speaks of, or as one that learns nothing. What lies between
/// them is not.
pub(super) fn is_judged(subject: &Subject<'_>, idleness: Option<Idleness>) -> bool {
    let has_learned =
        || subject.column("coverage_90", Moment::End).is_ok_and(|share| share > LEARNED_COVERAGE);
    match idleness {
        Some(_) => !has_learned(),
        None => subject.arm.role != Some(Role::RandomMaskStaged) || follows_the_stages(subject),
    }
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
    let Some(BiasRule::Staged { reset, cap, .. }) = subject.spec().bias_rule() else { return None };
    let noise = (2.0 * subject.population().ok()?.noise_variance).sqrt();
    Some([reset * (2.0 * subject.latent_dim().ln()).sqrt(), cap / noise])
}
