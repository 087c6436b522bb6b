//! A run of more than 10⁵ steps: memory stays flat, records grow in proportion, the factor of reduced dynamics stays that
//! of a positive semidefinite matrix. A minute; its figures stand in docs/reliability.md.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]
#![cfg(target_os = "linux")]

use featurescope_lab::experiments::Experiment;
use featurescope_lab::plan::Plan;
use featurescope_lab::run::{Event, RunDirectory, execute};
use featurescope_lab::spec::{Layer, Spec};
use featurescope_lab::store::{RECORDS_FILE, read_checkpoint, read_records};
use featurescope_sim::math::Matrix;
use featurescope_sim::math::linalg::symmetric_eigen;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

const STEPS: u64 = 120_000;

/// Resident memory of this process, in bytes.
fn resident() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[test]
#[ignore = "takes a minute or two; run when the loop of a run changes"]
fn a_long_run_takes_no_more_memory_and_does_not_drift() {
    let mut layers = Experiment::find("smoke").unwrap().layers(false).unwrap();
    let settings = [
        format!("training.steps={STEPS}"),
        "data.latent_dim=12".into(),
        "data.ambient_dim=96".into(),
        "network.width=24".into(),
        "batch.anchors=16".into(),
        "batch.negatives=16".into(),
        "training.learning_rate=0.05".into(),
        "measure.cadence.steps=20".into(),
        "measure.samples=16".into(),
        "probe.labels=[]".into(),
        "arms.random_mask.training.dynamics=reduced".into(),
    ];
    layers.push(Layer::overrides(&settings).unwrap());
    let plan = Plan::new(&Spec::from_layers(&layers).unwrap(), "long").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::create(folder.path()).unwrap().saving_every(Duration::from_secs(2));
    let mut seen: Vec<(String, u64, u64, u64)> = Vec::new();
    let mut arm_now = String::new();
    let summary = execute(&plan, &directory, &AtomicBool::new(false), &mut |event| match event {
        Event::ArmStarted { arm, .. } => arm.clone_into(&mut arm_now),
        Event::Stepped { step, .. } if step % 20_000 == 0 => {
            let journal = directory.arm_path(&arm_now).join("records.journal");
            seen.push((arm_now.clone(), step, resident(), fs::metadata(journal).unwrap().len()));
        }
        _ => {}
    })
    .unwrap();
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{seen:#?}\n").as_bytes());
    assert_eq!(summary.status, featurescope_lab::status::Status::Finished);
    for arm in ["random_mask", "none"] {
        let of_arm: Vec<_> = seen.iter().filter(|(name, ..)| name == arm).collect();
        let [(.., early, _), .., (.., late, _)] = of_arm[..] else { panic!("six readings") };
        // The first reading is after the buffers have grown; the alignment frames fill up to a fixed number after it.
        assert!(*late < early + (8 << 20), "{arm}: {early} bytes at the start, {late} in the end");
        let growth: Vec<u64> = of_arm.windows(2).map(|pair| pair[1].3 - pair[0].3).collect();
        assert!(growth.iter().all(|&g| g.abs_diff(growth[0]) <= growth[0] / 500), "{arm}: {growth:?}");
        let records = read_records(&folder.path().join("arms").join(arm).join(RECORDS_FILE)).unwrap();
        assert!(records.steps.len() as u64 > STEPS / 20);
    }
    let path = folder.path().join("arms/random_mask/checkpoint-final.safetensors");
    let (smallest, largest) = gram_spectrum(&path);
    assert!(smallest >= -1e-12 * largest && largest.is_finite(), "{smallest} … {largest}");
}

/// Smallest and largest eigenvalue of W Wᵀ.
fn gram_spectrum(checkpoint: &Path) -> (f64, f64) {
    let snapshot = read_checkpoint(checkpoint).unwrap();
    let (_, weights) = snapshot.arrays.iter().find(|(name, _)| name == "weights").unwrap();
    assert!(weights.as_slice().iter().all(|w| w.is_finite()));
    let w = weights.to_f64();
    let product = |i: usize, j: usize| w.row(i).iter().zip(w.row(j)).map(|(a, b)| a * b).sum();
    let gram = Matrix::<f64>::from_fn(w.rows(), w.rows(), product);
    let (values, _) = symmetric_eigen(&gram).unwrap();
    values.iter().fold((f64::INFINITY, 0.0), |(low, high), &v| (low.min(v), f64::max(high, v)))
}
