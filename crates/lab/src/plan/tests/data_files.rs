//! Data from files: lists of numbers, and vectors to train on.

use super::other_data::trained;
use super::{BASE, Path, Plan, message, plan};
use crate::identity::Identity;
use crate::spec::{Layer, Spec};
use std::fmt::Write;
use std::fs;
use tempfile::TempDir;

/// A folder with a file of this text, and the file's path.
fn written(name: &str, text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

/// So many vectors of 128 entries, as text.
fn vectors(count: usize) -> String {
    let mut text = String::new();
    for r in 0..count {
        (0..128).for_each(|c| write!(text, "{} ", ((r * r * 7 + c * c * 13 + r * c) as f32).sin()).unwrap());
        text.push('\n');
    }
    text
}

fn listed(list: &str) -> [String; 2] {
    ["data.latent.kind=listed".to_owned(), format!("data.latent.activities={list}")]
}

/// A list in a file is the list itself: relative to the spec that names it, and part of the run's name.
#[test]
fn a_list_in_a_file_makes_the_run_of_the_list() {
    let numbers = ["0.5"].into_iter().chain(["0.1"; 15]).collect::<Vec<_>>();
    let (folder, path) = written("p.csv", &format!("# activities\n{}\n", numbers.join("\n")));
    let of_list = listed(&format!("[{}]", numbers.join(",")));
    let typed = plan(&[&of_list[0], &of_list[1]]).unwrap();
    let of_file = listed(&path);
    let named = plan(&[&of_file[0], &of_file[1]]).unwrap();
    assert_eq!(named.identity.run_id(), typed.identity.run_id());
    assert_eq!(named.resolved, typed.resolved, "the stored spec has the numbers");
    assert!(named.identity.files.is_empty());
    let text = BASE.replace("[data]", "[data]\nlatent = { kind = \"listed\", activities = \"p.csv\" }");
    let beside = Spec::from_layers(&[Layer::parse(&text, "beside", folder.path()).unwrap()]).unwrap();
    assert_eq!(Identity::of(&beside).unwrap().run_id(), typed.identity.run_id());

    let (_folder, other) = written("other.csv", &"0.2 ".repeat(16));
    let arguments = listed(&format!("[{path},{other}]")).to_vec();
    let layers = [Layer::parse(BASE, "base", Path::new("")).unwrap(), Layer::overrides(&arguments).unwrap()];
    assert_eq!(Spec::all_from_layers(&layers).unwrap().len(), 2, "a list of files is a sweep");
}

#[test]
fn lists_in_files_are_refused_by_setting_file_and_place() {
    for (text, parts) in [
        ("0.5\n2.5\n", ["number 2 of", "is 2.5"]),
        ("0.5\nnan\n", ["number 2 of", "is NaN"]),
        ("0.5\n\nx\n", ["line 3", "`x`"]),
        ("\n", ["is empty", "list.csv"]),
        ("0.5 0.5\n", ["a list of 2", "data.latent_dim = 16"]),
    ] {
        let (_folder, path) = written("list.csv", text);
        let [kind, list] = listed(&path);
        let text = message(&[&kind, &list]);
        let named = text.contains("data.latent.activities") && parts.iter().all(|part| text.contains(part));
        assert!(named, "{text}");
    }
    let [kind, list] = listed("none.csv");
    let text = message(&[&kind, &list]);
    assert!(
        text.contains("cannot read") && text.contains("none.csv") && text.contains("[1e-6, 1]"),
        "{text}"
    );
}

fn on_vectors(path: &str, training: u32) -> [String; 4] {
    let [training, test] = [format!("data.training_vectors={training}"), "data.test_vectors=5".to_owned()];
    ["data.kind=vectors".to_owned(), format!("data.path={path}"), training, test]
}

#[test]
fn vectors_of_a_file_are_trained_on_and_over_fitting_is_read() {
    let (_folder, path) = written("v.txt", &vectors(40));
    let arguments = on_vectors(&path, 30);
    let arguments = arguments.each_ref().map(String::as_str);
    let found: Plan = plan(&arguments).unwrap();
    let figures = trained(&found);
    for name in ["training_discrimination", "fresh_discrimination", "coverage_90", "loss"] {
        let figure = figures.iter().find(|(column, _)| *column == name);
        assert!(figure.is_some_and(|(_, value)| value.is_finite()), "{name}: {figure:?}");
    }
    assert!(found.law.is_none() && found.model().is_none(), "closed forms say nothing");
    assert_eq!(found.identity.files.len(), 1, "the file belongs to the run");
    let (_other, changed) = written("v.txt", &vectors(41));
    let other = on_vectors(&changed, 30);
    assert_ne!(
        plan(&other.each_ref().map(String::as_str)).unwrap().identity.run_id(),
        found.identity.run_id()
    );
    let reduced = message(&[&arguments[..], &["training.dynamics=reduced"]].concat());
    assert!(reduced.contains("data.kind = vectors") && reduced.contains("sampled"), "{reduced}");
}

#[test]
fn vectors_that_cannot_be_are_refused_by_setting_file_and_row() {
    let rows = vectors(40);
    for (text, training, parts) in [
        (rows.clone(), 35, ["data.training_vectors = 35", "at most 34"]),
        (rows.replacen("0 ", "nan ", 1), 30, ["data.path", "line 1: `nan` is not a finite number"]),
        ("1 2 3\n".repeat(40), 30, ["40 × 3", "one with 128 columns"]),
        (rows.clone() + "1 2\n", 30, ["line 41 has 2 numbers", "128"]),
        (rows, 10, ["data.path", "data.latent_dim = 16"]),
    ] {
        let (_folder, path) = written("v.txt", &text);
        let arguments = on_vectors(&path, training);
        let text = message(&arguments.each_ref().map(String::as_str));
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
    let missing = on_vectors("none.npy", 30);
    let text = message(&missing.each_ref().map(String::as_str));
    assert!(text.contains("data.path") && text.contains("cannot read"), "{text}");
}
