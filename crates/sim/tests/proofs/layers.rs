//! Steps of learners with upper layers, heads and batch normalisation: along the gradient of the loss, the
//! same bits from a stored state and on any number of threads, and with probes that read below the head.

use super::setup::{NO_STAGES, Run};
use featurescope_sim::augment::Identity;
use featurescope_sim::head::Head;
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::network::Network;
use featurescope_sim::objective::{InfoNce, Spectral, StopGrad};
use featurescope_sim::part::{Chosen, Value};
use featurescope_sim::train::{
    BatchPlan, ConstantRate, Dynamics, Parts, RateRule, Sampled, Snapshot, StageRule, StagedBias,
    TrainedBias, TrainingRule, ZeroBias,
};
use std::sync::Arc;

type ChosenNetwork = Chosen<Box<dyn Network>>;
type ChosenHead = Chosen<Option<Box<dyn Head>>>;

fn network(kind: &str, values: Vec<(&str, Value)>) -> ChosenNetwork {
    Chosen::new(kind, [vec![("width", Value::Whole(1))], values].concat()).unwrap()
}

fn head(kind: &str, values: Vec<(&str, Value)>) -> ChosenHead {
    Chosen::new(kind, values).unwrap()
}

/// Every word of every network's settings, with upper layers that are wider than one.
fn networks() -> Vec<ChosenNetwork> {
    let mut all: Vec<ChosenNetwork> = ["sym_relu", "relu", "linear"].map(|kind| network(kind, vec![])).into();
    for activation in ["sym_relu", "relu"] {
        for thresholds in ["zero", "trained", "ruled"] {
            for batch_norm in ["nowhere", "upper"] {
                let values = vec![
                    ("features", Value::Whole(5)),
                    ("activation", activation.into()),
                    ("upper_thresholds", thresholds.into()),
                    ("batch_norm", batch_norm.into()),
                ];
                let deeper = [values.clone(), vec![("hidden", Value::Whole(6))]].concat();
                all.extend([network("two_layers", values), network("three_layers", deeper)]);
            }
        }
    }
    all
}

fn heads() -> Vec<ChosenHead> {
    let mut all = vec![head("none", vec![]), head("linear", vec![("outputs", Value::Whole(4))])];
    for thresholds in ["zero", "trained"] {
        for batch_norm in ["nowhere", "hidden", "everywhere"] {
            all.push(head(
                "mlp",
                vec![
                    ("outputs", Value::Whole(4)),
                    ("hidden", Value::Whole(6)),
                    ("thresholds", thresholds.into()),
                    ("batch_norm", batch_norm.into()),
                    ("output", if batch_norm == "hidden" { "normalised" } else { "plain" }.into()),
                ],
            ));
        }
    }
    all
}

/// Every network without a head and with the largest, and every head on one layer and on two.
fn every_pair() -> Vec<(ChosenNetwork, ChosenHead)> {
    let (networks, heads) = (networks(), heads());
    let with = |networks: &[ChosenNetwork], heads: &[ChosenHead]| -> Vec<_> {
        let pairs = networks.iter().flat_map(|n| heads.iter().map(move |h| (n.clone(), h.clone())));
        pairs.collect()
    };
    let last = heads.len() - 1;
    [with(&networks, &heads[..1]), with(&networks, &heads[last..]), with(&networks[..4], &heads[1..last])]
        .concat()
}

fn run(bias_moves: bool) -> Run {
    let base = Run::default();
    let rule = TrainingRule {
        width: 7,
        initial_norm: 1.5,
        rate: RateRule { learning_rate: 0.1, schedule: Arc::new(ConstantRate), weight_decay: 0.0 },
        bias: if bias_moves {
            Arc::new(TrainedBias { learning_rate: 0.1, reset: None })
        } else {
            Arc::new(ZeroBias)
        },
        stages: NO_STAGES,
        ..base.rule
    };
    Run { ambient_dim: 12, rule, batch: BatchPlan { anchors: 48, negatives: 20, ..base.batch }, ..base }
}

/// The loss's own gradient flows everywhere.
fn start((network, head): &(ChosenNetwork, ChosenHead), rule: Option<TrainingRule>) -> Sampled {
    let network = network.build(&()).unwrap();
    let run = run(network.has_thresholds());
    let parts = Parts {
        augmentation: run.views.build(),
        objective: Box::new(InfoNce::new(1.0, StopGrad::Nowhere).unwrap()),
        network,
        head: head.build(&()).unwrap(),
        batch: run.batch,
        rule: rule.unwrap_or_else(|| run.rule.clone()),
        seed: run.seed,
        ..Parts::default()
    };
    Sampled::new(Box::new(run.data()), parts).unwrap()
}

fn array<'a>(snapshot: &'a mut Snapshot, name: &str) -> &'a mut Matrix {
    &mut snapshot.arrays.iter_mut().find(|(other, _)| other == name).unwrap().1
}

fn loss_at(process: &mut Sampled, state: &Snapshot) -> f64 {
    process.restore(state).unwrap();
    process.step().unwrap().batch.unwrap().loss
}

/// Half the distance of a difference quotient. The loss is known to 3·10⁻⁷, so a slope to 3·10⁻⁴.
const STEP: f32 = 5e-4;
/// Of an array's gradient. Some sample always crosses a kink on the way, and counts with half of its slope.
const TOLERANCE: f64 = 0.06;
/// Where a gradient is zero: a shift before a normalisation, a threshold that nothing reaches.
const ROUNDING: f64 = 3e-3;

/// Every array, moved by a step, against the slope of the loss along each of its entries.
#[test]
fn every_array_moves_along_the_gradient_of_the_loss() {
    let (mut compared, mut own) = (0, 0);
    for pair in every_pair() {
        let mut process = start(&pair, None);
        // Away from the start, where thresholds are zero and scales are one.
        let mut state = process.snapshot();
        for (number, (name, values)) in state.arrays.iter_mut().enumerate() {
            if name.contains("thresholds")
                || name.contains("scale")
                || name.contains("shift")
                || name == "bias"
            {
                let wave = |(i, v): (usize, &mut f32)| *v = 0.1 + 0.05 * ((7 * number + i) as f32).sin();
                values.as_mut_slice().iter_mut().enumerate().for_each(wave);
            }
        }
        loss_at(&mut process, &state);
        let moved = process.snapshot();
        for (name, after) in &moved.arrays {
            let is_learned = ["weights", "bias", "thresholds", "scale", "shift"];
            if !is_learned.iter().any(|part| name.rsplit('.').next().unwrap().starts_with(part)) {
                continue;
            }
            // The thresholds of an upper layer follow the rule of the first here: trained, at the same rate.
            let before = array(&mut state, name).clone();
            let (mut off, mut whole) = (0.0, 0.0);
            for entry in 0..before.as_slice().len() {
                let mut at = |by: f32| {
                    array(&mut state, name).as_mut_slice()[entry] = before.as_slice()[entry] + by;
                    loss_at(&mut process, &state)
                };
                let slope = (at(STEP) - at(-STEP)) / f64::from(2.0 * STEP);
                array(&mut state, name).as_mut_slice()[entry] = before.as_slice()[entry];
                let found = f64::from(before.as_slice()[entry] - after.as_slice()[entry]) / 0.1;
                if name == "bias" && !process.network().has_thresholds() {
                    assert_eq!((found, slope), (0.0, 0.0));
                }
                off += (found - slope).powi(2);
                whole += slope * slope;
                compared += 1;
            }
            let (off, whole) = (off.sqrt(), whole.sqrt());
            assert!(off <= TOLERANCE * whole + ROUNDING, "{name} of {pair:?}: off by {off:e} of {whole:e}");
            own += usize::from(name.contains('.') && whole > 10.0 * ROUNDING);
        }
    }
    assert!(compared > 10_000 && own > 150, "{compared} entries, {own} arrays above W with a gradient");
}

fn advance(process: &mut Sampled, steps: usize) -> Snapshot {
    (0..steps).for_each(|_| assert!(process.step().is_some()));
    process.snapshot()
}

/// Thresholds of the paper's schedule in every layer, with the end of stage I within a few steps.
fn staged() -> TrainingRule {
    let rule = run(true).rule;
    TrainingRule {
        initial_norm: 0.1,
        bias: Arc::new(StagedBias { reset: 1.0, growth: 0.5, cap: 0.9 }),
        stages: StageRule { first_energy_ratio: 1.0001, second_energy_ratio: 1e9 },
        ..rule
    }
}

#[test]
fn a_stored_state_with_layers_and_heads_goes_on_bit_for_bit() {
    let mut with_averages = 0;
    for pair in every_pair() {
        let straight = advance(&mut start(&pair, None), 4);
        let mut resumed = start(&pair, None);
        let stored = advance(&mut start(&pair, None), 2);
        resumed.restore(&stored).unwrap();
        assert!(advance(&mut resumed, 2) == straight, "{pair:?}");
        with_averages += usize::from(stored.arrays.iter().any(|(name, _)| name.contains("running_mean")));
        // A state without one of the arrays is not taken.
        if let Some(at) = stored.arrays.iter().position(|(name, _)| name.contains('.')) {
            let mut less = stored.clone();
            let (name, _) = less.arrays.remove(at);
            assert_eq!(resumed.restore(&less).unwrap_err().array, name);
        }
    }
    assert!(with_averages >= 12 + 27, "{with_averages}");
}

#[test]
fn thresholds_of_upper_layers_follow_the_rule_of_the_first() {
    let values = vec![("features", Value::Whole(5)), ("upper_thresholds", Value::from("ruled"))];
    let pair = (network("two_layers", values), head("none", vec![]));
    let mut process = start(&pair, Some(staged()));
    let ratios = |process: &Sampled| -> Vec<f32> {
        let mut state = process.snapshot();
        let weights = array(&mut state, "network.weights_2").clone();
        let thresholds = array(&mut state, "network.thresholds_2").as_slice().to_vec();
        let norms = weights.iter_rows().map(|row| row.iter().map(|w| w * w).sum::<f32>().sqrt());
        thresholds.into_iter().zip(norms).map(|(b, norm)| b / norm).collect()
    };
    while process.view().stages.first.is_none() {
        assert_eq!(ratios(&process), [0.0; 5]);
        assert!(process.step().is_some() && process.view().step < 1000);
    }
    let d = run(true).latent_dim as f32;
    let reset = (2.0 * d.ln() / d).sqrt().min(0.9);
    assert!(ratios(&process).iter().all(|ratio| (ratio - reset).abs() < 1e-5), "{:?}", ratios(&process));
    let (first, stored) = (ratios(&process), process.snapshot());
    let after = advance(&mut process, 5);
    assert!(ratios(&process) != first && ratios(&process).iter().all(|ratio| *ratio <= 0.9001));
    // The norms before a step are those of the stored weights.
    let mut resumed = start(&pair, Some(staged()));
    resumed.restore(&stored).unwrap();
    assert!(advance(&mut resumed, 5) == after);
}

#[test]
fn layers_and_heads_have_the_same_bits_on_any_number_of_threads() {
    let on = |threads: usize, pair: &(ChosenNetwork, ChosenHead)| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut process = start(pair, None);
        pool.install(|| advance(&mut process, 3))
    };
    let pairs = every_pair();
    for pair in pairs.iter().step_by(5) {
        let one = on(1, pair);
        assert!(on(2, pair) == one && on(4, pair) == one, "{pair:?}");
    }
}

/// What a head does to the features, a representation does not show.
#[test]
fn representations_are_read_below_the_head() {
    let plain = network("sym_relu", vec![]);
    let stream = Stream::new(3, Purpose::MEASUREMENT, 0);
    let read =
        |head: &ChosenHead| start(&(plain.clone(), head.clone()), None).represent(&stream, 0, 10).features;
    let heads = heads();
    let below = read(&heads[0]);
    assert_eq!(below.cols(), 7);
    let mut losses = Vec::new();
    for head in &heads[1..] {
        assert!(read(head) == below, "{head:?}");
        let mut process = start(&(plain.clone(), head.clone()), None);
        losses.push(process.step().unwrap().batch.unwrap().loss);
        let pairs = process.represent_pairs(&stream, 0, 10).unwrap();
        assert_eq!((pairs.anchor.cols(), pairs.positive.cols()), (7, 7));
    }
    losses.dedup();
    assert!(losses.len() >= 4, "the loss reads above the head: {losses:?}");
}

/// Measurements of a learner that normalises batches go by running averages: one sample alone has its
/// features.
#[test]
fn evaluation_does_not_depend_on_the_batch() {
    let values = vec![("features", Value::Whole(5)), ("batch_norm", Value::from("upper"))];
    let mut process = start(&(network("two_layers", values), head("none", vec![])), None);
    advance(&mut process, 5);
    let stream = Stream::new(3, Purpose::MEASUREMENT, 0);
    let together = process.represent(&stream, 0, 10).features;
    for row in 0..10 {
        let alone = process.represent(&stream, row, 1).features;
        let pairs = alone.as_slice().iter().zip(together.row(row));
        assert!(pairs.map(|(a, b)| (a - b).abs()).all(|off| off < 1e-5));
    }
    assert!(together.as_slice().iter().any(|h| *h != 0.0));
}

/// One sample has no statistics.
#[test]
fn normalising_a_batch_of_one_is_refused() {
    let values = vec![("features", Value::Whole(5)), ("batch_norm", Value::from("upper"))];
    let normalised = network("two_layers", values);
    let with = |batch: BatchPlan, network: &ChosenNetwork| {
        let run = run(true);
        let parts = Parts {
            augmentation: Box::new(Identity),
            objective: Box::new(Spectral::new(StopGrad::Targets)),
            network: network.build(&()).unwrap(),
            batch,
            rule: run.rule.clone(),
            ..Parts::default()
        };
        Sampled::new(Box::new(run.data()), parts).map(drop)
    };
    let batch = run(true).batch;
    let (one_anchor, one_negative) = (BatchPlan { anchors: 1, ..batch }, BatchPlan { negatives: 1, ..batch });
    assert_eq!(with(one_anchor, &normalised).unwrap_err().name, "batch.anchors");
    assert_eq!(with(one_negative, &normalised).unwrap_err().name, "batch.negatives");
    assert!(with(batch, &normalised).is_ok());
    assert!(with(one_anchor, &network("sym_relu", vec![])).is_ok());
}
