//! Everything that has a name, with the names of a paper among them.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_lab::paper::ship;
use featurescope_lab::reference::glossary::terms;
use featurescope_lab::reference::{Entry, Fit, entries, search, suggestions};
use featurescope_wen_li_2021::PAPER;

fn all() -> Vec<Entry> {
    ship(&[&PAPER]);
    entries().unwrap()
}

fn found(typed: &str) -> Vec<(Fit, String)> {
    let entries = all();
    search(&entries, typed).into_iter().map(|(fit, entry)| (fit, entry.name.clone())).collect()
}

#[test]
fn everything_that_has_a_name_finds_itself() {
    let entries = all();
    assert!(entries.len() > 300, "{}", entries.len());
    for entry in &entries {
        for name in std::iter::once(&entry.name).chain(&entry.also) {
            let is_found = search(&entries, name)
                .iter()
                .any(|(fit, other)| *fit <= Fit::OtherName && other.name == entry.name);
            assert!(is_found, "{} {name}", entry.subject.kind());
            assert!(!entry.sentence.is_empty(), "{name} has no sentence");
        }
    }
}

#[test]
fn terms_are_there_once_and_lead_to_what_can_be_explained() {
    let (terms, entries) = (terms().unwrap(), all());
    for (position, term) in terms.iter().enumerate() {
        assert!(terms[..position].iter().all(|other| other.name != term.name), "{} twice", term.name);
        assert!(term.meaning.ends_with('.'), "{}: {}", term.name, term.meaning);
        for name in &term.see {
            let is_there = search(&entries, name).first().is_some_and(|(fit, _)| *fit <= Fit::OtherName);
            assert!(is_there, "{} leads to `{name}`, which is nothing", term.name);
        }
    }
    assert!(terms.len() >= 50, "{}", terms.len());
}

#[test]
fn a_capital_letter_is_another_letter() {
    for (typed, first, other) in [("M", "M, M_j", "m"), ("m", "m", "M, M_j"), ("B", "B", "b_i")] {
        let found = found(typed);
        let place = |wanted: &str| found.iter().position(|(_, name)| name == wanted);
        assert_eq!(found[0].1, first, "{found:?}");
        assert!(place(other).is_none_or(|place| found[place].0 >= Fit::Part), "{found:?}");
    }
}

#[test]
fn what_people_type_is_found() {
    for (typed, expected) in [
        ("Theorem 3.4", "Theorem 3.4 (iii)"),
        ("theorem 3.4", "Theorem 3.4 (i), over d"),
        ("T1", "T1"),
        ("t₂", "T2"),
        ("tau", "τ"),
        ("τ", "objective.temperature"),
        ("temperature", "objective.temperature"),
        ("coverage", "coverage"),
        ("Coverage", "coverage_90"),
        ("dense energy", "dense_energy_fraction"),
        ("DENSE_ENERGY", "dense energy"),
        ("singleton", "singleton_count"),
        ("cosine", "noise_cosine"),
        ("learning rate", "training.learning_rate"),
        ("lemma b", "Lemma B.6"),
        ("sigma", "σ² (σ_ξ²)"),
        ("mask", "RandomMask"),
        ("d1", "d1"),
    ] {
        let found = found(typed);
        assert!(found.iter().any(|(_, name)| name == expected), "`{typed}` finds {found:?}");
    }
    assert_eq!(found("T1")[0], (Fit::Name, "T1".to_owned()));
    assert!(found("d").len() < 20, "{:?}", found("d"));
    assert!(found("").is_empty() && found("…").is_empty() && found("xyzzy").is_empty());
}

#[test]
fn what_is_misspelt_is_suggested() {
    let entries = all();
    for (typed, expected) in [
        ("coverige", "coverage"),
        ("temprature", "temperature"),
        ("objective.temprature", "objective.temperature"),
        ("Theorem 3.5 (iii)", "Theorem 3.4 (iii)"),
    ] {
        let suggested = suggestions(&entries, typed, 3);
        assert!(suggested.contains(&expected), "{typed}: {suggested:?}");
    }
    assert!(suggestions(&entries, "qqqqqq", 3).is_empty());
}
