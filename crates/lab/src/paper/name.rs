//! Names that a paper gives, as values that are cheap to copy and to compare.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Longest name that a file may give: every name stays in memory.
const LONGEST: usize = 60;

/// A name that lives as long as the process; equal names are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Name(&'static str);

impl Name {
    /// The name with this text.
    pub fn new(text: &str) -> Self {
        static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let text = known.get(text).copied().unwrap_or_else(|| {
            let kept: &'static str = Box::leak(text.into());
            known.insert(kept);
            kept
        });
        Self(text)
    }

    /// Its text.
    pub fn text(self) -> &'static str {
        self.0
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        if text.is_empty() || text.len() > LONGEST || !text.chars().all(is_plain) {
            let shown: String = text.chars().take(LONGEST).collect();
            return Err(D::Error::custom(format!(
                "`{shown}` is no name: expected 1 to {LONGEST} small letters, digits, _ and -"
            )));
        }
        Ok(Self::new(&text))
    }
}
