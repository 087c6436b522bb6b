//! The values of a part's settings.

use super::{AnySlot, Chosen, Fallback, Kind, PartSetting, Slotted};
use crate::math::{ParameterError, require};
use std::fmt;

/// A value of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// A word, a text or a path.
    Text(String),
    /// Whole numbers.
    Wholes(Vec<i64>),
    /// Numbers.
    Numbers(Vec<f64>),
    /// A part of another slot: its kind, and the values of its settings.
    Part(String, Given),
}

impl Value {
    /// The part of this kind with these values; settings that are not given get their defaults.
    ///
    /// # Errors
    /// If the slot has no such part, or a value is not accepted.
    pub fn part(slot: &dyn AnySlot, kind: &str, values: Vec<(&str, Self)>) -> Result<Self, ParameterError> {
        let parts = slot.outlines();
        let part = parts.iter().find(|part| part.kind == kind).ok_or_else(|| ParameterError {
            name: slot.key(),
            value: kind.to_owned(),
            accepted: parts.iter().map(|part| part.kind).collect::<Vec<_>>().join(" | "),
        })?;
        Ok(Self::Part(kind.to_owned(), Given::new(part.settings, values)?))
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => number.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Wholes(numbers) => write!(f, "{numbers:?}"),
            Self::Numbers(numbers) => write!(f, "{numbers:?}"),
            Self::Part(kind, _) => kind.fmt(f),
        }
    }
}

/// The values of all settings of a part that have one.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Given(Vec<(&'static str, Value)>);

impl Given {
    /// Values for these settings, with defaults where nothing is given.
    ///
    /// # Errors
    /// If a value is not accepted, belongs to no setting, is missing, or says what another one says.
    pub fn new(settings: &'static [PartSetting], values: Vec<(&str, Value)>) -> Result<Self, ParameterError> {
        let mut given = Vec::new();
        for (name, value) in values {
            let setting = settings.iter().find(|setting| setting.name == name);
            let names: Vec<_> = settings.iter().map(|setting| setting.name).collect();
            let Some(setting) = setting else {
                return Err(ParameterError {
                    name: "settings",
                    value: name.to_owned(),
                    accepted: format!("one of {}", names.join(", ")),
                });
            };
            require(setting.kind.accepts(&value), setting.name, &value, setting.kind)?;
            given.push((setting.name, value));
        }
        for setting in settings {
            let ways = given.iter().filter(|(name, _)| setting.alternatives.contains(name)).count();
            let accepted = format!("one of {}, which say the same", setting.alternatives.join(", "));
            require(ways <= 1, setting.name, "given twice", accepted)?;
            let is_said = ways == 1 || given.iter().any(|(name, _)| *name == setting.name);
            match (setting.fallback, setting.kind) {
                _ if is_said => {}
                (_, Kind::Part(slot)) => {
                    given.push((setting.name, Value::part(slot, slot.default_kind(), Vec::new())?));
                }
                (Fallback::Value(text) | Fallback::Unwritten(text), kind) => {
                    given.extend(kind.read(text).map(|v| (setting.name, v)));
                }
                (Fallback::Required, kind) => require(false, setting.name, "not given", kind)?,
                (Fallback::SameAs(_) | Fallback::Absent(_), _) => {}
            }
        }
        // Equal values are equal whatever the order in which they were given.
        given.sort_unstable_by_key(|(name, _)| *name);
        Ok(Self(given))
    }

    fn find(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// The part reads a setting that it does not declare, or reads it as something else.
    fn missing(name: &'static str, wanted: &str) -> ParameterError {
        ParameterError { name, value: "not given".to_owned(), accepted: wanted.to_owned() }
    }

    /// The number called `name`, if it is given.
    pub fn optional_number(&self, name: &str) -> Option<f64> {
        match self.find(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The number called `name`.
    ///
    /// # Errors
    /// If there is none; the methods below likewise.
    pub fn number(&self, name: &'static str) -> Result<f64, ParameterError> {
        self.optional_number(name).ok_or_else(|| Self::missing(name, "a number"))
    }

    /// The whole number called `name`, which is not negative.
    pub fn whole(&self, name: &'static str) -> Result<u64, ParameterError> {
        self.optional_whole(name).ok_or_else(|| Self::missing(name, "a whole number"))
    }

    /// The whole number called `name`, if it is given and not negative.
    pub fn optional_whole(&self, name: &str) -> Option<u64> {
        match self.find(name)? {
            Value::Whole(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// The word, text or path called `name`.
    pub fn text(&self, name: &'static str) -> Result<&str, ParameterError> {
        match self.find(name) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(Self::missing(name, "a text")),
        }
    }

    /// The ascending whole numbers called `name`.
    pub fn wholes(&self, name: &'static str) -> Result<Vec<u64>, ParameterError> {
        match self.find(name) {
            Some(Value::Wholes(numbers)) => numbers.iter().map(|&n| u64::try_from(n).ok()).collect(),
            _ => None,
        }
        .ok_or_else(|| Self::missing(name, "ascending whole numbers"))
    }

    /// The numbers called `name`, if they are given.
    pub fn optional_numbers(&self, name: &str) -> Option<&[f64]> {
        match self.find(name)? {
            Value::Numbers(numbers) => Some(numbers),
            _ => None,
        }
    }

    /// The numbers called `name`.
    pub fn numbers(&self, name: &'static str) -> Result<&[f64], ParameterError> {
        self.optional_numbers(name).ok_or_else(|| Self::missing(name, "a list of numbers"))
    }

    /// The part called `name` that was chosen of `Built`'s slot.
    pub fn part<Built: Slotted>(&self, name: &'static str) -> Result<Chosen<Built>, ParameterError> {
        match self.find(name) {
            Some(Value::Part(kind, given)) => Chosen::of_values(kind, given.clone()),
            _ => Err(Self::missing(name, "a part")),
        }
    }
}
