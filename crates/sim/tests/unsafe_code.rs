//! `unsafe` stands where ARCHITECTURE.md says that it does, and nowhere else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files named in the first column of the table under "Where `unsafe` stands".
fn listed(architecture: &str) -> BTreeSet<String> {
    let section = architecture.split("\n### ").find(|section| section.starts_with("Where `unsafe` stands"));
    let rows = section.unwrap_or_default().lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next().map(str::to_owned)).collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace") {
        let path = entry.expect("readable").path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                rust_files(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Whether a file has the keyword in its code, or permits it.
fn has_unsafe(source: &str) -> bool {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let is_part = |c: char| c.is_alphanumeric() || "_-".contains(c);
    code.flat_map(|line| line.split(|c| !is_part(c))).any(|word| word == "unsafe" || word == "unsafe_code")
}

#[test]
fn unsafe_code_stands_where_the_architecture_says() {
    let root = workspace();
    let mut files = Vec::new();
    for folder in ["crates", "fuzz"] {
        rust_files(&root.join(folder), &mut files);
    }
    assert!(files.len() > 200, "only {} files were looked at", files.len());
    let this = Path::new(file!()).file_name();
    let source = |path: &PathBuf| fs::read_to_string(path).expect("source is readable");
    let found: BTreeSet<String> = (files.iter())
        .filter(|path| path.file_name() != this && has_unsafe(&source(path)))
        .map(|path| path.strip_prefix(&root).expect("below the root").to_string_lossy().replace('\\', "/"))
        .collect();
    let listed = listed(&fs::read_to_string(root.join("ARCHITECTURE.md")).expect("it is readable"));
    assert!(!listed.is_empty(), "the table has been read");
    assert_eq!(found, listed, "files with unsafe code, and those that ARCHITECTURE.md lists");
}

#[test]
fn the_scan_sees_keywords_and_skips_comments_and_other_words() {
    assert!(has_unsafe("let x = unsafe { y() };") && has_unsafe("#![allow(unsafe_code)]"));
    assert!(!has_unsafe("// unsafe\n/// unsafe code\nlet unsafely = \"unsafes\";"));
}
