//! `featurescope sweep run`: runs of a planned sweep, beside whoever else makes some of them.

use crate::args::SweepRunArguments;
use crate::exit::Exit;
use crate::progress::SweepProgress;
use crate::{interrupt, output, panics};
use anyhow::{Error, Result, bail};
use featurescope_lab::host::Host;
use featurescope_lab::identity::Contents;
use featurescope_lab::status::Status;
use featurescope_lab::sweep::{
    PlannedRun, Retry, SharedPlan, SharedPlanError, SharedRun, SweepEvent, SweepFolder, take_part,
};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What went wrong, by the key of the run.
type Failures = Vec<(String, String)>;

/// Makes the run that is asked for, or works until none is left.
pub fn work(arguments: &SweepRunArguments) -> Result<Exit> {
    let path = arguments.folder.as_path();
    interrupt::may_end("no run was begun");
    let shared = SharedPlan::read(path)?;
    if let Some(digest) = &arguments.plan {
        shared.require(digest, path)?;
    }
    let one = match (arguments.index, &arguments.key) {
        (Some(index), _) => Some(shared.at(index, path)?),
        (None, Some(key)) => Some(shared.with_key(key, path)?),
        (None, None) => None,
    };
    // Somebody who asks for one run wants it tried again.
    let retry = if one.is_some() { Retry::All } else { Retry::OfMachines };
    let (runs, mut failures) = planned(&shared, one, path)?;
    let folder = SweepFolder::join(path)?
        .saving_every(Duration::from_secs_f64(arguments.save_every))
        .giving_up_after(Duration::from_secs_f64(arguments.silence));
    let shown = path.display();
    interrupt::has_to_save("every run that is being made is saved after its step");
    panics::saved_in(path);
    let operations = runs.iter().map(|run| run.cost.operations).sum();
    let progress = SweepProgress::new(arguments.quiet, runs.len(), operations);
    let has_diverged = AtomicBool::new(false);
    let jobs = usize::from(arguments.jobs);
    let threads = arguments.threads.map_or(Host::current().processors / jobs, usize::from).max(1);
    let made = take_part(&runs, &folder, (jobs, threads), retry, interrupt::flag(), &|event| {
        if matches!(event, SweepEvent::Ended { status: Status::Diverged, .. }) {
            has_diverged.store(true, Ordering::Relaxed);
        }
        progress.show(&event);
    });
    drop(progress);
    let again = format!("`featurescope sweep run {shown}` goes on");
    failures.extend(made.map_err(|error| Error::new(error).context(format!("this process stops; {again}")))?);
    if interrupt::is_requested() {
        output::note(&format!("interrupted; {again} where it stopped"));
        return Ok(Exit::Interrupted);
    }
    if !failures.is_empty() {
        let told: Vec<String> = failures.iter().map(|(key, error)| told(key, error)).collect();
        bail!("{} of {} runs failed: {}", failures.len(), runs.len().max(failures.len()), told.join("; "));
    }
    Ok(if has_diverged.load(Ordering::Relaxed) { Exit::Diverged } else { Exit::Success })
}

/// A failure, with the run that it is about.
fn told(key: &str, error: &str) -> String {
    if error.contains(key) { error.to_owned() } else { format!("run {key}: {error}") }
}

/// The runs to be made, and what is wrong with those that cannot be planned. One that is asked for alone has
/// to be right.
fn planned(
    shared: &SharedPlan,
    one: Option<&SharedRun>,
    path: &Path,
) -> Result<(Vec<PlannedRun>, Failures), SharedPlanError> {
    let mut contents = Contents::default();
    if let Some(run) = one {
        return Ok((vec![shared.planned(run, path, &mut contents)?], Vec::new()));
    }
    let (mut runs, mut failures) = (Vec::new(), Vec::new());
    for run in &shared.runs {
        match shared.planned(run, path, &mut contents) {
            Ok(planned) => runs.push(planned),
            Err(error) => failures.push((run.key.clone(), error.to_string())),
        }
    }
    Ok((runs, failures))
}
