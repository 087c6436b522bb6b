//! Long work on a thread of its own, while the thread that called listens: for what the work tells, and for
//! Ctrl-C.
//!
//! So training never waits for the interpreter, and an interruption is answered within a twentieth of a
//! second even where a step takes longer.

use crate::error::{self, from_panic, refuse_fork};
use featurescope_lab::run::Event;
use featurescope_lab::sweep::SweepEvent;
use pyo3::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// How long Ctrl-C may wait, and the least time between two reports of progress.
pub const PATIENCE: Duration = Duration::from_millis(50);

/// What work tells while it goes on: a word, a name, two numbers; what they mean stands in `featurescope._progress`.
#[derive(Clone, Debug)]
pub struct Told {
    what: &'static str,
    text: String,
    numbers: [f64; 2],
}

impl Told {
    fn new(what: &'static str, text: impl Into<String>, numbers: [f64; 2]) -> Self {
        Self { what, text: text.into(), numbers }
    }

    fn of_run(event: Event<'_>) -> Self {
        match event {
            Event::YardsticksStarted => {
                Self::new("spin", "yardsticks: linear probes on x, Mᵀx and z", [0.0; 2])
            }
            Event::ArmStarted { arm, number, arms, steps } => {
                Self::new("arm", format!("{number}/{arms} {arm}"), [steps as f64, 0.0])
            }
            Event::Resumed { arm, step } => Self::new("resumed", arm, [step as f64, 0.0]),
            Event::Note(text) => Self::new("note", text, [0.0; 2]),
            Event::Stepped { step, loss } => Self::new("step", "", [step as f64, loss]),
            Event::Recorded { dense_energy_fraction, coverage } => {
                Self::new("record", "", [dense_energy_fraction, coverage])
            }
            Event::ProbesStarted { arm } => {
                Self::new("spin", format!("{arm}: linear probes on its features"), [0.0; 2])
            }
            Event::ArmEnded { arm, end } => {
                let seconds = end.training_seconds + end.probe_seconds;
                Self::new("ended", format!("{arm}: {}", end.stop_reason), [end.steps as f64, seconds])
            }
        }
    }

    fn of_sweep(event: &SweepEvent) -> Self {
        match event {
            SweepEvent::Found { runs, operations } => Self::new("found", "", [*runs as f64, *operations]),
            SweepEvent::EndedElsewhere { operations, .. } | SweepEvent::Advanced { operations } => {
                Self::new("advanced", "", [*operations, 0.0])
            }
            SweepEvent::Note { id, text } => Self::new("note", format!("{id}: {text}"), [0.0; 2]),
            SweepEvent::Ended { id, experiment, seed, status, seconds } => {
                let text = format!("{id}  {experiment}, seed {seed}: {status}");
                Self::new("run", text, [1.0, *seconds])
            }
        }
    }
}

/// What work has to tell, and to look at.
pub struct Line {
    sender: Sender<Told>,
    /// Set by whoever asks for an end.
    pub interrupt: AtomicBool,
    at: Mutex<Moment>,
}

/// Where the work stands.
struct Moment {
    arm: String,
    step: Option<f64>,
    told: Option<Instant>,
}

impl Line {
    /// Tells what happened in a run.
    pub fn tell(&self, event: Event<'_>) {
        if let Ok(mut at) = self.at.lock() {
            match event {
                Event::ArmStarted { arm, .. } => (at.arm, at.step) = (arm.to_owned(), Some(0.0)),
                Event::Resumed { step, .. } => at.step = Some(step as f64),
                Event::ProbesStarted { .. } => at.step = None,
                Event::Stepped { step, .. } => {
                    at.step = Some(step as f64);
                    if at.told.is_some_and(|told| told.elapsed() < PATIENCE) {
                        return;
                    }
                    at.told = Some(Instant::now());
                }
                _ => {}
            }
        }
        // A listener that has gone away is no reason to stop.
        let _ = self.sender.send(Told::of_run(event));
    }

    /// Tells what happened in a sweep.
    pub fn tell_of_sweep(&self, event: &SweepEvent) {
        let _ = self.sender.send(Told::of_sweep(event));
    }

    /// Where the work stands, for a message.
    fn moment(&self) -> String {
        match self.at.lock() {
            Ok(at) if at.arm.is_empty() => String::new(),
            Ok(at) => match at.step {
                Some(step) => format!(" in step {} of arm {}", step + 1.0, at.arm),
                None => format!(" after the training of arm {}", at.arm),
            },
            Err(_) => String::new(),
        }
    }
}

/// Does `work` on a thread of its own, with so many threads of the core if that is said, while this thread
/// calls `listener(what, text, first, second)`.
///
/// The second of the answer is what the listener, or a signal, raised; the work has ended then as after an
/// interruption.
///
/// # Errors
/// In a forked child; what a part in Python raised; a panic.
pub fn drive<T: Send>(
    py: Python<'_>,
    threads: Option<usize>,
    listener: &Bound<'_, PyAny>,
    work: impl FnOnce(&Line) -> T + Send,
) -> PyResult<(T, Option<PyErr>)> {
    refuse_fork()?;
    let pool = threads.map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build());
    let pool =
        pool.transpose().map_err(|error| error::run(format!("cannot start {threads:?} threads: {error}")))?;
    let (sender, receiver) = mpsc::channel();
    let at = Mutex::new(Moment { arm: String::new(), step: None, told: None });
    let line = Line { sender, interrupt: AtomicBool::new(false), at };
    let (line, pool, listener) = (&line, &pool, listener.clone().unbind());
    let has_ended = &AtomicBool::new(false);
    let (done, raised) = py.detach(move || {
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let done = catch_unwind(AssertUnwindSafe(|| match pool {
                    Some(pool) => pool.install(|| work(line)),
                    None => work(line),
                }));
                has_ended.store(true, Ordering::Release);
                done
            });
            let mut raised = None;
            loop {
                let told = receiver.recv_timeout(PATIENCE);
                if raised.is_none() {
                    raised = Python::attach(|py| {
                        let listen = |told: Told| {
                            listener.call1(py, (told.what, told.text, told.numbers[0], told.numbers[1]))
                        };
                        told.clone()
                            .map_or(Ok(()), |told| listen(told).map(drop))
                            .and_then(|()| py.check_signals())
                    })
                    .err();
                    if raised.is_some() {
                        line.interrupt.store(true, Ordering::Relaxed);
                    }
                }
                // What was told before the end is heard.
                if matches!(told, Err(RecvTimeoutError::Timeout)) && has_ended.load(Ordering::Acquire) {
                    break;
                }
            }
            (worker.join().unwrap_or_else(Err), raised)
        })
    });
    let done = done.map_err(|payload| from_panic(payload, &line.moment()))?;
    Ok((done, raised))
}
