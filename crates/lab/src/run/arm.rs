//! Trains one arm into its folder.

use super::pictures::{Alignments, represent};
use super::{ArmStop, Event, RunError};
use crate::plan::{ArmPlan, Plan};
use crate::store::{ArmWriter, write_checkpoint, write_json_atomically};
use featurescope_sim::measure::AtomHistory;
use featurescope_sim::train::{Dynamics, StageTimes, StopReason};
use serde::Serialize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// An arm at the end of its training.
pub(super) struct Trained {
    pub dynamics: Box<dyn Dynamics>,
    pub stop: ArmStop,
}

/// One entry of `atoms.json`.
#[derive(Serialize)]
struct AtomEntry {
    atom: usize,
    first_owned: Option<u64>,
    owner: Option<usize>,
}

/// Steps until the end, an interruption or divergence; records and checkpoints are written as they come.
pub(super) fn train(
    plan: &Plan,
    arm: &ArmPlan,
    folder: &Path,
    interrupt: &AtomicBool,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Trained, RunError> {
    let mut dynamics = arm.dynamics(&plan.data).map_err(RunError::arm(&arm.name))?;
    let mut recorder = arm.recorder();
    let mut writer = ArmWriter::create(folder, &recorder.columns(), &recorder.neuron_columns(), arm.width())?;
    let mut alignments = Alignments::new();
    if let Some(record) = recorder.observe(&dynamics.view()) {
        writer.write(&record)?;
        alignments.observe(&dynamics.view(), true);
    }
    let mut stages = StageTimes::default();
    let stop = loop {
        if interrupt.load(Ordering::Relaxed) {
            break ArmStop::Interrupted;
        }
        let Some(view) = dynamics.step() else {
            break match dynamics.stop_reason() {
                Some(StopReason::Diverged { what, .. }) => ArmStop::Diverged { what: what.clone() },
                Some(StopReason::Finished) | None => ArmStop::Finished,
            };
        };
        if let Some(record) = recorder.observe(&view) {
            writer.write(&record)?;
            let is_last = view.step == arm.spec.training.steps || view.dynamics.stop_reason().is_some();
            let is_milestone = is_last || view.stages != stages;
            alignments.observe(&view, is_milestone);
        }
        on_event(Event::Stepped { step: view.step, loss: view.batch.map_or(f64::NAN, |batch| batch.loss) });
        for (reached, before, name) in
            [(view.stages.first, stages.first, "t1"), (view.stages.second, stages.second, "t2")]
        {
            if reached != before {
                checkpoint(folder, name, view.dynamics)?;
            }
        }
        stages = view.stages;
    };
    let name = if stop == ArmStop::Finished { "final" } else { stop.word() };
    checkpoint(folder, name, dynamics.as_ref())?;
    writer.finish()?;
    alignments.write(folder)?;
    represent(plan.seed, dynamics.as_ref(), folder)?;
    if let Some(histories) = recorder.atom_histories() {
        write_json_atomically(&folder.join("atoms.json"), &atoms(histories))?;
    }
    Ok(Trained { dynamics, stop })
}

fn checkpoint(folder: &Path, name: &str, dynamics: &dyn Dynamics) -> Result<(), RunError> {
    let path = folder.join(format!("checkpoint-{name}.safetensors"));
    Ok(write_checkpoint(&path, &dynamics.snapshot())?)
}

fn atoms(histories: &[AtomHistory]) -> Vec<AtomEntry> {
    let entry = |(atom, history): (usize, &AtomHistory)| AtomEntry {
        atom,
        first_owned: history.first_owned,
        owner: history.owner,
    };
    histories.iter().enumerate().map(entry).collect()
}
