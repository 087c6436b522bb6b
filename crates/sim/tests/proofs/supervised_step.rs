//! The single-precision supervised step against central differences of ½ mean‖V f(x) − T z‖² in double precision.

use super::oracle::{State, product};
use super::setup::{BIAS_RATE, Descent, Run, assert_close, largest, set_biases, state_of};
use featurescope_sim::augment::Identity;
use featurescope_sim::data::{DataModel, Samples};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::objective::Regression;
use featurescope_sim::train::{BatchPlan, Dynamics, Parts, Sampled};

/// As in the contrastive step; central differences add ~ 1e-9.
const TOLERANCE: f64 = 1e-5;
const STEP: f64 = 1e-5;
const SAMPLES: usize = 12;
const TASKS: usize = 9;
const HEAD_RATE_RATIO: f64 = 0.5;

/// One parameter of a point.
type Entry = fn(&mut Point, usize) -> &mut f64;

struct Problem {
    x: Matrix<f64>,
    /// T z, n × K.
    labels: Matrix<f64>,
}

#[derive(Clone)]
struct Point {
    learner: State,
    head: Matrix<f64>,
}

fn start(run: &Run) -> Sampled {
    let parts = Parts {
        augmentation: Box::new(Identity),
        objective: Box::new(Regression::new(Some(TASKS), HEAD_RATE_RATIO).unwrap()),
        batch: BatchPlan { anchors: SAMPLES, ..run.batch },
        rule: run.rule.clone(),
        seed: run.seed,
        ..Parts::default()
    };
    Sampled::new(Box::new(run.data()), parts).unwrap()
}

fn point_of(supervised: &Sampled) -> Point {
    let head = supervised.learner().objective_arrays()[0].to_f64();
    Point { learner: state_of(&supervised.snapshot()), head }
}

fn targets(run: &Run) -> Matrix {
    Regression::targets(TASKS, run.latent_dim, run.seed)
}

fn problem(run: &Run, targets: &Matrix<f64>, step: u32) -> Problem {
    let Samples { x, latent, .. } =
        run.data().sample(&Stream::new(run.seed, Purpose::POSITIVES, step), 0, SAMPLES);
    let latent = latent.to_f64();
    let labels = Matrix::from_fn(SAMPLES, TASKS, |r, k| product(targets.row(k), latent.row(r)));
    Problem { x: x.to_f64(), labels }
}

fn loss(problem: &Problem, point: &Point) -> f64 {
    let features = point.learner.embed(&problem.x);
    let error = |r, k| product(point.head.row(k), features.row(r)) - problem.labels[(r, k)];
    let squares = (0..SAMPLES).flat_map(|r| (0..TASKS).map(move |k| error(r, k).powi(2)));
    0.5 * squares.sum::<f64>() / SAMPLES as f64
}

/// Central differences in every entry that `entry` reaches.
fn differences(problem: &Problem, at: &Point, count: usize, entry: Entry) -> Vec<f64> {
    let shifted = |index: usize, by: f64| {
        let mut point = at.clone();
        *entry(&mut point, index) += by;
        loss(problem, &point)
    };
    (0..count).map(|index| (shifted(index, STEP) - shifted(index, -STEP)) / (2.0 * STEP)).collect()
}

#[test]
fn weights_head_and_biases_move_along_the_central_differences() {
    let run = Run::default();
    let (rate, decay) = (run.rule.rate.learning_rate, run.rule.rate.weight_decay);
    let mut supervised = start(&run);
    set_biases(&mut supervised, &[0.3, -0.2, 0.0, 0.6, -0.4, 0.1, 0.9, -0.1, 0.2, 0.5]);
    let targets = targets(&run).to_f64();
    for step in 0..3 {
        let before = point_of(&supervised);
        let problem = problem(&run, &targets, step);
        let reading = supervised.step().unwrap().batch.unwrap();
        let after = point_of(&supervised);
        let (before_loss, name) = (loss(&problem, &before), |part: &str| format!("{part} of step {step}"));
        assert_close(&name("loss"), &[reading.loss], &[before_loss], TOLERANCE, before_loss);
        let check = |part: &str, old: &[f64], new: &[f64], rate: f64, decay: f64, entry: Entry| {
            let expected = differences(&problem, &before, old.len(), entry);
            let moved = Descent { old, new, rate, decay };
            moved.assert_along(&name(part), &expected, TOLERANCE, largest(&expected));
        };
        let (old, new) = (before.learner.weights.as_slice(), after.learner.weights.as_slice());
        check("weights", old, new, rate, decay, |point, i| &mut point.learner.weights.as_mut_slice()[i]);
        let (old, new) = (before.head.as_slice(), after.head.as_slice());
        check("head", old, new, HEAD_RATE_RATIO * rate, decay, |point, i| &mut point.head.as_mut_slice()[i]);
        let (old, new) = (&before.learner.bias, &after.learner.bias);
        check("biases", old, new, BIAS_RATE, 0.0, |point, i| &mut point.learner.bias[i]);
    }
}

#[test]
fn every_task_weighs_every_atom_within_the_stated_range() {
    let targets = targets(&Run::default()).to_f64();
    let root = (TASKS as f64).sqrt();
    assert_eq!((targets.rows(), targets.cols()), (TASKS, Run::default().latent_dim));
    assert!(targets.as_slice().iter().all(|t| (0.5..=1.5).contains(&(t.abs() * root))));
    assert!(targets.as_slice().iter().any(|&t| t > 0.0) && targets.as_slice().iter().any(|&t| t < 0.0));
}
