//! From layers to arms: what holds for each arm, with defaults filled in and nothing left that is not used.
//!
//! A later layer overrides an earlier one; what it says for all arms also overrides what an earlier one said for one
//! arm. A setting that no arm uses is an error in the layer that typed it; a setting of an earlier layer that a later
//! layer made useless is dropped.

use super::error::SpecError;
use super::layer::{Layer, Values};
use super::registry::{SETTINGS, find};
use super::setting::{Condition, Fallback, Setting};
use toml::Value;

/// Name of the only arm of a spec without arms.
pub const ONLY_ARM: &str = "main";

/// All values of a run.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// What all arms share.
    pub shared: Values,
    /// The settings of each arm, by name, without what they share.
    pub arms: Vec<(String, Values)>,
}

/// Joins the layers, the first one being the experiment's file.
pub fn resolve(layers: &[Layer]) -> Result<Resolved, SpecError> {
    let mut merged = Merged::default();
    for layer in layers {
        merged.add(layer)?;
        merged.refuse_unused(layer)?;
    }
    merged.finish()
}

/// What has been typed so far.
#[derive(Default)]
struct Merged {
    base: Values,
    arms: Vec<(String, Values)>,
}

impl Merged {
    fn add(&mut self, layer: &Layer) -> Result<(), SpecError> {
        for (setting, value) in layer.base.iter() {
            self.base.set(setting, value.clone());
            self.arms.iter_mut().for_each(|(_, values)| values.remove(setting));
        }
        if self.arms.is_empty() {
            self.arms.clone_from(&layer.arms);
            if self.arms.is_empty() {
                self.arms.push((ONLY_ARM.to_owned(), Values::default()));
            }
            return Ok(());
        }
        for (name, over) in &layer.arms {
            let Some((_, values)) = self.arms.iter_mut().find(|(arm, _)| arm == name) else {
                let arms = self.arms.iter().map(|(arm, _)| arm.clone()).collect();
                return Err(SpecError::UnknownArm { arm: name.clone(), place: layer.place.clone(), arms });
            };
            *values = values.overlaid(over);
        }
        Ok(())
    }

    fn effective(&self, arm: &Values) -> Values {
        self.base.overlaid(arm)
    }

    /// An error if `layer` typed something that no arm it applies to uses.
    fn refuse_unused(&self, layer: &Layer) -> Result<(), SpecError> {
        for (setting, value) in layer.base.iter() {
            let mut obstacles = self.arms.iter().map(|(name, arm)| {
                obstacle(setting, &self.effective(arm)).map(|found| (name.clone(), found))
            });
            // Used in one arm: fine. In none: the first arm explains why.
            let first = obstacles.next().flatten();
            if let Some((arm, found)) = first
                && obstacles.all(|other| other.is_some())
            {
                let arm = (!setting.is_shared()).then_some(arm);
                return Err(unused(layer, arm, None, (setting, value), found));
            }
        }
        for (name, over) in &layer.arms {
            let Some((_, arm)) = self.arms.iter().find(|(arm, _)| arm == name) else { continue };
            let effective = self.effective(arm);
            for (setting, value) in over.iter() {
                if let Some(found) = obstacle(setting, &effective) {
                    return Err(unused(layer, Some(name.clone()), Some(name), (setting, value), found));
                }
            }
        }
        Ok(())
    }

    fn finish(&self) -> Result<Resolved, SpecError> {
        let shared = complete(None, &self.base, Setting::is_shared)?;
        let arms = self.arms.iter().map(|(name, arm)| {
            let effective = self.effective(arm);
            let values = complete(Some(name), &effective, |setting| !setting.is_shared())?;
            Ok((name.clone(), values))
        });
        Ok(Resolved { arms: arms.collect::<Result<_, SpecError>>()?, shared })
    }
}

fn unused(
    layer: &Layer,
    arm: Option<String>,
    typed_for: Option<&str>,
    (setting, value): (&'static Setting, &Value),
    (condition, found): (Condition, String),
) -> SpecError {
    SpecError::Unused { typed: Box::new(layer.typed(typed_for, setting, value)), arm, condition, found }
}

/// The first condition of `setting` that does not hold, and what holds instead.
pub fn obstacle(setting: &Setting, values: &Values) -> Option<(Condition, String)> {
    setting.used_when.iter().find_map(|condition| {
        let word = word(condition.key, values)?;
        let holds = condition.any_of.contains(&word.as_str());
        (!holds).then(|| (*condition, format!("{} = {word}", condition.key)))
    })
}

/// The value or default of a setting that takes words.
fn word(key: &str, values: &Values) -> Option<String> {
    let given = values.get(key).cloned().or_else(|| match find(key)?.fallback {
        Fallback::Value(text) => parse(text),
        _ => None,
    })?;
    given.as_str().map(ToOwned::to_owned)
}

/// The value written as `text` in TOML.
fn parse(text: &str) -> Option<Value> {
    format!("value = {text}").parse::<toml::Table>().ok()?.remove("value")
}

/// The used settings of `values` for which `wanted` holds, with defaults.
fn complete(
    arm: Option<&str>,
    values: &Values,
    wanted: impl Fn(&Setting) -> bool,
) -> Result<Values, SpecError> {
    let mut complete = Values::default();
    for setting in SETTINGS.iter().filter(|setting| wanted(setting) && obstacle(setting, values).is_none()) {
        let other_way =
            setting.alternatives.iter().any(|&key| key != setting.key && values.get(key).is_some());
        let value = match (values.get(setting.key), setting.fallback) {
            (Some(value), _) => Some(value.clone()),
            (None, Fallback::Value(text)) if !other_way => parse(text).and_then(|v| setting.kind.accept(&v)),
            (None, Fallback::SameAs(key)) => values.get(key).and_then(|value| setting.kind.accept(value)),
            (None, Fallback::Required) => {
                return Err(SpecError::Missing { arm: arm.map(ToOwned::to_owned), setting });
            }
            (None, _) => None,
        };
        if let Some(value) = value {
            complete.set(setting, value);
        }
    }
    Ok(complete)
}

impl Resolved {
    /// The spec that gives the same run again: what arms agree on first, then what is particular to each.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        let mut common = self.shared.clone();
        for setting in SETTINGS.iter().filter(|setting| !setting.is_shared()) {
            if let Some(value) = self.common_value(setting) {
                common.set(setting, value.clone());
            }
        }
        let mut root = common.to_table();
        let mut arms = toml::Table::new();
        for (name, values) in &self.arms {
            let mut own = values.clone();
            own.retain(|setting| common.get(setting.key).is_none());
            arms.insert(name.clone(), Value::Table(own.to_table()));
        }
        root.insert("arms".to_owned(), Value::Table(arms));
        toml::to_string(&root)
    }

    /// The value that every arm has that could have one.
    fn common_value(&self, setting: &Setting) -> Option<&Value> {
        let mut having = self.arms.iter().filter(|(_, arm)| obstacle(setting, arm).is_none());
        let first = having.next()?.1.get(setting.key)?;
        having.all(|(_, arm)| arm.get(setting.key) == Some(first)).then_some(first)
    }
}
