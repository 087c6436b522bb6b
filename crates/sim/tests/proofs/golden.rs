//! The first steps of tiny runs against an independent implementation in PyTorch, random numbers, autograd and StopGrad by
//! `.detach()` included: `tools/golden_pytorch.py` wrote the numbers.

use super::oracle::Kind;
use super::setup::{Run, Views, assert_close, largest, state_of};
use featurescope_sim::objective::{NegativeSet, StopGrad};
use featurescope_sim::train::{
    BatchPlan, ConstantRate, Dynamics, NegativeViews, RateRule, StageRule, StagedBias, TrainedBias,
    TrainingRule, ZeroBias,
};
use serde_json::Value;
use std::sync::Arc;

/// Ten steps in single precision against double precision, relative to the largest value.
const TOLERANCE: f64 = 1e-5;

fn run(settings: &Value, arm: &Value) -> Run {
    let number = |name: &str| settings[name].as_f64().unwrap();
    let count = |name: &str| settings[name].as_u64().unwrap() as usize;
    Run {
        latent_dim: count("latent_dim"),
        ambient_dim: count("ambient_dim"),
        activity: number("activity"),
        noise_variance: number("noise_variance"),
        views: if arm["mask"] == true { Views::RandomMask } else { Views::None },
        kind: Kind::InfoNce(number("temperature")),
        stop_grad: if arm["stop_grad"] == true { StopGrad::Targets } else { StopGrad::Nowhere },
        batch: BatchPlan {
            anchors: count("anchors"),
            negatives: count("negatives"),
            negative_set: NegativeSet::Fresh,
            negative_views: NegativeViews::Raw,
        },
        rule: TrainingRule {
            width: count("width"),
            initial_norm: number("initial_norm"),
            rate: RateRule {
                learning_rate: number("learning_rate"),
                schedule: Arc::new(ConstantRate),
                weight_decay: number("weight_decay"),
            },
            bias: match arm["bias"].as_str().unwrap() {
                "staged" => Arc::new(StagedBias {
                    reset: number("bias_reset"),
                    growth: number("bias_growth"),
                    cap: number("bias_cap"),
                }),
                "trained" => {
                    Arc::new(TrainedBias { learning_rate: number("bias_learning_rate"), reset: None })
                }
                _ => Arc::new(ZeroBias),
            },
            stages: StageRule {
                first_energy_ratio: number("first_energy_ratio"),
                second_energy_ratio: f64::from(f32::MAX),
            },
            steps: settings["steps"].as_u64().unwrap(),
        },
        seed: settings["seed"].as_u64().unwrap(),
    }
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[test]
fn first_losses_agree_with_pytorch() {
    let golden: Value = serde_json::from_str(include_str!("../golden/first_losses.json")).unwrap();
    let arms = golden["arms"].as_object().unwrap();
    assert_eq!(arms.len(), 4);
    for (name, arm) in arms {
        let mut dynamics = run(&golden["settings"], arm).start();
        let mut losses = Vec::new();
        while let Some(view) = dynamics.step() {
            losses.push(view.batch.unwrap().loss);
        }
        let wanted = numbers(&arm["losses"]);
        assert_close(&format!("{name}: losses"), &losses, &wanted, TOLERANCE, largest(&wanted));
        assert_eq!(dynamics.view().stages.first, arm["first_stage_end"].as_u64(), "{name}");
        let norms: Vec<f64> = dynamics.view().norms.iter().map(|&n| f64::from(n)).collect();
        let wanted = numbers(&arm["final_weight_norms"]);
        assert_close(&format!("{name}: norms"), &norms, &wanted, TOLERANCE, largest(&wanted));
        let biases = state_of(&dynamics.snapshot()).bias;
        assert_close(&format!("{name}: biases"), &biases, &numbers(&arm["final_biases"]), TOLERANCE, 1.0);
    }
}
