//! Trains one arm into its folder, from its start, from a fork, or from where it was stopped.
//!
//! While it runs the folder holds a journal of the records and, at a cadence by wall time, the state of everything that the
//! next step depends on together with the journal's length at that step. After a kill the journal is cut to that length
//! and training goes on: the tables and all other files are made of journal and state in the end, so they are the same
//! bytes as without it.

use super::fork::{Origin, Phase, checkpoint_path, last_checkpoint, origin, phases};
use super::pictures::{Alignments, represent};
use super::{Event, RunDirectory, RunError};
use crate::plan::{ArmPlan, Plan};
use crate::status::StopReason;
use crate::store::{
    AlignmentHistory, ArmWriter, Checkpoint, JOURNAL_FILE, Journal, RESUME_FILE, RecordShape, ResumeState,
    StoreError, read_resume_state, remove_file, write_bytes_atomically, write_checkpoint,
    write_json_atomically, write_resume_state,
};
use featurescope_sim::measure::{AtomHistory, Column, Recorder};
use featurescope_sim::train::{self, Dynamics, Snapshot};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// An arm at the end of its training.
pub(super) struct Trained {
    pub dynamics: Box<dyn Dynamics>,
    pub stop: StopReason,
    /// What was seen, where it diverged.
    pub stop_detail: Option<String>,
    /// Wall time, over all processes that worked on it.
    pub seconds: f64,
}

/// One entry of `atoms.json`.
#[derive(Serialize)]
struct AtomEntry {
    atom: usize,
    first_owned: Option<u64>,
    owner: Option<usize>,
}

/// Steps until the end, an interruption or divergence.
pub(super) fn train(
    plan: &Plan,
    arm: &ArmPlan,
    directory: &RunDirectory,
    interrupt: &AtomicBool,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Trained, RunError> {
    let (folder, arms) = (directory.arm(&arm.name)?, directory.file("arms"));
    let phases = phases(plan, &arms, arm)?;
    let mut training = match Training::resumed(plan, arm, &folder, &phases) {
        Ok(None) => Training::started(plan, arm, &folder, &arms, phases)?,
        Ok(Some(training)) => {
            on_event(Event::Resumed { arm: &arm.name, step: training.dynamics.view().step });
            training
        }
        Err(error @ RunError::OtherArithmetic { .. }) => return Err(error),
        Err(error) => {
            on_event(Event::Note(&format!("arm {}: {error}; it starts again", arm.name)));
            Training::started(plan, arm, &folder, &arms, phases)?
        }
    };
    let (stop, stop_detail) = training.steps(directory.save_every(), interrupt, on_event)?;
    if stop == StopReason::Finished && plan.probes.is_some() {
        // Whatever becomes of its probes, it need not be trained again.
        training.save()?;
    }
    training.conclude(stop, stop_detail)
}

/// Removes what only an arm that is still running needs.
pub(super) fn clear(folder: &Path) -> Result<(), StoreError> {
    let interrupted = last_checkpoint(folder, StopReason::Interrupted);
    // The state goes first: without the journal it would be of no use.
    let files = [folder.join(RESUME_FILE), folder.join(JOURNAL_FILE), interrupted];
    files.iter().try_for_each(|path| remove_file(path))
}

/// An arm under way.
struct Training<'a> {
    plan: &'a Plan,
    arm: &'a ArmPlan,
    folder: PathBuf,
    phases: Vec<Phase<'a>>,
    /// Index of the phase that holds now.
    current: usize,
    dynamics: Box<dyn Dynamics>,
    recorder: Recorder,
    alignments: Alignments,
    journal: Journal,
    started: Instant,
    /// Wall time of earlier processes.
    seconds_before: f64,
}

impl<'a> Training<'a> {
    /// The arm at step 0, or where it can go on from the arm that it is a fork of.
    fn started(
        plan: &'a Plan,
        arm: &'a ArmPlan,
        folder: &Path,
        arms: &Path,
        phases: Vec<Phase<'a>>,
    ) -> Result<Self, RunError> {
        clear(folder)?;
        let left = match phases.as_slice() {
            [.., before, _] => before.until,
            // A fork whose moment never comes: it is the other arm all along.
            _ => u64::MAX,
        };
        let origin = origin(plan, arms, arm, left)?;
        let first = phases[0].arm;
        let recorder = recorder(first)?;
        let mut training = Self {
            plan,
            arm,
            folder: folder.to_path_buf(),
            current: 0,
            dynamics: dynamics(plan, first)?,
            journal: Journal::create(&folder.join(JOURNAL_FILE), shape(first, &recorder))?,
            recorder,
            alignments: Alignments::from_history(AlignmentHistory::default()),
            phases,
            started: Instant::now(),
            seconds_before: 0.0,
        };
        match origin {
            Some(origin) => training.adopt(origin)?,
            None => training.observe_start()?,
        }
        Ok(training)
    }

    fn observe_start(&mut self) -> Result<(), RunError> {
        if let Some(record) = self.recorder.observe(&self.dynamics.view()) {
            self.journal.write(&record)?;
            self.alignments.observe(&self.dynamics.view(), true);
        }
        Ok(())
    }

    /// Goes on from the state of another arm.
    fn adopt(&mut self, origin: Origin) -> Result<(), RunError> {
        for (name, path) in origin.milestones {
            let bytes = fs::read(&path).map_err(StoreError::io(&path, "read"))?;
            write_bytes_atomically(&checkpoint_path(&self.folder, name), &bytes)?;
        }
        for record in &origin.records {
            self.journal.write(record)?;
        }
        self.alignments = origin.alignments;
        self.restore(&origin.checkpoint.snapshot, &origin.checkpoint.memory)
    }

    /// The arm as the process before left it; `None` if it left nothing.
    fn resumed(
        plan: &'a Plan,
        arm: &'a ArmPlan,
        folder: &Path,
        phases: &[Phase<'a>],
    ) -> Result<Option<Self>, RunError> {
        let path = folder.join(RESUME_FILE);
        if !path.exists() {
            return Ok(None);
        }
        let state = read_resume_state(&path)?;
        if state.product_inputs != arm.product_inputs() {
            return Err(RunError::OtherArithmetic {
                arm: arm.name.clone(),
                theirs: state.product_inputs,
                ours: arm.product_inputs(),
            });
        }
        let first = phases[0].arm;
        let recorder = recorder(first)?;
        let shape = shape(first, &recorder);
        let mut training = Self {
            plan,
            arm,
            folder: folder.to_path_buf(),
            phases: phases.to_vec(),
            current: 0,
            dynamics: dynamics(plan, first)?,
            recorder,
            alignments: Alignments {
                history: state.alignment,
                stride: state.alignment_stride,
                seen: state.alignment_seen,
            },
            journal: Journal::reopen(&folder.join(JOURNAL_FILE), shape, state.journal_length)?,
            started: Instant::now(),
            seconds_before: state.seconds,
        };
        training.restore(&state.snapshot, &state.memory)?;
        Ok(Some(training))
    }

    /// Puts learner and recorder into a stored state, under the settings that hold from there on.
    fn restore(&mut self, snapshot: &Snapshot, memory: &[Vec<i64>]) -> Result<(), RunError> {
        self.current = self.phases.iter().take_while(|phase| phase.until <= snapshot.step).count();
        let arm = self.phases[self.current].arm;
        let unusable = |problem: String| RunError::State { arm: self.arm.name.clone(), problem };
        self.dynamics = dynamics(self.plan, arm)?;
        self.dynamics.restore(snapshot).map_err(|error| unusable(error.to_string()))?;
        self.recorder = recorder(arm)?;
        if self.recorder.recall(memory, arm.shape()) {
            Ok(())
        } else {
            Err(unusable("its measurements remember something else".to_owned()))
        }
    }

    /// Why it stopped, and what was seen where it diverged.
    fn steps(
        &mut self,
        save_every: Duration,
        interrupt: &AtomicBool,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<(StopReason, Option<String>), RunError> {
        let mut saved = Instant::now();
        loop {
            if interrupt.load(Ordering::Relaxed) {
                self.save()?;
                return Ok((StopReason::Interrupted, None));
            }
            let (now, stages) = (self.dynamics.view().step, self.dynamics.view().stages);
            if now >= self.phases[self.current].until {
                self.restore(&self.dynamics.snapshot(), &self.recorder.memory())?;
            }
            let steps = self.phases[self.current].arm.spec.training.steps;
            let Some(view) = self.dynamics.step() else {
                return Ok(match self.dynamics.stop_reason() {
                    Some(train::StopReason::Diverged { what, .. }) => {
                        (StopReason::Diverged, Some(what.clone()))
                    }
                    Some(train::StopReason::Finished) | None => (StopReason::Finished, None),
                });
            };
            let has_stopped = view.dynamics.stop_reason().is_some();
            if let Some(record) = self.recorder.observe(&view) {
                self.journal.write(&record)?;
                let is_milestone = has_stopped || view.step == steps || view.stages != stages;
                self.alignments.observe(&view, is_milestone);
                let figure = |name: &str| {
                    let columns = self.recorder.columns();
                    let position = columns.iter().position(|column| column.name == name);
                    position.map_or(f64::NAN, |position| record.scalars[position])
                };
                let (dense_energy_fraction, coverage) =
                    (figure("dense_energy_fraction"), figure("coverage_90"));
                on_event(Event::Recorded { dense_energy_fraction, coverage });
            }
            on_event(Event::Stepped {
                step: view.step,
                loss: view.batch.map_or(f64::NAN, |batch| batch.loss),
            });
            let after = view.stages;
            for (reached, before, name) in
                [(after.first, stages.first, "t1"), (after.second, stages.second, "t2")]
            {
                if reached != before {
                    self.checkpoint(&checkpoint_path(&self.folder, name))?;
                }
            }
            // A state after a divergence would not know of it.
            if !has_stopped && saved.elapsed() >= save_every {
                self.save()?;
                saved = Instant::now();
            }
        }
    }

    fn seconds(&self) -> f64 {
        self.seconds_before + self.started.elapsed().as_secs_f64()
    }

    /// Leaves the state that a later process goes on from.
    fn save(&self) -> Result<(), StoreError> {
        // The state speaks of the journal, so the journal comes first.
        self.journal.sync()?;
        let state = ResumeState {
            snapshot: self.dynamics.snapshot(),
            memory: self.recorder.memory(),
            alignment: self.alignments.history.clone(),
            alignment_stride: self.alignments.stride,
            alignment_seen: self.alignments.seen,
            journal_length: self.journal.length(),
            product_inputs: self.arm.product_inputs(),
            seconds: self.seconds(),
        };
        write_resume_state(&self.folder.join(RESUME_FILE), &state)
    }

    fn checkpoint(&self, path: &Path) -> Result<(), StoreError> {
        let checkpoint = Checkpoint { snapshot: self.dynamics.snapshot(), memory: self.recorder.memory() };
        write_checkpoint(path, &checkpoint)
    }

    /// Leaves what readers want.
    fn conclude(self, stop: StopReason, stop_detail: Option<String>) -> Result<Trained, RunError> {
        self.checkpoint(&last_checkpoint(&self.folder, stop))?;
        self.write_tables()?;
        self.alignments.write(&self.folder)?;
        represent(self.plan.seed, self.dynamics.as_ref(), &self.folder)?;
        if let Some(histories) = self.recorder.atom_histories() {
            write_json_atomically(&self.folder.join("atoms.json"), &atoms(histories))?;
        }
        Ok(Trained { seconds: self.seconds(), dynamics: self.dynamics, stop, stop_detail })
    }

    fn write_tables(&self) -> Result<(), StoreError> {
        let (columns, neuron_columns) = (self.recorder.columns(), self.recorder.neuron_columns());
        let mut writer = ArmWriter::create(&self.folder, &columns, &neuron_columns, self.arm.width())?;
        let mut records = self.journal.records()?;
        while let Some(record) = records.next_record()? {
            writer.write(&record)?;
        }
        writer.finish()
    }
}

fn dynamics(plan: &Plan, arm: &ArmPlan) -> Result<Box<dyn Dynamics>, RunError> {
    arm.dynamics(&plan.data).map_err(RunError::arm(&arm.name))
}

fn recorder(arm: &ArmPlan) -> Result<Recorder, RunError> {
    arm.recorder().map_err(RunError::arm(&arm.name))
}

fn shape(arm: &ArmPlan, recorder: &Recorder) -> RecordShape {
    let names = |columns: Vec<Column>| columns.iter().map(|column| column.name.to_owned()).collect();
    RecordShape::new(names(recorder.columns()), names(recorder.neuron_columns()), arm.width())
}

fn atoms(histories: &[AtomHistory]) -> Vec<AtomEntry> {
    let entry = |(atom, history): (usize, &AtomHistory)| AtomEntry {
        atom,
        first_owned: history.first_owned,
        owner: history.owner,
    };
    histories.iter().enumerate().map(entry).collect()
}
