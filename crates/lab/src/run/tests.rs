mod ends;

use super::*;
use crate::spec::{Layer, Spec};
use crate::status::Status;
use crate::tiny;
use std::path::Path;

/// Probes that take a moment.
const PROBES: [&str; 3] = ["probe.labels=[40]", "probe.validation_rows=50", "probe.test_rows=60"];

fn plan(arguments: &[&str]) -> Plan {
    let typed =
        [&PROBES[..], arguments].map(|texts| texts.iter().map(ToString::to_string).collect::<Vec<_>>());
    tiny::plan(&[&typed[0], &typed[1]]).unwrap()
}

fn run(plan: &Plan, folder: &Path) -> Summary {
    let directory = RunDirectory::create(folder).unwrap();
    execute(plan, &directory, &AtomicBool::new(false), &mut |_| {}).unwrap()
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_run_leaves_every_file_and_tells_every_step() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::create(folder.path()).unwrap();
    let mut told = Vec::new();
    let summary = execute(&plan(&[]), &directory, &AtomicBool::new(false), &mut |event| {
        told.push(match event {
            Event::YardsticksStarted => "yardsticks".to_owned(),
            Event::ArmStarted { arm, number, arms, steps } => format!("{arm} {number}/{arms} {steps}"),
            Event::Resumed { arm, .. } => panic!("{arm} was not stopped"),
            Event::Note(text) => panic!("{text}"),
            Event::Stepped { step, .. } => step.to_string(),
            Event::Recorded { dense_energy_fraction, coverage } => {
                assert!((0.0..=1.0).contains(&dense_energy_fraction) && (0.0..=1.0).contains(&coverage));
                "recorded".to_owned()
            }
            Event::ProbesStarted { .. } => "probes".to_owned(),
            Event::ArmEnded { arm, end } => format!("{arm} {}", end.stop_reason),
        });
    })
    .unwrap();
    let arm = |name: &str, number: usize| {
        let start = format!("{name} {number}/2 6");
        let steps = ["1", "recorded", "2", "3", "recorded", "4", "5", "recorded", "6"].map(ToOwned::to_owned);
        let end = ["probes".to_owned(), format!("{name} finished")];
        [start].into_iter().chain(steps).chain(end).collect::<Vec<_>>()
    };
    // Training starts first.
    assert_eq!(told, [arm("random_mask", 1), arm("none", 2), vec!["yardsticks".to_owned()]].concat());
    assert_eq!(summary.status, Status::Finished);
    for file in ["spec.toml", "manifest.json", "summary.json", "yardsticks.json"] {
        assert!(directory.file(file).is_file(), "{file}");
    }
    for file in
        ["records.parquet", "neurons.parquet", "checkpoint-final.safetensors", "probes.json", "atoms.json"]
    {
        assert!(directory.arm("none").unwrap().join(file).is_file(), "{file}");
    }
    let records = read_records(&directory.arm("none").unwrap().join(RECORDS_FILE)).unwrap();
    assert_eq!(records.steps, [0, 2, 4, 6]);
    assert_eq!(json(&directory.file("manifest.json"))["status"], "finished");
}

/// The stored spec gives the same bytes again.
#[test]
fn a_stored_spec_runs_to_the_same_records() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(&plan(&["seed=5"]), first.path());
    let layer = Layer::read(&first.path().join("spec.toml")).unwrap();
    let again = Plan::new(&Spec::from_layers(&[layer]).unwrap(), "other").unwrap();
    run(&again, second.path());
    for file in
        ["spec.toml", "arms/none/records.parquet", "arms/random_mask/neurons.parquet", "yardsticks.json"]
    {
        let read = |folder: &Path| fs::read(folder.join(file)).unwrap();
        assert!(read(first.path()) == read(second.path()), "{file} differs");
    }
}

#[test]
fn a_diverging_arm_keeps_what_it_saw_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let plan =
        plan(&["arms.random_mask.training.learning_rate=1e9", "arms.random_mask.training.weight_decay=0"]);
    let summary = run(&plan, folder.path());
    assert_eq!(summary.status, Status::Diverged);
    let [(_, diverged), (_, other)] = &summary.arms[..] else { panic!("two arms") };
    assert_eq!((diverged.stop_reason, other.stop_reason), (StopReason::Diverged, StopReason::Finished));
    assert!(diverged.stop_detail.is_some() && diverged.steps < 6 && other.steps == 6);
    let arm = folder.path().join("arms/random_mask");
    assert_eq!(read_records(&arm.join(RECORDS_FILE)).unwrap().steps.last(), Some(&diverged.steps));
    assert!(arm.join("checkpoint-diverged.safetensors").is_file() && !arm.join("probes.json").exists());
    assert!(!fs::read_to_string(folder.path().join("summary.json")).unwrap().contains("NaN"));
}

#[test]
fn an_interruption_stops_between_steps_and_keeps_the_state() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::create(folder.path()).unwrap();
    let interrupt = AtomicBool::new(false);
    let summary = execute(&plan(&[]), &directory, &interrupt, &mut |event| {
        if matches!(event, Event::Stepped { step: 3, .. }) {
            interrupt.store(true, Ordering::Relaxed);
        }
    })
    .unwrap();
    assert_eq!((summary.status, summary.arms.len(), summary.arms[0].1.steps), (Status::Interrupted, 1, 3));
    let path = directory.arm("random_mask").unwrap().join("checkpoint-interrupted.safetensors");
    assert_eq!(read_checkpoint(&path).unwrap().step, 3);
    assert_eq!(json(&directory.file("manifest.json"))["arms"]["random_mask"]["stop_reason"], "interrupted");
}

#[test]
fn no_labels_means_no_probes() {
    let folder = tempfile::tempdir().unwrap();
    let summary = run(&plan(&["probe.labels=[]"]), folder.path());
    assert!(summary.arms[0].1.probes.is_empty() && !folder.path().join("yardsticks.json").exists());
}

/// Reduced arms leave the same files, and a stored spec gives the same bytes; so do the yardsticks without a dictionary.
#[test]
fn a_run_without_the_ambient_space_leaves_the_same_files() {
    let reduced = ["training.dynamics=reduced", "data.ambient_dim=100000", "training.learning_rate=1e-4"];
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let plan = plan(&reduced);
    assert!(plan.data.ambient().is_none());
    let summary = run(&plan, first.path());
    assert_eq!(summary.status, Status::Finished);
    // Raw, oracle linear and oracle latent features, two tasks each.
    assert_eq!(summary.yardsticks.probes.len(), 6);
    let layer = Layer::read(&first.path().join("spec.toml")).unwrap();
    run(&Plan::new(&Spec::from_layers(&[layer]).unwrap(), "other").unwrap(), second.path());
    for file in
        ["arms/none/records.parquet", "arms/random_mask/checkpoint-final.safetensors", "yardsticks.json"]
    {
        let read = |folder: &Path| fs::read(folder.join(file)).unwrap();
        assert!(read(first.path()) == read(second.path()), "{file} differs");
    }
}

/// Probes on raw x drawn in the span of the labelled samples score like those on x itself: the same mean over seeds.
#[test]
fn raw_yardsticks_agree_with_and_without_the_ambient_space() {
    let score = |seed: u64, dynamics: &str| {
        let dynamics = format!("training.dynamics={dynamics}");
        let seed = format!("seed={seed}");
        let arguments =
            ["data.ambient_dim=256", "probe.labels=[120]", "probe.test_rows=1000", &seed, &dynamics];
        let plan = plan(&arguments);
        let interrupt = AtomicBool::new(false);
        let probes = Probes { plan: plan.probes.as_ref().unwrap(), seed: plan.seed, interrupt: &interrupt };
        let scores = probes.yardsticks(&plan.data).unwrap();
        scores[0].score
    };
    let seeds = 24;
    let of = |dynamics: &str, from: u64| (from..from + seeds).map(|s| score(s, dynamics)).collect::<Vec<_>>();
    let (drawn, seen) = (of("sampled", 1), of("reduced", 1000));
    let summary = |v: &[f64]| {
        let mean = v.iter().sum::<f64>() / v.len() as f64;
        let squares: f64 = v.iter().map(|x| (x - mean).powi(2)).sum();
        (mean, squares / (v.len() * (v.len() - 1)) as f64)
    };
    let ((a, error_a), (b, error_b)) = (summary(&drawn), summary(&seen));
    assert!(a > 0.05 && (a - b).abs() < 4.0 * (error_a + error_b).sqrt(), "{a} ± {} and {b}", error_a.sqrt());
}
