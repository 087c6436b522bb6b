//! Mixed arithmetic: the exact step up to the rounding of its inputs to bfloat16, with the same bits on any number of threads.

use super::determinism::{advance, large};
use super::setup::{Run, Views, assert_close, largest, set_biases, state_of};
use featurescope_sim::objective::{NegativeSet, StopGrad};
use featurescope_sim::train::{Arithmetic, BatchPlan, Dynamics};

/// Inputs are rounded by 1/512 at most; logits of a few units carry that into the softmax, and so into the gradient, several times over.
const TOLERANCE: f64 = 0.05;

fn run(views: Views, negative_set: NegativeSet, stop_grad: StopGrad) -> Run {
    let base = large(views);
    // As many negatives as anchors, whatever the set.
    let batch = BatchPlan { negatives: base.batch.anchors, negative_set, ..base.batch };
    Run { stop_grad, batch, ..base }
}

fn every_run() -> impl Iterator<Item = Run> {
    let views = [Views::RandomMask, Views::Disjoint(0.75), Views::None];
    views.into_iter().flat_map(|views| {
        let kinds = [
            (NegativeSet::Fresh, StopGrad::Targets),
            (NegativeSet::InBatch, StopGrad::Targets),
            (NegativeSet::InBatch, StopGrad::Nowhere),
        ];
        kinds.into_iter().map(move |(set, stop_grad)| run(views, set, stop_grad))
    })
}

#[test]
fn mixed_steps_agree_with_exact_ones_up_to_rounding() {
    for run in every_run() {
        for bias in [0.0, 1.5] {
            let (mut exact, mut mixed) =
                (run.start(), run.start().with_arithmetic(Arithmetic::Mixed).unwrap());
            let before = state_of(&exact.snapshot()).weights;
            for dynamics in [&mut exact, &mut mixed] {
                set_biases(dynamics, &vec![bias; run.rule.width]);
                advance(dynamics, 1);
            }
            let moved = |dynamics: &dyn Dynamics| -> Vec<f64> {
                let after = state_of(&dynamics.snapshot()).weights;
                after.as_slice().iter().zip(before.as_slice()).map(|(a, b)| a - b).collect()
            };
            let (found, wanted) = (moved(&mixed), moved(&exact));
            assert_close(&format!("step of {run:?}"), &found, &wanted, TOLERANCE, largest(&wanted));
            let loss = |dynamics: &dyn Dynamics| dynamics.view().batch.unwrap().loss;
            assert_close("loss", &[loss(&mixed)], &[loss(&exact)], TOLERANCE, loss(&exact).abs().max(1.0));
        }
    }
}

#[cfg(feature = "parallel")]
#[test]
fn mixed_bits_do_not_depend_on_the_number_of_threads() {
    for run in every_run() {
        let on_threads = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut dynamics = run.start().with_arithmetic(Arithmetic::Mixed).unwrap();
                advance(&mut dynamics, 2);
                set_biases(&mut dynamics, &vec![1.5; run.rule.width]);
                advance(&mut dynamics, 2);
                dynamics.snapshot()
            })
        };
        let one = on_threads(1);
        assert!(on_threads(2) == one && on_threads(3) == one, "{run:?}");
    }
}
