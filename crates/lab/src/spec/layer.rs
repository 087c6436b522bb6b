//! One place in which settings are typed: a TOML file, or the `key=value` arguments of the command line.

use super::error::{SpecError, Typed};
use super::registry::{SETTINGS, find, is_table, nearest};
use super::setting::{Kind, Setting};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Values by setting, in the order in which they were typed.
///
/// A setting may hold a list of values, one run each ([`Kind::is_swept`](super::setting::Kind::is_swept)).
#[derive(Clone, Debug, Default)]
pub struct Values(Vec<(&'static Setting, Value)>);

impl Values {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(setting, _)| setting.key == key).map(|(_, value)| value)
    }

    /// All settings and values.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Setting, &Value)> {
        self.0.iter().map(|(setting, value)| (*setting, value))
    }

    /// Sets a value; what was there, under this key or as an alternative to it, goes.
    pub fn set(&mut self, setting: &'static Setting, value: Value) {
        self.remove(setting);
        self.0.push((setting, value));
    }

    /// Removes a setting and its alternatives.
    pub fn remove(&mut self, setting: &Setting) {
        self.0.retain(|(other, _)| other.key != setting.key && !setting.alternatives.contains(&other.key));
    }

    /// Keeps the settings for which `keep` holds.
    pub fn retain(&mut self, keep: impl Fn(&'static Setting) -> bool) {
        self.0.retain(|(setting, _)| keep(setting));
    }

    /// `self` with everything in `over` set on top.
    #[must_use]
    pub fn overlaid(&self, over: &Self) -> Self {
        let mut values = self.clone();
        over.iter().for_each(|(setting, value)| values.set(setting, value.clone()));
        values
    }

    /// As nested TOML tables, in the order of the list of settings.
    pub fn to_table(&self) -> Table {
        let mut root = Table::new();
        for setting in SETTINGS {
            if let Some(value) = self.get(setting.key) {
                insert(&mut root, setting.key, value.clone());
            }
        }
        root
    }
}

/// Inserts `value` at a dotted key.
fn insert(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((head, rest)) => {
            let entry = table.entry(head.to_owned()).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = entry {
                insert(inner, rest, value);
            }
        }
    }
}

/// Settings typed in one place.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The place, for messages.
    pub place: String,
    /// Settings for every arm.
    pub base: Values,
    /// Settings for one arm, by name.
    pub arms: Vec<(String, Values)>,
    /// Sets of settings that change together: each gives runs of its own. Empty for a spec of one kind of run.
    pub variants: Vec<Variant>,
}

/// One entry of `[[variants]]`: settings laid over those of its file.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name. Several entries may share one: the rungs of a ladder.
    pub name: String,
    /// The arms that it runs; empty: all.
    pub only: Vec<String>,
    /// Its settings.
    pub layer: Layer,
}

impl Layer {
    /// Reads a spec in TOML.
    ///
    /// `place` names it in messages; relative paths in it start at `folder`.
    pub fn parse(text: &str, place: &str, folder: &Path) -> Result<Self, SpecError> {
        let syntax =
            |e: toml::de::Error| SpecError::Syntax { place: place.to_owned(), message: e.to_string() };
        let mut table: Table = text.parse().map_err(syntax)?;
        let variants = table.remove("variants");
        let mut layer = Self::from_table(table, place, folder)?;
        if let Some(variants) = variants {
            layer.variants = read_variants(variants, place, folder)?;
        }
        Ok(layer)
    }

    fn from_table(mut table: Table, place: &str, folder: &Path) -> Result<Self, SpecError> {
        let arms = table.remove("arms");
        let reader = Reader { place, folder, arm: None };
        let base = reader.read(&table)?;
        let mut layer = Self { place: place.to_owned(), base, arms: Vec::new(), variants: Vec::new() };
        let Some(arms) = arms else { return Ok(layer) };
        let arms = arms.as_table().cloned().ok_or_else(|| reader.unknown("arms"))?;
        for (name, values) in arms {
            let named = Reader { arm: Some(&name), ..reader };
            let values = values.as_table().cloned().ok_or_else(|| named.unknown(""))?;
            layer.arms.push((name.clone(), named.read(&values)?));
        }
        Ok(layer)
    }

    /// Reads a spec file.
    pub fn read(path: &Path) -> Result<Self, SpecError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|source| SpecError::Unreadable { path: shown.clone(), source })?;
        Self::parse(&text, &shown, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads `key=value` arguments. A value that is not TOML counts as a text: `bias.kind=staged` needs no quotes.
    pub fn overrides(arguments: &[String]) -> Result<Self, SpecError> {
        let place = "command line";
        let mut table = Table::new();
        for argument in arguments {
            let (key, value) = argument
                .split_once('=')
                .filter(|(key, _)| !key.trim().is_empty())
                .ok_or_else(|| SpecError::NotAnOverride { argument: argument.clone() })?;
            let value = value.trim();
            let parsed = format!("value = {value}").parse::<Table>().ok().and_then(|mut t| t.remove("value"));
            // TOML has no `.5`.
            let parsed = parsed.or_else(|| value.parse().ok().map(Value::Float));
            insert(&mut table, key.trim(), parsed.unwrap_or_else(|| Value::String(value.to_owned())));
        }
        let text = toml::to_string(&table)
            .map_err(|e| SpecError::Syntax { place: place.to_owned(), message: e.to_string() })?;
        Self::parse(&text, place, Path::new(""))
    }

    /// How a setting of this layer was typed.
    pub fn typed(&self, arm: Option<&str>, setting: &Setting, value: &Value) -> Typed {
        Reader { place: &self.place, folder: Path::new(""), arm }.typed(setting.key, value)
    }
}

/// Reads `[[variants]]`.
fn read_variants(value: Value, place: &str, folder: &Path) -> Result<Vec<Variant>, SpecError> {
    let wrong = |problem: &str| SpecError::Variants { place: place.to_owned(), problem: problem.to_owned() };
    let Value::Array(entries) = value else { return Err(wrong("they are tables, [[variants]]")) };
    let read = |(index, entry): (usize, Value)| {
        let Value::Table(mut table) = entry else { return Err(wrong("they are tables, [[variants]]")) };
        let name = match table.remove("name") {
            Some(Value::String(name)) if is_plain(&name) => name,
            _ => return Err(wrong("each needs a `name` of letters, digits, `-` and `_`")),
        };
        let only = match table.remove("only") {
            None => Vec::new(),
            Some(Value::Array(arms)) if arms.iter().all(Value::is_str) => {
                arms.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
            }
            Some(_) => return Err(wrong("`only` is a list of arms")),
        };
        let place = format!("{place}, variant {} ({name})", index + 1);
        Ok(Variant { layer: Layer::from_table(table, &place, folder)?, name, only })
    };
    entries.into_iter().enumerate().map(read).collect()
}

/// Whether `name` can name an arm or a variant, and so a folder.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Reads the tables of one layer.
#[derive(Clone, Copy)]
struct Reader<'a> {
    place: &'a str,
    folder: &'a Path,
    arm: Option<&'a str>,
}

impl Reader<'_> {
    fn full_key(&self, key: &str) -> String {
        match self.arm {
            Some(arm) => format!("arms.{arm}.{key}").trim_end_matches('.').to_owned(),
            None => key.to_owned(),
        }
    }

    fn typed(&self, key: &str, value: &Value) -> Typed {
        let (key, place) = (self.full_key(key), self.place.to_owned());
        Typed { key, value: value.to_string(), place }
    }

    fn unknown(&self, key: &str) -> SpecError {
        let inside = format!("{key}.");
        let suggestion = match SETTINGS.iter().find(|setting| setting.key.starts_with(&inside)) {
            Some(setting) => Some(setting.key),
            None => nearest(key, SETTINGS.iter().map(|setting| setting.key)),
        };
        SpecError::Unknown {
            key: self.full_key(key),
            place: self.place.to_owned(),
            suggestion: suggestion.map(ToOwned::to_owned),
        }
    }

    fn read(&self, table: &Table) -> Result<Values, SpecError> {
        if let Some(arm) = self.arm.filter(|arm| !is_plain(arm)) {
            return Err(SpecError::ArmName { arm: arm.to_owned(), place: self.place.to_owned() });
        }
        let mut values = Values::default();
        self.read_table("", table, &mut values)?;
        for (setting, value) in values.iter() {
            let other = setting.alternatives.iter().filter(|&&key| key != setting.key);
            for key in other {
                if let Some(second) = values.get(key) {
                    let first = Box::new(self.typed(setting.key, value));
                    return Err(SpecError::Both { first, second: Box::new(self.typed(key, second)) });
                }
            }
        }
        Ok(values)
    }

    fn read_table(&self, prefix: &str, table: &Table, values: &mut Values) -> Result<(), SpecError> {
        for (name, value) in table {
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match (find(&key), value) {
                (Some(setting), value) => {
                    let accepted = self.accept(setting, value)?;
                    // Not `set`: alternatives typed in the same place are both kept, so that they can be refused.
                    values.0.push((setting, accepted));
                }
                (None, Value::Table(inner)) if is_table(&key) => self.read_table(&key, inner, values)?,
                _ => return Err(self.unknown(&key)),
            }
        }
        Ok(())
    }

    fn accept(&self, setting: &'static Setting, value: &Value) -> Result<Value, SpecError> {
        if self.arm.is_some() && setting.is_shared() {
            return Err(SpecError::Shared {
                typed: Box::new(self.typed(setting.key, value)),
                setting: setting.key,
            });
        }
        if setting.kind.is_swept(value) {
            return self.accept_list(setting, value);
        }
        let accepted = setting.kind.accept(value).ok_or_else(|| SpecError::Value {
            typed: Box::new(self.typed(setting.key, value)),
            expected: setting.kind.to_string(),
        })?;
        match (setting.kind, accepted) {
            (Kind::File, Value::String(path)) => Ok(Value::String(self.absolute(&path))),
            (_, value) => Ok(value),
        }
    }

    /// A list of values, one run each: every one of them accepted, none twice.
    fn accept_list(&self, setting: &'static Setting, list: &Value) -> Result<Value, SpecError> {
        let wrong =
            |expected: String| SpecError::Value { typed: Box::new(self.typed(setting.key, list)), expected };
        let items = list.as_array().map_or(&[][..], Vec::as_slice);
        if items.is_empty() || matches!(setting.kind, Kind::Text) {
            return Err(wrong(setting.kind.to_string()));
        }
        let mut accepted: Vec<Value> = Vec::new();
        for item in items {
            // Items are single values here: a list in a list of runs is refused by its kind.
            let item = match (setting.kind, setting.kind.accept(item)) {
                (_, None) => {
                    return Err(wrong(format!("{}, or a list of such values, one run each", setting.kind)));
                }
                (Kind::File, Some(Value::String(path))) => Value::String(self.absolute(&path)),
                (_, Some(item)) => item,
            };
            if accepted.contains(&item) {
                return Err(wrong(format!("a list that holds {item} once")));
            }
            accepted.push(item);
        }
        Ok(Value::Array(accepted))
    }

    /// The path as seen from anywhere, so that a stored spec still finds its files.
    fn absolute(&self, path: &str) -> String {
        let joined: PathBuf = self.folder.join(path);
        std::path::absolute(&joined).unwrap_or(joined).display().to_string()
    }
}
