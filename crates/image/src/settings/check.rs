//! Ranges of the settings.

use super::{Adversary, Arm, Network, Objective, Pictures, Settings, Views};
use std::fmt::Display;

/// Why settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// No TOML.
    #[error("the settings are no TOML: {0}")]
    Syntax(String),
    /// A key that is not known, is missing, or holds something of another type.
    #[error("the settings cannot be read: {0}")]
    Reading(String),
    /// An override that is no `key=value`.
    #[error("`{0}` is no setting: expected key=value, for example training.epochs=10")]
    Override(String),
    /// A setting that was given twice in one place.
    #[error("{setting} is given twice, as {first} and as {second}: give it once")]
    Twice {
        /// The setting.
        setting: String,
        /// The one value.
        first: String,
        /// The other.
        second: String,
    },
    /// A setting that would change nothing.
    #[error("{setting} = {value} would change nothing: {when}")]
    Unused {
        /// The setting.
        setting: String,
        /// What it is.
        value: String,
        /// When it is used.
        when: String,
    },
    /// Settings that have no default and were not given.
    #[error("settings are missing: {}; `experiments/images-synthetic/experiment.toml` has an example of each", .0.join(", "))]
    Missing(Vec<String>),
    /// A value out of its range.
    #[error("{setting} = {value}: expected {expected}")]
    Range {
        /// The setting.
        setting: String,
        /// What it is.
        value: String,
        /// What it may be.
        expected: String,
    },
}

/// `Ok` if `holds`.
fn require(holds: bool, setting: &str, value: impl Display, expected: &str) -> Result<(), SettingsError> {
    if holds {
        return Ok(());
    }
    Err(SettingsError::Range {
        setting: setting.to_owned(),
        value: value.to_string(),
        expected: expected.to_owned(),
    })
}

/// The smallest and the largest positive number that single precision, in which networks are trained, holds
/// in full.
const SINGLE: (f64, f64) = (f32::MIN_POSITIVE as f64, f32::MAX as f64);

/// `Ok` for a positive number of single precision.
fn require_positive(setting: &str, value: f64) -> Result<(), SettingsError> {
    let expected =
        format!("a number from {:.1e} to {:.1e}, the range of single precision", SINGLE.0, SINGLE.1);
    require((SINGLE.0..=SINGLE.1).contains(&value), setting, value, &expected)
}

/// Characters of an arm's name: it names a folder.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let Self { seeds, data, training, measure, arms, .. } = self;
        let distinct = seeds.iter().enumerate().all(|(i, seed)| !seeds[..i].contains(seed));
        require(!seeds.is_empty() && distinct, "seeds", format!("{seeds:?}"), "at least one, each once")?;
        if let Pictures::Synthetic { size, classes } = data.pictures {
            require((16..=512).contains(&size), "data.size", size, "16 to 512 pixels")?;
            require((2..=10).contains(&classes), "data.classes", classes, "2 to 10")?;
        }
        require(data.train >= 20, "data.train", data.train, "at least 20 pictures")?;
        require(data.test >= 10, "data.test", data.test, "at least 10 pictures")?;
        require(training.epochs >= 1, "training.epochs", training.epochs, "at least 1")?;
        let batch = training.batch;
        require((2..=data.train).contains(&batch), "training.batch", batch, "2 to data.train")?;
        require_positive("training.learning_rate", training.learning_rate)?;
        let warmup = training.warmup;
        require(warmup >= 0.0 && warmup.is_finite(), "training.warmup", warmup, "0 or more epochs")?;
        // As single precision sees it: .9999999999 would be 1 there, which no descent survives.
        let momentum = training.momentum as f32;
        require((0.0..1.0).contains(&momentum), "training.momentum", training.momentum, "[0, 1)")?;
        let decay = training.weight_decay;
        let accepted = "0 or more, at most 3.4e38";
        require((0.0..=SINGLE.1).contains(&decay), "training.weight_decay", decay, accepted)?;
        require(measure.every >= 1, "measure.every", measure.every, "at least 1 epoch")?;
        let probe = measure.probe;
        require((20..=data.train).contains(&probe), "measure.probe", probe, "20 to data.train")?;
        require(measure.neighbours >= 1, "measure.neighbours", measure.neighbours, "at least 1")?;
        require(!arms.0.is_empty(), "arms", "none", "at least one")?;
        self.network.check()?;
        check_objective("training.objective", &training.objective)?;
        for (name, arm) in arms.iter() {
            require(is_plain(name), "arms", name, "names of letters, digits, - and _")?;
            check_arm(name, arm)?;
            let objective = arm.objective.unwrap_or(training.objective);
            let clash = matches!(self.network, Network::Patches { .. }) && objective == Objective::SimSiam;
            require(
                !clash,
                &format!("arms.{name}.objective"),
                "simsiam",
                "a loss without a predictor on patches",
            )?;
        }
        Ok(())
    }
}

fn check_arm(name: &str, arm: &Arm) -> Result<(), SettingsError> {
    let key = |setting: &str| format!("arms.{name}.{setting}");
    let share =
        |setting: &str, value: f32| require((0.0..=1.0).contains(&value), &key(setting), value, "0 to 1");
    match arm.views {
        Views::None => {}
        Views::Crop { strength } => share("strength", strength)?,
        Views::Full { strength, blur } => {
            share("strength", strength)?;
            share("blur", blur)?;
        }
        Views::Mask { keep_rate, patch } => {
            require(keep_rate > 0.0 && keep_rate < 1.0, &key("keep_rate"), keep_rate, "between 0 and 1")?;
            require(patch >= 1, &key("patch"), patch, "at least 1 pixel")?;
        }
    }
    if let Some(Adversary { radius, steps }) = arm.adversary {
        require_positive(&key("adversary.radius"), radius)?;
        require(radius < 1.0, &key("adversary.radius"), radius, "below 1")?;
        require(steps >= 1, &key("adversary.steps"), steps, "at least 1")?;
    }
    arm.objective.iter().try_for_each(|objective| check_objective(&key("objective"), objective))
}

fn check_objective(key: &str, objective: &Objective) -> Result<(), SettingsError> {
    match objective {
        Objective::NtXent { temperature, .. } | Objective::InfoNce { temperature, .. } => {
            require_positive(&format!("{key}.temperature"), *temperature)
        }
        Objective::SimSiam | Objective::CrossEntropy => Ok(()),
    }
}

impl Network {
    /// Why it cannot read pictures of `side` pixels, if it cannot.
    pub fn misfit(&self, side: usize) -> Option<String> {
        match *self {
            Self::Patches { patch, .. } if side == 0 || !side.is_multiple_of(patch) => {
                Some(format!("patches of {patch} pixels do not tile it"))
            }
            Self::AlexNet { .. } | Self::WideResNet { .. } if side < 8 => {
                Some("the network needs pictures of at least 8 pixels".to_owned())
            }
            _ => None,
        }
    }

    /// # Errors
    /// If a size is out of its range.
    pub fn check(&self) -> Result<(), SettingsError> {
        let positive = |name: &str, value: usize| {
            require((1..=65536).contains(&value), &format!("network.{name}"), value, "1 to 65536")
        };
        match *self {
            Self::AlexNet { width, kernel, features, projection } => {
                require(kernel % 2 == 1 && kernel <= 15, "network.kernel", kernel, "an odd number up to 15")?;
                positive("width", width)?;
                positive("features", features)?;
                positive("projection", projection)
            }
            Self::WideResNet { depth, width, projection } => {
                let fits = (10..1000).contains(&depth) && depth % 6 == 4;
                require(fits, "network.depth", depth, "6 n + 4 below 1000: 10, 16, 22, 28, …")?;
                positive("width", width)?;
                positive("projection", projection)
            }
            Self::Patches { neurons, patch } => {
                positive("neurons", neurons)?;
                require((2..=16).contains(&patch), "network.patch", patch, "2 to 16 pixels")
            }
        }
    }
}
