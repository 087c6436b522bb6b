//! A run that can be carried out: what was asked for, checked against its pictures and this machine.

use super::error::ExecuteError;
use super::memory;
use super::pictures::Source;
use crate::data::Pictures;
use crate::device;
use crate::run;
use crate::settings::Settings;
use burn::tensor::Device;
use featurescope_lab::host::available_memory;
use featurescope_lab::identity::Identity;

/// A run that can be carried out: settings and pictures fit together, and into memory.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What was asked for.
    pub settings: Settings,
    /// Name of its experiment.
    pub experiment: String,
    /// Its pictures.
    pub source: Source,
    /// What tells it from other runs.
    pub identity: Identity,
    /// Where it computes.
    pub device: Device,
}

impl Plan {
    /// Checks that everything can be done that is asked for; `name` names the experiment where the settings
    /// do not.
    ///
    /// # Errors
    /// [`ExecuteError::Device`], [`ExecuteError::Misfit`] and [`ExecuteError::Memory`].
    pub fn new(settings: Settings, source: Source, name: &str) -> Result<Self, ExecuteError> {
        let device = device::find(&settings.device)?;
        let side = require_square(&settings, &source)?;
        for (_, arm) in &settings.arms {
            device::require(&device, arm.training.arithmetic)?;
            if let Some(problem) = arm.network.misfit(side) {
                return Err(ExecuteError::Misfit { setting: side_setting(&settings), value: side, problem });
            }
        }
        memory::require(&settings, source.size(), source.classes(), available_memory())?;
        let experiment = settings.experiment.clone().unwrap_or_else(|| name.to_owned());
        let identity = run::identity(&settings, source.digest());
        Ok(Self { settings, experiment, source, identity, device })
    }
}

/// The setting that the side of pictures comes from.
fn side_setting(settings: &Settings) -> &'static str {
    match settings.data.pictures {
        Pictures::Stored(_) => "the pictures' side",
        Pictures::Synthetic { .. } => "data.pictures.size",
    }
}

fn require_square(settings: &Settings, source: &Source) -> Result<usize, ExecuteError> {
    let [height, side] = source.size();
    if side == height {
        return Ok(side);
    }
    let problem = format!("pictures must be square, these are {side} × {height}");
    Err(ExecuteError::Misfit { setting: side_setting(settings), value: side, problem })
}
