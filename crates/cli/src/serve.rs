//! A page, served to browsers of this machine.
//!
//! The files are read once, before anybody is listened to. A request picks one of them by its exact name, so no
//! request reaches anything else on the disk. Only requests for 127.0.0.1 and localhost are answered: a page of
//! another site cannot read what is served by giving its own name this address. A request that a page of
//! another site makes names its origin, and is refused as well.

mod live;

pub use live::{Live, News};

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
/// Connections that wait for news at a time: they last, and leave room for requests.
const MOST_STREAMS: usize = 16;
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
    files: Files,
    live: Option<Arc<dyn Live>>,
}

/// What every request is answered from.
struct Shared {
    files: Files,
    live: Option<Arc<dyn Live>>,
    port: u16,
    requests: AtomicUsize,
    streams: AtomicUsize,
}

impl Server {
    /// Listens on the loopback address. Port 0 is any that is free.
    ///
    /// # Errors
    /// If the port is taken.
    pub fn listen(files: Files, port: u16) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
        Ok(Self { listener, files, live: None })
    }

    /// The same, where `live` answers what no file does, and tells news.
    #[must_use]
    pub fn telling(self, live: Arc<dyn Live>) -> Self {
        Self { live: Some(live), ..self }
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
    pub fn serve(self) -> Result<()> {
        let port = self.listener.local_addr().context("cannot tell the port")?.port();
        let (requests, streams) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let shared = Arc::new(Shared { files: self.files, live: self.live, port, requests, streams });
        // A connection that breaks is the browser's business.
        for stream in self.listener.incoming().flatten() {
            let Some(place) = Place::take(&shared, |shared| &shared.requests, MOST_REQUESTS) else {
                continue;
            };
            let answer = move || {
                let _gone = converse(stream, &place.shared);
            };
            std::thread::Builder::new().name("request".to_owned()).spawn(answer).context("no thread")?;
        }
        Ok(())
    }
}

/// One of a limited number of places, given back when it is dropped.
struct Place {
    shared: Arc<Shared>,
    counter: fn(&Shared) -> &AtomicUsize,
}

impl Place {
    /// A place, unless all are taken.
    fn take(shared: &Arc<Shared>, counter: fn(&Shared) -> &AtomicUsize, most: usize) -> Option<Self> {
        let place = Self { shared: Arc::clone(shared), counter };
        let taken = counter(shared).fetch_add(1, Ordering::SeqCst);
        (taken < most).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        (self.counter)(&self.shared).fetch_sub(1, Ordering::SeqCst);
    }
}

/// What a request says of itself.
#[derive(Debug, Default)]
struct Request {
    /// Its first line.
    first: String,
    /// Whom it is for.
    host: Option<String>,
    /// The site whose page makes it, where a browser says so.
    origin: Option<String>,
}

impl Request {
    fn read(stream: &TcpStream) -> std::io::Result<Self> {
        let mut lines = BufReader::new(stream.try_clone()?.take(LARGEST_REQUEST)).lines();
        let mut request = Self { first: lines.next().transpose()?.unwrap_or_default(), ..Self::default() };
        for line in lines {
            let line = line?;
            if line.is_empty() {
                break;
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = || Some(value.trim().to_owned());
            if name.eq_ignore_ascii_case("host") {
                request.host = value();
            } else if name.eq_ignore_ascii_case("origin") {
                request.origin = value();
            }
        }
        Ok(request)
    }

    fn is_head(&self) -> bool {
        self.first.starts_with("HEAD ")
    }

    /// The path that it asks for, or the status of its refusal.
    fn path(&self, port: u16) -> Result<&str, &'static str> {
        let mut words = self.first.split(' ');
        let (Some(method), Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err("400 Bad Request");
        };
        let ours = ["127.0.0.1", "localhost"].map(|name| format!("{name}:{port}"));
        let is_for_us = self.host.as_ref().is_some_and(|host| ours.contains(host));
        let is_from_us = |origin: &str| {
            origin.strip_prefix("http://").is_some_and(|site| ours.iter().any(|own| own == site))
        };
        if !is_for_us || !self.origin.as_deref().is_none_or(is_from_us) {
            return Err("403 Forbidden");
        }
        if !["GET", "HEAD"].contains(&method) {
            return Err("405 Method Not Allowed");
        }
        Ok(target.split(['?', '#']).next().unwrap_or_default())
    }
}

/// Reads one request and answers it.
fn converse(mut stream: TcpStream, shared: &Arc<Shared>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = Request::read(&stream)?;
    let path = match request.path(shared.port) {
        Ok(path) => path,
        Err(status) => return respond(&mut stream, &request, status, None),
    };
    if let Some(File { kind, content }) = shared.files.find(path) {
        return respond(&mut stream, &request, "200 OK", Some((kind, content)));
    }
    let Some(live) = &shared.live else { return respond(&mut stream, &request, "404 Not Found", None) };
    if path == live::EVENTS && !request.is_head() {
        let Some(_place) = Place::take(shared, |shared| &shared.streams, MOST_STREAMS) else {
            return respond(&mut stream, &request, "503 Service Unavailable", None);
        };
        return live::tell(&mut stream, live.as_ref());
    }
    match live.answer(path) {
        Some(json) => respond(&mut stream, &request, "200 OK", Some(("application/json", json.as_bytes()))),
        None => respond(&mut stream, &request, "404 Not Found", None),
    }
}

/// Sends the head of an answer and, unless only the head was asked for, its content.
fn respond(
    stream: &mut TcpStream,
    request: &Request,
    status: &str,
    file: Option<(&str, &[u8])>,
) -> std::io::Result<()> {
    let (kind, content) = file.unwrap_or(("text/plain", &[]));
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\nContent-Security-Policy: {POLICY}\r\n\r\n",
        content.len()
    );
    stream.write_all(head.as_bytes())?;
    if !request.is_head() {
        stream.write_all(content)?;
    }
    stream.flush()
}

#[cfg(test)]
mod tests;
