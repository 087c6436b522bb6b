//! One place in which settings are typed: a TOML file, or the `key=value` arguments of the command line.

use super::argument;
use super::catalogue::Catalogue;
use super::error::{SpecError, Typed};
use super::leaf::Leaf;
use super::registry::{SPARSE_CODING, nearest};
use super::setting::{InToml, Kind, Setting};
use std::fmt;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Values by setting, in the order in which they were typed.
///
/// A setting may hold a list of values, one run each ([`Kind::is_swept`](super::setting::Kind::is_swept)).
#[derive(Clone)]
pub struct Values {
    catalogue: &'static Catalogue,
    given: Vec<(&'static Setting, Value)>,
}

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        self.given == other.given
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.given).finish()
    }
}

impl Values {
    /// None of the settings of this catalogue.
    pub fn none_of(catalogue: &'static Catalogue) -> Self {
        Self { catalogue, given: Vec::new() }
    }

    /// The list of the settings.
    pub fn catalogue(&self) -> &'static Catalogue {
        self.catalogue
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.given.iter().find(|(setting, _)| setting.key == key).map(|(_, value)| value)
    }

    /// All settings and values, in the order in which they were typed.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Setting, &Value)> {
        self.given.iter().map(|(setting, value)| (*setting, value))
    }

    /// The same in the order of the list of settings, which does not depend on how they were typed.
    pub fn in_order(&self) -> impl Iterator<Item = (&'static Setting, &Value)> {
        self.catalogue.settings().iter().filter_map(|setting| Some((setting, self.get(setting.key)?)))
    }

    /// Sets a value; what was there, under this key or as an alternative to it, goes.
    pub fn set(&mut self, setting: &'static Setting, value: Value) {
        self.remove(setting);
        self.given.push((setting, value));
    }

    /// Removes a setting and its alternatives.
    pub fn remove(&mut self, setting: &Setting) {
        self.given
            .retain(|(other, _)| other.key != setting.key && !setting.alternatives.contains(&other.key));
    }

    /// Keeps the settings for which `keep` holds.
    pub fn retain(&mut self, keep: impl Fn(&'static Setting) -> bool) {
        self.given.retain(|(setting, _)| keep(setting));
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
        self.in_order().for_each(|(setting, value)| insert(&mut root, setting.key, value.clone()));
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

/// Name of the list of variants.
const VARIANTS: &str = "variants";
/// Name of the table of arms.
const ARMS: &str = "arms";

impl Layer {
    /// Reads a spec on sparse-coding data: [`Catalogue::parse`].
    pub fn parse(text: &str, place: &str, folder: &Path) -> Result<Self, SpecError> {
        SPARSE_CODING.parse(text, place, folder)
    }

    /// Reads a file of such a spec: [`Catalogue::read`].
    pub fn read(path: &Path) -> Result<Self, SpecError> {
        SPARSE_CODING.read(path)
    }

    /// Reads arguments for such a spec: [`Catalogue::overrides`].
    pub fn overrides(arguments: &[String]) -> Result<Self, SpecError> {
        SPARSE_CODING.overrides(arguments)
    }

    /// How a setting of this layer was typed.
    pub fn typed(&self, arm: Option<&str>, setting: &Setting, value: &Value) -> Typed {
        Typed { key: full_key(arm, setting.key), value: value.to_string(), place: self.place.clone() }
    }
}

impl Catalogue {
    /// Reads a spec in TOML. `place` names it in messages; relative paths in it start at `folder`.
    ///
    /// # Errors
    /// If it is no TOML, or holds something that is no setting of this catalogue or no value of one.
    pub fn parse(&'static self, text: &str, place: &str, folder: &Path) -> Result<Layer, SpecError> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| SpecError::Syntax {
            place: place.to_owned(),
            message: format!("{error}{}", largest_number(&error, text)),
        })?;
        Source { catalogue: self, place, folder }.with_variants(Leaf::of(table))
    }

    /// Reads a spec file.
    ///
    /// # Errors
    /// As [`Catalogue::parse`], and if the file cannot be read.
    pub fn read(&'static self, path: &Path) -> Result<Layer, SpecError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|source| SpecError::Unreadable { path: shown.clone(), source })?;
        self.parse(&text, &shown, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads `key=value` arguments. Their order means nothing, except that of lists in a sweep.
    ///
    /// # Errors
    /// Also if two arguments give one setting two values. Which of several mistakes is told does not depend
    /// on the order.
    pub fn overrides(&'static self, arguments: &[String]) -> Result<Layer, SpecError> {
        let source = Source { catalogue: self, place: "command line", folder: Path::new("") };
        let mut sorted = arguments.to_vec();
        sorted.sort_unstable();
        source.with_variants(argument::read(self, &sorted)?)?;
        let mut layer = source.with_variants(argument::read(self, arguments)?)?;
        layer.arms.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(layer)
    }
}

/// Where settings are typed, and the list that they are of.
#[derive(Clone, Copy)]
struct Source<'a> {
    catalogue: &'static Catalogue,
    place: &'a str,
    folder: &'a Path,
}

impl Source<'_> {
    fn with_variants(self, leaves: Vec<Leaf>) -> Result<Layer, SpecError> {
        let (variants, settings): (Vec<_>, Vec<_>) =
            leaves.into_iter().partition(|leaf| leaf.path[0] == VARIANTS);
        let mut layer = self.layer(settings)?;
        if let Some(first) = variants.first() {
            let wrong = |problem| SpecError::Variants { place: self.place.to_owned(), problem };
            if variants.iter().any(|other| other.path != first.path || other.value != first.value) {
                return Err(wrong("they are given twice, and differ".to_owned()));
            }
            if first.path.len() > 1 {
                return Err(wrong(format!("they are a list of tables, so there is no `{}`", first.key())));
            }
            layer.variants = self.variants(&first.value)?;
        }
        Ok(layer)
    }

    fn layer(self, leaves: Vec<Leaf>) -> Result<Layer, SpecError> {
        let mut base = Vec::new();
        let mut arms: Vec<(String, Vec<Leaf>)> = Vec::new();
        for mut leaf in leaves {
            if leaf.path[0] != ARMS {
                base.push(leaf);
                continue;
            }
            // `[arms]` and `[arms.a]` without anything in them say that there are none, and that there is
            // one.
            let is_named = leaf.path.len() > 1;
            if leaf.path.len() <= 2 && leaf.value.as_table().is_none() {
                return Err(SpecError::Value {
                    typed: Box::new(Typed {
                        key: leaf.key(),
                        value: leaf.shown,
                        place: self.place.to_owned(),
                    }),
                    expected: "a table of settings".to_owned(),
                });
            }
            if is_named {
                let own = leaf.path.split_off(2);
                let name = leaf.path.swap_remove(1);
                let position = arms.iter().position(|(arm, _)| *arm == name).unwrap_or_else(|| {
                    arms.push((name, Vec::new()));
                    arms.len() - 1
                });
                if !own.is_empty() {
                    arms[position].1.push(Leaf { path: own, ..leaf });
                }
            }
        }
        let base = Reader { source: self, arm: None }.read(&base)?;
        let arms = arms.into_iter().map(|(name, leaves)| {
            let values = Reader { source: self, arm: Some(&name) }.read(&leaves)?;
            Ok((name, values))
        });
        let arms = arms.collect::<Result<_, SpecError>>()?;
        Ok(Layer { place: self.place.to_owned(), base, arms, variants: Vec::new() })
    }

    /// Reads `[[variants]]`.
    fn variants(self, value: &Value) -> Result<Vec<Variant>, SpecError> {
        let wrong =
            |problem: &str| SpecError::Variants { place: self.place.to_owned(), problem: problem.to_owned() };
        let entries = value.as_array().ok_or_else(|| wrong("they are tables, [[variants]]"))?;
        if entries.is_empty() {
            return Err(wrong("an empty list describes no run"));
        }
        let read = |(index, entry): (usize, &Value)| {
            let mut table =
                entry.as_table().cloned().ok_or_else(|| wrong("they are tables, [[variants]]"))?;
            let name = match table.remove("name") {
                Some(Value::String(name)) if is_plain(&name) => name,
                _ => return Err(wrong("each needs a `name` of letters, digits, `-` and `_`")),
            };
            let only = match table.remove("only") {
                None => Vec::new(),
                Some(Value::Array(arms)) if !arms.is_empty() && arms.iter().all(Value::is_str) => {
                    arms.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
                }
                Some(_) => return Err(wrong("`only` is a list of arms, at least one of them")),
            };
            let place = format!("{}, variant {} ({name})", self.place, index + 1);
            let source = Source { place: &place, ..self };
            Ok(Variant { layer: source.layer(Leaf::of(table))?, name, only })
        };
        entries.iter().enumerate().map(read).collect()
    }
}

/// The range of whole numbers, where it is one of them that TOML cannot hold.
fn largest_number(error: &toml::de::Error, text: &str) -> String {
    let wrong = error.span().and_then(|span| text.get(span)).unwrap_or_default();
    let is_whole =
        !wrong.is_empty() && wrong.trim_start_matches(['-', '+']).bytes().all(|b| b.is_ascii_digit());
    if is_whole {
        format!("a whole number lies between {} and {}", i64::MIN, i64::MAX)
    } else {
        String::new()
    }
}

/// Whether `name` can name an arm or a variant, and so a folder.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// The key as it is typed for one arm.
fn full_key(arm: Option<&str>, key: &str) -> String {
    arm.map_or(key.to_owned(), |arm| format!("{ARMS}.{arm}.{key}"))
}

/// Reads the leaves of one layer.
#[derive(Clone, Copy)]
struct Reader<'a> {
    source: Source<'a>,
    arm: Option<&'a str>,
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

    fn read(&self, leaves: &[Leaf]) -> Result<Values, SpecError> {
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
                None => values.given.push((setting, accepted)),
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
            self.accept_one(setting, &leaf.value).ok_or_else(|| setting.kind.expected_instead_of(&leaf.value))
        };
        accepted.map_err(|expected| SpecError::Value { typed: typed(), expected })
    }

    fn accept_one(&self, setting: &Setting, value: &Value) -> Option<Value> {
        match (setting.kind, setting.kind.accept(value)?) {
            (Kind::File, Value::String(path)) => Some(Value::String(self.absolute(&path))),
            (_, value) => Some(value),
        }
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
            let item = self
                .accept_one(setting, item)
                .ok_or_else(|| format!("{}, or a list of such values, one run each", setting.kind))?;
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
