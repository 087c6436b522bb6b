//! Rules step by step, against what their formulas say.

use super::*;
use crate::part::Chosen;

/// Atoms, and the step with which stage I ends.
const LATENT_DIM: usize = 100;
const T1: u64 = 5;

/// A step before, at or after T1 that takes two neurons from one pair of norms to another.
fn step<'a>(step: u64, old_norms: &'a [f32], norms: &'a [f32]) -> BiasStep<'a> {
    BiasStep {
        step,
        stages: StageTimes { first: (step >= T1).then_some(T1), second: None },
        latent_dim: LATENT_DIM,
        learning_rate: 2.0,
        rate_factor: 0.5,
        old_norms,
        norms,
        gradient: &[0.1, -0.2],
    }
}

fn unit() -> f32 {
    (2.0f64 * 100f64.ln() / 100.0).sqrt() as f32
}

#[test]
fn the_staged_rule_resets_grows_tracks_and_stops_at_the_cap() {
    let rule = StagedBias { reset: 1.0, growth: 0.5, cap: 0.4 };
    let mut bias = [0.0; 2];
    rule.advance(&mut bias, &mut [], &step(T1 - 1, &[1.0, 2.0], &[1.0, 2.0]));
    assert_eq!(bias, [0.0; 2]);
    rule.advance(&mut bias, &mut [], &step(T1, &[1.0, 2.0], &[1.0, 2.0]));
    assert_eq!(bias, [unit(), 2.0 * unit()]);
    // Slow norms: growth 1 + 0.5·2/100. Fast norms: tracking.
    rule.advance(&mut bias, &mut [], &step(T1 + 1, &[1.0, 2.0], &[1.0, 3.0]));
    assert!((bias[0] / unit() - 1.01).abs() < 1e-6 && (bias[1] / (3.0 * unit()) - 1.0).abs() < 1e-6);
    // A shrinking norm meets the cap.
    rule.advance(&mut bias, &mut [], &step(T1 + 2, &[1.0, 3.0], &[0.5, 3.0]));
    assert!((bias[0] - 0.2).abs() < 1e-6);
}

#[test]
fn training_starts_when_it_should() {
    let moved = |rule: &dyn BiasRule, at: u64| {
        let mut bias = [1.0; 2];
        rule.advance(&mut bias, &mut [], &step(at, &[1.0, 1.0], &[1.0, 2.0]));
        bias
    };
    // b − η_b · factor · gradient
    let descended = [1.0 - 3.0 * 0.5 * 0.1, 1.0 + 3.0 * 0.5 * 0.2];
    let late = TrainedBias { learning_rate: 3.0, reset: Some(0.5) };
    assert_eq!(moved(&late, T1 - 1), [1.0; 2]);
    assert_eq!(moved(&late, T1), [0.5 * unit(), unit()]);
    assert_eq!(moved(&late, T1 + 1), descended);
    let early = TrainedBias { learning_rate: 3.0, reset: None };
    assert_eq!([T1 - 1, T1, T1 + 1].map(|at| moved(&early, at)), [descended; 3]);
    assert_eq!(moved(&ZeroBias, T1 + 1), [1.0; 2]);
}

/// Along every rule that names its course: zero until T1, the reset at T1, never above the cap.
#[test]
fn every_rule_keeps_to_the_course_that_it_names() {
    let mut named = 0;
    for chosen in Chosen::<Arc<dyn BiasRule>>::examples().unwrap() {
        let (kind, rule) = (chosen.kind(), chosen.build(&()).unwrap());
        let mut memory: Vec<Matrix> = rule.memory().iter().map(|_| Matrix::zeros(1, 2)).collect();
        let (mut bias, mut norms) = ([0.0f32; 2], [1.0f32, 2.0]);
        let course = rule.course();
        named += usize::from(course.is_some());
        for at in 1..1000 {
            let (old, grown) = (norms, [norms[0] * 1.001, norms[1] * 1.002]);
            norms = grown;
            rule.advance(&mut bias, &mut memory, &step(at, &old, &norms));
            if rule.rests_until_first_stage_ends() && at < T1 {
                assert_eq!(bias, [0.0; 2], "{kind}");
            }
            let Some(BiasCourse { reset, cap }) = course else { continue };
            for (b, norm) in bias.iter().zip(norms) {
                let ratio = b / norm;
                assert!(ratio <= cap as f32 * 1.0001, "{kind}: {ratio} at step {at}");
                let at_first = (reset as f32 * unit()).min(cap as f32);
                assert!(at != T1 || (ratio - at_first).abs() < 1e-6, "{kind}: {ratio} at T1");
            }
        }
        let is_moved = bias.iter().any(|&b| b != 0.0);
        assert_eq!(is_moved, course.is_none_or(|course| course.cap > 0.0), "{kind}: {bias:?}");
    }
    assert!(named >= 2);
}

#[test]
fn ranges_are_checked() {
    let refused = |rule: &dyn BiasRule| rule.check().unwrap_err().name;
    let good = StagedBias::default();
    assert_eq!(refused(&StagedBias { reset: 0.0, ..good }), "bias.reset");
    assert_eq!(refused(&StagedBias { growth: f64::NAN, ..good }), "bias.growth");
    assert_eq!(refused(&StagedBias { cap: 0.0, ..good }), "bias.cap");
    assert_eq!(refused(&TrainedBias { learning_rate: -1.0, reset: None }), "bias.learning_rate");
    assert!(good.check().is_ok() && ZeroBias.check().is_ok());
}
