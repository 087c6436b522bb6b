//! Exit codes, the same for every command.

#[cfg(feature = "images")]
use featurescope_image::train::ExecuteError;
use featurescope_lab::plan::PlanError;
use featurescope_lab::run::{ForkError, StoredSettingsError};
use featurescope_lab::spec::SpecError;
use featurescope_lab::sweep::SharedPlanError;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Success = 0,
    /// Something failed while working: a file, a folder, a probe.
    Failure = 1,
    /// The command line or the settings cannot be used; nothing was started.
    Usage = 2,
    /// The run is there, but an arm diverged.
    Diverged = 3,
    /// Stopped from outside, by whatever signal; what was done so far is kept.
    Interrupted = 130,
}

/// What `--help` says about them.
pub const HELP: &str = "Exit codes:
  0    done
  1    something failed while working (a file, a folder)
  2    the command line or a setting cannot be used; nothing was started
  3    the run is there, but an arm diverged
  130  interrupted by Ctrl-C, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 or SIGXCPU; what was done so far is kept, and the
       same command goes on: a batch system puts the job back into its queue";

/// A name that is neither a setting nor an experiment nor a file.
#[derive(Debug)]
pub struct UnknownName {
    /// What was typed.
    pub name: String,
    /// What it should have been.
    pub expected: &'static str,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl std::fmt::Display for UnknownName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is not {}", self.name, self.expected)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean `{suggestion}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnknownName {}

/// The exit code of an error.
pub fn code_of(error: &anyhow::Error) -> Exit {
    let is_bad_fork = error.downcast_ref::<ForkError>().is_some_and(|error| {
        !matches!(error, ForkError::Store(_) | ForkError::Run(_) | ForkError::Unfinished { .. })
    });
    let is_bad_spec = error
        .downcast_ref::<StoredSettingsError>()
        .is_some_and(|error| matches!(error, StoredSettingsError::Spec { .. }));
    let is_usage = error.is::<SpecError>()
        || error.is::<PlanError>()
        || error.is::<UnknownName>()
        || is_bad_fork
        || is_bad_spec;
    let is_bad_plan = error.downcast_ref::<SharedPlanError>().is_some_and(|error| {
        use SharedPlanError::{NoRun, None, OtherPlan, OtherVersion};
        matches!(error, None(_) | NoRun { .. } | OtherPlan { .. } | OtherVersion { .. })
    });
    let is_usage = is_usage || is_bad_plan || error.is::<featurescope_image::settings::SettingsError>();
    #[cfg(feature = "images")]
    let is_usage = is_usage
        || error.is::<featurescope_image::device::DeviceError>()
        || error.downcast_ref::<ExecuteError>().is_some_and(|error| {
            matches!(error, ExecuteError::Device(_) | ExecuteError::Misfit { .. } | ExecuteError::Memory(_))
        });
    if is_usage { Exit::Usage } else { Exit::Failure }
}
