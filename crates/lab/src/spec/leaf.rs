//! One typed value and the way to it: a document without its nesting.
//!
//! `objective.temperature=0.5` and `objective={temperature=0.5}` are the same leaf. So nothing that was typed can
//! replace or hide something else before it is checked.

use toml::{Table, Value};

/// A value that is no table, or an empty table.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// The names of the tables around it and its own.
    pub path: Vec<String>,
    /// The value.
    pub value: Value,
    /// The value as it was typed.
    pub shown: String,
}

impl Leaf {
    /// The leaves of a document, in the order in which they were written.
    pub fn of(table: Table) -> Vec<Self> {
        let mut leaves = Vec::new();
        Self::collect(&[], table, &mut leaves);
        leaves
    }

    /// Adds the leaves of `table`, which stands at `path`.
    pub fn collect(path: &[String], table: Table, leaves: &mut Vec<Self>) {
        for (name, value) in table {
            let path = [path, &[name]].concat();
            match value {
                Value::Table(inner) if !inner.is_empty() => Self::collect(&path, inner, leaves),
                value => leaves.push(Self { path, shown: value.to_string(), value }),
            }
        }
    }

    /// The dotted key.
    pub fn key(&self) -> String {
        self.path.join(".")
    }
}
