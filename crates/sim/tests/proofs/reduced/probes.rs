//! Linear probes on f(x) score alike on both dynamics.

use super::case::{Case, Views, base, reduced, sampled};
use super::two_samples::{Family, welch};
use featurescope_sim::data::SparseCodingLaw;
use featurescope_sim::math::{Purpose, Stream};
use featurescope_sim::probe::{FeatureKind, LabelledSet, LadderSettings, climb};
use featurescope_sim::train::{Dynamics, StagedBias, TrainingRule};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const STEPS: usize = 120;
const SEEDS: u64 = 20;

/// R² and accuracy from 300 labels.
fn scores(dynamics: &mut dyn Dynamics, seed: u64) -> [f64; 2] {
    (0..STEPS).for_each(|_| assert!(dynamics.step().is_some()));
    let draw = |purpose, rows| dynamics.represent(&Stream::new(seed, purpose, 0), 0, rows);
    let sets = [
        draw(Purpose::PROBE_TRAINING, 300),
        draw(Purpose::PROBE_VALIDATION, 200),
        draw(Purpose::PROBE_TEST, 1000),
    ];
    let [train, validation, test] =
        sets.each_ref().map(|set| LabelledSet { features: &set.features, latent: &set.latent });
    let settings = LadderSettings { labels: vec![300], seed, ..LadderSettings::default() };
    let found =
        climb(&settings, FeatureKind::Learned, train, validation, test, &AtomicBool::new(false)).unwrap();
    [found[0].score, found[1].score]
}

#[test]
fn probes_score_alike() {
    for views in [Views::None, Views::RandomMask(0.5)] {
        let case = base(views);
        let bias = Arc::new(StagedBias { reset: 0.8, growth: 0.2, cap: 0.45 });
        let law = SparseCodingLaw { ambient_dim: 1024, ..case.law.clone() };
        let case = Case { name: "probes", law, rule: TrainingRule { bias, ..case.rule }, ..case };
        let ran = |from: u64, start: &dyn Fn(&Case, u64) -> Box<dyn Dynamics>| -> Vec<[f64; 2]> {
            (from..from + SEEDS).map(|seed| scores(start(&case, seed).as_mut(), seed)).collect()
        };
        let (one, other) = (ran(1, &sampled), ran(10_000, &reduced));
        let mut family = Family::default();
        for (f, what) in ["R²", "accuracy"].into_iter().enumerate() {
            let of = |all: &[[f64; 2]]| all.iter().map(|scores| scores[f]).collect::<Vec<_>>();
            family.compare_means(what, &of(&one), &of(&other));
            family.compare_spreads(what, &of(&one), &of(&other));
        }
        family.assert_equal(&format!("probes, {views:?}"));
        let found: Vec<f64> = one.iter().map(|scores| scores[0]).collect();
        let (p, above_nothing, _) = welch(&found, &vec![0.0; found.len()]);
        assert!(p < 1e-6 && above_nothing > 0.0, "the probes have learned something: {found:?}");
    }
}
