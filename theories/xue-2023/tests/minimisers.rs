//! Minimisers of the loss, and descent to them, by linear algebra on the loss itself.
//!
//! Source: theory.md 3.3, 3.5 and 3.6.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_sim::augment::FactorMoments;
use featurescope_sim::math::linalg::{orthonormal_columns, solve_positive_definite, times};
use featurescope_sim::math::random::Part;
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_simon_2023::closed_form::Spectrum;
use featurescope_xue_2023::contrast::{Contrast, Dropout};

fn product(a: &Matrix<f64>, b: &Matrix<f64>) -> Matrix<f64> {
    let mut out = Matrix::zeros(0, 0);
    times(&mut out, a, b);
    out
}

fn gaussian(rows: usize, columns: usize, scale: f64, step: u32) -> Matrix<f64> {
    let stream = Stream::new(17, Purpose::MONTE_CARLO, step);
    let mut w = Matrix::zeros(rows, columns);
    for i in 0..rows {
        let mut reader = stream.reader(Part::Dense, i as u32);
        w.row_mut(i).iter_mut().for_each(|entry| *entry = scale * reader.normal());
    }
    w
}

fn square(w: &Matrix<f64>) -> f64 {
    w.as_slice().iter().map(|entry| entry * entry).sum()
}

fn diagonal(entries: &[f64]) -> Matrix<f64> {
    Matrix::from_fn(entries.len(), entries.len(), |i, j| if i == j { entries[i] } else { 0.0 })
}

/// A step of descent on −2 tr(W Γ Wᵀ) + tr((W Σ Wᵀ)²): equal views, where S = Σ.
fn descend(w: &mut Matrix<f64>, pairs: &Matrix<f64>, samples: &Matrix<f64>, rate: f64) {
    let pull = product(w, pairs);
    let features = product(w, samples);
    let push = product(&product(&features, &w.transposed()), &features);
    for (w, (pull, push)) in w.as_mut_slice().iter_mut().zip(pull.as_slice().iter().zip(push.as_slice())) {
        *w += 4.0 * rate * (pull - push);
    }
}

const SQUARES: [f64; 6] = [0.5, 0.4, 0.32, 0.26, 0.15, 0.08];
const NOISE: f64 = 0.03;
const NARROW: usize = 3;

/// The features of the experiment, and six directions of noise.
fn unsupervised() -> Contrast {
    let factors = FactorMoments { means: [1.0; 2], squares: [1.0; 2], product: 1.0 };
    Contrast {
        spectrum: Spectrum { atoms: SQUARES.to_vec(), noise: NOISE, ambient_dim: 12, factors },
        dropout: Dropout::default(),
        stops_gradients: false,
        supervised_weight: 0.0,
        class_atom: 4,
    }
}

/// theory.md 3.3: all W = Q Σ^(−1/2) have the same loss, none has less than the least norm, and descent finds the least
/// one from small weights and another one from large weights.
#[test]
fn descent_from_small_weights_finds_the_minimiser_of_least_norm() {
    let contrast = unsupervised();
    let variances: Vec<f64> = (0..12).map(|j| SQUARES.get(j).unwrap_or(&0.0) + NOISE).collect();
    let (samples, least) = (diagonal(&variances), contrast.least_norm(NARROW).unwrap());
    assert!((least - variances[..NARROW].iter().map(|v| 1.0 / v).sum::<f64>()).abs() < 1e-12);
    let whitened = |q: &Matrix<f64>| Matrix::from_fn(NARROW, 12, |i, j| q[(j, i)] / variances[j].sqrt());
    for draw in 0..20 {
        let w = whitened(&orthonormal_columns(&gaussian(12, NARROW, 1.0, draw)));
        let covariance = product(&product(&w, &samples), &w.transposed());
        let loss = square(&covariance) - 2.0 * (0..NARROW).map(|i| covariance[(i, i)]).sum::<f64>();
        assert!((loss + NARROW as f64).abs() < 1e-9, "every one is a minimiser: {loss}");
        assert!(square(&w) > least, "{} {least}", square(&w));
    }
    let top = whitened(&Matrix::from_fn(12, NARROW, |j, i| f64::from(u8::from(i == j))));
    assert!((square(&top) - least).abs() < 1e-12, "the top features have the least norm");

    let class =
        |w: &Matrix<f64>| w.column(contrast.class_atom).iter().map(|entry| entry * entry).sum::<f64>();
    let [small, large] = [1e-4, 1.0].map(|scale| {
        let mut w = gaussian(NARROW, 12, scale, 99);
        (0..4000).for_each(|_| descend(&mut w, &samples, &samples, 0.02));
        w
    });
    assert!((square(&small) / least - 1.0).abs() < 0.01, "{} {least}", square(&small));
    let plateau = contrast.along_atom(contrast.class_atom).plateau();
    assert!(class(&small) < 0.01 * plateau, "the class is suppressed: {}", class(&small));
    assert!(square(&large) > 1.5 * least, "{} {least}", square(&large));
}

/// theory.md 3.4: neurons for all features, or less variance in the easy ones, bring the class back.
#[test]
fn width_and_better_views_restore_the_class() {
    let plain = unsupervised();
    let better = Contrast { dropout: Dropout { rate: 0.8, atoms: 4 }, ..plain.clone() };
    let rank = |contrast: &Contrast| {
        let own = contrast.along_atom(contrast.class_atom).growth;
        (0..SQUARES.len()).filter(|&atom| contrast.along_atom(atom).growth > own).count()
    };
    assert_eq!((rank(&plain), rank(&better)), (4, 0));
    let [before, after] = [&plain, &better].map(|contrast| contrast.along_atom(4).plateau());
    assert!((before - 1.0 / 0.18).abs() < 1e-12 && before == after, "the class itself is never lost");
    assert!(better.least_norm(3).is_none(), "the least norm is that of equal views");
}

/// theory.md (3.4a): one neuron between a feature and a direction of the noise, from small weights. It goes to the feature
/// first. Where views lose that feature, the noise takes the neuron over; where they do not, it stays.
#[test]
fn a_feature_that_views_lose_can_lose_its_neuron_to_the_noise() {
    let better = Contrast { dropout: Dropout { rate: 0.8, atoms: 4 }, ..unsupervised() };
    for (atom, is_lost) in [(0, true), (better.class_atom, false)] {
        let pulls = [better.along_atom(atom), better.along_noise()];
        let samples = [better.variance(atom), NOISE];
        let views = [0, 1].map(|k| pulls[k].crowding / samples[k]);
        let plateau = pulls[0].plateau();
        let drag = 0.5 * (views[0] * samples[1] + samples[0] * views[1]) * plateau;
        assert_eq!(pulls[1].growth > drag + 1e-12, is_lost, "{} {drag}", pulls[1].growth);
        let (mut w, mut highest) = ([1e-4, 1e-4], 0.0f64);
        for _ in 0..60_000 {
            let energy = |moments: [f64; 2]| (0..2).map(|k| moments[k] * w[k] * w[k]).sum::<f64>();
            let [of_views, of_samples] = [views, samples].map(energy);
            w = [0, 1].map(|k| {
                let push = of_views * samples[k] + of_samples * views[k];
                w[k] + 0.02 * w[k] * (4.0 * pulls[k].growth - 2.0 * push)
            });
            highest = highest.max(w[0] * w[0] / plateau);
        }
        assert!(highest > 0.9, "the feature comes first: {highest}");
        let left = w[0] * w[0] / plateau;
        assert!(if is_lost { left < 0.01 } else { left > 0.9 }, "feature {atom}: {left}");
    }
}

/// theory.md 3.5: a training set with fewer samples than dimensions. All minimisers collapse it, and those of larger
/// norm tell the subclasses of fresh samples apart.
#[test]
fn the_minimiser_of_least_norm_collapses_fresh_samples_and_others_need_not() {
    const SAMPLES: usize = 32;
    const DIM: usize = 512;
    let squares: [f64; 2] = [0.6, 0.4];
    // Class and subclass are independent and balanced; features are the first two axes.
    let sign = |p: usize, feature: usize| if (p >> feature) & 1 == 0 { 1.0 } else { -1.0 };
    let noise = gaussian(DIM, SAMPLES, NOISE.sqrt(), 3);
    let x = Matrix::from_fn(DIM, SAMPLES, |r, p| {
        noise[(r, p)] + if r < 2 { squares[r].sqrt() * sign(p, r) } else { 0.0 }
    });
    // F has one constant for each class, in a dimension of its own: FᵀF = n Π.
    let embedding =
        Matrix::from_fn(2, SAMPLES, |i, p| if (sign(p, 0) > 0.0) == (i == 0) { 2.0f64.sqrt() } else { 0.0 });
    let gram = product(&x.transposed(), &x);
    let inverse = solve_positive_definite(&gram, &embedding.transposed()).unwrap();
    let least = product(&inverse.transposed(), &x.transposed());
    // The part of the subclass feature outside of the span of the samples, into the first neuron.
    let axis = Matrix::from_fn(DIM, 1, |r, _| f64::from(u8::from(r == 1)));
    let within = solve_positive_definite(&gram, &product(&x.transposed(), &axis)).unwrap();
    let span = product(&x, &within);
    let outside: Vec<f64> = (0..DIM).map(|r| axis[(r, 0)] - span[(r, 0)]).collect();
    let strength = 2.0 / outside.iter().map(|entry| entry * entry).sum::<f64>();
    let other =
        Matrix::from_fn(2, DIM, |i, r| least[(i, r)] + if i == 0 { strength * outside[r] } else { 0.0 });

    let loss = |w: &Matrix<f64>| {
        let f = product(w, &x);
        let k = product(&f.transposed(), &f);
        let (mut attraction, mut repulsion) = (0.0, 0.0);
        for (p, q) in (0..SAMPLES).flat_map(|p| (0..SAMPLES).map(move |q| (p, q))) {
            repulsion += k[(p, q)].powi(2) / (SAMPLES * SAMPLES) as f64;
            if sign(p, 0) == sign(q, 0) {
                attraction += 2.0 * k[(p, q)] / (SAMPLES * SAMPLES / 2) as f64;
            }
        }
        repulsion - attraction
    };
    assert!((loss(&least) + 2.0).abs() < 1e-9 && (loss(&other) + 2.0).abs() < 1e-9, "both are minima");
    assert!(loss(&Matrix::from_fn(2, DIM, |i, r| 0.9 * least[(i, r)])) > -1.99);
    assert!(square(&other) > square(&least));
    let response = |w: &Matrix<f64>, feature: usize| {
        squares[feature] * w.column(feature).iter().map(|entry| entry * entry).sum::<f64>()
    };
    let [collapsed, apart] = [&least, &other].map(|w| response(w, 1) / response(w, 0));
    assert!(collapsed < 0.05, "{collapsed}");
    assert!(apart > 0.5, "{apart}");
}

/// theory.md 3.6: what the closed forms say of features at an angle, early and in the end.
#[test]
fn a_subclass_at_an_angle_is_learned_early_and_unlearned_later() {
    const COHERENCE: f64 = 0.5;
    let squares = [0.6, 0.4, 0.3, 0.2];
    let root = (1.0 - COHERENCE).sqrt();
    let shared = ((1.0 + 3.0 * COHERENCE).sqrt() - root) / 4.0;
    let features = Matrix::from_fn(6, 4, |r, j| match r {
        0..4 => shared + if r == j { root } else { 0.0 },
        _ => 0.0,
    });
    let gram = product(&features.transposed(), &features);
    assert!((gram[(0, 0)] - 1.0).abs() < 1e-12 && (gram[(0, 1)] - COHERENCE).abs() < 1e-12);
    let covariance =
        |squares: &[f64]| product(&product(&features, &diagonal(squares)), &features.transposed());
    let signal = covariance(&squares);
    let samples = Matrix::from_fn(6, 6, |r, s| signal[(r, s)] + if r == s { NOISE } else { 0.0 });
    let pairs = covariance(&[squares[0], 0.0, 0.0, 0.0]);

    let mut w = gaussian(4, 6, 1e-5, 7);
    let energies = |w: &Matrix<f64>| {
        let a = product(w, &features);
        [0, 1].map(|j| squares[j] * a.column(j).iter().map(|entry| entry * entry).sum::<f64>())
    };
    let mut course = Vec::new();
    for _ in 0..6000 {
        descend(&mut w, &pairs, &samples, 0.01);
        course.push(energies(&w));
    }
    let last = course.last().unwrap()[0];
    let ratio = |[class, subclass]: &[f64; 2]| subclass / class;
    let begun = course.iter().find(|[class, _]| *class > 1e-3 * last).unwrap();
    let expected = COHERENCE.powi(2) * squares[1] / squares[0];
    assert!((ratio(begun) / expected - 1.0).abs() < 0.02, "{} {expected}", ratio(begun));
    // The quantity of the claim is read at a tenth.
    let tenth = course.iter().find(|[class, _]| *class > 0.1 * last).unwrap();
    assert!(ratio(tenth) > 0.1, "{}", ratio(tenth));

    let inverse = solve_positive_definite(&gram, &diagonal(&[1.0; 4])).unwrap();
    let sum = Matrix::from_fn(4, 4, |i, j| NOISE * inverse[(i, j)] + if i == j { squares[i] } else { 0.0 });
    let responses = solve_positive_definite(&sum, &diagonal(&[1.0; 4])).unwrap();
    let end = squares[1] / squares[0] * (responses[(1, 0)] / responses[(0, 0)]).powi(2);
    let found = ratio(course.last().unwrap());
    assert!((found / end - 1.0).abs() < 0.02, "{found} {end}");
    assert!((end - 6e-4).abs() < 0.5e-4, "the number of the theory page: {end}");
}
