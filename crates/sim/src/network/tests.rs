//! Every network against central differences, and against what it says of its activation and its gates.

use super::*;
use crate::layer::{Layer, Normalisation, Pointwise, Position, Thresholds};
use crate::math::linalg::squared_norm;
use crate::part::{AnySlot, Chosen, Value};

/// Where a network is looked at: none of the pre-activations lies at a threshold.
struct Place {
    pre: Matrix,
    bias: Vec<f32>,
    arrays: Vec<Matrix>,
}

impl Place {
    fn new(network: &dyn Network) -> Self {
        Self::at_phase(network, 0.4)
    }

    /// With arrays that depend on `phase`: upper layers have kinks of their own, which lie elsewhere at
    /// another.
    fn at_phase(network: &dyn Network, phase: f32) -> Self {
        let pre = Matrix::from_fn(5, 4, |r, c| (1.3 * (r * 4 + c) as f32 + 0.2).sin() * 1.7);
        let wave = |rows, cols| Matrix::from_fn(rows, cols, |r, c| (1.1 * (r * 7 + c) as f32 + phase).cos());
        let array = |(number, array): (usize, &ParameterArray)| match network.mover(number) {
            // Sums of weights and of variances are positive.
            Mover::Batches => wave(array.rows, array.cols).map(|value| 0.5 + value.abs()),
            Mover::Optimizer | Mover::BiasRule { .. } => wave(array.rows, array.cols),
        };
        let arrays = network.arrays(4).iter().enumerate().map(array).collect();
        Self { pre, bias: vec![0.0, 0.3, 0.5, 0.9], arrays }
    }

    fn at(&self, statistics: Statistics) -> Parameters<'_> {
        Parameters { bias: &self.bias, arrays: &self.arrays, statistics }
    }

    /// A number that every feature enters with a weight of its own.
    fn value(&self, network: &dyn Network, statistics: Statistics) -> f64 {
        let mut features = Matrix::default();
        network.forward(&self.pre, self.at(statistics), &mut Tape::default(), &mut features);
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

/// Features are single precision and of order one, so that a difference over 10⁻² is known to about 10⁻⁴.
const STEP: f32 = 5e-3;
const TOLERANCE: f64 = 2e-3;

impl Place {
    /// The central difference of every entry, `None` for averages that batches move; nothing if a kink is
    /// near.
    fn slopes(&mut self, network: &dyn Network, by: Statistics) -> Option<Vec<Option<f64>>> {
        let mut is_average = vec![false; self.pre.as_slice().len() + self.bias.len()];
        for (number, array) in self.arrays.iter().enumerate() {
            let moved_by_batches = network.mover(number) == Mover::Batches;
            is_average.extend(std::iter::repeat_n(moved_by_batches, array.as_slice().len()));
        }
        let slope = |(entry, is_average): (usize, bool)| {
            if is_average {
                return Some(None);
            }
            let mut slope = |step: f32| {
                let mut moved = |by_step: f32| {
                    *self.entry(entry) += by_step;
                    let value = self.value(network, by);
                    *self.entry(entry) -= by_step;
                    value
                };
                (moved(step) - moved(-step)) / f64::from(2.0 * step)
            };
            let (wide, narrow) = (slope(STEP), slope(0.25 * STEP));
            ((wide - narrow).abs() < TOLERANCE).then_some(Some(wide))
        };
        is_average.into_iter().enumerate().map(slope).collect()
    }
}

fn weights(rows: usize, cols: usize) -> Matrix {
    Matrix::from_fn(rows, cols, |r, c| (0.7 * (r * cols + c) as f32).cos())
}

/// Compares the gradients of pre-activations, thresholds and own arrays with central differences, normalised
/// by the batch and by running averages, and returns how many.
pub(super) fn assert_gradients(network: &dyn Network) -> usize {
    [Statistics::OfBatch, Statistics::Running].map(|by| assert_gradients_by(network, by)).into_iter().sum()
}

fn assert_gradients_by(network: &dyn Network, by: Statistics) -> usize {
    let mut places = (0..40).map(|i| Place::at_phase(network, 0.4 + 0.3 * i as f32));
    let place = places.find_map(|mut place| Some((place.slopes(network, by)?, place)));
    let (slopes, place) = place.expect("a place without kinks");
    let (mut tape, mut features) = (Tape::default(), Matrix::default());
    network.forward(&place.pre, place.at(by), &mut tape, &mut features);
    assert_eq!((features.rows(), features.cols()), (5, network.feature_count(4)));
    // Twice, for a tape has to serve twice.
    let [found, again] = [(); 2].map(|()| {
        let mut sums = ParameterGradients::default();
        sums.clear(place.at(by));
        let mut gradient = weights(features.rows(), features.cols());
        network.backward(&place.pre, place.at(by), &mut tape, &mut gradient, &mut sums);
        let arrays = sums.arrays.iter().flat_map(Matrix::as_slice);
        let singles = gradient.as_slice().iter().map(|&g| f64::from(g));
        singles.chain(sums.bias).chain(arrays.map(|&g| f64::from(g))).collect::<Vec<f64>>()
    });
    assert_eq!(found, again);
    assert_eq!(found.len(), slopes.len());
    for (entry, (found, slope)) in found.iter().zip(&slopes).enumerate() {
        let Some(slope) = slope else {
            assert_eq!(*found, 0.0, "no gradient moves entry {entry}");
            continue;
        };
        assert!((slope - found).abs() < TOLERANCE, "entry {entry} by {by:?}: {slope}, {found}");
    }
    slopes.iter().flatten().count()
}

#[test]
fn every_network_has_the_gradients_of_its_features() {
    let mut compared = 0;
    for chosen in Chosen::<Box<dyn Network>>::examples().unwrap() {
        compared += assert_gradients(chosen.build(&()).unwrap().as_ref());
    }
    assert!(compared >= 4 * 24 * NETWORKS.part_count(), "{compared}");
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
        network.forward(&place.pre, place.at(Statistics::OfBatch), &mut Tape::default(), &mut features);
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
    assert!(compared >= 3 * 20, "{compared}");
}

/// The second sample opens no gate.
#[test]
fn normalised_features_have_norm_one_or_are_zero() {
    let mut place = Place::new(&SymRelu);
    place.pre.row_mut(1).fill(0.1);
    place.bias = vec![0.2; 4];
    let mut features = Matrix::default();
    Normalised::new(SymRelu).forward(
        &place.pre,
        place.at(Statistics::OfBatch),
        &mut Tape::default(),
        &mut features,
    );
    for (r, row) in features.iter_rows().enumerate() {
        let expected = if r == 1 { 0.0 } else { 1.0 };
        assert!((squared_norm(row) - expected).abs() < 1e-6, "{r}");
    }
}

/// Who moves which array, by name.
fn movers(network: &dyn Network) -> Vec<(&'static str, Mover)> {
    let arrays = network.arrays(4);
    arrays.iter().enumerate().map(|(number, array)| (array.name, network.mover(number))).collect()
}

#[test]
fn arrays_of_upper_layers_say_who_moves_them() {
    let network = |kind: &str, values: Vec<(&str, Value)>| {
        Chosen::<Box<dyn Network>>::new(kind, [vec![("width", Value::Whole(4))], values].concat())
            .unwrap()
            .build(&())
            .unwrap()
    };
    let features = || ("features", Value::Whole(3));
    let plain = network("two_layers", vec![features()]);
    assert_eq!(movers(plain.as_ref()), [("weights_2", Mover::Optimizer)]);
    let trained = network("two_layers", vec![features(), ("upper_thresholds", "trained".into())]);
    let expected = [("weights_2", Mover::Optimizer), ("thresholds_2", Mover::Optimizer)];
    assert_eq!(movers(trained.as_ref()), expected);
    let deep = network(
        "three_layers",
        vec![
            features(),
            ("hidden", Value::Whole(5)),
            ("upper_thresholds", "ruled".into()),
            ("batch_norm", "upper".into()),
            ("output", "normalised".into()),
        ],
    );
    let of_layer = |first: usize, names: [&'static str; 7]| {
        let movers = [
            [Mover::Optimizer, Mover::BiasRule { weights: first }, Mover::Optimizer, Mover::Optimizer]
                .as_slice(),
            &[Mover::Batches; 3],
        ]
        .concat();
        names.into_iter().zip(movers).collect::<Vec<_>>()
    };
    let second = [
        "weights_2",
        "thresholds_2",
        "scale_2",
        "shift_2",
        "running_mean_2",
        "running_variance_2",
        "running_weight_2",
    ];
    let third = [
        "weights_3",
        "thresholds_3",
        "scale_3",
        "shift_3",
        "running_mean_3",
        "running_variance_3",
        "running_weight_3",
    ];
    assert_eq!(movers(deep.as_ref()), [of_layer(0, second), of_layer(7, third)].concat());
    let shapes: Vec<_> = deep.arrays(4).iter().map(|array| (array.rows, array.cols)).collect();
    assert_eq!((shapes[0], shapes[1], shapes[7], shapes[13]), ((5, 4), (1, 5), (3, 5), (1, 1)));
}

/// Upper layers of one neuron are what the formula says.
#[test]
fn two_layers_are_neurons_of_neurons() {
    let upper = Layer {
        position: Position::Second,
        outputs: 2,
        activation: Pointwise::SymRelu,
        thresholds: Thresholds::Trained,
        normalisation: Normalisation::None,
    };
    let network = UpperLayers::new(Pointwise::Relu, vec![upper]);
    let place = Place::new(&network);
    let mut features = Matrix::default();
    network.forward(&place.pre, place.at(Statistics::OfBatch), &mut Tape::default(), &mut features);
    for r in 0..5 {
        for k in 0..2 {
            let neuron = |i: usize| (place.pre[(r, i)] - place.bias[i]).max(0.0);
            let pre: f32 = (0..4).map(|i| place.arrays[0][(k, i)] * neuron(i)).sum();
            let threshold = place.arrays[1][(0, k)];
            let expected = (pre - threshold).max(0.0) - (-pre - threshold).max(0.0);
            assert!((features[(r, k)] - expected).abs() < 1e-6);
        }
    }
}

/// Every activation, threshold and normalisation of upper layers that are wider than one.
#[test]
fn upper_layers_of_every_kind_have_the_gradients_of_their_features() {
    let mut compared = 0;
    for activation in [Pointwise::SymRelu, Pointwise::Relu, Pointwise::Linear] {
        for thresholds in [Thresholds::Zero, Thresholds::Trained, Thresholds::Ruled] {
            for normalisation in [Normalisation::None, Normalisation::Batch] {
                let layer =
                    |position, outputs| Layer { position, outputs, activation, thresholds, normalisation };
                let upper = vec![layer(Position::Second, 3), layer(Position::Third, 2)];
                compared += assert_gradients(&UpperLayers::new(activation, upper));
            }
        }
    }
    assert!(compared >= 18 * 2 * (24 + 12 + 6), "{compared}");
}
