//! What every part that comes with the program has to fulfil, whatever it is. A new part is tested here as soon
//! as it stands in the list of its slot.

use featurescope_sim::augment::{AUGMENTATIONS, Augmentation, Origin};
use featurescope_sim::data::dictionary::{DICTIONARIES, DictionarySource};
use featurescope_sim::data::latent::{LATENT_LAWS, LatentLaw};
use featurescope_sim::data::noise_directions::{NOISE_DIRECTIONS, NoiseDirections};
use featurescope_sim::data::{
    AMBIENT_DIM, DATA_LAWS, DataLaw, Dictionary, Drawing, LATENT_DIM, MatrixFile, Sizes,
};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::measure::CADENCES;
use featurescope_sim::network::{INITIAL_NORM, NETWORKS, OUTPUT, WIDTH};
use featurescope_sim::objective::OBJECTIVES;
use featurescope_sim::part::{AnySlot, Chosen, Fallback, Value};
use featurescope_sim::train::{ADVERSARIES, Adversary, BIAS_RULES, OPTIMIZERS, SCHEDULES};
use std::sync::Arc;

#[test]
fn every_part_says_what_it_is_and_what_its_settings_are() {
    let data: [&dyn AnySlot; 4] = [&DATA_LAWS, &DICTIONARIES, &LATENT_LAWS, &NOISE_DIRECTIONS];
    let arms: [&dyn AnySlot; 8] = [
        &AUGMENTATIONS,
        &NETWORKS,
        &OBJECTIVES,
        &ADVERSARIES,
        &OPTIMIZERS,
        &BIAS_RULES,
        &SCHEDULES,
        &CADENCES,
    ];
    for slot in data.into_iter().chain(arms) {
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
    let (mut compared, mut named) = (0, 0);
    let (atoms, code) = (Matrix::from_fn(2, DIM, |j, r| if j == r { 1.0 } else { 0.0 }), [1.0, 1.0]);
    for chosen in Chosen::<Box<dyn Augmentation>>::examples().unwrap() {
        let augmentation = chosen.build(&()).unwrap();
        let stream = Stream::new(3, Purpose::MONTE_CARLO, 7);
        let view = |row: u32| {
            let (mut anchor, mut positive) = (vec![1.0f32; DIM], vec![0.0; DIM]);
            let from = Origin { stream: &stream, row, atoms: &atoms, code: &code };
            augmentation.views(&from, &mut anchor, &mut positive);
            (anchor, positive)
        };
        // A row is a function of stream and row alone.
        assert_eq!(view(5), view(5), "{}", chosen.kind());
        let Some(told) = augmentation.moments() else { continue };
        named += 1;
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
            assert!((mean - expected).abs() <= 5.0 * error + 1e-6, "{}: {mean}, {expected}", chosen.kind());
            compared += 1;
        }
    }
    assert!(compared == 5 * named && named >= 4, "{compared} moments of {named} augmentations");
}

/// Noise that is added and views that change the code alone, as the parts say it of themselves, in samples x = M z + ξ.
#[test]
fn every_augmentation_leaves_of_a_sample_what_it_says() {
    const DIM: usize = 4;
    let (mut adding, mut moving) = (0, 0);
    let half = |j: usize, r: usize| if ((j * 5) >> r) & 1 == 0 { 0.5 } else { -0.5 };
    let (atoms, code) = (Matrix::from_fn(2, DIM, half), [1.0, -1.0]);
    // The noise is orthogonal to both atoms.
    let noise = [1.0, 1.0, -1.0, -1.0];
    let sample: Vec<f32> = (0..DIM).map(|r| noise[r] + atoms[(0, r)] - atoms[(1, r)]).collect();
    for chosen in Chosen::<Box<dyn Augmentation>>::examples().unwrap() {
        let augmentation = chosen.build(&()).unwrap();
        let stream = Stream::new(3, Purpose::MONTE_CARLO, 11);
        let view = |row: u32| {
            let (mut anchor, mut positive) = (sample.clone(), vec![0.0; DIM]);
            let from = Origin { stream: &stream, row, atoms: &atoms, code: &code };
            augmentation.views(&from, &mut anchor, &mut positive);
            let mut single = sample.clone();
            augmentation.single_view(&from, &mut single);
            [anchor, positive, single]
        };
        if let Some(variance) = augmentation.added_variance() {
            let (mut sums, mut product) = ([0.0; 3], 0.0);
            for views in (0..ROWS).map(view) {
                let added = views.map(|view| f64::from(view[2] - sample[2]));
                sums.iter_mut().zip(added).for_each(|(sum, e)| *sum += e * e);
                product += added[0] * added[1];
            }
            let (n, error) = (f64::from(ROWS), 5.0 * variance / f64::from(ROWS).sqrt());
            let is_right = |sum: f64| (sum / n - variance).abs() < error * 2f64.sqrt();
            assert!(sums.into_iter().all(is_right), "{}: {sums:?}", chosen.kind());
            assert!((product / n).abs() < error, "{}: {product}", chosen.kind());
            adding += 1;
        }
        if augmentation.moves_code_alone() {
            let mut moved = 0;
            for view in (0..100).flat_map(view) {
                let along = |j: usize| (0..DIM).map(|r| view[r] * atoms[(j, r)]).sum::<f32>();
                let left = |r: usize| view[r] - along(0) * atoms[(0, r)] - along(1) * atoms[(1, r)];
                assert!((0..DIM).all(|r| (left(r) - noise[r]).abs() < 1e-6), "{}: {view:?}", chosen.kind());
                moved += u32::from(view != sample);
            }
            assert!(moved > 0, "{}", chosen.kind());
            moving += 1;
        }
    }
    assert!(adding >= 1 && moving >= 1);
}

/// Inputs stay within the radius that is asked for, in every coordinate, whatever the gradient.
#[test]
fn every_adversary_stays_where_it_may_go() {
    let start: Vec<f32> = (0..16).map(|r| (0.7 * r as f32).sin()).collect();
    let mut moving = 0;
    for chosen in Chosen::<Box<dyn Adversary>>::examples().unwrap() {
        let adversary = chosen.build(&()).unwrap();
        // The example's radius.
        let radius = if adversary.steps() > 0 { 1.0 } else { 0.0 };
        let mut sample = start.clone();
        for step in 0..3 * adversary.steps() {
            let gradient: Vec<f32> = (0..16).map(|r| ((step * 16 + r) as f32).cos()).collect();
            adversary.advance(&start, &gradient, &mut sample);
        }
        let change = sample.iter().zip(&start).map(|(x, s)| (x - s).abs()).fold(0.0, f32::max);
        assert!(change <= radius + 1e-6, "{}: {change}", chosen.kind());
        assert_eq!(adversary.steps() > 0, change > 0.0, "{}", chosen.kind());
        moving += u32::from(change > 0.0);
    }
    assert!(moving >= 2);
}

#[test]
fn every_network_has_what_a_spec_reads_of_it() {
    for part in NETWORKS.outlines() {
        let has = |setting| part.settings.contains(setting);
        assert!([WIDTH, INITIAL_NORM, OUTPUT].iter().all(has), "{}", part.kind);
    }
}

/// A power of two, so that every dictionary can be had.
const SIZES: Sizes = Sizes { ambient_dim: 64, latent_dim: 8 };

/// What files hold: ones on the diagonal that ends in the last row and column.
fn given(files: impl IntoIterator<Item = MatrixFile>) -> Vec<(&'static str, Matrix)> {
    let identity = |file: MatrixFile| {
        let rows = file.rows.unwrap_or(2);
        let is_one = |r, c| rows - r == file.columns - c;
        (file.setting, Matrix::from_fn(rows, file.columns, |r, c| f32::from(u8::from(is_one(r, c)))))
    };
    files.into_iter().map(identity).collect()
}

#[test]
fn every_dictionary_is_orthonormal_and_a_function_of_its_seed() {
    for chosen in Chosen::<Box<dyn DictionarySource>>::examples().unwrap() {
        let kind = chosen.kind();
        let source = chosen.build(&SIZES).unwrap();
        let matrices = given(source.file());
        let drawing = Drawing { seed: 3, matrices: &matrices };
        let dictionary = source.draw(&drawing).unwrap();
        assert_eq!(source.draw(&drawing).unwrap(), dictionary, "{kind}");
        let columns = dictionary.atoms().transposed();
        assert_eq!((columns.rows(), columns.cols()), (SIZES.ambient_dim, SIZES.latent_dim));
        assert_eq!(Dictionary::from_columns(&columns).unwrap(), dictionary, "{kind}");
        assert!((dictionary.leverages().iter().sum::<f64>() - 8.0).abs() < 1e-4, "{kind}");
    }
}

/// Mean squares of single atoms and of pairs against what the law says of itself.
#[test]
fn every_law_of_codes_has_the_moments_that_it_names() {
    let stream = Stream::new(3, Purpose::MONTE_CARLO, 8);
    let error = |probability: f64| 5.0 * (probability / f64::from(ROWS)).sqrt();
    for chosen in Chosen::<Arc<dyn LatentLaw>>::examples().unwrap() {
        let kind = chosen.kind();
        let law = chosen.build(&SIZES).unwrap();
        let draw = |row: u32| {
            let mut latent = [f32::NAN; 8];
            law.draw(&stream, row, &mut latent);
            latent
        };
        assert_eq!(draw(5), draw(5), "{kind}");
        let (mut active, mut signed, mut pair) = ([0.0; 8], [0.0; 8], 0.0);
        for latent in (0..ROWS).map(draw) {
            for (j, z) in latent.into_iter().enumerate() {
                assert!([-1.0, 0.0, 1.0].contains(&z), "{kind}: {z}");
                active[j] += f64::from(z.abs()) / f64::from(ROWS);
                signed[j] += f64::from(z) / f64::from(ROWS);
            }
            pair += f64::from((latent[1] * latent[6]).powi(2)) / f64::from(ROWS);
        }
        let activity = law.activity(8);
        let mean = active.iter().sum::<f64>() / 8.0;
        assert!((mean - activity).abs() < error(activity), "{kind}: {mean}, {activity}");
        assert!(signed.iter().all(|mean| mean.abs() < error(active[0].max(activity))), "{kind}");
        let Some(told) = law.moments(8) else { continue };
        for (j, found) in active.into_iter().enumerate() {
            let expected = told.activity;
            assert!((found - expected).abs() < error(expected), "{kind} {j}: {found}");
        }
        let independent = told.activity.powi(2);
        let is_independent = (pair - independent).abs() < error(independent);
        assert!(!told.are_independent || is_independent, "{kind}: {pair}, {independent}");
    }
}

#[test]
fn every_kind_of_noise_directions_is_orthonormal_and_lies_where_it_says() {
    let dictionary = Dictionary::haar(SIZES.ambient_dim, SIZES.latent_dim, 3).unwrap();
    for chosen in Chosen::<Box<dyn NoiseDirections>>::examples().unwrap() {
        let kind = chosen.kind();
        let source = chosen.build(&SIZES).unwrap();
        let matrices = given(source.file());
        let drawing = Drawing { seed: 3, matrices: &matrices };
        let directions = source.draw(dictionary.atoms(), &drawing).unwrap();
        assert_eq!(source.draw(dictionary.atoms(), &drawing).unwrap(), directions, "{kind}");
        assert!(source.count().is_none_or(|count| count == directions.rows()), "{kind}");
        assert!(source.variance(0.25) >= 0.25, "{kind}");
        if directions.rows() > 0 {
            assert!(Dictionary::from_columns(&directions.transposed()).is_ok(), "{kind}");
            let along = dictionary.coordinates(&directions);
            let is_outside = along.as_slice().iter().all(|v| v.abs() < 1e-4);
            assert_eq!(is_outside, source.are_outside_atoms(), "{kind}");
        }
    }
}

/// Samples of every data law: rows by themselves, x = M z + ξ, activity and noise as named.
#[test]
fn every_data_law_draws_what_it_says() {
    const SAMPLES: usize = 4000;
    for part in DATA_LAWS.outlines() {
        assert!([LATENT_DIM, AMBIENT_DIM].iter().all(|setting| part.settings.contains(setting)));
        let sizes = [("latent_dim", Value::Whole(8)), ("ambient_dim", Value::Whole(64))];
        let required = part.settings.iter().filter(|setting| setting.fallback == Fallback::Required);
        let others = required.filter(|setting| sizes.iter().all(|(name, _)| *name != setting.name));
        let values =
            others.map(|setting| (setting.name, setting.kind.example())).chain(sizes.clone()).collect();
        let law = Chosen::<Box<dyn DataLaw>>::new(part.kind, values).unwrap().build(&()).unwrap();
        let matrices = given(law.files());
        let model = law.draw(&Drawing { seed: 3, matrices: &matrices }).unwrap();
        assert_eq!((model.ambient_dim(), model.latent_dim()), (64, 8));
        let stream = Stream::new(3, Purpose::MONTE_CARLO, 9);
        let samples = model.sample(&stream, 0, SAMPLES);
        let (mut x, mut latent) = ([0.0; 64], [0.0; 8]);
        model.draw(&stream, 77, &mut x, &mut latent);
        assert_eq!((samples.x.row(77), samples.latent.row(77)), (&x[..], &latent[..]), "{}", part.kind);
        let signal = model.dictionary().combine(&samples.latent);
        let parts = signal.as_slice().iter().zip(samples.noise.as_slice());
        assert!(samples.x.as_slice().iter().zip(parts).all(|(x, (s, n))| (x - s - n).abs() < 1e-5));
        let mean_square = |values: &Matrix| {
            values.as_slice().iter().map(|&v| f64::from(v).powi(2)).sum::<f64>()
                / values.as_slice().len() as f64
        };
        // Atoms and coordinates may hang together: the error is that of the rows alone.
        let (activity, variance) = (model.activity(), model.noise_variance());
        let error = 5.0 * (activity / SAMPLES as f64).sqrt();
        assert!((mean_square(&samples.latent) - activity).abs() < error, "{}", part.kind);
        let error = 5.0 * variance * (2.0 / SAMPLES as f64).sqrt();
        assert!((mean_square(&samples.noise) - variance).abs() < error, "{}", part.kind);
        if let Some(parts) = law.sparse_coding() {
            let count = model.noise_directions().map_or(0, Matrix::rows);
            let numbers = parts.law(count);
            assert!(numbers.check().is_ok() && numbers.activity() == activity);
        }
    }
}
