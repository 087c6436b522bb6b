//! From leaves to values: the settings that one place gives for all arms, or for one of them, checked one by
//! one.

use super::catalogue::Catalogue;
use super::error::{SpecError, Typed};
use super::leaf::Leaf;
use super::registry::nearest;
use super::setting::{InToml, Kind, Range, Setting};
use super::values::Values;
use crate::number_file::read_numbers;
use std::path::{Path, PathBuf};
use toml::Value;

/// Name of the table of arms.
pub(super) const ARMS: &str = "arms";

/// Where settings are typed, and the list that they are of.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub catalogue: &'static Catalogue,
    pub place: &'a str,
    pub folder: &'a Path,
}

/// Reads the leaves of one layer.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub source: Source<'a>,
    pub arm: Option<&'a str>,
}

impl Reader<'_> {
    fn typed(&self, key: &str, value: String) -> Typed {
        Typed { key: self.full_key(key), value, place: self.source.place.to_owned() }
    }

    fn full_key(&self, key: &str) -> String {
        full_key(self.arm, key)
    }

    fn unknown(&self, key: &str) -> SpecError {
        let (place, settings) = (self.source.place.to_owned(), self.source.catalogue.settings());
        if let Some(now) = self.source.catalogue.renamed.key_now(key) {
            let (earlier, now) = (self.full_key(key), format!("`{}`", self.full_key(&now)));
            return SpecError::Renamed { earlier, place, now };
        }
        let inside = format!("{key}.");
        let suggestion = match settings.iter().find(|setting| setting.key.starts_with(&inside)) {
            Some(setting) => Some(setting.key),
            None => nearest(key, settings.iter().map(|setting| setting.key)),
        };
        SpecError::Unknown { key: self.full_key(key), place, suggestion: suggestion.map(ToOwned::to_owned) }
    }

    /// The accepted values.
    ///
    /// # Errors
    /// If a leaf is no setting or no value of one, or two of them say different things.
    pub fn read(&self, leaves: &[Leaf]) -> Result<Values, SpecError> {
        if let Some(arm) = self.arm.filter(|arm| !is_plain(arm)) {
            return Err(SpecError::ArmName { arm: arm.to_owned(), place: self.source.place.to_owned() });
        }
        let mut values = Values::none_of(self.source.catalogue);
        for leaf in leaves {
            let key = leaf.key();
            let Some(setting) = self.source.catalogue.find(&key) else {
                // A known table without anything in it says nothing.
                if leaf.value.is_table() && self.source.catalogue.is_table(&key) {
                    continue;
                }
                return Err(self.unknown(&key));
            };
            let accepted = self.accept(setting, leaf)?;
            match values.get(setting.key) {
                None => values.add(setting, accepted),
                Some(same) if *same == accepted => {}
                Some(other) => {
                    let mut given = [other.to_string(), accepted.to_string()];
                    given.sort_unstable();
                    let [first, second] = given;
                    return Err(SpecError::Twice { first: Box::new(self.typed(&key, first)), second });
                }
            }
        }
        self.refuse_alternatives(&values)?;
        Ok(values)
    }

    /// An error if two of `values` say the same thing in two ways.
    fn refuse_alternatives(&self, values: &Values) -> Result<(), SpecError> {
        let typed = |setting: &Setting, value: &Value| Box::new(self.typed(setting.key, value.to_string()));
        for (setting, value) in values.in_order() {
            let mut others = setting.alternatives.iter().filter(|&&key| key != setting.key);
            if let Some((other, second)) =
                others.find_map(|key| Some((self.source.catalogue.find(key)?, values.get(key)?)))
            {
                return Err(SpecError::Both { first: typed(setting, value), second: typed(other, second) });
            }
        }
        Ok(())
    }

    fn accept(&self, setting: &'static Setting, leaf: &Leaf) -> Result<Value, SpecError> {
        let typed = || Box::new(self.typed(setting.key, leaf.shown.clone()));
        let renamed = &self.source.catalogue.renamed;
        if let Some(now) = leaf.value.as_str().and_then(|word| renamed.word_now(setting.key, word)) {
            let earlier = format!("{} = {}", self.full_key(setting.key), leaf.shown);
            let place = self.source.place.to_owned();
            return Err(SpecError::Renamed { earlier, place, now: now.to_owned() });
        }
        if self.arm.is_some() && setting.is_shared() {
            return Err(SpecError::Shared { typed: typed(), setting: setting.key });
        }
        let is_swept = setting.kind.is_swept(&leaf.value);
        let accepted = if is_swept {
            self.accept_list(setting, &leaf.value)
        } else {
            self.accept_one(setting, &leaf.value)
        };
        accepted.map_err(|expected| SpecError::Value { typed: typed(), expected })
    }

    /// One value, accepted; an error says what was expected.
    fn accept_one(&self, setting: &Setting, value: &Value) -> Result<Value, String> {
        if let (Kind::NumberList(range), Value::String(path)) = (setting.kind, value) {
            return self.numbers(range, path).map_err(|problem| format!("{}; {problem}", setting.kind));
        }
        let accepted = setting.kind.accept(value).ok_or_else(|| setting.kind.expected_instead_of(value))?;
        Ok(match (setting.kind, accepted) {
            (Kind::File, Value::String(path)) => Value::String(self.absolute(&path)),
            (_, value) => value,
        })
    }

    /// The list in a file. It stands in the spec itself from here on: the numbers are what the run is made of.
    fn numbers(&self, range: Range, path: &str) -> Result<Value, String> {
        let path = self.absolute(path);
        let numbers = read_numbers(Path::new(&path))?;
        if numbers.is_empty() {
            return Err(format!("{path} is empty"));
        }
        if let Some((row, number)) = (1..).zip(&numbers).find(|(_, number)| !range.contains(**number)) {
            return Err(format!("number {row} of {path} is {number}"));
        }
        // −0 is 0, and equal settings have to look equal.
        Ok(Value::Array(numbers.into_iter().map(|number| Value::Float(number + 0.0)).collect()))
    }

    /// A list of values, one run each: every one of them accepted, none twice. An error says what was
    /// expected.
    fn accept_list(&self, setting: &Setting, list: &Value) -> Result<Value, String> {
        let items = list.as_array().map_or(&[][..], Vec::as_slice);
        if items.is_empty() || matches!(setting.kind, Kind::Text) {
            return Err(setting.kind.to_string());
        }
        let mut accepted: Vec<Value> = Vec::new();
        for item in items {
            // Items are single values here: a list in a list of runs is refused by its kind.
            let expected = |instead: String| match (setting.kind, item) {
                (Kind::NumberList(_), Value::String(_)) => instead,
                _ => format!("{}, or a list of such values, one run each", setting.kind),
            };
            let item = self.accept_one(setting, item).map_err(expected)?;
            if accepted.contains(&item) {
                return Err(format!("a list that holds {item} once"));
            }
            accepted.push(item);
        }
        Ok(Value::Array(accepted))
    }

    /// The path as seen from anywhere, so that a stored spec still finds its files.
    fn absolute(&self, path: &str) -> String {
        let joined: PathBuf = self.source.folder.join(path);
        std::path::absolute(&joined).unwrap_or(joined).display().to_string()
    }
}

/// Whether `name` can name an arm or a variant, and so a folder.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// The key as it is typed for one arm.
pub(super) fn full_key(arm: Option<&str>, key: &str) -> String {
    arm.map_or(key.to_owned(), |arm| format!("{ARMS}.{arm}.{key}"))
}
