//! Settings in canonical form: a sorted line `key = value` each, so that equal settings are equal text
//! however they were written down.
//!
//! Keys are full, `data.latent_dim` or `arms.NAME.training.steps`; an arm without settings of its own stands
//! as `arms.NAME`. Whole numbers are written without a point, all others as the shortest decimal that reads
//! back as the same number; texts in quotes as in JSON; lists in brackets, tables in braces with sorted keys;
//! a file as `sha256:` and its digest.

use super::digest::{Digest, RunId, SettingKey};
use std::collections::{BTreeMap, BTreeSet};
use toml::Value;

/// The setting that repetitions differ in.
const SEED: &str = "seed";
/// What the settings of arms begin with.
const ARMS: &str = "arms";
/// From here on a double no longer tells neighbouring whole numbers apart.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// Settings by full key, each with its value in canonical form.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Sets a value.
    pub fn insert(&mut self, key: &str, value: &Value) {
        self.0.insert(key.to_owned(), canonical(value));
    }

    /// Sets the contents of a file.
    pub fn insert_contents(&mut self, key: &str, contents: &Digest) {
        self.0.insert(key.to_owned(), format!("sha256:{contents}"));
    }

    /// Keys and values in canonical form, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// All but the named settings and those below them, whether they stand for the run or for an arm.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        let is_left_out =
            |key: &str| names.iter().any(|name| local(key).strip_prefix(name).is_some_and(is_end));
        Self(
            self.0.iter().filter(|(key, _)| !is_left_out(key)).map(|(k, v)| (k.clone(), v.clone())).collect(),
        )
    }

    /// What holds for one arm: what all arms share and its own settings, without its name.
    #[must_use]
    pub fn of_arm(&self, name: &str) -> Self {
        let own = format!("{ARMS}.{name}.");
        let settings = self.0.iter().filter_map(|(key, value)| {
            let key = match key.strip_prefix(ARMS) {
                Some(rest) if is_end(rest) => key.strip_prefix(&own)?,
                _ => key,
            };
            Some((key.to_owned(), value.clone()))
        });
        Self(settings.collect())
    }

    /// Keys that have another value in `other`, or that only one of the two has; sorted.
    pub fn differing<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        let all: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        all.into_iter().filter(|key| self.0.get(*key) != other.0.get(*key)).map(String::as_str).collect()
    }

    /// Names the settings without the seed.
    pub fn setting_key(&self) -> SettingKey {
        SettingKey(self.without(&[SEED]).digest())
    }

    /// Names the run that they describe.
    pub fn run_id(&self) -> RunId {
        RunId(self.digest())
    }

    fn digest(&self) -> Digest {
        let lines = self.0.iter().map(|(key, value)| format!("{key} = {value}\n"));
        Digest::of(lines.collect::<String>())
    }
}

impl<'a> FromIterator<(&'a str, &'a Value)> for Settings {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a Value)>>(values: I) -> Self {
        Self(values.into_iter().map(|(key, value)| (key.to_owned(), canonical(value))).collect())
    }
}

/// The key without the arm in front.
fn local(key: &str) -> &str {
    let own = key.strip_prefix(ARMS).and_then(|rest| rest.strip_prefix('.')?.split_once('.'));
    own.map_or(key, |(_, local)| local)
}

/// Whether a key ends here, or goes on below.
fn is_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('.')
}

fn canonical(value: &Value) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => canonical_number(*number),
        Value::Boolean(value) => value.to_string(),
        Value::String(text) => quoted(text),
        Value::Datetime(time) => quoted(&time.to_string()),
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(", ")),
        Value::Table(entries) => {
            let sorted: BTreeMap<&String, &Value> = entries.iter().collect();
            let entries =
                sorted.into_iter().map(|(key, value)| format!("{}: {}", quoted(key), canonical(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// 1 and 1.0 are the same number, and so are 0 and −0.
fn canonical_number(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < LARGEST_EXACT {
        return (number as i64).to_string();
    }
    format!("{number:?}")
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
