//! What every part that comes with the program has to fulfil, whatever it is. A new part is tested here as soon
//! as it stands in the list of its slot.

use featurescope_sim::augment::{AUGMENTATIONS, Augmentation};
use featurescope_sim::encoder::{ENCODERS, Encoder, INITIAL_NORM, WIDTH};
use featurescope_sim::objective::{EmbeddingGrads, Embeddings, LOSSES, NegativeSet, Objective};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::measure::CADENCES;
use featurescope_sim::part::{AnySlot, Chosen, Fallback, Kind, PartOutline, Value};
use featurescope_sim::train::{BIAS_RULES, SCHEDULES};

/// A value for every setting that has to be given, and one per word of a setting that takes words.
fn examples(part: &PartOutline) -> Vec<Vec<(&'static str, Value)>> {
    let mut examples: Vec<Vec<(&'static str, Value)>> = vec![Vec::new()];
    for setting in part.settings {
        let values: Vec<Value> = match (setting.fallback, setting.kind) {
            (_, Kind::Choice(words)) => words.iter().map(|word| Value::from(*word)).collect(),
            (Fallback::Required, Kind::Whole(least, _)) => vec![Value::Whole(least)],
            (Fallback::Required, Kind::Number(_)) => vec![Value::Number(1.0)],
            (Fallback::Required, Kind::WholeList(least, _)) => vec![Value::Wholes(vec![least])],
            (Fallback::Required, Kind::Text | Kind::File) => vec![Value::from("name")],
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
    let slots: [&dyn AnySlot; 6] = [&AUGMENTATIONS, &LOSSES, &ENCODERS, &BIAS_RULES, &SCHEDULES, &CADENCES];
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

/// Embeddings that every loss sees: P × m, P × m, N × m.
fn embeddings(negatives: usize) -> [Matrix; 3] {
    let mut k = 0.0f64;
    [4, 4, negatives].map(|rows| {
        Matrix::from_fn(rows, 3, |_, _| {
            k += 1.0;
            (k * k).sin() as f32
        })
    })
}

fn evaluated(loss: &mut dyn Loss, at: &[Matrix; 3], negative_set: NegativeSet) -> (f64, EmbeddingGrads) {
    let [anchor, positive, negatives] = at;
    let mut grads = EmbeddingGrads::default();
    let reading = loss.evaluate(&Embeddings { anchor, positive, negatives, negative_set }, &mut grads);
    (reading.loss, grads)
}

/// Gradients against central differences of the loss itself. Its logits are single precision, so that the
/// difference over 2·10⁻² is known to about 10⁻⁵; the third derivative adds about 10⁻⁴.
#[test]
fn every_loss_has_the_gradients_of_its_value() {
    const STEP: f32 = 1e-2;
    let mut compared = 0;
    for part in LOSSES.outlines() {
        for values in examples(&part) {
            let mut loss = Chosen::<Box<dyn Objective>>::new(part.kind, values).unwrap().build(&()).unwrap();
            for (set, negatives) in [(NegativeSet::Fresh, 5), (NegativeSet::InBatch, 4)] {
                let at = embeddings(negatives);
                let (value, grads) = evaluated(loss.as_mut(), &at, set);
                let per_anchor = if set == NegativeSet::Fresh { negatives } else { negatives - 1 };
                assert!(value >= loss.lowest(3), "{}", part.kind);
                let silent = [4, 4, negatives].map(|rows| Matrix::zeros(rows, 3));
                let at_rest = evaluated(loss.as_mut(), &silent, set).0;
                assert!((at_rest - loss.at_rest(per_anchor)).abs() < 1e-6, "{}: {at_rest}", part.kind);
                let branches = [Some(&grads.anchor), grads.positive.as_ref(), grads.negatives.as_ref()];
                for (branch, grad) in branches.into_iter().enumerate() {
                    let Some(grad) = grad else { continue };
                    for entry in 0..grad.as_slice().len() {
                        let mut moved = |by: f32| {
                            let mut at = at.clone();
                            at[branch].as_mut_slice()[entry] += by;
                            evaluated(loss.as_mut(), &at, set).0
                        };
                        let slope = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
                        let found = f64::from(grad.as_slice()[entry]);
                        assert!((slope - found).abs() < 1e-3, "{} {branch}: {slope}, {found}", part.kind);
                        compared += 1;
                    }
                }
            }
        }
    }
    assert!(compared >= 24 * LOSSES.part_count(), "{compared}");
}

/// Forward against the value of one neuron, backward against central differences of it, and the open neurons
/// against those that pass a value or a slope.
#[test]
fn every_encoder_agrees_with_its_value() {
    const STEP: f64 = 1e-6;
    // None of them lies at a threshold.
    let pre = Matrix::from_fn(5, 4, |r, c| (1.3 * (r * 4 + c) as f32 + 0.2).sin() * 1.7);
    let bias = [0.0f32, 0.3, 0.5, 0.9];
    let mut compared = 0;
    for part in ENCODERS.outlines() {
        // What a spec reads of every encoder.
        assert!([WIDTH, INITIAL_NORM].iter().all(|setting| part.settings.contains(setting)), "{}", part.kind);
        for values in examples(&part) {
            let chosen = Chosen::<Box<dyn Encoder>>::new(part.kind, values).unwrap();
            let encoder = chosen.build(&()).unwrap();
            let mut forward = Matrix::zeros(0, 0);
            encoder.forward(&pre, &bias, &mut forward);
            let (mut backward, mut d_bias) = (Matrix::from_fn(5, 4, |_, _| 1.0), [0.0; 4]);
            encoder.backward(&pre, &bias, &mut backward, &mut d_bias);
            let mut slopes = [0.0; 4];
            for r in 0..5 {
                let mut open = Vec::new();
                encoder.push_open(pre.row(r), &bias, &mut open);
                for c in 0..4 {
                    let (a, b) = (f64::from(pre[(r, c)]), f64::from(bias[c]));
                    let of = |a: f64, b: f64| encoder.value(a, b);
                    assert!((f64::from(forward[(r, c)]) - of(a, b)).abs() < 1e-6, "{}", part.kind);
                    let slope = (of(a + STEP, b) - of(a - STEP, b)) / (2.0 * STEP);
                    assert!((f64::from(backward[(r, c)]) - slope).abs() < 1e-4, "{}", part.kind);
                    slopes[c] += (of(a, b + STEP) - of(a, b - STEP)) / (2.0 * STEP);
                    let is_open = of(a, b) != 0.0 || slope.abs() > 1e-4;
                    assert_eq!(open.contains(&(c as u32)), is_open, "{} at {a}, {b}", part.kind);
                    compared += 1;
                }
            }
            for (found, slope) in d_bias.into_iter().zip(slopes) {
                assert!((found - slope).abs() < 1e-4, "{}: {found}, {slope}", part.kind);
            }
        }
    }
    assert!(compared >= 20 * ENCODERS.part_count(), "{compared}");
}
