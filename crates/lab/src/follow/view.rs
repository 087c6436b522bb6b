//! How runs stand, as pages and terminals take it. A figure that is not defined is NaN here and `null` in JSON.

use serde::Serialize;

/// How a run or an arm stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nobody has begun it.
    Planned,
    /// It is under way. If its process is on another machine, a kill shows only by its silence.
    Running,
    /// It was under way, and its process is gone: killed, or the machine went down.
    Stopped,
    /// Somebody stopped it; it can go on.
    Interrupted,
    /// It stopped by an error.
    Failed,
    /// Its manifest cannot be read.
    Unreadable,
    /// All steps were taken.
    Finished,
    /// A figure left the finite numbers.
    Diverged,
}

impl Standing {
    /// The word that stands for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Unreadable => "unreadable",
            Self::Finished => "finished",
            Self::Diverged => "diverged",
        }
    }

    /// Whether nothing is left to do.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Finished | Self::Diverged)
    }
}

/// A figure of an arm and how it came about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Name of the column.
    pub name: String,
    /// Its value at the last recorded step.
    pub last: f64,
    /// At most 32 of its values, evenly spaced over the recorded steps, the first and the last among them.
    pub course: Vec<f64>,
}

/// An arm at a glance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmView {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub standing: Standing,
    /// Steps taken, as far as its files say.
    pub step: u64,
    /// Steps planned; `None` where its settings do not tell.
    pub steps: Option<u64>,
    /// Records so far.
    pub records: usize,
    /// Share of dense energy and coverage; where these are not recorded, the first two columns that are.
    pub figures: Vec<Figure>,
    /// What cannot be read.
    pub problem: Option<String>,
}

/// A run at a glance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunView {
    /// Its folder, as it was asked for; a run of a sweep: that of the sweep and its key.
    pub name: String,
    /// Its point in the sweep: `seed=1, data.latent_dim=32`. Empty where it is of no sweep.
    pub point: String,
    /// How it stands.
    pub standing: Standing,
    /// How often it was taken up again.
    pub times_resumed: u32,
    /// Training time that its arms still need at their pace so far, in seconds; `None` where there is no pace yet.
    pub seconds_left: Option<f64>,
    /// When one of its files was changed last, in seconds since 1970.
    pub changed_unix_seconds: Option<u64>,
    /// What went wrong: with the run, or with reading it.
    pub problem: Option<String>,
    /// Its arms.
    pub arms: Vec<ArmView>,
}

/// Columns over the recorded steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Course {
    /// Recorded steps, ascending.
    pub steps: Vec<u64>,
    /// Name and one value per recorded step.
    pub columns: Vec<(String, Vec<f64>)>,
}

/// The neurons of an arm at its last recorded step.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NeuronsNow {
    /// The step.
    pub step: u64,
    /// The atom that each is nearest to.
    pub best_atom: Vec<f32>,
    /// |cos| with it.
    pub alignment: Vec<f32>,
}

/// An arm in full.
#[derive(Clone, Debug, Serialize)]
pub struct ArmDetail {
    /// Its name.
    pub name: String,
    /// Steps planned; `None` where its settings do not tell.
    pub steps: Option<u64>,
    /// Everything that it recorded once per step.
    pub course: Course,
    /// Its neurons; `None` where they are not recorded by atom.
    pub neurons: Option<NeuronsNow>,
}

/// A run in full.
#[derive(Clone, Debug, Serialize)]
pub struct Detail {
    /// Its name.
    pub name: String,
    /// Number of atoms; `None` where its data have none.
    pub latent_dim: Option<u64>,
    /// Its arms.
    pub arms: Vec<ArmDetail>,
}
