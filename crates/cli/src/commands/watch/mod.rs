//! `featurescope watch`: runs that are being made, on a page or in the terminal. It reads, and no run notices.

mod board;
mod text;

use crate::args::{Manner, WatchArguments};
use crate::commands::lab::open;
use crate::exit::Exit;
use crate::serve::{Files, Server};
use crate::{interrupt, output};
use anyhow::{Context, Result};
use board::Board;
use featurescope_lab::follow::Follower;
use flate2::read::GzDecoder;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Time between two looks at the runs, at least.
const EVERY: Duration = Duration::from_secs(1);

/// The files of the page, each compressed: `npm run watch` in crates/web/page makes them.
const PAGE: [(&str, &[u8]); 3] = [
    ("index.html", include_bytes!("../../../assets/watch/index.html.gz")),
    ("watch.js", include_bytes!("../../../assets/watch/watch.js.gz")),
    ("watch.css", include_bytes!("../../../assets/watch/watch.css.gz")),
];

/// Watches until the program is stopped; in the terminal also until all runs have ended.
pub fn watch(arguments: &WatchArguments) -> Result<Exit> {
    let follower = Follower::new(&arguments.runs)?;
    interrupt::may_end("");
    if arguments.text {
        return text::follow(follower, arguments.once);
    }
    let server = server(follower, arguments.port)?;
    let address = server.address()?;
    output::print(&format!("the runs are at {address}\n"))?;
    output::note("Ctrl-C ends the page; no run notices");
    if !arguments.no_open {
        open(&address);
    }
    server.serve()?;
    Ok(Exit::Success)
}

/// Serves a page that follows the run or sweep in `path` for as long as this process runs, if that was asked for.
pub fn beside(path: &Path, manner: &Manner) -> Result<()> {
    if !manner.watch {
        return Ok(());
    }
    let server = server(Follower::new(&[PathBuf::from(path)])?, 0)?;
    output::note(&format!("the run can be watched at {}", server.address()?));
    let serve = move || {
        if let Err(error) = server.serve() {
            output::note(&format!("the page has ended, the run goes on: {error}"));
        }
    };
    std::thread::Builder::new().name("watch".to_owned()).spawn(serve).context("no thread")?;
    Ok(())
}

fn server(follower: Follower, port: u16) -> Result<Server> {
    let board = Arc::new(Board::new(follower));
    let server = Server::listen(page()?, port)?.telling(Arc::clone(&board) as _);
    let look = move || board.look_on();
    std::thread::Builder::new().name("look".to_owned()).spawn(look).context("no thread")?;
    Ok(server)
}

fn page() -> Result<Files> {
    let unpack = |(name, packed): (&str, &[u8])| {
        let mut content = Vec::new();
        let context = || format!("cannot unpack {name}");
        GzDecoder::new(packed).read_to_end(&mut content).with_context(context)?;
        Ok((name.to_owned(), content))
    };
    Files::of(PAGE.into_iter().map(unpack).collect::<Result<Vec<_>>>()?)
}
