//! Whatever text a stored run, a scoreboard or a foreign file holds, the page shows it as text.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_lab::diagnose::{Request, Source, Study, diagnose};
use featurescope_lab::experiments::Experiment;
use featurescope_lab::paper::ship;
use featurescope_lab::plan::Plan;
use featurescope_lab::report::csv::FigureData;
use featurescope_lab::report::html::{Beside, render};
use featurescope_lab::report::{Page, StoredRun, of_run, scoreboard, still};
use featurescope_lab::results::board;
use featurescope_lab::run::{RunDirectory, execute};
use featurescope_lab::spec::{Layer, Spec};
use featurescope_lab::store::{StoredRepresentation, read_representation, write_representation};
use featurescope_sim::math::Matrix;
use featurescope_wen_li_2021::PAPER;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Breaks out of an attribute, of text, of a script and of a string in one.
const HOSTILE: &str = "\"'></script><xss onload=alert(1)>&<!--";

/// The page, and the pictures that stand in it or beside it, hold no tag of ours to run.
fn check(page: &Page, what: &str) {
    let beside = Beside { folder: Path::new("."), data: FigureData::All };
    let mut texts = vec![render(page, Some(beside))];
    texts.extend(page.figures().map(|(figure, provenance)| still::svg(figure, &provenance.line()).unwrap()));
    for text in texts {
        for forbidden in ["<xss", "</script><", "<!--<", "&<!--"] {
            let found = text
                .find(forbidden)
                .map(|at| text[at.saturating_sub(80)..].chars().take(160).collect::<String>());
            assert!(found.is_none(), "{what}: {}", found.unwrap());
        }
    }
}

fn make(folder: &Path, experiment: &str) {
    let mut layers = Experiment::find("smoke").unwrap().layers(true).unwrap();
    layers.push(
        Layer::parse(&format!("experiment = {}", Value::from(experiment)), "x", Path::new("/")).unwrap(),
    );
    layers.push(Layer::overrides(&["training.steps=6".into(), "measure.cadence.steps=3".into()]).unwrap());
    let plan = Plan::new(&Spec::from_layers(&layers).unwrap(), "x").unwrap();
    let directory = RunDirectory::create(folder).unwrap();
    execute(&plan, &directory, &AtomicBool::new(false), &mut |_| {}).unwrap();
    // A map of thousands of samples takes a second.
    for arm in ["none", "random_mask"] {
        let path = folder.join("arms").join(arm).join("representation.safetensors");
        let stored = read_representation(&path).unwrap();
        let take = |m: &Matrix| Matrix::from_fn(16, m.cols(), |i, j| m[(i, j)]);
        let (features, latent) = (take(&stored.features), take(&stored.latent));
        write_representation(&path, &StoredRepresentation { features, latent, pairs: None }).unwrap();
    }
}

/// Every text in `value`, each replaced on its own.
fn variants(value: &Value) -> Vec<Value> {
    match value {
        Value::String(_) => vec![HOSTILE.into()],
        Value::Array(items) => {
            let replaced = |at: usize, new: Value| {
                let mut items = items.clone();
                items[at] = new;
                Value::Array(items)
            };
            items
                .iter()
                .enumerate()
                .flat_map(|(at, v)| variants(v).into_iter().map(move |new| replaced(at, new)))
                .collect()
        }
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, v)| {
                variants(v).into_iter().map(move |new| {
                    let mut map = map.clone();
                    map.insert(key.clone(), new);
                    Value::Object(map)
                })
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_stored_run_cannot_put_script_into_its_report() {
    let root = tempfile::tempdir().unwrap();
    // A folder may be called anything but that it holds no slash.
    let folder = root.path().join(HOSTILE.replace('/', ""));
    make(&folder, HOSTILE);
    check(&of_run(&StoredRun::open(&folder).unwrap()), "experiment and folder");
    let (mut tried, mut shown, mut noted) = (0, 0, 0);
    for file in ["summary.json", "yardsticks.json", "arms/none/probes.json", "arms/none/atoms.json"] {
        let path = folder.join(file);
        let text = fs::read_to_string(&path).unwrap();
        let all = variants(&serde_json::from_str(&text).unwrap());
        // Probe scores repeat the same few fields.
        for variant in all.iter().take(12) {
            tried += 1;
            fs::write(&path, variant.to_string()).unwrap();
            if let Ok(run) = StoredRun::open(&folder) {
                shown += 1;
                check(&of_run(&run), file);
            }
        }
        fs::write(&path, HOSTILE).unwrap();
        if let Ok(run) = StoredRun::open(&folder) {
            noted += 1;
            assert!(!run.notes.is_empty(), "{file} is not what it should be, and nothing is said");
            check(&of_run(&run), file);
        }
        fs::write(&path, text).unwrap();
    }
    assert!(tried > 15 && shown > 10 && noted >= 2, "{shown} of {tried}, {noted} with a note");
}

#[test]
fn a_scoreboard_cannot_put_script_into_a_page() {
    ship(&[&PAPER]);
    let board = serde_json::to_value(board(&PAPER).unwrap().unwrap()).unwrap();
    let mut keys = BTreeSet::new();
    collect_keys(&board, &mut keys);
    let mut shown = 0;
    for key in &keys {
        let mut hostile = board.clone();
        replace(&mut hostile, key);
        // Words of a closed set are refused; everything else is shown.
        if let Ok(board) = serde_json::from_value(hostile) {
            shown += 1;
            let page = Page {
                sections: vec![scoreboard::section(&board, false, &[HOSTILE.to_owned()])],
                ..Page::default()
            };
            check(&page, key);
        }
    }
    assert!(shown >= 5, "{shown} of {keys:?}");
}

/// The keys under which texts stand.
fn collect_keys(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if value.is_string()
                    || value.as_array().is_some_and(|items| items.iter().any(Value::is_string))
                {
                    keys.insert(key.clone());
                }
                collect_keys(value, keys);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_keys(item, keys)),
        _ => {}
    }
}

/// Replaces every text under `key`.
fn replace(value: &mut Value, key: &str) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match value {
                    Value::String(text) if name == key => HOSTILE.clone_into(text),
                    Value::Array(items) if name == key && items.iter().all(Value::is_string) => {
                        for item in items.iter_mut() {
                            *item = HOSTILE.into();
                        }
                    }
                    other => replace(other, key),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, key)),
        _ => {}
    }
}

#[test]
fn a_foreign_file_cannot_put_script_into_its_diagnosis() {
    use safetensors::tensor::{Dtype, TensorView};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{}.safetensors", HOSTILE.replace('/', "")));
    let data: Vec<u8> = (0..40u8).map(|v| v.wrapping_mul(37)).collect();
    let views = [(HOSTILE, TensorView::new(Dtype::I8, vec![10, 4], &data).unwrap())];
    let bytes = safetensors::serialize(views, None).unwrap();
    fs::write(&path, bytes).unwrap();
    let source = Source { path, array: Some(HOSTILE.to_owned()) };
    let request = Request { pairs: vec![source.clone()], ..Request::of(source) };
    let study = Study::read(&request).unwrap();
    check(&diagnose(&study, &format!("featurescope diagnose {HOSTILE}")).page, "diagnosis");
}
