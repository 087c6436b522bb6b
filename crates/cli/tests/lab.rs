//! `featurescope lab` as a browser meets it: a page on the loopback address, and nothing else.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use assert_cmd::cargo::cargo_bin;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The program, serving; it ends with the test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // A child of this test; one that has gone already is no problem.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn page(folder: &Path) {
    fs::create_dir_all(folder.join("page/assets")).unwrap();
    fs::write(folder.join("page/index.html"), "<title>lab</title>").unwrap();
    fs::write(folder.join("page/assets/a.js"), "1").unwrap();
    fs::write(folder.join("secret"), "secret").unwrap();
}

#[test]
fn a_page_is_served_on_this_machine_alone() {
    let folder = tempfile::tempdir().unwrap();
    page(folder.path());
    let mut program = Command::new(cargo_bin("featurescope"))
        .args(["lab", "--no-open", "--page", "page"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let _serving = Serving(program);
    let address = line.trim().strip_prefix("the lab is at http://").unwrap().trim_end_matches('/').to_owned();
    assert!(address.starts_with("127.0.0.1:"), "{address}");

    let ask = |path: &str, host: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(ask("/", &address).ends_with("<title>lab</title>"));
    assert!(ask("/assets/a.js", &address).contains("Content-Type: text/javascript"));
    for path in ["/../secret", "/assets/../../secret", "/..%2fsecret", "//secret", "/page/index.html"] {
        let answer = ask(path, &address);
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
    assert!(ask("/", "example.org").starts_with("HTTP/1.1 403 "));
    // A request that does not end is not read to its end, and the next one is answered.
    let mut stream = TcpStream::connect(&address).unwrap();
    let (piece, mut sent) = (vec![b'x'; 1 << 16], 0);
    while sent < 64 << 20 && stream.write_all(&piece).is_ok() {
        sent += piece.len();
    }
    assert!(sent < 64 << 20, "{sent} bytes of a request were taken");
    assert!(ask("/", &address).ends_with("<title>lab</title>"));
}

#[test]
fn a_folder_without_a_page_says_how_to_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(cargo_bin("featurescope"))
        .args(["lab", "--no-open"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("npm run build") && said.contains("--page"), "{said}");
}
