//! What every part that comes with the program has to fulfil, whatever it is. A new part is tested here as soon
//! as it stands in the list of its slot.

use featurescope_sim::augment::{AUGMENTATIONS, Augmentation};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::measure::CADENCES;
use featurescope_sim::network::{
    INITIAL_NORM, NETWORKS, Network, OUTPUT, ParameterGradients, Parameters, Tape, WIDTH,
};
use featurescope_sim::objective::{Batch, Beginning, Gradients, NegativeSet, OBJECTIVES, Objective, Problem};
use featurescope_sim::part::{AnySlot, Chosen, Fallback, Kind, PartOutline, Value};
use featurescope_sim::train::{BIAS_RULES, OPTIMIZERS, SCHEDULES};

/// A value for every setting that has to be given, and one per word of a setting that takes words.
fn examples(part: &PartOutline) -> Vec<Vec<(&'static str, Value)>> {
    let mut examples: Vec<Vec<(&'static str, Value)>> = vec![Vec::new()];
    for setting in part.settings {
        let values: Vec<Value> = match (setting.fallback, setting.kind) {
            (_, Kind::Choice(words)) => words.iter().map(|word| Value::from(*word)).collect(),
            (Fallback::Required, kind) => vec![kind.example()],
            _ => continue,
        };
        let extended = examples.iter().flat_map(|known| {
            values.iter().map(|value| {
                let mut example = known.clone();
                example.push((setting.name, value.clone()));
                example
            })
        });
        examples = extended.collect();
    }
    examples
}

#[test]
fn every_part_says_what_it_is_and_what_its_settings_are() {
    let slots: [&dyn AnySlot; 7] =
        [&AUGMENTATIONS, &NETWORKS, &OBJECTIVES, &OPTIMIZERS, &BIAS_RULES, &SCHEDULES, &CADENCES];
    for slot in slots {
        let parts = slot.outlines();
        assert!(parts.iter().any(|part| part.kind == slot.default_kind()), "{}", slot.key());
        assert_eq!(parts.len(), slot.part_count());
        for part in &parts {
            assert!(!part.summary.is_empty() && !part.summary.ends_with('.'), "{}", part.kind);
            for setting in part.settings {
                assert!(setting.doc.ends_with('.'), "{}", setting.name);
                if let Fallback::Value(text) = setting.fallback {
                    assert!(setting.kind.read(text).is_some(), "{} = {text}", setting.name);
                }
                // One name means one thing throughout a slot.
                let mut namesakes = parts.iter().flat_map(|part| part.settings);
                assert!(namesakes.all(|other| other.name != setting.name || other == setting));
            }
        }
    }
}

/// Rows from which moments are taken.
const ROWS: u32 = 20_000;

#[test]
fn every_augmentation_has_the_moments_that_it_names() {
    const DIM: usize = 6;
    let mut compared = 0;
    for part in AUGMENTATIONS.outlines() {
        for values in examples(&part) {
            let chosen = Chosen::<Box<dyn Augmentation>>::new(part.kind, values).unwrap();
            let augmentation = chosen.build(&()).unwrap();
            let stream = Stream::new(3, Purpose::MONTE_CARLO, 7);
            let view = |row: u32| {
                let (mut anchor, mut positive) = (vec![1.0f32; DIM], vec![0.0; DIM]);
                augmentation.views(&stream, row, &mut anchor, &mut positive);
                (anchor, positive)
            };
            // A row is a function of stream and row alone.
            assert_eq!(view(5), view(5), "{}", part.kind);
            let Some(told) = augmentation.moments() else { continue };
            let expected = [told.means[0], told.means[1], told.squares[0], told.squares[1], told.product];
            let mut sums = [[0.0; 2]; 5];
            for row in 0..ROWS {
                let (anchor, positive) = view(row);
                let (a, b) = (f64::from(anchor[DIM - 1]), f64::from(positive[DIM - 1]));
                for (sum, value) in sums.iter_mut().zip([a, b, a * a, b * b, a * b]) {
                    *sum = [sum[0] + value, sum[1] + value * value];
                }
            }
            for (sum, expected) in sums.into_iter().zip(expected) {
                let [mean, square] = sum.map(|sum| sum / f64::from(ROWS));
                let error = ((square - mean * mean).max(0.0) / f64::from(ROWS)).sqrt();
                assert!((mean - expected).abs() <= 5.0 * error + 1e-6, "{}: {mean}, {expected}", part.kind);
                compared += 1;
            }
        }
    }
    assert!(compared >= 5 * AUGMENTATIONS.part_count(), "{compared}");
}

/// What every objective sees: features of anchors, positives and negatives, codes, and its own arrays.
#[derive(Clone)]
struct Point {
    batch: [Matrix; 4],
    arrays: Vec<Matrix>,
}

const FEATURES: usize = 3;

impl Point {
    fn new(objective: &mut dyn Objective, negatives: usize) -> Self {
        let mut k = 0.0f64;
        let mut wave = |rows, cols| {
            Matrix::from_fn(rows, cols, |_, _| {
                k += 1.0;
                (k * k).sin() as f32
            })
        };
        let batch = [4, 4, negatives, 4].map(|rows| wave(rows, FEATURES));
        let beginning = Beginning { features: FEATURES, latent_dim: FEATURES, initial_norm: 0.5, seed: 3 };
        let arrays = objective.begin(&beginning).unwrap();
        Self { batch, arrays: arrays.iter().map(|array| wave(array.rows, array.cols)).collect() }
    }

    fn evaluate(&self, objective: &mut dyn Objective, negative_set: NegativeSet) -> (f64, Gradients) {
        let [anchor, positive, negatives, codes] = &self.batch;
        let mut gradients = Gradients::default();
        let batch = Batch { anchor, positive, negatives, negative_set, codes };
        (objective.evaluate(&batch, &self.arrays, &mut gradients).loss, gradients)
    }

    /// The entry of a branch, or of an array after the branches.
    fn entry(&mut self, place: usize, entry: usize) -> &mut f32 {
        let matrix = if place < 3 { &mut self.batch[place] } else { &mut self.arrays[place - 3] };
        &mut matrix.as_mut_slice()[entry]
    }
}

/// Gradients against central differences of the loss itself. It is computed in single precision, so that the
/// difference over 2·10⁻² is known to about 10⁻⁵; the third derivative adds about 10⁻⁴.
#[test]
fn every_objective_has_the_gradients_of_its_value() {
    const STEP: f32 = 1e-2;
    let mut compared = 0;
    for part in OBJECTIVES.outlines() {
        for values in examples(&part) {
            let chosen = Chosen::<Box<dyn Objective>>::new(part.kind, values).unwrap();
            let mut objective = chosen.build(&()).unwrap();
            for (set, negatives) in [(NegativeSet::Fresh, 5), (NegativeSet::InBatch, 4)] {
                let at = Point::new(objective.as_mut(), negatives);
                let (value, gradients) = at.evaluate(objective.as_mut(), set);
                assert!(value >= objective.lowest(FEATURES), "{}", part.kind);
                let branches =
                    [Some(&gradients.anchor), gradients.positive.as_ref(), gradients.negatives.as_ref()];
                let all = branches.into_iter().chain(gradients.arrays.iter().map(Some));
                for (place, gradient) in all.enumerate() {
                    let Some(gradient) = gradient else { continue };
                    for entry in 0..gradient.as_slice().len() {
                        let mut moved = |by: f32| {
                            let mut at = at.clone();
                            *at.entry(place, entry) += by;
                            at.evaluate(objective.as_mut(), set).0
                        };
                        let slope = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
                        let found = f64::from(gradient.as_slice()[entry]);
                        assert!((slope - found).abs() < 1e-3, "{} {place}: {slope}, {found}", part.kind);
                        compared += 1;
                    }
                }
            }
        }
    }
    assert!(compared >= 24 * OBJECTIVES.part_count(), "{compared}");
}

/// Features that are all zero have the loss that a part names. Labels are drawn, so their loss is a mean.
#[test]
fn every_objective_knows_its_value_at_rest() {
    const CODES: usize = 20_000;
    for part in OBJECTIVES.outlines() {
        for values in examples(&part) {
            let chosen = Chosen::<Box<dyn Objective>>::new(part.kind, values).unwrap();
            let mut objective = chosen.build(&()).unwrap();
            let rows = if objective.needs().codes { CODES } else { 4 };
            let mut at = Point::new(objective.as_mut(), 5);
            at.batch = [rows, rows, 5, rows].map(|rows| Matrix::zeros(rows, FEATURES));
            let mut reader = Stream::new(5, Purpose::MONTE_CARLO, 0);
            let reader = &mut reader;
            let mut bits = reader.reader(featurescope_sim::math::random::Part::Latent, 0);
            for z in at.batch[3].as_mut_slice() {
                *z = if bits.word() & 1 == 0 { 0.0 } else { bits.sign() };
            }
            let found = at.evaluate(objective.as_mut(), NegativeSet::Fresh).0;
            let problem = Problem { negatives: 5, latent_dim: FEATURES, activity: 0.5 };
            // T itself is one draw of few entries, each square within [1/4, 9/4] of its mean 13/12.
            let allowed = if objective.needs().codes { 0.5 * found } else { 1e-6 };
            let off = (found - objective.at_rest(&problem)).abs();
            assert!(off < allowed, "{}: {found} against {}", part.kind, objective.at_rest(&problem));
        }
    }
}

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
}

fn weights(rows: usize, cols: usize) -> Matrix {
    Matrix::from_fn(rows, cols, |r, c| (0.7 * (r * cols + c) as f32).cos())
}

/// Gradients of pre-activations, thresholds and own arrays against central differences. Features are single
/// precision and of order one, so that a difference over 10⁻² is known to about 10⁻⁴.
#[test]
fn every_network_has_the_gradients_of_its_features() {
    const STEP: f32 = 5e-3;
    let mut compared = 0;
    for part in NETWORKS.outlines() {
        // What a spec reads of every network.
        let has = |setting| part.settings.contains(setting);
        assert!([WIDTH, INITIAL_NORM, OUTPUT].iter().all(has), "{}", part.kind);
        for values in examples(&part) {
            let chosen = Chosen::<Box<dyn Network>>::new(part.kind, values).unwrap();
            let network = chosen.build(&()).unwrap();
            let network = network.as_ref();
            let mut place = Place::new(network);
            let (mut tape, mut features) = (Tape::default(), Matrix::default());
            network.forward(&place.pre, place.at(), &mut tape, &mut features);
            assert_eq!((features.rows(), features.cols()), (5, network.feature_count(4)), "{}", part.kind);
            let mut sums = ParameterGradients::default();
            sums.clear(place.at());
            let mut gradient = weights(features.rows(), features.cols());
            network.backward(&place.pre, place.at(), &mut tape, &mut gradient, &mut sums);
            // The tape serves twice.
            let mut again = weights(features.rows(), features.cols());
            let mut unread = ParameterGradients::default();
            unread.clear(place.at());
            network.backward(&place.pre, place.at(), &mut tape, &mut again, &mut unread);
            assert!(again == gradient, "{}", part.kind);

            let mut found: Vec<f64> = gradient.as_slice().iter().map(|&g| f64::from(g)).collect();
            found.extend(sums.bias);
            found.extend(sums.arrays.iter().flat_map(|array| array.as_slice()).map(|&g| f64::from(g)));
            for (entry, found) in found.into_iter().enumerate() {
                let mut moved = |by: f32| {
                    *entry_of(&mut place, entry) += by;
                    let value = place.value(network);
                    *entry_of(&mut place, entry) -= by;
                    value
                };
                let slope = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
                assert!((slope - found).abs() < 2e-3, "{} {entry}: {slope}, {found}", part.kind);
                compared += 1;
            }
        }
    }
    assert!(compared >= 24 * NETWORKS.part_count(), "{compared}");
}

/// Pre-activations, then thresholds, then arrays.
fn entry_of(place: &mut Place, entry: usize) -> &mut f32 {
    let arrays = place.arrays.iter_mut().flat_map(|array| array.as_mut_slice());
    let mut all = place.pre.as_mut_slice().iter_mut().chain(&mut place.bias).chain(arrays);
    all.nth(entry).expect("as many entries as gradients")
}

/// Activation and gates, where a network has them, are those of its features.
#[test]
fn every_network_agrees_with_its_activation_and_its_gates() {
    const STEP: f64 = 1e-6;
    let mut compared = 0;
    for part in NETWORKS.outlines() {
        for values in examples(&part) {
            let chosen = Chosen::<Box<dyn Network>>::new(part.kind, values).unwrap();
            let network = chosen.build(&()).unwrap();
            let (Some(activation), Some(gates)) = (network.activation(), network.gates()) else { continue };
            assert!(network.arrays(4).is_empty(), "{}", part.kind);
            let place = Place::new(network.as_ref());
            let mut features = Matrix::default();
            network.forward(&place.pre, place.at(), &mut Tape::default(), &mut features);
            for r in 0..5 {
                let mut open = Vec::new();
                gates.push_open(place.pre.row(r), &place.bias, &mut open);
                for c in 0..4 {
                    let (a, b) = (f64::from(place.pre[(r, c)]), f64::from(place.bias[c]));
                    assert!((f64::from(features[(r, c)]) - activation.value(a, b)).abs() < 1e-6);
                    let slope =
                        (activation.value(a + STEP, b) - activation.value(a - STEP, b)) / (2.0 * STEP);
                    let is_open = activation.value(a, b) != 0.0 || slope.abs() > 1e-4;
                    assert_eq!(open.contains(&(c as u32)), is_open, "{} at {a}, {b}", part.kind);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared >= 20, "{compared}");
}
