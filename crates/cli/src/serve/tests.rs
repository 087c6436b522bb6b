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

/// A request for port 80.
fn request(first: &str, host: Option<&str>, origin: Option<&str>) -> Request {
    Request {
        first: first.to_owned(),
        host: host.map(ToOwned::to_owned),
        origin: origin.map(ToOwned::to_owned),
    }
}

#[test]
fn a_path_is_a_file_of_the_page_or_nothing() {
    let (_root, files) = page();
    let index = files.find("/").unwrap();
    assert_eq!((index.kind, &index.content[..]), ("text/html; charset=utf-8", &b"<p>lab"[..]));
    assert_eq!(files.find("/assets/engine.wasm").unwrap().kind, "application/wasm");
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets",
        "/assets/",
        "/link.txt",
        "",
    ] {
        assert!(files.find(path).is_none(), "{path}");
    }
}

#[test]
fn a_request_is_understood_or_refused() {
    let path = |first: &str| request(first, Some("localhost:80"), None).path(80).map(ToOwned::to_owned);
    assert_eq!(path("GET /assets/engine.wasm?x HTTP/1.1").unwrap(), "/assets/engine.wasm");
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "get"] {
        assert_eq!(path(&format!("{method} / HTTP/1.1")), Err("405 Method Not Allowed"), "{method}");
    }
    for line in ["", "GET", "GET /", "GET / HTTP/3", "GET / x HTTP/1.1"] {
        assert_eq!(path(line), Err("400 Bad Request"), "{line}");
    }
}

#[test]
fn another_host_and_another_origin_are_refused() {
    let status = |host, origin| request("GET / HTTP/1.1", host, origin).path(80).err();
    for host in [None, Some("evil.example"), Some("evil.example:80"), Some("127.0.0.1"), Some("127.0.0.1:81")]
    {
        assert_eq!(status(host, None), Some("403 Forbidden"), "{host:?}");
    }
    for origin in ["http://evil.example", "null", "https://127.0.0.1:80", "http://127.0.0.1:81", ""] {
        assert_eq!(status(Some("127.0.0.1:80"), Some(origin)), Some("403 Forbidden"), "{origin}");
    }
    for origin in [None, Some("http://127.0.0.1:80"), Some("http://localhost:80")] {
        assert_eq!(status(Some("127.0.0.1:80"), origin), None, "{origin:?}");
    }
}

#[test]
fn a_folder_without_a_page_is_refused() {
    let (root, _files) = page();
    assert!(Files::read(root.path()).unwrap_err().to_string().contains("no index.html"));
    assert!(Files::read(&root.path().join("nothing")).is_err());
}

#[test]
fn files_of_the_program_are_a_page_if_there_is_an_index() {
    let content = |name: &str| (name.to_owned(), b"1".to_vec());
    let files = Files::of(["index.html", "assets/a.js"].map(content)).unwrap();
    assert_eq!(files.find("/assets/a.js").unwrap().kind, "text/javascript; charset=utf-8");
    assert!(Files::of(["a.js"].map(content)).unwrap_err().to_string().contains("no index.html"));
}

/// Sends a request and returns all of the answer.
fn ask(address: &str, first: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{first} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Serves and returns the address as a request names it.
fn serve(live: Option<Arc<dyn Live>>) -> String {
    let mut server = Server::listen(page().1, 0).unwrap();
    if let Some(live) = live {
        server = server.telling(live);
    }
    let host = server.address().unwrap().trim_start_matches("http://").trim_end_matches('/').to_owned();
    std::thread::spawn(move || server.serve());
    host
}

#[test]
fn a_page_is_served_over_a_socket() {
    let host = serve(None);
    let got = ask(&host, "GET /", &host);
    assert!(got.starts_with("HTTP/1.1 200 OK\r\n") && got.ends_with("\r\n\r\n<p>lab"), "{got}");
    assert!(got.contains("Content-Security-Policy: default-src 'self'"));
    let head = ask(&host, "HEAD /", &host);
    assert!(head.contains("Content-Length: 6\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(ask(&host, "GET /", "evil.example").starts_with("HTTP/1.1 403"));
    assert!(ask(&host, "GET /events", &host).starts_with("HTTP/1.1 404"), "a page alone has no news");
}

/// Has an answer for `/one`, and news at once and never again.
struct Short;

impl Live for Short {
    fn answer(&self, path: &str) -> Option<String> {
        (path == "/one").then(|| "1".to_owned())
    }

    fn news(&self, seen: u64, patience: Duration) -> Option<News> {
        if seen == 0 {
            return Some(News { version: 1, json: "{\"x\":1}".to_owned() });
        }
        std::thread::sleep(patience / 50);
        None
    }
}

#[test]
fn news_come_with_a_heartbeat_and_leave_room_for_requests() {
    let host = serve(Some(Arc::new(Short)));
    assert!(ask(&host, "GET /one", &host).ends_with("\r\n\r\n1"));
    assert!(ask(&host, "GET /two", &host).starts_with("HTTP/1.1 404"));
    assert!(ask(&host, "GET /events", "evil.example").starts_with("HTTP/1.1 403"));
    let listen = || {
        let mut stream = TcpStream::connect(&host).unwrap();
        write!(stream, "GET /events HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        BufReader::new(stream).lines().map(Result::unwrap)
    };
    let mut streams: Vec<_> = (0..MOST_STREAMS).map(|_| listen()).collect();
    for lines in &mut streams {
        assert_eq!(lines.next().unwrap(), "HTTP/1.1 200 OK");
        assert!(lines.any(|line| line == "data: {\"x\":1}"));
        assert!(lines.any(|line| line == "event: alive"));
    }
    assert!(listen().next().unwrap().starts_with("HTTP/1.1 503"), "one too many");
    assert!(ask(&host, "GET /", &host).starts_with("HTTP/1.1 200"));
    // Readers that go away give their places back.
    drop(streams);
    let is_free = || listen().next().unwrap().starts_with("HTTP/1.1 200");
    let deadline = std::time::Instant::now() + PATIENCE;
    while !is_free() {
        assert!(std::time::Instant::now() < deadline, "no place is given back");
        std::thread::sleep(Duration::from_millis(50));
    }
}
