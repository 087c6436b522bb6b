//! The kinds of arms that the paper speaks of, on the arms of its experiments and on arms outside of its range.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_lab::claim::claims;
use featurescope_lab::experiments::Experiment;
use featurescope_lab::paper::{Role, ship};
use featurescope_lab::spec::{Layer, Spec};
use featurescope_wen_li_2021::PAPER;
use std::collections::BTreeSet;

/// The roles that fit each arm of an experiment.
fn fitting(experiment: &str, overrides: &[&str]) -> Vec<Vec<&'static str>> {
    ship(&[&PAPER]);
    let mut layers = Experiment::find(experiment).unwrap().layers(true).unwrap();
    let arguments: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    layers.push(Layer::overrides(&arguments).unwrap());
    let mut points = Spec::all_from_layers(&layers).unwrap();
    let spec = points.swap_remove(0).spec;
    let of_arm = |(_, own): &(String, featurescope_lab::spec::values::Values)| {
        let value = |key: &str| own.get(key).or_else(|| spec.values.shared.get(key));
        PAPER.roles().unwrap().fitting(value).into_iter().map(Role::name).collect()
    };
    spec.values.arms.iter().map(of_arm).collect()
}

fn roles(experiment: &str, overrides: &[&str]) -> Vec<Option<&'static str>> {
    fitting(experiment, overrides).into_iter().map(|roles| roles.first().copied()).collect()
}

#[test]
fn arms_are_recognised_by_their_settings() {
    let paper = ["random_mask_staged", "none_zero", "none_staged", "supervised"].map(Some);
    assert_eq!(roles("paper", &[]), paper);
    assert_eq!(roles("trained-bias", &[]), ["random_mask_trained", "none_trained"].map(Some));
    assert!(roles("mask-strength", &[]).contains(&Some("independent_masks")));
    let square = roles("paper", &["data.ambient_dim=32"]);
    assert_eq!(square, [Some("square_dictionary"), None, None, Some("supervised")]);
    let hidden = roles("paper", &["data.dictionary.kind=axes"]);
    assert_eq!(hidden, [Some("coordinate_atoms"), None, None, Some("supervised")]);
    let far = roles("paper", &["arms.random_mask.objective.temperature=.01"]);
    assert_eq!(far[0], Some("low_temperature"));
    let hot = roles("paper", &["arms.random_mask.objective.temperature=100"]);
    assert_eq!(hot[0], None, "outside the theory, but no control");
    for other in [
        "training.optimizer.kind=momentum",
        "network.output=normalised",
        "network.kind=relu",
        "head={kind=\"linear\", outputs=4}",
    ] {
        assert_eq!(roles("paper", &[other]), [None; 4], "{other}");
    }
    let uneven = roles("paper", &["arms.random_mask.augmentation.keep_rate=0.3"]);
    assert_eq!(uneven[0], None);
    assert_eq!(roles("paper", &["bias.kind=zero"])[0], Some("random_mask_zero"));
    assert_eq!(roles("paper", &["objective.stop_gradient=nowhere"])[0], None);
    assert_eq!(roles("paper", &["objective.kind=spectral"])[0], None);
}

/// What is on the edge of several roles has one of them at most: every arm of every experiment, with every pair of
/// changes that takes an arm out of the range of the theory.
#[test]
fn no_arm_has_two_roles() {
    const CHANGES: &[&str] = &[
        "data.ambient_dim=48",
        "data.dictionary.kind=axes",
        "objective.temperature=0.05",
        "objective.temperature=0.1",
        "objective.temperature=10",
        "bias.kind=zero",
        "bias={kind=\"trained\", learning_rate=1}",
        "augmentation.kind=none",
        "augmentation.kind=independent_masks",
    ];
    ship(&[&PAPER]);
    let mut seen = BTreeSet::new();
    for experiment in PAPER.experiments {
        for first in CHANGES {
            for second in CHANGES {
                let key = |change: &str| change.split(['=', '.']).next().unwrap().to_owned();
                let changes = if key(first) == key(second) { vec![*first] } else { vec![*first, *second] };
                for roles in fitting(experiment.name, &changes) {
                    assert!(roles.len() <= 1, "{} with {changes:?}: {roles:?}", experiment.name);
                    seen.extend(roles);
                }
            }
        }
    }
    let all: BTreeSet<&str> = PAPER.roles().unwrap().all().map(Role::name).collect();
    assert_eq!(seen, all, "every role is met");
}

fn augmentation(role: &'static str) -> &'static str {
    match role {
        "none_zero" | "none_staged" | "none_trained" => "none",
        "independent_masks" => role,
        _ => "random_mask",
    }
}

fn thresholds(role: &str) -> &'static str {
    match role {
        "random_mask_zero" | "none_zero" => "zero",
        "random_mask_trained" | "none_trained" => "trained",
        _ => "staged",
    }
}

/// The setting that takes an arm out of what theory speaks of.
fn oddity(role: &str) -> Option<&'static str> {
    match role {
        "square_dictionary" => Some("data.ambient_dim"),
        "coordinate_atoms" => Some("data.dictionary"),
        "low_temperature" => Some("objective.temperature"),
        _ => None,
    }
}

/// What makes an arm a control of another, for every pair that the claims compare: thresholds, augmentation, and the
/// one setting that takes it out of the range of the theory.
#[test]
fn controls_differ_in_what_makes_them_controls() {
    ship(&[&PAPER]);
    let mut compared = 0;
    for claim in claims(&PAPER).unwrap() {
        for test in &claim.tests {
            for (&subject, &control) in
                test.arms().iter().flat_map(|arm| test.controls().iter().map(move |it| (arm, it)))
            {
                let (a, b) = (subject.name(), control.name());
                let mut expected: BTreeSet<&str> = [oddity(a), oddity(b)].into_iter().flatten().collect();
                expected.extend((augmentation(a) != augmentation(b)).then_some("augmentation"));
                expected.extend((thresholds(a) != thresholds(b)).then_some("bias"));
                let found = PAPER.roles().unwrap().difference(subject, control);
                let found: BTreeSet<&str> = found
                    .into_iter()
                    .map(|key| if key.starts_with("augmentation") { "augmentation" } else { key })
                    .collect();
                assert_eq!(found, expected, "{a} {b}");
                compared += 1;
            }
        }
    }
    assert!(compared > 50, "{compared}");
}
