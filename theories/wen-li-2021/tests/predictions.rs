//! What the theory says of arms before they run: from specs to figures and notes.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_lab::paper::ship;
use featurescope_lab::plan::{Plan, PlanError};
use featurescope_lab::spec::{Layer, Spec};
use featurescope_lab::status::{ArmEnd, ProductInputs, StopReason};
use featurescope_lab::store::Records;
use featurescope_lab::summary::ArmSummary;
use featurescope_sim::train::StageTimes;
use featurescope_wen_li_2021::PAPER;
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
    ship(&[&PAPER]);
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let layers = [Layer::parse(BASE, "base", Path::new(""))?, Layer::overrides(&arguments)?];
    Plan::new(&Spec::from_layers(&layers)?, "test")
}

/// The paper's arm grows by p(1 − d/d1) along atoms, the arm without augmentation by p + σ² there and by σ² elsewhere.
#[test]
fn predictions_follow_the_table_of_rates() {
    let plan = plan(&["data.dictionary.kind=hadamard"]).unwrap();
    let law = plan.law.as_ref().unwrap();
    let (p, variance) = (law.activity(), law.noise_variance);
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
    let fixed = plan(&["data.latent.kind=fixed_count", "data.latent.active_count=2"]).unwrap();
    assert!(fixed.arms[0].prediction.loss_floor.is_none() && fixed.yardstick().linear_accuracy.is_none());
}

#[test]
fn what_has_no_closed_form_is_told() {
    let uneven = plan(&["data.noise_directions.kind=random"]).unwrap();
    assert!(uneven.foreseen()[0].contains("no closed form for noise that is larger in some directions"));
    assert!(plan(&[]).unwrap().foreseen().iter().all(|told| !told.contains("closed form")));
}

const ALL_REDUCED: [&str; 1] = ["training.dynamics=reduced"];

fn reduced(arguments: &[&str]) -> Result<Plan, PlanError> {
    plan(&[&ALL_REDUCED[..], arguments].concat())
}

/// The masks' first order gives the growth of even leverages; without it there is none of d/d1.
#[test]
fn predictions_for_reduced_arms_know_what_is_kept() {
    let rate = |growth: f64| ((growth - 1.0) / 0.5 + 1e-3) * 9.0 / 8.0;
    let growth = |arguments: &[&str]| reduced(arguments).unwrap().arms[0].prediction.growth.unwrap();
    let p = reduced(&[]).unwrap().law.as_ref().unwrap().activity();
    let (kept, dropped) = (growth(&[]), growth(&["training.mask_jitter=dropped"]));
    let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
    assert!(close(rate(kept.sparse), p * (1.0 - 1.0 / 8.0)) && close(rate(kept.dense), -p / 8.0));
    assert!(close(rate(dropped.sparse), p) && close(rate(dropped.dense), 0.0));
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

/// Nine steps, at the last of which an arm covers no atom, behind thresholds at .45.
fn covers_nothing(plan: &Plan, arm: usize) -> ArmSummary {
    let columns = [
        ("loss", [f64::NAN, 2.0, 1.0]),
        ("dense_energy_fraction", [0.9, 0.5, 0.2]),
        ("coverage_90", [0.0; 3]),
        ("bias_over_norm", [0.0, 0.2, 0.45]),
    ];
    let columns = columns.map(|(name, values)| (name.to_owned(), values.to_vec()));
    let records = Records { steps: vec![0, 5, 9], columns: columns.to_vec() };
    let end = ArmEnd {
        product_inputs: ProductInputs::Single,
        stop_reason: StopReason::Finished,
        stop_detail: None,
        steps: 9,
        training_seconds: 2.0,
        probe_seconds: 1.0,
        probe_problem: None,
    };
    let stages = StageTimes { first: Some(5), second: None };
    ArmSummary::new(&plan.arms[arm], &records, stages, &end, Vec::new())
}

/// Without masks the noise's growth through thresholds at .45 of the norm is σ²·2Φ̄(.45/σ). At d = 16 and C_σ
/// = .7 it is .0070, seven times a weight decay of 1e-3 and less than one of 1e-2.
#[test]
fn noise_that_grows_through_the_thresholds_is_told_where_it_outruns_weight_decay() {
    let variance = 0.7 * 16f64.ln().sqrt() / 16.0;
    let tail = featurescope_sim::math::special::normal_tail(0.45 / variance.sqrt());
    let feed = variance * 2.0 * tail;
    let remark = |decay: f64| {
        let typed = [
            "training.steps=9",
            "data.noise_constant=0.7",
            "arms.none.bias={kind=\"staged\",cap=0.45}",
            &format!("training.weight_decay={decay}"),
        ];
        covers_nothing(&plan(&typed).unwrap(), 1).remark.unwrap()
    };
    let told = remark(1e-3);
    assert!(told.contains(&format!("{:.1} times as fast as weight decay", feed / 1e-3)), "{told}");
    assert!(feed < 1e-2 && !remark(1e-2).contains("weight decay takes it away"));
}

/// The summary has theory's figures beside what was measured.
#[test]
fn summaries_compare_with_the_theory() {
    let plan = plan(&["training.steps=9"]).unwrap();
    let arm = covers_nothing(&plan, 0);
    assert_eq!(arm.loss_minus_floor.unwrap(), 1.0 - arm.loss_floor.unwrap());
    assert!(arm.growth_predicted.unwrap().sparse > 1.0 && arm.t1_predicted.is_some());
}

/// Closed forms speak of plain descent and of symmetric ReLU with plain features and no head, and of nothing else.
#[test]
fn closed_forms_say_nothing_of_other_learners() {
    for typed in [
        &["training.optimizer.kind=momentum"][..],
        &["training.optimizer.kind=adam"],
        &["network.output=normalised"],
        &["network.kind=relu"],
        &["head={kind=\"linear\", outputs=4}"],
        &["adversary.kind=l2", "adversary.radius=0.1"],
    ] {
        let (plan, other) = (plan(typed).unwrap(), typed[0]);
        for arm in &plan.arms {
            let found = &arm.prediction;
            assert!(found.growth.is_none() && found.t1.is_none() && found.loss_floor.is_none(), "{other}");
            assert!(found.initial_loss.is_none() && found.linear_noise_cosine(0.5).is_none(), "{other}");
            assert!(arm.spec.closed_form().is_none(), "{other}");
        }
    }
}

/// Nor of views that are no masks of independent coordinates: only what does not depend on views is said.
#[test]
fn closed_forms_say_nothing_of_other_views() {
    for kind in ["additive_noise", "atom_dropout", "atom_masks"] {
        let plan = plan(&[&format!("augmentation.kind={kind}")]).unwrap();
        let found = &plan.arms[0].prediction;
        assert_eq!(plan.arms[0].spec.augmentation.as_ref().unwrap().kind(), kind);
        assert!(found.growth.is_none() && found.t1.is_none() && found.loss_floor.is_none(), "{kind}");
        assert!(found.initial_loss.is_some(), "{kind}");
    }
    // Without correlation the masks are RandomMask's, and so is what is said of them.
    let [masks, random] = [
        &["augmentation.kind=atom_masks", "augmentation.correlation=0"][..],
        &["augmentation.kind=random_mask"],
    ]
    .map(|typed| plan(typed).unwrap().arms[0].prediction);
    assert!(masks == random && masks.growth.is_some());
}
