//! Layers of TOML: later ones win, tables are merged key by key.
//!
//! A setting that nothing uses is an error in the layer that typed it. One of an earlier layer that a later
//! layer made useless is dropped: a person who replaces crops by masks need not know that the crops had a
//! strength.

use super::usage::{refuse_unused, remove_unused, require_complete};
use super::{Settings, SettingsError};
use std::path::Path;
use toml::{Table, Value};

/// The one setting that is a text: it is taken as it was typed, even where TOML would read a date or a
/// number.
const PATH: &str = "data.path";

/// Settings typed in one place: a file, or all arguments of a command line together.
#[derive(Clone, Debug)]
pub struct Layer(Table);

impl Layer {
    /// Reads a spec in TOML; a relative `data.path` in it starts at `folder`.
    ///
    /// # Errors
    /// If it is no TOML.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, SettingsError> {
        let table = text.parse().map_err(|e: toml::de::Error| SettingsError::Syntax(e.to_string()))?;
        Ok(Self(table).with_paths_from(folder))
    }

    /// Reads `key.path=value` arguments, and where pictures are, if that was typed apart from them. Relative
    /// paths start at the working directory.
    ///
    /// # Errors
    /// If an argument is no `key=value`, or a setting is given twice.
    pub fn overrides(arguments: &[String], pictures: Option<&Path>) -> Result<Self, SettingsError> {
        let mut whole = Table::new();
        for text in arguments {
            join(&mut whole, parsed(text)?, "")?;
        }
        if let Some(path) = pictures {
            let path = Value::from(path.display().to_string());
            let data = Table::from_iter([("path".to_owned(), path)]);
            join(&mut whole, Table::from_iter([("data".to_owned(), Value::Table(data))]), "")?;
        }
        Ok(Self(whole).with_paths_from(Path::new("")))
    }

    /// The path as seen from anywhere, so that stored settings still find their pictures.
    fn with_paths_from(mut self, folder: &Path) -> Self {
        let data = self.0.get_mut("data").and_then(Value::as_table_mut);
        if let Some(Value::String(path)) = data.and_then(|data| data.get_mut("path")) {
            let joined = folder.join(path.as_str());
            *path = std::path::absolute(&joined).unwrap_or(joined).display().to_string();
        }
        self
    }
}

impl Settings {
    /// Reads specs in TOML laid over each other and `key=value` arguments over them; paths start at the
    /// working directory.
    ///
    /// # Errors
    /// Those of [`Settings::from_layers`].
    pub fn from_texts(specs: &[&str], overrides: &[String]) -> Result<Self, SettingsError> {
        let specs = specs.iter().map(|spec| Layer::parse(spec, Path::new("")));
        let layers = specs.chain([Layer::overrides(overrides, None)]).collect::<Result<Vec<_>, _>>()?;
        Self::from_layers(&layers)
    }

    /// Reads `layers` laid over each other, the first one lowest.
    ///
    /// # Errors
    /// If a key is not known, not used or missing, or a value is out of its range.
    pub fn from_layers(layers: &[Layer]) -> Result<Self, SettingsError> {
        let mut whole = Table::new();
        for Layer(table) in layers {
            merge(&mut whole, table.clone());
            refuse_unused(&whole, table)?;
        }
        remove_unused(&mut whole);
        require_complete(&whole)?;
        let settings: Self =
            whole.try_into().map_err(|error: toml::de::Error| SettingsError::Reading(error.to_string()))?;
        settings.check()?;
        Ok(settings)
    }
}

/// `a.b=1` as the table that TOML makes of it. What is no TOML value is taken as a word.
fn parsed(text: &str) -> Result<Table, SettingsError> {
    let unusable = || SettingsError::Override(text.to_owned());
    let (key, value) = text.split_once('=').ok_or_else(unusable)?;
    let (key, value) = (key.trim(), value.trim());
    let line = |value: &str| format!("{key} = {value}").parse::<Table>();
    let is_quoted = value.starts_with(['"', '\'']);
    let word = || line(&Value::from(value).to_string());
    let read = if key == PATH && !is_quoted { word() } else { line(value).or_else(|_| word()) };
    read.map_err(|_| unusable())
}

/// Adds what another argument of the same command line says: no setting may be given twice, since neither
/// comes later.
fn join(whole: &mut Table, more: Table, place: &str) -> Result<(), SettingsError> {
    for (key, value) in more {
        let name = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
        match (whole.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => join(old, new, &name)?,
            (Some(old), new) => {
                return Err(SettingsError::Twice {
                    setting: name,
                    first: old.to_string(),
                    second: new.to_string(),
                });
            }
            (None, value) => {
                whole.insert(key, value);
            }
        }
    }
    Ok(())
}

/// Lays `over` over `under`. A table with another `kind` replaces: its keys are others.
fn merge(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) if !names_another_kind(old, &new) => merge(old, new),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

fn names_another_kind(old: &Table, new: &Table) -> bool {
    new.get("kind").is_some_and(|kind| old.get("kind") != Some(kind))
}
