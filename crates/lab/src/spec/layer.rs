//! One place in which settings are typed: a TOML file, or the `key=value` arguments of the command line.

use super::argument;
use super::catalogue::Catalogue;
use super::error::{SpecError, Typed};
use super::leaf::Leaf;
use super::reader::{ARMS, Reader, Source, full_key, is_plain};
use super::registry::SPARSE_CODING;
use super::setting::Setting;
use super::values::Values;
use std::path::Path;
use toml::{Table, Value};

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
