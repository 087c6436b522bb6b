//! What is told of a layer, once: that it collapses, that neurons die, that its rank jumps.
//!
//! The first reading, before the training or at its beginning, is what others are compared with: nothing is
//! told of it, for a network that was just drawn often uses few directions.

use crate::diagnose::Finding;
use crate::report::diagnostics::Collapse;
use crate::report::page::show;
use featurescope_sim::math::Matrix;
use serde::{Deserialize, Serialize};

/// Share of a layer's neurons that have to have died until it is told.
const LEAST_DIED: f64 = 0.05;
/// Factor between the ranks of successive readings from which on it is told.
const JUMP: f64 = 2.0;

/// Something that is told once for each layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// All samples get nearly the same representation.
    CompleteCollapse,
    /// Few of the available directions are in use.
    DimensionalCollapse,
    /// Neurons that answered are zero on all samples.
    DeadNeurons,
    /// The effective rank changed by a factor of two between readings.
    RankJump,
}

/// What was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// When.
    pub step: u64,
    /// The layer.
    pub layer: String,
    /// What about.
    pub subject: Subject,
    /// The sentence.
    pub text: String,
}

/// What is remembered of a layer's readings.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// Whether each neuron has answered to some sample at some reading; empty before the first.
    has_fired: Vec<bool>,
    /// Step and effective rank of the last reading, from the second on.
    last: Option<(u64, f64)>,
    told: Vec<Subject>,
}

impl Memory {
    /// Takes up a reading, and answers with what is to be told of it for the first time.
    pub(super) fn read(&mut self, step: u64, rows: &Matrix, finding: &Finding) -> Vec<(Subject, String)> {
        let fires = |j: usize| (0..rows.rows()).any(|i| rows[(i, j)] != 0.0);
        let now: Vec<bool> = (0..rows.cols()).map(fires).collect();
        if self.has_fired.is_empty() {
            self.has_fired = now;
            return Vec::new();
        }
        let died = self.has_fired.iter().zip(&now).filter(|&(&before, &now)| before && !now).count();
        self.has_fired.iter_mut().zip(&now).for_each(|(before, &now)| *before |= now);
        let jump = self.last.and_then(|last| jump(last, (step, finding.diagnosis.centred_rank)));
        self.last = Some((step, finding.diagnosis.centred_rank));
        let events = [collapse(finding), dead(died, rows), jump];
        let events: Vec<_> =
            events.into_iter().flatten().filter(|(subject, _)| !self.told.contains(subject)).collect();
        self.told.extend(events.iter().map(|(subject, _)| *subject));
        events
    }
}

fn collapse(finding: &Finding) -> Option<(Subject, String)> {
    let verdict = finding.diagnosis.verdict("");
    let subject = match finding.diagnosis.collapse() {
        Collapse::Complete => Subject::CompleteCollapse,
        Collapse::Dimensional => Subject::DimensionalCollapse,
        Collapse::None => return None,
    };
    Some((subject, format!("{}. {}", verdict.word, verdict.text)))
}

fn dead(died: usize, rows: &Matrix) -> Option<(Subject, String)> {
    let text = format!(
        "{died} of {} neurons have died: they answered before and are zero on all {} samples",
        rows.cols(),
        rows.rows()
    );
    (died > 0 && died as f64 >= LEAST_DIED * rows.cols() as f64).then_some((Subject::DeadNeurons, text))
}

fn jump((before, from): (u64, f64), (now, to): (u64, f64)) -> Option<(Subject, String)> {
    let verb = if to >= JUMP * from {
        "rose"
    } else if from >= JUMP * to {
        "fell"
    } else {
        return None;
    };
    let (from, to) = (show(Some(from)), show(Some(to)));
    Some((
        Subject::RankJump,
        format!("the effective rank {verb} from {from} to {to} between steps {before} and {now}"),
    ))
}
