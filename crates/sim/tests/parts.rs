//! What every part that comes with the program has to fulfil, whatever it is. A new part is tested here as soon
//! as it stands in the list of its slot.

use featurescope_sim::augment::{AUGMENTATIONS, Augmentation, Origin};
use featurescope_sim::data::dictionary::{DICTIONARIES, DictionarySource};
use featurescope_sim::data::latent::values::VALUES;
use featurescope_sim::data::latent::{LATENT_LAWS, LatentLaw};
use featurescope_sim::data::noise_directions::{NOISE_DIRECTIONS, NoiseDirections};
use featurescope_sim::data::noise_law::{NOISE_LAWS, NoiseLaw};
use featurescope_sim::data::{
    AMBIENT_DIM, DATA_LAWS, DataLaw, Dictionary, Drawing, LATENT_DIM, MatrixFile, Sizes,
};
use featurescope_sim::head::{HEADS, Head};
use featurescope_sim::layer::{At, Statistics, Tape};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::measure::CADENCES;
use featurescope_sim::network::{INITIAL_NORM, NETWORKS, Network, OUTPUT, Parameters, WIDTH};
use featurescope_sim::objective::OBJECTIVES;
use featurescope_sim::part::{AnySlot, Chosen, Fallback, Kind, Mover, ParameterArray, Value};
use featurescope_sim::train::{ADVERSARIES, Adversary, BIAS_RULES, OPTIMIZERS, SCHEDULES};
use std::sync::Arc;

#[test]
fn every_part_says_what_it_is_and_what_its_settings_are() {
    let data: [&dyn AnySlot; 5] = [&DATA_LAWS, &DICTIONARIES, &LATENT_LAWS, &NOISE_DIRECTIONS, &NOISE_LAWS];
    let arms: [&dyn AnySlot; 9] = [
        &AUGMENTATIONS,
        &NETWORKS,
        &HEADS,
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
                if let Fallback::Value(text) | Fallback::Unwritten(text) = setting.fallback
                    && !matches!(setting.kind, Kind::Part(_))
                {
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

/// The arrays of a part at their start, with names of their own and movers that fit together.
fn started(kind: &str, arrays: &[ParameterArray], mover: &dyn Fn(usize) -> Mover) -> Vec<Matrix> {
    for (number, array) in arrays.iter().enumerate() {
        assert!(arrays[..number].iter().all(|other| other.name != array.name), "{kind}: {}", array.name);
        assert!(array.rows >= 1 && array.cols >= 1 && array.deviation.is_finite(), "{kind}: {array:?}");
        match mover(number) {
            Mover::Optimizer => {}
            // One threshold for every row of the weights.
            Mover::BiasRule { weights } => assert_eq!((array.rows, array.cols), (1, arrays[weights].rows)),
            Mover::Batches => assert_eq!(array.deviation, 0.0, "{kind}: {}", array.name),
        }
    }
    ParameterArray::draw(arrays, &Stream::new(3, Purpose::MONTE_CARLO, 10))
}

/// A batch moves averages where there are any, and nothing else.
fn assert_moved_by_batches(kind: &str, mover: &dyn Fn(usize) -> Mover, before: &[Matrix], after: &[Matrix]) {
    let is_average = |number: usize| mover(number) == Mover::Batches;
    let numbers = 0..before.len();
    assert!(numbers.clone().all(|number| is_average(number) || before[number] == after[number]), "{kind}");
    assert_eq!(before != after, numbers.into_iter().any(is_average), "{kind}");
}

#[test]
fn every_network_has_the_features_and_arrays_that_it_names() {
    let mut averaging = 0;
    for chosen in Chosen::<Box<dyn Network>>::examples().unwrap() {
        let (kind, network) = (chosen.kind(), chosen.build(&()).unwrap());
        let mover = |number| network.mover(number);
        let mut arrays = started(kind, &network.arrays(5), &mover);
        let pre = Matrix::from_fn(7, 5, |r, c| (1.3 * (r * 5 + c) as f32).sin());
        let (mut tape, mut features) = (Tape::default(), Matrix::default());
        let at = Parameters { bias: &[0.1; 5], arrays: &arrays, statistics: Statistics::OfBatch };
        network.forward(&pre, at, &mut tape, &mut features);
        assert_eq!((features.rows(), features.cols()), (7, network.feature_count(5)), "{kind}");
        assert!(features.as_slice().iter().all(|h| h.is_finite()), "{kind}");
        assert!(!network.shows_neurons() || network.feature_count(5) == 5, "{kind}");
        let before = arrays.clone();
        network.observe(&mut tape, &mut arrays);
        assert_moved_by_batches(kind, &mover, &before, &arrays);
        averaging += usize::from(before != arrays);
    }
    assert!(averaging >= 2 * 12, "{averaging}");
}

#[test]
fn every_head_has_the_outputs_and_arrays_that_it_names() {
    let (mut averaging, mut compared) = (0, 0);
    for chosen in Chosen::<Option<Box<dyn Head>>>::examples().unwrap() {
        let kind = chosen.kind();
        let Some(head) = chosen.build(&()).unwrap() else {
            assert_eq!(kind, HEADS.default_kind());
            continue;
        };
        let mover = |number| head.mover(number);
        let mut arrays = started(kind, &head.arrays(5), &mover);
        let features = Matrix::from_fn(7, 5, |r, c| (1.3 * (r * 5 + c) as f32).sin());
        let (mut tape, mut output) = (Tape::default(), Matrix::default());
        head.forward(
            &features,
            At { arrays: &arrays, statistics: Statistics::OfBatch },
            &mut tape,
            &mut output,
        );
        assert_eq!((output.rows(), output.cols()), (7 / head.patches(), head.output_count(5)), "{kind}");
        assert!(output.as_slice().iter().all(|y| y.is_finite()), "{kind}");
        let before = arrays.clone();
        head.observe(&mut tape, &mut arrays);
        assert_moved_by_batches(kind, &mover, &before, &arrays);
        averaging += usize::from(before != arrays);
        compared += 1;
    }
    assert!(compared >= 2 + 12 && averaging >= 8, "{compared}, {averaging}");
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
fn every_dictionary_has_the_angles_that_it_says_and_is_a_function_of_its_seed() {
    let (mut orthonormal, mut oblique) = (0, 0);
    for chosen in Chosen::<Box<dyn DictionarySource>>::examples().unwrap() {
        let kind = chosen.kind();
        let source = chosen.build(&SIZES).unwrap();
        let matrices = given(source.file());
        let drawing = Drawing { seed: 3, matrices: &matrices };
        let dictionary = source.draw(&drawing).unwrap();
        assert_eq!(source.draw(&drawing).unwrap(), dictionary, "{kind}");
        let columns = dictionary.atoms().transposed();
        assert_eq!((columns.rows(), columns.cols()), (SIZES.ambient_dim, SIZES.latent_dim));
        // Atoms are unit vectors.
        assert!((dictionary.leverages().iter().sum::<f64>() - 8.0).abs() < 1e-4, "{kind}");
        assert_eq!(dictionary.is_orthonormal(), source.is_orthonormal(), "{kind}");
        if source.is_orthonormal() {
            assert_eq!(Dictionary::from_columns(&columns).unwrap(), dictionary, "{kind}");
            orthonormal += 1;
        } else {
            assert!(Dictionary::from_columns(&columns).is_err(), "{kind}");
            oblique += 1;
        }
        // x = M z lies in the span, and z is what the dual basis reads off it.
        let z = Matrix::from_fn(3, SIZES.latent_dim, |r, j| ((r * 8 + j) as f32).sin());
        let x = dictionary.combine(&z);
        let coordinates = dictionary.coordinates(&x);
        let near =
            |a: &Matrix, b: &Matrix| a.as_slice().iter().zip(b.as_slice()).all(|(a, b)| (a - b).abs() < 1e-4);
        assert!(near(&dictionary.dual_coordinates(&coordinates).unwrap(), &z), "{kind}");
        assert!(near(&dictionary.projection(&x, &coordinates), &x), "{kind}");
    }
    assert!(orthonormal >= 4 && oblique >= 2, "{orthonormal} orthonormal, {oblique} others");
}

/// Dictionaries of orthonormal or independent atoms refuse more atoms than dimensions, and say so.
#[test]
fn more_atoms_than_dimensions_are_refused_where_they_cannot_be() {
    let crowded = Sizes { ambient_dim: 8, latent_dim: 12 };
    let mut taken = Vec::new();
    for chosen in Chosen::<Box<dyn DictionarySource>>::examples().unwrap() {
        match chosen.build(&crowded) {
            Ok(source) => {
                let dictionary = source.draw(&Drawing { seed: 3, matrices: &[] }).unwrap();
                let x = Matrix::from_fn(2, 8, |r, c| (r + 3 * c) as f32);
                let coordinates = dictionary.coordinates(&x);
                assert_eq!(dictionary.dual_coordinates(&coordinates), None);
                assert_eq!(dictionary.projection(&x, &coordinates), x);
                taken.push(chosen.kind());
            }
            Err(error) => {
                let message = error.to_string();
                assert!(message.contains("data.ambient_dim = 8"), "{}: {message}", chosen.kind());
                assert!(message.contains("data.latent_dim = 12"), "{}: {message}", chosen.kind());
            }
        }
    }
    assert_eq!(taken, ["gaussian"]);
}

/// Mean and variance of every law of noise. The error is taken from the numbers themselves, which heavy tails need.
#[test]
fn every_law_of_noise_has_mean_zero_and_the_given_variance() {
    let mut compared = 0;
    for chosen in Chosen::<Arc<dyn NoiseLaw>>::examples().unwrap() {
        // Of few degrees of freedom the fourth moment, and with it the error of a variance, is infinite.
        let given = if chosen.kind() == "student" { vec![("freedom", 9.0.into())] } else { Vec::new() };
        let law = Chosen::<Arc<dyn NoiseLaw>>::new(chosen.kind(), given).unwrap().build(&()).unwrap();
        let stream = Stream::new(3, Purpose::MONTE_CARLO, 11);
        let mut numbers = vec![0.0; 200 * ROWS as usize / 100];
        for (row, noise) in numbers.chunks_mut(200).enumerate() {
            law.fill(noise, 0.5, &stream, row as u32);
        }
        let mut again = [0.0; 70];
        law.fill(&mut again, 0.5, &stream, 3);
        assert_eq!(again[..], numbers[600..670], "{}", chosen.kind());
        let n = numbers.len() as f64;
        let moment = |power: i32| numbers.iter().map(|&v| f64::from(v).powi(power)).sum::<f64>() / n;
        for (power, expected) in [(1, 0.0), (2, 0.25)] {
            let error = 5.0 * ((moment(2 * power) - moment(power).powi(2)) / n).sqrt();
            let found = moment(power);
            assert!((found - expected).abs() < error, "{}, {power}: {found}", chosen.kind());
        }
        // Three times the fourth power of the deviation in a normal law alone.
        let kurtosis = moment(4) / 0.0625;
        assert_eq!((kurtosis - 3.0).abs() < 0.25, law.is_gaussian(), "{}: {kurtosis}", chosen.kind());
        compared += 1;
    }
    assert!(compared >= 3, "{compared}");
}

/// Every law of codes with every word of its settings; a list that has to be given has one entry per atom.
fn laws_of_codes() -> Vec<(String, Arc<dyn LatentLaw>)> {
    let mut laws = Vec::new();
    for part in LATENT_LAWS.outlines() {
        assert!(part.settings.contains(&VALUES), "{}", part.kind);
        let Kind::Choice(values) = VALUES.kind else { panic!("{:?}", VALUES.kind) };
        let required = part.settings.iter().filter(|setting| setting.fallback == Fallback::Required);
        let example = |kind: Kind| match kind.example() {
            Value::Numbers(numbers) => Value::Numbers(vec![numbers[0]; SIZES.latent_dim]),
            other => other,
        };
        let required: Vec<_> = required.map(|setting| (setting.name, example(setting.kind))).collect();
        for word in values {
            let given = [&required[..], &[(VALUES.name, Value::from(*word))]].concat();
            let chosen = Chosen::<Arc<dyn LatentLaw>>::new(part.kind, given);
            let law = chosen.and_then(|chosen| chosen.build(&SIZES));
            laws.push((format!("{} {word}", part.kind), law.expect("the part takes its own examples")));
        }
    }
    laws
}

/// Shares of active atoms, mean squares of single atoms and of pairs, classes and levels against what the law says of
/// itself.
#[test]
fn every_law_of_codes_has_the_moments_that_it_names() {
    let stream = Stream::new(3, Purpose::MONTE_CARLO, 8);
    let n = f64::from(ROWS);
    let laws = laws_of_codes();
    let (mut named, mut with_squares, mut with_classes, mut with_levels) = (0, 0, 0, 0);
    for (kind, law) in &laws {
        let draw = |row: u32| {
            let mut latent = [f32::NAN; 8];
            law.draw(&stream, row, &mut latent);
            latent
        };
        assert_eq!(draw(5), draw(5), "{kind}");
        let rows: Vec<[f32; 8]> = (0..ROWS).map(draw).collect();
        // Mean over rows, and five standard errors: atoms of one row may hang together.
        let mean = |of: &dyn Fn(&[f32; 8]) -> f64| {
            let mean = rows.iter().map(of).sum::<f64>() / n;
            let spread = rows.iter().map(|row| (of(row) - mean).powi(2)).sum::<f64>() / n;
            (mean, 5.0 * (spread / n).sqrt() + 1e-6)
        };
        let is_active = |z: f32| f64::from(u8::from(z != 0.0));
        let near = |(found, error): (f64, f64), expected: f64, what: &str| {
            assert!((found - expected).abs() < error, "{kind}, {what}: {found}, {expected}");
        };
        let active = mean(&|row| row.iter().map(|&z| is_active(z)).sum::<f64>() / 8.0);
        near(active, law.activity(8), "activity");
        let square = mean(&|row| row.iter().map(|&z| f64::from(z).powi(2)).sum::<f64>() / 8.0);
        near(square, law.mean_square(8), "mean square");
        for j in 0..8 {
            near(mean(&|row| f64::from(row[j])), 0.0, "mean");
        }
        let classes = law.class_count();
        let class_of = |row: &[f32; 8]| law.class_of(row);
        assert!(
            rows.iter().all(|row| class_of(row).is_none_or(|class| (class as usize) < classes)),
            "{kind}"
        );
        for class in 0..classes {
            with_classes += usize::from(rows.iter().any(|row| class_of(row) == Some(class as u32)));
        }
        let levels = law.levels(8);
        for level in &levels {
            assert_eq!(level.signs.len(), 8, "{kind}");
            assert!(level.signs.iter().all(|sign| sign.abs() == 1.0) && 8 % level.span == 0, "{kind}");
            with_levels += 1;
        }
        assert!(levels.first().is_none_or(|lowest| lowest.span == 1), "{kind}");
        if let Some(squares) = law.second_moments(8) {
            with_squares += 1;
            for (i, square) in squares.iter().enumerate() {
                for j in 0..=i {
                    let expected = if i == j { *square } else { 0.0 };
                    near(mean(&|row| f64::from(row[i] * row[j])), expected, "second moment");
                }
            }
        }
        let Some(told) = law.moments(8) else { continue };
        named += 1;
        assert!(rows.as_flattened().iter().all(|z| [-1.0, 0.0, 1.0].contains(z)), "{kind}");
        for j in 0..8 {
            near(mean(&|row| is_active(row[j])), told.activity, "activity of an atom");
        }
        let pair = mean(&|row| f64::from((row[1] * row[6]).powi(2)));
        if told.are_independent {
            near(pair, told.activity.powi(2), "pair");
        }
    }
    assert!(laws.len() >= 8 * 4 && named >= 2, "{named} of {} laws", laws.len());
    assert!(with_squares >= 16, "{with_squares}");
    assert!(with_classes >= 8 && with_levels >= 8, "{with_classes} classes, {with_levels} levels");
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
        // What stands in a file is no law that these samples could be compared with: `data::vectors` has its own tests.
        if !law.files().is_empty() {
            assert_eq!(part.kind, "vectors");
            continue;
        }
        let model = law.draw(&Drawing { seed: 3, matrices: &[] }).unwrap();
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
        let (square, variance) = (model.mean_square(), model.noise_variance());
        let error = 5.0 * (square / SAMPLES as f64).sqrt();
        assert!((mean_square(&samples.latent) - square).abs() < error, "{}", part.kind);
        let error = 5.0 * variance * (2.0 / SAMPLES as f64).sqrt();
        assert!((mean_square(&samples.noise) - variance).abs() < error, "{}", part.kind);
        if let Some(parts) = law.sparse_coding() {
            let count = model.noise_directions().map_or(0, Matrix::rows);
            let numbers = parts.law(count);
            assert!(numbers.check().is_ok() && numbers.activity() == model.activity());
        }
    }
}
