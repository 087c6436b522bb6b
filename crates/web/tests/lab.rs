//! The page's learner is the terminal's, forwards and backwards.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_lab::plan::Probes;
use featurescope_sim::math::{Purpose, Stream};
use featurescope_sim::train::Dynamics;
use featurescope_web::session::{Session, State};
use featurescope_web::settings::Choice;
use featurescope_web::{Answer, Lab};
use serde_json::{Value, json};

const SPEC: &str = r#"
[data]
latent_dim = 8
ambient_dim = 64
[network]
width = 12
initial_norm = 0.05
[batch]
anchors = 32
negatives = 8
[training]
steps = 300
first_energy_ratio = 4.0
[arms.random_mask]
[arms.none]
augmentation.kind = "none"
"#;

fn choice(arm: &str, overrides: &[&str]) -> Choice {
    let overrides = overrides.iter().map(|&entry| entry.to_owned()).collect();
    Choice { spec: SPEC.to_owned(), overrides, arm: arm.to_owned() }
}

fn request(kind: &str, choice: &Choice) -> String {
    json!({ kind: { "spec": choice.spec, "overrides": choice.overrides, "arm": choice.arm } }).to_string()
}

/// Bits, so that NaN is itself.
fn bits(state: &State) -> Vec<u64> {
    let singles = [state.cosines.as_slice(), &state.norms, &state.bias].concat();
    let singles = singles.iter().map(|v| u64::from(v.to_bits()));
    singles.chain(state.record.scalars.iter().map(|v| v.to_bits())).collect()
}

#[test]
fn every_step_has_the_figures_that_the_terminal_records() {
    let mut compared = 0;
    for dynamics in ["training.dynamics=reduced", "training.dynamics=sampled"] {
        for arm in ["random_mask", "none"] {
            let choice = choice(arm, &[dynamics, "measure.cadence.kind=every", "measure.cadence.steps=1"]);
            let mut session = Session::open(&choice).unwrap();
            let planned = choice.plan().unwrap();
            let mut process = planned.arm().dynamics(&planned.plan.data).unwrap();
            let mut recorder = planned.arm().recorder().unwrap();
            let theirs = recorder.columns();
            let own = session.columns();
            assert!(own.len() > 15, "{}", own.len());
            for _ in 0..40 {
                let record = session.advance().unwrap();
                process.step().unwrap();
                let expected = recorder.observe(&process.view()).unwrap();
                assert_eq!(record.step, expected.step);
                for (column, value) in own.iter().zip(&record.scalars) {
                    let at = theirs.iter().position(|other| other.name == column.name).unwrap();
                    assert_eq!(value.to_bits(), expected.scalars[at].to_bits(), "{arm} {}", column.name);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 2000, "{compared}");
}

#[test]
fn any_step_can_be_seen_again_bit_for_bit() {
    let mut session = Session::open(&choice("random_mask", &["training.dynamics=reduced"])).unwrap();
    let mut seen = vec![bits(&session.state())];
    while session.advance().is_some() {
        seen.push(bits(&session.state()));
    }
    assert_eq!(seen.len(), 301);
    assert!(session.state().stop.unwrap().contains("planned"));
    assert!(session.state().stages.first.is_some(), "a stage ends on the way");
    // More steps than states that are kept, in both directions.
    for step in [299, 150, 149, 151, 1, 0, 300, 37, 128, 64, 200] {
        session.seek(step).unwrap();
        assert!(session.state().stop.is_none() || step == 300);
        assert_eq!(bits(&session.state()), seen[step as usize], "step {step}");
    }
    // And on from there.
    for expected in &seen[201..=210] {
        session.advance().unwrap();
        assert_eq!(bits(&session.state()), *expected);
    }
    assert!(session.seek(301).unwrap_err().contains("300"));
}

#[test]
fn settings_that_change_on_the_way_go_on_from_the_same_state() {
    let start = choice("none", &["training.dynamics=reduced"]);
    let later = choice(
        "none",
        &["training.dynamics=reduced", "training.learning_rate=0.1", "data.noise_constant=0.3"],
    );
    let mut session = Session::open(&start).unwrap();
    for _ in 0..30 {
        session.advance().unwrap();
    }
    let at_change = bits(&session.state());
    // Steps that are forgotten.
    for _ in 0..20 {
        session.advance().unwrap();
    }
    let without = bits(&session.state());
    session.seek(30).unwrap();
    session.change(&later).unwrap();
    assert_eq!(session.reached(), 30);
    for _ in 0..20 {
        session.advance().unwrap();
    }
    let changed = bits(&session.state());
    assert_ne!(changed, without);

    // The same by hand.
    let (first, second) = (start.plan().unwrap(), later.plan().unwrap());
    let mut process: Box<dyn Dynamics> = first.arm().dynamics(&first.plan.data).unwrap();
    for _ in 0..30 {
        process.step().unwrap();
    }
    let mut other = second.arm().dynamics(&second.plan.data).unwrap();
    other.restore(&process.snapshot()).unwrap();
    for _ in 0..20 {
        other.step().unwrap();
    }
    assert_eq!(session.state().norms, other.view().norms);
    assert_eq!(session.state().bias, other.view().bias);

    // Back over the change and on again.
    session.seek(30).unwrap();
    assert_eq!(bits(&session.state()), at_change);
    session.seek(10).unwrap();
    for _ in 0..40 {
        session.advance().unwrap();
    }
    assert_eq!(bits(&session.state()), changed);
    session.seek(0).unwrap();
    session.seek(50).unwrap();
    assert_eq!(bits(&session.state()), changed);
}

#[test]
fn what_makes_no_sense_is_refused_and_the_learner_stays() {
    let mut lab = Lab::default();
    let error = |answer: Answer| -> String {
        let value: Value = serde_json::from_str(&answer.text).unwrap();
        value["error"].as_str().unwrap_or_else(|| panic!("no error: {}", answer.text)).to_owned()
    };
    assert!(error(lab.answer(r#"{"step":1}"#)).contains("no learner"));
    assert!(error(lab.answer("{")).contains("cannot be read"));
    let open = |arm: &str, overrides: &[&str]| request("open", &choice(arm, overrides));
    assert!(error(lab.answer(&open("mask", &[]))).contains("the arms are random_mask, none"));
    let hot = error(lab.answer(&open("none", &["objective.temperature=0"])));
    assert!(hot.contains("objective.temperature = 0") && hot.contains("expected"), "{hot}");
    let large = error(lab.answer(&open("none", &["data.ambient_dim=100000000"])));
    assert!(large.contains("of memory"), "{large}");
    let several = error(lab.answer(&open("none", &["seed=[1,2]"])));
    assert!(several.contains('2'), "{several}");

    assert!(!lab.answer(&open("none", &[])).text.contains("error"));
    let stepped = lab.answer(r#"{"step":5}"#);
    for refused in [
        "seed=2",
        "network.width=13",
        "data.ambient_dim=128",
        "training.steps=5",
        "training.dynamics=reduced",
    ] {
        for kind in ["check", "change"] {
            let said = error(lab.answer(&request(kind, &choice("none", &[refused]))));
            let key = refused.split('.').next().unwrap().split('=').next().unwrap();
            assert!(said.contains(key), "{refused}: {said}");
        }
    }
    let seek = lab.answer(r#"{"seek":5}"#);
    assert_eq!(cosines(&seek), cosines(&stepped));
}

/// The array `cosines` of an answer.
fn cosines(answer: &Answer) -> Vec<f64> {
    let value: Value = serde_json::from_str(&answer.text).unwrap();
    let mut at = 0;
    for array in value["arrays"].as_array().unwrap() {
        let size = (array["rows"].as_u64().unwrap() * array["cols"].as_u64().unwrap()) as usize;
        if array["name"] == "cosines" {
            return answer.numbers[at..at + size].to_vec();
        }
        at += size;
    }
    panic!("no cosines in {}", answer.text)
}

#[test]
fn a_sample_is_the_sum_of_its_parts_and_of_its_views() {
    for dynamics in ["training.dynamics=reduced", "training.dynamics=sampled"] {
        let planned = choice("random_mask", &[dynamics]).plan().unwrap();
        let samples = featurescope_web::sample::Samples::new(&planned).unwrap();
        let sample = samples.draw(3, 7);
        assert_eq!((sample.code.len(), sample.anchor.len()), (8, 64));
        let mut kept = 0;
        for c in 0..64 {
            // Complementary masks at rate 1/2: one view has 2x, the other 0.
            let x = sample.signal[c] + sample.noise[c];
            assert!((sample.anchor[c] + sample.positive[c] - 2.0 * x).abs() < 1e-5);
            assert!(sample.anchor[c] == 0.0 || sample.positive[c] == 0.0);
            kept += usize::from(sample.anchor[c] != 0.0);
        }
        // Five standard deviations of a fair coin around 32.
        assert!((12..=52).contains(&kept), "{kept}");
        assert_eq!(samples.draw(3, 7), sample);
        assert_ne!(samples.draw(4, 7), sample);
    }
}

#[test]
fn the_list_of_settings_has_names_meanings_and_ranges() {
    let answer: Value = serde_json::from_str(&Lab::default().answer("\"settings\"").text).unwrap();
    let settings = answer["settings"].as_array().unwrap();
    assert!(settings.len() > 40, "{}", settings.len());
    let rate = settings.iter().find(|setting| setting["key"] == "augmentation.keep_rate").unwrap();
    assert!(rate["doc"].as_str().unwrap().contains("keeps a coordinate"));
    assert_eq!(rate["default"], "0.5");
    assert_eq!(rate["ends"][1], 1.0);
    let kind = settings.iter().find(|setting| setting["key"] == "augmentation.kind").unwrap();
    assert!(kind["words"].as_array().unwrap().contains(&json!("random_mask")));
}

#[test]
fn firing_and_probes_are_those_of_the_terminal() {
    let choice = choice(
        "random_mask",
        &[
            "training.dynamics=reduced",
            "measure.cadence.kind=every",
            "measure.cadence.steps=1",
            "probe.labels=[100]",
        ],
    );
    let mut session = Session::open(&choice).unwrap();
    let planned = choice.plan().unwrap();
    let mut process = planned.arm().dynamics(&planned.plan.data).unwrap();
    let mut recorder = planned.arm().recorder().unwrap();
    while session.advance().is_some() {
        process.step().unwrap();
    }
    session.seek(7).unwrap();
    session.seek(300).unwrap();

    let record = recorder.observe(&process.view()).unwrap();
    let at = recorder.neuron_columns().iter().position(|column| column.name == "firing_rate").unwrap();
    let firing = featurescope_web::reading::firing(session.planned(), session.dynamics()).unwrap();
    let rates: Vec<f32> = firing.rate.iter().map(|&rate| rate as f32).collect();
    assert_eq!(rates, record.neurons[at]);
    // The same samples, counted in pieces: what neurons fire for, and for noise alone.
    let stream = Stream::new(planned.plan.seed, Purpose::MEASUREMENT, 0);
    let (samples, m, d) = (planned.arm().spec.measure.samples, 12, 8);
    let (mut active, mut fires, mut noise) = (vec![0.0; d], vec![0.0; m * d], vec![0.0; m]);
    for first in (0..samples).step_by(64) {
        let part = process.decompose(&stream, first, 64);
        for row in 0..64 {
            for (i, noise) in noise.iter_mut().enumerate() {
                *noise += f64::from(u8::from(part.noise.row(row)[i] != 0.0)) / samples as f64;
            }
            for j in (0..d).filter(|&j| part.latent.row(row)[j] != 0.0) {
                active[j] += 1.0;
                for i in (0..m).filter(|&i| part.features.row(row)[i] != 0.0) {
                    fires[i * d + j] += 1.0;
                }
            }
        }
    }
    for (at, given) in firing.given_atom.iter().enumerate() {
        assert!((given - fires[at] / active[at % d]).abs() < 1e-12, "{at}: {given}");
    }
    for (found, expected) in firing.noise_rate.iter().zip(&noise) {
        assert!((found - expected).abs() < 1e-12);
    }
    // Thresholds are at work: neurons do not fire for everything.
    assert!(firing.noise_rate.iter().any(|&rate| rate < 1.0));

    let probed = featurescope_web::reading::probe(session.planned(), session.dynamics()).unwrap();
    let interrupt = std::sync::atomic::AtomicBool::new(false);
    let plan = planned.plan.probes.as_ref().unwrap();
    let theirs = Probes { plan, seed: planned.plan.seed, interrupt: &interrupt };
    assert_eq!(probed.scores, theirs.learned(process.as_ref()).unwrap());
    assert_eq!(probed.scores.len(), 2);
}

#[test]
fn what_theory_says_comes_with_the_settings() {
    let mut lab = Lab::default();
    let told = |answer: Answer| -> Value { serde_json::from_str(&answer.text).unwrap() };
    let masks = told(lab.answer(&request("open", &choice("random_mask", &[]))));
    let none = told(lab.answer(&request("open", &choice("none", &[]))));
    let growth = |told: &Value, part: &str| told["growth"][part].as_f64().unwrap();
    // Masks keep noise from growing; without them noise grows as atoms do.
    assert!(growth(&masks, "sparse") > 1.0 && growth(&masks, "dense") < growth(&none, "dense"));
    let trained = told(lab.answer(&request("open", &choice("none", &["objective.kind=barlow_twins"]))));
    assert_eq!(trained["growth"], Value::Null);
}
