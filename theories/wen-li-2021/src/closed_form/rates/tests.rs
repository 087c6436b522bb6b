use super::*;
use crate::closed_form::oracle::{Draw, RunningMean, haar_dictionary, inner, normal_vector};
use featurescope_sim::data::leverage::atom_overlaps;
use featurescope_sim::math::Matrix;

const ROUNDING: f64 = 1e-12;

fn population(ambient_dim: usize, latent_dim: usize) -> Population {
    Population { ambient_dim, latent_dim, activity: 0.15, noise_variance: 0.1 }
}

fn stage(population: Population, views: Views, overlap: LeverageOverlap) -> StageOne {
    StageOne { population, views, overlap, learning_rate: 0.1, weight_decay: 1e-3, negatives: 100 }
}

/// p M Mᵀ + σ² I.
fn covariance(population: &Population, dictionary: &Matrix<f64>) -> Matrix<f64> {
    Matrix::from_fn(dictionary.rows(), dictionary.rows(), |r, s| {
        let noise = if r == s { population.noise_variance } else { 0.0 };
        population.activity * inner(dictionary.row(r), dictionary.row(s)) + noise
    })
}

fn closed_form(moment: SecondMoment, sigma: &Matrix<f64>) -> Matrix<f64> {
    Matrix::from_fn(sigma.rows(), sigma.rows(), |r, s| {
        sigma[(r, s)] * if r == s { moment.diagonal } else { moment.off_diagonal }
    })
}

fn assert_same(a: &Matrix<f64>, b: &Matrix<f64>, what: &str) {
    for (x, y) in a.as_slice().iter().zip(b.as_slice()) {
        assert!((x - y).abs() < ROUNDING, "{what}: {x} against {y}");
    }
}

/// Averages scale²·D Σ D′ over all pairs of masks; `joint` holds the probabilities that a coordinate is kept by neither
/// mask, by D alone, by D′ alone, by both.
fn enumerate(sigma: &Matrix<f64>, joint: [f64; 4], scale: f64) -> Matrix<f64> {
    let n = sigma.rows();
    let mut sum = Matrix::zeros(n, n);
    for states in 0..1usize << (2 * n) {
        let state = |r: usize| states >> (2 * r) & 3;
        let weight: f64 = (0..n).map(|r| joint[state(r)]).product();
        for r in (0..n).filter(|&r| state(r) & 1 != 0) {
            for s in (0..n).filter(|&s| state(s) & 2 != 0) {
                sum[(r, s)] += weight * scale * scale * sigma[(r, s)];
            }
        }
    }
    sum
}

/// Every second moment of all three kinds of masks, from all pairs of masks on 7 coordinates.
#[test]
fn moments_agree_with_averages_over_all_masks() {
    let population = population(7, 2);
    let sigma = covariance(&population, &haar_dictionary(&population, 3));
    let check = |joint: [f64; 4], scale: f64, moment: SecondMoment, what: &str| {
        assert_same(&enumerate(&sigma, joint, scale), &closed_form(moment, &sigma), what);
    };
    for q in [0.5, 0.3, 0.8] {
        let own = |kept: f64| [1.0 - kept, 0.0, 0.0, kept];
        let views = Views::complementary_masks(q);
        check([0.0, q, 1.0 - q, 0.0], 2.0, views.pair, "complementary pair");
        check(own(q), 2.0, views.anchor, "complementary anchor");
        check(own(1.0 - q), 2.0, views.positive, "complementary positive");
        let views = Views::independent_masks(q);
        let alone = q * (1.0 - q);
        check([(1.0 - q).powi(2), alone, alone, q * q], 1.0 / q, views.pair, "independent pair");
        check(own(q), 1.0 / q, views.anchor, "independent anchor");
        let views = Views::disjoint_masks(q);
        let both = f64::max(0.0, 2.0 * q - 1.0);
        check([1.0 - 2.0 * q + both, q - both, q - both, both], 1.0 / q, views.pair, "disjoint pair");
        check(own(q), 1.0 / q, views.positive, "disjoint positive");
    }
    assert_eq!(Views::disjoint_masks(0.5), Views::complementary_masks(0.5));
    assert_eq!(Views::disjoint_masks(1.0), Views::same());
}

/// Means over atoms and complement against quadratic forms of the full matrix, and trace A_aug = 0.
#[test]
fn rates_are_quadratic_forms_and_the_masked_force_has_no_trace() {
    let population = population(12, 3);
    let dictionary = haar_dictionary(&population, 5);
    let sigma = covariance(&population, &dictionary);
    let overlap = LeverageOverlap::of_dictionary(&dictionary);
    for views in [Views::same(), Views::complementary_masks(0.4), Views::independent_masks(0.6)] {
        let force = closed_form(views.pair, &sigma);
        let along = |u: &[f64]| force.iter_rows().zip(u).map(|(row, ur)| ur * inner(row, u)).sum::<f64>();
        let trace: f64 = (0..12).map(|r| force[(r, r)]).sum();
        let rates = stage(population, views, overlap).rates();
        let own: Vec<f64> = (0..3).map(|j| along(&dictionary.column(j))).collect();
        let sparse = own.iter().sum::<f64>();
        assert!((rates.sparse * 3.0 - sparse).abs() < ROUNDING);
        assert!((rates.dense * 9.0 - (trace - sparse)).abs() < ROUNDING, "the complement carries the rest");
        for (own, overlap) in own.iter().zip(atom_overlaps(&dictionary)) {
            assert!((views.pair.along_atoms(&population, overlap) - own).abs() < ROUNDING);
        }
    }
    let masked = stage(population, Views::complementary_masks(0.5), overlap).rates();
    assert!((masked.sparse * 3.0 + masked.dense * 9.0).abs() < ROUNDING, "trace of A_aug");
}

#[test]
fn limits_of_the_rates() {
    let spread = population(1000, 10);
    let uniform = LeverageOverlap::uniform(&spread);
    let masked = stage(spread, Views::complementary_masks(0.5), uniform).rates();
    assert!((masked.sparse - 0.15 * 0.99).abs() < ROUNDING && (masked.dense + 0.15 * 0.01).abs() < ROUNDING);
    let plain = stage(spread, Views::same(), uniform).rates();
    assert!((plain.sparse - 0.25).abs() < ROUNDING && (plain.dense - 0.1).abs() < ROUNDING);
    assert_eq!(plain, stage(spread, Views::independent_masks(0.5), uniform).rates());
    // d1 = d: the masked force vanishes (trap (a) of theory.md 4.3).
    let square = population(10, 10);
    let nothing = stage(square, Views::complementary_masks(0.5), LeverageOverlap::haar(&square)).rates();
    assert!(nothing.sparse.abs() < ROUNDING);
}

/// Mean overlaps of 400 random dictionaries, at 4 standard errors.
#[test]
fn haar_overlaps_agree_with_random_dictionaries() {
    let population = population(24, 4);
    let expected = LeverageOverlap::haar(&population);
    let drawn = |pick: fn(LeverageOverlap) -> f64| {
        RunningMean::of(
            (0..400).map(|s| pick(LeverageOverlap::of_dictionary(&haar_dictionary(&population, s)))),
        )
    };
    drawn(|o| o.atoms).assert_near(expected.atoms, 4.0, 0.0, "atoms");
    drawn(|o| o.complement).assert_near(expected.complement, 4.0, 0.0, "complement");
}

/// Both stage-I forces on a random w against 100 000 samples: the largest of 2 × 40 z-scores stays below 4.5
/// (chance of a false alarm 5e-4; fixed seed).
#[test]
fn forces_agree_with_monte_carlo() {
    let population = population(40, 10);
    let dictionary = haar_dictionary(&population, 1);
    let sigma = covariance(&population, &dictionary);
    let w = normal_vector(40, 1, 0);
    let mut masked = vec![RunningMean::default(); 40];
    let mut plain = masked.clone();
    for row in 0..100_000 {
        let draw = Draw::new(&population, &dictionary, 1, row);
        let (anchor, positive) = draw.masked_views();
        let x = draw.sample();
        let (seen, whole) = (inner(&w, &positive), inner(&w, &x));
        for r in 0..40 {
            masked[r].push(seen * anchor[r]);
            plain[r].push(whole * x[r]);
        }
    }
    for (views, drawn) in [(Views::complementary_masks(0.5), masked), (Views::same(), plain)] {
        let force = closed_form(views.pair, &sigma);
        for (r, drawn) in drawn.iter().enumerate() {
            drawn.assert_near(inner(force.row(r), &w), 4.5, 0.0, "force");
        }
    }
}

#[test]
fn norm_multiple_step_inverts_the_energy() {
    let population = Population::at_paper_orders(1024, 64, 1.0, 1.0);
    let overlap = LeverageOverlap::uniform(&population);
    let masked = stage(population, Views::complementary_masks(0.5), overlap);
    let share = population.dimension_ratio();
    for views in [masked.views, Views::same()] {
        let run = StageOne { views, ..masked };
        let step = run.norm_multiple_step(64.0, share).unwrap();
        let energy = run.energy(step, share);
        assert!((energy.sparse + energy.dense - 64.0).abs() < 1e-9);
    }
    // The formula of theory.md 3.1 leaves out N/(N+1), second order in η, and the decay of the dense part.
    let step = masked.norm_multiple_step(64.0, share).unwrap();
    let rate = population.activity * (1.0 - share) - masked.weight_decay;
    let simple = ((64.0 - 1.0 + share) / share).ln() / (2.0 * masked.learning_rate * rate);
    assert!((step / simple - 1.0).abs() < 0.015, "{step} against {simple}");
    let stuck = StageOne { weight_decay: 1.0, ..masked };
    assert_eq!(stuck.norm_multiple_step(64.0, share), None);
    let fraction = masked.energy(step, share).sparse / 64.0;
    assert!((fraction - sparse_fraction_at_norm_multiple(&population, 64.0)).abs() < 0.01);
}

/// The smallest of 50 sparse fractions lies below the predicted median in half of 400 trials, at 4 standard errors.
#[test]
fn smallest_sparse_fraction_is_a_median() {
    let population = population(40, 8);
    let median = median_smallest_sparse_fraction(&population, 50);
    let below = RunningMean::of((0..400).map(|trial| {
        let smallest = (0..50)
            .map(|neuron| {
                let w = normal_vector(40, trial, neuron);
                inner(&w[..8], &w[..8]) / inner(&w, &w)
            })
            .fold(1.0, f64::min);
        f64::from(smallest < median)
    }));
    below.assert_near(0.5, 4.0, 0.0, "share of trials below the median");
}

/// SGD with thresholds at zero and uniform logits: the dense share settles where it is predicted.
///
/// Time average over 24 neurons after many relaxation times; the 5 % cover their common gradient noise and the
/// correlation of the two views through z and D that the formula leaves out (of order d/d1).
#[test]
fn dense_noise_floor_agrees_with_simulation() {
    let population = Population { ambient_dim: 80, latent_dim: 5, activity: 0.3, noise_variance: 0.2 };
    let dictionary = haar_dictionary(&population, 2);
    let overlap = LeverageOverlap::of_dictionary(&dictionary);
    for views in [Views::complementary_masks(0.5), Views::same()] {
        let mut run = stage(population, views, overlap);
        run.negatives = 8;
        let (positives, steps, burn_in) = (16, 900, 300);
        let mut weights: Vec<_> = (0..24).map(|i| span_vector(&dictionary, i)).collect();
        let mut ratios = RunningMean::default();
        for step in 0..steps {
            sgd_step(&mut weights, &run, &dictionary, positives, step);
            if step >= burn_in {
                for w in &weights {
                    ratios.push(dense_over_sparse(&dictionary, w));
                }
            }
        }
        let floor = run.dense_noise_floor(positives as usize).unwrap();
        assert!((ratios.mean() / floor - 1.0).abs() < 0.05, "{} against {floor}", ratios.mean());
    }
}

#[test]
fn positives_for_a_noise_floor_give_that_floor() {
    let population = population(1024, 64);
    let mut run = stage(population, Views::complementary_masks(0.5), LeverageOverlap::uniform(&population));
    run.learning_rate = 0.5;
    for ratio in [0.2, 1.0, 3.0] {
        let positives = run.positives_for_noise_floor(ratio).unwrap();
        let floor = |positives: f64| run.dense_noise_floor(positives as usize).unwrap();
        assert!(floor(positives.ceil()) <= ratio && floor(positives.floor()) >= ratio, "{positives}");
    }
    run.weight_decay = 0.0;
    run.learning_rate = f64::MIN_POSITIVE;
    assert!(run.positives_for_noise_floor(1.0).is_none(), "nothing grows");
}

fn span_vector(dictionary: &Matrix<f64>, row: u32) -> Vec<f64> {
    let coefficients = normal_vector(dictionary.cols(), 7, row);
    dictionary.iter_rows().map(|entries| inner(entries, &coefficients)).collect()
}

fn dense_over_sparse(dictionary: &Matrix<f64>, w: &[f64]) -> f64 {
    let sparse: f64 = (0..dictionary.cols()).map(|j| inner(&dictionary.column(j), w).powi(2)).sum();
    (inner(w, w) - sparse) / sparse
}

fn sgd_step(weights: &mut [Vec<f64>], run: &StageOne, dictionary: &Matrix<f64>, positives: u32, step: u32) {
    let draw = |row| Draw::new(&run.population, dictionary, 11, step * 1000 + row);
    let n = run.negatives as u32;
    let negatives: Vec<_> = (0..n).map(|s| draw(500 + s).sample()).collect();
    let mut mean_negative = vec![0.0; run.population.ambient_dim];
    for x in &negatives {
        mean_negative.iter_mut().zip(x).for_each(|(mean, x)| *mean += x / f64::from(n + 1));
    }
    let masked = run.views != Views::same();
    let pairs: Vec<_> = (0..positives)
        .map(|p| if masked { draw(p).masked_views() } else { (draw(p).sample(), draw(p).sample()) })
        .collect();
    for w in weights {
        let pull = inner(w, &mean_negative);
        let share = f64::from(n) / f64::from(n + 1);
        let mut next: Vec<_> = w.iter().map(|v| (1.0 - run.learning_rate * run.weight_decay) * v).collect();
        for (anchor, positive) in &pairs {
            let g = run.learning_rate / f64::from(positives) * (share * inner(w, positive) - pull);
            next.iter_mut().zip(anchor).for_each(|(v, x)| *v += g * x);
        }
        *w = next;
    }
}

/// With Wᵀ W = c M Mᵀ the forces along an atom cancel: E[x⁺ x⁺⁺ᵀ] M_j against the first order of the contrast,
/// E[x⁺ x⁺ᵀ] Wᵀ W E[x_s x_sᵀ] M_j/τ, as full matrices for an evenly spread (Hadamard) dictionary.
#[test]
fn saturation_balances_alignment_and_contrast() {
    let population = population(8, 2);
    let sign = |bit: usize| if bit & 1 == 0 { 1.0 } else { -1.0 };
    let dictionary = Matrix::from_fn(8, 2, |r, j| sign(r >> j) / 8f64.sqrt());
    let sigma = covariance(&population, &dictionary);
    let apply = |a: &Matrix<f64>, v: &[f64]| a.iter_rows().map(|row| inner(row, v)).collect::<Vec<_>>();
    let project = |v: &[f64]| apply(&dictionary, &apply(&dictionary.transposed(), v));
    let atom = dictionary.column(1);
    for views in [Views::complementary_masks(0.4), Views::same(), Views::disjoint_masks(0.7)] {
        let run = stage(population, views, LeverageOverlap::uniform(&population));
        let alignment = inner(&atom, &apply(&closed_form(views.pair, &sigma), &atom));
        let seen = apply(&closed_form(views.anchor, &sigma), &project(&apply(&sigma, &atom)));
        let contrast = run.linear_saturation(0.7) / 0.7 * inner(&atom, &seen);
        assert!((alignment - contrast).abs() < ROUNDING, "{alignment} against {contrast}");
    }
}

/// m neurons that keep their dense energy and grow to ‖w‖² = K‖w(0)‖²: trace of Wᵀ W over span(M), per atom.
#[test]
fn saturation_share_counts_the_sparse_energy_at_t1() {
    let population = population(200, 20);
    let run = stage(population, Views::complementary_masks(0.5), LeverageOverlap::uniform(&population));
    let (variance, width, multiple) = (1e-4, 50, 8.0);
    let initial = 200.0 * variance;
    let sparse = multiple * initial * sparse_fraction_at_norm_multiple(&population, multiple);
    let per_atom = f64::from(width) * sparse / 20.0;
    let share = run.saturation_share(variance, width as usize, multiple, 0.7);
    assert!((share - per_atom / run.linear_saturation(0.7)).abs() < ROUNDING);
}
