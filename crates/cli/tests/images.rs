//! Experiments on pictures from end to end, on the synthetic set: a run, a sweep over seeds, its report in a browser, a
//! layer's units, and what cannot be used.
#![cfg(feature = "images")]

#[path = "browser/chromium.rs"]
#[allow(dead_code, reason = "the other browser tests use the rest")]
mod chromium;

use assert_cmd::Command;
use chromium::Chromium;
use std::fs;
use std::path::Path;

fn featurescope(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("featurescope"));
    // Wide enough for whole statements.
    command.args(arguments).current_dir(folder).env("COLUMNS", "160");
    command
}

#[test]
fn a_run_leaves_a_report_and_checkpoints() {
    let folder = tempfile::tempdir().expect("a folder");
    // The pixels of pictures are data of very many rows.
    let run = ["run", "images-synthetic", "--smoke", "--figure-data", "--out", "run"];
    let told = featurescope(folder.path(), &run).assert().success();
    let told = String::from_utf8_lossy(&told.get_output().stdout).into_owned();
    assert!(told.contains("No verdict: that needs 5 seeds of one setting"), "{told}");
    assert!(told.contains("linear probe accuracy: none < crop") && told.contains("report.html"), "{told}");

    // What has ended stays, and a folder is never written over.
    let checkpoint = folder.path().join("run/arms/full/checkpoint.safetensors");
    let before = fs::read(&checkpoint).expect("a checkpoint");
    featurescope(folder.path(), &["resume", "run"]).assert().success();
    assert!(before == fs::read(&checkpoint).expect("a checkpoint"));
    let refused = featurescope(folder.path(), &run).assert().code(1);
    let refused = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(refused.contains("nothing was written over"), "{refused}");
    featurescope(folder.path(), &["report", "run", "--figure-data"]).assert().success();

    for id in ["over-epochs", "firing", "maps", "units", "views", "filters-full"] {
        for kind in ["svg", "png", "csv"] {
            let file = folder.path().join(format!("run/figures/{id}.{kind}"));
            assert!(fs::metadata(&file).is_ok_and(|file| file.len() > 200), "{}", file.display());
        }
    }
    let features = ["images", "features", "run/arms/full/checkpoint.safetensors"];
    let features = [&features[..], &["--layer", "conv2", "--units", "5", "--steps", "3"]].concat();
    featurescope(folder.path(), &features).assert().success();
    assert!(folder.path().join("features/figures/units.png").exists());

    let Some(program) = chromium::find() else { return };
    let mut page = Chromium::start(&program, &folder.path().join("profile"));
    page.open(&folder.path().join("run/report.html"), "document.documentElement?.dataset.ready");
    let broken = "[...document.querySelectorAll('.tiles img')].filter((i) => !i.complete || i.naturalWidth < 2).length";
    assert_eq!(page.evaluate(broken), 0);
    let tiles = page.evaluate("document.querySelectorAll('.tiles img').length").as_u64().expect("a number");
    assert!(tiles > 50, "{tiles} pictures");
    assert_eq!(page.problems(), Vec::<String>::new());
    assert_eq!(page.requests(), Vec::<String>::new());
    let album = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    fs::create_dir_all(&album).expect("a folder for photographs");
    fs::write(album.join("images.png"), page.photograph()).expect("written");
}

/// A list of seeds is a sweep: a run for each, and one report with intervals over them. Killed, it goes on.
#[test]
fn seeds_are_runs_of_a_sweep() {
    let folder = tempfile::tempdir().expect("a folder");
    let sweep = ["run", "images-patches", "--smoke", "seed=[1,2]", "--out", "sweep"];
    let told = featurescope(folder.path(), &sweep).assert().success();
    let told = String::from_utf8_lossy(&told.get_output().stdout).into_owned();
    assert!(told.contains("Figure 4, masks") && told.contains("firing density: mask < none"), "{told}");
    assert!(folder.path().join("sweep/report.html").exists());
    let alone = ["run", "images-patches", "--smoke", "seed=2", "--out", "alone", "--threads", "1", "--quiet"];
    featurescope(folder.path(), &alone).assert().success();
    let index = fs::read_to_string(folder.path().join("sweep/sweep.json")).expect("an index");
    let index: serde_json::Value = serde_json::from_str(&index).expect("JSON");
    let second = index["points"][1]["run"].as_str().expect("a name").to_owned();
    for file in ["records.parquet", "checkpoint.safetensors", "filters.safetensors", "final.safetensors"] {
        let read =
            |run: &str| fs::read(folder.path().join(run).join("arms/mask").join(file)).expect("a file");
        assert!(read("alone") == read(&format!("sweep/{second}")), "{file}");
    }
    let again = featurescope(folder.path(), &["resume", "sweep"]).assert().success();
    assert!(String::from_utf8_lossy(&again.get_output().stdout).contains("report.html"));
}

/// From pictures to verdicts: five seeds of a small run are judged as every other run is, by a board of their
/// own.
#[test]
fn statements_on_pictures_are_judged() {
    let folder = tempfile::tempdir().expect("a folder");
    let shown = |arguments: &[&str]| {
        let told = featurescope(folder.path(), arguments).assert().success();
        String::from_utf8_lossy(&told.get_output().stdout).into_owned()
    };
    shown(&["run", "images-synthetic", "--smoke", "seed=[1,2,3,4,5]", "--out", "sweep"]);
    let table = shown(&["judge", "sweep"]);
    assert!(table.starts_with("12 statements about learning: "), "{table}");
    assert!(table.contains("linear probe accuracy: none < crop") && table.contains("Holm"), "{table}");
    // Masks on pixels leave no filters that could be atoms.
    let all = shown(&["judge", "sweep", "--all"]);
    assert!(all.contains("5 of 5 runs have no value: `cosine_atoms` is not defined at that step"), "{all}");

    let board: serde_json::Value = serde_json::from_str(&shown(&["judge", "sweep", "--json"])).expect("JSON");
    assert_eq!(board["paper"], "wen-li-2021-figures");
    let finding = &board["claims"][0]["tests"][0]["findings"][0];
    assert_eq!(
        (&finding["setting"]["arm"], &finding["setting"]["experiment"]),
        (&"crop".into(), &"images-synthetic".into())
    );
    assert_eq!(finding["values"].as_array().map(Vec::len), Some(5), "{finding}");
    assert!(finding["estimate"]["level"].as_f64().is_some_and(|level| level >= 0.95), "{finding}");
    let kept = fs::read_to_string(folder.path().join("sweep/scoreboard.json")).expect("a board");
    let kept: serde_json::Value = serde_json::from_str(&kept).expect("JSON");
    assert_eq!(kept["claims_digest"], board["claims_digest"]);
    // Every difference is that of two arms of the same seed.
    for pair in finding["values"].as_array().expect("pairs") {
        let seed = pair[0].as_f64().expect("a seed");
        let summary = |arm: &str| -> f64 {
            let runs = fs::read_dir(folder.path().join("sweep")).expect("a folder");
            let summaries =
                runs.filter_map(|run| fs::read_to_string(run.ok()?.path().join("summary.json")).ok());
            let mut summaries =
                summaries.map(|text| serde_json::from_str::<serde_json::Value>(&text).expect("JSON"));
            let of_seed = summaries.find(|summary| summary["seed"].as_f64() == Some(seed)).expect("a run");
            of_seed["arms"][arm]["probe"].as_f64().expect("a figure")
        };
        assert_eq!(pair[1].as_f64(), Some(summary("crop") - summary("none")));
    }

    let page = fs::read_to_string(folder.path().join("sweep/report.html")).expect("a page");
    assert!(page.contains("firing density: mask &lt; none") && page.contains("Figure 4, masks"));
    let explained = shown(&["explain", "Figure 3, crop", "--runs", "sweep"]);
    assert!(
        explained.contains("probe(crop) − probe(none) > 0") && explained.contains("images-synthetic"),
        "{explained}"
    );
    // A statement on theory is not judged by pictures, and says so.
    let refused =
        featurescope(folder.path(), &["explain", "Theorem 3.4 (i)", "--runs", "sweep"]).assert().code(1);
    let refused = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(refused.contains("the statement is about runs on sparse-coding data"), "{refused}");
}

#[test]
fn what_cannot_be_used_is_said_before_anything_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    for (arguments, words) in [
        (&["run", "images-sintetic"][..], "did you mean `images-synthetic`?"),
        (&["run", "images-synthetic", "training.epoch=3"], "did you mean `training.epochs`?"),
        (
            &["run", "images-synthetic", "training.epochs=0"],
            "training.epochs = 0 (command line) cannot be used",
        ),
        (
            &["run", "images-synthetic", "data.train=1000000000"],
            "lower data.train, data.test or data.pictures.size",
        ),
        (&["run", "images-synthetic", "network.width=60000"], "lower the sizes of `network`"),
        (
            &["run", "images-patches", "data.pictures.size=20"],
            "data.pictures.size = 20, but patches of 8 pixels do not tile it",
        ),
        (&["run", "images-synthetic", "device=abacus"], "cpu | wgpu"),
        (&["run", "images-cifar10"], "data.pictures.path must be given"),
        (&["run", "images-synthetic", "arms.mask.augmentation.strength=0.5"], "would change nothing"),
        (&["run", "images-synthetic", "data.pictures.path=here"], "data.pictures.kind = stored"),
        (&["run", "images-synthetic", "seed=1", "seed=2"], "seed is given twice"),
        (&["run", "images-synthetic", "seeds=[1]"], "has another name now: `seed`"),
    ] {
        let refused = featurescope(folder.path(), arguments).assert().code(2);
        let told = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
    // A spec of one's own has no smaller version unless it lies beside it.
    let spec = include_str!("../../../experiments/images-synthetic/experiment.toml");
    fs::write(folder.path().join("mine.toml"), spec).expect("written");
    let refused = featurescope(folder.path(), &["run", "mine.toml", "--smoke"]).assert().failure();
    let told = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(
        told.contains("--smoke needs this file beside the spec") && told.contains("smoke.toml"),
        "{told}"
    );
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing was made");
}
