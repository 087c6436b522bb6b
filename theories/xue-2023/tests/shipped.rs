//! What the paper ships: its experiments, its claims, and the way from runs to its scoreboard.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_lab::claim::Verdict;
use featurescope_lab::claim::judge::judge;
use featurescope_lab::evidence::{Moment, Run};
use featurescope_lab::experiments::Experiment;
use featurescope_lab::paper::{Role, ship};
use featurescope_lab::plan::Plan;
use featurescope_lab::report::figure::{PlotLayer, Stroke};
use featurescope_lab::report::still;
use featurescope_lab::results::board;
use featurescope_lab::run::{RunDirectory, execute};
use featurescope_lab::spec::{Layer, Spec};
use featurescope_xue_2023::PAPER;
use featurescope_xue_2023::encoder::{contrast, plateau};
use featurescope_xue_2023::figure::features;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// The runs of an experiment's smaller version with other settings, one for each variant and seed.
fn specs(experiment: &str, overrides: &[&str]) -> Vec<Spec> {
    ship(&[&PAPER]);
    let mut layers = Experiment::find(experiment).unwrap().layers(true).unwrap();
    let arguments: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    layers.push(Layer::overrides(&arguments).unwrap());
    Spec::all_from_layers(&layers).unwrap().into_iter().map(|point| point.spec).collect()
}

fn stored(folder: &Path, spec: &Spec) -> PathBuf {
    let directory = RunDirectory::create_next(folder, "run").unwrap();
    execute(&Plan::new(spec, "run").unwrap(), &directory, &AtomicBool::new(false), &mut |_| ()).unwrap();
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
    assert_eq!(controls.len(), 11);
}

fn roles(experiment: &str, overrides: &[&str]) -> Vec<Vec<&'static str>> {
    let mut found = Vec::new();
    for spec in specs(experiment, overrides) {
        for (_, own) in &spec.values.arms {
            let value = |key: &str| own.get(key).or_else(|| spec.values.shared.get(key));
            found.push(PAPER.roles().unwrap().fitting(value).into_iter().map(Role::name).collect());
        }
    }
    found
}

#[test]
fn arms_are_recognised_by_their_settings() {
    let plain = [
        "few_neurons",
        "neurons_for_all",
        "few_neurons_better_views",
        "few_neurons_large_start",
        "neurons_for_all_masked",
    ];
    assert_eq!(roles("suppression", &[]), plain.map(|role| vec![role]));
    let plain = [
        "labels_alone",
        "no_labels",
        "labels_and_views",
        "labels_alone_at_an_angle",
        "no_labels_at_an_angle",
    ];
    assert_eq!(roles("collapse", &[]), plain.map(|role| vec![role]));
    let none = |experiment: &str, change: &str, arm: usize| {
        let roles = roles(experiment, &[change]);
        assert!(roles.iter().all(|roles| roles.len() <= 1), "{change}: {roles:?}");
        assert!(roles[arm].is_empty(), "{change}: {roles:?}");
    };
    none("suppression", "training.optimizer.kind=momentum", 0);
    none("suppression", "arms.narrow.network.width=4", 0);
    none("suppression", "arms.narrow_better_views.augmentation.drop_rate=0.3", 2);
    none("suppression", "arms.narrow_better_views.augmentation.first_atoms=3", 2);
    none("suppression", "objective.label_atom=2", 0);
    none("collapse", "arms.joint.objective.supervised_weight=0.7", 2);
    none("collapse", "objective.label_noise=0.1", 0);
    none("collapse", "batch.negative_views=augmented", 0);
}

/// Enough steps for the first features, in seconds.
const SHORT: &[&str] = &["batch.anchors=128", "batch.negatives=128", "training.steps=400", "seed=901"];

#[test]
fn labels_collapse_the_subclass_and_both_losses_keep_it() {
    let folder = tempfile::tempdir().unwrap();
    let runs: Vec<Run> = specs("collapse", SHORT)
        .iter()
        .map(|spec| Run::open(&stored(folder.path(), spec)).unwrap())
        .collect();
    let subjects: Vec<_> = runs.iter().flat_map(Run::subjects).collect();
    let read = |arm: usize, name: &str| PAPER.read(name, &subjects[arm], Moment::End);
    assert!(read(0, "subclass_over_class").unwrap() < 0.02);
    assert!(read(1, "subclass_over_class").unwrap() > 0.5);
    assert!(read(2, "plateau_deviation").unwrap() < 0.3);
    assert!(PAPER.read("early_subclass_over_class", &subjects[3], Moment::Window).unwrap() > 0.08);
    assert!(read(3, "subclass_over_class").unwrap() < 0.02);
    let gap = read(3, "class_over_plateau").unwrap_err().to_string();
    assert!(gap.contains("such atoms"), "features at an angle have no course of their own: {gap}");

    let figure = features(&runs).unwrap();
    assert_eq!(figure.panels.len(), 5);
    let dashed = |layer: &&PlotLayer| matches!(layer, PlotLayer::Line(line) if line.stroke == Stroke::Dashed);
    let dashed: Vec<_> =
        figure.panels.iter().map(|panel| panel.layers.iter().filter(dashed).count()).collect();
    assert_eq!(dashed, [4, 4, 4, 0, 0]);
    assert!(still::svg(&figure, "a test").unwrap().contains("mean square of the feature"));
}

/// The whole way with the smoke of the experiments: five seeds, a board, a verdict on every test that can be read.
/// Nothing has arrived in 40 steps, so nothing may be supported.
#[test]
fn the_smoke_of_the_experiments_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    let mut runs = Vec::new();
    for seed in (1..=5).map(|seed| format!("seed={seed}")) {
        for experiment in ["suppression", "collapse"] {
            runs.extend(specs(experiment, &[&seed]).iter().map(|spec| stored(folder.path(), spec)));
        }
    }
    let judged = judge(&PAPER, &runs).unwrap();
    assert_eq!(judged.claims.len(), 10);
    for claim in &judged.claims {
        assert_ne!(claim.verdict, Verdict::Supported, "{}", claim.id);
    }
}

/// Where an assumption of the closed form does not hold it says so and gives no number.
#[test]
fn what_the_closed_form_does_not_cover_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (change, words) in [
        ("data.latent={kind=\"blocks\",block_size=2}", "codes without a list"),
        ("training.optimizer.kind=momentum", "another descent"),
        ("training.weight_decay=0.01", "without weight decay"),
        ("objective={kind=\"spectral\"}", "such a loss"),
        ("objective.label_noise=0.2", "such a loss"),
        ("data.noise_directions={kind=\"random\",variance_ratio=2}", "larger in some directions"),
    ] {
        let spec = &specs("suppression", &[change, "training.steps=2"])[0];
        let run = Run::open(&stored(folder.path(), spec)).unwrap();
        let gap = contrast(&run.subjects().next().unwrap()).unwrap_err().to_string();
        assert!(gap.contains(words), "{change}: {gap}");
    }
    let spec = &specs("suppression", &["data.dictionary={kind=\"axes\"}", "training.steps=2"])[0];
    let run = Run::open(&stored(folder.path(), spec)).unwrap();
    let gap = plateau(&run.subjects().nth(4).unwrap(), 4).unwrap_err().to_string();
    assert!(gap.contains("such atoms with such views"), "{gap}");
}
