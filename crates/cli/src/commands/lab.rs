//! `featurescope lab`: the page in which learners train in the browser.

use crate::args::LabArguments;
use crate::exit::Exit;
use crate::serve::{Files, Server};
use crate::{bundle, interrupt, output};
use anyhow::{Context, Result};
use std::process::{Command, Stdio};

/// Serves the page until the program is stopped.
pub fn lab(arguments: &LabArguments) -> Result<Exit> {
    let files = match &arguments.page {
        Some(folder) => {
            Files::read(folder).context("--page should name a folder that `npm run build` made")?
        }
        None => bundle::files().context("the page in the program is damaged")?,
    };
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
