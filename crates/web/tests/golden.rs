//! Makes the numbers that the engine is compared with where it runs as WebAssembly: the terminal's measurements of
//! three small runs, by the kernels of this machine.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_web::settings::Choice;
use serde_json::json;
use std::path::Path;
use std::{env, fs};

const STEPS: usize = 30;

#[test]
#[ignore = "writes page/tests/golden.json again"]
fn golden() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let experiment = "../../theories/wen-li-2021/experiments/first-look/experiment.toml";
    let spec = fs::read_to_string(root.join(experiment)).unwrap();
    let mut runs = Vec::new();
    for (arm, dynamics) in [("random_mask", "reduced"), ("none", "reduced"), ("random_mask", "sampled")] {
        let overrides = vec![
            format!("training.dynamics={dynamics}"),
            "batch.anchors=64".to_owned(),
            "measure.cadence.kind=every".to_owned(),
            "measure.cadence.steps=1".to_owned(),
            // So that a stage ends on the way and thresholds are at work.
            "training.first_energy_ratio=2.0".to_owned(),
        ];
        let choice = Choice { spec: spec.clone(), overrides: overrides.clone(), arm: arm.to_owned() };
        let session = featurescope_web::session::Session::open(&choice).unwrap();
        let columns: Vec<&str> = session.columns().iter().map(|column| column.name).collect();
        let planned = choice.plan().unwrap();
        let mut process = planned.arm().dynamics(&planned.plan.data).unwrap();
        let mut recorder = planned.arm().recorder().unwrap();
        let all = recorder.columns();
        let mut records = Vec::new();
        for _ in 0..STEPS {
            let record = recorder.observe(&process.step().unwrap()).unwrap();
            let value = |name: &&str| record.scalars[all.iter().position(|c| c.name == *name).unwrap()];
            records.push(columns.iter().map(value).collect::<Vec<f64>>());
        }
        assert!(process.view().stages.first.is_some(), "{arm}, {dynamics}: no stage has ended");
        runs.push(json!({ "arm": arm, "overrides": overrides, "steps": STEPS, "columns": columns, "records": records }));
    }
    fs::write(root.join("page/tests/golden.json"), serde_json::to_string(&runs).unwrap() + "\n").unwrap();
}
