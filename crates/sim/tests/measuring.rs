//! Measuring a real run: it changes nothing, and every declared column is written.

#![allow(clippy::unwrap_used, reason = "tests")]

use featurescope_sim::augment::{Identity, IntervalMasks};
use featurescope_sim::data::DataTraits;
use featurescope_sim::data::{DataModel, DenseNoise, Dictionary, Independent, SparseCoding};
use featurescope_sim::math::{Purpose, Stream};
use featurescope_sim::measure::{
    Column, Every, FreshSamples, LuckRule, Measure, MeasureSettings, Reading, Record, Recorder, Values,
    standard,
};
use featurescope_sim::network::{Network, SymRelu};
use featurescope_sim::objective::{InfoNce, NegativeSet, Regression, StopGrad};
use featurescope_sim::part::{Chosen, Value};
use featurescope_sim::train::{
    BatchPlan, ConstantRate, Dynamics, NegativeViews, NoAdversary, Parts, RateRule, Sampled, Sgd, StageRule,
    StagedBias, TrainingRule,
};
use std::sync::Arc;

const LATENT_DIM: usize = 8;
const WIDTH: usize = 24;
const STEPS: u64 = 80;
const SEED: u64 = 4;

fn data() -> SparseCoding {
    let law = Arc::new(Independent { activity: 0.15 });
    let dictionary = Dictionary::haar(64, LATENT_DIM, SEED).unwrap();
    SparseCoding::new(dictionary, law, DenseNoise::isotropic(0.05).unwrap()).unwrap()
}

fn rule() -> TrainingRule {
    TrainingRule {
        width: WIDTH,
        initial_norm: 0.05,
        rate: RateRule { learning_rate: 0.5, schedule: Arc::new(ConstantRate), weight_decay: 1e-3 },
        bias: Arc::new(StagedBias { reset: 0.8, growth: 0.2, cap: 0.4 }),
        stages: StageRule { first_energy_ratio: 1.3, second_energy_ratio: 2.0 },
        steps: STEPS,
    }
}

fn contrastive() -> Sampled {
    Sampled::new(
        Box::new(data()),
        Parts {
            optimizer: Box::new(Sgd),
            head: None,
            adversary: Box::new(NoAdversary),
            augmentation: Box::new(IntervalMasks::complementary(0.5).unwrap()),
            network: Box::new(SymRelu),
            objective: Box::new(InfoNce::new(1.0, StopGrad::Targets).unwrap()),
            batch: BatchPlan {
                anchors: 64,
                negatives: 32,
                negative_set: NegativeSet::Fresh,
                negative_views: NegativeViews::Raw,
            },
            rule: rule(),
            seed: SEED,
        },
    )
    .unwrap()
}

fn measures() -> Vec<Box<dyn Measure>> {
    let samples = FreshSamples { seed: SEED, count: 64 };
    standard(&MeasureSettings {
        samples,
        luck: LuckRule::per_atom(LATENT_DIM, WIDTH, LuckRule::POTENTIAL_PER_ATOM),
        data: DataTraits::default(),
    })
}

/// Runs to the end and returns the recorder and what it saw.
fn record(dynamics: &mut dyn Dynamics, measures: Vec<Box<dyn Measure>>) -> (Recorder, Vec<Record>) {
    let mut recorder = Recorder::new(measures, Arc::new(Every { steps: 20 }), STEPS);
    let mut records = Vec::from_iter(recorder.observe(&dynamics.view()));
    while let Some(view) = dynamics.step() {
        records.extend(recorder.observe(&view));
    }
    (recorder, records)
}

#[test]
fn measuring_changes_nothing() {
    let (mut measured, mut unmeasured) = (contrastive(), contrastive());
    let (_, records) = record(&mut measured, measures());
    while unmeasured.step().is_some() {}
    assert!(records.len() > 4);
    assert_eq!(measured.snapshot(), unmeasured.snapshot());
    assert_eq!(measured.learner().step(), STEPS);
}

/// Reads other samples than everybody else, and everything that is shared.
struct Extra;

impl Measure for Extra {
    fn columns(&self) -> &'static [Column] {
        const { &[Column::new("extra", "1", "an added measurement")] }
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let other = reading.decomposed(FreshSamples { seed: SEED + 1, count: 200 });
        out.scalar("extra", f64::from(other.features.as_slice()[0]) + reading.atoms()[0].cosine);
    }
}

#[test]
fn an_added_measurement_changes_no_other() {
    let (_, plain) = record(&mut contrastive(), measures());
    let mut more: Vec<Box<dyn Measure>> = vec![Box::new(Extra)];
    more.extend(measures());
    let (_, with_extra) = record(&mut contrastive(), more);
    assert_eq!(plain.len(), with_extra.len());
    let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    for (plain, with_extra) in plain.iter().zip(&with_extra) {
        assert_eq!(plain.step, with_extra.step);
        assert_eq!(bits(&plain.scalars), bits(&with_extra.scalars[1..]));
        assert_eq!(plain.neurons, with_extra.neurons);
    }
}

#[test]
fn every_declared_column_is_written() {
    let mut dynamics = contrastive();
    let (recorder, records) = record(&mut dynamics, measures());
    assert!(
        dynamics.view().stages.first.is_some(),
        "the run has to reach T1 for this test to see every column"
    );
    for (c, column) in recorder.columns().iter().enumerate() {
        let written = records.iter().any(|record| record.scalars[c].is_finite());
        assert!(written, "`{}` is NaN throughout", column.name);
        assert!(!column.unit.is_empty() && !column.doc.is_empty());
    }
    let neuron_columns = recorder.neuron_columns();
    for record in &records {
        assert_eq!(record.neurons.len(), neuron_columns.len());
        for (values, column) in record.neurons.iter().zip(&neuron_columns) {
            assert!(values.len() == WIDTH && values.iter().all(|v| v.is_finite()), "`{}`", column.name);
        }
    }
    assert_eq!(recorder.atom_histories().map(<[_]>::len), Some(LATENT_DIM));
}

/// The figures of the last record against the weights themselves, by loops over W and M.
#[test]
fn energies_and_alignments_agree_with_the_weights() {
    let mut dynamics = contrastive();
    let (recorder, records) = record(&mut dynamics, measures());
    let (weights, model) = (dynamics.learner().weights(), data());
    let last = records.last().unwrap();
    let column = |name| &last.neurons[recorder.neuron_columns().iter().position(|c| c.name == name).unwrap()];
    for (i, w) in weights.iter_rows().enumerate() {
        let product =
            |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
        let coordinates: Vec<f64> =
            model.dictionary().atoms().iter_rows().map(|atom| product(w, atom)).collect();
        let (energy, sparse) = (product(w, w), coordinates.iter().map(|c| c * c).sum::<f64>());
        let largest = coordinates.iter().fold(0.0f64, |largest, c| largest.max(c.abs()));
        let close = |name, expected: f64| {
            let found = f64::from(column(name)[i]);
            // Products in single precision over 64 coordinates.
            assert!(
                (found - expected).abs() < 1e-5 * energy.max(1.0),
                "{name} of neuron {i}: {found}, {expected}"
            );
        };
        close("norm", energy.sqrt());
        close("sparse_energy", sparse);
        close("dense_energy", energy - sparse);
        close("alignment", largest / energy.sqrt());
    }
}

#[test]
fn a_supervised_run_leaves_the_contrastive_columns_undefined() {
    let parts = Parts {
        augmentation: Box::new(Identity),
        objective: Box::new(Regression::new(None, 1.0).unwrap()),
        batch: BatchPlan { anchors: 32, ..BatchPlan::default() },
        rule: rule(),
        seed: SEED,
        ..Parts::default()
    };
    let mut process = Sampled::new(Box::new(data()), parts).unwrap();
    let (recorder, records) = record(&mut process, measures());
    let last = records.last().unwrap();
    let value = |name| last.scalars[recorder.columns().iter().position(|c| c.name == name).unwrap()];
    for name in
        ["positive_logit", "negative_logit", "positive_probability", "bias_attraction", "bias_repulsion"]
    {
        assert!(value(name).is_nan(), "{name}");
    }
    for name in
        ["loss", "dense_energy_fraction", "noise_cosine", "signal_cosine", "firing_rate", "coverage_70"]
    {
        assert!(value(name).is_finite(), "{name}");
    }
}

/// Compares what measurements share with samples that are decomposed all at once.
struct Whole;

impl Measure for Whole {
    fn columns(&self) -> &'static [Column] {
        const { &[Column::new("features", "features", "features of a sample")] }
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        // More than measurements take at a time.
        const COUNT: usize = 200;
        let shared = reading.decomposed(FreshSamples { seed: SEED, count: COUNT });
        let stream = Stream::new(SEED, Purpose::MEASUREMENT, 0);
        let whole = reading.view.dynamics.decompose(&stream, 0, COUNT);
        for (shared, whole) in [
            (&shared.features, &whole.features),
            (&shared.signal, &whole.signal),
            (&shared.noise, &whole.noise),
            (&shared.latent, &whole.latent),
        ] {
            assert_eq!((shared.rows(), shared.cols()), (whole.rows(), whole.cols()));
            let pairs = shared.as_slice().iter().zip(whole.as_slice());
            assert!(pairs.map(|(a, b)| (a - b).abs()).all(|off| off < 1e-5));
        }
        out.scalar("features", shared.features.cols() as f64);
    }
}

/// What speaks of the first layer keeps its meaning; what takes a feature for a neuron says nothing.
#[test]
fn a_deeper_network_is_measured_with_fewer_and_with_more_features_than_neurons() {
    for features in [3, 2 * WIDTH] {
        let values = vec![("width", Value::Whole(WIDTH as i64)), ("features", Value::Whole(features as i64))];
        let network = Chosen::<Box<dyn Network>>::new("two_layers", values).unwrap().build(&()).unwrap();
        let parts = Parts { network, rule: rule(), seed: SEED, ..Parts::default() };
        let mut process = Sampled::new(Box::new(data()), parts).unwrap();
        let mut measures = measures();
        measures.push(Box::new(Whole));
        let (recorder, records) = record(&mut process, measures);
        let last = records.last().unwrap();
        let value = |name| last.scalars[recorder.columns().iter().position(|c| c.name == name).unwrap()];
        assert_eq!(value("features"), features as f64);
        for name in ["firing_rate", "dead_neurons", "thresholded_feature_energy_mean"] {
            assert!(value(name).is_nan(), "{name} of {features} features");
        }
        for name in [
            "loss",
            "dense_energy_fraction",
            "coverage_70",
            "gate_opening_atoms",
            "anchor_firing_rate",
            "noise_cosine",
            "signal_cosine",
            "effective_rank",
        ] {
            assert!(value(name).is_finite(), "{name} of {features} features");
        }
        assert!(value("effective_rank") <= (features as f64).min(64.0) + 1e-6);
    }
}
