//! Statistics of z, ξ and M against their laws, at five standard errors and fixed seeds.

use super::*;
use crate::math::Purpose;

const STANDARD_ERRORS: f64 = 5.0;

fn close(measured: f64, expected: f64, variance: f64, n: usize) {
    let z = (measured - expected) / (variance / n as f64).sqrt();
    assert!(z.abs() < STANDARD_ERRORS, "{measured} against {expected}: {z} standard errors");
}

fn stream() -> Stream {
    Stream::new(3, Purpose::MONTE_CARLO, 0)
}

#[test]
fn symmetric_codes_have_the_right_activity_and_signs() {
    let (d, n, activity) = (40, 20_000, 0.07);
    let mut latent = vec![0.0; d];
    let (mut active, mut sum, mut pairs) = (0.0, 0.0, 0.0);
    for row in 0..n {
        Independent { activity }.draw(&stream(), row as u32, &mut latent);
        active += latent.iter().map(|z| f64::from(z.abs())).sum::<f64>();
        sum += latent.iter().map(|&z| f64::from(z)).sum::<f64>();
        pairs += f64::from(latent[3].abs() * latent[17].abs());
        assert!(latent.iter().all(|z| [-1.0, 0.0, 1.0].contains(z)));
    }
    close(active / (n * d) as f64, activity, activity * (1.0 - activity), n * d);
    close(sum / (n * d) as f64, 0.0, activity, n * d);
    let joint = activity * activity;
    close(pairs / n as f64, joint, joint * (1.0 - joint), n);
}

#[test]
fn certain_activity_leaves_no_zero() {
    let mut latent = vec![0.0; 500];
    Independent { activity: 1.0 }.draw(&stream(), 0, &mut latent);
    assert!(latent.iter().all(|z| z.abs() == 1.0));
}

#[test]
fn fixed_count_codes_are_uniform_subsets() {
    let (d, n, count) = (10, 20_000, 3);
    let mut hits = vec![0.0; d];
    let mut latent = vec![0.0; d];
    for row in 0..n {
        FixedCount { count }.draw(&stream(), row as u32, &mut latent);
        assert_eq!(latent.iter().filter(|z| z.abs() == 1.0).count(), count);
        hits.iter_mut().zip(&latent).for_each(|(h, z)| *h += f64::from(z.abs()));
    }
    for h in hits {
        close(h / n as f64, 0.3, 0.21, n);
    }
}

#[test]
fn dictionaries_are_orthonormal_and_spread() {
    for dictionary in [Dictionary::haar(256, 12, 5).unwrap(), Dictionary::hadamard(256, 12, 5).unwrap()] {
        let columns = dictionary.atoms().transposed();
        assert_eq!(Dictionary::from_columns(&columns).unwrap(), dictionary);
        assert!((dictionary.leverages().iter().sum::<f64>() - 12.0).abs() < 1e-4);
    }
    let flat = Dictionary::hadamard(256, 12, 5).unwrap();
    assert!(flat.leverages().iter().all(|h| (h - 12.0 / 256.0).abs() < 1e-6));
    assert_ne!(Dictionary::haar(256, 12, 5).unwrap(), Dictionary::haar(256, 12, 6).unwrap());
}

#[test]
fn unusable_dictionaries_are_refused() {
    assert!(matches!(Dictionary::haar(8, 9, 0), Err(DictionaryError::Parameter(_))));
    assert!(Dictionary::hadamard(100, 4, 0).unwrap_err().to_string().contains("power of two"));
    let skewed = Matrix::from_fn(5, 2, |r, c| if r == c { 1.0 } else { 0.1 });
    assert!(matches!(Dictionary::from_columns(&skewed), Err(DictionaryError::NotOrthonormal { .. })));
    let broken = Matrix::from_fn(5, 2, |_, _| f32::NAN);
    assert!(matches!(Dictionary::from_columns(&broken), Err(DictionaryError::NotOrthonormal { .. })));
}

#[test]
fn noise_has_the_given_variance_in_every_direction() {
    let (d1, n) = (64, 30_000);
    let dictionary = Dictionary::haar(d1, 4, 1).unwrap();
    let directions = DenseNoise::random_directions(2, dictionary.atoms(), 1).unwrap();
    assert!(dictionary.coordinates(&directions).as_slice().iter().all(|v| v.abs() < 1e-5));
    let noise = DenseNoise::with_directions(0.3, directions.clone(), 2.0).unwrap();
    let (mut along, mut across) = (0.0, 0.0);
    let mut row_noise = vec![0.0; d1];
    for row in 0..n {
        noise.draw(&stream(), row as u32, &mut row_noise);
        along += f64::from(crate::math::linalg::dot(directions.row(1), &row_noise)).powi(2);
        across += f64::from(crate::math::linalg::dot(dictionary.atoms().row(2), &row_noise)).powi(2);
    }
    close(along / n as f64, 2.0, 2.0 * 4.0, n);
    close(across / n as f64, 0.3, 2.0 * 0.09, n);
}

#[test]
fn samples_are_the_sum_of_their_parts_and_agree_with_the_training_path() {
    let model = SparseCoding::new(
        Dictionary::haar(96, 20, 9).unwrap(),
        Arc::new(Independent { activity: 0.2 }),
        DenseNoise::isotropic(0.1).unwrap(),
    )
    .unwrap();
    let samples = model.sample(&stream(), 100, 70);
    let signal = model.dictionary().combine(&samples.latent);
    let (mut x, mut latent) = (vec![0.0; 96], vec![0.0; 20]);
    for r in 0..70 {
        for c in 0..96 {
            assert!((samples.x[(r, c)] - signal[(r, c)] - samples.noise[(r, c)]).abs() < 1e-5);
        }
        model.draw(&stream(), 100 + r as u32, &mut x, &mut latent);
        assert_eq!((samples.x.row(r), samples.latent.row(r)), (&x[..], &latent[..]));
    }
}

#[test]
fn parameters_out_of_range_are_named() {
    assert!(DenseNoise::isotropic(f64::NAN).unwrap_err().to_string().contains("noise_variance = NaN"));
    assert!(DenseNoise::isotropic(-1.0).is_err());
    assert!(Independent { activity: 0.0 }.check(10).is_err());
    assert!(Independent { activity: 1.5 }.check(10).is_err());
    assert!(FixedCount { count: 11 }.check(10).is_err());
}
