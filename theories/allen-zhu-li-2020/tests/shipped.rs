//! What the paper ships: its experiment, its claims, and the way from runs to its scoreboard.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_allen_zhu_li_2020::PAPER;
use featurescope_allen_zhu_li_2020::figure::purification;
use featurescope_lab::claim::judge::judge;
use featurescope_lab::claim::{Verdict, claims};
use featurescope_lab::evidence::{Gap, Moment, Run};
use featurescope_lab::experiments::Experiment;
use featurescope_lab::paper::{Role, ship};
use featurescope_lab::plan::Plan;
use featurescope_lab::report::still;
use featurescope_lab::results::board;
use featurescope_lab::run::{RunDirectory, execute};
use featurescope_lab::spec::{Layer, Spec};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// The runs of the experiment with one seed, and with other settings.
fn spec(smoke: bool, overrides: &[&str]) -> Spec {
    ship(&[&PAPER]);
    let mut layers = Experiment::find("purify").unwrap().layers(smoke).unwrap();
    let arguments: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    layers.push(Layer::overrides(&arguments).unwrap());
    Spec::all_from_layers(&layers).unwrap().swap_remove(0).spec
}

fn stored(folder: &Path, spec: &Spec) -> PathBuf {
    let directory = RunDirectory::create_next(folder, "purify").unwrap();
    execute(&Plan::new(spec, "purify").unwrap(), &directory, &AtomicBool::new(false), &mut |_| ()).unwrap();
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
    assert_eq!(controls.len(), 9);
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
    let plain = ["clean", "adversarial", "random", "linear_adversarial"];
    assert_eq!(roles(&[]), plain.map(|role| vec![role]));
    let none = |overrides: &[&str], arm: usize| {
        let roles = roles(overrides);
        assert!(roles.iter().all(|roles| roles.len() <= 1), "{overrides:?}: {roles:?}");
        assert!(roles[arm].is_empty(), "{overrides:?}: {roles:?}");
    };
    none(&["objective.kind=regression"], 0);
    none(&["network.output=normalised"], 0);
    none(&["measure.measurement.radius=0.3"], 0);
    none(&["arms.adversarial.adversary.radius=0.3"], 1);
    none(&["arms.adversarial.adversary.from_step=0"], 1);
    none(&["arms.random.adversary.radius=0.3"], 2);
    none(&["arms.linear.training.learning_rate=1"], 3);
}

/// Half the atoms, in seconds: what was measured is what was expected.
const SMALL: &[&str] = &[
    "data.latent_dim=32",
    "data.ambient_dim=32",
    "data.latent.activity=0.15625",
    "network.width=64",
    "batch.anchors=128",
    "training.steps=500",
    "measure.samples=512",
    "arms.adversarial.adversary.from_step=250",
    "arms.random.adversary.from_step=250",
    "arms.linear.adversary.from_step=250",
    "seed=901",
];

#[test]
fn the_adversary_purifies_and_random_changes_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::open(&stored(folder.path(), &spec(true, SMALL))).unwrap();
    let subjects: Vec<_> = run.subjects().collect();
    let read = |arm: usize, name: &str| PAPER.read(name, &subjects[arm], Moment::End).unwrap();
    let [clean, adversarial, random, linear] = [0, 1, 2, 3];
    assert!(read(adversarial, "mixture_left") < 0.5 && read(random, "mixture_left") > 0.5);
    assert_eq!(read(clean, "mixture_left"), 1.0);
    assert_eq!(read(clean, "robust_gain"), 0.0);
    assert!(read(adversarial, "robust_gain") > 0.05 && read(linear, "robust_gain") < 0.05);
    assert_eq!(read(clean, "kept_neurons"), 1.0);
    assert!(read(adversarial, "kept_neurons") > read(linear, "kept_neurons"));
    assert!(read(clean, "gradient_gain") > read(adversarial, "gradient_gain"));
    assert!(read(clean, "mixture_damage") > read(clean, "random_damage") + 0.2);
    assert!(read(clean, "initial_share") < 0.5);
    // Samples of a measurement and of a quantity are different ones, of one law.
    let accuracy = read(clean, "robust_accuracy") + read(clean, "mixture_damage");
    assert!(
        accuracy < read(clean, "clean_accuracy") + 0.1,
        "no single change beats an attack on every sample"
    );

    let figure = purification(&run).unwrap();
    assert_eq!(figure.panels.len(), 3);
    assert!(figure.panels.iter().all(|panel| panel.layers.len() == 4 && panel.marks.len() == 1));
    assert!(still::svg(&figure, "a test").unwrap().contains("Accuracy under attack"));
}

/// The whole way with the smoke of the experiment: five seeds, a board, a verdict with its interval on every test that
/// can be read. Nothing is learned in 40 steps, so nothing may be supported that asks for learning.
#[test]
fn the_smoke_of_the_experiment_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    let seeds = (1..=5).map(|seed| format!("seed={seed}"));
    let runs: Vec<PathBuf> = seeds.map(|seed| stored(folder.path(), &spec(true, &[&seed]))).collect();
    let judged = judge(&PAPER, &runs).unwrap();
    assert_eq!(judged.claims.len(), claims(&PAPER).unwrap().len());
    let verdict = |id: &str| judged.claims.iter().find(|claim| claim.id == id).unwrap().verdict.clone();
    for id in ["Accurate and not robust", "Purification", "Robust accuracy follows"] {
        assert_ne!(verdict(id), Verdict::Supported, "{id}");
    }
}

/// Where an assumption does not hold a quantity says so and gives no number.
#[test]
fn what_a_quantity_does_not_cover_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let gap = |change: &str, arm: usize, quantity: &str| -> Gap {
        let run = Run::open(&stored(folder.path(), &spec(true, &[change, "training.steps=2"]))).unwrap();
        let subject = run.subjects().nth(arm).unwrap();
        PAPER.read(quantity, &subject, Moment::End).unwrap_err()
    };
    for (change, arm, quantity, words) in [
        ("head={kind=\"linear\",outputs=3}", 0, "gradient_gain", "another learner"),
        ("data.dictionary={kind=\"coherent\",coherence=0.2}", 0, "mixture_damage", "not orthonormal"),
        ("seed=2", 3, "gradient_gain", "without gates"),
        ("seed=3", 0, "mixture_over_closed_form", "without an adversary"),
        ("arms.clean.adversary={kind=\"linf\",radius=0.5}", 1, "mixture_left", "arm of the same run"),
        ("arms.clean.network.width=100", 1, "kept_neurons", "100 neurons"),
        ("measure.measurement={kind=\"standard\"}", 0, "mixture_damage", "robust_accuracy"),
    ] {
        let found = gap(change, arm, quantity).to_string();
        assert!(found.contains(words), "{change} {quantity}: {found}");
    }
}
