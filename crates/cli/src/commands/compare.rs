//! `featurescope compare`: two stored runs side by side.

use crate::args::CompareArguments;
use crate::exit::Exit;
use crate::output;
use anyhow::{Result, ensure};
use featurescope_lab::report::{StoredRun, comparison, run_folders, write};

/// Writes the comparison and prints where it is.
pub fn compare(arguments: &CompareArguments) -> Result<Exit> {
    let folders = run_folders(&[arguments.left.clone(), arguments.right.clone()])?;
    ensure!(
        folders.len() == 2,
        "compare puts two runs side by side, but these folders hold {}; name two of them",
        folders.len()
    );
    let (left, right) = (StoredRun::open(&folders[0])?, StoredRun::open(&folders[1])?);
    let path = write(&comparison::of_two(&left, &right), &arguments.out)?;
    output::print(&format!("{}\n", path.display()))?;
    Ok(Exit::Success)
}
