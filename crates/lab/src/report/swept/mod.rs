//! Several runs as points along what was varied: the settings that tell them apart, and the seeds at every
//! value.
//!
//! ```text
//! runs ─▶ keys (sweep.json's choices, or the settings in which runs differ) ─▶ groups of seeds ─▶ figures, table
//! ```
//!
//! Settings that change together are one key. Runs that differ in too much are told apart by name.

mod curves;
mod edge;
mod grid;
mod onset;
mod phase;

pub use grid::table;

use super::page::Block;
use super::settings::{SettingValue, differences};
use super::stored::StoredRun;
use crate::sweep::{SWEEP_FILE, SweepIndex};
use std::path::Path;

/// Settings beyond which runs are told apart by name and not by what was varied.
const MOST_KEYS: usize = 3;
/// How a variant of a spec is called where it is one of the keys.
const VARIANT: &str = "variant";
/// How runs are told apart that differ in too much.
const RUN: &str = "run";

/// Runs, and what tells them apart.
pub struct Swept<'a> {
    /// What was varied, in the order of the list of settings; empty where only the seed was.
    pub keys: Vec<Key>,
    /// Runs with the same values of all keys: repetitions, in ascending order of the values.
    pub groups: Vec<Group<'a>>,
}

/// Something that was varied.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The name of the setting.
    pub name: String,
    /// Its values, numbers in ascending order and words in the order of their runs.
    pub values: Vec<SettingValue>,
    /// Settings that change together with it.
    pub companions: Vec<String>,
}

/// Repetitions of one combination of values.
pub struct Group<'a> {
    /// Position of its value in every key.
    pub places: Vec<usize>,
    /// Its runs, in ascending order of their seeds.
    pub runs: Vec<&'a StoredRun>,
}

/// A column of values, run by run.
struct Column {
    name: String,
    values: Vec<SettingValue>,
}

impl Key {
    /// Whether its values are numbers.
    pub fn is_numeric(&self) -> bool {
        self.values.iter().all(|value| value.number().is_some())
    }

    /// Its name, and what changes with it.
    pub fn title(&self) -> String {
        match &self.companions[..] {
            [] => self.name.clone(),
            [one] => format!("{} (with {one})", self.name),
            [first, rest @ ..] => format!("{} (with {first} and {} more)", self.name, rest.len()),
        }
    }
}

impl<'a> Swept<'a> {
    /// What tells these runs apart.
    pub fn new(runs: &[&'a StoredRun]) -> Self {
        let mut columns = columns(runs);
        let mut keys = merged(&columns);
        if keys.len() > MOST_KEYS {
            columns = vec![Column { name: RUN.to_owned(), values: names(runs, &columns) }];
            keys = merged(&columns);
        }
        let place = |run: usize| {
            let of_key = |key: &Key| {
                let column = columns.iter().find(|column| column.name == key.name)?;
                key.values.iter().position(|value| *value == column.values[run])
            };
            keys.iter().map(|key| of_key(key).unwrap_or_default()).collect::<Vec<_>>()
        };
        let mut groups: Vec<Group<'a>> = Vec::new();
        for (index, run) in runs.iter().enumerate() {
            let places = place(index);
            match groups.iter_mut().find(|group| group.places == places) {
                Some(group) => group.runs.push(run),
                None => groups.push(Group { places, runs: vec![run] }),
            }
        }
        groups.sort_by(|a, b| a.places.cmp(&b.places));
        for group in &mut groups {
            group.runs.sort_by_key(|run| run.run.plan.seed);
        }
        Self { keys, groups }
    }

    /// The values of a group: `training.steps = 100, batch.anchors = 8`; empty where only seeds were varied.
    pub fn label(&self, group: &Group<'_>) -> String {
        let told = self.keys.iter().zip(&group.places).map(|(key, &place)| match key.name.as_str() {
            RUN => key.values[place].to_string(),
            name => format!("{name} = {}", key.values[place]),
        });
        told.collect::<Vec<_>>().join(", ")
    }

    /// A run by what it is and not by its folder: `training.steps = 100, seed 2`.
    pub fn name(&self, group: &Group<'_>, run: &StoredRun) -> String {
        let label = self.label(group);
        let seed = format!("seed {}", run.run.plan.seed);
        if label.is_empty() { seed } else { format!("{label}, {seed}") }
    }

    /// Every run with its group, group by group.
    pub fn runs(&self) -> impl Iterator<Item = (&Group<'a>, &'a StoredRun)> {
        self.groups.iter().flat_map(|group| group.runs.iter().map(move |run| (group, *run)))
    }

    /// The names of all arms, in the order in which they first occur.
    pub fn arms(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = Vec::new();
        for (_, run) in self.runs() {
            for arm in &run.arms {
                if !names.contains(&arm.name.as_str()) {
                    names.push(&arm.name);
                }
            }
        }
        names
    }
}

/// The figures of what was varied: maps where two numbers were, then every figure in curves.
pub fn blocks(swept: &Swept<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(along) = phase::along(swept) {
        blocks.extend(phase::blocks(swept, along));
        blocks.extend(onset::figure(swept, along).map(Block::Figure));
    }
    blocks.extend(curves::blocks(swept));
    blocks
}

/// What tells these runs apart: what the sweep chose for each, or the settings in which they differ.
fn columns(runs: &[&StoredRun]) -> Vec<Column> {
    let varied = |mut columns: Vec<Column>| {
        columns.retain(|column| distinct(&column.values).len() > 1);
        columns
    };
    let Some(chosen) = choices(runs).map(varied) else { return varied(by_settings(runs)) };
    if chosen.iter().any(|column| column.name == VARIANT) {
        // A variant sets what no list chose. Where few settings tell the runs apart, they say more than its
        // name.
        let settings = without_idle_words(varied(by_settings(runs)));
        if merged(&settings).len() <= MOST_KEYS {
            return settings;
        }
    }
    chosen
}

/// Without columns of words that all the others together tell: which arms a variant has, for instance.
fn without_idle_words(mut columns: Vec<Column>) -> Vec<Column> {
    let mut index = 0;
    while index < columns.len() {
        let others =
            || columns.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, column)| column);
        let row = |run: usize| others().map(|column| &column.values[run]).collect::<Vec<_>>();
        let rows: Vec<_> = (0..columns[index].values.len()).map(row).collect();
        let own = &columns[index].values;
        let is_word = own.iter().any(|value| value.number().is_none());
        let is_told = (0..rows.len()).all(|a| (0..a).all(|b| rows[a] != rows[b] || own[a] == own[b]));
        if is_word && is_told {
            columns.remove(index);
        } else {
            index += 1;
        }
    }
    columns
}

/// What the sweep that all of these runs belong to chose for each; `None` where there is no such sweep.
fn choices(runs: &[&StoredRun]) -> Option<Vec<Column>> {
    let folder = |run: &StoredRun| std::fs::canonicalize(&run.run.path).ok()?.parent().map(Path::to_path_buf);
    let parent = folder(runs.first()?)?;
    if !parent.join(SWEEP_FILE).is_file() || runs.iter().any(|run| folder(run).as_ref() != Some(&parent)) {
        return None;
    }
    let index = SweepIndex::read(&parent).ok()?;
    let entries = runs.iter().map(|run| index.points.iter().find(|point| point.run == run.name));
    let entries: Vec<_> = entries.collect::<Option<_>>()?;
    let mut names: Vec<&String> = entries.iter().flat_map(|entry| entry.choices.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let of_json =
        |value: Option<&serde_json::Value>| value.map_or(SettingValue::Absent, SettingValue::of_json);
    let column = |name: &String| Column {
        name: name.clone(),
        values: entries.iter().map(|entry| of_json(entry.choices.get(name))).collect(),
    };
    let variant = |name: &Option<String>| name.clone().map_or(SettingValue::Absent, SettingValue::Word);
    let variants = Column {
        name: VARIANT.to_owned(),
        values: entries.iter().map(|entry| variant(&entry.variant)).collect(),
    };
    let columns = names.into_iter().filter(|name| *name != "seed").map(column);
    Some(std::iter::once(variants).chain(columns).collect())
}

fn by_settings(runs: &[&StoredRun]) -> Vec<Column> {
    let column = |found: super::settings::Difference| Column { name: found.key, values: found.values };
    differences(runs).into_iter().map(column).collect()
}

/// Names that tell apart what differs: that of the experiment or, where one experiment has several settings,
/// that of the folder.
fn names(runs: &[&StoredRun], columns: &[Column]) -> Vec<SettingValue> {
    let content = |run: usize| columns.iter().map(|column| column.values[run].clone()).collect::<Vec<_>>();
    let name = |(index, run): (usize, &&StoredRun)| {
        let experiment = &run.run.plan.experiment;
        let is_alone = (0..runs.len())
            .filter(|&other| &runs[other].run.plan.experiment == experiment)
            .all(|other| content(other) == content(index));
        let folder = &run.name;
        let name = if is_alone { experiment.clone() } else { format!("{experiment} ({folder})") };
        SettingValue::Word(name)
    };
    runs.iter().enumerate().map(name).collect()
}

/// Columns that tell the same runs apart are one key, named after the first number among them. What another
/// column tells already changes with it.
fn merged(columns: &[Column]) -> Vec<Key> {
    let tells = |column: &Column, other: &Column| {
        let count = column.values.len();
        let agrees =
            |a: usize, b: usize| column.values[a] != column.values[b] || other.values[a] == other.values[b];
        (0..count).all(|a| (0..a).all(|b| agrees(a, b)))
    };
    let mut groups: Vec<Vec<&Column>> = Vec::new();
    for column in columns {
        // Of two columns that tell each other the first one leads.
        let place = columns.iter().position(|other| std::ptr::eq(other, column)).unwrap_or_default();
        let is_led = columns.iter().enumerate().any(|(index, other)| {
            index != place && tells(other, column) && (index < place || !tells(column, other))
        });
        if !is_led {
            groups.push(vec![column]);
        }
    }
    for column in columns {
        let is_leader = groups.iter().any(|group| std::ptr::eq(group[0], column));
        if let Some(group) = groups.iter_mut().find(|group| tells(group[0], column)).filter(|_| !is_leader) {
            group.push(column);
        }
    }
    let key = |group: &Vec<&Column>| {
        let is_numeric = |column: &&&Column| column.values.iter().all(|value| value.number().is_some());
        // A number that tells as much as the leader is what the key is called.
        let is_equal = |column: &&&Column| tells(column, group[0]);
        let leader = group.iter().filter(is_equal).find(is_numeric).unwrap_or(&group[0]);
        let mut values = distinct(&leader.values);
        values.sort_by(|a, b| match (a.number(), b.number()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => std::cmp::Ordering::Equal,
        });
        let others = group.iter().filter(|column| column.name != leader.name);
        Key { name: leader.name.clone(), values, companions: others.map(|c| c.name.clone()).collect() }
    };
    groups.iter().map(key).collect()
}

fn distinct(values: &[SettingValue]) -> Vec<SettingValue> {
    let mut known: Vec<SettingValue> = Vec::new();
    for value in values {
        if !known.contains(value) {
            known.push(value.clone());
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, values: &[SettingValue]) -> Column {
        Column { name: name.to_owned(), values: values.to_vec() }
    }

    fn numbers(values: &[f64]) -> Vec<SettingValue> {
        values.iter().map(|&value| SettingValue::Number(value)).collect()
    }

    #[test]
    fn settings_that_change_together_are_one_key_named_after_a_number() {
        let words: Vec<_> = ["b", "a", "b"].map(|word| SettingValue::Word(word.to_owned())).to_vec();
        let keys = merged(&[
            column("kind", &words),
            column("d", &numbers(&[64.0, 16.0, 64.0])),
            column("steps", &numbers(&[1.0, 1.0, 2.0])),
        ]);
        assert_eq!(keys.len(), 2);
        assert_eq!((keys[0].name.as_str(), keys[0].companions.clone()), ("d", vec!["kind".to_owned()]));
        assert_eq!(keys[0].values, numbers(&[16.0, 64.0]), "numbers ascend");
        assert_eq!(keys[0].title(), "d (with kind)");
        let alone = merged(&[column("kind", &words)]);
        assert_eq!(alone[0].values, words[..2], "words keep their order");
        assert!(!alone[0].is_numeric() && keys[1].is_numeric());
    }

    /// Three sizes, of which two have the same batch: the batch changes with the size.
    #[test]
    fn what_another_setting_tells_changes_with_it() {
        let words =
            |values: &[&str]| values.iter().map(|v| SettingValue::Word((*v).to_owned())).collect::<Vec<_>>();
        let columns = vec![
            column("anchors", &numbers(&[64.0, 64.0, 128.0, 64.0])),
            column("d", &numbers(&[16.0, 32.0, 64.0, 16.0])),
            column("decay", &numbers(&[1.0, 1.0, 1.0, 2.0])),
            column("arms", &words(&["a, b", "a, b", "a, b", "a"])),
        ];
        let told = without_idle_words(columns);
        assert_eq!(told.len(), 3, "which arms there are is told by the decay");
        let keys = merged(&told);
        let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
        assert_eq!(names, ["d", "decay"]);
        assert_eq!(keys[0].companions, ["anchors"]);
    }
}
