//! A chosen part as a field of the typed spec: the word that names it, and the values of its settings.

use super::setting::{InToml, Kind};
use featurescope_sim::part::{self, AnySlot, Chosen, Slotted};
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
        let (kind, table) = split(Table::deserialize(deserializer)?).map_err(D::Error::custom)?;
        let values = read(Built::slot(), &kind, &table).map_err(D::Error::custom)?;
        Chosen::new(&kind, values).map(Self).map_err(D::Error::custom)
    }
}

/// The word that names a part, and the rest of its table.
fn split(mut table: Table) -> Result<(String, Table), String> {
    match table.remove("kind") {
        Some(Value::String(kind)) => Ok((kind, table)),
        _ => Err("missing field `kind`".to_owned()),
    }
}

/// The values in the table of a part, and in those of the parts that it is made of.
fn read(slot: &dyn AnySlot, kind: &str, table: &Table) -> Result<Vec<(&'static str, part::Value)>, String> {
    let part = slot.outlines().into_iter().find(|part| part.kind == kind);
    let part = part.ok_or_else(|| format!("{}.kind = {kind} is no part of this program", slot.key()))?;
    let values = table.iter().map(|(name, value)| {
        let setting = part.settings.iter().find(|setting| setting.name == name).ok_or_else(|| {
            let known: Vec<String> = part.settings.iter().map(|s| format!("`{}`", s.name)).collect();
            format!("unknown field `{name}`, expected one of {}", known.join(", "))
        })?;
        let read = match (setting.kind, value) {
            (Kind::Part(slot), Value::Table(table)) => {
                let (kind, table) = split(table.clone())?;
                let values = read(slot, &kind, &table)?;
                Some(part::Value::part(slot, &kind, values).map_err(|error| error.to_string())?)
            }
            (kind, value) => kind.read_toml(value),
        };
        let read = read.ok_or_else(|| format!("{name} = {value} is not {}", setting.kind))?;
        Ok((setting.name, read))
    });
    values.collect()
}
