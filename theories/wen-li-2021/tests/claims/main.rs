//! Claims against the catalogue, and every verdict rule on made-up numbers.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_lab::claim::judge::{self, Reason};
use featurescope_lab::claim::measure::{self, ArmSetting, Ladder, Observation, Obstacle, Sizes};
use featurescope_lab::claim::*;
use featurescope_lab::evidence::{Gap, Moment};
use featurescope_lab::identity::{SettingKey, Settings};
use featurescope_lab::paper::{Idleness, Role, ship};
use featurescope_lab::stats::Range;
use featurescope_wen_li_2021::PAPER;
use std::collections::BTreeSet;
use std::sync::Arc;

mod controls;
mod stored;

const THEORY: &str = include_str!("../../theory.md");
/// The statement that a claim tests and that has no row of its own in the catalogue: the paper makes it in
/// its introduction.
const BESIDE_THE_CATALOGUE: &str = "comparison with supervised features";
const SEEDS: u64 = 5;

/// The paper's claims.
fn claims() -> Result<Vec<Claim>, ClaimError> {
    ship(&[&PAPER]);
    featurescope_lab::claim::claims(&PAPER)
}

fn judge_observations(claims: &[Claim], observations: &[Observation]) -> Scoreboard {
    judge::judge_observations(&PAPER, claims, observations)
}

/// The frozen statements, bounds and rules: the boards of `results/` were judged by them.
#[test]
fn the_claims_are_those_that_the_boards_were_judged_by() {
    let frozen = "f3870dfc0a3d6a23abedd50f1ee947831617078e668c7628d3441bbddeb00b10";
    assert_eq!(claims_digest(&PAPER).to_string(), frozen);
}

/// The first cells of all tables of section 5.
fn catalogue() -> BTreeSet<String> {
    let section = THEORY.split("\n## ").find(|section| section.starts_with("5. ")).unwrap();
    let cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    cells.map(|cell| cell.trim().to_owned()).filter(|cell| cell != "ID").collect()
}

#[test]
fn no_statement_of_the_catalogue_is_left_out() {
    let rows = catalogue();
    assert!(rows.len() > 70, "the catalogue has been read: {}", rows.len());
    let claimed: BTreeSet<String> = claims().unwrap().into_iter().map(|claim| claim.catalogue).collect();
    let missing: Vec<_> = rows.difference(&claimed).collect();
    assert!(missing.is_empty(), "no claim for {missing:?}");
    let unknown: Vec<_> = claimed.difference(&rows).filter(|id| *id != BESIDE_THE_CATALOGUE).collect();
    assert!(unknown.is_empty(), "no row for {unknown:?}");
}

#[test]
fn quantities_have_one_name_each_and_none_is_idle() {
    let mut names = BTreeSet::new();
    for quantity in PAPER.quantities.iter().copied().flatten() {
        assert!(names.insert(quantity.name), "{} twice", quantity.name);
        assert!(PAPER.doc(quantity.name).is_some_and(|doc| doc.len() > 10));
    }
    for claim in claims().unwrap() {
        for test in &claim.tests {
            names.remove(test.quantity().0);
            test.conditions().iter().for_each(|condition| {
                names.remove(condition.quantity.as_str());
            });
        }
    }
    assert!(names.is_empty(), "no claim asks for {names:?}");
}

/// A setting of the given size.
fn setting(role: Role, axis: Axis, size: f64) -> ArmSetting {
    let sizes = |wanted: Axis, otherwise: f64| if axis == wanted { size } else { otherwise };
    ArmSetting {
        arm: "made-up".to_owned(),
        role,
        idleness: None,
        sizes: Some(Sizes {
            latent_dim: sizes(Axis::LatentDim, 64.0) as usize,
            ambient_dim: sizes(Axis::AmbientDim, 1024.0) as usize,
            width: 256,
            anchors: sizes(Axis::Anchors, 256.0) as usize,
            negatives: 128,
            temperature: sizes(Axis::Temperature, 1.0),
            weight_decay: sizes(Axis::WeightDecay, 1e-4),
            activity_constant: 1.0,
            noise_constant: 1.0,
            steps: 100,
            reduced: false,
        }),
        experiment: "made-up".to_owned(),
        apart: String::new(),
        settings: Arc::default(),
        key: made_up_key(&format!("{axis:?} {size} {role:?}")),
        ladders: Axis::ALL
            .map(|other| (other, Ladder::Settings(made_up_key(&format!("{axis:?} {role:?}")))))
            .into(),
    }
}

fn made_up_key(name: &str) -> SettingKey {
    [("made_up", &toml::Value::from(name))].into_iter().collect::<Settings>().setting_key()
}

/// Figures that a test must support, refute, and leave open: (figure, spread over seeds).
fn figures(bounds: Bounds) -> [(f64, f64); 3] {
    match (bounds.at_least, bounds.at_most) {
        (Some(low), Some(high)) => {
            let width = high - low;
            [(0.5 * (low + high), 0.01 * width), (high + width, 0.01 * width), (high, 0.1 * width)]
        }
        (Some(low), None) => [(low + 1.0, 0.01), (low - 1.0, 0.01), (low, 0.5)],
        (_, Some(high)) => [(high - 1.0, 0.01), (high + 1.0, 0.01), (high, 0.5)],
        (None, None) => unreachable!("a claim without bounds is no claim"),
    }
}

/// Readings with this figure in every run of a test.
fn observations(c: usize, t: usize, test: &Test, (figure, spread): (f64, f64)) -> Vec<Observation> {
    let made = |setting: ArmSetting, seed: u64, value: f64| Observation {
        claim: c,
        test: t,
        setting,
        seed,
        value: Ok(value),
        range: Range::Any,
    };
    let off = |seed: u64| spread * (seed as f64 - 3.0);
    let of_arm = |&arm: &Role| -> Vec<Observation> {
        let Test::Scaling(scaling) = test else {
            let at = |seed| made(setting(arm, Axis::LatentDim, 64.0), seed, figure + off(seed));
            return (1..=SEEDS).map(at).collect();
        };
        let rung = |size: f64| {
            (1..=SEEDS).map(move |seed| {
                let y = (figure + 0.1 * off(seed)) * size.ln() + 5.0 * off(seed);
                let value = if scaling.scale == Scale::LogLog { y.exp() } else { y };
                made(setting(arm, scaling.against, size), seed, value)
            })
        };
        [64.0f64, 256.0, 1024.0].into_iter().flat_map(rung).collect()
    };
    test.arms().iter().flat_map(of_arm).collect()
}

/// Every rule of every claim, on numbers that leave no doubt either way, and on numbers around the bound.
#[test]
fn every_rule_supports_refutes_and_leaves_open() {
    let claims = claims().unwrap();
    let board = |kind: usize| {
        let of_claim = |(c, claim): (usize, &Claim)| -> Vec<Observation> {
            let made = |(t, test): (usize, &Test)| observations(c, t, test, figures(test.bounds())[kind]);
            claim.tests.iter().enumerate().flat_map(made).collect()
        };
        judge_observations(&claims, &claims.iter().enumerate().flat_map(of_claim).collect::<Vec<_>>())
    };
    let boards = [0, 1, 2].map(board);
    let mut tried = 0;
    for (c, claim) in claims.iter().enumerate() {
        let judged = |kind: usize| boards[kind].claims[c].verdict.clone();
        if claim.tests.is_empty() {
            assert!(matches!(judged(0), Verdict::NotTestable { .. }), "{}", claim.id);
            continue;
        }
        assert_eq!(judged(0), Verdict::Supported, "{}", claim.id);
        assert_eq!(judged(1), Verdict::Refuted, "{}", claim.id);
        assert!(matches!(judged(2), Verdict::Undecided { .. }), "{}: {:?}", claim.id, judged(2));
        tried += 1;
    }
    assert!(tried > 60, "only {tried} claims have tests");
}

fn find(claims: &[Claim], id: &str) -> usize {
    claims.iter().position(|claim| claim.id == id).unwrap()
}

/// A condition that is not met.
fn made_condition() -> Result<f64, Obstacle> {
    let bounds = Bounds { at_least: Some(0.5), at_most: None };
    let (quantity, value) = ("feature_energy_ratio".to_owned(), 0.1);
    Err(Obstacle::Condition { quantity, value, bounds: bounds.to_string() })
}

/// What does not speak of some runs is decided by the others: neither runs without the ambient space nor
/// those in which a condition fails stand in the way.
#[test]
fn settings_that_a_statement_does_not_speak_of_decide_nothing() {
    let claims = claims().unwrap();
    let c = find(&claims, "Lemma B.3.2");
    let test = &claims[c].tests[0];
    let mut made = observations(c, 0, test, figures(test.bounds())[0]);
    for gap in [Err(Obstacle::Gap(Gap::NoAmbientSpace)), made_condition()] {
        made.extend(observations(c, 0, test, figures(test.bounds())[0]).into_iter().map(
            |mut observation| {
                observation.setting = setting(Role::named("random_mask_staged"), Axis::LatentDim, 128.0);
                observation.value = gap.clone();
                observation
            },
        ));
        let result = judge_observations(&claims, &made).claims.swap_remove(c);
        assert_eq!(result.verdict, Verdict::Supported);
        assert_eq!(result.tests[0].judged().count(), 1);
    }
}

/// A condition may be asked of one kind of arm only: of controls, say, that need not fail otherwise.
#[test]
fn conditions_may_be_asked_of_one_kind_of_arm() {
    let claims = claims().unwrap();
    let test = claims[find(&claims, "Theorem D.5b")].tests[0].clone();
    let mut read = |name: &str, _: Moment| match name {
        "dense_condition_without_augmentation" | "threshold_over_noise" => Ok(2.0),
        _ => Ok(0.01),
    };
    assert_eq!(measure::read_test(&test, Role::named("random_mask_staged"), &mut read), Ok(0.01));
    let control = measure::read_test(&test, Role::named("none_zero"), &mut read);
    assert!(matches!(control, Err(Obstacle::Condition { .. })), "{control:?}");
}

/// What is missing is said: seeds, runs, values, conditions.
#[test]
fn undecided_verdicts_name_their_reason() {
    let claims = claims().unwrap();
    let c = find(&claims, "Theorem 3.2 (i)");
    let test = &claims[c].tests[0];
    let verdict = |observations: &[Observation]| {
        judge_observations(&claims, observations).claims.swap_remove(c).verdict
    };
    let reason = |observations: &[Observation]| match verdict(observations) {
        Verdict::Undecided { reason } => reason,
        other => panic!("{other:?}"),
    };
    let mut made = observations(c, 0, test, figures(test.bounds())[0]);
    assert!(matches!(reason(&[]), Reason::NoRuns { .. }));
    assert_eq!(reason(&made[..1]), Reason::TooFewSeeds { found: 1 });
    let same: Vec<Observation> = (0..5).map(|_| made[0].clone()).collect();
    assert_eq!(reason(&same), Reason::TooFewSeeds { found: 1 }, "one seed counts once");
    made[3].value = Err(Obstacle::Gap(Gap::NotReached("T1")));
    let Reason::NotMeasured { missing: 1, runs: 5, why } = reason(&made) else { panic!() };
    assert!(why.contains("T1"));
    made[3].value = made_condition();
    let text = reason(&made).to_string();
    assert!(text.contains("condition not met: feature_energy_ratio = 0.100, at least 0.5"), "{text}");

    for observation in &mut made {
        observation.value = made_condition();
    }
    let found = reason(&made);
    assert!(
        matches!(found, Reason::NotApplicable { .. }) && found.to_string().contains("condition"),
        "{found}"
    );

    let c = find(&claims, "Lemma F.3, over d1");
    let ladder = observations(c, 0, &claims[c].tests[0], (1.0, 0.01));
    let two: Vec<Observation> =
        ladder.into_iter().filter(|r| r.setting.size(Axis::AmbientDim) < 1024.0).collect();
    let result = judge_observations(&claims, &two).claims.swap_remove(c);
    let Verdict::Undecided { reason: Reason::TooFewSizes { found: 2 } } =
        &result.tests[0].findings[0].verdict
    else {
        panic!("{result:?}")
    };
}

/// The correction is at work: a figure that is decided alone is not decided among all others.
#[test]
fn many_statements_at_once_widen_the_intervals() {
    let claims = claims().unwrap();
    let c = find(&claims, "Theorem 3.4 (i)");
    let near = observations(c, 0, &claims[c].tests[0], (0.25 - 0.02, 0.01));
    let verdict = |observations: &[Observation]| {
        judge_observations(&claims, observations).claims.swap_remove(c).verdict
    };
    assert_eq!(verdict(&near), Verdict::Supported, "t = 2.8 at 4 degrees of freedom, alone");
    let others = claims.iter().enumerate().filter(|(k, _)| *k != c).flat_map(|(k, claim)| {
        let open = |(t, test): (usize, &Test)| observations(k, t, test, figures(test.bounds())[2]);
        claim.tests.iter().enumerate().flat_map(open).collect::<Vec<_>>()
    });
    let all: Vec<Observation> = near.iter().cloned().chain(others).collect();
    assert!(matches!(verdict(&all), Verdict::Undecided { .. }), "among a hundred others");
}

/// Two claims with the same test have the same findings, and the family grows by one of them only.
#[test]
fn the_same_test_counts_once() {
    let claims = claims().unwrap();
    let (first, second) = (find(&claims, "Theorem 3.4 (i)"), find(&claims, "Theorem E.1d"));
    assert!(claims[second].tests[0].is_same_as(&claims[first].tests[0]));
    let of = |c: usize| observations(c, 0, &claims[c].tests[0], figures(claims[c].tests[0].bounds())[0]);
    let alone = judge_observations(&claims, &of(first));
    let both = judge_observations(&claims, &of(first).into_iter().chain(of(second)).collect::<Vec<_>>());
    let finding = |board: &Scoreboard, c: usize| board.claims[c].tests[0].findings[0].clone();
    assert_eq!(finding(&alone, first).estimate, finding(&both, first).estimate, "the same level");
    assert_eq!(finding(&both, first).estimate, finding(&both, second).estimate);
    assert_eq!(both.claims[second].tests[0].same_as.as_deref(), Some("Theorem 3.4 (i)"));
}

/// A test that names several arms is judged on each: one refutation refutes, one that is missing leaves it
/// open.
#[test]
fn arms_are_judged_one_by_one() {
    let claims = claims().unwrap();
    let c = find(&claims, "Corollary 3.3");
    let of = |kind: usize, role: Role| {
        let made = |(t, test): (usize, &Test)| observations(c, t, test, figures(test.bounds())[kind]);
        let mut made: Vec<Observation> = claims[c].tests.iter().enumerate().flat_map(made).collect();
        made.retain(|observation| observation.setting.role == role);
        made
    };
    let verdict = |made: Vec<Vec<Observation>>| {
        judge_observations(&claims, &made.concat()).claims.swap_remove(c).verdict
    };
    let (zero, staged, trained) =
        (Role::named("none_zero"), Role::named("none_staged"), Role::named("none_trained"));
    assert_eq!(verdict(vec![of(0, zero), of(0, staged), of(0, trained)]), Verdict::Supported);
    assert_eq!(verdict(vec![of(0, zero), of(1, staged), of(0, trained)]), Verdict::Refuted);
    let Verdict::Undecided { reason: Reason::NoRuns { needed } } = verdict(vec![of(0, zero), of(0, staged)])
    else {
        panic!("without trained thresholds it is open")
    };
    assert!(needed.contains("trained thresholds"), "{needed}");
}

/// A value that has no logarithm is named, and so are rungs of too few seeds.
#[test]
fn ladders_say_what_they_lack() {
    let claims = claims().unwrap();
    let c = find(&claims, "A.4, over τ");
    let test = &claims[c].tests[0];
    let mut made = observations(c, 0, test, figures(test.bounds())[0]);
    made[7].value = Ok(-0.25);
    let verdict = |made: &[Observation]| judge_observations(&claims, made).claims.swap_remove(c).verdict;
    let Verdict::Undecided { reason } = verdict(&made) else { panic!("{:?}", verdict(&made)) };
    assert_eq!(reason, Reason::NotPositive { axis: Axis::Temperature, size: 256.0, value: -0.25 });
    assert!(reason.to_string().contains("-0.25 at objective.temperature = 256"), "{reason}");
    made.remove(7);
    assert_eq!(verdict(&made), Verdict::Undecided { reason: Reason::TooFewSizes { found: 2 } }, "four seeds");
}

/// Kinds are read when their moment allows, and a claim file that says otherwise, or nothing, is told so.
#[test]
fn claims_say_what_they_are_about() {
    for claim in claims().unwrap() {
        assert_eq!(claim.tests.is_empty(), claim.about.is_none(), "{}", claim.id);
        assert_eq!(claim.tests.is_empty(), claim.refuted_by.is_none(), "{}", claim.id);
    }
    let text = |about: &str, refuted: &str, at: &str| {
        format!(
            "[[claim]]\nid = \"x\"\ncatalogue = \"x\"\ntitle = \"x\"\nstatement = \"x\"\nformula = \"x\"\n\
             finite_size = \"x\"\n{about}\n{refuted}\n[[claim.tests]]\nkind = \"at_one_size\"\n\
             arms = [\"none_zero\"]\nquantity = \"loss\"\nat = \"{at}\"\nat_most = 1.0\n"
        )
    };
    let refuted = "refuted_by = \"A larger one.\"";
    let add =
        |text: &str| add_claims(&PAPER, &mut Vec::new(), "x.toml", text).map_err(|error| error.to_string());
    assert_eq!(add(&text("about = \"end\"", refuted, "end")), Ok(()));
    for (about, outcome, at, part) in [
        ("", refuted, "end", "`about` is missing"),
        ("about = \"end\"", "", "end", "`refuted_by` is missing"),
        ("about = \"end\"", refuted, "start", "loss is read at the start; a claim about the end is read"),
        ("about = \"data\"", refuted, "t1", "a claim about the data is read at the start"),
        ("about = \"luck\"", refuted, "end", "one_step"),
    ] {
        let error = add(&text(about, outcome, at)).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
}

/// A board without what later programs added.
#[test]
fn boards_of_earlier_programs_are_read() {
    let board = judge_observations(&claims().unwrap(), &[]);
    let mut old = serde_json::to_value(&board).unwrap();
    let forget = |value: &mut serde_json::Value, keys: &[&str]| {
        let object = value.as_object_mut().unwrap();
        for key in keys {
            assert!(object.remove(*key).is_some(), "{key}");
        }
    };
    forget(&mut old, &["claims_digest", "counts"]);
    for claim in old["claims"].as_array_mut().unwrap() {
        forget(claim, &["about"]);
        for test in claim["tests"].as_array_mut().unwrap() {
            forget(test, &["idle", "same_as"]);
        }
    }
    let read: Scoreboard = serde_json::from_value(old).unwrap();
    assert_eq!(read.claims.len(), board.claims.len());
    assert!(wording::count(&read.claims).contains("statements of no stated kind"));
}
