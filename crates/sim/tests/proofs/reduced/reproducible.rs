//! Same seed, same bits: on any number of threads, across a stored state, and whatever is read off in between.

use super::case::{Case, Task, Views, base, reduced};
use featurescope_sim::math::{Purpose, Stream};
use featurescope_sim::objective::StopGrad;
use featurescope_sim::train::{BatchPlan, Dynamics, TrainingRule};

/// Large enough for several tiles of every product and several rows of tiles of the companion.
fn large(views: Views, task: Task, stop_grad: StopGrad) -> Case {
    let case = base(views);
    let batch = BatchPlan { anchors: 300, negatives: 70, ..case.batch };
    let rule = TrainingRule { width: 150, ..case.rule };
    Case { task, stop_grad, batch, rule, ..case }
}

fn cases() -> Vec<Case> {
    vec![
        large(Views::RandomMask(0.5), Task::InfoNce, StopGrad::Targets),
        large(Views::Independent(0.6), Task::InfoNce, StopGrad::Nowhere),
        large(Views::None, Task::Supervised, StopGrad::Targets),
    ]
}

fn advance(dynamics: &mut dyn Dynamics, steps: usize) {
    (0..steps).for_each(|_| assert!(dynamics.step().is_some()));
}

#[cfg(feature = "parallel")]
#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    for case in cases() {
        let on_threads = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut dynamics = reduced(&case, 7);
                advance(dynamics.as_mut(), 3);
                (dynamics.snapshot(), dynamics.view().batch.unwrap().loss.to_bits(), dynamics.bias_forces())
            })
        };
        let one = on_threads(1);
        for threads in [2, 3] {
            assert!(on_threads(threads) == one, "{:?}: {threads} threads give other bits", case.task);
        }
    }
}

#[test]
fn a_stored_state_goes_on_bit_for_bit_and_reading_changes_nothing() {
    for case in cases() {
        let mut straight = reduced(&case, 7);
        advance(straight.as_mut(), 2);
        let stored = straight.snapshot();
        advance(straight.as_mut(), 2);
        let mut resumed = reduced(&case, 7);
        resumed.restore(&stored).unwrap();
        let stream = Stream::new(7, Purpose::MEASUREMENT, 0);
        for _ in 0..2 {
            let _ = (resumed.coordinates(), resumed.growth(), resumed.bias_forces());
            let _ = (resumed.represent(&stream, 0, 20), resumed.decompose(&stream, 0, 20));
            advance(resumed.as_mut(), 1);
        }
        assert!(resumed.snapshot() == straight.snapshot());
        assert!(reduced(&case, 8).snapshot() != reduced(&case, 7).snapshot());
        let mut partial = stored.clone();
        partial.arrays.retain(|(name, _)| name != "initial_rest");
        assert_eq!(resumed.restore(&partial).unwrap_err().array, "initial_rest");
        assert!(resumed.snapshot() == straight.snapshot(), "a refused state changes nothing");
    }
}
