//! The single-precision contrastive step against the oracle: loss, gradients read off the moved weights and biases, bias
//! forces, firing rate, for every kind of view, negative, loss and bias, with gates open and closed.

use super::oracle::{Kind, gradient, means, product};
use super::setup::{BIAS_RATE, Descent, Run, Views, assert_close, largest, set_biases, state_of};
use featurescope_sim::objective::{NegativeSet, StopGrad};
use featurescope_sim::train::{BatchPlan, Dynamics, NegativeViews, TrainingRule};

/// Single-precision sums of up to 1100 terms, and the rounding of the moved weights, relative to the largest entry.
const TOLERANCE: f64 = 1e-5;
/// A pre-activation nearer than this to its threshold could fall on either side in single precision.
const KINK_MARGIN: f64 = 2e-6;
/// Later steps see gates and logits that moved.
const STEPS: u32 = 3;

/// Steps the library from where it stands and compares every figure of each step with the oracle.
fn check(run: &Run, dynamics: &mut dyn Dynamics, steps: u32) {
    let sgd = &run.rule.rate;
    for step in 0..steps {
        let before = state_of(&dynamics.snapshot());
        let batch = run.draw(step);
        assert!(batch.distance_from_kinks(&before) > KINK_MARGIN, "{run:?}: choose another seed");
        let expected = gradient(run.kind, run.stop_grad, &batch, &before);
        let expected_means = means(run.kind, &batch, &before, &before);
        let view = dynamics.step().unwrap();
        let (reading, firing_rate) = (view.batch.unwrap(), view.anchor_firing_rate.unwrap());
        let after = state_of(&dynamics.snapshot());

        let name = |part: &str| format!("{part} of step {step} of {run:?}");
        let close = |part: &str, found: &[f64], wanted: &[f64], scale: f64| {
            assert_close(&name(part), found, wanted, TOLERANCE, scale);
        };
        let found = [reading.loss, reading.positive_logit, reading.negative_logit];
        let wanted = [expected_means.loss, expected_means.positive_logit, expected_means.negative_logit];
        close("loss and logits", &found, &wanted, largest(&wanted));
        if let Kind::InfoNce(_) = run.kind {
            close(
                "probability",
                &[reading.positive_probability],
                &[expected_means.positive_probability],
                1.0,
            );
        }
        close("firing rate", &[firing_rate], &[expected_means.firing_rate], 1.0);

        let (old, new) = (before.weights.as_slice(), after.weights.as_slice());
        let moved = Descent { old, new, rate: sgd.learning_rate, decay: sgd.weight_decay };
        let wanted = expected.weights.as_slice();
        moved.assert_along(&name("weights"), wanted, TOLERANCE, largest(wanted));
        // The total may be a small difference of the two forces.
        let scale = largest(&expected.attraction).max(largest(&expected.repulsion));
        let moved = Descent { old: &before.bias, new: &after.bias, rate: BIAS_RATE, decay: 0.0 };
        moved.assert_along(&name("biases"), &expected.bias(), TOLERANCE, scale);
        let forces = dynamics.bias_forces().unwrap();
        close("attraction", &forces.attraction, &expected.attraction, scale);
        close("repulsion", &forces.repulsion, &expected.repulsion, scale);
        assert!(scale > 1e-4, "forces that vanish prove nothing");
    }
}

fn mixed_signs(width: usize) -> Vec<f64> {
    (0..width).map(|i| [0.3, -0.4, 0.0, 0.6, -0.2][i % 5]).collect()
}

fn check_with_open_gates(run: &Run) {
    for biases in [vec![0.0; run.rule.width], mixed_signs(run.rule.width)] {
        let mut dynamics = run.start();
        set_biases(&mut dynamics, &biases);
        check(run, &mut dynamics, STEPS);
    }
}

fn every_loss(run: &Run, check: impl Fn(&Run)) {
    for kind in [Kind::InfoNce(1.0), Kind::InfoNce(0.5), Kind::Spectral] {
        for stop_grad in [StopGrad::Targets, StopGrad::Nowhere] {
            check(&Run { kind, stop_grad, ..run.clone() });
        }
    }
}

#[test]
fn every_kind_of_views_agrees_with_the_oracle() {
    for views in [Views::RandomMask, Views::Disjoint(0.75), Views::Independent(0.5), Views::None] {
        every_loss(&Run { views, ..Run::default() }, check_with_open_gates);
    }
}

#[test]
fn every_kind_of_negatives_agrees_with_the_oracle() {
    for negative_set in [NegativeSet::Fresh, NegativeSet::InBatch] {
        for negative_views in [NegativeViews::Raw, NegativeViews::Augmented] {
            for views in [Views::RandomMask, Views::None] {
                let batch = BatchPlan { negative_set, negative_views, ..Run::default().batch };
                every_loss(&Run { views, batch, ..Run::default() }, check_with_open_gates);
            }
        }
    }
}

/// Biases that leave about the fraction `open` of the first step's anchor gates open.
fn closing_biases(run: &Run, open: f64) -> Vec<f64> {
    let state = state_of(&run.start().snapshot());
    let anchors = run.draw(0).anchors;
    let thresholds = state.weights.iter_rows().map(|w| {
        let mut sizes: Vec<f64> = anchors.iter_rows().map(|x| product(w, x).abs()).collect();
        sizes.sort_by(f64::total_cmp);
        // Between two samples, so that none of them sits on the kink.
        let first_open = ((1.0 - open) * sizes.len() as f64) as usize;
        0.5 * (sizes[first_open - 1] + sizes[first_open])
    });
    thresholds.collect()
}

/// Once few gates are open the step takes its gated path; sizes straddle the borders of its tiles and blocks.
#[test]
fn closed_gates_agree_with_the_oracle() {
    let wide = Run {
        ambient_dim: 1100,
        latent_dim: 20,
        batch: BatchPlan { anchors: 150, ..Run::default().batch },
        rule: TrainingRule { initial_norm: 8.0, ..Run::default().rule },
        noise_variance: 0.05,
        ..Run::default()
    };
    let long = Run { batch: BatchPlan { anchors: 1100, ..Run::default().batch }, ..Run::default() };
    for (base, fraction) in [(Run::default(), 0.05), (wide.clone(), 0.1), (wide, 0.05), (long, 0.1)] {
        for views in [Views::RandomMask, Views::Independent(0.5), Views::None] {
            every_loss(&Run { views, ..base.clone() }, |run| {
                let mut dynamics = run.start();
                set_biases(&mut dynamics, &closing_biases(run, fraction));
                check(run, &mut dynamics, 1);
                let open = dynamics.view().anchor_firing_rate.unwrap();
                assert!(open > 0.0 && open < 0.12, "a fraction {open} is open");
            });
        }
    }
}
