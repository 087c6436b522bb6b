//! The settings of stored runs side by side: in which of them runs differ.
//!
//! Settings are compared as values, not as text: 7 and 7.0 are the same. What all arms of a run share is
//! compared arm by arm, since a stored spec writes a setting at its top where its arms happen to agree.

use super::stored::StoredRun;
use crate::spec::registry::settings;
use std::collections::BTreeMap;
use std::fs;
use toml::Value;

/// Settings that name a run and do not describe it.
const NAMES: [&str; 2] = ["experiment", "seed"];

/// The value of a setting, as it is ordered and shown.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingValue {
    /// A number.
    Number(f64),
    /// Anything else, as it is typed.
    Word(String),
    /// The run has no such setting.
    Absent,
}

impl SettingValue {
    fn of_toml(value: &Value) -> Self {
        match value {
            Value::Integer(number) => Self::Number(*number as f64),
            Value::Float(number) => Self::Number(*number),
            Value::String(word) => Self::Word(word.clone()),
            other => Self::Word(other.to_string()),
        }
    }

    /// A value as `sweep.json` holds it.
    pub fn of_json(value: &serde_json::Value) -> Self {
        match (value.as_f64(), value.as_str()) {
            (Some(number), _) => Self::Number(number),
            (_, Some(word)) => Self::Word(word.to_owned()),
            _ => Self::Word(value.to_string()),
        }
    }

    /// The number that it is.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Word(_) | Self::Absent => None,
        }
    }
}

impl std::fmt::Display for SettingValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) if *number != 0.0 && !(1e-4..1e7).contains(&number.abs()) => {
                write!(f, "{number:e}")
            }
            Self::Number(number) => write!(f, "{number}"),
            Self::Word(word) => f.write_str(word),
            Self::Absent => f.write_str("–"),
        }
    }
}

/// All settings of a run: what the run shares, and those of every arm.
struct Settings {
    shared: BTreeMap<String, SettingValue>,
    arms: BTreeMap<String, BTreeMap<String, SettingValue>>,
}

impl Settings {
    fn of(run: &StoredRun) -> Self {
        let text = fs::read_to_string(run.run.path.join("spec.toml")).unwrap_or_default();
        let mut settings = Self::parse(&text);
        // Every run has its own copy of a file: what tells them apart is what they hold.
        for file in &run.run.identity.files {
            let told = format!("{} (SHA-256 {})", file.name, file.digest.short());
            settings.shared.insert(file.setting.clone(), SettingValue::Word(told));
        }
        settings
    }

    fn parse(text: &str) -> Self {
        let mut root = text.parse::<toml::Table>().unwrap_or_default();
        let arms = match root.remove("arms") {
            Some(Value::Table(arms)) => arms,
            _ => toml::Table::new(),
        };
        let mut top = BTreeMap::new();
        flatten("", &Value::Table(root), &mut top);
        let is_shared =
            |key: &str| settings().iter().any(|setting| setting.key == key && setting.is_shared());
        let (shared, common): (BTreeMap<_, _>, BTreeMap<_, _>) =
            top.into_iter().partition(|(key, _)| is_shared(key) || NAMES.contains(&key.as_str()));
        let arms = arms.into_iter().map(|(name, own)| {
            let mut all = common.clone();
            flatten("", &own, &mut all);
            (name, all)
        });
        Self { shared, arms: arms.collect() }
    }
}

fn flatten(name: &str, value: &Value, flat: &mut BTreeMap<String, SettingValue>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, value, flat);
            }
        }
        other => {
            flat.insert(name.to_owned(), SettingValue::of_toml(other));
        }
    }
}

/// A setting, and its value in every run.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Its full name, with `arms.NAME.` in front where only that arm differs.
    pub key: String,
    /// Its value run by run.
    pub values: Vec<SettingValue>,
}

/// The settings in which runs differ, the names of their experiments and seeds left out, in the order of the
/// list of settings.
pub fn differences(runs: &[&StoredRun]) -> Vec<Difference> {
    differing(&runs.iter().map(|run| Settings::of(run)).collect::<Vec<_>>())
}

fn differing(runs: &[Settings]) -> Vec<Difference> {
    let read = |values: &BTreeMap<String, SettingValue>, key: &str| {
        values.get(key).cloned().unwrap_or(SettingValue::Absent)
    };
    let is_news = |values: &[SettingValue]| values.windows(2).any(|pair| pair[0] != pair[1]);
    let mut found: Vec<Difference> = Vec::new();
    for key in keys(runs.iter().map(|run| &run.shared)) {
        let values: Vec<SettingValue> = runs.iter().map(|run| read(&run.shared, &key)).collect();
        if is_news(&values) && !NAMES.contains(&key.as_str()) {
            found.push(Difference { key, values });
        }
    }
    // Arms are compared where every run has them; who has which is a difference of its own.
    let names: Vec<Vec<&String>> = runs.iter().map(|run| run.arms.keys().collect()).collect();
    let told = |names: &Vec<&String>| {
        SettingValue::Word(names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", "))
    };
    let told: Vec<SettingValue> = names.iter().map(told).collect();
    if is_news(&told) {
        found.push(Difference { key: "arms".to_owned(), values: told });
    }
    let everywhere = |name: &&String| names.iter().all(|names| names.contains(name));
    let common: Vec<&String> = names.first().into_iter().flatten().copied().filter(everywhere).collect();
    for key in keys(runs.iter().flat_map(|run| run.arms.values())) {
        let of_arm = |arm: &String| runs.iter().map(|run| read(&run.arms[arm], &key)).collect::<Vec<_>>();
        let all: Vec<Vec<SettingValue>> = common.iter().map(|arm| of_arm(arm)).collect();
        if let Some(first) = all.first().filter(|first| is_news(first) && all.iter().all(|v| v == *first)) {
            found.push(Difference { key, values: first.clone() });
            continue;
        }
        for (arm, values) in common.iter().zip(all).filter(|(_, values)| is_news(values)) {
            found.push(Difference { key: format!("arms.{arm}.{key}"), values });
        }
    }
    found
}

/// The keys of all of them, each once, in the order of the list of settings.
fn keys<'a>(tables: impl Iterator<Item = &'a BTreeMap<String, SettingValue>>) -> Vec<String> {
    let mut keys: Vec<String> = tables.flat_map(BTreeMap::keys).cloned().collect();
    let place = |key: &String| settings().iter().position(|setting| setting.key == key).unwrap_or(usize::MAX);
    keys.sort_by(|a, b| place(a).cmp(&place(b)).then(a.cmp(b)));
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(specs: &[&str]) -> Vec<String> {
        let runs: Vec<Settings> = specs.iter().map(|spec| Settings::parse(spec)).collect();
        let line = |found: Difference| {
            let values: Vec<String> = found.values.iter().map(ToString::to_string).collect();
            format!("{}: {}", found.key, values.join(" | "))
        };
        differing(&runs).into_iter().map(line).collect()
    }

    #[test]
    fn values_are_compared_and_not_their_text() {
        let a = "seed = 1\nexperiment = \"a\"\n[training]\nsteps = 7\nlearning_rate = 1\n[arms.main]\n";
        let b = "seed = 2\nexperiment = \"b\"\n[training]\nsteps = 9\nlearning_rate = 1.0\n[arms.main]\n";
        assert_eq!(told(&[a, b]), ["training.steps: 7 | 9"]);
        assert_eq!(told(&[a, a]), [""; 0]);
    }

    /// The first run writes τ at the top because its arms agree, the second arm by arm: only one arm differs.
    #[test]
    fn a_setting_of_one_arm_is_told_as_that_wherever_it_stands() {
        let a = "[objective]\ntemperature = 1.0\n[arms.x]\n[arms.y]\n";
        let b = "[arms.x.objective]\ntemperature = 0.5\n[arms.y.objective]\ntemperature = 1.0\n";
        assert_eq!(told(&[a, b]), ["arms.x.objective.temperature: 1 | 0.5"]);
        let c = "[objective]\ntemperature = 0.5\n[arms.x]\n[arms.y]\n";
        assert_eq!(told(&[a, c, b]).len(), 2);
        assert_eq!(told(&[a, c]), ["objective.temperature: 1 | 0.5"]);
    }

    #[test]
    fn other_arms_and_settings_that_one_run_lacks_are_differences() {
        let a = "[objective]\ntemperature = 1.0\n[arms.x]\n[arms.y]\n";
        let b = "[training]\nsteps = 2\n[arms.x]\n";
        assert_eq!(
            told(&[a, b]),
            ["arms: x, y | x", "objective.temperature: 1 | –", "training.steps: – | 2"]
        );
    }
}
