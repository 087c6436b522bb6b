//! `featurescope compare`: two stored runs side by side.

use crate::args::CompareArguments;
use crate::exit::Exit;
use crate::progress::Activity;
use crate::{interrupt, output};
use anyhow::{Result, ensure};
use featurescope_lab::report::{StoredRun, comparison, run_folders, write_with};

/// Writes the comparison and prints where it is.
pub fn compare(arguments: &CompareArguments) -> Result<Exit> {
    let folders = run_folders(&[arguments.left.clone(), arguments.right.clone()])?;
    ensure!(
        folders.len() == 2,
        "compare puts two runs side by side, but these folders hold {}; name two of them",
        folders.len()
    );
    interrupt::may_end(
        "the runs are as they were; the comparison is not complete, the same command makes it",
    );
    let activity = Activity::start(false, "reading and comparing two runs");
    let (left, right) = (StoredRun::open(&folders[0])?, StoredRun::open(&folders[1])?);
    let path = write_with(&comparison::of_two(&left, &right), &arguments.out, arguments.data.asked_for())?;
    drop(activity);
    output::print(&format!("{}\n", path.display()))?;
    Ok(Exit::Success)
}
