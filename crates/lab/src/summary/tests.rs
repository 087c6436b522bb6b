use super::*;
use crate::experiments::Experiment;
use crate::spec::Spec;
use crate::status::ProductInputs;

fn plan() -> Plan {
    let layers = Experiment::find("smoke").unwrap().layers(false).unwrap();
    Plan::new(&Spec::from_layers(&layers).unwrap(), "smoke").unwrap()
}

fn records() -> Records {
    let columns = [
        ("loss", [f64::NAN, 4.0, 3.0]),
        ("dense_energy_fraction", [0.9, 0.5, 0.2]),
        ("singleton_count", [0.0, 1.0, 7.0]),
        ("coverage_90", [0.0, 0.0, 0.5]),
        ("noise_cosine", [0.9, 0.9, f64::NAN]),
    ];
    let columns = columns.map(|(name, values)| (name.to_owned(), values.to_vec()));
    Records { steps: vec![0, 5, 9], columns: columns.to_vec() }
}

fn summary() -> ArmSummary {
    summary_of(&plan().arms[0], &records())
}

fn summary_of(arm: &ArmPlan, records: &Records) -> ArmSummary {
    let end = ArmEnd {
        product_inputs: ProductInputs::Single,
        stop_reason: StopReason::Finished,
        stop_detail: None,
        steps: 9,
        training_seconds: 2.0,
        probe_seconds: 1.0,
        probe_problem: None,
    };
    ArmSummary::new(arm, records, StageTimes { first: Some(5), second: None }, &end, Vec::new())
}

/// A loss far above that of neurons that say nothing is told, whatever atoms were found; a high one is not.
#[test]
fn a_loss_that_no_sound_learner_has_is_remarked() {
    let typed = |loss: &str| vec!["training.steps=9".to_owned(), loss.to_owned()];
    let supervised = "arms.none.objective.kind=regression";
    for (setting, arm, silent, best) in [
        ("objective.temperature=2", 0, 2.0 * 9f64.ln(), 0.0),
        ("objective.kind=spectral", 0, 0.0, -12.0),
        (supervised, 1, 0.0, 0.0),
    ] {
        let plan = crate::tiny::plan(&[&typed(setting)]).unwrap();
        let arm = &plan.arms[arm];
        let silent = if setting == supervised { arm.silent_loss().unwrap() } else { silent };
        let limit = 2.0 * silent - best;
        let remark = |loss: f64| {
            let mut records = records();
            records.columns[0].1[2] = loss;
            summary_of(arm, &records).remark
        };
        assert_eq!(remark(0.99 * limit), None, "{setting}");
        let told = remark(1.01 * limit).unwrap();
        assert!(told.contains("training went wrong") && told.contains("batch.anchors"), "{told}");
    }
}

#[test]
fn figures_are_those_of_the_last_record_or_of_t1() {
    let arm = summary();
    assert_eq!((arm.loss, arm.singleton_count, arm.coverage.at_90), (Some(3.0), Some(7), Some(0.5)));
    assert_eq!((arm.dense_energy_fraction, arm.dense_fraction_at_t1), (Some(0.2), Some(0.5)));
    assert!(arm.loss_floor.is_none() && arm.loss_minus_floor.is_none(), "no theory was handed in");
    let (noise, signal) = (arm.noise_cosine_linear.unwrap(), arm.signal_cosine_linear.unwrap());
    assert!((noise * noise + signal * signal - 1.0).abs() < 1e-12);
    assert_eq!(arm.wall_seconds, 3.0);
}

/// The stable part of the format, as documented.
#[test]
fn the_json_has_its_documented_fields_and_null_where_nothing_is_defined() {
    let json = serde_json::to_value(summary()).unwrap();
    for field in [
        "t1",
        "t1_predicted",
        "t2",
        "steps",
        "stop_reason",
        "loss",
        "loss_floor",
        "loss_minus_floor",
        "dense_energy_fraction",
        "dense_fraction_at_t1",
        "dense_fraction_at_t1_predicted",
        "singleton_count",
        "singleton_energy_fraction",
        "coverage",
        "firing_rate",
        "bias_over_norm",
        "signal_cosine",
        "noise_cosine",
        "probes",
        "growth_measured",
        "growth_predicted",
        "wall_seconds",
    ] {
        assert!(json.get(field).is_some(), "{field}");
    }
    assert_eq!(json["coverage"]["0.9"], 0.5);
    assert!(json["coverage"]["0.7"].is_null() && json["noise_cosine"].is_null() && json["t2"].is_null());
}
