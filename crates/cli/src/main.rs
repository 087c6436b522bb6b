//! The program `featurescope`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    featurescope::run(&arguments).into()
}
