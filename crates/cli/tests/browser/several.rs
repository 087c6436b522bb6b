//! The page of a sweep: what was varied first, its runs folded away, and figures that are drawn when a run is
//! opened.

use super::labels::COVERED;
use super::{BLANK, READY, album, browser, featurescope};
use serde_json::json;
use std::fs;

/// Settings of a run of a second.
const SMALL: [&str; 7] = [
    "probe.labels=[50]",
    "probe.test_rows=200",
    "data.latent_dim=8",
    "data.ambient_dim=64",
    "network.width=16",
    "--quiet",
    "--no-report",
];

#[test]
fn a_sweep_is_about_its_value_and_its_runs_are_folded() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut page) = browser(&folder.path().join("profile")) else { return };
    let path = folder.path();
    let sweep = ["run", "smoke", "training.steps=[20,200]", "seed=[1,2]", "--out", "sweep"];
    featurescope(path, &[&sweep[..], &SMALL[..]].concat());
    let runs: Vec<_> = fs::read_dir(path.join("sweep"))
        .expect("a folder")
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .collect();
    // One run has a report of its own.
    let own = runs[0].path();
    featurescope(path, &["report", own.to_str().expect("text")]);
    featurescope(path, &["report", "sweep", "--out", "pages"]);
    page.open(&path.join("pages/report.html"), READY);
    assert_eq!(page.evaluate(BLANK), json!([]));
    assert_eq!(page.evaluate(COVERED), json!([]));
    let height = page.evaluate("document.documentElement.scrollHeight").as_u64().expect("a number");
    assert!(height < 9000, "the page is {height} pixels long");
    fs::write(album().join("sweep.png"), page.photograph()).expect("written");

    // The runs are named after their values, and lie folded.
    let names = page
        .evaluate("[...document.querySelectorAll('#runs > details > summary b')].map((b) => b.textContent)");
    let expected = ["20, seed 1", "20, seed 2", "200, seed 1", "200, seed 2"];
    assert_eq!(names, json!(expected.map(|name| format!("training.steps = {name}"))));
    assert_eq!(page.evaluate("document.querySelectorAll('details[open]').length"), 0);
    let links = page.evaluate(
        "[...document.querySelectorAll('#runs > details > p a')].map((a) => a.getAttribute('href'))",
    );
    assert_eq!(links, json!([format!("../sweep/{}/report.html", runs[0].file_name().to_string_lossy())]));

    // Opened, a run draws its figures; a link to a figure opens its run.
    assert_eq!(page.evaluate("document.querySelectorAll('#runs .chart').length"), 0);
    page.evaluate("document.querySelector('#runs > details').open = true");
    page.wait("document.querySelectorAll('#runs .chart').length > 5");
    assert_eq!(page.evaluate(BLANK), json!([]));
    page.evaluate(
        "location.hash = document.querySelectorAll('#runs > details')[1].querySelector('figure').id",
    );
    page.wait("document.querySelectorAll('#runs > details')[1].open");
    page.wait("document.querySelectorAll('#runs > details')[1].querySelectorAll('.chart').length > 5");
    assert_eq!(page.problems(), Vec::<String>::new());
}

/// A map says at every row and column which value it stands for, and in every tile its share.
#[test]
fn tiles_stand_at_the_values_that_were_tried() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut page) = browser(&folder.path().join("profile")) else { return };
    let path = folder.path();
    let lists = ["training.steps=20", "data.noise_constant=[0.3,1,3]", "training.weight_decay=[0.05,0.2]"];
    let sweep = [&["run", "smoke", "--out", "sweep"][..], &lists, &SMALL].concat();
    featurescope(path, &sweep);
    featurescope(path, &["report", "sweep", "--out", "pages"]);
    page.open(&path.join("pages/report.html"), READY);
    assert_eq!(page.evaluate(BLANK), json!([]));
    let texts = page.evaluate(
        "[...document.querySelector('#figure-phase-training-weight-decay .chart').querySelectorAll('text')]
            .map((text) => text.textContent)",
    );
    let texts: Vec<&str> = texts.as_array().expect("texts").iter().filter_map(|text| text.as_str()).collect();
    for value in ["0.3", "1", "3", "0.05", "0.2"] {
        assert_eq!(texts.iter().filter(|text| **text == value).count(), 1, "{value} in {texts:?}");
    }
    assert_eq!(
        texts.iter().filter(|text| **text == "0.00").count(),
        6,
        "a share in each of six tiles: {texts:?}"
    );
    fs::write(album().join("tiles.png"), page.photograph()).expect("written");
    assert_eq!(page.problems(), Vec::<String>::new());
}
