//! The import table in the documentation of `lib.rs`, enforced: a module uses only what stands in its row.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Module → the modules it may use, read from the table's first and last column.
fn import_table(lib: &str) -> BTreeMap<String, Vec<String>> {
    let rows = lib.lines().filter_map(|line| line.strip_prefix("//! | [`"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let name = cells[0].trim_end_matches("`]").to_owned();
        let uses =
            cells[2].split(',').map(|used| used.trim().to_owned()).filter(|used| used != "–").collect();
        (name, uses)
    })
    .collect()
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(dir).expect("a module is a directory").map(|entry| entry.expect("readable").path());
    entries.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] }).collect()
}

/// What follows each `crate::` in code: one module, or several in braces.
fn modules_used(source: &str) -> Vec<String> {
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let first_name =
        |path: &str| path.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned);
    let paths = code.split("crate::").skip(1).flat_map(|rest| match rest.strip_prefix('{') {
        Some(group) => top_level_items(group),
        None => vec![rest],
    });
    paths.filter_map(first_name).collect()
}

/// The comma-separated items of `a, b::{c, d}, e}…` up to the closing brace.
fn top_level_items(group: &str) -> Vec<&str> {
    let (mut items, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                items.push(&group[start..at]);
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    items
}

#[test]
fn every_module_uses_only_its_row_of_the_table() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = fs::read_to_string(source.join("lib.rs")).expect("lib.rs is readable");
    let table = import_table(&lib);
    let declared: Vec<&str> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(declared.len(), table.len(), "every module has its row");
    for module in declared {
        for file in rust_files(&source.join(module)) {
            for used in modules_used(&fs::read_to_string(&file).expect("source is readable")) {
                let allowed = used == module || table[module].contains(&used);
                assert!(
                    allowed,
                    "{} uses `{used}`; `{module}` may use only {:?}",
                    file.display(),
                    table[module]
                );
            }
        }
    }
}

#[test]
fn the_scan_sees_groups_and_skips_comments() {
    let source = "use crate::{math::{Matrix, Stream}, data};\n// crate::probe\nlet x = crate::train::f();";
    assert_eq!(modules_used(source), ["math", "data", "train"]);
}
