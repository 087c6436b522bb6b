//! Carries a run out in its folder: every arm, from where it stands.

use super::arm::ArmRun;
use super::error::ExecuteError;
use super::event::Event;
use super::plan::Plan;
use crate::run::{self, ArmSummary, Summary, record};
use featurescope_lab::run::{MANIFEST_FILE, Manifest, RunDirectory, SPEC_FILE, SUMMARY_FILE, StoredManifest};
use featurescope_lab::status::{Status, StopReason};
use featurescope_lab::store::{RECORDS_FILE, remove_file, write_json_atomically, write_text_atomically};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Carries `plan` out in `directory`, until the end or until `interrupt` is set. Where the directory holds a
/// part of the
/// run already, it goes on from there.
///
/// # Errors
/// If the directory holds another run or one of another version, pictures cannot be drawn, a stored state
/// cannot be used, or
/// a file cannot be written. A diverging arm is no error: the summary's status tells.
pub fn execute(
    plan: &Plan,
    directory: &RunDirectory,
    interrupt: &AtomicBool,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Summary, ExecuteError> {
    let (started, settings) = (Instant::now(), &plan.settings);
    let mut manifest = Manifest::begun(&plan.experiment, settings.seed, &plan.identity, &settings.resolved);
    let earlier = StoredManifest::read(directory.path())?;
    if let Some(earlier) = &earlier {
        earlier.check_version(directory.path())?;
        earlier.check_identity(directory.path(), &settings.resolved, &plan.identity)?;
        manifest = manifest.continuing(earlier);
    }
    let seconds_before = manifest.wall_seconds;
    if !directory.file(SPEC_FILE).exists() {
        write_text_atomically(&directory.file(SPEC_FILE), &settings.resolved)?;
    }
    let mut ended = earlier.map(|earlier| earlier.arms).unwrap_or_default();
    ended.retain(|_, end| end.stop_reason != StopReason::Interrupted);
    let write_manifest =
        |manifest: &Manifest| write_json_atomically(&directory.file(MANIFEST_FILE), manifest);
    manifest.arms =
        settings.arms.iter().filter_map(|(name, _)| Some((name.clone(), ended.get(name)?.clone()))).collect();
    write_manifest(&manifest)?;
    plan.source.notes().iter().for_each(|note| tell(Event::Note(note)));

    let mut arms = Vec::new();
    let mut split = None;
    for (name, arm) in &settings.arms {
        let place = directory.arm(name)?;
        if let Some(end) = ended.get(name) {
            let records = record::read(&place.join(RECORDS_FILE))?;
            arms.push((name.clone(), ArmSummary::new(&records, end.stop_reason)));
            continue;
        }
        // Pictures are drawn for those who need them.
        if split.is_none() {
            split = Some(plan.source.of_seed(settings.seed)?);
        }
        let Some(split) = &split else { continue };
        let run = ArmRun { plan, name, arm, place, split };
        let Some((end, records)) = run.run(interrupt, tell)? else { break };
        arms.push((name.clone(), ArmSummary::new(&records, end.stop_reason)));
        manifest.arms.push((name.clone(), end));
        manifest.wall_seconds = seconds_before + started.elapsed().as_secs_f64();
        write_manifest(&manifest)?;
        // The manifest has it now.
        remove_file(&run.place.join(run::TIMING_FILE))?;
    }
    let status = status(&arms, settings.arms.len());
    let wall_seconds = seconds_before + started.elapsed().as_secs_f64();
    let summary = Summary {
        experiment: plan.experiment.clone(),
        seed: settings.seed,
        setting_key: plan.identity.setting_key(),
        status,
        wall_seconds,
        arms,
    };
    write_json_atomically(&directory.file(SUMMARY_FILE), &summary)?;
    (manifest.status, manifest.wall_seconds) = (status, wall_seconds);
    write_manifest(&manifest)?;
    Ok(summary)
}

/// How a run of so many arms stands, some of which have ended.
fn status(ended: &[(String, ArmSummary)], arms: usize) -> Status {
    let has_diverged = ended.iter().any(|(_, arm)| arm.stop_reason == StopReason::Diverged);
    match (ended.len() == arms, has_diverged) {
        (false, _) => Status::Interrupted,
        (true, true) => Status::Diverged,
        (true, false) => Status::Finished,
    }
}
