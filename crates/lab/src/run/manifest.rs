//! How a run came about and how it ended, `manifest.json`: rewritten as the run goes on.

use super::ArmStop;
use crate::host::Host;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::time::{SystemTime, UNIX_EPOCH};

/// Version of the layout of a run directory.
pub const FORMAT_VERSION: u32 = 1;

/// `manifest.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Manifest {
    /// Version of the layout of the run directory.
    pub format_version: u32,
    /// Version of this program.
    pub featurescope_version: &'static str,
    /// The commit it was built from, if that was known.
    pub git_commit: Option<&'static str>,
    /// Name of the experiment.
    pub experiment: String,
    /// Seed of everything random.
    pub seed: u64,
    /// The machine.
    pub host: Host,
    /// Threads in use.
    pub threads: usize,
    /// When the run started, in seconds since 1970.
    pub started_unix_seconds: u64,
    /// `running`, `finished`, `diverged` (an arm did) or `interrupted`. A run that was killed stays `running`.
    pub status: &'static str,
    /// Wall time of the yardstick probes.
    pub yardstick_seconds: f64,
    /// Wall time of the whole run.
    pub wall_seconds: f64,
    /// The arms that have ended, by name.
    #[serde(serialize_with = "as_map")]
    pub arms: Vec<(String, ArmEnd)>,
}

/// How an arm ended.
#[derive(Clone, Debug, Serialize)]
pub struct ArmEnd {
    /// `finished`, `diverged` or `interrupted`.
    pub stop_reason: &'static str,
    /// What was seen, where it diverged.
    pub stop_detail: Option<String>,
    /// What the inputs of products were rounded to: `single` or `bfloat16`.
    pub product_inputs: &'static str,
    /// Steps taken.
    pub steps: u64,
    /// Wall time of training and measuring.
    pub training_seconds: f64,
    /// Wall time of the probes.
    pub probe_seconds: f64,
    /// Why there are no probe scores although there should be.
    pub probe_problem: Option<String>,
}

impl Manifest {
    /// The manifest of a run that starts now.
    pub fn new(experiment: &str, seed: u64) -> Self {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
        Self {
            format_version: FORMAT_VERSION,
            featurescope_version: env!("CARGO_PKG_VERSION"),
            git_commit: option_env!("FEATURESCOPE_COMMIT"),
            experiment: experiment.to_owned(),
            seed,
            host: Host::current(),
            threads: featurescope_sim::math::parallel::threads(),
            started_unix_seconds: started,
            status: "running",
            yardstick_seconds: 0.0,
            wall_seconds: 0.0,
            arms: Vec::new(),
        }
    }
}

impl ArmStop {
    /// The word in `stop_reason`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Diverged { .. } => "diverged",
            Self::Interrupted => "interrupted",
        }
    }

    /// What was seen.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Diverged { what } => Some(what.clone()),
            Self::Finished | Self::Interrupted => None,
        }
    }
}

/// Pairs as a JSON object, in their order.
pub(crate) fn as_map<V: Serialize, S: Serializer>(
    pairs: &[(String, V)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(pairs.len()))?;
    for (key, value) in pairs {
        map.serialize_entry(key, value)?;
    }
    map.end()
}
