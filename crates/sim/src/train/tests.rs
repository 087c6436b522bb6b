//! How runs begin and end: refused parameters, planned ends, divergence, stored states that do not fit.

use super::*;
use crate::augment::{Augmentation, Identity, IntervalMasks, Origin, WholeBatches};
use crate::data::{DataModel, DenseNoise, Dictionary, Independent, SparseCoding, WholeSamples};
use crate::math::Purpose;
use crate::network::{Linear, SymRelu};
use crate::objective::{InfoNce, NegativeSet, Regression, StopGrad};
use std::sync::{Arc, LazyLock};

const STEPS: u64 = 3;

fn rule(width: usize, learning_rate: f64) -> TrainingRule {
    TrainingRule {
        width,
        initial_norm: 1.0,
        rate: RateRule { learning_rate, schedule: Arc::new(ConstantRate), weight_decay: 0.0 },
        bias: Arc::new(ZeroBias),
        stages: StageRule { first_energy_ratio: 4.0, second_energy_ratio: 4.0 },
        steps: STEPS,
    }
}

fn data() -> SparseCoding {
    let dictionary = Dictionary::haar(24, 5, 1).unwrap();
    let latent = Arc::new(Independent { activity: 0.3 });
    SparseCoding::new(dictionary, latent, DenseNoise::isotropic(0.1).unwrap()).unwrap()
}

fn contrastive(rule: TrainingRule, batch: BatchPlan) -> Result<Sampled, crate::math::ParameterError> {
    Sampled::new(
        Box::new(data()),
        Parts {
            optimizer: Box::new(Sgd),
            head: None,
            adversary: Box::new(NoAdversary),
            augmentation: Box::new(Identity),
            network: Box::new(SymRelu),
            objective: Box::new(InfoNce::new(1.0, StopGrad::Targets).unwrap()),
            batch,
            rule,
            seed: 1,
        },
    )
}

fn supervised(rule: TrainingRule, tasks: usize) -> Result<Sampled, crate::math::ParameterError> {
    let objective = Box::new(Regression::new(Some(tasks), 1.0)?);
    let batch = BatchPlan { anchors: 6, ..BATCH };
    Sampled::new(
        Box::new(data()),
        Parts { augmentation: Box::new(Identity), objective, batch, rule, ..Parts::default() },
    )
}

/// A threshold that moves and acts on nothing would be a figure without a meaning.
#[test]
fn a_network_without_thresholds_takes_no_rule_that_moves_them() {
    let start = |bias: Arc<dyn BiasRule>| {
        let rule = TrainingRule { bias, ..rule(4, 0.1) };
        let (network, augmentation) = (Box::new(Linear), Box::new(Identity));
        Sampled::new(
            Box::new(data()),
            Parts { network, augmentation, rule, batch: BATCH, ..Parts::default() },
        )
    };
    assert!(start(Arc::new(ZeroBias)).is_ok());
    let moving: [Arc<dyn BiasRule>; 2] =
        [Arc::new(StagedBias::default()), Arc::new(TrainedBias { learning_rate: 1.0, reset: None })];
    for bias in moving {
        let refused = start(bias).err().unwrap();
        assert!(refused.name == "bias.kind" && refused.accepted.starts_with("zero"), "{refused}");
    }
}

/// A linear network is symmetric ReLU at thresholds zero, step by step and to the last bit.
#[test]
fn a_linear_network_is_that_of_symmetric_relus_at_zero() {
    let run = |network: Box<dyn Network>| {
        let (augmentation, rule) = (Box::new(Identity), rule(4, 0.1));
        let parts = Parts { network, augmentation, rule, batch: BATCH, ..Parts::default() };
        let mut process = Sampled::new(Box::new(data()), parts).unwrap();
        assert!(process.is_fast());
        while process.step().is_some() {}
        process.snapshot()
    };
    let (linear, symmetric) = (run(Box::new(Linear)), run(Box::new(SymRelu)));
    assert_eq!(linear.step, STEPS);
    assert!(linear == symmetric);
}

const BATCH: BatchPlan = BatchPlan {
    anchors: 6,
    negatives: 4,
    negative_set: NegativeSet::Fresh,
    negative_views: NegativeViews::Raw,
};

/// An augmentation that is asked for whole batches, and makes them of rows.
struct Whole(IntervalMasks);

impl Augmentation for Whole {
    fn views(&self, from: &Origin<'_>, sample: &mut [f32], positive: &mut [f32]) {
        self.0.views(from, sample, positive);
    }

    fn single_view(&self, from: &Origin<'_>, sample: &mut [f32]) {
        self.0.single_view(from, sample);
    }

    fn whole_batches(&self) -> Option<&dyn WholeBatches> {
        Some(self)
    }
}

/// A sample of which masks need to know nothing.
fn alone(stream: &Stream, row: u32) -> Origin<'_> {
    static NO_ATOMS: LazyLock<Matrix> = LazyLock::new(Matrix::default);
    Origin { stream, row, atoms: &NO_ATOMS, code: &[] }
}

impl WholeBatches for Whole {
    fn views(&self, stream: &Stream, first_row: u32, samples: &mut Matrix, positives: &mut Matrix) {
        for r in 0..samples.rows() {
            let from = alone(stream, first_row + r as u32);
            self.0.views(&from, samples.row_mut(r), positives.row_mut(r));
        }
    }

    fn single_views(&self, stream: &Stream, first_row: u32, samples: &mut Matrix) {
        for r in 0..samples.rows() {
            self.0.single_view(&alone(stream, first_row + r as u32), samples.row_mut(r));
        }
    }
}

/// Data that are asked for whole batches.
#[derive(Debug)]
struct WholeData(SparseCoding);

impl DataModel for WholeData {
    fn dictionary(&self) -> &Dictionary {
        self.0.dictionary()
    }

    fn draw_latent(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        self.0.draw_latent(stream, row, latent);
    }

    fn draw_noise(&self, stream: &Stream, row: u32, noise: &mut [f32]) {
        self.0.draw_noise(stream, row, noise);
    }

    fn activity(&self) -> f64 {
        self.0.activity()
    }

    fn noise_variance(&self) -> f64 {
        self.0.noise_variance()
    }

    fn whole_batches(&self) -> Option<&dyn WholeSamples> {
        Some(self)
    }
}

impl WholeSamples for WholeData {
    fn draw_batch(&self, stream: &Stream, first_row: u32, x: &mut Matrix, latent: &mut Matrix) {
        for r in 0..x.rows() {
            self.0.draw(stream, first_row + r as u32, x.row_mut(r), latent.row_mut(r));
        }
    }
}

/// Whole batches of the same rows train to the same bits, by the fast step and by the reference step.
#[test]
fn whole_batches_of_the_same_rows_are_the_same_batches() {
    let masks = || IntervalMasks::complementary(0.4).unwrap();
    for negative_set in [NegativeSet::Fresh, NegativeSet::InBatch] {
        for negative_views in [NegativeViews::Raw, NegativeViews::Augmented] {
            let batch = BatchPlan { negative_set, negative_views, ..BATCH };
            let parts = |augmentation: Box<dyn Augmentation>| Parts {
                augmentation,
                batch,
                rule: rule(7, 0.1),
                ..Parts::default()
            };
            let rows = || Sampled::new(Box::new(data()), parts(Box::new(masks()))).unwrap();
            let views = || Sampled::new(Box::new(data()), parts(Box::new(Whole(masks())))).unwrap();
            let samples = || Sampled::new(Box::new(WholeData(data())), parts(Box::new(masks()))).unwrap();
            assert!(rows().is_fast() && views().is_fast() && samples().is_fast());
            let trained = |mut process: Sampled| {
                while process.step().is_some() {}
                let stream = Stream::new(1, Purpose::MEASUREMENT, 1);
                (process.snapshot(), process.represent_pairs(&stream, 3, 5).unwrap().positive)
            };
            let fast = [rows(), views(), samples()].map(trained);
            let reference = [rows(), views(), samples()].map(|process| trained(process.by_reference()));
            for of_step in [&fast, &reference] {
                assert!(of_step[1..].iter().all(|other| *other == of_step[0]), "{batch:?}");
            }
        }
    }
}

#[test]
fn a_run_takes_its_planned_steps_and_finishes() {
    let runs: [Box<dyn Dynamics>; 2] =
        [Box::new(contrastive(rule(4, 0.1), BATCH).unwrap()), Box::new(supervised(rule(4, 0.1), 5).unwrap())];
    for mut dynamics in runs {
        assert!(dynamics.view().batch.is_none() && dynamics.bias_forces().is_none());
        let mut seen = Vec::new();
        while let Some(view) = dynamics.step() {
            seen.push(view.step);
        }
        assert_eq!(seen, [1, 2, 3]);
        assert_eq!(dynamics.stop_reason(), Some(&StopReason::Finished));
        assert!(dynamics.step().is_none());
    }
}

#[test]
fn a_diverging_run_says_so_and_stops() {
    let runs: [Box<dyn Dynamics>; 2] =
        [Box::new(contrastive(rule(4, 1e9), BATCH).unwrap()), Box::new(supervised(rule(4, 1e9), 5).unwrap())];
    for mut dynamics in runs {
        while dynamics.step().is_some() {}
        match dynamics.stop_reason() {
            Some(StopReason::Diverged { step, what }) => {
                assert!((1..=STEPS).contains(step) && what.contains("neuron"), "{what}");
            }
            other => panic!("{other:?}"),
        }
        assert!(dynamics.step().is_none());
    }
}

/// Neurons that start next to nothing grow by any factor until they learn something.
#[test]
fn growth_from_a_tiny_start_is_no_divergence() {
    let start = TrainingRule { initial_norm: 1e-12, steps: 60, ..rule(4, 1e3) };
    let mut dynamics = contrastive(start, BATCH).unwrap();
    let initial = dynamics.view().norms.to_vec();
    let mut growth = 0f32;
    while let Some(view) = dynamics.step() {
        growth = view.norms.iter().zip(&initial).map(|(norm, initial)| norm / initial).fold(growth, f32::max);
        if view.norms.iter().any(|&norm| norm > 1.0) {
            break;
        }
    }
    assert!(growth > 1e7, "a factor of {growth} only");
    assert!(
        !matches!(dynamics.stop_reason(), Some(StopReason::Diverged { .. })),
        "{:?}",
        dynamics.stop_reason()
    );
}

#[test]
fn a_poisoned_state_is_noticed_within_one_step() {
    for array in ["weights", "bias"] {
        let mut dynamics = contrastive(rule(4, 0.1), BATCH).unwrap();
        let mut snapshot = dynamics.snapshot();
        let slot = snapshot.arrays.iter_mut().find(|(name, _)| name == array).unwrap();
        slot.1.as_mut_slice()[2] = f32::NAN;
        dynamics.restore(&snapshot).unwrap();
        let _ = dynamics.step();
        assert!(matches!(dynamics.stop_reason(), Some(StopReason::Diverged { step: 1, .. })), "{array}");
    }
}

#[test]
fn a_stored_state_that_does_not_fit_is_refused() {
    let mut dynamics = contrastive(rule(4, 0.1), BATCH).unwrap();
    let before = dynamics.snapshot();
    let error = dynamics.restore(&contrastive(rule(5, 0.1), BATCH).unwrap().snapshot()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "array `weights` of the checkpoint has shape 5 × 24, this run needs 4 × 24"
    );
    let mut partial = before.clone();
    partial.arrays.retain(|(name, _)| name != "bias");
    assert!(dynamics.restore(&partial).unwrap_err().to_string().contains("has shape nothing"));
    assert!(dynamics.snapshot() == before, "a refused state changes nothing");
    let error = supervised(rule(4, 0.1), 5).unwrap().restore(&before).unwrap_err();
    assert_eq!(error.array, "objective.head");
}

#[test]
fn parameters_out_of_range_are_named() {
    let refused = |rule: TrainingRule, batch: BatchPlan| contrastive(rule, batch).err().unwrap().name;
    assert_eq!(refused(rule(0, 0.1), BATCH), "width");
    assert_eq!(refused(TrainingRule { initial_norm: 0.0, ..rule(4, 0.1) }, BATCH), "initial_norm");
    assert_eq!(refused(TrainingRule { steps: 1 << 32, ..rule(4, 0.1) }, BATCH), "steps");
    assert_eq!(refused(rule(4, f64::NAN), BATCH), "learning_rate");
    assert_eq!(refused(rule(4, 0.1), BatchPlan { anchors: 0, ..BATCH }), "batch.anchors");
    assert_eq!(refused(rule(4, 0.1), BatchPlan { negatives: 0, ..BATCH }), "negatives");
    let lonely = BatchPlan { anchors: 1, negative_set: NegativeSet::InBatch, ..BATCH };
    assert_eq!(refused(rule(4, 0.1), lonely), "batch.anchors");
    assert_eq!(supervised(rule(4, 0.1), 4).err().unwrap().name, "objective.tasks");
}

/// Gradient descent with momentum: v ← ½ v + ∂L/∂b, b ← b − v.
#[derive(Debug)]
struct HeavyBias;

impl BiasRule for HeavyBias {
    fn memory(&self) -> &'static [&'static str] {
        &["velocity"]
    }

    fn advance(&self, bias: &mut [f32], memory: &mut [Matrix], step: &BiasStep<'_>) {
        let velocity = memory[0].as_mut_slice();
        for ((b, v), &d) in bias.iter_mut().zip(velocity).zip(step.gradient) {
            *v = 0.5 * *v + d as f32;
            *b -= *v;
        }
    }
}

#[test]
fn what_a_bias_rule_remembers_is_stored_and_taken_up_again() {
    let heavy = || TrainingRule { bias: Arc::new(HeavyBias), ..rule(4, 0.1) };
    let mut whole = contrastive(heavy(), BATCH).unwrap();
    let _ = whole.step();
    let stored = whole.snapshot();
    let velocity = stored.array("bias.velocity", (1, 4)).unwrap();
    let bias = stored.array("bias", (1, 4)).unwrap();
    let moved = bias.as_slice().iter().zip(velocity.as_slice());
    assert!(moved.clone().all(|(b, v)| *b == -v) && moved.clone().any(|(b, _)| *b != 0.0));
    let mut resumed = contrastive(heavy(), BATCH).unwrap();
    resumed.restore(&stored).unwrap();
    for _ in 1..STEPS {
        assert!(whole.step().is_some() && resumed.step().is_some());
    }
    assert!(whole.snapshot() == resumed.snapshot());
    let error = resumed.restore(&contrastive(rule(4, 0.1), BATCH).unwrap().snapshot()).unwrap_err();
    assert_eq!((error.array.as_str(), error.found.as_str()), ("bias.velocity", "nothing"));
    assert!(whole.snapshot() == resumed.snapshot(), "a refused state changes nothing");
}
