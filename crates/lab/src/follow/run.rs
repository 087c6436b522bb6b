//! A run as its folder shows it.

use super::arm::Arm;
use super::places::Found;
use super::stamp::{Stamp, is_own_folder};
use super::view::{Detail, RunView, Standing};
use crate::host::Host;
use crate::run::{MANIFEST_FILE, SPEC_FILE, StoredManifest};
use crate::spec::{Layer, Spec};
use crate::status::Status;
use crate::store::{StoreError, lock_owner};
use crate::sweep::{LeaseState, runs_here};
use std::fs;
use std::path::Path;

/// The largest `spec.toml` and `manifest.json` that are read, in bytes.
const LARGEST_TEXT: u64 = 16 << 20;

/// A run that is followed.
#[derive(Debug)]
pub struct Run {
    found: Found,
    spec: Stamp,
    manifest_stamp: Stamp,
    manifest: Option<StoredManifest>,
    latent_dim: Option<u64>,
    /// Names and planned steps of the arms, in the order of the settings; empty where those cannot be read.
    planned: Vec<(String, u64)>,
    arms: Vec<Arm>,
    problem: Option<String>,
}

impl Run {
    /// A run of which nothing was read yet.
    pub fn new(found: &Found) -> Self {
        Self {
            found: without_folder(found),
            spec: Stamp::default(),
            manifest_stamp: Stamp::default(),
            manifest: None,
            latent_dim: None,
            planned: Vec::new(),
            arms: Vec::new(),
            problem: None,
        }
    }

    /// What is found of it once its folder is gone.
    pub fn without_folder(&self) -> Found {
        without_folder(&self.found)
    }

    /// Reads what has changed.
    pub fn look(&mut self, found: Found) {
        if found.folder != self.found.folder {
            *self = Self::new(&found);
        }
        self.found = found;
        if let Some(folder) = self.found.folder.clone() {
            self.problem = self.read(&folder).err().map(|error| error.to_string());
        }
    }

    fn read(&mut self, folder: &Path) -> Result<(), StoreError> {
        self.read_settings(folder);
        let read_manifest = self.read_manifest(folder);
        self.list_arms(&folder.join("arms"));
        let ends = self.manifest.as_ref().map(|manifest| &manifest.arms);
        for arm in &mut self.arms {
            arm.look(ends.and_then(|ends| ends.get(&arm.name)));
        }
        read_manifest
    }

    /// Settings that this program cannot read, as those of a run on pictures, leave the planned steps open.
    fn read_settings(&mut self, folder: &Path) {
        let path = folder.join(SPEC_FILE);
        let stamp = Stamp::of(&path);
        if stamp == self.spec || stamp.length() > LARGEST_TEXT {
            return;
        }
        // Another run has taken the folder, or the first.
        let before = std::mem::replace(self, Self::new(&self.found));
        (self.found, self.spec) = (before.found, stamp);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let layer = Layer::parse(&text, SPEC_FILE, folder);
        if let Ok(spec) = layer.and_then(|layer| Spec::from_layers(&[layer])) {
            self.planned = spec.arms.iter().map(|(name, arm)| (name.clone(), arm.training.steps)).collect();
        }
        let data = text.parse::<toml::Table>().ok().and_then(|table| table.get("data")?.as_table().cloned());
        let latent_dim = data.and_then(|data| data.get("latent_dim")?.as_integer());
        self.latent_dim = latent_dim.and_then(|dim| u64::try_from(dim).ok());
    }

    fn read_manifest(&mut self, folder: &Path) -> Result<(), StoreError> {
        let path = folder.join(MANIFEST_FILE);
        let stamp = Stamp::of(&path);
        if stamp == self.manifest_stamp && self.problem.is_none() {
            return Ok(());
        }
        if stamp.length() > LARGEST_TEXT {
            return Err(StoreError::content(&path, format!("it has more than {LARGEST_TEXT} bytes")));
        }
        self.manifest = if stamp.is_there() { StoredManifest::read(folder)? } else { None };
        self.manifest_stamp = stamp;
        Ok(())
    }

    /// Adds arms that are planned, and those whose folders are there.
    fn list_arms(&mut self, folder: &Path) {
        let mut names: Vec<(String, Option<u64>)> =
            self.planned.iter().map(|(name, steps)| (name.clone(), Some(*steps))).collect();
        if names.is_empty() {
            let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
            let folders = entries.filter(|entry| is_own_folder(&entry.path()));
            names.extend(folders.filter_map(|entry| Some((entry.file_name().to_str()?.to_owned(), None))));
            names.sort();
        }
        for (name, steps) in names {
            if !self.arms.iter().any(|arm| arm.name == name) {
                self.arms.push(Arm::new(&name, steps, &folder.join(&name)));
            }
        }
    }

    fn standing(&self) -> Standing {
        if self.found.problem.is_some() {
            return Standing::Failed;
        }
        if self.problem.is_some() {
            return Standing::Unreadable;
        }
        let told = match self.manifest.as_ref().map(|manifest| manifest.status) {
            Some(Status::Finished) => return Standing::Finished,
            Some(Status::Diverged) => return Standing::Diverged,
            Some(Status::Interrupted) => Standing::Interrupted,
            Some(Status::Running | Status::Planned) => Standing::Running,
            None => Standing::Planned,
        };
        match &self.found.lease {
            Some(lease) => match lease.state {
                LeaseState::Held if self.found.is_left => Standing::Stopped,
                LeaseState::Held => Standing::Running,
                LeaseState::Left => Standing::Interrupted,
                LeaseState::Failed { .. } => Standing::Failed,
                LeaseState::Done => told,
            },
            None if told == Standing::Running && self.is_left() => Standing::Stopped,
            None => told,
        }
    }

    /// Whether nobody works in the folder, as far as this machine can tell.
    fn is_left(&self) -> bool {
        let Some(folder) = &self.found.folder else { return false };
        let theirs = self.manifest.as_ref().and_then(|manifest| manifest.host.name.as_deref());
        if theirs.is_none() || theirs != Host::current().name.as_deref() {
            return false;
        }
        // A process that ended in good order leaves an empty lock.
        lock_owner(folder).is_none_or(|number| runs_here(number) == Some(false))
    }

    /// Training time that the arms still need. An arm without a pace of its own is given the mean of the others.
    fn seconds_left(&self, standing: Standing) -> Option<f64> {
        if standing.has_ended() {
            return Some(0.0);
        }
        let paces: Vec<f64> = self.arms.iter().filter_map(Arm::pace).collect();
        if paces.is_empty() {
            return None;
        }
        let mean = paces.iter().sum::<f64>() / paces.len() as f64;
        let left = |arm: &Arm| Some(arm.steps_left()? as f64 * arm.pace().unwrap_or(mean));
        self.arms.iter().map(left).sum()
    }

    /// The run at a glance.
    pub fn view(&self) -> RunView {
        let standing = self.standing();
        let manifest = self.manifest_stamp.unix_seconds();
        RunView {
            name: self.found.name.clone(),
            point: self.found.point.clone(),
            standing,
            times_resumed: self.manifest.as_ref().map_or(0, |manifest| manifest.times_resumed),
            seconds_left: self.seconds_left(standing),
            changed_unix_seconds: self.arms.iter().map(Arm::changed).fold(manifest, Option::max),
            problem: self.found.problem.clone().or_else(|| self.problem.clone()),
            arms: self.arms.iter().map(|arm| arm.view(standing)).collect(),
        }
    }

    /// The run in full.
    pub fn detail(&self) -> Detail {
        let arms = self.arms.iter().map(Arm::detail).collect();
        Detail { name: self.found.name.clone(), latent_dim: self.latent_dim, arms }
    }
}

fn without_folder(found: &Found) -> Found {
    Found {
        name: found.name.clone(),
        point: found.point.clone(),
        folder: None,
        lease: None,
        is_left: false,
        problem: None,
    }
}
