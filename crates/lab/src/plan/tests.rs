mod data_files;
mod other_data;

use super::*;
use crate::spec::Layer;
use featurescope_sim::data::{DataModel, SparseCodingLaw};
use std::path::Path;

const BASE: &str = "
[data]
latent_dim = 16
ambient_dim = 128
[network]
width = 32
[batch]
anchors = 8
negatives = 8
[training]
steps = 2
learning_rate = 0.5
weight_decay = 1e-3
[arms.random_mask]
[arms.none]
augmentation.kind = \"none\"
[arms.in_batch]
batch.negative_set = \"in_batch\"
[arms.spectral]
objective.kind = \"spectral\"
[arms.supervised]
objective.kind = \"regression\"
";

fn plan(arguments: &[&str]) -> Result<Plan, PlanError> {
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let layers = [Layer::parse(BASE, "base", Path::new(""))?, Layer::overrides(&arguments)?];
    Plan::new(&Spec::from_layers(&layers)?, "test")
}

const FIXED_COUNT: [&str; 1] = ["data.latent.kind=fixed_count"];

/// The law of sparse codes.
fn law(plan: &Plan) -> &SparseCodingLaw {
    plan.law.as_ref().unwrap()
}

fn message(arguments: &[&str]) -> String {
    plan(arguments).unwrap_err().to_string()
}

#[test]
fn every_arm_steps_and_sees_the_same_data() {
    let plan = plan(&[]).unwrap();
    assert_eq!(plan.arms.len(), 5);
    for arm in &plan.arms {
        let mut dynamics = arm.dynamics(&plan.data).unwrap();
        let mut recorder = arm.recorder().unwrap();
        assert!(recorder.observe(&dynamics.view()).is_some(), "step 0 is recorded");
        assert_eq!(dynamics.step().map(|view| view.step), Some(1), "{}", arm.name);
    }
}

#[test]
fn sizes_that_do_not_fit_together_are_refused() {
    let text = message(&["data.ambient_dim=12"]);
    assert!(text.contains("data.ambient_dim = 12") && text.contains("latent_dim = 16"), "{text}");
    let text = message(&["data.dictionary.kind=hadamard", "data.ambient_dim=100"]);
    assert!(text.contains("data.ambient_dim = 100") && text.contains("power of two"), "{text}");
    let text = message(&["arms.random_mask.augmentation.keep_rate=1"]);
    assert!(text.contains("arm random_mask: augmentation.keep_rate = 1"), "{text}");
    let text = message(&["arms.supervised.objective.tasks=3"]);
    assert!(text.contains("arm supervised: objective.tasks = 3"), "{text}");
    let text = message(&["batch.anchors=1"]);
    assert!(text.contains("arm in_batch: batch.anchors = 1"), "{text}");
    let text = message(&["data.latent.activity_constant=40"]);
    assert!(text.contains("data.latent.activity_constant = 40"), "{text}");
    let text = message(&[&FIXED_COUNT[..], &["data.latent.active_count=17"]].concat());
    assert!(text.contains("data.latent.active_count = 17") && text.contains("latent_dim = 16"), "{text}");
    let text = message(&["data.noise_directions.kind=random", "data.noise_directions.count=200"]);
    assert!(text.contains("data.noise_directions.count = 200"), "{text}");
    let text = message(&["training.learning_rate=100", "training.weight_decay=1"]);
    assert!(text.contains("training.weight_decay = 1"), "{text}");
}

#[test]
fn a_run_that_does_not_fit_into_memory_is_refused_before_anything_is_allocated() {
    let text = message(&["network.width=100000", "data.ambient_dim=1000000000"]);
    assert!(text.contains("TiB") && text.contains("lower data.ambient_dim"), "{text}");
}

#[test]
fn dictionaries_come_from_files_and_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.csv");
    let write = |entry: &dyn Fn(usize, usize) -> f64| {
        let row = |r| (0..16).map(|c| entry(r, c).to_string()).collect::<Vec<_>>().join(" ");
        std::fs::write(&path, (0..128).map(row).collect::<Vec<_>>().join("\n")).unwrap();
    };
    let given = format!("data.dictionary.path={}", path.display());
    let arguments = ["data.dictionary.kind=file", &given];
    let unit = |r: usize, c: usize| f64::from(u8::from(r == 3 * c));
    write(&unit);
    assert_eq!(plan(&arguments).unwrap().data.ambient().unwrap().dictionary().atoms()[(2, 6)], 1.0);
    write(&|r, c| 1.1 * unit(r, c));
    assert!(message(&arguments).contains("not orthonormal"));
    let text = message(&[&arguments[..], &["data.ambient_dim=256"]].concat());
    assert!(text.contains("128 × 16") && text.contains("256 × 16"), "{text}");
    std::fs::remove_file(&path).unwrap();
    assert!(message(&arguments).contains("data.dictionary.path"));
}

#[test]
fn what_a_dynamics_or_an_arithmetic_cannot_train_is_refused() {
    let text = message(&["arms.random_mask.training.dynamics=reduced", "training.optimizer.kind=adam"]);
    assert!(
        text.contains("arm random_mask") && text.contains("training.optimizer.kind = another one"),
        "{text}"
    );
    for other in [
        "training.optimizer.kind=momentum",
        "network.output=normalised",
        "network={kind=\"two_layers\", features=4}",
        "head={kind=\"linear\", outputs=4}",
    ] {
        let text = message(&["training.arithmetic=mixed", other]);
        assert!(text.contains("arithmetic = mixed"), "{text}");
    }
    let text = message(&["training.arithmetic=mixed", "adversary.kind=l2", "adversary.radius=1"]);
    assert!(text.contains("arithmetic = mixed") && text.contains("no adversary"), "{text}");
    let reduced = "arms.random_mask.training.dynamics=reduced";
    let text = message(&[reduced, "adversary.kind=linf", "adversary.radius=1"]);
    assert!(text.contains("adversary.kind = another one") && text.contains("none or l2"), "{text}");
    let text = message(&[reduced, "arms.random_mask.augmentation.kind=atom_masks"]);
    assert!(text.contains("augmentation.kind = another kind of views"), "{text}");
    assert!(plan(&[reduced, "adversary.kind=l2", "adversary.radius=1"]).is_ok());
    for exact in ["additive_noise", "atom_dropout"] {
        let views = format!("arms.random_mask.augmentation.kind={exact}");
        assert!(plan(&[reduced, &views]).is_ok(), "{exact}");
    }
}

const ALL_REDUCED: [&str; 1] = ["training.dynamics=reduced"];

fn reduced(arguments: &[&str]) -> Result<Plan, PlanError> {
    plan(&[&ALL_REDUCED[..], arguments].concat())
}

/// No dictionary, no memory and no step that knows the ambient dimension.
#[test]
fn reduced_arms_step_in_a_billion_dimensions() {
    let plan = reduced(&["data.ambient_dim=1000000000", "training.learning_rate=1e-9", "probe.labels=[100]"])
        .unwrap();
    assert!(plan.data.ambient().is_none() && plan.cost.memory < 1e8, "{:?}", plan.cost);
    for arm in &plan.arms {
        let mut dynamics = arm.dynamics(&plan.data).unwrap();
        assert_eq!(dynamics.step().map(|view| view.step), Some(1), "{}", arm.name);
        assert_eq!(arm.space(&plan.data).unwrap().ambient_dim(), 16 + 32);
    }
}

/// One sampled arm is enough for the dictionary to be drawn.
#[test]
fn sampled_and_reduced_arms_share_a_run() {
    let plan = plan(&["arms.random_mask.training.dynamics=reduced"]).unwrap();
    assert!(plan.data.ambient().is_some());
    let dims: Vec<usize> = plan.arms.iter().map(|arm| arm.space(&plan.data).unwrap().ambient_dim()).collect();
    assert_eq!(dims, [48, 128, 128, 128, 128]);
}

#[test]
fn what_reduced_dynamics_has_no_law_for_is_refused() {
    let message = |arguments: &[&str]| reduced(arguments).unwrap_err().to_string();
    let text = message(&["data.ambient_dim=127"]);
    assert!(text.contains("ambient_dim = 127") && text.contains("at least 8 latent_dim = 128"), "{text}");
    let text = message(&["data.dictionary.kind=hadamard", "data.ambient_dim=200"]);
    assert!(text.contains("ambient_dim = 200") && text.contains("power of two"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.csv");
    let row = |r| (0..16).map(|c| u8::from(r == 3 * c).to_string()).collect::<Vec<_>>().join(" ");
    std::fs::write(&path, (0..128).map(row).collect::<Vec<_>>().join("\n")).unwrap();
    let given = format!("data.dictionary.path={}", path.display());
    let text = message(&["data.dictionary.kind=file", &given]);
    assert!(text.contains("arm random_mask") && text.contains("has 128.0/d1"), "{text}");
    let given = format!("data.noise_directions.path={}", path.display());
    let text = message(&["data.noise_directions.kind=file", &given]);
    assert!(
        text.contains("data.noise_directions.kind = file") && text.contains("sampled dynamics"),
        "{text}"
    );
    let text = message(&[
        "data.ambient_dim=20",
        "data.noise_directions.kind=random",
        "data.noise_directions.count=5",
    ]);
    assert!(text.contains("ambient_dim = 20"), "{text}");
}

/// A file of noise directions on the axes of a dictionary whose atoms are axes too.
fn on_atoms(folder: &Path, axes: &[usize]) -> [String; 5] {
    let path = folder.join("u.csv");
    let row = |axis: &usize| (0..128).map(|c| u8::from(c == *axis).to_string()).collect::<Vec<_>>().join(" ");
    std::fs::write(&path, axes.iter().map(row).collect::<Vec<_>>().join("\n")).unwrap();
    [
        "data.dictionary.kind=axes".to_owned(),
        "data.noise_directions.kind=file".to_owned(),
        format!("data.noise_directions.path={}", path.display()),
        "data.noise_directions.variance_ratio=30".to_owned(),
        "data.noise_constant=0.7".to_owned(),
    ]
}

/// Atoms 0 to 15 hidden in thirty times the noise; one of them; none of them; random directions.
#[test]
fn yardsticks_know_how_the_noise_lies() {
    let folder = tempfile::tempdir().unwrap();
    let of = |axes: &[usize]| {
        let arguments = on_atoms(folder.path(), axes);
        plan(&arguments.each_ref().map(String::as_str)).unwrap()
    };
    let hidden = of(&(0..16).collect::<Vec<_>>());
    let (p, variance) = (law(&hidden).activity(), law(&hidden).noise_variance);
    let r_squared = |variance: f64| p / (p + variance);
    let found = hidden.yardstick();
    assert!((found.linear_r_squared.unwrap() - r_squared(30.0 * variance)).abs() < 1e-6, "{found:?}");
    assert!(found.linear_accuracy.is_none(), "no closed form where atoms differ in noise");
    let one = of(&[3]).yardstick().linear_r_squared.unwrap();
    assert!(r_squared(30.0 * variance) < one && one < r_squared(variance), "{one}");
    let even = plan(&["data.noise_constant=0.7"]).unwrap().yardstick();
    for elsewhere in
        [of(&[16, 40]), plan(&["data.noise_constant=0.7", "data.noise_directions.kind=random"]).unwrap()]
    {
        assert_eq!(elsewhere.yardstick(), even, "directions orthogonal to the atoms change nothing");
        let prediction = elsewhere.arms[0].prediction;
        assert!(
            prediction.linear_noise_cosine(0.5).is_none() && prediction.linear_signal_cosine(0.5).is_none()
        );
    }
}

/// Losses of neurons that never fire, per objective.
#[test]
fn silent_neurons_have_a_loss() {
    let plan = plan(&[]).unwrap();
    let found: Vec<f64> = plan.arms.iter().map(|arm| arm.silent_loss().unwrap()).collect();
    assert_eq!(found[..4], [9f64.ln(), 9f64.ln(), 8f64.ln(), 0.0]);
    // The labels' own mean square: Σ over tasks of p‖t_k‖²/2, entries ±(1/2 … 3/2)/√K.
    assert!((found[4] - 0.5 * law(&plan).activity() * 16.0 * 13.0 / 12.0).abs() < 1e-12);
}
