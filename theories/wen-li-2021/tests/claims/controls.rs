//! Where statements must fail: controls at the settings of a subject, and runs that learn nothing.

use super::*;

#[test]
fn controls_that_do_not_fail_are_named() {
    let claims = claims().unwrap();
    let c = find(&claims, "Lemma F.1, dense");
    let test = &claims[c].tests[0];
    let mut made = observations(c, 0, test, figures(test.bounds())[0]);
    let mut control = made.clone();
    for observation in &mut control {
        observation.setting = setting(Role::named("random_mask_zero"), Axis::LatentDim, 64.0);
    }
    made.extend(control);
    let warnings = judge_observations(&claims, &made).warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("Lemma F.1, dense"), "{warnings:?}");
}

/// Settings of a made-up arm, with the differences that its role has from a masked one and further ones.
fn settings(role: Role, others: &[(&str, i64)]) -> Arc<Settings> {
    let mut all = Settings::default();
    for (key, value) in [("batch.anchors", 256), ("training.steps", 100)].iter().chain(others) {
        all.insert(key, &toml::Value::from(*value));
    }
    for key in PAPER.roles().unwrap().difference(Role::named("random_mask_staged"), role) {
        all.insert(&format!("{key}.kind"), &toml::Value::from(role.words()));
    }
    Arc::new(all)
}

/// A control that differs in steps as well decides nothing and names them; one that differs in what makes it
/// a control only, counts.
#[test]
fn controls_count_at_the_settings_of_a_subject() {
    let claims = claims().unwrap();
    let c = find(&claims, "Theorem 3.4 (iii)");
    let test = &claims[c].tests[0];
    let of = |role: Role, others: &[(&str, i64)]| -> Vec<Observation> {
        let mut made = observations(c, 0, test, figures(test.bounds())[0]);
        for observation in &mut made {
            observation.setting = setting(role, Axis::LatentDim, 64.0);
            observation.setting.settings = settings(role, others);
        }
        made
    };
    let board = |others: &[(&str, i64)]| -> Scoreboard {
        let subjects = of(Role::named("random_mask_staged"), &[]);
        judge_observations(
            &claims,
            &subjects.into_iter().chain(of(Role::named("none_staged"), others)).collect::<Vec<_>>(),
        )
    };
    let control = |board: &Scoreboard| board.claims[c].tests[0].controls[0].verdict.clone();
    let fair = board(&[]);
    assert_eq!(control(&fair), Verdict::Supported);
    assert!(
        fair.warnings.iter().any(|warning| warning.contains("a control is supported")),
        "{:?}",
        fair.warnings
    );
    let unfair = board(&[("training.steps", 540)]);
    let Verdict::Undecided { reason } = control(&unfair) else { panic!("{:?}", control(&unfair)) };
    assert_eq!(reason, Reason::NotAtSubjectsSettings { settings: vec!["training.steps".to_owned()] });
    assert!(reason.to_string().contains("training.steps"), "{reason}");
    assert!(!unfair.warnings.iter().any(|warning| warning.contains("a control")), "{:?}", unfair.warnings);
}

/// What a run supports that learns nothing is no evidence of learning, whatever the others say.
#[test]
fn runs_that_learn_nothing_take_a_statement_its_worth() {
    let claims = claims().unwrap();
    let c = find(&claims, "Theorem 3.2 (i)");
    let test = &claims[c].tests[0];
    let made = observations(c, 0, test, figures(test.bounds())[0]);
    let idle = |kind: usize| {
        let arm = setting(Role::named("none_zero"), Axis::LatentDim, 32.0);
        let mut idle = observations(c, 0, test, figures(test.bounds())[kind]);
        idle.retain(|observation| observation.setting.role == Role::named("none_zero"));
        for observation in &mut idle {
            observation.setting = ArmSetting { idleness: Some(Idleness::named("untrained")), ..arm.clone() };
        }
        idle
    };
    let board = |idle: Vec<Observation>| {
        judge_observations(&claims, &made.iter().cloned().chain(idle).collect::<Vec<_>>())
    };
    assert_eq!(board(Vec::new()).claims[c].verdict, Verdict::Supported);
    assert_eq!(board(idle(1)).claims[c].verdict, Verdict::Supported, "it fails on a run that learns nothing");
    let empty = board(idle(0));
    assert_eq!(empty.claims[c].verdict, Verdict::NoEvidence);
    assert!(empty.warnings[0].contains("learns nothing (untrained)"), "{:?}", empty.warnings);
    let count = |board: &Scoreboard| {
        board.counts.iter().find(|count| count.about == Some(About::End)).copied().unwrap()
    };
    assert_eq!((count(&empty).no_evidence, count(&empty).supported), (1, 0));
    let other =
        (empty.claims.iter()).find(|claim| claim.tests.iter().any(|test| !test.idle.is_empty())).unwrap();
    assert_eq!(other.id, "Theorem 3.2 (i)");
}
