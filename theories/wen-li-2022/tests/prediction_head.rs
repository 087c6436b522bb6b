//! What the paper ships: its experiment, its claims, and the way from runs to a verdict.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_lab::claim::judge::judge;
use featurescope_lab::claim::{Verdict, claims};
use featurescope_lab::evidence::{Moment, Run};
use featurescope_lab::experiments::Experiment;
use featurescope_lab::paper::{Role, ship};
use featurescope_lab::plan::Plan;
use featurescope_lab::report::still;
use featurescope_lab::results::board;
use featurescope_lab::run::{RunDirectory, execute};
use featurescope_lab::spec::{Layer, Spec};
use featurescope_wen_li_2022::PAPER;
use featurescope_wen_li_2022::figure::head;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// The runs of the experiment with one seed, and with other settings.
fn spec(smoke: bool, overrides: &[&str]) -> Spec {
    ship(&[&PAPER]);
    let mut layers = Experiment::find("prediction-head").unwrap().layers(smoke).unwrap();
    let arguments: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    layers.push(Layer::overrides(&arguments).unwrap());
    Spec::all_from_layers(&layers).unwrap().swap_remove(0).spec
}

fn stored(folder: &Path, spec: &Spec) -> PathBuf {
    let directory = RunDirectory::create_next(folder, "prediction-head").unwrap();
    let plan = Plan::new(spec, "prediction-head").unwrap();
    execute(&plan, &directory, &AtomicBool::new(false), &mut |_| ()).unwrap();
    directory.path().to_path_buf()
}

/// No control of the stored board passes. One of the seven could not be read.
#[test]
fn no_control_of_the_board_passes() {
    ship(&[&PAPER]);
    let board = board(&PAPER).unwrap().unwrap();
    let tests = board.claims.iter().flat_map(|claim| &claim.tests);
    let controls: Vec<_> = tests.flat_map(|test| &test.controls).map(|control| &control.verdict).collect();
    assert!(controls.iter().all(|verdict| **verdict != Verdict::Supported), "{controls:?}");
    assert_eq!(controls.iter().filter(|verdict| ***verdict == Verdict::Refuted).count(), 6);
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
    let plain = ["with_head", "no_head", "frozen_head", "raw_outputs"];
    assert_eq!(roles(&[]), plain.map(|role| vec![role]));
    for change in ["training.optimizer.kind=momentum", "network.kind=linear", "network.output=normalised"] {
        assert!(roles(&[change]).iter().all(Vec::is_empty), "{change}");
    }
}

/// Patches that do not fit together are refused with the name of the setting.
#[test]
fn patches_that_do_not_fit_are_refused() {
    for (change, words) in [
        ("batch.anchors=60", "a multiple of head.patches = 8"),
        ("head.patches=4", "data.patches = 8"),
        ("batch.anchors=8", "at least 16 where batches are normalised"),
        ("data.feature_patches=9", "from 1 to data.patches = 8"),
        ("data.amplitudes=[1,1,1,1]", "1 to data.latent_dim = 3"),
    ] {
        let spec = spec(true, &[change]);
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::create_next(folder.path(), "refused").unwrap();
        let plan = Plan::new(&spec, "refused").map_err(|error| error.to_string());
        let run = plan.and_then(|plan| {
            let never = AtomicBool::new(false);
            execute(&plan, &directory, &never, &mut |_| ()).map_err(|error| error.to_string())
        });
        let message = run.err().unwrap_or_default();
        assert!(message.contains(words), "{change}: {message}");
    }
}

/// Every seed of the experiment is one of which the statements speak: both neurons prefer the strong feature.
#[test]
fn every_seed_is_one_that_the_statements_speak_of() {
    ship(&[&PAPER]);
    let layers = Experiment::find("prediction-head").unwrap().layers(false).unwrap();
    let seeds: Vec<u64> =
        Spec::all_from_layers(&layers).unwrap().iter().map(|point| point.spec.shared.seed).collect();
    assert!(seeds.len() >= 8);
    let folder = tempfile::tempdir().unwrap();
    for seed in seeds {
        let seed = format!("seed={seed}");
        let run = Run::open(&stored(folder.path(), &spec(true, &[&seed, "training.steps=1"]))).unwrap();
        for subject in run.subjects() {
            let read = |name: &str| PAPER.read(name, &subject, Moment::Start).unwrap();
            assert!(read("weak_preferred") == 0.0 && read("weak_cosine") >= 0.25, "{seed}");
        }
    }
}

/// The whole way with the smoke of the experiment: five seeds, a board, and a figure. Nothing is learned in 40 steps.
#[test]
fn the_smoke_of_the_experiment_is_judged_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let seeds = (1..=5).map(|seed| format!("seed={seed}"));
    let runs: Vec<PathBuf> = seeds.map(|seed| stored(folder.path(), &spec(true, &[&seed]))).collect();
    let judged = judge(&PAPER, &runs).unwrap();
    assert_eq!(judged.claims.len(), claims(&PAPER).unwrap().len());
    let weak = judged.claims.iter().find(|claim| claim.id == "The weak feature is learned").unwrap();
    assert_ne!(weak.verdict, Verdict::Supported);
    let run = Run::open(&runs[0]).unwrap();
    let figure = head(&run).unwrap();
    assert_eq!(figure.panels.len(), 4);
    assert!(figure.panels.iter().all(|panel| panel.layers.len() == 3));
    assert!(still::svg(&figure, "a test").unwrap().contains("entry of the head"));
    let head_of = |arm: usize| {
        let subject = run.subjects().nth(arm).unwrap();
        PAPER.read("head_peak", &subject, Moment::Window).unwrap()
    };
    assert!(head_of(0) > 0.0 && head_of(1) == 0.0 && head_of(2) < 1e-6);
}
