//! A page in a folder, served to browsers of this machine.
//!
//! The files are read once, before anybody is listened to. A request picks one of them by its exact name, so no
//! request reaches anything else on the disk. Only requests for 127.0.0.1 and localhost are answered: a page of
//! another site cannot read what is served by giving its own name this address.

use anyhow::{Context, Result, bail};
use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Bytes of all files together.
const LARGEST_PAGE: u64 = 64 << 20;
/// Bytes of a request; those of a browser have about a thousand.
const LARGEST_REQUEST: u64 = 16 << 10;
/// Requests that are answered at a time; more are turned away.
const MOST_REQUESTS: usize = 64;
/// How long a browser may take over a request or an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the page may do: everything with its own files, nothing with anybody else's.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The files of a page, by the path of their address.
#[derive(Debug)]
pub struct Files(HashMap<String, File>);

#[derive(Debug)]
struct File {
    kind: &'static str,
    content: Vec<u8>,
}

impl Files {
    /// Reads every file below `folder`; links are left out.
    ///
    /// # Errors
    /// If the folder has no `index.html`, cannot be read, or is larger than a page.
    pub fn read(folder: &Path) -> Result<Self> {
        let (mut files, mut bytes) = (HashMap::new(), 0);
        read_below(folder, "/", &mut files, &mut bytes)?;
        if !files.contains_key("/index.html") {
            bail!("{} has no index.html", folder.display());
        }
        Ok(Self(files))
    }

    /// Files by their path in the page, `assets/engine.wasm` for instance.
    ///
    /// # Errors
    /// If there is no `index.html`.
    pub fn of(contents: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self> {
        let file = |(path, content): (String, Vec<u8>)| {
            let kind = media_type(Path::new(&path));
            (format!("/{path}"), File { kind, content })
        };
        let files: HashMap<String, File> = contents.into_iter().map(file).collect();
        if !files.contains_key("/index.html") {
            bail!("the page has no index.html");
        }
        Ok(Self(files))
    }

    /// The addresses of the files.
    #[cfg(test)]
    pub fn paths(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    fn find(&self, path: &str) -> Option<&File> {
        self.0.get(if path == "/" { "/index.html" } else { path })
    }
}

fn read_below(
    folder: &Path,
    address: &str,
    files: &mut HashMap<String, File>,
    bytes: &mut u64,
) -> Result<()> {
    let context = || format!("cannot read {}", folder.display());
    for entry in fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        let (kind, path) = (entry.file_type().with_context(context)?, entry.path());
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
        if kind.is_dir() {
            read_below(&path, &format!("{address}{name}/"), files, bytes)?;
        } else if kind.is_file() {
            *bytes += entry.metadata().with_context(context)?.len();
            if *bytes > LARGEST_PAGE {
                bail!("{} is no page: its files have more than {LARGEST_PAGE} bytes", folder.display());
            }
            let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.insert(format!("{address}{name}"), File { kind: media_type(&path), content });
        }
    }
    Ok(())
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

/// A page that is about to be served.
pub struct Server {
    listener: TcpListener,
    files: Arc<Files>,
}

impl Server {
    /// Listens on the loopback address. Port 0 is any that is free.
    ///
    /// # Errors
    /// If the port is taken.
    pub fn listen(files: Files, port: u16) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
        Ok(Self { listener, files: Arc::new(files) })
    }

    /// The address of the page.
    ///
    /// # Errors
    /// If the system does not tell the port.
    pub fn address(&self) -> Result<String> {
        Ok(format!("http://{}/", self.listener.local_addr().context("cannot tell the port")?))
    }

    /// Answers requests for as long as the program runs.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn serve(&self) -> Result<()> {
        let port = self.listener.local_addr().context("cannot tell the port")?.port();
        let open = Arc::new(AtomicUsize::new(0));
        // A connection that breaks is the browser's business.
        for stream in self.listener.incoming().flatten() {
            if open.fetch_add(1, Ordering::SeqCst) >= MOST_REQUESTS {
                open.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            let (files, open) = (Arc::clone(&self.files), Arc::clone(&open));
            let answer = move || {
                let _gone = converse(stream, &files, port);
                open.fetch_sub(1, Ordering::SeqCst);
            };
            std::thread::Builder::new().name("request".to_owned()).spawn(answer).context("no thread")?;
        }
        Ok(())
    }
}

/// Reads one request and answers it.
fn converse(mut stream: TcpStream, files: &Files, port: u16) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream.try_clone()?.take(LARGEST_REQUEST)).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut host = None;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("host")
        {
            host = Some(value.trim().to_owned());
        }
    }
    let (status, file) = answer(&first, host.as_deref(), files, port);
    let empty = File { kind: "text/plain", content: Vec::new() };
    let File { kind, content } = file.unwrap_or(&empty);
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\nContent-Security-Policy: {POLICY}\r\n\r\n",
        content.len()
    );
    stream.write_all(head.as_bytes())?;
    if !first.starts_with("HEAD ") {
        stream.write_all(content)?;
    }
    stream.flush()
}

/// The status and the file that a request gets, by its first line and the host that it names.
fn answer<'a>(
    first: &str,
    host: Option<&str>,
    files: &'a Files,
    port: u16,
) -> (&'static str, Option<&'a File>) {
    let mut words = first.split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return ("400 Bad Request", None);
    };
    let is_ours = ["127.0.0.1", "localhost"].map(|name| format!("{name}:{port}"));
    if !host.is_some_and(|host| is_ours.iter().any(|own| own == host)) {
        return ("403 Forbidden", None);
    }
    if !["GET", "HEAD"].contains(&method) {
        return ("405 Method Not Allowed", None);
    }
    let path = target.split(['?', '#']).next().unwrap_or_default();
    match files.find(path) {
        Some(file) => ("200 OK", Some(file)),
        None => ("404 Not Found", None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> (tempfile::TempDir, Files) {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("secret.txt"), "outside").unwrap();
        let page = root.path().join("page");
        fs::create_dir_all(page.join("assets")).unwrap();
        fs::write(page.join("index.html"), "<p>lab").unwrap();
        fs::write(page.join("assets/engine.wasm"), [0, 97, 115, 109]).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.path().join("secret.txt"), page.join("link.txt")).unwrap();
        let files = Files::read(&page).unwrap();
        (root, files)
    }

    #[test]
    fn a_request_gets_a_file_of_the_page_or_nothing() {
        let (_root, files) = page();
        let status = |first: &str| answer(first, Some("127.0.0.1:80"), &files, 80).0;
        let found = answer("GET / HTTP/1.1", Some("localhost:80"), &files, 80).1.unwrap();
        assert_eq!((found.kind, &found.content[..]), ("text/html; charset=utf-8", &b"<p>lab"[..]));
        let engine = answer("GET /assets/engine.wasm?x HTTP/1.1", Some("127.0.0.1:80"), &files, 80).1;
        assert_eq!(engine.unwrap().kind, "application/wasm");
        for path in [
            "/../secret.txt",
            "/assets/../../secret.txt",
            "/%2e%2e/secret.txt",
            "/assets",
            "/assets/",
            "/link.txt",
        ] {
            assert_eq!(status(&format!("GET {path} HTTP/1.1")), "404 Not Found", "{path}");
        }
        assert_eq!(status("POST / HTTP/1.1"), "405 Method Not Allowed");
        for line in ["", "GET", "GET /", "GET / HTTP/3", "GET / x HTTP/1.1"] {
            assert_eq!(status(line), "400 Bad Request", "{line}");
        }
    }

    #[test]
    fn another_host_is_refused() {
        let (_root, files) = page();
        for host in
            [None, Some("evil.example"), Some("evil.example:80"), Some("127.0.0.1"), Some("127.0.0.1:81")]
        {
            assert_eq!(answer("GET / HTTP/1.1", host, &files, 80).0, "403 Forbidden", "{host:?}");
        }
    }

    #[test]
    fn a_folder_without_a_page_is_refused() {
        let (root, _files) = page();
        assert!(Files::read(root.path()).unwrap_err().to_string().contains("no index.html"));
        assert!(Files::read(&root.path().join("nothing")).is_err());
    }

    #[test]
    fn a_page_is_served_over_a_socket() {
        let (_root, files) = page();
        let server = Server::listen(files, 0).unwrap();
        let address = server.address().unwrap();
        let host = address.trim_start_matches("http://").trim_end_matches('/').to_owned();
        std::thread::spawn(move || server.serve());
        let ask = |request: String| {
            let mut stream = TcpStream::connect(&host).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            text
        };
        let got = ask(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert!(got.starts_with("HTTP/1.1 200 OK\r\n") && got.ends_with("\r\n\r\n<p>lab"), "{got}");
        assert!(got.contains("Content-Security-Policy: default-src 'self'"));
        let head = ask(format!("HEAD / HTTP/1.1\r\nhost: {host}\r\n\r\n"));
        assert!(head.contains("Content-Length: 6\r\n") && head.ends_with("\r\n\r\n"), "{head}");
        assert!(ask("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned()).starts_with("HTTP/1.1 403"));
    }
}
