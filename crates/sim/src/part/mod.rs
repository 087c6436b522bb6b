//! Parts and the slots that they fill: what a part is called, which settings it has, and how it is built.
//!
//! ```text
//! Slot   one place of a run: the augmentation, the loss, …        a list of parts, one of them the default
//! Part   one way to fill it, declared beside its code             kind, summary, settings, build
//! Given  the values of a part's settings                          read by `build`
//! ```
//!
//! Whoever reads settings (a spec, the command line, a notebook) reads these lists. So a new part is one file
//! and one line in the list of its slot; names, ranges and defaults are said nowhere else.

mod array;
mod given;
mod list;
mod setting;

pub use array::{Mover, ParameterArray};
pub use given::{Given, Value};
pub(crate) use list::parts;
pub use setting::{Fallback, Kind, PartSetting, Range};

use crate::math::{ParameterError, require};
use std::fmt;
use std::sync::{PoisonError, RwLock};

/// One way to fill a slot. `Built` is what the slot holds, `Context` what the run knows besides the settings.
pub struct Part<Built: 'static, Context: 'static = ()> {
    /// What specs call it.
    pub kind: &'static str,
    /// What it is, in a sentence, with its source.
    pub summary: &'static str,
    /// Its settings, in the order in which they are explained.
    pub settings: &'static [PartSetting],
    /// Makes it from accepted values.
    pub build: fn(&Given, &Context) -> Result<Built, ParameterError>,
}

impl<Built, Context> Part<Built, Context> {
    /// Values with which the part can be built: defaults, and an example of what has to be given.
    ///
    /// # Errors
    /// If a default is not accepted.
    pub fn example(&self) -> Result<Given, ParameterError> {
        let required = |setting: &&PartSetting| setting.fallback == Fallback::Required;
        let values =
            self.settings.iter().filter(required).map(|setting| (setting.name, setting.kind.example()));
        Given::new(self.settings, values.collect())
    }
}

/// One place of a run that different parts can fill.
pub struct Slot<Built: 'static, Context: 'static = ()> {
    /// Its key in a spec.
    pub key: &'static str,
    /// What it is, in a sentence.
    pub doc: &'static str,
    /// The part that is used where none is named.
    pub default: &'static str,
    /// The parts that come with the program, module by module.
    shipped: &'static [&'static [&'static Part<Built, Context>]],
    /// Parts that were added while the program runs.
    added: RwLock<Vec<&'static Part<Built, Context>>>,
}

/// What a slot says about one of its parts, without what it builds.
#[derive(Clone, Copy, Debug)]
pub struct PartOutline {
    /// What specs call it.
    pub kind: &'static str,
    /// What it is.
    pub summary: &'static str,
    /// Its settings.
    pub settings: &'static [PartSetting],
}

/// A slot, whatever it holds: what a list of settings is made of.
pub trait AnySlot: Sync {
    /// Its key in a spec.
    fn key(&self) -> &'static str;
    /// What it is, in a sentence.
    fn doc(&self) -> &'static str;
    /// The part that is used where none is named.
    fn default_kind(&self) -> &'static str;
    /// Its parts, shipped ones first.
    fn outlines(&self) -> Vec<PartOutline>;
    /// How many parts there are now.
    fn part_count(&self) -> usize;
}

/// Two slots are equal if their keys are.
impl PartialEq for dyn AnySlot {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl fmt::Debug for dyn AnySlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl<Built, Context> Slot<Built, Context> {
    /// A slot with the parts that come with the program, in groups.
    pub const fn new(
        key: &'static str,
        doc: &'static str,
        default: &'static str,
        shipped: &'static [&'static [&'static Part<Built, Context>]],
    ) -> Self {
        Self { key, doc, default, shipped, added: RwLock::new(Vec::new()) }
    }

    /// All parts, shipped ones first.
    pub fn parts(&self) -> Vec<&'static Part<Built, Context>> {
        let added = self.added.read().unwrap_or_else(PoisonError::into_inner);
        self.shipped.concat().into_iter().chain(added.iter().copied()).collect()
    }

    /// The part of this kind.
    pub fn find(&self, kind: &str) -> Option<&'static Part<Built, Context>> {
        self.parts().into_iter().find(|part| part.kind == kind)
    }

    /// Adds a part while the program runs; it stays for the rest of the process.
    ///
    /// # Errors
    /// If a part of that kind is there already, or one of its settings stands for something else in another
    /// part of the slot.
    pub fn add(&self, part: Part<Built, Context>) -> Result<(), ParameterError> {
        let known = self.parts();
        let is_new = known.iter().all(|other| other.kind != part.kind);
        require(is_new, "kind", part.kind, format!("no part of {} has that name yet", self.key))?;
        for setting in part.settings {
            let others = known.iter().flat_map(|other| other.settings);
            let agrees = others.filter(|other| other.name == setting.name).all(|other| other == setting);
            let accepted = format!("settings of one name are the same in all parts of {}", self.key);
            require(agrees, "settings", setting.name, accepted)?;
        }
        self.added.write().unwrap_or_else(PoisonError::into_inner).push(Box::leak(Box::new(part)));
        Ok(())
    }
}

impl<Built, Context> AnySlot for Slot<Built, Context> {
    fn key(&self) -> &'static str {
        self.key
    }

    fn doc(&self) -> &'static str {
        self.doc
    }

    fn default_kind(&self) -> &'static str {
        self.default
    }

    fn outlines(&self) -> Vec<PartOutline> {
        let outline = |part: &'static Part<Built, Context>| PartOutline {
            kind: part.kind,
            summary: part.summary,
            settings: part.settings,
        };
        self.parts().into_iter().map(outline).collect()
    }

    fn part_count(&self) -> usize {
        self.shipped.concat().len() + self.added.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// What fills a slot, and so has one.
pub trait Slotted: Sized + 'static {
    /// What the run knows besides the settings.
    type Context: 'static;

    /// The slot.
    fn slot() -> &'static Slot<Self, Self::Context>;
}

/// A part that was chosen, with the values of its settings. Two are equal if kind and values are.
pub struct Chosen<Built: Slotted> {
    part: &'static Part<Built, Built::Context>,
    given: Given,
}

impl<Built: Slotted> Chosen<Built> {
    /// The part of this kind with these values; settings that are not given get their defaults.
    ///
    /// # Errors
    /// If there is no such part, a value is not accepted, not a setting of the part, or missing.
    pub fn new(kind: &str, values: Vec<(&str, Value)>) -> Result<Self, ParameterError> {
        let part = Self::find(kind)?;
        Ok(Self { part, given: Given::new(part.settings, values)? })
    }

    /// The part of this kind with values that it has accepted.
    fn of_values(kind: &str, given: Given) -> Result<Self, ParameterError> {
        Ok(Self { part: Self::find(kind)?, given })
    }

    fn find(kind: &str) -> Result<&'static Part<Built, Built::Context>, ParameterError> {
        let slot = Built::slot();
        slot.find(kind).ok_or_else(|| ParameterError {
            name: slot.key,
            value: kind.to_owned(),
            accepted: slot.parts().iter().map(|part| part.kind).collect::<Vec<_>>().join(" | "),
        })
    }

    /// What specs call the part.
    pub fn kind(&self) -> &'static str {
        self.part.kind
    }

    /// The values of its settings.
    pub fn given(&self) -> &Given {
        &self.given
    }

    /// Makes the part.
    pub fn build(&self, context: &Built::Context) -> Result<Built, ParameterError> {
        (self.part.build)(&self.given, context)
    }
}

impl<Built: Slotted> Chosen<Built> {
    /// Every part of the slot with examples of its settings, and with every word of a setting that takes words: what
    /// a test of all parts goes through.
    ///
    /// # Errors
    /// If a part does not accept its own defaults.
    pub fn examples() -> Result<Vec<Self>, ParameterError> {
        let mut all = Vec::new();
        for part in Built::slot().parts() {
            let mut of_part: Vec<Vec<(&str, Value)>> = vec![Vec::new()];
            for setting in part.settings {
                let values: Vec<Value> = match (setting.kind, setting.fallback) {
                    (Kind::Choice(words), _) => words.iter().map(|word| Value::from(*word)).collect(),
                    (kind, Fallback::Required) => vec![kind.example()],
                    _ => continue,
                };
                let with = |known: &Vec<(&'static str, Value)>, value: &Value| {
                    [&known[..], &[(setting.name, value.clone())]].concat()
                };
                of_part = of_part
                    .iter()
                    .flat_map(|known| values.iter().map(move |value| with(known, value)))
                    .collect();
            }
            for values in of_part {
                all.push(Self { part, given: Given::new(part.settings, values)? });
            }
        }
        Ok(all)
    }
}

impl<Built: Slotted> Clone for Chosen<Built> {
    fn clone(&self) -> Self {
        Self { part: self.part, given: self.given.clone() }
    }
}

impl<Built: Slotted> PartialEq for Chosen<Built> {
    fn eq(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.given == other.given
    }
}

impl<Built: Slotted> fmt::Debug for Chosen<Built> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(self.kind()).field(&self.given).finish()
    }
}

#[cfg(test)]
mod tests;
