//! From stored runs to numbers: every quantity that a claim asks for, one run at a time.
//!
//! A run is opened, read and dropped before the next one, so memory does not grow with their number.

use super::{About, Axis, Bounds, Claim, Test};
use crate::evidence::{Gap, Moment, Subject, Trial};
use crate::identity::{SettingKey, Settings};
use crate::paper::{Idleness, Paper, Role, Roles, Standing};
use crate::stats::Range;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Which arm it is: what stands beside a verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmSetting {
    /// Name of the arm.
    pub arm: String,
    /// What it is an example of.
    pub role: Role,
    /// Why it learns nothing, if it does not: then it is a standing control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idleness: Option<Idleness>,
    /// Its sizes; only arms on sparse-coding data have them.
    #[serde(flatten)]
    pub sizes: Option<Sizes>,
    /// Name of the experiment: what may grow together along d.
    pub experiment: String,
    /// What tells it from other settings of its kind and size, in words; empty where nothing has to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub apart: String,
    /// Names every setting but the seed: arms that share it are repetitions of each other.
    #[serde(skip)]
    pub key: SettingKey,
    /// Those settings.
    #[serde(skip)]
    pub settings: Arc<Settings>,
    /// Per axis the ladder that the arm is a rung of; none without sizes.
    #[serde(skip)]
    pub ladders: BTreeMap<Axis, Ladder>,
}

/// The sizes of an arm on sparse-coding data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sizes {
    /// d.
    pub latent_dim: usize,
    /// d1.
    pub ambient_dim: usize,
    /// m.
    pub width: usize,
    /// P.
    pub anchors: usize,
    /// N.
    pub negatives: usize,
    /// τ; 0 where nothing is contrasted.
    pub temperature: f64,
    /// λ.
    pub weight_decay: f64,
    /// C_z as p d/ln ln d.
    pub activity_constant: f64,
    /// C_σ as σ² d/√(ln d).
    pub noise_constant: f64,
    /// Steps of the run.
    pub steps: u64,
    /// Whether the arm does without the ambient space (docs/derivations/reduced.md).
    #[serde(default)]
    pub reduced: bool,
}

/// What the rungs of a ladder share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ladder {
    /// Every setting but the seed and what changes along it.
    Settings(SettingKey),
    /// Along d everything grows: there a ladder is what an experiment calls one.
    Family(Family),
}

/// What stays along d.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Family {
    experiment: String,
    arm: String,
    role: Role,
    /// In thousandths, and so is the next: constants are computed back from p and σ².
    activity_constant: i64,
    noise_constant: i64,
    /// The bits of τ: it is typed and never computed.
    temperature: u64,
    reduced: bool,
}

/// One quantity of one test in one arm of one run.
#[derive(Clone, Debug)]
pub struct Observation {
    /// Position of the claim.
    pub claim: usize,
    /// Position of the test in the claim.
    pub test: usize,
    /// Which arm it was.
    pub setting: ArmSetting,
    /// Its seed.
    pub seed: u64,
    /// The value, or why there is none.
    pub value: Result<f64, Obstacle>,
    /// The values that it can have.
    pub range: Range,
}

/// Why a test has no value in a run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Obstacle {
    /// The quantity cannot be read.
    #[error(transparent)]
    Gap(#[from] Gap),
    /// The statement does not apply there.
    #[error("condition not met: {quantity} = {value:.3}, {bounds}")]
    Condition {
        /// What was asked.
        quantity: String,
        /// What it is.
        value: f64,
        /// What it has to be.
        bounds: String,
    },
}

impl std::fmt::Display for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.at_least, self.at_most) {
            (Some(low), Some(high)) => write!(f, "between {low} and {high}"),
            (Some(low), None) => write!(f, "at least {low}"),
            (None, Some(high)) => write!(f, "at most {high}"),
            (None, None) => f.write_str("any value"),
        }
    }
}

impl Sizes {
    /// Those of an arm; `None` where its data are no sparse codes. Where atoms are unequal the activity is their mean.
    fn of(subject: &Subject<'_>) -> Option<Self> {
        let (law, spec) = (subject.run.plan.law.as_ref()?, subject.spec());
        let d = law.latent_dim as f64;
        Some(Self {
            latent_dim: law.latent_dim,
            ambient_dim: law.ambient_dim,
            width: subject.width(),
            anchors: spec.batch.anchors,
            negatives: subject.negatives(),
            temperature: subject.temperature().unwrap_or(0.0),
            weight_decay: spec.training.weight_decay,
            activity_constant: law.activity() * d / d.ln().ln(),
            noise_constant: law.noise_variance * d / d.ln().sqrt(),
            steps: spec.training.steps,
            reduced: subject.plan.is_reduced(),
        })
    }

    /// The place on a ladder.
    fn along(&self, axis: Axis) -> f64 {
        match axis {
            Axis::LatentDim => self.latent_dim as f64,
            Axis::AmbientDim => self.ambient_dim as f64,
            Axis::Anchors => self.anchors as f64,
            Axis::Temperature => self.temperature,
            Axis::WeightDecay => self.weight_decay,
        }
    }
}

impl ArmSetting {
    /// The setting of an arm that is judged by a paper: a subject, a control, or one that learns nothing.
    pub fn of(paper: &Paper, trial: &dyn Trial) -> Option<Self> {
        let role = paper.role(trial)?;
        let idleness = match (paper.standing)(trial, role) {
            Standing::Meant => None,
            Standing::Idle(idleness) => Some(idleness),
            Standing::Between => return None,
        };
        let sizes = trial.sparse_coding().ok().and_then(|subject| Sizes::of(&subject));
        let settings = trial.settings();
        let mut setting = Self {
            arm: trial.name().to_owned(),
            role,
            idleness,
            sizes,
            experiment: trial.experiment().to_owned(),
            apart: String::new(),
            key: settings.setting_key(),
            settings: Arc::new(settings),
            ladders: BTreeMap::new(),
        };
        if let Some(sizes) = &sizes {
            setting.ladders = Axis::ALL.map(|axis| (axis, setting.ladder(axis, sizes))).into();
        }
        Some(setting)
    }

    fn ladder(&self, axis: Axis, sizes: &Sizes) -> Ladder {
        match axis {
            Axis::LatentDim => Ladder::Family(self.family(sizes)),
            _ => Ladder::Settings(self.settings.without(&[axis.words()]).setting_key()),
        }
    }

    /// The settings in which a control differs from this subject beyond what makes it a control.
    pub fn differing<'a>(&'a self, control: &'a Self, roles: Option<&Roles>) -> Vec<&'a str> {
        let meant = roles.map_or(Vec::new(), |roles| roles.difference(self.role, control.role));
        let is_meant = |key: &str| {
            meant.iter().any(|name| {
                key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        self.settings.differing(&control.settings).into_iter().filter(|key| !is_meant(key)).collect()
    }

    fn family(&self, sizes: &Sizes) -> Family {
        let thousandths = |constant: f64| (1e3 * constant).round() as i64;
        Family {
            experiment: self.experiment.clone(),
            arm: self.arm.clone(),
            role: self.role,
            activity_constant: thousandths(sizes.activity_constant),
            noise_constant: thousandths(sizes.noise_constant),
            temperature: sizes.temperature.to_bits(),
            reduced: sizes.reduced,
        }
    }

    /// Its place in a list: by size, then by name.
    pub(super) fn place(&self) -> (Option<(usize, usize)>, &str, &str) {
        let size = self.sizes.map(|sizes| (sizes.latent_dim, sizes.ambient_dim));
        (size, &self.experiment, &self.arm)
    }

    /// `64/1024`: d/d1, whether that space was left out, and what tells it from others of that size. Without sizes
    /// the experiment, or the arm of one without a name.
    pub fn label(&self) -> String {
        let named = match &self.sizes {
            Some(sizes) => {
                let dynamics = if sizes.reduced { " reduced" } else { "" };
                format!("{}/{}{dynamics}", sizes.latent_dim, sizes.ambient_dim)
            }
            None if self.experiment.is_empty() => self.arm.clone(),
            None => self.experiment.clone(),
        };
        named + &self.apart
    }

    /// Its place on a ladder; not a number without sizes.
    pub fn size(&self, axis: Axis) -> f64 {
        self.sizes.map_or(f64::NAN, |sizes| sizes.along(axis))
    }
}

/// Reads everything that `claims` of a paper ask of an arm.
pub fn measure(paper: &Paper, claims: &[Claim], trial: &dyn Trial) -> Vec<Observation> {
    let mut observations = Vec::new();
    let Some(setting) = ArmSetting::of(paper, trial) else { return observations };
    let mut known = HashMap::new();
    let mut read = |name: &str, at: Moment| -> Result<f64, Gap> {
        let key = (name.to_owned(), at);
        known.entry(key).or_insert_with(|| paper.read(name, trial, at)).clone()
    };
    for (c, claim) in claims.iter().enumerate() {
        for (t, test) in claim.tests.iter().enumerate().filter(|(_, test)| asks(paper, claim, test, &setting))
        {
            let (setting, seed) = (setting.clone(), trial.seed());
            let value = read_test(test, setting.role, &mut read);
            let range = (paper.range)(test.quantity().0, trial);
            observations.push(Observation { claim: c, test: t, setting, seed, value, range });
        }
    }
    observations
}

/// Whether a test is read off such an arm: as its subject, as its control, or as a standing control.
///
/// What learns nothing is a standing control of statements about learning and a control of no other, and of
/// what is not about learning it is a subject only where nothing has been trained: there all runs are alike.
fn asks(paper: &Paper, claim: &Claim, test: &Test, setting: &ArmSetting) -> bool {
    let (is_subject, at) = (test.arms().contains(&setting.role), test.quantity().1);
    let Some(idleness) = setting.idleness else {
        return is_subject || test.controls().contains(&setting.role);
    };
    let Some(kind) = paper.idleness.iter().find(|kind| kind.name == idleness.name()) else { return false };
    if claim.about.is_some_and(About::is_learned) {
        is_subject && !kind.sound_at.contains(&at)
    } else {
        is_subject && kind.is_untrained && at == Moment::Start
    }
}

/// The value that a test reads off an arm of this role, or why it has none.
///
/// # Errors
/// If a quantity cannot be read, or a condition is not met.
pub fn read_test(
    test: &Test,
    role: Role,
    read: &mut dyn FnMut(&str, Moment) -> Result<f64, Gap>,
) -> Result<f64, Obstacle> {
    let asked = test.conditions().iter().filter(|condition| condition.arm.is_none_or(|arm| arm == role));
    for condition in asked {
        let bounds = Bounds { at_least: condition.at_least, at_most: condition.at_most };
        let value = read(&condition.quantity, condition.at)?;
        if !bounds.hold(value) {
            let quantity = condition.quantity.clone();
            return Err(Obstacle::Condition { quantity, value, bounds: bounds.to_string() });
        }
    }
    let (name, at) = test.quantity();
    Ok(read(name, at)?)
}
