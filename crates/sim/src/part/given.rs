//! The values of a part's settings.

use super::{Fallback, PartSetting};
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
    /// If a value is not accepted, belongs to no setting, or is missing.
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
            let is_said =
                given.iter().any(|(name, _)| *name == setting.name || setting.alternatives.contains(name));
            match setting.fallback {
                _ if is_said => {}
                Fallback::Value(text) => given.extend(setting.kind.read(text).map(|v| (setting.name, v))),
                Fallback::Required => require(false, setting.name, "not given", setting.kind)?,
                Fallback::SameAs(_) | Fallback::Absent(_) => {}
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
}
