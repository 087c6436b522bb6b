//! A chosen part as a field of the typed spec: the word that names it, and the values of its settings.

use super::setting::InToml;
use featurescope_sim::part::{Chosen, Slotted};
use serde::de::{Deserialize, Deserializer, Error};
use std::fmt;
use std::ops::Deref;
use toml::{Table, Value};

/// What fills a slot. It reads like the [`Chosen`] part that it is.
pub struct PartSpec<Built: Slotted>(Chosen<Built>);

impl<Built: Slotted> Clone for PartSpec<Built> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<Built: Slotted> PartialEq for PartSpec<Built> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<Built: Slotted> fmt::Debug for PartSpec<Built> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<Built: Slotted> Deref for PartSpec<Built> {
    type Target = Chosen<Built>;

    fn deref(&self) -> &Chosen<Built> {
        &self.0
    }
}

impl<'de, Built: Slotted> Deserialize<'de> for PartSpec<Built> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Table::deserialize(deserializer)?;
        let slot = Built::slot();
        let Some(Value::String(kind)) = table.remove("kind") else {
            return Err(D::Error::missing_field("kind"));
        };
        let part = slot.find(&kind).ok_or_else(|| {
            D::Error::custom(format!("{}.kind = {kind} is no part of this program", slot.key))
        })?;
        let values = table.iter().map(|(name, value)| {
            let setting = part.settings.iter().find(|setting| setting.name == name);
            let setting = setting.ok_or_else(|| {
                let known: Vec<String> = part.settings.iter().map(|s| format!("`{}`", s.name)).collect();
                D::Error::custom(format!("unknown field `{name}`, expected one of {}", known.join(", ")))
            })?;
            let read = setting.kind.read_toml(value);
            let read =
                read.ok_or_else(|| D::Error::custom(format!("{name} = {value} is not {}", setting.kind)))?;
            Ok((setting.name, read))
        });
        let values = values.collect::<Result<_, D::Error>>()?;
        Chosen::new(&kind, values).map(Self).map_err(D::Error::custom)
    }
}
