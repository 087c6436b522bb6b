//! `featurescope images` from end to end, on the synthetic set: a run, its report in a browser, a layer's units, and what
//! cannot be used.
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
    command.args(arguments).current_dir(folder);
    command
}

#[test]
fn a_run_leaves_a_report_and_checkpoints() {
    let folder = tempfile::tempdir().expect("a folder");
    // The pixels of pictures are data of very many rows.
    let run = ["images", "run", "images-synthetic", "--smoke", "--figure-data", "--out", "run"];
    let told = featurescope(folder.path(), &run).assert().success();
    let told = String::from_utf8_lossy(&told.get_output().stdout).into_owned();
    assert!(told.contains("linear probe accuracy: none < crop") && told.contains("report.html"), "{told}");

    // The same command has nothing left to do, and leaves what is there.
    let checkpoint = folder.path().join("run/arms/full/seed-1/checkpoint.safetensors");
    let before = fs::read(&checkpoint).expect("a checkpoint");
    featurescope(folder.path(), &run).assert().success();
    assert!(before == fs::read(&checkpoint).expect("a checkpoint"));
    let other = [&run[..], &["training.batch=10"]].concat();
    let refused = featurescope(folder.path(), &other).assert().code(1);
    let refused = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(refused.contains("training.batch: 20 there, 10 here"), "{refused}");

    for id in ["over-epochs", "firing", "maps", "units", "views", "filters-full"] {
        for kind in ["svg", "png", "csv"] {
            let file = folder.path().join(format!("run/figures/{id}.{kind}"));
            assert!(fs::metadata(&file).is_ok_and(|file| file.len() > 200), "{}", file.display());
        }
    }
    let features = ["images", "features", "run/arms/full/seed-1/checkpoint.safetensors"];
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

#[test]
fn what_cannot_be_used_is_said_before_anything_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    for (arguments, words) in [
        (&["images", "run", "images-sintetic"][..], "did you mean `images-synthetic`?"),
        (&["images", "run", "images-synthetic", "training.epoch=3"], "epoch"),
        (
            &["images", "run", "images-synthetic", "training.epochs=0"],
            "training.epochs = 0: expected at least 1",
        ),
        (
            &["images", "run", "images-synthetic", "data.train=1000000000"],
            "lower data.train, data.test or data.size",
        ),
        (&["images", "run", "images-synthetic", "network.width=60000"], "lower the sizes of `network`"),
        (
            &["images", "run", "images-patches", "data.size=20"],
            "data.size = 20, but patches of 8 pixels do not tile it",
        ),
        (&["images", "run", "images-synthetic", "--device", "abacus"], "--device abacus: expected cpu"),
        (&["images", "run", "images-cifar10"], "data.path (or --data)"),
        (&["images", "run", "images-synthetic", "arms.mask.strength=0.5"], "would change nothing"),
        (&["images", "run", "images-synthetic", "--data", "here", "data.size=16"], "data.size = 16"),
        (&["images", "run", "images-synthetic", "seeds=[1]", "seeds=[2]"], "seeds is given twice"),
    ] {
        let refused = featurescope(folder.path(), arguments).assert().code(2);
        let told = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
    // A spec of one's own has no smaller version unless it lies beside it.
    let spec = include_str!("../../../experiments/images-synthetic/experiment.toml");
    fs::write(folder.path().join("mine.toml"), spec).expect("written");
    let refused = featurescope(folder.path(), &["images", "run", "mine.toml", "--smoke"]).assert().failure();
    let told = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(
        told.contains("--smoke needs this file beside the spec") && told.contains("smoke.toml"),
        "{told}"
    );
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing was made");
}
