//! `featurescope resume`: a run that was stopped, from where it stood to its end.

use crate::args::{Arguments, Command, Manner, ResumeArguments};
use crate::commands::run::{self, carry_out, start_threads};
use crate::commands::sweep::Begun;
use crate::exit::Exit;
use crate::progress::Activity;
use crate::{interrupt, output};
use anyhow::{Context, Result, bail};
use clap::Parser;
use featurescope_image::run::{Folder, is_one};
use featurescope_lab::monitor;
use featurescope_lab::plan::Plan;
use featurescope_lab::run::{RunDirectory, StoredManifest, StoredSettings};
use featurescope_lab::sweep::{COMMAND_FILE, PLAN_FILE, SWEEP_FILE};
use std::fs;
use std::path::Path;

/// Goes on and prints the summary.
pub fn resume(arguments: &ResumeArguments) -> Result<Exit> {
    let path = &arguments.run;
    if [SWEEP_FILE, COMMAND_FILE].iter().any(|name| path.join(name).is_file()) {
        return resume_sweep(path, arguments.manner.clone());
    }
    start_threads(&arguments.manner)?;
    monitor::refuse([path], "resume")?;
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

/// Goes on with the sweep in folder `path`, in the manner that is asked for now.
fn resume_sweep(path: &Path, manner: Manner) -> Result<Exit> {
    let file = path.join(COMMAND_FILE);
    if !file.is_file() && path.join(PLAN_FILE).is_file() {
        let shown = path.display();
        bail!("{shown} was planned for several machines: `featurescope sweep run {shown}` goes on");
    }
    let unreadable = || format!("{} does not say how the sweep was begun: begin it again", file.display());
    let text = fs::read_to_string(&file).with_context(unreadable)?;
    let begun: Begun = serde_json::from_str(&text).with_context(unreadable)?;
    let words = std::iter::once("featurescope".to_owned()).chain(begun.arguments);
    let Command::Run(mut arguments) = Arguments::try_parse_from(words).with_context(unreadable)?.command
    else {
        bail!(unreadable());
    };
    arguments.out = Some(std::path::absolute(path)?);
    arguments.manner = manner;
    // A spec is named as it was seen from there.
    std::env::set_current_dir(&begun.folder)
        .with_context(|| format!("cannot go to {}", begun.folder.display()))?;
    run::run(&arguments)
}
