//! A process that stands still in a state made by hand.

use crate::math::{Matrix, Stream};
use crate::measure::reading::{FreshSamples, Reading};
use crate::measure::{Column, Measure, Values};
use crate::network::{Network, SymRelu};
use crate::train::{
    BiasForces, Coordinates, Decomposed, Dynamics, Growth, Represented, Snapshot, SnapshotError, StageTimes,
    StepView, StopReason,
};
use std::cell::Cell;

pub struct Fake {
    pub step: u64,
    pub stages: StageTimes,
    pub stop: Option<StopReason>,
    pub coordinates: Coordinates,
    pub norms: Vec<f32>,
    pub bias: Vec<f32>,
    pub forces: Option<BiasForces>,
    pub decomposed: Decomposed,
    pub network: Box<dyn Network>,
    pub prediction: Option<Matrix>,
    pub calls: Cell<usize>,
}

impl Fake {
    /// Neurons of the given sparse coordinates (row by row, d each) and dense energies, without biases.
    pub fn new(d: usize, sparse: &[f32], dense_energy: &[f64]) -> Self {
        let m = dense_energy.len();
        let sparse = Matrix::from_vec(m, d, sparse.to_vec());
        let energy =
            |(row, dense): (&[f32], &f64)| row.iter().map(|&c| f64::from(c).powi(2)).sum::<f64>() + dense;
        let norms = sparse.iter_rows().zip(dense_energy).map(|pair| energy(pair).sqrt() as f32).collect();
        let nothing = || Matrix::zeros(0, m);
        Self {
            step: 0,
            stages: StageTimes::default(),
            stop: None,
            coordinates: Coordinates { sparse, dense_energy: dense_energy.to_vec(), oblique: None },
            norms,
            bias: vec![0.0; m],
            forces: None,
            decomposed: Decomposed {
                features: nothing(),
                signal: nothing(),
                noise: nothing(),
                latent: Matrix::zeros(0, d),
            },
            network: Box::new(SymRelu),
            prediction: None,
            calls: Cell::new(0),
        }
    }

    /// What `measure` reads now, by column name.
    pub fn read(&self, measure: &mut dyn Measure) -> Figures {
        let (columns, neuron_columns) = (measure.columns(), measure.neuron_columns());
        let mut scalars = vec![f64::NAN; columns.len()];
        let mut neurons = vec![vec![f32::NAN; self.norms.len()]; neuron_columns.len()];
        let mut out = Values { columns, neuron_columns, scalars: &mut scalars, neurons: &mut neurons };
        measure.read(&Reading::new(&self.view(), &self.coordinates), &mut out);
        Figures { columns, neuron_columns, scalars, neurons }
    }

    pub fn samples(&self) -> FreshSamples {
        FreshSamples { seed: SEED, count: self.decomposed.features.rows() }
    }
}

pub const SEED: u64 = 77;

pub struct Figures {
    columns: &'static [Column],
    neuron_columns: &'static [Column],
    scalars: Vec<f64>,
    neurons: Vec<Vec<f32>>,
}

/// Inputs are f32, figures are sums of a few of them.
const TOLERANCE: f64 = 1e-6;

impl Figures {
    pub fn get(&self, name: &str) -> f64 {
        self.scalars[self.columns.iter().position(|column| column.name == name).unwrap()]
    }

    #[track_caller]
    pub fn check(&self, expected: &[(&str, f64)]) {
        for &(name, expected) in expected {
            let found = self.get(name);
            let same = found.is_nan() && expected.is_nan() || (found - expected).abs() < TOLERANCE;
            assert!(same, "{name}: {found}, expected {expected}");
        }
        assert_eq!(expected.len(), self.columns.len(), "every column has an expected value");
    }

    #[track_caller]
    pub fn check_neurons(&self, name: &str, expected: &[f64]) {
        let column = self.neuron_columns.iter().position(|column| column.name == name).unwrap();
        assert_eq!(self.neurons[column].len(), expected.len());
        for (&found, expected) in self.neurons[column].iter().zip(expected) {
            assert!((f64::from(found) - expected).abs() < TOLERANCE, "{name}: {found}, expected {expected}");
        }
    }
}

impl Dynamics for Fake {
    fn step(&mut self) -> Option<StepView<'_>> {
        None
    }

    fn view(&self) -> StepView<'_> {
        StepView {
            step: self.step,
            batch: None,
            anchor_firing_rate: None,
            stages: self.stages,
            bias: &self.bias,
            norms: &self.norms,
            initial_norms: &self.norms,
            dynamics: self,
        }
    }

    fn stop_reason(&self) -> Option<&StopReason> {
        self.stop.as_ref()
    }

    fn network(&self) -> &dyn Network {
        self.network.as_ref()
    }

    fn coordinates(&self) -> Coordinates {
        self.coordinates.clone()
    }

    fn prediction(&self) -> Option<Matrix> {
        self.prediction.clone()
    }

    fn growth(&self) -> Growth {
        Growth { sparse: 1.5, dense: 0.5 }
    }

    fn bias_forces(&self) -> Option<BiasForces> {
        self.forces.clone()
    }

    fn embed(&self, _: &Matrix) -> Matrix {
        unreachable!("measurements bring no samples of their own")
    }

    fn represent(&self, _: &Stream, _: usize, _: usize) -> Represented {
        unreachable!("measurements decompose")
    }

    fn decompose(&self, stream: &Stream, first_row: usize, rows: usize) -> Decomposed {
        assert_eq!(*stream, Stream::new(SEED, crate::math::Purpose::MEASUREMENT, 0));
        self.calls.set(self.calls.get() + 1);
        let part = |all: &Matrix| Matrix::from_fn(rows, all.cols(), |r, c| all[(first_row + r, c)]);
        let Decomposed { features, signal, noise, latent } = &self.decomposed;
        Decomposed {
            features: part(features),
            signal: part(signal),
            noise: part(noise),
            latent: part(latent),
        }
    }

    fn snapshot(&self) -> Snapshot {
        unreachable!("measurements take no snapshot")
    }

    fn restore(&mut self, _: &Snapshot) -> Result<(), SnapshotError> {
        unreachable!("measurements restore nothing")
    }
}
