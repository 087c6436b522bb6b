//! A learner that Python steps.

use crate::array::{of_matrix, read_only, read_only_vector, to_matrix};
use crate::drive::PATIENCE;
use crate::error;
use featurescope_lab::plan::{ArmPlan, Plan};
use featurescope_sim::data::DataModel;
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::train::{Dynamics, StepView, StopReason};
use numpy::{PyArray1, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, TryLockError};
use std::time::Instant;

/// The training process of one arm.
#[pyclass(frozen, module = "featurescope._featurescope")]
pub struct Learner {
    dynamics: Mutex<Box<dyn Dynamics>>,
    /// For messages about a step that failed.
    steps_taken: AtomicU64,
    /// The data in the space of its weights.
    space: Arc<dyn DataModel>,
    seed: u64,
    /// Steps that its settings plan.
    #[pyo3(get)]
    planned_steps: u64,
}

/// What a view of a step holds at once: step, loss, share of features that fire, T1, T2.
type Numbers = (u64, Option<f64>, Option<f64>, Option<u64>, Option<u64>);

impl Learner {
    /// The learner of an arm in its initial state.
    pub fn new(py: Python<'_>, plan: Plan, arm: &str) -> PyResult<Self> {
        let Some(planned) = plan.arms.iter().find(|planned| planned.name == arm) else {
            let arms: Vec<&str> = plan.arms.iter().map(|arm| arm.name.as_str()).collect();
            return Err(error::setting(format!("there is no arm `{arm}`; the arms are {}", arms.join(", "))));
        };
        if let Some(fork) = planned.spec.training.fork.as_deref() {
            let problem = "it begins as another arm: step that one, and fork it";
            return Err(error::setting(format!("arm {arm} has training.fork = {fork}: {problem}")));
        }
        let built = error::detached(py, || Self::build(&plan, planned))?;
        built.map_err(|error| error::setting(format!("arm {arm}: {error}")))
    }

    fn build(plan: &Plan, arm: &ArmPlan) -> Result<Self, featurescope_sim::math::ParameterError> {
        Ok(Self {
            dynamics: Mutex::new(arm.dynamics(&plan.data)?),
            steps_taken: AtomicU64::new(0),
            space: arm.space(&plan.data)?,
            seed: plan.seed,
            planned_steps: arm.spec.training.steps,
        })
    }

    /// Does `work` on the process without the interpreter lock.
    ///
    /// A part that asks the learner it is a part of gets an error: it would wait for itself.
    fn with<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&mut dyn Dynamics) -> T + Send) -> PyResult<T> {
        let moment = || format!(" in step {}", self.steps_taken.load(Ordering::Relaxed) + 1);
        error::detached_at(py, moment, || match self.dynamics.try_lock() {
            Ok(mut process) => Ok(work(process.as_mut())),
            Err(TryLockError::WouldBlock) => Err(error::run("the learner is taking a step")),
            Err(TryLockError::Poisoned(_)) => Err(error::run(
                "the learner stopped in the middle of a step: make a new one, or fork one that has not",
            )),
        })?
    }

    /// Takes a step, and remembers that it was taken.
    fn take_step(&self, process: &mut dyn Dynamics) -> Option<Numbers> {
        let seen = process.step().map(|view| numbers(&view))?;
        self.steps_taken.store(seen.0, Ordering::Relaxed);
        Some(seen)
    }
}

fn numbers(view: &StepView<'_>) -> Numbers {
    let stages = view.stages;
    (view.step, view.batch.map(|batch| batch.loss), view.anchor_firing_rate, stages.first, stages.second)
}

#[pymethods]
impl Learner {
    /// Takes a step: what a view holds at once; `None` when training has stopped.
    fn step(&self, py: Python<'_>) -> PyResult<Option<Numbers>> {
        self.with(py, |process| self.take_step(process))
    }

    /// Takes so many steps, or as many as there are.
    fn advance(&self, py: Python<'_>, steps: u64) -> PyResult<()> {
        let mut left = steps;
        while left > 0 {
            // Signals are looked at in between.
            let until = Instant::now() + PATIENCE;
            left = self.with(py, |process| {
                while left > 0 && Instant::now() < until {
                    left = if self.take_step(process).is_some() { left - 1 } else { 0 };
                }
                left
            })?;
            py.check_signals()?;
        }
        Ok(())
    }

    /// The same of the state now.
    fn now(&self, py: Python<'_>) -> PyResult<Numbers> {
        self.with(py, |process| numbers(&process.view()))
    }

    /// Why training stopped; `None` while it can go on.
    fn stop_reason(&self, py: Python<'_>) -> PyResult<Option<String>> {
        let reason = self.with(py, |process| process.stop_reason().cloned())?;
        Ok(reason.map(|reason| match reason {
            StopReason::Finished => "finished".to_owned(),
            StopReason::Diverged { what, .. } => format!("diverged: {what}"),
        }))
    }

    /// b, m entries.
    fn bias<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let bias = self.with(py, |process| process.view().bias.to_vec())?;
        read_only_vector(py, bias)
    }

    /// ‖w_i‖, m entries.
    fn norms<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let norms = self.with(py, |process| process.view().norms.to_vec())?;
        read_only_vector(py, norms)
    }

    /// cos(w_i, M_j), m × d; 0 for a zero neuron.
    fn cosines<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let cosines = self.with(py, |process| {
            let (mut cosines, view) = (process.coordinates().sparse, process.view());
            for (i, &norm) in view.norms.iter().enumerate() {
                let scale = if norm > 0.0 { norm.recip() } else { 0.0 };
                cosines.row_mut(i).iter_mut().for_each(|entry| *entry = (*entry * scale).clamp(-1.0, 1.0));
            }
            cosines
        })?;
        read_only(py, cosines)
    }

    /// Everything that the next step depends on, by name; `weights` among it.
    fn arrays<'py>(&self, py: Python<'py>) -> PyResult<Vec<(String, Bound<'py, PyArray2<f32>>)>> {
        let arrays = self.with(py, |process| process.snapshot())?.arrays;
        arrays.into_iter().map(|(name, array)| Ok((name, read_only(py, array)?))).collect()
    }

    /// Goes on from where another learner stands.
    fn take_over(&self, py: Python<'_>, other: &Self) -> PyResult<()> {
        let state = other.with(py, |process| process.snapshot())?;
        let taken = self.with(py, |process| process.restore(&state))?;
        taken.map_err(|error| error::setting(format!("the fork cannot go on from here: {error}")))?;
        self.steps_taken.store(state.step, Ordering::Relaxed);
        Ok(())
    }

    /// M, d1 × d: an atom a column.
    fn dictionary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let atoms = error::detached(py, || self.space.dictionary().atoms().transposed())?;
        read_only(py, atoms)
    }

    /// x, z and ξ of so many fresh samples, which training and measurements do not see.
    fn sample<'py>(
        &self,
        py: Python<'py>,
        first_row: usize,
        rows: usize,
    ) -> PyResult<[Bound<'py, PyArray2<f32>>; 3]> {
        // A stream of its own: 0 and 1 are those of measurements and representations.
        let stream = Stream::new(self.seed, Purpose::MEASUREMENT, 2);
        let drawn = error::detached(py, || self.space.sample(&stream, first_row, rows))?;
        Ok([of_matrix(py, drawn.x)?, of_matrix(py, drawn.latent)?, of_matrix(py, drawn.noise)?])
    }

    /// f(x) of given samples, n × d1 to n × K.
    fn represent<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let x: PyReadonlyArray2<'_, f32> = x.extract()?;
        let (x, expected) = (to_matrix(&x), self.space.ambient_dim());
        if x.cols() != expected {
            let found = format!("samples of {} numbers cannot be represented", x.cols());
            return Err(error::setting(format!("{found}: this learner takes rows of {expected}")));
        }
        let features: Matrix = self.with(py, |process| process.embed(&x))?;
        of_matrix(py, features)
    }
}
