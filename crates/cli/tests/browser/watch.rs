//! The page of `featurescope watch` beside a run that is killed and resumed.

use super::{album, browser};
use assert_cmd::cargo::cargo_bin;
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process of this test; it ends with it.
struct Process(Child);

impl Process {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(cargo_bin("featurescope"));
        command.args(arguments).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::null());
        Self(command.spawn().expect("it starts"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A child of this test; one that has gone already is no problem.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const RUN: [&str; 8] = [
    "run",
    "smoke",
    "training.steps=6000",
    "measure.cadence.steps=50",
    "--no-report",
    "--quiet",
    "--threads=1",
    "--save-every=1",
];
/// What the staircases show, pixel by pixel.
const STAIRS: &str = "[...document.querySelectorAll('#stairs canvas')].map((c) => c.toDataURL()).join()";

fn says(run: &str, word: &str) -> String {
    format!(
        "[...document.querySelectorAll('#runs tr')].some((row) => row.querySelector('button')?.title === {} \
         && row.querySelector('.stands').textContent.startsWith({}))",
        json!(run),
        json!(word)
    )
}

#[test]
fn the_page_of_runs_follows_a_run_that_is_killed_and_resumed() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut page) = browser(&folder.path().join("profile")) else { return };
    let path = folder.path().join("runs");
    fs::create_dir_all(path.join("broken <img src=x onerror='window.stolen = 1'>")).expect("a folder");
    fs::write(path.join("broken <img src=x onerror='window.stolen = 1'>/manifest.json"), "{")
        .expect("written");
    let run = Process::start(&path, &[&RUN[..], &["--out", "run"]].concat());
    let mut watch = Process::start(&path, &["watch", "--no-open", "."]);
    let mut line = String::new();
    BufReader::new(watch.0.stdout.take().expect("piped")).read_line(&mut line).expect("it speaks");
    let address = line.trim().strip_prefix("the runs are at ").expect("an address").to_owned();

    page.call("Page.navigate", json!({ "url": address }));
    page.wait(&says("./run", "running"));
    page.wait("document.querySelectorAll('#stairs canvas').length > 0");
    page.evaluate(&format!("window.before = {STAIRS}"));
    page.wait(&format!("{STAIRS} !== window.before"));
    assert_eq!(page.evaluate("document.querySelector('#chosen-name').textContent"), "./run");
    for canvas in ["shares", "other"] {
        let colours = format!(
            "(() => {{ const c = document.getElementById('{canvas}'); const d = c.getContext('2d').getImageData(0, 0, \
             c.width, c.height).data; return new Set(new Uint32Array(d.buffer)).size; }})()"
        );
        page.wait(&format!("{colours} > 10"));
    }
    drop(run);
    if cfg!(target_os = "linux") {
        page.wait(&says("./run", "stopped"));
    }
    let resumed = Process::start(&path, &["resume", "run", "--quiet", "--no-report", "--threads=1"]);
    page.wait(&says("./run", "running, resumed once"));
    page.wait(&says("./run", "finished, resumed once"));
    drop(resumed);

    // The broken run says what is wrong and is chosen by keyboard; its name is text.
    page.evaluate(
        "[...document.querySelectorAll('#runs button')].find((b) => b.title.includes('broken')).focus()",
    );
    for kind in ["keyDown", "keyUp"] {
        let key = json!({ "type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r" });
        page.call("Input.dispatchKeyEvent", key);
    }
    page.wait("document.querySelector('#chosen-problem').textContent.includes('manifest.json')");
    assert_eq!(page.evaluate("typeof window.stolen"), "undefined");
    assert_eq!(page.evaluate("document.activeElement.title.includes('broken')"), true);
    page.evaluate("[...document.querySelectorAll('#runs button')].find((b) => b.title === './run').click()");
    page.wait("document.querySelectorAll('#stairs canvas').length === 2");
    assert_eq!(page.evaluate("location.hash"), "#.%2Frun");

    photographs(&mut page);
    assert_eq!(page.problems(), Vec::<String>::new());
    // The program ends; the page says so and keeps what it showed.
    drop(watch);
    page.wait("document.querySelector('#state').textContent.includes('cannot be heard')");
    assert_eq!(page.evaluate("document.querySelectorAll('#stairs canvas').length"), 2);
}

/// Two widths, two themes; nothing is wider than the page.
fn photographs(page: &mut super::chromium::Chromium) {
    for width in [360_u32, 1300] {
        page.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500 }),
        );
        for theme in ["light", "dark"] {
            let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
            page.call("Emulation.setEmulatedMedia", media);
            page.wait(&format!(
                "matchMedia('(prefers-color-scheme: {theme})').matches && innerWidth <= {width}"
            ));
            let wide = page.evaluate("document.documentElement.scrollWidth").as_u64().expect("a number");
            assert!(wide <= u64::from(width), "{wide} of {width}");
            fs::write(album().join(format!("watch-{width}-{theme}.png")), page.photograph())
                .expect("written");
        }
    }
}
