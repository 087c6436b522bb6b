//! Same seed, same bits on any number of threads, on the dense and on the gated path.

use super::determinism::{advance, large, supervised};
use super::setup::{Run, Views, set_biases};
use featurescope_sim::objective::StopGrad;
use featurescope_sim::train::Dynamics;

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let on_threads = |threads: usize, work: &(dyn Fn() -> Box<dyn Dynamics> + Sync)| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut dynamics = work();
            advance(dynamics.as_mut(), 4);
            (dynamics.snapshot(), dynamics.view().batch.unwrap().loss.to_bits(), dynamics.bias_forces())
        })
    };
    let same_on_all = |work: &(dyn Fn() -> Box<dyn Dynamics> + Sync)| {
        let one = on_threads(1, work);
        for threads in [2, 3] {
            assert!(on_threads(threads, work) == one, "{threads} threads give other bits");
        }
    };
    for views in [Views::RandomMask, Views::Independent(0.6), Views::None] {
        for stop_grad in [StopGrad::Targets, StopGrad::Nowhere] {
            same_on_all(&|| Box::new(Run { stop_grad, ..large(views) }.start()));
        }
        // With closed gates the step takes its gated path.
        let mut many = large(views);
        many.batch.anchors = 1100;
        same_on_all(&|| {
            let mut dynamics = many.start();
            set_biases(&mut dynamics, &[1.5; 40]);
            assert!(dynamics.step().unwrap().anchor_firing_rate.unwrap() < 0.12);
            Box::new(dynamics)
        });
    }
    same_on_all(&|| Box::new(supervised(&large(Views::None))));
}
