//! No two purposes of random numbers have one number, anywhere in the workspace: they would share their numbers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let nested = |path: PathBuf| match path.extension() {
        Some(extension) if extension == "rs" => vec![path],
        _ => rust_files(&path),
    };
    paths.flat_map(nested).collect()
}

#[test]
fn every_purpose_has_a_number_of_its_own() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut users: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for folder in ["sim/src", "lab/src", "image/src", "cli/src"] {
        for path in rust_files(&crates.join(folder)) {
            let source = fs::read_to_string(&path).expect("readable");
            for line in source.lines().filter(|line| line.contains("const ")) {
                let number = line.split("::numbered(").nth(1).and_then(|rest| rest.split(')').next());
                if let Some(number) = number.and_then(|number| number.parse().ok()) {
                    users.entry(number).or_default().push(line.trim().to_owned());
                }
            }
        }
    }
    assert!(users.len() >= 19, "{users:?}");
    let shared: Vec<_> = users.values().filter(|lines| lines.len() > 1).collect();
    assert!(shared.is_empty(), "{shared:?}");
}
