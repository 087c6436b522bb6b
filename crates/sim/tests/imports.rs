//! The import table in the documentation of `lib.rs`, enforced: a module uses only what stands in its row, and its row
//! names only modules above it. Between the files of a module there is no circle either.
//!
//! `lab` and `cli` have this same file as a test: the crate is the one that it is compiled for. Tests may use anything.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Module and the modules it may use, read from the table's first and last column, from top to bottom.
fn import_table(lib: &str) -> Vec<(String, Vec<String>)> {
    // A module that a feature switches on has no link: where it is off there is nothing to lead to.
    let rows = lib.lines().filter_map(|line| {
        let row = line.strip_prefix("//! | ")?;
        row.strip_prefix("[`").or_else(|| row.strip_prefix('`'))
    });
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let name = cells[0].trim_end_matches(']').trim_end_matches('`').trim_start_matches("mod@").to_owned();
        let uses =
            cells[2].split(',').map(|used| used.trim().to_owned()).filter(|used| used != "–").collect();
        (name, uses)
    })
    .collect()
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The files of a module, `name.rs` or everything in `name/`, without its tests.
fn files_of(folder: &Path, module: &str) -> Vec<PathBuf> {
    let alone = folder.join(module).with_extension("rs");
    let inside = folder.join(module);
    let mut files = if alone.is_file() { vec![alone] } else { Vec::new() };
    if inside.is_dir() {
        for child in children(&inside) {
            files.extend(files_of(&inside, &child));
        }
        files.extend(Some(inside.join("mod.rs")).filter(|file| file.is_file()));
    }
    files
}

/// The modules whose files lie in `folder`, without those of tests.
fn children(folder: &Path) -> Vec<String> {
    let entries =
        fs::read_dir(folder).expect("a module is a folder").map(|entry| entry.expect("readable").path());
    let is_source = |path: &PathBuf| path.is_dir() || path.extension().is_some_and(|end| end == "rs");
    let names =
        entries.filter(is_source).map(|path| path.file_stem().expect("named").to_string_lossy().into_owned());
    let mut names: Vec<String> =
        names.filter(|name| !["mod", "lib", "main", "tests"].contains(&name.as_str())).collect();
    names.sort();
    names.dedup();
    let declared =
        ["mod.rs", "lib.rs", "main.rs"].iter().find_map(|name| fs::read_to_string(folder.join(name)).ok());
    let beside = fs::read_to_string(folder.with_extension("rs")).ok();
    let declared = declared.or(beside).unwrap_or_default();
    let is_for_tests = |name: &String| {
        let lines: Vec<&str> = declared.lines().collect();
        let ends = format!("mod {name};");
        lines.windows(2).any(|pair| pair[0].contains("cfg(test)") && pair[1].ends_with(&ends))
    };
    names.retain(|name| !is_for_tests(name));
    names
}

/// The code of a file, without comments and tests.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("source is readable");
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    lines.join("\n")
}

/// What follows each `prefix` in code: one module, or several in braces.
fn modules_used(code: &str, prefix: &str) -> Vec<String> {
    let first_name =
        |path: &str| path.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned);
    let whole = |before: &str| {
        !before.ends_with("::") && !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
    };
    let mut used = Vec::new();
    for (at, _) in code.match_indices(prefix).filter(|(at, _)| whole(&code[..*at])) {
        let rest = &code[at + prefix.len()..];
        let paths = rest.strip_prefix('{').map_or(vec![rest], top_level_items);
        used.extend(paths.into_iter().filter_map(first_name));
    }
    used
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
    // A program has no table.
    let Ok(lib) = fs::read_to_string(source().join("lib.rs")) else {
        assert!(source().join("main.rs").is_file());
        return;
    };
    let table = import_table(&lib);
    let declared: Vec<&str> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(
        declared,
        table.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        "a row for each, in order"
    );
    for (row, (module, allowed)) in table.iter().enumerate() {
        for used in allowed {
            assert!(table[..row].iter().any(|(above, _)| above == used), "`{used}` stands below `{module}`");
        }
        for file in files_of(&source(), module) {
            for used in modules_used(&code(&file), "crate::") {
                let is_allowed = used == *module || allowed.contains(&used);
                assert!(is_allowed, "{} uses `{used}`; `{module}` may use only {allowed:?}", file.display());
            }
        }
    }
}

/// Which files of the module in `folder` use which others; `path` is that of the module, from `crate::` on.
fn uses_within(folder: &Path, path: &str) -> BTreeMap<String, Vec<String>> {
    let names = children(folder);
    let mut uses = BTreeMap::new();
    for name in &names {
        let mut found = Vec::new();
        for file in files_of(folder, name) {
            let depth = file.strip_prefix(folder).expect("inside").components().count();
            let is_folder = file.file_name().is_some_and(|name| name == "mod.rs");
            let up = "super::".repeat(depth - usize::from(is_folder));
            let code = code(&file);
            found.extend(modules_used(&code, &up));
            found.extend(modules_used(&code, path));
        }
        found.retain(|used| used != name && names.contains(used));
        uses.insert(name.clone(), found);
    }
    uses
}

/// Whether something that `from` uses, or that this uses, uses `wanted`.
fn leads_to(uses: &BTreeMap<String, Vec<String>>, from: &str, wanted: &str) -> bool {
    let (mut open, mut seen) = (vec![from], Vec::new());
    while let Some(name) = open.pop() {
        for next in uses.get(name).into_iter().flatten() {
            if next == wanted {
                return true;
            }
            if !seen.contains(&next) {
                seen.push(next);
                open.push(next);
            }
        }
    }
    false
}

fn refuse_circles(folder: &Path, path: &str) {
    let uses = uses_within(folder, path);
    for name in uses.keys() {
        assert!(!leads_to(&uses, name, name), "{} is in a circle: {uses:?}", folder.join(name).display());
        let inside = folder.join(name);
        if inside.is_dir() {
            refuse_circles(&inside, &format!("{path}{name}::"));
        }
    }
}

#[test]
fn no_module_has_a_circle_between_its_files() {
    refuse_circles(&source(), "crate::");
}

#[test]
fn the_scan_sees_groups_and_paths_of_every_depth() {
    let source =
        "use crate::{math::{Matrix, Stream}, data};\nuse super::super::view;\nlet x = crate::train::f();";
    assert_eq!(modules_used(source, "crate::"), ["math", "data", "train"]);
    assert_eq!(modules_used(source, "super::super::"), ["view"]);
    assert_eq!(modules_used(source, "super::"), ["super"]);
    let uses =
        BTreeMap::from([("a".to_owned(), vec!["b".to_owned()]), ("b".to_owned(), vec!["a".to_owned()])]);
    assert!(leads_to(&uses, "a", "a"));
}
