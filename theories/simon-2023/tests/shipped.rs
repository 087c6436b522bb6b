//! What the paper ships: its experiment, its claims, and the way from runs to its scoreboard.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_lab::claim::Verdict;
use featurescope_lab::claim::judge::judge;
use featurescope_lab::evidence::{Gap, Moment, Run};
use featurescope_lab::experiments::Experiment;
use featurescope_lab::paper::{Role, ship};
use featurescope_lab::plan::Plan;
use featurescope_lab::report::figure::{PlotLayer, Stroke};
use featurescope_lab::report::still;
use featurescope_lab::results::board;
use featurescope_lab::run::{RunDirectory, execute};
use featurescope_lab::spec::{Layer, Spec};
use featurescope_simon_2023::PAPER;
use featurescope_simon_2023::encoder::Encoder;
use featurescope_simon_2023::figure::staircase;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

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

/// Every control of the stored board fails.
#[test]
fn every_control_of_the_board_is_refuted() {
    ship(&[&PAPER]);
    let board = board(&PAPER).unwrap().unwrap();
    let tests = board.claims.iter().flat_map(|claim| &claim.tests);
    let controls: Vec<_> = tests.flat_map(|test| &test.controls).map(|control| &control.verdict).collect();
    assert!(controls.iter().all(|verdict| **verdict == Verdict::Refuted), "{controls:?}");
    assert_eq!(controls.len(), 6);
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
