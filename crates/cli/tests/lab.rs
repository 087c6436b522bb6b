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

/// Serves in `folder`, and the address without its scheme.
fn serve(folder: &Path, arguments: &[&str]) -> (Serving, String) {
    let mut program = Command::new(cargo_bin("featurescope"))
        .args(["lab", "--no-open"])
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let serving = Serving(program);
    let address = line.trim().strip_prefix("the lab is at http://").unwrap().trim_end_matches('/').to_owned();
    (serving, address)
}

#[test]
fn a_page_is_served_on_this_machine_alone() {
    let folder = tempfile::tempdir().unwrap();
    page(folder.path());
    let (_serving, address) = serve(folder.path(), &["--page", "page"]);
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
fn without_a_folder_the_page_in_the_program_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let (_serving, address) = serve(folder.path(), &[]);
    let ask = |path: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    };
    let index = String::from_utf8(ask("/")).unwrap();
    assert!(
        index.starts_with("HTTP/1.1 200 ") && index.contains("<title>featurescope lab</title>"),
        "{index}"
    );
    // Every file that the page names is there.
    let names: Vec<&str> = index.split('"').filter(|part| part.starts_with("./assets/")).collect();
    assert!(names.len() >= 2, "{names:?}");
    for name in names {
        let answer = ask(name.trim_start_matches('.'));
        assert!(answer.starts_with(b"HTTP/1.1 200 "), "{name}");
    }
    let engine = ask("/assets/engine.wasm");
    let start = engine.windows(4).position(|part| part == b"\0asm").expect("a WebAssembly module");
    assert!(engine[..start].ends_with(b"\r\n\r\n") && engine.len() - start > 1_000_000);
}

#[test]
fn a_folder_without_a_page_says_how_to_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(cargo_bin("featurescope"))
        .args(["lab", "--no-open", "--page", "."])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("npm run build") && said.contains("--page"), "{said}");
}
