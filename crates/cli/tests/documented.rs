//! Every command that a page of the project shows runs as it is shown, in a folder like the one its reader
//! has.
//!
//! Pages are README, CONTRIBUTING, `docs/` and the READMEs of experiments and results. A command is an
//! indented line that starts with `featurescope`, or with `cargo run … --` in front of its arguments. What
//! differs from what is shown:
//!
//! - Experiments run in their small version (`--smoke`), with a few steps where a command names their number:
//!   the full ones take minutes to hours.
//! - `bench` times one step.
//! - `watch` shows how the runs stand, and ends. `lab` shows its help.
//! - Runs that are named (`runs/paper-1`) are small ones that were made beforehand; `…` stands for what a
//!   page leaves out.
//!
//! Commands on pictures run where they are built in. Scripts and cargo's own commands are looked at, not run:
//! they have to name what is there.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use assert_cmd::Command;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Fewest different commands that the pages show together: fewer mean that they were not found.
const FEWEST: usize = 30;

/// Exit code of a run that is there, with an arm that diverged.
const DIVERGED: i32 = 3;
/// Steps of a run whose command names a number of them.
const FEW_STEPS: u32 = 5;

fn root() -> PathBuf {
    fs::canonicalize(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).unwrap()
}

/// The pages, by path.
fn pages() -> Vec<PathBuf> {
    let inside = |path: PathBuf| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut folders = vec![root(), root().join("docs")];
    folders.extend(inside(root().join("experiments")));
    for paper in inside(root().join("theories")) {
        // Not every paper has both.
        let own = ["derivations", "results"].map(|folder| paper.join(folder));
        folders.extend(own.into_iter().filter(|folder| folder.is_dir()));
        folders.extend(inside(paper.join("experiments")));
        folders.push(paper);
    }
    let mut pages: Vec<PathBuf> = Vec::new();
    for folder in folders {
        pages.extend(inside(folder).filter(|path| path.extension().is_some_and(|e| e == "md")));
    }
    pages.sort();
    pages
}

/// The indented lines of a page, with those that end in `\` joined, and without comments.
fn shown_lines(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap().replace("\\\n", " ");
    let indented = text.lines().filter_map(|line| line.strip_prefix("    "));
    indented.map(|line| line.split(" #").next().unwrap_or_default().trim().to_owned()).collect()
}

/// The arguments of a line that calls the program, as a shell would split them.
fn arguments(line: &str) -> Option<Vec<String>> {
    let words = words(line);
    let rest = match words.first().map(String::as_str) {
        Some("featurescope") => &words[1..],
        Some("cargo") if words.get(1).is_some_and(|word| word == "run") => {
            let start = words.iter().position(|word| word == "--")?;
            &words[start + 1..]
        }
        _ => return None,
    };
    Some(rest.to_vec())
}

/// Words, with quotes taken off.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), c) if c == q => quote = None,
            (None, c) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (_, c) => word.push(c),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// Every command of the pages once, with a page that shows it.
fn documented() -> Vec<(Vec<String>, PathBuf)> {
    let mut known = BTreeSet::new();
    let mut commands = Vec::new();
    for page in pages() {
        for line in shown_lines(&page) {
            if let Some(command) = arguments(&line)
                && known.insert(command.clone())
            {
                commands.push((command, page.clone()));
            }
        }
    }
    commands
}

fn featurescope(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("featurescope").unwrap();
    command.current_dir(folder).args(arguments);
    command
}

/// A folder with what the pages take for granted: two runs of `paper`, activations with labels, a spec of
/// one's own.
fn prepare(folder: &Path) {
    for seed in ["1", "2"] {
        let out = format!("runs/paper-{seed}");
        let seed = format!("seed={seed}");
        featurescope(folder, &["run", "paper", "--smoke", "--no-report", "-q", &seed, "--out", &out])
            .assert()
            .success();
    }
    let settings = root().join("experiments/smoke/experiment.toml");
    fs::copy(settings, folder.join("my-spec.toml")).unwrap();
    fs::copy(root().join("experiments/smoke/smoke.toml"), folder.join("smoke.toml")).unwrap();
    write_activations(folder);
    write_data(folder);
}

/// A header of NumPy's format for an array of single precision.
fn npy(shape: &str, values: impl Iterator<Item = f32>) -> Vec<u8> {
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}");
    while !(header.len() + 11).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    values.for_each(|value| bytes.extend(value.to_le_bytes()));
    bytes
}

/// Sixty samples of three classes, as the pages name them.
fn write_activations(folder: &Path) {
    let (rows, columns) = (60, 4);
    let value = |at: usize| {
        let (i, j) = (at / columns, at % columns);
        f32::from(u8::from(j == i % 3)) + (at * 7 % 11) as f32 / 30.0
    };
    let layer = npy(&format!("{rows}, {columns}"), (0..rows * columns).map(value));
    let labels = npy(&format!("{rows},"), (0..rows).map(|i| (i % 3) as f32));
    fs::write(folder.join("y.npy"), &labels).unwrap();
    for name in ["epoch1", "epoch10", "epoch100"] {
        fs::write(folder.join(format!("{name}.npy")), &layer).unwrap();
    }
    for (stored, name) in [("pandas.parquet", "t.parquet"), ("layers.safetensors", "network.safetensors")] {
        fs::copy(root().join("crates/lab/tests/golden").join(stored), folder.join(name)).unwrap();
    }
    let file = fs::File::create(folder.join("activations.npz")).unwrap();
    let mut archive = zip::ZipWriter::new(file);
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in [("layer4.npy", &layer), ("y.npy", &labels)] {
        archive.start_file(name, options).unwrap();
        std::io::Write::write_all(&mut archive, bytes).unwrap();
    }
    archive.finish().unwrap();
}

/// Activities of sixteen atoms, and 600 vectors of dimension 64.
fn write_data(folder: &Path) {
    let activities: Vec<String> = (1..=16).map(|j| (0.5 / f64::from(j)).to_string()).collect();
    fs::write(folder.join("activities.csv"), activities.join("\n")).unwrap();
    let value = |at: usize| ((at * at % 1009) as f32).sin();
    fs::write(folder.join("vectors.npy"), npy("600, 64", (0..600 * 64).map(value))).unwrap();
}

/// What is run in place of what is shown.
fn adapted(folder: &Path, command: &[String]) -> Vec<String> {
    let mut words: Vec<String> = command.iter().filter(|word| *word != "…").cloned().collect();
    match words.first().map(String::as_str) {
        Some("run") if !words.iter().any(|word| word == "--smoke") => words.push("--smoke".to_owned()),
        Some("sweep") if ["plan", "slurm"].contains(&words[1].as_str()) => words.push("--smoke".to_owned()),
        // A page is served until somebody ends it; `tests/watch.rs` does that.
        Some("watch") => {
            words.extend(["--text", "--once"].map(str::to_owned));
            let mut seen = BTreeSet::new();
            words.retain(|word| seen.insert(word.clone()));
        }
        // So is the lab, which has no other way to end; `tests/lab.rs` opens it.
        Some("lab") => words.push("--help".to_owned()),
        Some("bench") => words.extend(["A", "--rounds", "1"].map(str::to_owned)),
        _ => {}
    }
    for word in &mut words {
        if let Some((key, _)) = word.split_once('=')
            && key.ends_with("training.steps")
        {
            *word = format!("{key}={FEW_STEPS}");
        }
    }
    // The step at which a fork leaves its run.
    if let Some(at) = words.iter().position(|word| word == "--at")
        && words[at + 1].parse::<u64>().is_ok()
    {
        words[at + 1] = FEW_STEPS.to_string();
    }
    // An experiment of several seeds leaves a sweep. Its small version has one seed, and leaves a run.
    for word in &mut words {
        if let Some(run) = word.strip_suffix("-sweep").map(|name| format!("{name}-1"))
            && !folder.join(word.as_str()).exists()
            && folder.join(&run).exists()
        {
            *word = run;
        }
    }
    // A shell would do this.
    let expand = |word: String| match word.strip_suffix("/*") {
        Some(parent) => {
            let entries = fs::read_dir(folder.join(parent)).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
            names.map(|name| format!("{parent}/{name}")).collect()
        }
        None => vec![word],
    };
    words.into_iter().flat_map(expand).collect()
}

#[test]
fn every_command_of_the_pages_runs() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let (mut ran, mut failed) = (0, Vec::new());
    // What makes runs comes first: later commands read them.
    let mut commands = documented();
    commands.sort_by_key(|(command, _)| {
        let word = |at: usize| command.get(at).map(String::as_str);
        match (word(0), word(1)) {
            (Some("run"), _) => 0,
            (Some("sweep"), Some("plan" | "slurm")) => 1,
            (Some("sweep"), Some("run")) => 2,
            _ => 3,
        }
    });
    for (command, page) in commands {
        let is_on_pictures = command.iter().any(|word| word == "images" || word.contains("images-"));
        if is_on_pictures {
            continue;
        }
        let words = adapted(folder.path(), &command);
        let arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = featurescope(folder.path(), &arguments).output().unwrap();
        ran += 1;
        // At a small size an arm may diverge: its rates were chosen for the full one.
        let is_diverged =
            ["run", "sweep"].contains(&words[0].as_str()) && output.status.code() == Some(DIVERGED);
        if !output.status.success() && !is_diverged {
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            failed.push(format!("{}: featurescope {}\n{told}", page.display(), command.join(" ")));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(ran >= FEWEST, "only {ran} commands were found");
}

/// Scripts and packages that the pages name are there.
#[test]
fn every_script_and_package_of_the_pages_exists() {
    let (mut looked_at, mut missing) = (0, Vec::new());
    for page in pages() {
        for line in shown_lines(&page) {
            let words = words(&line);
            for word in &words {
                let is_script = ["tools/", "fuzz/", "benches/", ".ci/", "site/"]
                    .iter()
                    .any(|start| word.starts_with(start));
                if is_script {
                    looked_at += 1;
                    if !root().join(word).exists() {
                        missing.push(format!("{}: {word}", page.display()));
                    }
                }
            }
            if let Some(at) = words.iter().position(|word| word == "-p" || word == "--test")
                && words.first().is_some_and(|word| word == "cargo")
            {
                looked_at += 1;
                let name = words[at + 1].trim_start_matches("featurescope-");
                let name = if name == "featurescope" { "cli" } else { name };
                let is_there =
                    ["crates", "theories"].iter().any(|kind| root().join(kind).join(name).exists());
                if words[at] == "-p" && !is_there {
                    missing.push(format!("{}: package {}", page.display(), words[at + 1]));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
    assert!(looked_at >= 5, "only {looked_at} scripts and packages were found");
}
