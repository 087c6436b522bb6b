//! `featurescope resume`: a run that was stopped, from where it stood to its end.

use crate::args::ResumeArguments;
use crate::commands::run::{carry_out, start_threads};
use crate::exit::Exit;
use crate::progress::Activity;
use crate::{interrupt, output};
use anyhow::Result;
use featurescope_image::run::{Folder, is_one};
use featurescope_lab::plan::Plan;
use featurescope_lab::run::{RunDirectory, StoredManifest, StoredSettings};
use featurescope_lab::sweep::{COMMAND_FILE, SWEEP_FILE};

/// Goes on and prints the summary.
pub fn resume(arguments: &ResumeArguments) -> Result<Exit> {
    let path = &arguments.run;
    if [SWEEP_FILE, COMMAND_FILE].iter().any(|name| path.join(name).is_file()) {
        return super::sweep::resume(path, arguments.manner.clone());
    }
    start_threads(&arguments.manner)?;
    if is_one(path) {
        // One of an earlier version is told as that.
        Folder::read(path)?;
    }
    let directory = RunDirectory::reopen(path)?;
    if let Some(manifest) = StoredManifest::read(path)?
        && manifest.status.has_ended()
    {
        output::note(&format!(
            "{} has ended ({}): there is nothing to go on with",
            path.display(),
            manifest.status
        ));
        return Ok(Exit::Success);
    }
    if let Some(owner) = directory.stale_owner().filter(|_| !arguments.manner.quiet) {
        output::note(&format!("{owner}, which worked on it last, was killed"));
    }
    interrupt::may_end(format!("{} is as it was", path.display()));
    if is_one(path) {
        #[cfg(feature = "images")]
        return super::image_training::resume(path, &directory, &arguments.manner);
        #[cfg(not(feature = "images"))]
        return super::images::say_how(&path.display().to_string());
    }
    let planning = Activity::on_terminal(arguments.manner.quiet, "planning");
    let StoredSettings { spec, .. } = StoredSettings::read(path)?;
    let plan = Plan::new(&spec, "run")?;
    drop(planning);
    carry_out(&plan, directory, &arguments.manner)
}
