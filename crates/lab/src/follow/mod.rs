//! Runs that are being made, here or by other processes, as they stand: what a page or a terminal that watches
//! them shows.
//!
//! ```text
//! folders ─▶ places: the runs in them ─▶ Run: manifest, settings, lease ─▶ Arm: journal or table ─▶ RunView
//! ```
//!
//! Nothing is written and nothing is locked, so no run notices that it is watched. Every look reads what has
//! changed since the last one. A file that cannot be read is a problem of its run and hides no other run.

mod arm;
mod course;
mod places;
mod run;
mod stamp;
mod view;

pub use view::{ArmDetail, ArmView, Course, Detail, Figure, NeuronsNow, RunView, Standing};

use places::{Found, Place};
use run::Run;
use std::collections::HashMap;
use std::path::PathBuf;

/// Folders that cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// There is no such folder.
    #[error("{} is no folder: expected a run directory, a sweep, or a folder that holds some", .0.display())]
    NoFolder(PathBuf),
}

/// The runs in some folders. Their order is that in which they were found, and stays.
#[derive(Debug)]
pub struct Follower {
    places: Vec<Place>,
    runs: Vec<Run>,
    /// Place of a run in `runs`, by its name.
    known: HashMap<String, usize>,
}

impl Follower {
    /// Follows the runs in `folders`: run directories, sweeps, and folders of these. Runs that come later are
    /// found later.
    ///
    /// # Errors
    /// If one is no folder.
    pub fn new(folders: &[PathBuf]) -> Result<Self, FollowError> {
        if let Some(other) = folders.iter().find(|folder| !folder.is_dir()) {
            return Err(FollowError::NoFolder(other.clone()));
        }
        let places = folders.iter().map(|folder| Place::new(folder)).collect();
        Ok(Self { places, runs: Vec::new(), known: HashMap::new() })
    }

    /// Looks at all runs and says how they stand.
    pub fn look(&mut self) -> Vec<RunView> {
        let mut found: HashMap<usize, Found> = HashMap::new();
        for run in self.places.iter_mut().flat_map(Place::look) {
            let next = self.runs.len();
            let at = *self.known.entry(run.name.clone()).or_insert(next);
            if at == next {
                self.runs.push(Run::new(&run));
            }
            found.insert(at, run);
        }
        for (at, run) in self.runs.iter_mut().enumerate() {
            let gone = || run.without_folder();
            let now = found.remove(&at).unwrap_or_else(gone);
            run.look(now);
        }
        self.runs.iter().map(Run::view).collect()
    }

    /// Everything that is known of the run at this place of the list, at its last look; `None` if there is none.
    pub fn detail(&self, run: usize) -> Option<Detail> {
        self.runs.get(run).map(Run::detail)
    }
}

#[cfg(test)]
mod tests;
