//! What a server says beside its files: answers in JSON, and a stream of news.

use std::io::{self, Write};
use std::time::Duration;

/// The address of the news.
pub const EVENTS: &str = "/events";
/// How long a stream is silent at most: a page that hears nothing for longer knows that the program is gone.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// News of a page.
#[derive(Debug)]
pub struct News {
    /// Counts up with everything that is new.
    pub version: u64,
    /// What is new, as JSON on one line.
    pub json: String,
}

/// Says more than files do.
pub trait Live: Send + Sync {
    /// The answer to a request for `path`, as JSON; `None` if there is none.
    fn answer(&self, path: &str) -> Option<String>;

    /// What is new since version `seen`; 0 asks for everything. `None` if nothing came within `patience`.
    fn news(&self, seen: u64, patience: Duration) -> Option<News>;
}

/// Tells news as server-sent events until the reader goes away, which a heartbeat finds out.
pub fn tell(stream: &mut impl Write, live: &dyn Live) -> io::Result<()> {
    stream.write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\nCache-Control: no-store\r\n\
          X-Content-Type-Options: nosniff\r\n\r\nretry: 1000\n\n",
    )?;
    let mut seen = 0;
    loop {
        match live.news(seen, HEARTBEAT) {
            Some(News { version, json }) => {
                seen = version;
                write!(stream, "data: {json}\n\n")?;
            }
            None => stream.write_all(b"event: alive\ndata: 1\n\n")?,
        }
        stream.flush()?;
    }
}
