//! A learner that is stepped, rewound, and given other settings on the way.
//!
//! Random numbers are functions of seed and step. So a state that was kept, and the steps after it taken again,
//! give every later state bit for bit: rewinding needs some kept states and no list of all of them. Settings that
//! change on the way begin a segment of their own; what was before stays and can be rewound to.

use crate::settings::{Choice, Planned, said};
use featurescope_lab::spec::typed::{ArmSpec, SharedSpec};
use featurescope_sim::math::Matrix;
use featurescope_sim::measure::{Alignment, Bias, Column, Energy, Every, Logits, Record, Recorder};
use featurescope_sim::train::{Dynamics, Snapshot, StageTimes, StopReason};
use std::sync::Arc;

/// States that a segment keeps at most. Twice as many would halve the steps that are taken again on rewinding.
const MOST_KEPT: usize = 64;

/// A learner on its way.
pub struct Session {
    segments: Vec<Segment>,
    /// The segment that the learner is in.
    current: usize,
    /// The furthest step that was reached.
    reached: u64,
}

/// The steps from one change of settings to the next.
struct Segment {
    /// Steps taken when it begins.
    from: u64,
    planned: Planned,
    dynamics: Box<dyn Dynamics>,
    recorder: Recorder,
    kept: Kept,
}

/// States of a segment, the first of them its beginning; the spacing doubles when there are too many.
struct Kept {
    spacing: u64,
    states: Vec<Snapshot>,
}

/// What a page draws.
#[derive(Debug, PartialEq)]
pub struct State {
    /// Steps taken.
    pub step: u64,
    /// T1 and T2.
    pub stages: StageTimes,
    /// Why the learner stopped; `None` while it can go on.
    pub stop: Option<String>,
    /// cos(w_i, M_j), m × d; 0 for a zero neuron.
    pub cosines: Matrix,
    /// ‖w_i‖, m entries.
    pub norms: Vec<f32>,
    /// b_i, m entries.
    pub bias: Vec<f32>,
    /// The figures of the step, in the order of [`Session::columns`].
    pub record: Record,
}

impl Session {
    /// The learner at its start.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the choice.
    pub fn open(choice: &Choice) -> Result<Self, String> {
        let segment = Segment::new(choice.plan()?, None)?;
        Ok(Self { segments: vec![segment], current: 0, reached: 0 })
    }

    /// The settings that hold now.
    pub fn planned(&self) -> &Planned {
        &self.segments[self.current].planned
    }

    /// What is measured at every step: those measurements of the terminal that draw no samples.
    pub fn columns(&self) -> Vec<Column> {
        self.segments[self.current].recorder.columns()
    }

    /// Steps taken.
    pub fn step(&self) -> u64 {
        self.segments[self.current].dynamics.view().step
    }

    /// The learner at the step that is shown.
    pub fn dynamics(&self) -> &dyn Dynamics {
        self.segments[self.current].dynamics.as_ref()
    }

    /// The furthest step that was reached.
    pub fn reached(&self) -> u64 {
        self.reached
    }

    /// Takes a step and measures; `None` where the learner has stopped.
    pub fn advance(&mut self) -> Option<Record> {
        let step = self.step();
        if self.segments.get(self.current + 1).is_some_and(|next| next.from == step) {
            self.current += 1;
            self.segments[self.current].rewind_before(step + 1).ok()?;
        }
        let record = self.segments[self.current].advance()?;
        self.reached = self.reached.max(record.step);
        Some(record)
    }

    /// Goes to a step that was reached before.
    ///
    /// # Errors
    /// If it was not.
    pub fn seek(&mut self, step: u64) -> Result<(), String> {
        if step > self.reached {
            return Err(format!("step {step} has not been reached: the last one is {}", self.reached));
        }
        // The step that ends a segment belongs to it: its batch was drawn under its settings.
        self.current = self.segments.iter().rposition(|segment| segment.from < step).unwrap_or(0);
        let segment = &mut self.segments[self.current];
        segment.rewind_before(step)?;
        while segment.dynamics.view().step < step && segment.dynamics.step().is_some() {}
        Ok(())
    }

    /// Goes on from here with other settings; steps after this one are forgotten.
    ///
    /// # Errors
    /// If the settings are wrong, or a learner with them cannot go on from this state.
    pub fn change(&mut self, choice: &Choice) -> Result<(), String> {
        let (planned, step) = (self.planned_change(choice)?, self.step());
        let state = self.segments[self.current].dynamics.snapshot();
        let segment = Segment::new(planned, Some(&state))?;
        self.segments.truncate(self.current + 1);
        if self.segments[self.current].from == step {
            self.segments.pop();
        } else {
            self.segments[self.current].kept.states.retain(|kept| kept.step <= step);
        }
        self.segments.push(segment);
        self.current = self.segments.len() - 1;
        self.reached = step;
        Ok(())
    }

    /// The parts of other settings that may hold from here on; the learner stays as it is.
    ///
    /// # Errors
    /// As [`Session::change`].
    pub fn planned_change(&self, choice: &Choice) -> Result<Planned, String> {
        let (planned, step) = (choice.plan()?, self.step());
        may_follow(self.planned(), &planned)?;
        let steps = planned.arm().spec.training.steps;
        if steps <= step {
            return Err(format!("training.steps = {steps} leaves no step: {step} have been taken"));
        }
        Ok(planned)
    }

    /// What a page draws of the state now.
    pub fn state(&mut self) -> State {
        let segment = &mut self.segments[self.current];
        let view = segment.dynamics.view();
        let mut cosines = segment.dynamics.coordinates().sparse;
        for (i, &norm) in view.norms.iter().enumerate() {
            let scale = if norm > 0.0 { norm.recip() } else { 0.0 };
            cosines.row_mut(i).iter_mut().for_each(|entry| *entry = (*entry * scale).clamp(-1.0, 1.0));
        }
        let record = segment.recorder.observe(&view);
        State {
            step: view.step,
            stages: view.stages,
            stop: segment.dynamics.stop_reason().map(in_words),
            cosines,
            norms: view.norms.to_vec(),
            bias: view.bias.to_vec(),
            record: record.unwrap_or(Record { step: view.step, scalars: vec![], neurons: vec![] }),
        }
    }
}

impl Segment {
    fn new(planned: Planned, state: Option<&Snapshot>) -> Result<Self, String> {
        let mut dynamics = planned.arm().dynamics(&planned.plan.data).map_err(said)?;
        if let Some(state) = state {
            dynamics.restore(state).map_err(|error| format!("{error}. Start again with these settings"))?;
        }
        let first = dynamics.snapshot();
        let last_step = planned.arm().spec.training.steps;
        let measures: Vec<Box<dyn featurescope_sim::measure::Measure>> =
            vec![Box::new(Logits), Box::new(Energy), Box::new(Alignment), Box::new(Bias)];
        let recorder = Recorder::new(measures, Arc::new(Every { steps: 1 }), last_step);
        let kept = Kept { spacing: 1, states: vec![first.clone()] };
        Ok(Self { from: first.step, planned, dynamics, recorder, kept })
    }

    fn advance(&mut self) -> Option<Record> {
        let step = {
            let view = self.dynamics.step()?;
            view.step
        };
        if self.kept.wants(step) {
            self.kept.add(self.dynamics.snapshot());
        }
        self.recorder.observe(&self.dynamics.view())
    }

    /// Goes to the last kept state before `step`, or to the beginning. What a step shows of its batch is not kept,
    /// so it has to be taken again.
    fn rewind_before(&mut self, step: u64) -> Result<(), String> {
        let before = self.kept.states.iter().rposition(|kept| kept.step < step).unwrap_or(0);
        self.dynamics.restore(&self.kept.states[before]).map_err(said)
    }
}

impl Kept {
    fn wants(&self, step: u64) -> bool {
        step.is_multiple_of(self.spacing) && self.states.last().is_none_or(|last| last.step < step)
    }

    fn add(&mut self, state: Snapshot) {
        self.states.push(state);
        if self.states.len() > MOST_KEPT {
            self.spacing *= 2;
            let (spacing, first) = (self.spacing, self.states[0].step);
            self.states.retain(|kept| kept.step == first || kept.step.is_multiple_of(spacing));
        }
    }
}

/// Whether a learner with the settings of `next` can go on from a state of `now`.
fn may_follow(now: &Planned, next: &Planned) -> Result<(), String> {
    let (old, new): (&ArmSpec, &ArmSpec) = (&now.arm().spec, &next.arm().spec);
    let shared: [&SharedSpec; 2] = [&now.plan.shared, &next.plan.shared];
    let (latent_dim, ambient_dim) = (shared[0].latent_dim(), shared[0].ambient_dim());
    let arrays = |spec: &ArmSpec| (spec.own_arrays(latent_dim, ambient_dim), spec.needs().target);
    let remembered = |spec: &ArmSpec| spec.bias_rule().map_or(&[][..], |rule| rule.memory());
    let known = remembered(old);
    let same = [
        ("seed", shared[0].seed == shared[1].seed),
        ("data.latent_dim", shared[0].latent_dim() == shared[1].latent_dim()),
        ("data.ambient_dim", shared[0].ambient_dim() == shared[1].ambient_dim()),
        ("data.dictionary", shared[0].dictionary_kind() == shared[1].dictionary_kind()),
        ("network", old.network == new.network),
        ("head", old.head == new.head),
        ("training.dynamics", old.training.dynamics == new.training.dynamics),
        ("training.optimizer", old.training.optimizer == new.training.optimizer),
        ("what the objective learns", arrays(old) == arrays(new)),
        ("what bias.kind remembers", remembered(new).iter().all(|name| known.contains(name))),
    ];
    match same.iter().find(|(_, is_same)| !is_same) {
        Some((what, _)) => Err(format!("{what} cannot change on the way. Start again with these settings")),
        None => Ok(()),
    }
}

fn in_words(reason: &StopReason) -> String {
    match reason {
        StopReason::Finished => "all planned steps were taken".to_owned(),
        StopReason::Diverged { what, .. } => format!("the learner diverged: {what}"),
    }
}
