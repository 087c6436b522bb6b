//! The real binary, asked to end by every signal in every stretch of its work: it answers at once, ends with
//! the code that is documented, and leaves what can be gone on with.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Every signal that asks for an end, as `kill` and the program name them.
const SIGNALS: [(&str, &str); 6] = [
    ("INT", "Ctrl-C (SIGINT)"),
    ("TERM", "SIGTERM"),
    ("HUP", "SIGHUP"),
    ("USR1", "SIGUSR1"),
    ("USR2", "SIGUSR2"),
    ("XCPU", "SIGXCPU"),
];

/// Those of them that a program started here can hear. SIGHUP stays ignored in everything that `nohup` has
/// started, and so in the tests of a session that is to outlive its terminal.
fn audible() -> Vec<(&'static str, &'static str)> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    let is_hup_ignored = ignored & 1 == 1;
    SIGNALS.into_iter().filter(|(name, _)| !(is_hup_ignored && *name == "HUP")).collect()
}

/// Settings that make a run of `smoke` take a fraction of a second.
const SMALL: &[&str] =
    &["training.steps=12", "probe.labels=[50]", "probe.test_rows=200", "measure.samples=32"];
/// A run whose probes alone take minutes.
const LONG_PROBES: &[&str] =
    &["training.steps=3", "probe.labels=[5000]", "probe.targets=300", "measure.samples=32", "--no-report"];

/// The program at work.
struct Working {
    child: Child,
    told: BufReader<ChildStderr>,
    /// What it has said so far.
    said: String,
}

impl Working {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin("featurescope"))
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stderr.take().unwrap());
        Self { child, told, said: String::new() }
    }

    /// Reads on until it says `words`.
    fn wait_for(&mut self, words: &str) {
        loop {
            let mut line = String::new();
            let length = self.told.read_line(&mut line).unwrap();
            self.said.push_str(&line);
            assert!(length > 0, "it ended without `{words}`:\n{}", self.said);
            if line.contains(words) {
                return;
            }
        }
    }

    fn send(&self, signal: &str) {
        let kill = Command::new("kill").args(["-s", signal, &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// What it said until its end, and how it ended.
    fn end(mut self) -> (String, ExitStatus) {
        loop {
            let mut line = String::new();
            if self.told.read_line(&mut line).unwrap() == 0 {
                return (self.said, self.child.wait().unwrap());
            }
            self.said.push_str(&line);
        }
    }
}

/// Starts, waits for `stretch`, sends `signal`, and expects an answer with `name` and `answer`, and exit code
/// 130.
fn stopped(folder: &Path, arguments: &[&str], stretch: &str, signal: (&str, &str), answer: &str) -> String {
    let mut working = Working::start(folder, arguments);
    working.wait_for(stretch);
    working.send(signal.0);
    let (said, status) = working.end();
    assert_eq!(status.code(), Some(130), "{arguments:?}, {signal:?}: {said}");
    let is_answered = said.lines().any(|line| line.contains(signal.1) && line.contains(answer));
    assert!(is_answered, "{arguments:?}, {signal:?}, no `{answer}`: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

fn status_of(run: &Path) -> String {
    let text = fs::read_to_string(run.join("summary.json")).unwrap();
    serde_json::from_str::<serde_json::Value>(&text).unwrap()["status"].as_str().unwrap().to_owned()
}

#[test]
fn every_signal_saves_a_run_in_training() {
    let folder = tempfile::tempdir().unwrap();
    for signal in audible() {
        let run = folder.path().join(signal.0);
        let begin = ["run", "smoke", "training.steps=100000000", "probe.labels=[]", "--out", signal.0];
        // Whether the first arm has begun by then decides what it says: that the run goes on, or that the arm
        // is saved.
        let said = stopped(folder.path(), &begin, "smoke: 2 arms", signal, signal.1);
        assert!(said.contains(&format!("interrupted; `featurescope resume {}` goes on", signal.0)), "{said}");
        assert_eq!(status_of(&run), "interrupted");
        assert!(!run.join("report.html").exists(), "who asks for an end does not wait for a report");
        // It was heard between two steps, or before the first.
        let mut again = Working::start(folder.path(), &["resume", signal.0]);
        again.wait_for("smoke: 2 arms");
        let arm = run.join("arms/random_mask");
        let deadline = Instant::now() + Duration::from_secs(60);
        while !arm.join("records.journal").exists() && !arm.join("resume.state").exists() {
            assert!(Instant::now() < deadline, "the first arm does not begin");
            std::thread::sleep(Duration::from_millis(5));
        }
        again.send(signal.0);
        let (said, status) = again.end();
        assert_eq!(status.code(), Some(130), "{said}");
        assert!(run.join("arms/random_mask/resume.state").is_file(), "{said}");
    }
}

#[test]
fn probes_and_yardsticks_are_given_up_at_once_and_training_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("a");
    let begin = [&["run", "smoke", "--out", "a"], LONG_PROBES].concat();
    stopped(folder.path(), &begin, "linear probes on its features", SIGNALS[3], "the probes of random_mask");
    assert_eq!(status_of(&run), "interrupted");
    assert!(run.join("arms/random_mask/checkpoint-final.safetensors").is_file());
    assert!(!run.join("arms/random_mask/probes.json").exists());
    let resume = ["resume", "a", "--no-report"];
    let said = stopped(folder.path(), &resume, "linear probes on its features", SIGNALS[1], "the probes of");
    assert!(said.contains("random_mask: goes on after 3 steps"), "it is not trained again: {said}");

    // Without arms to probe, the yardsticks are what takes time.
    let spec = fs::read_to_string(run.join("spec.toml")).unwrap();
    fs::write(folder.path().join("spec.toml"), spec).unwrap();
    let run = folder.path().join("b");
    let wild = ["run", "spec.toml", "--out", "b", "--no-report", "training.learning_rate=1e9"];
    let wild = [&wild[..], &["training.weight_decay=0"]].concat();
    let said = stopped(folder.path(), &wild, "yardsticks: linear probes", SIGNALS[4], "the yardsticks");
    assert!(said.contains("diverged"), "{said}");
    assert_eq!(status_of(&run), "interrupted");
    stopped(folder.path(), &["resume", "b"], "yardsticks: linear probes", SIGNALS[0], "the yardsticks");
}

#[test]
fn reports_end_at_once_and_leave_the_results() {
    let folder = tempfile::tempdir().unwrap();
    let begin = [&["run", "smoke", "--out", "a"], SMALL].concat();
    stopped(
        folder.path(),
        &begin,
        "drawing the report",
        SIGNALS[0],
        "`featurescope report a` makes their report",
    );
    assert_eq!(status_of(&folder.path().join("a")), "finished");
    let second = [&["run", "smoke", "--out", "b", "--no-report", "seed=2"], SMALL].concat();
    let (said, status) = Working::start(folder.path(), &second).end();
    assert!(status.success(), "{said}");
    fs::write(folder.path().join("x.csv"), "").unwrap();
    let activations = "a/arms/random_mask/representation.safetensors";
    let cases: [(&[&str], &str, &str); 5] = [
        (&["report", "a"], "reading and judging", "the runs are as they were"),
        (&["judge", "a", "b"], "judging 2 runs", "judging changes nothing"),
        (&["explain", "Theorem 3.2 (i)", "--runs", "a", "b"], "judging 2 runs", "judging changes nothing"),
        (&["compare", "a", "b"], "reading and comparing", "the comparison is not complete"),
        (&["diagnose", activations, "--array", "features"], "reading ", "the report is not complete"),
    ];
    let signals = audible();
    for (number, (arguments, stretch, answer)) in cases.into_iter().enumerate() {
        stopped(folder.path(), arguments, stretch, signals[number % signals.len()], answer);
    }
    // What was stopped in the middle is made by the same command.
    let (said, status) = Working::start(folder.path(), &["report", "a"]).end();
    assert!(status.success() && folder.path().join("a/report.html").is_file(), "{said}");
    let leftovers = |folder: &Path| {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|end| end == "tmp")).count()
    };
    assert_eq!(leftovers(&folder.path().join("a")) + leftovers(&folder.path().join("a/figures")), 0);
}

#[test]
fn sweeps_are_saved_while_they_run_and_end_with_the_code_of_an_interruption_in_their_report() {
    let folder = tempfile::tempdir().unwrap();
    let long = ["run", "smoke", "seed=[1,2]", "training.steps=100000000", "probe.labels=[]", "--out", "long"];
    let said =
        stopped(folder.path(), &long, "smoke: 2 runs", SIGNALS[3], "every run that is being made is saved");
    assert!(said.contains("interrupted; `featurescope resume long` goes on"), "{said}");
    let small = [&["run", "smoke", "seed=[1,2]", "--out", "small"], SMALL].concat();
    for (signal, stretch) in [(SIGNALS[0], "judging 2 runs"), (SIGNALS[4], "drawing the report")] {
        stopped(folder.path(), &small, stretch, signal, "the runs are complete");
    }
    let (said, status) = Working::start(folder.path(), &small).end();
    assert!(status.success() && said.contains("2 of 2 runs are there already"), "{said}");
}

/// Schedulers may send a signal twice; a person who types Ctrl-C twice does not want to wait.
#[test]
fn only_a_second_ctrl_c_ends_without_saving() {
    let folder = tempfile::tempdir().unwrap();
    let begin = [&["run", "smoke", "--out", "a"], LONG_PROBES].concat();
    let mut working = Working::start(folder.path(), &begin);
    working.wait_for("linear probes on its features");
    for signal in ["USR1", "USR1", "TERM"] {
        working.send(signal);
    }
    let (said, status) = working.end();
    assert_eq!((status.code(), status_of(&folder.path().join("a")).as_str()), (Some(130), "interrupted"));
    assert!(said.contains("stopping after SIGUSR1"), "{said}");
}

/// `nohup` has a program outlive its terminal.
#[test]
fn a_hang_up_that_is_ignored_stays_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let program = assert_cmd::cargo::cargo_bin("featurescope");
    let script = format!("trap '' HUP; exec '{}' run smoke --out a {}", program.display(), SMALL.join(" "));
    let mut child = Command::new("sh")
        .args(["-c", &script, "sh"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let told = BufReader::new(child.stderr.take().unwrap());
    let mut working = Working { child, told, said: String::new() };
    working.wait_for("smoke: 2 arms");
    working.send("HUP");
    let (said, status) = working.end();
    assert!(status.success(), "{said}");
}
