//! Values of settings, and the nested tables that they are written as.

use super::catalogue::Catalogue;
use super::setting::Setting;
use std::fmt;
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

    /// Adds a setting that has no value yet; its alternatives stay.
    pub(super) fn add(&mut self, setting: &'static Setting, value: Value) {
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
