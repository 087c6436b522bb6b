//! How far the limit of masks is off at finite d/d1, and that its first order in d/d1 takes that away.

use super::case::{Case, FIGURES, Views, base, compare, readings, reduced, reduced_with, sampled};
use super::two_samples::welch;
use featurescope_sim::data::SparseCodingLaw;
use featurescope_sim::train::{Dynamics, MaskJitter, TrainingRule, ZeroBias};
use std::sync::Arc;

const REDUCED_SEEDS: u64 = 10_000;

/// Stage I with little noise, where the effect of d/d1 on growth stands out.
fn stage_one(ambient_dim: usize, seeds: u64) -> Case {
    let masked = base(Views::RandomMask(0.5));
    let law = SparseCodingLaw { ambient_dim, noise_variance: 0.01, direction_variance: 0.01, ..masked.law };
    let rule = TrainingRule { initial_norm: 0.05, bias: Arc::new(ZeroBias), ..masked.rule };
    Case { name: "stage I", law, rule, read_at: &[16], seeds, ..masked }
}

fn limit(case: &Case, seed: u64) -> Box<dyn Dynamics> {
    reduced_with(case, seed, case.views.build(), MaskJitter::Dropped)
}

/// At d1 = 8 d the limit is rejected; with the first order kept nothing can be told.
#[test]
fn the_first_order_in_the_dimension_ratio_is_needed_and_enough() {
    let case = stage_one(128, 48);
    let right = readings(&case, 1, &sampled);
    compare(&case, &right, &readings(&case, REDUCED_SEEDS, &limit)).assert_different("jitter dropped");
    compare(&case, &right, &readings(&case, REDUCED_SEEDS, &reduced)).assert_equal("jitter kept");
}

/// Least-squares slope of ln|difference| over ln d1 with weights from the standard errors: (slope, its standard error).
fn exponent(points: &[(f64, f64, f64)]) -> (f64, f64) {
    let logs: Vec<_> = points
        .iter()
        .map(|&(d1, difference, error)| (d1.ln(), difference.abs().ln(), (difference / error).powi(2)))
        .collect();
    let weight: f64 = logs.iter().map(|p| p.2).sum();
    let centre: f64 = logs.iter().map(|p| p.0 * p.2).sum::<f64>() / weight;
    let spread: f64 = logs.iter().map(|p| (p.0 - centre).powi(2) * p.2).sum();
    let slope = logs.iter().map(|p| (p.0 - centre) * p.1 * p.2).sum::<f64>() / spread;
    (slope, spread.sqrt().recip())
}

#[test]
fn exponents_are_found() {
    let points: Vec<_> = [512.0f64, 1024.0, 4096.0].iter().map(|&d1| (d1, 3.0 / d1, 0.01)).collect();
    assert!((exponent(&points).0 + 1.0).abs() < 1e-12);
}

/// The exponent of the limit's error, and what is left with the first order kept:
/// `cargo test --release -p featurescope-sim --test proofs exponent_of_masks -- --ignored --nocapture` (minutes).
#[test]
#[ignore = "minutes; prints the table in docs/derivations/reduced.md"]
#[expect(clippy::print_stdout, reason = "the table is what it is run for")]
fn exponent_of_masks() {
    let ladder: Vec<_> = (9..=14)
        .map(|power| {
            let case = stage_one(1 << power, 160);
            let of = |seed, start: &(dyn Fn(&Case, u64) -> Box<dyn Dynamics> + Sync)| {
                readings(&case, seed, start).remove(0)
            };
            (1u64 << power, of(1, &sampled), of(REDUCED_SEEDS, &limit), of(REDUCED_SEEDS, &reduced))
        })
        .collect();
    for (f, name) in FIGURES.iter().enumerate().filter(|(_, name)| name.starts_with("growth")) {
        let mut points = Vec::new();
        for (d1, right, limit, kept) in &ladder {
            let (_, difference, error) = welch(&limit[f], &right[f]);
            let (_, left, left_error) = welch(&kept[f], &right[f]);
            println!(
                "{name}, d1 = {d1}: dropped {difference:.5} ± {error:.5}, kept {left:.5} ± {left_error:.5}"
            );
            points.push((*d1 as f64, difference, error));
        }
        let (slope, error) = exponent(&points);
        println!("{name}: error of the limit ~ d1^({slope:.3} ± {:.3})", 1.96 * error);
        assert!((slope + 1.0).abs() < 2.58 * error + 0.1, "{slope} ± {error}");
    }
}
