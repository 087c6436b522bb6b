//! `sim` and `lab` know no paper. What belongs to one stands in its crate under `theories/`.
//!
//! The rule, for every file under their `src`:
//! - the name of a paper's folder or crate stands nowhere;
//! - its authors stand in a comment that names a source, and nowhere else;
//! - the names of its roles, of its reasons why runs learn nothing and of its quantities stand nowhere in
//!   quotes, and the
//!   words of its roles stand nowhere. A role that is called like a setting's word is left to the setting;
//! - a statement may be cited, in a comment or in parentheses behind what a column or setting is, but it
//!   never stands in
//!   quotes by itself, as a name that code acts on.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_lab::claim::claims;
use featurescope_lab::paper::{Paper, Role, ship};
use featurescope_lab::spec::registry::settings;
use featurescope_wen_li_2021::{FIGURES, PAPER};
use std::fs;
use std::path::{Path, PathBuf};

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let inside = |path: PathBuf| if path.is_dir() { rust_files(&path) } else { vec![path] };
    entries.flat_map(inside).filter(|path| path.extension().is_some_and(|end| end == "rs")).collect()
}

/// What must not stand in a line.
fn forbidden() -> Vec<String> {
    ship(&[&PAPER, &FIGURES]);
    [&PAPER, &FIGURES].map(names).concat()
}

/// What one board calls its own.
fn names(paper: &Paper) -> Vec<String> {
    let roles = paper.roles().unwrap();
    // Words of settings, and the one that a setting took earlier (`spec::renamed`).
    let is_a_settings_word =
        |name: &str| name == "supervised" || settings().iter().any(|setting| setting.doc.contains(name));
    let quoted = |name: &str| format!("\"{name}\"");
    let names = roles.all().map(Role::name).chain(paper.idleness.iter().map(|kind| kind.name));
    let mut all = vec![paper.name.to_owned(), paper.name.replace('-', "_")];
    all.extend(names.filter(|name| !is_a_settings_word(name)).map(quoted));
    all.extend(paper.quantities.iter().copied().flatten().map(|quantity| quoted(quantity.name)));
    all.extend(roles.all().filter_map(|role| roles.words(role).map(str::to_owned)));
    all.extend(claims(paper).unwrap().iter().map(|claim| quoted(&claim.id)));
    all
}

/// The authors, from the paper's title: "Wen & Li, …".
fn authors() -> &'static str {
    PAPER.title.split(',').next().unwrap()
}

#[test]
fn neither_crate_speaks_of_a_paper() {
    let (forbidden, authors) = (forbidden(), authors());
    assert!(forbidden.len() > 150, "{}", forbidden.len());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = ["sim/src", "lab/src"].map(|folder| rust_files(&root.join(folder))).concat();
    assert!(files.len() > 150, "{}", files.len());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            let place = format!("{}:{}", file.display(), number + 1);
            let found = forbidden.iter().find(|name| line.contains(name.as_str()));
            assert!(found.is_none(), "{place} speaks of {found:?}");
            let is_source = line.trim_start().starts_with("//") && line.contains("Source:");
            assert!(is_source || !line.contains(authors), "{place} names the authors of a paper");
        }
    }
}
