//! Every fast step against the reference step, for every combination of the shipped parts that it accepts, with gates
//! open and closed.

use super::setup::{Run, assert_close, largest, set_biases, state_of};
use featurescope_sim::augment::{Augmentation, Identity, Origin};
use featurescope_sim::data::{DataModel, Dictionary, Independent, SparseCoding, SparseCodingLaw};
use featurescope_sim::head::Head;
use featurescope_sim::math::{Purpose, Stream};
use featurescope_sim::network::Network;
use featurescope_sim::objective::{NegativeSet, Objective};
use featurescope_sim::part::Chosen;
use featurescope_sim::train::{
    Arithmetic, BatchPlan, Dynamics, MaskJitter, NegativeViews, NoAdversary, Optimizer, Parts, Reduced,
    Sampled, ZeroBias,
};
use std::sync::Arc;

/// Single precision, summed in another order.
const TOLERANCE: f64 = 2e-5;
/// What mixed arithmetic rounds besides samples and W: coefficients and features, each by 1/512 at most, and their sums
/// by no more. Raw negatives of the batch are rounded there and not in the reference. The largest is .0062.
const MIXED_TOLERANCE: f64 = 0.01;
/// The gates of sd-one pre-activations, few of which stay open at the second.
const BIASES: [f64; 2] = [0.1, 3.2];

/// Parts of which the views, the network, the objective and the optimiser are these.
type Choice<'a> = (
    &'a Chosen<Box<dyn Augmentation>>,
    &'a Chosen<Box<dyn Network>>,
    &'a Chosen<Box<dyn Objective>>,
    &'a Chosen<Box<dyn Optimizer>>,
);

fn every_choice(mut visit: impl FnMut(Choice<'_>)) {
    let networks = Chosen::<Box<dyn Network>>::examples().unwrap();
    let mut objectives = Chosen::<Box<dyn Objective>>::examples().unwrap();
    // The data have no classes; what learns from classes has no fast step.
    objectives.retain(|objective| {
        let mut objective = objective.build(&()).unwrap();
        assert!(!objective.needs().classes || objective.fast().is_none());
        !objective.needs().classes
    });
    let optimizers = Chosen::<Box<dyn Optimizer>>::examples().unwrap();
    for augmentation in &Chosen::<Box<dyn Augmentation>>::examples().unwrap() {
        for network in &networks {
            for objective in &objectives {
                for optimizer in &optimizers {
                    visit((augmentation, network, objective, optimizer));
                }
            }
        }
    }
}

fn run() -> Run {
    let base = Run::default();
    Run { batch: BatchPlan { anchors: 40, negatives: 30, ..base.batch }, ..base }
}

fn every_batch() -> Vec<BatchPlan> {
    let mut plans = Vec::new();
    for negative_set in [NegativeSet::Fresh, NegativeSet::InBatch] {
        for negative_views in [NegativeViews::Raw, NegativeViews::Augmented] {
            plans.push(BatchPlan { negative_set, negative_views, ..run().batch });
        }
    }
    plans
}

/// Third powers of pre-activations of sd one have sd √15: steps on them leave the numbers that single precision has.
/// At half the norm features are of order one, as those of other networks are.
const CUBIC_NORM: f64 = 0.5;

/// The parts; `None` where the objective takes one view and these are two.
fn parts((augmentation, network, objective, optimizer): Choice<'_>, batch: BatchPlan) -> Option<Parts> {
    let is_cubic = network.kind() == "cubic";
    let (augmentation, objective) = (augmentation.build(&()).unwrap(), objective.build(&()).unwrap());
    if !objective.needs().two_views && !augmentation.positive_is_anchor() {
        return None;
    }
    let (network, optimizer) = (network.build(&()).unwrap(), optimizer.build(&()).unwrap());
    let (mut rule, seed) = (run().rule, run().seed);
    if !network.has_thresholds() {
        rule.bias = Arc::new(ZeroBias);
    }
    if is_cubic {
        rule.initial_norm *= CUBIC_NORM;
    }
    let adversary = Box::new(NoAdversary);
    Some(Parts { augmentation, network, head: None, objective, optimizer, adversary, batch, rule, seed })
}

fn loss(dynamics: &dyn Dynamics) -> f64 {
    dynamics.view().batch.unwrap().loss
}

/// Takes some steps side by side and compares how far every number of the state has moved.
fn compare(
    what: &str,
    bias: f64,
    found: &mut dyn Dynamics,
    wanted: &mut dyn Dynamics,
    (steps, tolerance): (usize, f64),
) -> f64 {
    let biases = vec![bias; state_of(&wanted.snapshot()).bias.len()];
    set_biases(found, &biases);
    set_biases(wanted, &biases);
    let start = wanted.snapshot();
    for _ in 0..steps {
        assert!(found.step().is_some() && wanted.step().is_some());
    }
    let scale = loss(wanted).abs().max(1.0);
    assert_close(&format!("loss of {what}"), &[loss(found)], &[loss(wanted)], tolerance, scale);
    let (a, b) = (found.snapshot(), wanted.snapshot());
    for (name, before) in start.arrays.iter().filter(|(name, _)| !name.contains("norms")) {
        let moved = |snapshot: &featurescope_sim::train::Snapshot| -> Vec<f64> {
            let now = &snapshot.arrays.iter().find(|(other, _)| other == name).unwrap().1;
            let pairs = now.as_slice().iter().zip(before.as_slice());
            pairs.map(|(a, b)| f64::from(*a) - f64::from(*b)).collect()
        };
        let (found, wanted) = (moved(&a), moved(&b));
        let scale = largest(&wanted).max(f64::from(f32::MIN_POSITIVE));
        assert_close(&format!("{name} of {what}"), &found, &wanted, tolerance, scale);
    }
    wanted.view().anchor_firing_rate.unwrap()
}

/// As bfloat16 holds it, ties to even: what mixed arithmetic multiplies.
fn rounded(value: f32) -> f32 {
    let bits = value.to_bits();
    f32::from_bits((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff_0000)
}

fn round_all(values: &mut [f32]) {
    for value in values {
        *value = rounded(*value);
    }
}

/// Samples that are rounded where no view is made of them.
#[derive(Debug)]
struct RoundedSamples {
    model: SparseCoding,
    /// Whether anchors are the samples themselves.
    has_one_view: bool,
    has_raw_negatives: bool,
}

impl DataModel for RoundedSamples {
    fn dictionary(&self) -> &Dictionary {
        self.model.dictionary()
    }

    fn draw_latent(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        self.model.draw_latent(stream, row, latent);
    }

    fn draw_noise(&self, stream: &Stream, row: u32, noise: &mut [f32]) {
        self.model.draw_noise(stream, row, noise);
    }

    fn activity(&self) -> f64 {
        self.model.activity()
    }

    fn noise_variance(&self) -> f64 {
        self.model.noise_variance()
    }

    fn draw(&self, stream: &Stream, row: u32, x: &mut [f32], latent: &mut [f32]) {
        self.model.draw(stream, row, x, latent);
        let is_negative = stream.purpose() == Purpose::NEGATIVES;
        let is_multiplied = if is_negative { self.has_raw_negatives } else { self.has_one_view };
        if is_multiplied {
            round_all(x);
        }
    }
}

/// Views that are rounded.
struct RoundedViews(Box<dyn Augmentation>);

impl Augmentation for RoundedViews {
    fn views(&self, from: &Origin<'_>, sample: &mut [f32], positive: &mut [f32]) {
        self.0.views(from, sample, positive);
        round_all(sample);
        round_all(positive);
    }

    fn single_view(&self, from: &Origin<'_>, sample: &mut [f32]) {
        self.0.single_view(from, sample);
        round_all(sample);
    }

    fn positive_is_anchor(&self) -> bool {
        self.0.positive_is_anchor()
    }
}

/// The reference step on samples, views and weights that are rounded. Against plain ones a mixed step is off by up to a
/// fifth: rounding opens and closes gates, and so few anchors average little of that out.
fn rounded_reference(mut parts: Parts) -> Sampled {
    let has_one_view = parts.augmentation.positive_is_anchor();
    let has_raw_negatives = parts.batch.negative_views == NegativeViews::Raw;
    parts.augmentation = Box::new(RoundedViews(parts.augmentation));
    let data = RoundedSamples { model: run().data(), has_one_view, has_raw_negatives };
    let mut process = Sampled::new(Box::new(data), parts).unwrap().by_reference();
    let mut snapshot = process.snapshot();
    let (_, weights) = snapshot.arrays.iter_mut().find(|(name, _)| name == "weights").unwrap();
    round_all(weights.as_mut_slice());
    process.restore(&snapshot).unwrap();
    process
}

/// Takes a step side by side and compares how far W has moved as a whole.
fn compare_mixed(what: &str, bias: f64, found: &mut dyn Dynamics, wanted: &mut dyn Dynamics) {
    let moved = |dynamics: &mut dyn Dynamics| -> Vec<f64> {
        let start = state_of(&dynamics.snapshot());
        set_biases(dynamics, &vec![bias; start.bias.len()]);
        assert!(dynamics.step().is_some());
        let now = state_of(&dynamics.snapshot()).weights;
        now.as_slice().iter().zip(start.weights.as_slice()).map(|(a, b)| a - b).collect()
    };
    let (found, wanted) = (moved(found), moved(wanted));
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let off = norm(&mut found.iter().zip(&wanted).map(|(a, b)| a - b));
    let whole = norm(&mut wanted.iter().copied());
    assert!(off <= MIXED_TOLERANCE * whole, "{what}: off by {off:e} of {whole:e}");
}

#[test]
fn every_fast_step_in_the_ambient_space_is_the_reference_step() {
    let (mut compared, mut slow, mut open, mut closed) = (0, 0, 0, 0);
    every_choice(|choice| {
        for batch in every_batch() {
            let start = || {
                let parts = parts(choice, batch)?;
                // Without masks there is nothing to fill in, and with one feature nothing to guess it from: such
                // runs are refused.
                let fills_in = parts.objective.needs().inputs;
                let made = Sampled::new(Box::new(run().data()), parts);
                made.inspect_err(|error| assert!(fills_in || error.name == "features", "{error}")).ok()
            };
            let Some(process) = start() else { continue };
            if !process.is_fast() {
                assert!(process.with_arithmetic(Arithmetic::Mixed).is_err());
                slow += 1;
                continue;
            }
            for bias in BIASES {
                let what = format!("{choice:?} on {batch:?} at {bias}");
                let mut reference = start().unwrap().by_reference();
                let share = compare(&what, bias, &mut start().unwrap(), &mut reference, (2, TOLERANCE));
                open += usize::from(share > 0.5);
                closed += usize::from(share > 0.0 && share < 0.12);
                let mut mixed = start().unwrap().with_arithmetic(Arithmetic::Mixed).unwrap();
                let mut reference = rounded_reference(parts(choice, batch).unwrap());
                compare_mixed(&format!("mixed {what}"), bias, &mut mixed, &mut reference);
                compared += 2;
            }
        }
    });
    // Four augmentations, InfoNCE and spectral with and without StopGrad, four kinds of negatives; most of
    // these 64 have gates mostly open at the first threshold and mostly closed at the second.
    assert!(compared >= 4 * 4 * 4 * 4 && slow >= 344, "{compared} compared, {slow} by the reference step");
    assert!(open >= 40 && closed >= 40, "{open} with open gates, {closed} with closed ones");
}

/// A law whose whole space the learner sees: reduced dynamics then adds nothing outside, and is the reference step on
/// samples in the learner's coordinates. With more directions only laws can be compared (`reduced`).
fn law_without_outside() -> SparseCodingLaw {
    let run = run();
    SparseCodingLaw {
        ambient_dim: run.latent_dim + run.rule.width,
        latent_dim: run.latent_dim,
        latent: Arc::new(Independent { activity: run.activity }),
        noise_variance: run.noise_variance,
        direction_count: 0,
        direction_variance: run.noise_variance,
    }
}

#[test]
fn every_reduced_step_that_leaves_nothing_out_is_the_reference_step() {
    let (run, law) = (run(), law_without_outside());
    let data = law.in_coordinates(run.rule.width).unwrap();
    let (mut compared, mut refused) = (0, 0);
    every_choice(|choice| {
        let is_one_view = choice.0.build(&()).unwrap().positive_is_anchor();
        for batch in every_batch().into_iter().filter(|_| is_one_view) {
            let start = || Reduced::new(&law, MaskJitter::Kept, parts(choice, batch).unwrap());
            let reduced = match start() {
                Ok(reduced) => reduced,
                Err(error) => {
                    let needs = choice.2.build(&()).unwrap().needs();
                    let has_memory = !choice.3.build(&()).unwrap().is_plain();
                    assert!(
                        needs.target || needs.inputs || has_memory || error.name == "features",
                        "{error}"
                    );
                    refused += 1;
                    continue;
                }
            };
            let state = reduced.snapshot();
            for bias in BIASES {
                let mut reference = Sampled::new(Box::new(data.clone()), parts(choice, batch).unwrap())
                    .unwrap()
                    .by_reference();
                reference.restore(&state).unwrap();
                let what = format!("reduced {choice:?} on {batch:?} at {bias}");
                compare(&what, bias, &mut start().unwrap(), &mut reference, (2, TOLERANCE));
                compared += 1;
            }
        }
    });
    assert!(compared >= 2 * 4 * 5 * 2 && refused >= 50, "{compared} compared, {refused} refused");
}

/// A head sees features alone, so reduced dynamics takes every head.
#[test]
fn every_reduced_step_with_a_head_is_the_reference_step() {
    let (run, law) = (run(), law_without_outside());
    let data = law.in_coordinates(run.rule.width).unwrap();
    let mut compared = 0;
    for head in Chosen::<Option<Box<dyn Head>>>::examples().unwrap() {
        for batch in every_batch() {
            let parts = || Parts {
                augmentation: Box::new(Identity),
                head: head.build(&()).unwrap(),
                batch,
                rule: run.rule.clone(),
                seed: run.seed,
                ..Parts::default()
            };
            let mut reduced = Reduced::new(&law, MaskJitter::Kept, parts()).unwrap();
            let mut reference = Sampled::new(Box::new(data.clone()), parts()).unwrap().by_reference();
            reference.restore(&reduced.snapshot()).unwrap();
            let what = format!("reduced {head:?} on {batch:?}");
            compare(&what, BIASES[0], &mut reduced, &mut reference, (2, TOLERANCE));
            compared += 1;
        }
    }
    assert!(compared >= 4 * (1 + 2 + 12), "{compared}");
}
