//! `featurescope lab`: the page in which learners train in the browser.

use crate::args::LabArguments;
use crate::exit::Exit;
use crate::serve::{Files, Server};
use crate::{interrupt, output};
use anyhow::{Context, Result};
use std::process::{Command, Stdio};

/// How the page is made in a clone.
const HOW: &str =
    "build the page with `npm ci` and `npm run build` in crates/web/page, or name its folder with --page";

/// Serves the page until the program is stopped.
pub fn lab(arguments: &LabArguments) -> Result<Exit> {
    let files = Files::read(&arguments.page).with_context(|| format!("the lab has no page: {HOW}"))?;
    let server = Server::listen(files, arguments.port)?;
    let address = server.address()?;
    output::print(&format!("the lab is at {address}\n"))?;
    output::note("Ctrl-C ends it");
    if !arguments.no_open {
        open(&address);
    }
    interrupt::may_end("");
    server.serve()?;
    Ok(Exit::Success)
}

/// Asks the system to show the address; whoever has no browser there has the address on the screen.
pub(super) fn open(address: &str) {
    let (program, before): (&str, &[&str]) = if cfg!(windows) {
        ("cmd", &["/C", "start", ""])
    } else if cfg!(target_os = "macos") {
        ("open", &[])
    } else {
        ("xdg-open", &[])
    };
    let quiet = || Stdio::null();
    let started = Command::new(program)
        .args(before)
        .arg(address)
        .stdin(quiet())
        .stdout(quiet())
        .stderr(quiet())
        .spawn();
    if started.is_err() {
        output::note("no browser could be started: open the address in one");
    }
}
