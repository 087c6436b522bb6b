//! The weights at one moment in the basis of the data, from a checkpoint.
//!
//! w_i = Σ_j A_ij M_j + r_i with A = W M and r_i orthogonal to every atom, where atoms are orthonormal. Of others P w_i, P the
//! projection on their span, is what the atoms hold.
//!
//! Source: Section 2, the decomposition into sparse features and spurious dense ones; docs/theory.md 2.2.

use super::{Gap, Moment, Subject};
use crate::plan::PlannedData;
use crate::store::read_checkpoint;
use featurescope_sim::data::DataModel;
use featurescope_sim::math::Matrix;
use featurescope_sim::math::linalg::squared_norm;
use featurescope_sim::measure::Neuron;
use std::sync::Arc;

/// Arrays as large as W while a state is read: the snapshot, the weights, their dense part, and the file or
/// the learner.
const ARRAYS: f64 = 4.0;

/// Weights and thresholds at one moment.
#[derive(Clone, Debug)]
pub struct State {
    /// W, m × d1; in reduced dynamics in the learner's coordinates, of which there are d + k + m.
    pub weights: Matrix,
    /// A = W M, m × d.
    pub sparse: Matrix,
    /// W − W P, as W; W P is A Mᵀ where atoms are orthonormal.
    pub dense: Matrix,
    /// b, m entries.
    pub bias: Vec<f32>,
    /// ‖P w_i‖², m entries.
    pub sparse_energy: Vec<f64>,
    /// ‖w_i − P w_i‖², m entries.
    pub dense_energy: Vec<f64>,
}

impl State {
    /// The weights of an arm at a moment, from the checkpoint written then; at the start as they are drawn.
    pub fn of<'a>(subject: &Subject<'a>, moment: Moment) -> Result<&'a Self, Gap> {
        subject.derived(moment, || Self::load(subject, moment))
    }

    fn load(subject: &Subject<'_>, moment: Moment) -> Result<Self, Gap> {
        subject.require_rows(ARRAYS * subject.width() as f64)?;
        let data = subject.space()?;
        let snapshot = if moment == Moment::Start {
            let ambient = (!subject.plan.is_reduced()).then(|| Arc::clone(data));
            let data = PlannedData::new(subject.run.plan.law.clone(), ambient);
            let dynamics = subject.plan.dynamics(&data).map_err(|error| Gap::Missing(error.to_string()))?;
            dynamics.snapshot()
        } else {
            subject.rows(moment)?;
            let name = match moment {
                Moment::T1 => "t1",
                Moment::T2 => "t2",
                _ => "final",
            };
            let file = format!("checkpoint-{name}.safetensors");
            let path = subject.run.path.join("arms").join(&subject.plan.name).join(&file);
            read_checkpoint(&path).map_err(|_| Gap::Missing(format!("readable {file}")))?
        };
        let array = |name: &str, shape| {
            let found = snapshot.array(name, shape).map_err(|error| Gap::Missing(error.to_string()));
            found.cloned()
        };
        let weights = array("weights", (subject.width(), data.ambient_dim()))?;
        let bias = array("bias", (1, subject.width()))?.into_vec();
        Ok(Self::new(weights, bias, data))
    }

    /// Splits given weights.
    ///
    /// # Shapes
    /// `weights`: m × d1, `bias`: m.
    pub fn new(weights: Matrix, bias: Vec<f32>, data: &dyn DataModel) -> Self {
        let dictionary = data.dictionary();
        let sparse = dictionary.coordinates(&weights);
        let mut dense = dictionary.projection(&weights, &sparse);
        let sparse_energy = if dictionary.is_orthonormal() { &sparse } else { &dense };
        let sparse_energy = sparse_energy.iter_rows().map(squared_norm).collect();
        for (d, &w) in dense.as_mut_slice().iter_mut().zip(weights.as_slice()) {
            *d = w - *d;
        }
        let dense_energy = dense.iter_rows().map(squared_norm).collect();
        Self { weights, sparse, dense, bias, sparse_energy, dense_energy }
    }

    /// m.
    pub fn width(&self) -> usize {
        self.sparse.rows()
    }

    /// ‖w_i‖².
    pub fn energy(&self, i: usize) -> f64 {
        self.sparse_energy[i] + self.dense_energy[i]
    }

    /// ⟨w_i, M_j⟩.
    pub fn coefficient(&self, i: usize, j: usize) -> f64 {
        f64::from(self.sparse[(i, j)])
    }

    /// b_i.
    pub fn threshold(&self, i: usize) -> f64 {
        f64::from(self.bias[i])
    }

    /// Neuron i in the basis of the data.
    pub fn neuron(&self, i: usize) -> Neuron {
        let neuron = Neuron::new(self.sparse.row(i), self.dense_energy[i]);
        Neuron { sparse_energy: self.sparse_energy[i], ..neuron }
    }

    /// |cos(w_i, M_j)|; 0 for a zero neuron.
    pub fn cosine(&self, i: usize, j: usize) -> f64 {
        let norm = self.energy(i).sqrt();
        if norm == 0.0 { 0.0 } else { self.coefficient(i, j).abs() / norm }
    }
}
