//! Which settings are used, depending on others, and which are needed.

use super::SettingsError;
use super::arm::{VIEWS, used_settings};
use toml::{Table, Value};

/// Settings that are needed whatever the others are.
const REQUIRED: [&str; 16] = [
    "seeds",
    "data.train",
    "data.test",
    "network.kind",
    "training.epochs",
    "training.batch",
    "training.learning_rate",
    "training.warmup",
    "training.momentum",
    "training.weight_decay",
    "training.objective.kind",
    "measure.every",
    "measure.probe",
    "measure.neighbours",
    "measure.feature_steps",
    "arms",
];

/// A setting that the others make useless.
struct Unused {
    /// Its tables and its name.
    key: Vec<String>,
    /// When it would be used.
    when: String,
}

/// The settings of `whole` that nothing uses.
fn unused(whole: &Table) -> Vec<Unused> {
    let mut found = Vec::new();
    let mut add = |key: &[&str], when: String| {
        if value_at(whole, key).is_some() {
            found.push(Unused { key: key.iter().map(|&part| part.to_owned()).collect(), when });
        }
    };
    if value_at(whole, &["data", "path"]).is_some() {
        for key in ["size", "classes"] {
            add(
                &["data", key],
                "it describes the synthetic set; data.path or --data names other pictures".into(),
            );
        }
    }
    if value_at(whole, &["measure", "feature_steps"]).and_then(Value::as_integer) == Some(0) {
        add(&["measure", "features"], "it is used where measure.feature_steps is at least 1".into());
    }
    let arms = value_at(whole, &["arms"]).and_then(Value::as_table).cloned().unwrap_or_default();
    let has_own = |arm: &Value| arm.get("objective").is_some();
    if !arms.is_empty() && arms.iter().all(|(_, arm)| has_own(arm)) {
        for key in ["temperature", "similarity", "stop_gradient"] {
            add(&["training", "objective", key], "every arm has an objective of its own".into());
        }
    }
    let network = value_at(whole, &["network", "kind"]).and_then(Value::as_str);
    for (name, arm) in &arms {
        let views = arm.get("views").and_then(Value::as_str).filter(|word| VIEWS.contains(word));
        // Views that are missing or not known are told as that.
        let Some(views) = views else { continue };
        for key in VIEWS.iter().flat_map(|word| used_settings(word)) {
            if !used_settings(views).contains(key) {
                let users: Vec<_> = VIEWS.iter().filter(|word| used_settings(word).contains(key)).collect();
                let users = users.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ");
                add(&["arms", name, key], format!("it is used where arms.{name}.views is {users}"));
            }
        }
        if views == "mask" && network == Some("patches") {
            let when = "masks of network.kind = \"patches\" cover single coordinates of a patch";
            add(&["arms", name, "patch"], when.to_owned());
        }
    }
    found
}

/// An error if `layer` typed something that nothing in `whole` uses.
pub(super) fn refuse_unused(whole: &Table, layer: &Table) -> Result<(), SettingsError> {
    for Unused { key, when } in unused(whole) {
        let parts: Vec<&str> = key.iter().map(String::as_str).collect();
        if let Some(value) = value_at(layer, &parts) {
            return Err(SettingsError::Unused { setting: key.join("."), value: value.to_string(), when });
        }
    }
    Ok(())
}

/// Takes away what nothing uses.
pub(super) fn remove_unused(whole: &mut Table) {
    for Unused { key, .. } in unused(whole) {
        let Some((last, tables)) = key.split_last() else { continue };
        let mut table = &mut *whole;
        for part in tables {
            match table.get_mut(part) {
                Some(Value::Table(inner)) => table = inner,
                _ => return,
            }
        }
        table.remove(last);
    }
}

/// An error that names every setting that is missing.
pub(super) fn require_complete(whole: &Table) -> Result<(), SettingsError> {
    let is_missing = |key: &str| value_at(whole, &key.split('.').collect::<Vec<_>>()).is_none();
    let mut missing: Vec<String> =
        REQUIRED.iter().filter(|key| is_missing(key)).map(|key| (*key).to_owned()).collect();
    let network = value_at(whole, &["network", "kind"]).and_then(Value::as_str).unwrap_or_default();
    let sizes: &[&str] = match network {
        "alexnet" => &["width", "kernel", "features", "projection"],
        "wide_resnet" => &["depth", "width", "projection"],
        "patches" => &["neurons", "patch"],
        _ => &[],
    };
    let sizes = sizes.iter().map(|key| format!("network.{key}"));
    let objective = value_at(whole, &["training", "objective"]);
    let losses = needs_of(objective).iter().map(|key| format!("training.objective.{key}"));
    missing.extend(sizes.chain(losses).filter(|key| is_missing(key)));
    if is_missing("data.path") {
        match ["data.size", "data.classes"].map(is_missing) {
            [true, true] => {
                let ways = "data.path (or --data), or data.size and data.classes of the synthetic set";
                missing.push(ways.to_owned());
            }
            [true, false] => missing.push("data.size".to_owned()),
            [false, true] => missing.push("data.classes".to_owned()),
            [false, false] => {}
        }
    }
    for (name, arm) in value_at(whole, &["arms"]).and_then(Value::as_table).into_iter().flatten() {
        if arm.get("views").is_none() {
            missing.push(format!("arms.{name}.views"));
        }
        if let Some(objective) = arm.get("objective") {
            let needed = ["kind"].iter().chain(needs_of(Some(objective)));
            let needed = needed.filter(|key| objective.get(key).is_none());
            missing.extend(needed.map(|key| format!("arms.{name}.objective.{key}")));
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(SettingsError::Missing(missing)) }
}

/// What an objective of this kind needs.
fn needs_of(objective: Option<&Value>) -> &'static [&'static str] {
    match objective.and_then(|objective| objective.get("kind")).and_then(Value::as_str) {
        Some("nt_xent") => &["temperature", "similarity"],
        Some("info_nce") => &["temperature", "similarity", "stop_gradient"],
        _ => &[],
    }
}

/// The value at a path of keys.
fn value_at<'a>(table: &'a Table, key: &[&str]) -> Option<&'a Value> {
    let (first, rest) = key.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, part| value.get(part))
}
