//! A list of settings as a value: what parsing, defaults, conditions, suggestions and `explain` read.
//!
//! A kind of run has one catalogue. Whoever reads settings takes it as a value, so that another kind of run brings
//! a list of its own and nothing else.

use super::renamed::Renamed;
use super::setting::{Condition, Fallback, Kind, Setting};
use featurescope_sim::part::{AnySlot, PartOutline, PartSetting};
use std::fmt;
use std::sync::{PoisonError, RwLock};

/// A setting that is always used, has a default and no alternatives; the others say how they differ.
pub const fn setting(key: &'static str, kind: Kind, fallback: &'static str, doc: &'static str) -> Setting {
    let fallback = Fallback::Value(fallback);
    Setting { key, kind, fallback, used_when: &[], alternatives: &[], doc }
}

impl Setting {
    /// The same, used where all of these conditions hold.
    #[must_use]
    pub const fn when(self, used_when: &'static [Condition]) -> Self {
        Self { used_when, ..self }
    }

    /// The same without a default: it must be given.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { fallback: Fallback::Required, ..self }
    }

    /// The same, not given by default, with what that means.
    #[must_use]
    pub const fn absent(self, meaning: &'static str) -> Self {
        Self { fallback: Fallback::Absent(meaning), ..self }
    }

    /// The same, by default with the value of the setting of this key.
    #[must_use]
    pub const fn same_as(self, key: &'static str) -> Self {
        Self { fallback: Fallback::SameAs(key), ..self }
    }

    /// The same as one way of saying something: at most one of these keys may be given.
    #[must_use]
    pub const fn one_of(self, alternatives: &'static [&'static str]) -> Self {
        Self { alternatives, ..self }
    }

    /// Whether all arms of a run share it: the run itself, its data and its probes.
    pub fn is_shared(&self) -> bool {
        !self.key.contains('.') || self.key.starts_with("data.") || self.key.starts_with("probe.")
    }
}

/// One or several settings of the list.
#[derive(Clone, Copy)]
pub enum Entry {
    /// A setting of the run as a whole.
    Setting(Setting),
    /// A setting that is used only where the one of this key is, which stands before it.
    Beside(&'static str, Setting),
    /// A setting that is used only where these conditions hold too, which the parts of the program decide.
    With(fn() -> Vec<Condition>, Setting),
    /// A slot: the word that chooses a part, and the settings of its parts.
    Slot(&'static dyn AnySlot),
    /// A slot whose default part is that there is none: a written spec has it only where another part is chosen.
    OptionalSlot(&'static dyn AnySlot),
    /// A slot that is used only where these conditions hold, which the parts of the program decide.
    SlotWith(fn() -> Vec<Condition>, &'static dyn AnySlot),
}

/// The settings of one kind of run.
pub struct Catalogue {
    /// What its settings are of: "runs on …".
    pub subject: &'static str,
    entries: &'static [Entry],
    /// What earlier versions called otherwise.
    pub renamed: Renamed,
    /// The list that was built last, and of how many parts.
    built: RwLock<(usize, &'static [Setting])>,
}

impl Catalogue {
    /// A catalogue of these entries, in the order in which settings are written and explained, and of the names that
    /// earlier versions had.
    pub const fn new(subject: &'static str, entries: &'static [Entry], renamed: Renamed) -> Self {
        Self { subject, entries, renamed, built: RwLock::new((0, &[])) }
    }

    /// All settings, in the order in which they are written and explained. Parts that are added while the program
    /// runs bring theirs along.
    pub fn settings(&self) -> &'static [Setting] {
        let slots = self.entries.iter().filter_map(|entry| match entry {
            Entry::Slot(slot) | Entry::OptionalSlot(slot) | Entry::SlotWith(_, slot) => Some(*slot),
            Entry::Setting(_) | Entry::Beside(..) | Entry::With(..) => None,
        });
        // A catalogue without slots is built once too.
        let parts = 1 + slots.map(part_count).sum::<usize>();
        let (known, settings) = *self.built.read().unwrap_or_else(PoisonError::into_inner);
        if known == parts {
            return settings;
        }
        let settings = kept(build(self.entries));
        *self.built.write().unwrap_or_else(PoisonError::into_inner) = (parts, settings);
        settings
    }

    /// The setting with this key.
    pub fn find(&self, key: &str) -> Option<&'static Setting> {
        self.settings().iter().find(|setting| setting.key == key)
    }

    /// Whether some setting's key starts with `prefix` and a dot.
    pub fn is_table(&self, prefix: &str) -> bool {
        let is_inside = |key: &str| key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'));
        self.settings().iter().any(|setting| is_inside(setting.key))
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "settings of {}", self.subject)
    }
}

/// Parts of a slot and of the slots that its parts are made of.
fn part_count(slot: &dyn AnySlot) -> usize {
    let outlines = slot.outlines();
    let settings = outlines.iter().flat_map(|part| part.settings);
    let inner = settings.map(|setting| match setting.kind {
        Kind::Part(slot) => part_count(slot),
        _ => 0,
    });
    outlines.len() + inner.sum::<usize>()
}

fn build(entries: &[Entry]) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    for entry in entries {
        match entry {
            Entry::Setting(setting) => settings.push(*setting),
            Entry::Beside(key, setting) => {
                let other = settings.iter().find(|other| other.key == *key);
                let mut used_when = setting.used_when.to_vec();
                // What it asks of a key itself is narrower than what the other one asks.
                let is_new =
                    |condition: &&Condition| setting.used_when.iter().all(|own| own.key != condition.key);
                used_when.extend(other.map_or(&[][..], |other| other.used_when).iter().filter(is_new));
                settings.push(Setting { used_when: kept(used_when), ..*setting });
            }
            Entry::With(conditions, setting) => {
                let used_when = [conditions(), setting.used_when.to_vec()].concat();
                settings.push(Setting { used_when: kept(used_when), ..*setting });
            }
            Entry::Slot(slot) => settings.extend(of_slot(*slot, &[], Fallback::Value)),
            Entry::OptionalSlot(slot) => settings.extend(of_slot(*slot, &[], Fallback::Unwritten)),
            Entry::SlotWith(conditions, slot) => {
                settings.extend(of_slot(*slot, kept(conditions()), Fallback::Value));
            }
        }
    }
    settings
}

/// Keeps something for as long as the program runs: what the list of settings is made of.
pub(super) fn kept<T>(items: Vec<T>) -> &'static [T] {
    Vec::leak(items)
}

fn kept_text(text: String) -> &'static str {
    String::leak(text)
}

/// The word that chooses a part, then the settings of the parts, each used with the parts that have it. A part
/// that is made of parts has the settings of their slots. `fallback` makes the word's default.
fn of_slot(
    slot: &dyn AnySlot,
    used_when: &'static [Condition],
    fallback: fn(&'static str) -> Fallback,
) -> Vec<Setting> {
    let (parts, key) = (slot.outlines(), |name: &str| kept_text(format!("{}.{name}", slot.key())));
    let kind = key("kind");
    let summaries: Vec<String> =
        parts.iter().map(|part| format!("{}: {}.", part.kind, part.summary)).collect();
    let mut settings = vec![Setting {
        key: kind,
        kind: Kind::Choice(kept(parts.iter().map(|part| part.kind).collect())),
        fallback: fallback(kept_text(format!("\"{}\"", slot.default_kind()))),
        used_when,
        alternatives: &[],
        doc: kept_text(format!("{} {}", slot.doc(), summaries.join(" "))),
    }];
    let mut seen: Vec<&PartSetting> = Vec::new();
    for setting in parts.iter().flat_map(|part| part.settings) {
        if seen.iter().any(|other| other.name == setting.name) {
            continue;
        }
        seen.push(setting);
        let has_it = |part: &&PartOutline| part.settings.iter().any(|other| other.name == setting.name);
        let with: Vec<&'static str> = parts.iter().filter(has_it).map(|part| part.kind).collect();
        let mut used_when = used_when.to_vec();
        if with.len() < parts.len() {
            used_when.push(Condition { key: kind, any_of: kept(with) });
        }
        if let Kind::Part(inner) = setting.kind {
            let is_later = matches!(setting.fallback, Fallback::Unwritten(_));
            let fallback = if is_later { Fallback::Unwritten } else { Fallback::Value };
            settings.extend(of_slot(inner, kept(used_when), fallback));
            continue;
        }
        settings.push(Setting {
            key: key(setting.name),
            kind: setting.kind,
            fallback: setting.fallback,
            used_when: kept(used_when),
            alternatives: kept(setting.alternatives.iter().map(|name| key(name)).collect()),
            doc: setting.doc,
        });
    }
    settings
}
