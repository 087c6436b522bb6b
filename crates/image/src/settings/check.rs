//! What has to fit together for a whole run: ranges of single settings are checked where they are read.

use super::{Arm, Settings};
use crate::objective::Objective;
use featurescope_lab::spec::SpecError;
use featurescope_sim::math::ParameterError;
use std::fmt::Display;

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// One of them cannot be read.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A part does not take its values.
    #[error("{place}: {source}")]
    Part {
        /// The arm, or the run.
        place: String,
        /// What it does not take.
        source: ParameterError,
    },
    /// Settings that do not fit each other.
    #[error("{setting} = {value} cannot be used: {expected}")]
    Misfit {
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
    Err(SettingsError::Misfit {
        setting: setting.to_owned(),
        value: value.to_string(),
        expected: expected.to_owned(),
    })
}

impl Settings {
    /// # Errors
    /// The first setting that does not fit the others.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let (train, probe) = (self.data.train, self.probe.pictures);
        require(probe <= train, "probe.pictures", probe, "expected at most data.train")?;
        self.arms.iter().try_for_each(|(name, arm)| arm.check(name, train))
    }
}

impl Arm {
    fn check(&self, name: &str, train: usize) -> Result<(), SettingsError> {
        let key = |setting: &str| format!("arms.{name}.{setting}");
        let (batch, momentum) = (self.training.batch, self.training.momentum);
        require(batch <= train, "training.batch", batch, "expected at most data.train")?;
        // As single precision sees it: .9999999999 would be 1 there, which no descent survives.
        let is_below_one = (momentum as f32) < 1.0;
        require(
            is_below_one,
            "training.momentum",
            momentum,
            "expected a number below 1 in single precision",
        )?;
        let has_predictor = self.network.has_projection() || self.objective != Objective::SimSiam;
        let expected = "a network without a projection head has no predictor, which simsiam needs";
        require(has_predictor, &key("objective.kind"), "simsiam", expected)?;
        let fits = self.network.takes_inner_mask() || self.augmentation.inner_mask().is_none();
        let expected =
            "it covers whitened coordinates, which network.kind = \"patches\" has; `mask` covers pixels";
        require(fits, &key("augmentation.kind"), self.augmentation.kind(), expected)
    }
}
