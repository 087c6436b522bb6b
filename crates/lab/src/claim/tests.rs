//! Claims against the catalogue, every verdict rule on made-up numbers, and the whole way on small stored runs.

use super::judge::{Reason, judge_readings};
use super::measure::{Ladder, Obstacle, Reading, Setting};
use super::*;
use crate::identity::{SettingKey, Settings};
use crate::plan::Plan;
use crate::run::{RunDirectory, execute};
use crate::spec::{Layer, Spec};
use evidence::{Gap, Run};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

const THEORY: &str = include_str!("../../../../docs/theory.md");
/// The statement that a claim tests and that has no row of its own in the catalogue: the paper makes it in
/// its introduction.
const BESIDE_THE_CATALOGUE: &str = "comparison with supervised features";
const SEEDS: u64 = 5;

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
    for quantity in quantity::QUANTITIES.iter().copied().flatten() {
        assert!(names.insert(quantity.name), "{} twice", quantity.name);
        assert!(quantity::doc(quantity.name).is_some_and(|doc| doc.len() > 10));
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
fn setting(role: Role, axis: Axis, size: f64) -> Setting {
    let sizes = |wanted: Axis, otherwise: f64| if axis == wanted { size } else { otherwise };
    Setting {
        arm: "made-up".to_owned(),
        role,
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
        experiment: "made-up".to_owned(),
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
fn readings(c: usize, t: usize, test: &Test, (figure, spread): (f64, f64)) -> Vec<Reading> {
    let made = |setting: Setting, seed: u64, value: f64| Reading {
        claim: c,
        test: t,
        setting,
        seed,
        value: Ok(value),
    };
    let off = |seed: u64| spread * (seed as f64 - 3.0);
    match test {
        Test::AtOneSize(_) => {
            let at = |seed| made(setting(test.arm(), Axis::LatentDim, 64.0), seed, figure + off(seed));
            (1..=SEEDS).map(at).collect()
        }
        Test::Scaling(scaling) => [64.0f64, 256.0, 1024.0]
            .into_iter()
            .flat_map(|size| {
                (1..=SEEDS).map(move |seed| {
                    let y = (figure + 0.1 * off(seed)) * size.ln() + 5.0 * off(seed);
                    let value = if scaling.scale == Scale::LogLog { y.exp() } else { y };
                    made(setting(test.arm(), scaling.against, size), seed, value)
                })
            })
            .collect(),
    }
}

/// Every rule of every claim, on numbers that leave no doubt either way, and on numbers around the bound.
#[test]
fn every_rule_supports_refutes_and_leaves_open() {
    let claims = claims().unwrap();
    let mut tried = 0;
    for (c, claim) in claims.iter().enumerate() {
        let judged = |kind: usize| {
            let made = |(t, test): (usize, &Test)| readings(c, t, test, figures(test.bounds())[kind]);
            let all: Vec<Reading> = claim.tests.iter().enumerate().flat_map(made).collect();
            judge_readings(&claims, &all).claims.swap_remove(c).verdict
        };
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

/// What does not speak of some runs is decided by the others: neither runs without the ambient space nor those in which a
/// condition fails stand in the way.
#[test]
fn settings_that_a_statement_does_not_speak_of_decide_nothing() {
    let claims = claims().unwrap();
    let c = find(&claims, "Lemma B.3.2");
    let test = &claims[c].tests[0];
    let mut made = readings(c, 0, test, figures(test.bounds())[0]);
    for gap in [Err(Obstacle::Gap(Gap::NoAmbientSpace)), made_condition()] {
        made.extend(readings(c, 0, test, figures(test.bounds())[0]).into_iter().map(|mut reading| {
            reading.setting = setting(Role::RandomMaskStaged, Axis::LatentDim, 128.0);
            reading.value = gap.clone();
            reading
        }));
        let result = judge_readings(&claims, &made).claims.swap_remove(c);
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
        "dense_condition_without_augmentation" => Ok(2.0),
        _ => Ok(0.01),
    };
    assert_eq!(measure::read_test(&test, Role::RandomMaskStaged, &mut read), Ok(0.01));
    let control = measure::read_test(&test, Role::NoneZero, &mut read);
    assert!(matches!(control, Err(Obstacle::Condition { .. })), "{control:?}");
}

/// What is missing is said: seeds, runs, values, conditions.
#[test]
fn undecided_verdicts_name_their_reason() {
    let claims = claims().unwrap();
    let c = find(&claims, "Theorem 3.2 (i)");
    let test = &claims[c].tests[0];
    let verdict = |readings: &[Reading]| judge_readings(&claims, readings).claims.swap_remove(c).verdict;
    let reason = |readings: &[Reading]| match verdict(readings) {
        Verdict::Undecided { reason } => reason,
        other => panic!("{other:?}"),
    };
    let mut made = readings(c, 0, test, figures(test.bounds())[0]);
    assert!(matches!(reason(&[]), Reason::NoRuns { .. }));
    assert_eq!(reason(&made[..1]), Reason::TooFewSeeds { found: 1 });
    let same: Vec<Reading> = (0..5).map(|_| made[0].clone()).collect();
    assert_eq!(reason(&same), Reason::TooFewSeeds { found: 1 }, "one seed counts once");
    made[3].value = Err(Obstacle::Gap(Gap::NotReached("T1")));
    let Reason::NotMeasured { missing: 1, runs: 5, why } = reason(&made) else { panic!() };
    assert!(why.contains("T1"));
    made[3].value = made_condition();
    let text = reason(&made).to_string();
    assert!(text.contains("condition not met: feature_energy_ratio = 0.100, at least 0.5"), "{text}");

    for reading in &mut made {
        reading.value = made_condition();
    }
    let found = reason(&made);
    assert!(
        matches!(found, Reason::NotApplicable { .. }) && found.to_string().contains("condition"),
        "{found}"
    );

    let c = find(&claims, "Lemma F.3, over d1");
    let ladder = readings(c, 0, &claims[c].tests[0], (1.0, 0.01));
    let two: Vec<Reading> = ladder.into_iter().filter(|r| r.setting.ambient_dim < 1024).collect();
    let result = judge_readings(&claims, &two).claims.swap_remove(c);
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
    let c = find(&claims, "Theorem 3.2 (i)");
    let near = readings(c, 0, &claims[c].tests[0], (0.05 - 0.02, 0.01));
    let verdict = |readings: &[Reading]| judge_readings(&claims, readings).claims.swap_remove(c).verdict;
    assert_eq!(verdict(&near), Verdict::Supported, "t = 2.8 at 4 degrees of freedom, alone");
    let others = claims.iter().enumerate().filter(|(k, _)| *k != c).flat_map(|(k, claim)| {
        let open = |(t, test): (usize, &Test)| readings(k, t, test, figures(test.bounds())[2]);
        claim.tests.iter().enumerate().flat_map(open).collect::<Vec<_>>()
    });
    let all: Vec<Reading> = near.iter().cloned().chain(others).collect();
    assert!(matches!(verdict(&all), Verdict::Undecided { .. }), "among a hundred others");
}

#[test]
fn controls_that_do_not_fail_are_named() {
    let claims = claims().unwrap();
    let c = find(&claims, "Lemma F.1, dense");
    let test = &claims[c].tests[0];
    let mut made = readings(c, 0, test, figures(test.bounds())[0]);
    let mut control = made.clone();
    for reading in &mut control {
        reading.setting = setting(Role::RandomMaskZero, Axis::LatentDim, 64.0);
    }
    made.extend(control);
    let warnings = judge_readings(&claims, &made).warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("Lemma F.1, dense"), "{warnings:?}");
}

const SMALL: &str = "
[data]
latent_dim = 16
ambient_dim = 256
noise_constant = 0.7
[encoder]
width = 64
[batch]
anchors = 128
negatives = 64
[training]
learning_rate = 0.5
weight_decay = 3e-4
first_energy_ratio = 64.0
second_energy_ratio = 1.5
steps = 330
[measure]
cadence = { kind = \"every\", steps = 10 }
samples = 128
[probe]
labels = []
[arms.masked]
bias = { kind = \"staged\", reset = 0.8, growth = 0.05, cap = 0.45 }
[arms.plain]
augmentation.kind = \"none\"
bias.kind = \"zero\"
training.steps = 60
[arms.labels]
training.dynamics = \"supervised\"
bias = { kind = \"staged\", reset = 0.8, growth = 0.05, cap = 0.45 }
training.steps = 30
";

/// Some seeds of a small run, stored under `folder`.
fn stored(folder: &Path, seeds: u64, arguments: &[&str]) -> Vec<PathBuf> {
    let run = |seed: u64| {
        let arguments = arguments.iter().map(ToString::to_string).chain([format!("seed={seed}")]);
        let overrides = Layer::overrides(&arguments.collect::<Vec<_>>()).unwrap();
        let spec =
            Spec::from_layers(&[Layer::parse(SMALL, "small", Path::new("")).unwrap(), overrides]).unwrap();
        let plan = Plan::new(&spec, "small").unwrap();
        let directory = RunDirectory::create_next(folder, "small").unwrap();
        execute(&plan, &directory, &AtomicBool::new(false), &mut |_| ()).unwrap();
        directory.path().to_path_buf()
    };
    (1..=seeds).map(run).collect()
}

/// Arms without the ambient space are the same arms, and everything can be read off them but what masks do to single
/// coordinates.
#[test]
fn reduced_runs_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    let reduced = ["training.dynamics=reduced", "arms.labels.training.dynamics=reduced_supervised"];
    let runs = stored(folder.path(), 2, &reduced);
    let run = Run::open(&runs[0]).unwrap();
    let roles: Vec<_> = run.arms.iter().map(|arm| arm.role).collect();
    assert_eq!(roles, [Role::RandomMaskStaged, Role::NoneZero, Role::Supervised].map(Some));
    let subject = |role: Role| run.subjects().find(|s| s.arm.role == Some(role)).unwrap();
    let (masked, plain) = (subject(Role::RandomMaskStaged), subject(Role::NoneZero));
    assert!(masked.arm.end.t1.is_some() && masked.arm.end.t2.is_some(), "{:?}", masked.arm.end);
    let recorded = masked.neurons("dense_energy", Moment::End).unwrap();
    for (again, &recorded) in masked.state(Moment::End).unwrap().dense_energy.iter().zip(recorded) {
        assert!((again - f64::from(recorded)).abs() < 1e-4 * (again + 1e-3), "{again} {recorded}");
    }
    let near = |subject: &evidence::Subject<'_>, name: &str, at: Moment, expected: f64, tolerance: f64| {
        let found = quantity::read(name, subject, at).unwrap();
        assert!((found - expected).abs() < tolerance, "{name}: {found} instead of {expected}");
    };
    near(&masked, "force_sparse_ratio", Moment::Start, 1.0, 0.1);
    near(&masked, "force_dense_error", Moment::Start, 0.0, 0.1);
    near(&plain, "force_dense_ratio", Moment::Start, 1.0, 0.1);
    near(&masked, "shared_noise_fraction", Moment::Start, 0.0, 0.01);
    near(&plain, "shared_noise_fraction", Moment::Start, 1.0, 1e-6);
    near(&masked, "noise_variance_ratio", Moment::T1, 1.0, 0.05);
    near(&masked, "growth_sparse_ratio", Moment::T1, 1.0, 0.1);
    near(&plain, "dense_solution_loss", Moment::Start, 0.0, 0.05);
    assert!(quantity::read("dense_solution_loss", &masked, Moment::Start).unwrap() > 0.95);
    for name in ["mask_overlap_ratio", "jitter_rms", "misread_fraction", "dense_coordinate_max"] {
        let why = quantity::read(name, &masked, Moment::T1).unwrap_err().to_string();
        assert_eq!(why, "reduced dynamics has no ambient space", "{name}");
    }
    let board = judge(&runs).unwrap();
    assert!(board.warnings.iter().all(|warning| !warning.starts_with("left out")), "{:?}", board.warnings);
    let verdict = |id: &str| &board.claims.iter().find(|claim| claim.id == id).unwrap().verdict;
    assert_ne!(*verdict("Lemma B.2a"), Verdict::Refuted, "exact in theory");
}

/// From stored files to a scoreboard: every quantity can be read where its moment was reached, and those that are exact
/// in theory come out at their predictions, each within a stated tolerance.
#[test]
fn stored_runs_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    let runs = stored(folder.path(), SEEDS, &[]);
    let run = Run::open(&runs[0]).unwrap();
    let subject = |role: Role| run.subjects().find(|s| s.arm.role == Some(role)).unwrap();
    let (masked, plain) = (subject(Role::RandomMaskStaged), subject(Role::NoneZero));
    assert!(masked.arm.end.t1.is_some() && masked.arm.end.t2.is_some(), "{:?}", masked.arm.end);

    // Neurons drawn again are those that the run recorded.
    let recorded = masked.neurons("sparse_energy", Moment::Start).unwrap();
    for (again, &recorded) in masked.state(Moment::Start).unwrap().sparse_energy.iter().zip(recorded) {
        assert!((again / f64::from(recorded) - 1.0).abs() < 1e-5);
    }
    let recorded = masked.neurons("dense_energy", Moment::End).unwrap();
    for (again, &recorded) in masked.state(Moment::End).unwrap().dense_energy.iter().zip(recorded) {
        assert!((again - f64::from(recorded)).abs() < 1e-4 * (again + 1e-3), "{again} {recorded}");
    }

    // Luck read off the stored neurons and off the weights.
    let lucky: Vec<usize> =
        masked.state(Moment::Start).unwrap().lucky(masked.luck()).into_iter().map(|(i, _)| i).collect();
    assert!(!lucky.is_empty());
    let neurons = quantity::recorded_neurons(&masked, Moment::Start).unwrap();
    let is_lucky = |&i: &usize| masked.luck().is_lucky(&neurons[i], masked.latent_dim() as usize);
    assert_eq!(lucky, (0..neurons.len()).filter(is_lucky).collect::<Vec<_>>());

    // Monte-Carlo with 4096 samples: standard errors of a few percent at d = 16, p = .064.
    let near = |subject: &evidence::Subject<'_>, name: &str, at: Moment, expected: f64, tolerance: f64| {
        let found = quantity::read(name, subject, at).unwrap();
        assert!((found - expected).abs() < tolerance, "{name}: {found} instead of {expected}");
    };
    near(&masked, "force_sparse_ratio", Moment::Start, 1.0, 0.1);
    near(&masked, "force_dense_error", Moment::Start, 0.0, 0.1);
    near(&plain, "force_sparse_ratio", Moment::Start, 1.0, 0.1);
    near(&plain, "force_dense_ratio", Moment::Start, 1.0, 0.1);
    near(&masked, "shared_noise_fraction", Moment::Start, 0.0, 1e-9);
    near(&plain, "shared_noise_fraction", Moment::Start, 1.0, 1e-6);
    near(&masked, "signal_variance_ratio", Moment::T1, 1.0, 0.1);
    near(&masked, "noise_variance_ratio", Moment::T1, 1.0, 0.05);
    near(&masked, "mask_overlap_ratio", Moment::Start, 1.0, 0.1);
    // Between a spread-out neuron and one along an atom with Gaussian entries.
    near(&masked, "jitter_rms", Moment::T1, 1.37, 0.45);
    near(&masked, "vanishing_atoms_ratio", Moment::Start, 1.0, 0.4);

    // Lemma F.2 and its control: mean loss over ln(N + 1) near 0 without masks, at least 1 with them.
    near(&plain, "dense_solution_loss", Moment::Start, 0.0, 0.05);
    assert!(quantity::read("dense_solution_loss", &masked, Moment::Start).unwrap() > 0.95);

    let board = judge(&runs).unwrap();
    assert!(board.warnings.iter().all(|warning| !warning.starts_with("left out")), "{:?}", board.warnings);
    let mut looked_at = 0;
    for claim in &board.claims {
        for finding in claim.tests.iter().flat_map(|test| &test.findings) {
            if let Verdict::Undecided { reason: Reason::NotMeasured { why, .. } } = &finding.verdict {
                let expected = ["not reached", "condition", "probe score", "there are no", "no closed form"];
                assert!(expected.iter().any(|known| why.contains(known)), "{}: {why}", claim.id);
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 0, "a small run leaves something unmeasured");
    let verdict = |id: &str| &board.claims.iter().find(|claim| claim.id == id).unwrap().verdict;
    assert_eq!(*verdict("Lemma B.2a"), Verdict::Supported);
    assert_eq!(*verdict("Lemma B.2c, every atom"), Verdict::Refuted, "too few neurons at this size");
    assert_ne!(*verdict("Lemma B.4.4"), Verdict::Refuted, "exact in theory");
    assert!(matches!(
        verdict("Footnote 4, with augmentation"),
        Verdict::Undecided { reason: Reason::NoRuns { .. } }
    ));
    assert_eq!(board.destiny.len(), 2, "two arms that contrast");
    assert!(serde_json::to_string(&board).unwrap().contains("not_testable"));
}

/// Roles of the shipped arms, and of arms outside the theory's range.
#[test]
fn arms_are_recognised_by_their_settings() {
    let roles = |experiment: &str, overrides: &[&str]| -> Vec<Option<Role>> {
        let mut layers = crate::experiments::Experiment::find(experiment).unwrap().layers(true).unwrap();
        let arguments: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        layers.push(Layer::overrides(&arguments).unwrap());
        let spec = Spec::from_layers(&layers).unwrap();
        spec.arms.iter().map(|(_, arm)| Role::of(&spec.shared.data, arm)).collect()
    };
    let paper = [Role::RandomMaskStaged, Role::NoneZero, Role::NoneStaged, Role::Supervised].map(Some);
    assert_eq!(roles("paper", &[]), paper);
    assert_eq!(roles("trained-bias", &[]), [Role::RandomMaskTrained, Role::NoneTrained].map(Some));
    assert!(roles("mask-strength", &[]).contains(&Some(Role::IndependentMasks)));
    let square = roles("paper", &["data.ambient_dim=32"]);
    assert_eq!(square, [Some(Role::SquareDictionary), None, None, Some(Role::Supervised)]);
    let hidden = roles("paper", &["data.dictionary.kind=axes"]);
    assert_eq!(hidden, [Some(Role::CoordinateAtoms), None, None, Some(Role::Supervised)]);
    let far = roles("paper", &["arms.random_mask.loss.temperature=.01"]);
    assert_eq!(far[0], Some(Role::LowTemperature));
    let hot = roles("paper", &["arms.random_mask.loss.temperature=100"]);
    assert_eq!(hot[0], None, "outside the theory, but no control");
    let uneven = roles("paper", &["arms.random_mask.augmentation.keep_rate=0.3"]);
    assert_eq!(uneven[0], None);
}

#[test]
fn folders_without_a_run_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let board = judge(&[folder.path().to_path_buf()]).unwrap();
    assert!(board.warnings.len() == 1 && board.warnings[0].contains("spec.toml"), "{:?}", board.warnings);
}
