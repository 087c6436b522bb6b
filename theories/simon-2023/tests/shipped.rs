//! What the paper ships: its experiment, its claims, and the way from runs to its scoreboard.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_lab::claim::judge::judge;
use featurescope_lab::claim::{Verdict, claims};
use featurescope_lab::evidence::{Gap, Moment, Run};
use featurescope_lab::experiments::Experiment;
use featurescope_lab::paper::{Role, ship};
use featurescope_lab::plan::Plan;
use featurescope_lab::report::figure::{PlotLayer, Stroke};
use featurescope_lab::report::still;
use featurescope_lab::results::{board, is_of_these_claims};
use featurescope_lab::run::{RunDirectory, execute};
use featurescope_lab::spec::{Layer, Spec};
use featurescope_lab::sweep::SweepPlan;
use featurescope_simon_2023::PAPER;
use featurescope_simon_2023::encoder::Encoder;
use featurescope_simon_2023::figure::staircase;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

const THEORY: &str = include_str!("../theory.md");
/// Operations of an experiment's smaller version, at most: two seconds of a slow core.
const MOST_FOR_SMOKE: f64 = 2e10;

/// The runs of the experiment with one seed, and with other settings.
fn spec(smoke: bool, overrides: &[&str]) -> Spec {
    ship(&[&PAPER]);
    let mut layers = Experiment::find("stepwise").unwrap().layers(smoke).unwrap();
    let arguments: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    layers.push(Layer::overrides(&arguments).unwrap());
    Spec::all_from_layers(&layers).unwrap().swap_remove(0).spec
}

fn stored(folder: &Path, spec: &Spec) -> PathBuf {
    let directory = RunDirectory::create_next(folder, "stepwise").unwrap();
    execute(&Plan::new(spec, "stepwise").unwrap(), &directory, &AtomicBool::new(false), &mut |_| ()).unwrap();
    directory.path().to_path_buf()
}

#[test]
fn the_experiment_can_be_planned_in_both_sizes_and_asks_something() {
    ship(&[&PAPER]);
    for experiment in PAPER.experiments {
        for smoke in [false, true] {
            let points = Spec::all_from_layers(&experiment.layers(smoke).unwrap()).unwrap();
            let plan = SweepPlan::new(points, experiment.name).unwrap();
            assert!(!smoke || plan.operations() < MOST_FOR_SMOKE, "{:.1e}", plan.operations());
        }
        assert!(experiment.question().ends_with('?'), "{}", experiment.question());
    }
}

/// The first cells of the table of section 5, and the quantities that exist.
#[test]
fn claims_catalogue_and_quantities_belong_together() {
    ship(&[&PAPER]);
    let section = THEORY.split("\n## ").find(|section| section.starts_with("5. ")).unwrap();
    let cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let rows: BTreeSet<&str> = cells.map(str::trim).filter(|cell| *cell != "ID").collect();
    let claims = claims(&PAPER).unwrap();
    let claimed: BTreeSet<&str> = claims.iter().map(|claim| claim.catalogue.as_str()).collect();
    assert_eq!(rows, claimed);
    let asked: BTreeSet<&str> =
        claims.iter().flat_map(|claim| &claim.tests).map(|test| test.quantity().0).collect();
    let quantities: BTreeSet<&str> = PAPER.quantities.iter().copied().flatten().map(|it| it.name).collect();
    assert_eq!(asked, quantities, "no quantity is idle, and none is missing");
    let roles: BTreeSet<Role> = PAPER.roles().unwrap().all().collect();
    let named = claims.iter().flat_map(|claim| &claim.tests);
    let named: BTreeSet<Role> =
        named.flat_map(|test| test.arms().iter().chain(test.controls())).copied().collect();
    assert_eq!(named, roles, "every role is spoken of");
}

/// The stored board was judged by the shipped claims, and is written as it was read.
#[test]
fn the_shipped_scoreboard_speaks_of_the_shipped_claims() {
    ship(&[&PAPER]);
    let board = board(&PAPER).unwrap().unwrap();
    assert!(is_of_these_claims(&PAPER, &board), "its claims have changed: run the experiment again");
    let stored: serde_json::Value = serde_json::from_str(PAPER.board.unwrap()).unwrap();
    assert!(serde_json::to_value(&board).unwrap() == stored);
    let claims = claims(&PAPER).unwrap();
    assert_eq!(board.claims.len(), claims.len());
    let mut controls = 0;
    for (result, claim) in board.claims.iter().zip(&claims) {
        assert_eq!(result.id, claim.id);
        for (found, test) in result.tests.iter().zip(&claim.tests) {
            assert_eq!(found.rule, test.bounds(), "{}: its rule has changed", claim.id);
            assert!(found.controls.iter().all(|control| control.verdict == Verdict::Refuted), "{}", claim.id);
            controls += found.controls.len();
        }
    }
    assert_eq!(controls, 6);
}

fn roles(overrides: &[&str]) -> Vec<Vec<&'static str>> {
    let spec = spec(true, overrides);
    let of_arm = |(_, own): &(String, featurescope_lab::spec::values::Values)| {
        let value = |key: &str| own.get(key).or_else(|| spec.values.shared.get(key));
        PAPER.roles().unwrap().fitting(value).into_iter().map(Role::name).collect()
    };
    spec.values.arms.iter().map(of_arm).collect()
}

#[test]
fn arms_are_recognised_by_their_settings() {
    let plain = [
        "spectral_equal_views",
        "barlow_equal_views",
        "spectral_masked",
        "narrow",
        "large_start",
        "narrow_large_start",
        "thresholds",
    ];
    assert_eq!(roles(&[]), plain.map(|role| vec![role]));
    let none = |overrides: &[&str], arm: usize| {
        let roles = roles(overrides);
        assert!(roles.iter().all(|roles| roles.len() <= 1), "{overrides:?}: {roles:?}");
        assert!(roles[arm].is_empty(), "{overrides:?}: {roles:?}");
    };
    none(&["training.optimizer.kind=momentum"], 0);
    none(&["network.output=normalised"], 0);
    none(&["arms.masked.augmentation.keep_rate=0.3"], 2);
    none(&["arms.barlow.objective.redundancy_weight=0.5"], 1);
    none(&["arms.barlow.objective.correlation=standardised"], 1);
    none(&["batch.negative_views=augmented"], 2);
    none(&["network.initial_norm=0.2"], 0);
}

/// Three atoms, learned in seconds: what was measured is what was expected.
const SMALL: &[&str] = &[
    "data.latent_dim=3",
    "data.ambient_dim=64",
    "batch.anchors=384",
    "batch.negatives=256",
    "training.steps=320",
    "seed=901",
];

#[test]
fn trained_encoders_follow_their_closed_form() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::open(&stored(folder.path(), &spec(true, SMALL))).unwrap();
    let subjects: Vec<_> = run.subjects().collect();
    let read = |arm: usize, name: &str, at| PAPER.read(name, &subjects[arm], at);
    let mut compared = 0;
    for arm in [0, 1, 2] {
        assert!(read(arm, "critical_time_deviation", Moment::Window).unwrap() < 0.15, "arm {arm}");
        let plateau = read(arm, "plateau_ratio", Moment::End).unwrap();
        assert!((0.8..1.2).contains(&plateau), "arm {arm}: {plateau}");
        assert!(read(arm, "step_overlap", Moment::Window).unwrap() < 0.15, "arm {arm}");
        let exponent = read(arm, "critical_time_exponent", Moment::Window).unwrap();
        assert!((-1.3..-0.8).contains(&exponent), "arm {arm}: {exponent}");
        compared += 1;
    }
    assert_eq!(compared, 3);
    assert!(read(4, "step_overlap", Moment::Window).unwrap() > 0.15, "from a large start they overlap");
    assert!(read(6, "critical_time_deviation", Moment::Window).unwrap() > 0.15, "thresholds are another law");
    // Three neurons for three atoms are not narrow, and what is left of the features is noise.
    let share = read(0, "fastest_atoms_share", Moment::End).unwrap();
    assert!((0.5..1.0).contains(&share), "{share}");

    let figure = staircase(&run).unwrap();
    assert_eq!(figure.panels.len(), 7);
    let dashed = |layer: &&PlotLayer| matches!(layer, PlotLayer::Line(line) if line.stroke == Stroke::Dashed);
    assert!(figure.panels.iter().all(|panel| panel.layers.iter().filter(dashed).count() == 3));
    assert!(still::svg(&figure, "a test").unwrap().contains("mean square of the feature"));
}

/// The whole way with the smoke of the experiment: five seeds, a board, a verdict with its interval on every test that
/// can be read. Nothing is learned in 40 steps, so nothing may be supported by learning.
#[test]
fn the_smoke_of_the_experiment_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    let seeds = (1..=5).map(|seed| format!("seed={seed}"));
    let runs: Vec<PathBuf> = seeds.map(|seed| stored(folder.path(), &spec(true, &[&seed]))).collect();
    let judged = judge(&PAPER, &runs).unwrap();
    assert_eq!(judged.claims.len(), 8);
    let verdict = |id: &str| judged.claims.iter().find(|claim| claim.id == id).unwrap().verdict.clone();
    for id in ["Critical times", "Plateaus", "Collapse by strong augmentation"] {
        assert_ne!(verdict(id), Verdict::Supported, "{id}");
    }
    let run = Run::open(&runs[0]).unwrap();
    let first = run.subjects().next().unwrap();
    let gap = PAPER.read("critical_time_exponent", &first, Moment::Window).unwrap_err();
    assert_eq!(gap, Gap::NotReached("half of a plateau"));
}

/// Where an assumption of the closed form does not hold it says so and gives no number.
#[test]
fn what_the_closed_form_does_not_cover_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (change, arm, words) in [
        ("data.latent={kind=\"blocks\",block_size=2}", 0, "codes with correlated entries"),
        ("training.optimizer.kind=momentum", 0, "another descent"),
        ("objective={kind=\"info_nce\"}", 0, "such a loss"),
        ("batch.negative_views=augmented", 2, "masked negatives"),
        ("arms.barlow.objective.redundancy_weight=0.25", 1, "such a loss"),
        ("data.dictionary.kind=axes", 2, "atoms that lie on few coordinates"),
        ("data.noise_directions={kind=\"random\",variance_ratio=2}", 0, "larger in some directions"),
    ] {
        let run = Run::open(&stored(folder.path(), &spec(true, &[change, "training.steps=2"]))).unwrap();
        let subject = run.subjects().nth(arm).unwrap();
        let gap = Encoder::of(&subject).unwrap_err().to_string();
        assert!(gap.contains(words), "{change}: {gap}");
    }
}
