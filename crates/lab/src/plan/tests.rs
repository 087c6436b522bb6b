use super::*;
use crate::spec::Layer;
use featurescope_sim::data::DataModel;
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

fn message(arguments: &[&str]) -> String {
    plan(arguments).unwrap_err().to_string()
}

#[test]
fn every_arm_steps_and_sees_the_same_data() {
    let plan = plan(&[]).unwrap();
    assert_eq!(plan.arms.len(), 5);
    for arm in &plan.arms {
        let mut dynamics = arm.dynamics(&plan.data).unwrap();
        let mut recorder = arm.recorder();
        assert!(recorder.observe(&dynamics.view()).is_some(), "step 0 is recorded");
        assert_eq!(dynamics.step().map(|view| view.step), Some(1), "{}", arm.name);
    }
}

#[test]
fn sizes_that_do_not_fit_together_are_refused() {
    let text = message(&["data.ambient_dim=12"]);
    assert!(text.contains("data.ambient_dim = 12") && text.contains("latent_dim = 16"), "{text}");
    let text = message(&["data.dictionary.kind=hadamard", "data.ambient_dim=100"]);
    assert!(text.contains("ambient_dim = 100") && text.contains("power of two"), "{text}");
    let text = message(&["arms.random_mask.augmentation.keep_rate=1"]);
    assert!(text.contains("arm random_mask") && text.contains("keep_rate = 1"), "{text}");
    let text = message(&["arms.supervised.objective.tasks=3"]);
    assert!(text.contains("arm supervised") && text.contains("tasks = 3"), "{text}");
    let text = message(&["batch.anchors=1"]);
    assert!(text.contains("arm in_batch") && text.contains("anchors = 1"), "{text}");
    let text = message(&["data.activity_constant=40"]);
    assert!(text.contains("data.activity_constant = 40"), "{text}");
    let text = message(&["data.active_count=17"]);
    assert!(text.contains("active_count = 17") && text.contains("latent_dim = 16"), "{text}");
    let text = message(&["data.noise_directions.kind=random", "data.noise_directions.count=200"]);
    assert!(text.contains("noise_directions = 200"), "{text}");
    let text = message(&["training.learning_rate=100", "training.weight_decay=1"]);
    assert!(text.contains("weight_decay = 1"), "{text}");
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

/// The paper's arm grows by p(1 − d/d1) along atoms, the arm without augmentation by p + σ² there and by σ² elsewhere.
#[test]
fn predictions_follow_the_table_of_rates() {
    let plan = plan(&["data.dictionary.kind=hadamard"]).unwrap();
    let (p, variance) = (plan.law.activity(), plan.law.noise_variance);
    let factor = |rate: f64| 1.0 + 0.5 * (8.0 / 9.0 * rate - 1e-3);
    let growth = |arm: usize| plan.arms[arm].prediction.growth.unwrap();
    let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
    assert!(close(growth(0).sparse, factor(p * (1.0 - 1.0 / 8.0))));
    assert!(close(growth(0).dense, factor(-p / 8.0)));
    assert!(close(growth(1).sparse, factor(p + variance)) && close(growth(1).dense, factor(variance)));
    assert!(growth(2).sparse < growth(0).sparse, "seven negatives instead of eight");
    for open in [3, 4] {
        assert!(
            plan.arms[open].prediction.growth.is_none() && plan.arms[open].prediction.loss_floor.is_none()
        );
    }
    let none = plan.arms[1].prediction;
    assert!(none.t1.unwrap() > 0.0 && none.dense_fraction_at_t1.unwrap() < 1.0);
    // Nothing learned yet costs ln(N + 1); sparse features leave less.
    let floor = none.loss_floor.unwrap();
    assert!(floor > 0.0 && floor < 9f64.ln());
}

#[test]
fn stage_one_is_left_open_where_the_closed_forms_do_not_reach() {
    let growth = |arguments: &[&str]| plan(arguments).unwrap().arms[0].prediction.growth;
    assert!(growth(&[]).is_some());
    assert!(growth(&["objective.stop_gradient=nowhere"]).is_none());
    assert!(growth(&["bias.kind=trained", "bias.learning_rate=1"]).is_none());
    assert!(growth(&["bias.kind=trained", "bias.learning_rate=1", "bias.reset=1"]).is_some());
    assert!(growth(&["training.schedule.kind=cosine"]).is_none());
    assert!(growth(&["data.noise_directions.kind=random"]).is_none());
    let fixed = plan(&["data.active_count=2"]).unwrap();
    assert!(fixed.arms[0].prediction.loss_floor.is_none() && fixed.yardstick().linear_accuracy.is_none());
}

/// Closed forms speak of plain descent and of symmetric ReLU with plain features, and of nothing else.
#[test]
fn closed_forms_say_nothing_of_other_learners() {
    for other in
        ["training.optimizer.kind=momentum", "training.optimizer.kind=adam", "network.output=normalised"]
    {
        let plan = plan(&[other]).unwrap();
        for arm in &plan.arms {
            let found = &arm.prediction;
            assert!(found.growth.is_none() && found.t1.is_none() && found.loss_floor.is_none(), "{other}");
            assert!(found.initial_loss.is_none() && found.linear_noise_cosine(0.5).is_none(), "{other}");
            assert!(arm.spec.closed_form().is_none(), "{other}");
        }
    }
}

#[test]
fn what_a_dynamics_or_an_arithmetic_cannot_train_is_refused() {
    let text = message(&["arms.random_mask.training.dynamics=reduced", "training.optimizer.kind=adam"]);
    assert!(text.contains("arm random_mask") && text.contains("optimizer = another one"), "{text}");
    for other in ["training.optimizer.kind=momentum", "network.output=normalised"] {
        let text = message(&["training.arithmetic=mixed", other]);
        assert!(text.contains("arithmetic = mixed"), "{text}");
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

/// The masks' first order gives the growth of even leverages; without it there is none of d/d1.
#[test]
fn predictions_for_reduced_arms_know_what_is_kept() {
    let rate = |growth: f64| ((growth - 1.0) / 0.5 + 1e-3) * 9.0 / 8.0;
    let growth = |arguments: &[&str]| reduced(arguments).unwrap().arms[0].prediction.growth.unwrap();
    let p = reduced(&[]).unwrap().law.activity();
    let (kept, dropped) = (growth(&[]), growth(&["training.mask_jitter=dropped"]));
    let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
    assert!(close(rate(kept.sparse), p * (1.0 - 1.0 / 8.0)) && close(rate(kept.dense), -p / 8.0));
    assert!(close(rate(dropped.sparse), p) && close(rate(dropped.dense), 0.0));
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
    let (p, variance) = (hidden.law.activity(), hidden.law.noise_variance);
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
        assert!(
            elsewhere.foreseen()[0].contains("no closed form for noise that is larger in some directions")
        );
    }
}

/// A single anchor without masks: 2ησ⁴(d1 − d)/(Pp) > 1.
#[test]
fn noise_that_feeds_itself_is_foreseen() {
    let few = |anchors: &str| {
        let steps = ["arms.in_batch.batch.anchors=8", "training.steps=2000", "training.first_energy_ratio=2"];
        plan(&[&steps[..], &[anchors, "network.initial_norm=1e-3"]].concat()).unwrap().arms[1].foreseen()
    };
    let told = few("batch.anchors=1");
    assert!(told.len() == 1 && told[0].contains("batch.anchors = 1 will feed itself"), "{told:?}");
    assert_eq!(few("batch.anchors=512"), Vec::<String>::new());
}

/// Losses of neurons that never fire, per objective.
#[test]
fn silent_neurons_have_a_loss() {
    let plan = plan(&[]).unwrap();
    let found: Vec<f64> = plan.arms.iter().map(ArmPlan::silent_loss).collect();
    assert_eq!(found[..4], [9f64.ln(), 9f64.ln(), 8f64.ln(), 0.0]);
    // The labels' own mean square: Σ over tasks of p‖t_k‖²/2, entries ±(1/2 … 3/2)/√K.
    assert!((found[4] - 0.5 * plan.law.activity() * 16.0 * 13.0 / 12.0).abs() < 1e-12);
}
