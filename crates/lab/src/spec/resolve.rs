//! From layers to runs and their arms: what holds for each arm, with defaults filled in and nothing left that is not
//! used.
//!
//! A later layer overrides an earlier one; what it says for all arms also overrides what an earlier one said
//! for one arm. A variant lies directly over the layer that holds it; the variants of a later layer replace
//! earlier ones, as a list replaces a list. A setting that no arm uses is an error in the layer that typed
//! it; a setting of an earlier layer that a later layer made useless is dropped.
//!
//! A setting that holds a list stands for one run per value, several lists for all combinations, the first one changing
//! slowest.

use super::Chosen;
use super::catalogue::Catalogue;
use super::error::{LARGEST_SWEEP, Missing, SpecError};
use super::layer::{Layer, Variant};
use super::registry::SPARSE_CODING;
use super::setting::{Condition, Fallback, InToml, Kind, Setting, Written};
use super::values::Values;
use toml::Value;

/// Name of the only arm of a spec without arms.
pub const ONLY_ARM: &str = "main";

/// All values of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// What all arms share.
    pub shared: Values,
    /// The settings of each arm, by name, without what they share.
    pub arms: Vec<(String, Values)>,
}

impl Resolved {
    /// The value of a setting that holds for an arm, its default where it was not given; `None` where the arm
    /// does not use it.
    pub fn value(&self, arm: &str, key: &str) -> Option<&Value> {
        let own = self.arms.iter().find(|(name, _)| name == arm);
        own.and_then(|(_, values)| values.get(key)).or_else(|| self.shared.get(key))
    }
}

/// A value chosen from a list: the key, with `arms.NAME.` in front if it was a list of one arm, and the value.
pub type Choice = (String, Value);

/// One run that the layers describe.
#[derive(Clone, Debug)]
pub struct ResolvedPoint {
    /// Name of its variant.
    pub variant: Option<String>,
    /// What was chosen from the lists.
    pub choices: Vec<Choice>,
    /// Its settings.
    pub resolved: Resolved,
}

/// Joins the layers, the first one being the experiment's file, into every run that they describe.
pub fn resolve(layers: &[Layer]) -> Result<Vec<ResolvedPoint>, SpecError> {
    let mut points = Vec::new();
    let Some(holder) = layers.iter().rposition(|layer| !layer.variants.is_empty()) else {
        merge(layers, None)?.add_points(None, &mut points)?;
        return Ok(points);
    };
    for variant in &layers[holder].variants {
        merge(layers, Some((holder, variant)))?.add_points(Some(&variant.name), &mut points)?;
    }
    Ok(points)
}

/// Joins the layers with a variant of the layer at the given position.
fn merge(layers: &[Layer], variant: Option<(usize, &Variant)>) -> Result<Merged, SpecError> {
    let catalogue = layers.first().map_or(&SPARSE_CODING, |layer| layer.base.catalogue());
    let mut merged = Merged { base: Values::none_of(catalogue), arms: Vec::new() };
    let mut add = |layer: &Layer| {
        merged.add(layer)?;
        merged.refuse_unused(layer)
    };
    for (position, layer) in layers.iter().enumerate() {
        add(layer)?;
        if let Some((_, variant)) = variant.filter(|(holder, _)| *holder == position) {
            add(&variant.layer)?;
        }
    }
    if let Some((_, variant)) = variant.filter(|(_, variant)| !variant.only.is_empty()) {
        merged.keep_only(variant)?;
    }
    Ok(merged)
}

/// What has been typed so far.
#[derive(Clone)]
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
                self.arms.push((ONLY_ARM.to_owned(), Values::none_of(self.base.catalogue())));
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
        for (setting, value) in layer.base.in_order() {
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
            for (setting, value) in over.in_order() {
                if let Some(found) = obstacle(setting, &effective) {
                    return Err(unused(layer, Some(name.clone()), Some(name), (setting, value), found));
                }
            }
        }
        Ok(())
    }

    fn keep_only(&mut self, variant: &Variant) -> Result<(), SpecError> {
        if let Some(unknown) = variant.only.iter().find(|name| !self.arms.iter().any(|(arm, _)| arm == *name))
        {
            let arms = self.arms.iter().map(|(arm, _)| arm.clone()).collect();
            let place = variant.layer.place.clone();
            return Err(SpecError::UnknownArm { arm: unknown.clone(), place, arms });
        }
        self.arms.retain(|(arm, _)| variant.only.contains(arm));
        Ok(())
    }

    /// The lists that are left, by arm; `None` is what all arms share.
    fn lists(&self) -> Vec<(Option<String>, &'static Setting, Vec<Value>)> {
        let places = std::iter::once((None, &self.base))
            .chain(self.arms.iter().map(|(name, values)| (Some(name.clone()), values)));
        let mut lists = Vec::new();
        for (arm, values) in places {
            for (setting, value) in values.iter().filter(|(setting, value)| setting.kind.is_swept(value)) {
                lists.push((arm.clone(), setting, value.as_array().cloned().unwrap_or_default()));
            }
        }
        lists
    }

    /// Adds a point for every combination of the lists' values.
    fn add_points(&self, variant: Option<&str>, points: &mut Vec<ResolvedPoint>) -> Result<(), SpecError> {
        let lists = self.lists();
        let count = lists.iter().fold(1usize, |count, (.., values)| count.saturating_mul(values.len()));
        if count.saturating_add(points.len()) > LARGEST_SWEEP {
            return Err(SpecError::TooManyRuns { count: count.saturating_add(points.len()) });
        }
        for number in 0..count {
            let (mut chosen, mut choices, mut rest) = (self.clone(), Vec::new(), number);
            for (arm, setting, values) in lists.iter().rev() {
                let value = values[rest % values.len()].clone();
                rest /= values.len();
                let key =
                    arm.as_ref().map_or(setting.key.to_owned(), |arm| format!("arms.{arm}.{}", setting.key));
                choices.insert(0, (key, value.clone()));
                let target = match arm {
                    None => Some(&mut chosen.base),
                    Some(arm) => {
                        chosen.arms.iter_mut().find(|(name, _)| name == arm).map(|(_, values)| values)
                    }
                };
                if let Some(target) = target {
                    target.set(setting, value);
                }
            }
            points.push(ResolvedPoint {
                variant: variant.map(ToOwned::to_owned),
                choices,
                resolved: chosen.finish()?,
            });
        }
        Ok(())
    }

    fn finish(&self) -> Result<Resolved, SpecError> {
        let effective: Vec<_> =
            self.arms.iter().map(|(name, arm)| (name.clone(), self.effective(arm))).collect();
        refuse_missing(self.base.catalogue(), &effective)?;
        let shared = complete(&self.base, Setting::is_shared);
        let own = |values: &Values| complete(values, |setting| !setting.is_shared());
        let arms = effective.iter().map(|(name, values)| (name.clone(), own(values))).collect();
        Ok(Resolved { shared, arms })
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
    let given = values.get(key).cloned().or_else(|| match values.catalogue().find(key)?.fallback {
        Fallback::Value(text) => parse(text),
        _ => None,
    })?;
    given.as_str().map(ToOwned::to_owned)
}

/// The value written as `text` in TOML.
fn parse(text: &str) -> Option<Value> {
    format!("value = {text}").parse::<toml::Table>().ok()?.remove("value")
}

/// An error that names every setting without a default that an arm needs and nobody gave.
fn refuse_missing(catalogue: &Catalogue, arms: &[(String, Values)]) -> Result<(), SpecError> {
    let mut missing = Vec::new();
    let required = |setting: &&Setting| matches!(setting.fallback, Fallback::Required);
    for setting in catalogue.settings().iter().filter(required) {
        let lacks =
            |values: &Values| obstacle(setting, values).is_none() && values.get(setting.key).is_none();
        let without: Vec<String> =
            arms.iter().filter(|(_, values)| lacks(values)).map(|(name, _)| name.clone()).collect();
        if without.is_empty() {
            continue;
        }
        let is_of_all = setting.is_shared() || without.len() == arms.len();
        missing.push(Missing { setting, arms: if is_of_all { Vec::new() } else { without } });
    }
    if missing.is_empty() { Ok(()) } else { Err(SpecError::Missing(missing)) }
}

/// The used settings of `values` for which `wanted` holds, with defaults.
fn complete(values: &Values, wanted: impl Fn(&Setting) -> bool) -> Values {
    let mut complete = Values::none_of(values.catalogue());
    let used = |setting: &&Setting| wanted(setting) && obstacle(setting, values).is_none();
    for setting in values.catalogue().settings().iter().filter(used) {
        let other_way =
            setting.alternatives.iter().any(|&key| key != setting.key && values.get(key).is_some());
        let value = match (values.get(setting.key), setting.fallback) {
            (Some(value), _) => Some(value.clone()),
            (None, Fallback::Value(text)) if !other_way => parse(text).and_then(|v| setting.kind.accept(&v)),
            (None, Fallback::SameAs(key)) => values.get(key).and_then(|value| setting.kind.accept(value)),
            (None, _) => None,
        };
        if let Some(value) = value {
            complete.set(setting, value);
        }
    }
    complete
}

/// The default that is a value.
fn default_of(setting: &Setting) -> Option<Value> {
    match setting.fallback {
        Fallback::Value(text) => parse(text).and_then(|value| setting.kind.accept(&value)),
        _ => None,
    }
}

/// What of `values` a written spec has.
fn written(values: &Values) -> Values {
    let mut kept = values.clone();
    kept.retain(|setting| {
        setting.written == Written::Always || values.get(setting.key) != default_of(setting).as_ref()
    });
    kept
}

impl Resolved {
    /// What was chosen: the values that differ from their defaults, without the name of the experiment.
    #[must_use]
    pub fn without_defaults(&self) -> Self {
        let is_chosen = |values: &Values, setting: &'static Setting| {
            setting.key != "experiment" && values.get(setting.key) != default_of(setting).as_ref()
        };
        let chosen = |values: &Values| {
            let mut kept = values.clone();
            kept.retain(|setting| is_chosen(values, setting));
            kept
        };
        let arms = self.arms.iter().map(|(name, values)| (name.clone(), chosen(values)));
        Self { shared: chosen(&self.shared), arms: arms.collect() }
    }

    /// Every setting by its full key, and every arm.
    pub fn entries(&self) -> Vec<Chosen> {
        let listed = |prefix: String, values: &Values| {
            let entry = |(setting, value): (&'static Setting, &Value)| Chosen {
                key: format!("{prefix}{}", setting.key),
                value: value.clone(),
                is_file: matches!(setting.kind, Kind::File),
            };
            values.iter().map(entry).collect::<Vec<_>>()
        };
        let mut entries = listed(String::new(), &self.shared);
        for (name, values) in &self.arms {
            let arm = format!("arms.{name}");
            entries.push(Chosen {
                key: arm.clone(),
                value: Value::Table(toml::Table::new()),
                is_file: false,
            });
            entries.extend(listed(format!("{arm}."), values));
        }
        entries
    }

    /// The spec that gives the same run again: what arms agree on first, then what is particular to each. Defaults are
    /// written out, except those of parts that a run may have or not ([`Written::WhereChosen`]).
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        let mut common = self.shared.clone();
        for setting in common.catalogue().settings().iter().filter(|setting| !setting.is_shared()) {
            if let Some(value) = self.common_value(setting) {
                common.set(setting, value.clone());
            }
        }
        let mut root = written(&common).to_table();
        let mut arms = toml::Table::new();
        for (name, values) in &self.arms {
            let mut own = values.clone();
            own.retain(|setting| common.get(setting.key).is_none());
            arms.insert(name.clone(), Value::Table(written(&own).to_table()));
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
