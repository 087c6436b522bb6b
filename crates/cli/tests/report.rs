//! Reports from the outside: what they leave behind, that they are reproducible, and what they refuse.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use std::fs;
use std::path::Path;

/// The page may not be larger for the paper's preset; that of `smoke` is far below.
const MOST_BYTES: u64 = 5_000_000;

fn featurescope(folder: &Path, arguments: &[&str]) -> Assert {
    Command::cargo_bin("featurescope").unwrap().current_dir(folder).args(arguments).assert()
}

fn smoke(folder: &Path, arguments: &[&str]) -> Assert {
    let small = ["run", "smoke", "--quiet", "training.steps=60", "probe.labels=[50]", "probe.test_rows=200"];
    featurescope(folder, &[&small[..], arguments].concat())
}

fn output(assert: &Assert) -> (String, String) {
    let output = assert.get_output();
    (String::from_utf8(output.stdout.clone()).unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}

/// Fields of a line of CSV as a strict reader counts them; no figure has line breaks in its texts.
fn fields(line: &str) -> usize {
    let mut is_quoted = false;
    let mut separates = |c: char| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    };
    1 + line.chars().filter(|&c| separates(c)).count()
}

#[test]
fn a_run_leaves_the_same_report_whatever_the_threads() {
    let folder = tempfile::tempdir().unwrap();
    for (threads, parent) in [("1", "a"), ("2", "b")] {
        fs::create_dir(folder.path().join(parent)).unwrap();
        smoke(folder.path(), &["--threads", threads, "--out", &format!("{parent}/x")]).success();
    }
    let (a, b) = (folder.path().join("a/x"), folder.path().join("b/x"));
    let page = fs::read(a.join("report.html")).unwrap();
    assert!(page == fs::read(b.join("report.html")).unwrap(), "the pages differ");
    assert!((1_000_000..MOST_BYTES).contains(&(page.len() as u64)), "{} bytes", page.len());
    let mut names: Vec<String> = fs::read_dir(a.join("figures"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    for figure in
        ["story", "alignment-none", "ownership", "destiny", "firing", "map", "probes", "diagnostics"]
    {
        for kind in ["csv", "png", "svg"] {
            assert!(names.contains(&format!("{figure}.{kind}")), "{figure}.{kind} is not among {names:?}");
        }
    }
    for name in &names {
        let same = fs::read(a.join("figures").join(name)).unwrap()
            == fs::read(b.join("figures").join(name)).unwrap();
        assert!(same, "{name} differs");
    }
    // The numbers of the story are those of the records.
    let story = fs::read_to_string(a.join("figures/story.csv")).unwrap();
    let summary: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(a.join("summary.json")).unwrap()).unwrap();
    let coverage = summary["arms"]["random_mask"]["coverage"]["0.7"].as_f64().unwrap();
    assert!(story.contains(&format!("\"random_mask, |cos| > .7\",line,,60,{coverage},,,")), "{story}");
    assert!(story.starts_with("panel,series,kind,step,x,y,lower,upper,label\n"), "{story}");
    let index: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(a.join("figures/figures.json")).unwrap()).unwrap();
    let made = index.as_array().unwrap().iter().find(|figure| figure["id"] == "story").unwrap();
    assert_eq!((&made["command"], &made["has_csv"]), (&"featurescope run x/spec.toml".into(), &true.into()));
    assert!(made["source"].as_str().unwrap().contains("experiment smoke, seed 1, run id"));
    assert_eq!(made["rows"], story.lines().count() - 1);
    for name in names.iter().filter(|name| Path::new(name).extension().is_some_and(|end| end == "csv")) {
        let csv = fs::read_to_string(a.join("figures").join(name)).unwrap();
        let widths: Vec<usize> = csv.lines().map(fields).collect();
        assert!(
            widths.len() > 1 && widths.iter().all(|&width| width == widths[0]),
            "{name} is no plain table"
        );
    }
}

#[test]
fn reports_of_one_run_of_several_and_of_folders_of_runs() {
    let folder = tempfile::tempdir().unwrap();
    for (seed, name) in [("seed=1", "all/a"), ("seed=2", "all/b")] {
        smoke(folder.path(), &["--no-report", seed, "--out", name]).success();
    }
    assert!(!folder.path().join("all/a/report.html").exists());
    let (shown, _) = output(&featurescope(folder.path(), &["report", "all/a"]).success());
    assert!(shown.contains("report.html"));
    let page = fs::read_to_string(folder.path().join("all/a/report.html")).unwrap();
    assert!(page.contains("Theorem 3.4 (iii)") && page.contains("href=\"#figure-alignment\""));
    featurescope(folder.path(), &["report", "all"]).success();
    let page = fs::read_to_string(folder.path().join("report/report.html")).unwrap();
    assert!(page.contains("2 runs") && page.contains("id=\"figure-2-b-story\""));
    assert!(page.contains("<details id=\"run-1-a\">") && page.contains("<b>seed 1</b>"), "runs are folded");
    let (shown, _) = output(&featurescope(folder.path(), &["compare", "all/a", "all/b"]).success());
    assert!(shown.contains("seed: 1 → 2") && shown.contains("B − A"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    let page = fs::read_to_string(folder.path().join("comparison/report.html")).unwrap();
    assert!(
        page.contains("Settings in which the runs differ") && page.contains("Both runs in the same axes")
    );
    assert!(page.contains("a · random_mask"), "what is no curve stands side by side");
    let (shown, _) = output(&featurescope(folder.path(), &["compare", "all/a", "all/b", "--json"]).success());
    let found: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(found["settings"], serde_json::json!([{ "key": "seed", "values": ["1", "2"] }]));
    let figures = found["arms"][0]["figures"].as_array().unwrap();
    let mut subtracted = 0;
    for figure in figures {
        if let [Some(a), Some(b)] = [0, 1].map(|run| figure["values"][run].as_f64()) {
            assert_eq!(figure["difference"].as_f64(), Some(b - a), "{figure}");
            subtracted += 1;
        }
    }
    assert!(subtracted >= 8, "{subtracted} differences of {}", figures.len());
}

/// Noise against weight decay. Without augmentation and thresholds the noise's feed is σ² = C_σ √(ln d)/d, so that
/// theory's edge is known in closed form.
#[test]
fn two_numbers_that_are_varied_make_a_map_with_its_edges() {
    let folder = tempfile::tempdir().unwrap();
    let lists = ["data.noise_constant=[0.3,1.0,3.0]", "training.weight_decay=[0.05,0.2]", "seed=[1,2]"];
    smoke(folder.path(), &[&lists[..], &["--out", "all"]].concat()).success();
    let figures = folder.path().join("all/figures");
    let csv = fs::read_to_string(figures.join("phase-training-weight-decay.csv")).unwrap();
    let of = |kind: &str| csv.lines().filter(|line| line.split(',').nth(2) == Some(kind)).collect::<Vec<_>>();
    assert_eq!(of("tile").len(), 2 * 3 * 2, "arms, noises and decays: {csv}");
    let of_none = |line: &&&str| line.starts_with("none,");
    let theory: Vec<f64> = of("theory")
        .iter()
        .filter(of_none)
        .map(|line| line.split(',').nth(4).unwrap().parse().unwrap())
        .collect();
    let feed_at_one = 16f64.ln().sqrt() / 16.0;
    // Tiles stand at 0, 1 and 2; the line begins and ends with the tiles' sides.
    let place = |decay: f64| (decay / feed_at_one / 0.3).ln() / (1.0f64 / 0.3).ln();
    let second = 1.0 + (0.2 / feed_at_one).ln() / 3f64.ln();
    let expected = [place(0.05), place(0.05), second, second];
    // The value itself stands beside the place: C_σ = λ d/√(ln d).
    assert!(csv.contains(&format!("at {:.3}\n", 0.2 / feed_at_one)), "{csv}");
    assert_eq!(theory.len(), expected.len(), "{csv}");
    for (found, expected) in theory.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-9, "{theory:?}, {expected}");
    }
    let time = fs::read_to_string(figures.join("phase-time.csv")).unwrap();
    assert!(time.lines().any(|line| line.contains(",tile,")), "{time}");
    let page = fs::read_to_string(folder.path().join("all/report.html")).unwrap();
    assert!(page.contains("Edges along data.noise_constant"), "the edges stand in a table as well");
}

#[test]
fn what_is_no_finished_run_is_refused_and_damaged_pictures_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (_, error) = output(&featurescope(folder.path(), &["report", "nowhere"]).code(1));
    assert!(error.contains("nowhere is no run directory"), "{error}");
    smoke(folder.path(), &["--no-report", "--out", "a"]).success();
    let (_, error) = output(&featurescope(folder.path(), &["compare", "a", "."]).success());
    assert!(!error.contains("error"), "a folder that holds one run stands for it: {error}");
    let stored = folder.path().join("a/arms/none/representation.safetensors");
    let bytes = fs::read(&stored).unwrap();
    fs::write(&stored, &bytes[..bytes.len() / 2]).unwrap();
    let (_, error) = output(&featurescope(folder.path(), &["report", "a"]).success());
    assert!(error.contains("note: ") && error.contains("representation.safetensors"), "{error}");
    let manifest = folder.path().join("a/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    assert!(text.contains("\"format_version\": 2,"));
    fs::write(&manifest, text.replace("\"format_version\": 2,", "\"format_version\": 99,")).unwrap();
    let sentence = "format version is 99, this program reads 2";
    let (_, error) = output(&featurescope(folder.path(), &["report", "a"]).code(1));
    assert!(error.contains(sentence), "{error}");
    // Of many runs, those that cannot be read are left out and named; of none that can be read nothing is
    // judged.
    let (_, error) = output(&featurescope(folder.path(), &["judge", "a"]).code(1));
    let error = error.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(error.contains("no run can be judged") && error.contains(sentence), "{error}");
    fs::write(&manifest, text).unwrap();
    fs::remove_file(folder.path().join("a/summary.json")).unwrap();
    let (_, error) = output(&featurescope(folder.path(), &["report", "a"]).code(1));
    assert!(error.contains("featurescope resume"), "{error}");
}

#[test]
fn an_arm_that_diverges_is_reported_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let wild = ["arms.none.training.learning_rate=1e9", "arms.none.training.weight_decay=0", "--out", "a"];
    smoke(folder.path(), &wild).code(3);
    let page = fs::read_to_string(folder.path().join("a/report.html")).unwrap();
    assert!(page.contains("<em>diverged</em>"));
}

#[test]
fn representations_of_another_network_are_diagnosed() {
    let folder = tempfile::tempdir().unwrap();
    smoke(folder.path(), &["--no-report", "--out", "a"]).success();
    let file = "a/arms/random_mask/representation.safetensors";
    let (_, error) = output(&featurescope(folder.path(), &["diagnose", file]).code(1));
    assert!(error.contains("--array") && error.contains("`features` (2048 × 64)"), "{error}");
    let pairs =
        ["diagnose", file, "--array", "anchor", "--pairs", file, "--pairs-array", "positive", "--json"];
    let (shown, _) = output(&featurescope(folder.path(), &pairs).success());
    let found: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&found["samples"], &found["neurons"]), (&512.into(), &64.into()));
    assert!(found["alignment"].as_f64().is_some_and(|alignment| (0.0..4.0).contains(&alignment)));
    assert!(found["probe"].is_null());
    let page = fs::read_to_string(folder.path().join("diagnosis/report.html")).unwrap();
    assert!(page.contains("featurescope diagnose representation.safetensors --array anchor"));
    let (_, error) = output(&featurescope(folder.path(), &["diagnose", "a/spec.toml"]).code(1));
    assert!(error.contains(".npz, .safetensors or .parquet"), "{error}");
}
