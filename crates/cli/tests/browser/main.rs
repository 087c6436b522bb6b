//! The report as a person meets it: opened from disk in a headless Chromium, looked at, and used.
//!
//! Without a Chromium on the machine the tests say so and pass. Photographs are left in the target folder's tmp/report.

mod chromium;
mod clock;
mod labels;
mod several;
mod watch;

use assert_cmd::Command;
use chromium::Chromium;
use featurescope_lab::report::html::render;
use featurescope_lab::report::{Block, Figure, Page, Section};
use serde_json::json;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// In every name that a spec may choose freely.
const HOSTILE: &str = "</script><script>window.stolen = 1</script><img src=x onerror='window.stolen = 2'>";

fn featurescope(folder: &Path, arguments: &[&str]) {
    let program = assert_cmd::cargo::cargo_bin("featurescope");
    Command::new(program).args(arguments).current_dir(folder).assert().success();
}

/// A small run of an experiment with a hostile name, in a folder with one.
fn hostile_run(folder: &Path) -> PathBuf {
    let smoke = assert_cmd::cargo::cargo_bin("featurescope");
    let shown = Command::new(smoke).args(["explain", "smoke"]).output().expect("it explains");
    let text = String::from_utf8(shown.stdout).expect("text");
    let spec = text.find("seed = 1").map(|start| text[start..].to_owned()).expect("the spec is shown");
    let name = toml_string(HOSTILE);
    fs::write(folder.join("hostile.toml"), format!("experiment = {name}\n{spec}")).expect("written");
    featurescope(folder, &["run", "hostile.toml", "--out", "run <b>&amp;", "--quiet", "training.steps=200"]);
    folder.join("run <b>&amp;")
}

fn toml_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn browser(profile: &Path) -> Option<Chromium> {
    let Some(program) = chromium::find() else {
        // Past the capture of test output: a skipped proof should be seen.
        let message = "\nSKIPPED: no Chromium on this machine, the report was not opened in a browser\n";
        std::io::stderr().write_all(message.as_bytes()).expect("standard error is open");
        return None;
    };
    Some(Chromium::start(&program, profile))
}

/// Where photographs are left for people.
fn album() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    fs::create_dir_all(&folder).expect("a folder for photographs");
    folder
}

const READY: &str = "document.documentElement?.dataset.ready";
/// Charts that show nothing: no svg with a path in it, and no canvas with ten different pixels (a chart may have several).
const BLANK: &str = "[...document.querySelectorAll('.chart')].filter((chart) => {
    const svg = chart.querySelector('svg');
    if (svg) return svg.getBoundingClientRect().width < 50 || svg.querySelectorAll('path').length < 2;
    return ![...chart.querySelectorAll('canvas')].some((canvas) => {
        const { width, height } = canvas;
        return width >= 50 && new Set(new Uint32Array(canvas.getContext('2d').getImageData(0, 0, width, height).data.buffer)).size >= 10;
    });
}).map((chart) => chart.getAttribute('aria-label'))";

#[test]
fn a_report_works_in_a_browser() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut page) = browser(&folder.path().join("profile")) else { return };
    let run = hostile_run(folder.path());
    page.call(
        "Emulation.setEmulatedMedia",
        json!({ "features": [{ "name": "prefers-color-scheme", "value": "light" }] }),
    );
    page.open(&run.join("report.html"), READY);

    // Every figure of the page is drawn, and names become text.
    let figures = page.evaluate("document.querySelectorAll('figure').length").as_u64().expect("a number");
    assert!(figures >= 8, "{figures} figures");
    assert_eq!(page.evaluate(BLANK), json!([]));
    let without_source = "[...document.querySelectorAll('figure')].filter((f) => !f.querySelector('.provenance').textContent.includes('run id')).length";
    assert_eq!(page.evaluate(without_source), 0, "every figure says what made it");
    assert_eq!(page.evaluate("typeof window.stolen"), "undefined");
    assert_eq!(page.evaluate("document.querySelectorAll('img').length"), 0);
    assert_eq!(page.evaluate(&format!("document.body.textContent.includes({})", json!(HOSTILE))), true);
    fs::write(album().join("light.png"), page.photograph()).expect("written");

    // A slider moves the matrix, by mouse and by keyboard.
    page.evaluate("window.slider = document.querySelector('#figure-alignment input'); window.matrix = () => [...document.querySelectorAll('#figure-alignment canvas')].map((c) => c.toDataURL()).join()");
    page.evaluate("window.before = matrix(); slider.value = 0; slider.dispatchEvent(new Event('input', { bubbles: true }))");
    page.wait("matrix() !== before");
    // The step is said once its matrix is drawn.
    page.wait("document.querySelector('#figure-alignment .slider output').textContent === 'step 0 (start)'");
    page.evaluate("slider.focus()");
    for kind in ["keyDown", "keyUp"] {
        page.call(
            "Input.dispatchKeyEvent",
            json!({ "type": kind, "key": "ArrowRight", "code": "ArrowRight", "windowsVirtualKeyCode": 39 }),
        );
    }
    page.wait("slider.value === '1'");
    page.evaluate("[...document.querySelectorAll('#figure-alignment .legend button')].find((b) => b.textContent === 'end').click()");
    page.wait("matrix() === before");

    // A legend entry hides its curves and brings them back, by keyboard too.
    let strokes = "[...document.querySelectorAll('#figure-story svg path')].filter((p) => p.getAttribute('stroke') === '#0072b2').length";
    let all = page.evaluate(strokes).as_u64().expect("a number");
    assert!(all >= 8, "{all} blue curves");
    page.evaluate("window.entry = document.querySelector('#figure-story .legend button'); entry.click()");
    assert_eq!(page.evaluate("entry.getAttribute('aria-pressed')"), "false");
    page.wait(&format!("{strokes} === 0"));
    page.evaluate("entry.focus()");
    for kind in ["keyDown", "keyUp"] {
        page.call("Input.dispatchKeyEvent", json!({ "type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r" }));
    }
    page.wait(&format!("{strokes} === {all}"));

    // Hovering shows values.
    page.evaluate("document.querySelector('#figure-story .chart').scrollIntoView({ block: 'center', behavior: 'instant' })");
    let centre = page.evaluate("(() => { const r = document.querySelector('#figure-story .chart').getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()");
    for shift in [0.0, 3.0] {
        let x = centre[0].as_f64().expect("a number") + shift;
        page.call("Input.dispatchMouseEvent", json!({ "type": "mouseMoved", "x": x, "y": centre[1] }));
    }
    page.wait("document.querySelector('#figure-story .chart').textContent.includes('random_mask')");

    // The dark page, first by the system's wish, then by its own button.
    page.call(
        "Emulation.setEmulatedMedia",
        json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] }),
    );
    page.wait("document.documentElement.dataset.theme === 'dark'");
    assert_eq!(page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(14, 18, 24)");
    assert_eq!(page.evaluate(BLANK), json!([]));
    page.evaluate("scrollTo(0, 0)");
    fs::write(album().join("dark.png"), page.photograph()).expect("written");
    page.evaluate("document.getElementById('theme').click()");
    page.wait("document.documentElement.dataset.theme === 'light'");

    // On paper, on a phone.
    let paper = page.print();
    assert!(paper.starts_with(b"%PDF") && paper.len() > 50_000);
    fs::write(album().join("print.pdf"), paper).expect("written");
    page.call(
        "Emulation.setDeviceMetricsOverride",
        json!({ "width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": true }),
    );
    page.wait("document.querySelector('.chart').getBoundingClientRect().width < 390");
    let overflow = page.evaluate("document.documentElement.scrollWidth").as_u64().expect("a number");
    assert!(overflow <= 390, "the page is {overflow} wide on a phone");

    assert_eq!(page.problems(), Vec::<String>::new());
    assert_eq!(page.requests(), Vec::<String>::new());
}

/// A page of our own making, opened.
fn open_page(page: &mut Chromium, folder: &Path, contents: &Page) {
    fs::write(folder.join("page.html"), render(contents, None)).expect("written");
    page.open(&folder.join("page.html"), READY);
}

/// A page with one figure.
fn page_of(figure: Figure) -> Page {
    let section = Section { id: "s".to_owned(), blocks: vec![Block::Figure(figure)], ..Section::default() };
    Page { sections: vec![section], ..Page::default() }
}

#[test]
fn comparisons_and_diagnoses_open_as_well() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut page) = browser(&folder.path().join("profile")) else { return };
    let path = folder.path();
    for (seed, out) in [("seed=1", "a"), ("seed=2", "b")] {
        featurescope(
            path,
            &["run", "smoke", "--out", out, "--quiet", "--no-report", seed, "training.steps=200"],
        );
    }
    assert!(!path.join("a/report.html").exists());
    featurescope(path, &["compare", "a", "b", "--out", "both"]);
    featurescope(path, &["report", "a", "b", "--out", "all"]);
    let features = "a/arms/random_mask/representation.safetensors";
    featurescope(path, &["diagnose", features, "--array", "features", "--out", "network"]);
    for report in ["both", "all", "network"] {
        page.open(&path.join(report).join("report.html"), READY);
        assert_eq!(page.evaluate(BLANK), json!([]), "{report}");
        fs::write(album().join(format!("{report}.png")), page.photograph()).expect("written");
    }
    assert_eq!(page.problems(), Vec::<String>::new());
    assert_eq!(page.requests(), Vec::<String>::new());
}
