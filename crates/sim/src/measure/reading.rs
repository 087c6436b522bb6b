//! What a measurement sees: the state in the basis of the data, and what several measurements share.
//!
//! Source: the decomposition w_i = Σ_j ⟨w_i, M_j⟩ M_j + w_i^⊥ of Section 2; docs/theory.md 2.2.

use super::ratio;
use crate::math::{Matrix, Purpose, Stream, argmax};
use crate::train::{Coordinates, Decomposed, Oblique, StepView};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// Samples decomposed at a time, to bound the memory at large ambient dimension.
const ROWS_PER_CALL: usize = 128;

/// The fresh samples of a measurement: the same ones at every recorded step, so that curves show the learner and not
/// the draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreshSamples {
    /// The run's seed; measurements have their own random streams under it.
    pub seed: u64,
    /// n ≥ 1. A mean over them has a standard error of about its spread/√n.
    pub count: usize,
}

impl FreshSamples {
    /// n of the shipped presets.
    pub const DEFAULT_COUNT: usize = 512;
}

/// One neuron in the basis of the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neuron {
    /// argmax_j |⟨w_i, M_j⟩|, the first of equals.
    pub best_atom: usize,
    /// max_j |⟨w_i, M_j⟩|.
    pub largest: f64,
    /// The second largest |⟨w_i, M_j⟩|.
    pub second: f64,
    /// ‖P w_i‖², P the projection on the span of M: ‖M Mᵀ w_i‖² where atoms are orthonormal.
    pub sparse_energy: f64,
    /// ‖w_i − P w_i‖².
    pub dense_energy: f64,
}

impl Neuron {
    /// The neuron with these coordinates ⟨w_i, M_j⟩ along orthonormal atoms, d entries.
    pub fn new(coordinates: &[f32], dense_energy: f64) -> Self {
        let sizes = || coordinates.iter().map(|&c| f64::from(c).abs());
        let best_atom = argmax(sizes()).unwrap_or(0);
        let others = sizes().enumerate().filter(|&(j, _)| j != best_atom);
        Self {
            best_atom,
            largest: sizes().nth(best_atom).unwrap_or(0.0),
            second: others.fold(0.0, |second, (_, size)| second.max(size)),
            sparse_energy: sizes().map(|size| size * size).sum(),
            dense_energy,
        }
    }

    /// ‖w_i‖².
    pub fn energy(&self) -> f64 {
        self.sparse_energy + self.dense_energy
    }

    /// max_j |⟨w_i, M_j⟩|/‖w_i‖; 0 for a zero neuron.
    pub fn alignment(&self) -> f64 {
        ratio(self.largest, self.energy().sqrt())
    }

    /// The second largest |⟨w_i, M_j⟩|/‖w_i‖; 0 for a zero neuron.
    pub fn second_alignment(&self) -> f64 {
        ratio(self.second, self.energy().sqrt())
    }
}

/// One atom and the neuron closest to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Atom {
    /// argmax_i |⟨w_i, M_j⟩|/‖w_i‖, the first of equals.
    pub best_neuron: usize,
    /// max_i |⟨w_i, M_j⟩|/‖w_i‖.
    pub cosine: f64,
}

/// The state at a recorded step.
pub struct Reading<'a> {
    /// The state as the process shows it.
    pub view: &'a StepView<'a>,
    /// W in the basis of the data.
    pub coordinates: &'a Coordinates,
    neurons: OnceCell<Vec<Neuron>>,
    atoms: OnceCell<Vec<Atom>>,
    decomposed: RefCell<Vec<(FreshSamples, Rc<Decomposed>)>>,
}

impl<'a> Reading<'a> {
    /// A reading of `view`, whose coordinates have been computed already.
    pub fn new(view: &'a StepView<'a>, coordinates: &'a Coordinates) -> Self {
        let (neurons, atoms) = (OnceCell::new(), OnceCell::new());
        Self { view, coordinates, neurons, atoms, decomposed: RefCell::new(Vec::new()) }
    }

    /// m, the number of neurons.
    pub fn width(&self) -> usize {
        self.coordinates.sparse.rows()
    }

    /// d, the number of atoms.
    pub fn latent_dim(&self) -> usize {
        self.coordinates.sparse.cols()
    }

    /// ‖Σ_j π_j M_(first + j)‖, the length of a combination of neighbouring atoms.
    pub fn combination_norm(&self, first: usize, pattern: &[f32]) -> f64 {
        match &self.coordinates.oblique {
            None => pattern.iter().map(|&share| f64::from(share).powi(2)).sum::<f64>().sqrt(),
            Some(oblique) => oblique.angles.combination_norm(first, pattern),
        }
    }

    /// Every neuron in the basis of the data, m entries.
    pub fn neurons(&self) -> &[Neuron] {
        self.neurons.get_or_init(|| {
            let Coordinates { sparse, dense_energy, oblique } = self.coordinates;
            let neurons = sparse.iter_rows().zip(dense_energy).map(|(row, &dense)| Neuron::new(row, dense));
            match oblique {
                None => neurons.collect(),
                Some(Oblique { sparse_energy, .. }) => (neurons.zip(sparse_energy))
                    .map(|(neuron, &sparse_energy)| Neuron { sparse_energy, ..neuron })
                    .collect(),
            }
        })
    }

    /// Every atom and the neuron closest to it, d entries.
    pub fn atoms(&self) -> &[Atom] {
        self.atoms.get_or_init(|| {
            let norms: Vec<f64> = self.neurons().iter().map(|neuron| neuron.energy().sqrt()).collect();
            let of_atom = |j: usize| {
                let cosine = |i: usize| ratio(f64::from(self.coordinates.sparse[(i, j)]).abs(), norms[i]);
                let best_neuron = argmax((0..norms.len()).map(cosine)).unwrap_or(0);
                Atom { best_neuron, cosine: cosine(best_neuron) }
            };
            (0..self.latent_dim()).map(of_atom).collect()
        })
    }

    /// f(x), f(M z), f(ξ) and z of fresh samples.
    pub fn decomposed(&self, samples: FreshSamples) -> Rc<Decomposed> {
        let mut known = self.decomposed.borrow_mut();
        if let Some((_, decomposed)) = known.iter().find(|(drawn, _)| *drawn == samples) {
            return Rc::clone(decomposed);
        }
        let decomposed = Rc::new(self.decompose(samples));
        known.push((samples, Rc::clone(&decomposed)));
        decomposed
    }

    fn decompose(&self, FreshSamples { seed, count }: FreshSamples) -> Decomposed {
        let stream = Stream::new(seed, Purpose::MEASUREMENT, 0);
        let mut all = Decomposed {
            features: Matrix::default(),
            signal: Matrix::default(),
            noise: Matrix::default(),
            latent: Matrix::default(),
        };
        for first in (0..count).step_by(ROWS_PER_CALL) {
            let part = self.view.dynamics.decompose(&stream, first, ROWS_PER_CALL.min(count - first));
            copy_rows(&mut all.features, (first, count), &part.features);
            copy_rows(&mut all.signal, (first, count), &part.signal);
            copy_rows(&mut all.noise, (first, count), &part.noise);
            copy_rows(&mut all.latent, (first, count), &part.latent);
        }
        all
    }
}

/// Copies rows to a matrix that will have `count` rows; a network may have more or fewer features than neurons.
fn copy_rows(to: &mut Matrix, (first, count): (usize, usize), from: &Matrix) {
    to.resize(count, from.cols());
    let start = first * from.cols();
    to.as_mut_slice()[start..start + from.as_slice().len()].copy_from_slice(from.as_slice());
}
