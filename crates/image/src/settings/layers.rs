//! Layers of TOML: later ones win, tables are merged key by key.

use super::{Settings, SettingsError};
use toml::{Table, Value};

impl Settings {
    /// Reads `layers` of TOML laid over each other, then `key.path=value` overrides.
    ///
    /// # Errors
    /// If a layer is no TOML, a key is not known or missing, or a value is out of its range.
    pub fn from_layers(layers: &[&str], overrides: &[String]) -> Result<Self, SettingsError> {
        let mut whole = Table::new();
        for layer in layers {
            let table: Table =
                layer.parse().map_err(|error: toml::de::Error| SettingsError::Syntax(error.to_string()))?;
            merge(&mut whole, table);
        }
        for text in overrides {
            merge(&mut whole, parsed(text)?);
        }
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
    let line = |value: &str| format!("{} = {value}", key.trim()).parse::<Table>();
    line(value).or_else(|_| line(&Value::from(value.trim()).to_string())).map_err(|_| unusable())
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
