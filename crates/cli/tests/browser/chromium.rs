//! A headless Chromium, driven over its DevTools protocol: enough to open a page, ask it things and photograph it.

use base64::Engine;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// A slow machine that does many things at once may take this long to answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// A browser with one page.
pub struct Chromium {
    process: Child,
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    session: Option<String>,
    next_id: u64,
    /// What the page reported so far.
    pub events: Vec<Value>,
}

/// The browser on this machine, if there is one. `CHROMIUM` names another.
pub fn find() -> Option<String> {
    let named = std::env::var("CHROMIUM").ok();
    let candidates = named.into_iter().chain(NAMES.map(ToOwned::to_owned));
    candidates.into_iter().find(|name| {
        let asked = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    })
}

impl Chromium {
    /// Starts it with a fresh profile in `profile` and opens an empty page.
    pub fn start(program: &str, profile: &Path) -> Self {
        let mut process = Command::new(program)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"])
            .args(["--remote-debugging-port=0", "--window-size=1400,1000", "about:blank"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the browser starts");
        let mut lines = BufReader::new(process.stderr.take().expect("it is piped")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("DevTools listening on ").map(ToOwned::to_owned));
        // Whatever else it says is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let (socket, _) =
            tungstenite::connect(address.expect("it says where it listens")).expect("it can be reached");
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        }
        let mut browser = Self { process, socket, session: None, next_id: 0, events: Vec::new() };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach)["sessionId"].clone();
        browser.session = session.as_str().map(ToOwned::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Calls a method and waits for its answer; events that come meanwhile are kept.
    #[allow(clippy::needless_pass_by_value, reason = "callers write their parameters where they call")]
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.next_id += 1;
        let id = self.next_id;
        let mut request = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(request.to_string())).expect("the browser listens");
        loop {
            let message = self.socket.read().expect("the browser answers");
            let Message::Text(text) = message else { continue };
            let message: Value = serde_json::from_str(&text).expect("JSON");
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    /// The value of an expression in the page.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", parameters);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Opens a file and waits until `condition` holds in it.
    pub fn open(&mut self, path: &Path, condition: &str) {
        let url = format!("file://{}", path.canonicalize().expect("the file is there").display());
        self.call("Page.navigate", json!({ "url": url }));
        self.wait(condition);
    }

    /// Waits until an expression is true.
    pub fn wait(&mut self, condition: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.evaluate(&format!("Boolean({condition})")) != true {
            assert!(Instant::now() < deadline, "never true: {condition}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A photograph of the whole page as PNG.
    pub fn photograph(&mut self) -> Vec<u8> {
        let height = self.evaluate("document.documentElement.scrollHeight").as_f64().expect("a number");
        let clip = json!({ "x": 0, "y": 0, "width": 1400, "height": height, "scale": 1 });
        let parameters = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        decode(&self.call("Page.captureScreenshot", parameters)["data"])
    }

    /// The page as it prints.
    pub fn print(&mut self) -> Vec<u8> {
        decode(
            &self.call("Page.printToPDF", json!({ "preferCSSPageSize": true, "printBackground": true }))["data"],
        )
    }

    /// Everything that went wrong in the page: exceptions, errors on the console, failed requests.
    pub fn problems(&self) -> Vec<String> {
        let is_problem = |event: &&Value| match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => {
                ["error", "warning"].map(Value::from).contains(&event["params"]["type"])
            }
            Some("Log.entryAdded") => event["params"]["entry"]["level"] == "error",
            _ => false,
        };
        self.events.iter().filter(is_problem).map(ToString::to_string).collect()
    }

    /// What the page asked for over a network.
    pub fn requests(&self) -> Vec<String> {
        let asked = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        let urls = asked.filter_map(|event| event["params"]["request"]["url"].as_str());
        urls.filter(|url| !["file:", "data:", "about:"].iter().any(|local| url.starts_with(local)))
            .map(ToOwned::to_owned)
            .collect()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It is a child of this test; one that has gone already is no problem.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn decode(data: &Value) -> Vec<u8> {
    let text = data.as_str().expect("base64");
    base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
}
