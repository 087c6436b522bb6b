//! Every network against central differences, and against what it says of its activation and its gates.

use super::*;
use crate::math::linalg::squared_norm;
use crate::part::{AnySlot, Chosen};

/// Where a network is looked at: none of the pre-activations lies at a threshold.
struct Place {
    pre: Matrix,
    bias: Vec<f32>,
    arrays: Vec<Matrix>,
}

impl Place {
    fn new(network: &dyn Network) -> Self {
        let pre = Matrix::from_fn(5, 4, |r, c| (1.3 * (r * 4 + c) as f32 + 0.2).sin() * 1.7);
        let wave = |rows, cols| Matrix::from_fn(rows, cols, |r, c| (1.1 * (r * 7 + c) as f32 + 0.4).cos());
        let arrays = network.arrays(4).iter().map(|array| wave(array.rows, array.cols)).collect();
        Self { pre, bias: vec![0.0, 0.3, 0.5, 0.9], arrays }
    }

    fn at(&self) -> Parameters<'_> {
        Parameters { bias: &self.bias, arrays: &self.arrays }
    }

    /// A number that every feature enters with a weight of its own.
    fn value(&self, network: &dyn Network) -> f64 {
        let mut features = Matrix::default();
        network.forward(&self.pre, self.at(), &mut Tape::default(), &mut features);
        let pairs = features.as_slice().iter().zip(weights(features.rows(), features.cols()).into_vec());
        pairs.map(|(f, w)| f64::from(*f) * f64::from(w)).sum()
    }

    /// Pre-activations, then thresholds, then arrays.
    fn entry(&mut self, entry: usize) -> &mut f32 {
        let arrays = self.arrays.iter_mut().flat_map(Matrix::as_mut_slice);
        let mut all = self.pre.as_mut_slice().iter_mut().chain(&mut self.bias).chain(arrays);
        all.nth(entry).unwrap()
    }
}

fn weights(rows: usize, cols: usize) -> Matrix {
    Matrix::from_fn(rows, cols, |r, c| (0.7 * (r * cols + c) as f32).cos())
}

/// Compares the gradients of pre-activations, thresholds and own arrays with central differences, and returns how
/// many. Features are single precision and of order one, so that a difference over 10⁻² is known to about 10⁻⁴.
pub(super) fn assert_gradients(network: &dyn Network) -> usize {
    const STEP: f32 = 5e-3;
    let mut place = Place::new(network);
    let (mut tape, mut features) = (Tape::default(), Matrix::default());
    network.forward(&place.pre, place.at(), &mut tape, &mut features);
    assert_eq!((features.rows(), features.cols()), (5, network.feature_count(4)));
    // Twice, for a tape has to serve twice.
    let [found, again] = [(); 2].map(|()| {
        let mut sums = ParameterGradients::default();
        sums.clear(place.at());
        let mut gradient = weights(features.rows(), features.cols());
        network.backward(&place.pre, place.at(), &mut tape, &mut gradient, &mut sums);
        let arrays = sums.arrays.iter().flat_map(Matrix::as_slice);
        let singles = gradient.as_slice().iter().map(|&g| f64::from(g));
        singles.chain(sums.bias).chain(arrays.map(|&g| f64::from(g))).collect::<Vec<f64>>()
    });
    assert_eq!(found, again);
    for (entry, found) in found.iter().enumerate() {
        let mut moved = |by: f32| {
            *place.entry(entry) += by;
            let value = place.value(network);
            *place.entry(entry) -= by;
            value
        };
        let slope = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
        assert!((slope - found).abs() < 2e-3, "entry {entry}: {slope}, {found}");
    }
    found.len()
}

#[test]
fn every_network_has_the_gradients_of_its_features() {
    let mut compared = 0;
    for chosen in Chosen::<Box<dyn Network>>::examples().unwrap() {
        compared += assert_gradients(chosen.build(&()).unwrap().as_ref());
    }
    assert!(compared >= 2 * 24 * NETWORKS.part_count(), "{compared}");
}

/// Activation and gates, where a network has them, are those of its features.
#[test]
fn every_network_agrees_with_its_activation_and_its_gates() {
    const STEP: f64 = 1e-6;
    let mut compared = 0;
    for chosen in Chosen::<Box<dyn Network>>::examples().unwrap() {
        let network = chosen.build(&()).unwrap();
        let Some(activation) = network.activation() else { continue };
        assert!(network.arrays(4).is_empty(), "{}", chosen.kind());
        let place = Place::new(network.as_ref());
        let mut features = Matrix::default();
        network.forward(&place.pre, place.at(), &mut Tape::default(), &mut features);
        for r in 0..5 {
            let mut open = Vec::new();
            if let Some(gates) = network.gates() {
                gates.push_open(place.pre.row(r), &place.bias, &mut open);
            }
            for c in 0..4 {
                let (a, b) = (f64::from(place.pre[(r, c)]), f64::from(place.bias[c]));
                assert!((f64::from(features[(r, c)]) - activation.value(a, b)).abs() < 1e-6);
                let slope = (activation.value(a + STEP, b) - activation.value(a - STEP, b)) / (2.0 * STEP);
                let is_open = activation.value(a, b) != 0.0 || slope.abs() > 1e-4;
                let told = network.gates().is_none_or(|_| open.contains(&(c as u32)) == is_open);
                assert!(told, "{} at {a}, {b}", chosen.kind());
                compared += 1;
            }
        }
    }
    assert!(compared >= 2 * 20, "{compared}");
}

/// The second sample opens no gate.
#[test]
fn normalised_features_have_norm_one_or_are_zero() {
    let mut place = Place::new(&SymRelu);
    place.pre.row_mut(1).fill(0.1);
    place.bias = vec![0.2; 4];
    let mut features = Matrix::default();
    Normalised::new(SymRelu).forward(&place.pre, place.at(), &mut Tape::default(), &mut features);
    for (r, row) in features.iter_rows().enumerate() {
        let expected = if r == 1 { 0.0 } else { 1.0 };
        assert!((squared_norm(row) - expected).abs() < 1e-6, "{r}");
    }
}
