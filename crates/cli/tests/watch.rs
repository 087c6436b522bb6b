//! `featurescope watch` beside real runs: one that is killed and resumed, a broken one, hostile requests.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Two arms of some seconds each, saved after every step.
const RUN: [&str; 9] = [
    "run",
    "smoke",
    "training.steps=6000",
    "measure.cadence.steps=50",
    "probe.labels=[]",
    "--no-report",
    "--quiet",
    "--threads=1",
    "--save-every=0",
];
/// A slow machine that does many things at once may take this long.
const PATIENCE: Duration = Duration::from_secs(120);

/// A process of this test; it ends with it.
struct Process(Child);

impl Process {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(cargo_bin("featurescope"));
        command.args(arguments).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// Its first line that has `words`, on standard output or standard error.
    fn line(stream: impl Read, words: &str) -> String {
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        lines.find(|line| line.contains(words)).unwrap()
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A child of this test; one that has gone already is no problem.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The page of `folder`, and where it is served.
fn watch(folder: &Path) -> (Process, String) {
    let mut process = Process::start(folder, &["watch", "--no-open", "."]);
    let line = Process::line(process.0.stdout.take().unwrap(), "the runs are at");
    (process, host(&line))
}

fn host(line: &str) -> String {
    let (_, address) = line.split_once("http://").unwrap();
    address.trim().trim_end_matches('/').to_owned()
}

fn send(host: &str, request: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    BufReader::new(stream)
}

fn ask(host: &str, path: &str) -> String {
    let mut text = String::new();
    send(host, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")).read_to_string(&mut text).unwrap();
    text
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

/// The runs as the stream of news tells them.
struct Stream {
    lines: Box<dyn Iterator<Item = String>>,
    runs: Vec<Value>,
}

impl Stream {
    fn open(host: &str) -> Self {
        let lines = send(host, &format!("GET /events HTTP/1.1\r\nHost: {host}\r\n\r\n")).lines();
        Self { lines: Box::new(lines.map(Result::unwrap)), runs: Vec::new() }
    }

    /// Reads on until `holds` of the run whose name ends in `name`.
    fn until(&mut self, name: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let is_it = |run: &&Value| run["name"].as_str().unwrap().ends_with(name) && holds(run);
            if let Some(run) = self.runs.iter().find(is_it) {
                return run.clone();
            }
            assert!(started.elapsed() < PATIENCE, "{name} is never {what}: {:?}", self.runs);
            let line = self.lines.next().unwrap();
            let Some(news) = line.strip_prefix("data: {").map(|rest| format!("{{{rest}")) else { continue };
            for told in serde_json::from_str::<Value>(&news).unwrap()["runs"].as_array().unwrap() {
                let at = usize::try_from(told["index"].as_u64().unwrap()).unwrap();
                self.runs.resize(self.runs.len().max(at + 1), Value::Null);
                self.runs[at] = told["run"].clone();
            }
        }
    }
}

fn is(standing: &'static str) -> impl Fn(&Value) -> bool {
    move |run| run["standing"] == standing
}

fn steps(run: &Value) -> u64 {
    run["arms"].as_array().unwrap().iter().map(|arm| arm["step"].as_u64().unwrap()).sum()
}

#[test]
fn a_run_that_is_killed_and_resumed_is_followed_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    // A broken run beside it, from the start on.
    fs::create_dir_all(path.join("broken")).unwrap();
    fs::write(path.join("broken/spec.toml"), "not = [toml").unwrap();
    fs::write(path.join("broken/manifest.json"), "{ \"format_version\": 99 }").unwrap();
    let run = Process::start(path, &[&RUN[..], &["--out", "run"]].concat());
    let (page, host) = watch(path);
    let mut stream = Stream::open(&host);
    let begun = stream.until("run", "under way", |run| is("running")(run) && steps(run) > 300);
    assert_eq!((begun["times_resumed"].as_u64(), begun["arms"][0]["steps"].as_u64()), (Some(0), Some(6000)));
    assert!(begun["seconds_left"].as_f64().unwrap() > 0.0, "{begun}");
    let broken = stream.until("broken", "told", |run| !run["problem"].is_null());
    assert!(broken["problem"].as_str().unwrap().contains("manifest.json"), "{broken}");

    run.kill();
    // Only Linux tells that a process is gone.
    let killed = if cfg!(target_os = "linux") { "stopped" } else { "running" };
    let stopped = stream.until("run", killed, is(killed));
    assert!(steps(&stopped) > 0);
    let place = stream.runs.iter().position(|run| run["name"].as_str().unwrap().ends_with("run")).unwrap();
    let resumed = Process::start(path, &["resume", "run", "--quiet", "--no-report", "--threads=1"]);
    let again = |run: &Value| is("running")(run) && run["times_resumed"] == 1;
    stream.until("run", "under way again", again);
    // A page that comes later, or comes back, is told the same.
    drop((stream, page));
    let (_page, host) = watch(path);
    let mut stream = Stream::open(&host);
    let ended = stream.until("run", "finished", is("finished"));
    assert_eq!((steps(&ended), ended["seconds_left"].as_f64()), (12_000, Some(0.0)));
    drop(resumed);

    // In full: every record, and a nearest atom for every neuron.
    let detail: Value = serde_json::from_str(body(&ask(&host, &format!("/run/{place}")))).unwrap();
    for arm in detail["arms"].as_array().unwrap() {
        let course = &arm["course"];
        let recorded = course["steps"].as_array().unwrap();
        // One in fifty steps, and the ends of stages.
        assert!((121..=123).contains(&recorded.len()), "{}", recorded.len());
        assert_eq!(recorded.last().unwrap().as_u64(), Some(6000));
        for column in course["columns"].as_array().unwrap() {
            assert_eq!(column[1].as_array().unwrap().len(), recorded.len(), "{}", column[0]);
        }
        assert_eq!(arm["neurons"]["best_atom"].as_array().unwrap().len(), 64);
    }
}

#[test]
fn hostile_requests_get_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret"), "secret").unwrap();
    let (_page, host) = watch(folder.path());
    assert!(ask(&host, "/").contains("<title>featurescope watch</title>"));
    for (file, kind) in [("/watch.js", "text/javascript"), ("/watch.css", "text/css")] {
        assert!(ask(&host, file).contains(&format!("Content-Type: {kind}")), "{file}");
    }
    for path in ["/secret", "/../secret", "/run/../secret", "/run/..%2fsecret", "//secret", "/run/0", "/run/"]
    {
        let answer = ask(&host, path);
        assert!(answer.starts_with("HTTP/1.1 404 ") && !answer.contains("\r\nsecret"), "{path}: {answer}");
    }
    let first = |request: &str| send(&host, request).lines().next().unwrap().unwrap();
    for path in ["/", "/events", "/run/0"] {
        for (host, origin) in [
            ("evil.example", ""),
            ("127.0.0.1", ""),
            (host.as_str(), "Origin: http://evil.example\r\n"),
            (host.as_str(), "Origin: null\r\n"),
        ] {
            let status = first(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{origin}\r\n"));
            assert!(status.starts_with("HTTP/1.1 403 "), "{path} of {host}, {origin}: {status}");
        }
        let status = first(&format!("POST {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert!(status.starts_with("HTTP/1.1 405 "), "{path}: {status}");
    }
    // Whoever listens and says nothing, or asks for too many streams, keeps nobody else from the page.
    let _silent: Vec<_> = (0..20).map(|_| send(&host, "GET /")).collect();
    let streams: Vec<_> = (0..20).map(|_| Stream::open(&host)).collect();
    assert!(ask(&host, "/").starts_with("HTTP/1.1 200 "));
    drop(streams);
}

#[test]
fn a_run_serves_its_own_page() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Process::start(folder.path(), &[&RUN[..], &["--out", "run", "--watch"]].concat());
    let line = Process::line(run.0.stderr.take().unwrap(), "the run can be watched at");
    let mut stream = Stream::open(&host(&line));
    stream.until("run", "under way", |run| is("running")(run) && steps(run) > 0);
}

fn output(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(cargo_bin("featurescope"))
        .args(arguments)
        .current_dir(folder)
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_pipe_is_told_how_a_sweep_stands_and_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let small = ["training.steps=200", "probe.labels=[]", "--no-report", "-q", "--out", "sweep"];
    let (code, _, said) = output(folder.path(), &[&["run", "smoke", "seed=[1,2]"], &small[..]].concat());
    assert_eq!(code, Some(0), "{said}");
    let (code, text, _) = output(folder.path(), &["watch", "--text", "sweep"]);
    assert_eq!(code, Some(0));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 6, "{text}");
    for (run, seed) in [(0, "seed=1"), (3, "seed=2")] {
        assert!(lines[run].ends_with(&format!("({seed}): finished")), "{text}");
        for arm in &lines[run + 1..run + 3] {
            assert!(arm.contains("200/200  dense energy ") && arm.contains("  coverage "), "{arm}");
            assert!(arm.contains(['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']), "{arm}");
        }
    }
    assert!(lines.iter().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn bad_arguments_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, said) = output(folder.path(), &["watch", "--text", "nowhere"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("nowhere") && said.contains("a run directory, a sweep"), "{said}");
    let (code, text, said) = output(folder.path(), &["watch", "--text", "--once", "."]);
    assert_eq!((code, text.as_str()), (Some(0), ""));
    assert!(said.contains("there is no run yet"), "{said}");
    assert_eq!(output(folder.path(), &["watch", "--once"]).0, Some(2));
}
