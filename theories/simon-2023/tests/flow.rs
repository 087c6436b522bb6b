//! The closed forms against descent on the population loss itself, with all directions at once and weights that are
//! not aligned with anything.
//!
//! Source: theory.md 3.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_sim::augment::FactorMoments;
use featurescope_sim::math::linalg::{times, times_transposed};
use featurescope_sim::math::random::Part;
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_simon_2023::closed_form::spectrum::Loss;
use featurescope_simon_2023::closed_form::{Pull, Spectrum, effective_starts};

const WIDTH: usize = 16;
const RATE: f64 = 0.02;

/// Six atoms and their noise, equal views or complementary masks.
fn spectrum(is_masked: bool) -> Spectrum {
    let atoms = (1..=6).map(|j| 0.5 / f64::from(j)).collect();
    let factors = if is_masked {
        FactorMoments { means: [1.0; 2], squares: [2.0; 2], product: 0.0 }
    } else {
        FactorMoments { means: [1.0; 2], squares: [1.0; 2], product: 1.0 }
    };
    Spectrum { atoms, noise: 0.02, ambient_dim: 128, factors }
}

/// Second moments in the basis of the eigen-directions: pairs, anchors, negatives. They follow from the pulls, which
/// the tests of `moments.rs` compare with drawn views.
struct Moments {
    pairs: Vec<f64>,
    anchors: Vec<f64>,
    negatives: Vec<f64>,
}

impl Moments {
    fn new(spectrum: &Spectrum, noise_directions: usize) -> Self {
        let loss = Loss::Spectral { stops_gradients: false };
        let variances: Vec<f64> = spectrum.atoms.iter().map(|p| p + spectrum.noise).collect();
        let negatives = [variances, vec![spectrum.noise; noise_directions]].concat();
        let pulls: Vec<Pull> = negatives.iter().map(|&variance| spectrum.pull(loss, variance)).collect();
        Self {
            pairs: pulls.iter().map(|pull| pull.growth).collect(),
            anchors: pulls.iter().zip(&negatives).map(|(pull, variance)| pull.crowding / variance).collect(),
            negatives,
        }
    }
}

/// Columns multiplied by factors: W D with a diagonal D.
fn scaled(w: &Matrix<f64>, factors: &[f64]) -> Matrix<f64> {
    Matrix::from_fn(w.rows(), w.cols(), |i, j| w[(i, j)] * factors[j])
}

/// W A Wᵀ W B with diagonal A and B.
fn pushed(w: &Matrix<f64>, [a, b]: [&[f64]; 2]) -> Matrix<f64> {
    let (mut features, mut product) = (Matrix::zeros(0, 0), Matrix::zeros(0, 0));
    times_transposed(&mut features, &scaled(w, a), w);
    times(&mut product, &features, w);
    scaled(&product, b)
}

/// −∇L of theory.md 3.1.
fn force(loss: Loss, moments: &Moments, w: &Matrix<f64>) -> Matrix<f64> {
    let Moments { pairs, anchors, negatives } = moments;
    let pull = scaled(w, pairs);
    let at = |matrix: &Matrix<f64>, i, j| matrix[(i, j)];
    match loss {
        Loss::BarlowTwins => {
            let push = pushed(w, [pairs, pairs]);
            Matrix::from_fn(w.rows(), w.cols(), |i, j| 4.0 * (at(&pull, i, j) - at(&push, i, j)))
        }
        Loss::Spectral { stops_gradients: true } => {
            let push = pushed(w, [negatives, anchors]);
            Matrix::from_fn(w.rows(), w.cols(), |i, j| 2.0 * (at(&pull, i, j) - at(&push, i, j)))
        }
        Loss::Spectral { stops_gradients: false } => {
            let (one, other) = (pushed(w, [negatives, anchors]), pushed(w, [anchors, negatives]));
            Matrix::from_fn(w.rows(), w.cols(), |i, j| {
                4.0 * at(&pull, i, j) - 2.0 * (at(&one, i, j) + at(&other, i, j))
            })
        }
    }
}

fn gaussian(rows: usize, columns: usize, scale: f64) -> Matrix<f64> {
    let stream = Stream::new(11, Purpose::MONTE_CARLO, 0);
    let mut w = Matrix::zeros(rows, columns);
    for i in 0..rows {
        let mut reader = stream.reader(Part::Dense, i as u32);
        w.row_mut(i).iter_mut().for_each(|entry| *entry = scale * reader.normal());
    }
    w
}

fn energy(w: &Matrix<f64>, j: usize) -> f64 {
    w.column(j).iter().map(|entry| entry * entry).sum()
}

/// Every atom's step of half its plateau within 3 %, and its plateau within 1 %, for every loss and both kinds of views.
#[test]
fn descent_from_unaligned_weights_follows_the_closed_form() {
    let losses = [
        Loss::Spectral { stops_gradients: false },
        Loss::Spectral { stops_gradients: true },
        Loss::BarlowTwins,
    ];
    let mut compared = 0;
    for (loss, is_masked) in losses.into_iter().flat_map(|loss| [(loss, false), (loss, true)]) {
        let spectrum = spectrum(is_masked);
        let moments = Moments::new(&spectrum, 4);
        let mut w = gaussian(WIDTH, 10, 2e-4);
        let courses: Vec<_> = spectrum
            .along_atoms(loss)
            .into_iter()
            .zip(effective_starts(&w))
            .map(|(pull, start)| pull.course(start, RATE))
            .collect();
        let expected: Vec<f64> = courses.iter().map(|course| course.critical_step(0.5).unwrap()).collect();
        let mut passed = [None; 6];
        for step in 1..=(1.3 * expected[5]) as u32 {
            let force = force(loss, &moments, &w);
            w.as_mut_slice().iter_mut().zip(force.as_slice()).for_each(|(w, f)| *w += RATE * f);
            for (j, passed) in passed.iter_mut().enumerate() {
                if passed.is_none() && energy(&w, j) >= 0.5 * courses[j].pull.plateau() {
                    *passed = Some(f64::from(step));
                }
            }
        }
        for j in 0..6 {
            let ratio = passed[j].unwrap() / expected[j];
            assert!((ratio - 1.0).abs() < 0.03, "{loss:?}, masked: {is_masked}, atom {j}: {ratio}");
            let end = energy(&w, j) / courses[j].pull.plateau();
            assert!(
                j == 5 || (end - 1.0).abs() < 0.01,
                "{loss:?}, masked: {is_masked}, atom {j} ends at {end}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 36);
}

/// Along the directions themselves there is nothing left to approximate but the steps: theory.md (3.2b).
#[test]
fn aligned_weights_follow_the_closed_form_to_first_order_in_the_step() {
    let (spectrum, loss) = (spectrum(false), Loss::Spectral { stops_gradients: false });
    let moments = Moments::new(&spectrum, 0);
    let mut w = Matrix::from_fn(6, 6, |i, j| if i == j { 0.01 * (1.0 + i as f64) } else { 0.0 });
    let pulls = spectrum.along_atoms(loss);
    let courses: Vec<_> = (0..6).map(|j| pulls[j].course(energy(&w, j), RATE)).collect();
    for step in 1..=800 {
        let force = force(loss, &moments, &w);
        w.as_mut_slice().iter_mut().zip(force.as_slice()).for_each(|(w, f)| *w += RATE * f);
        for (j, course) in courses.iter().enumerate() {
            let ratio = energy(&w, j) / course.energy(f64::from(step));
            let bound = RATE * 4.0 * course.pull.growth;
            assert!((ratio - 1.0).abs() < bound, "atom {j}, step {step}: {ratio}");
        }
    }
    assert!((0..6).all(|j| energy(&w, j) > 0.9 * pulls[j].plateau()), "all of them have arrived");
}

/// theory.md 3.5: with fewer neurons than directions the slow ones never come, although the loss is the same.
#[test]
fn a_narrow_encoder_learns_the_fastest_directions() {
    let (spectrum, loss) = (spectrum(false), Loss::BarlowTwins);
    let moments = Moments::new(&spectrum, 4);
    for (scale, least, most) in [(1e-4, 0.97, 1.0), (0.5, 0.0, 0.9)] {
        let mut w = gaussian(3, 10, scale);
        for _ in 0..1500 {
            let force = force(loss, &moments, &w);
            w.as_mut_slice().iter_mut().zip(force.as_slice()).for_each(|(w, f)| *w += RATE * f);
        }
        let share = |j: usize| moments.negatives[j] * energy(&w, j);
        let [fast, all] = [3, 10].map(|count| (0..count).map(share).sum::<f64>());
        assert!((all - 3.0).abs() < 0.01, "three whitened features, whichever they are: {all}");
        assert!((least..=most).contains(&(fast / all)), "{scale}: {}", fast / all);
    }
}
