//! Words that tell settings of one kind and size apart: the rungs of a ladder over P look alike otherwise.

use crate::claim::measure::ArmSetting;
use crate::paper::{Idleness, Role};
use std::collections::BTreeMap;

/// Settings that would have the same label.
type Kind = (Role, Option<Idleness>, usize, usize, bool);

/// A number of a setting.
type Trait = fn(&ArmSetting) -> f64;

/// What may differ between settings of one kind and size: a letter or word, and the value.
const TRAITS: [(&str, Trait); 7] = [
    ("P", |setting| setting.anchors as f64),
    ("τ", |setting| setting.temperature),
    ("λ", |setting| setting.weight_decay),
    ("C_σ", |setting| (1e3 * setting.noise_constant).round() / 1e3),
    ("m", |setting| setting.width as f64),
    ("N", |setting| setting.negatives as f64),
    ("steps", |setting| setting.steps as f64),
];

/// Gives every setting the words that tell it from others of its kind and size: where it differs from what most
/// of them have.
pub(super) fn tell_apart<'a>(settings: impl Iterator<Item = &'a mut ArmSetting>) {
    let settings: Vec<&mut ArmSetting> = settings.collect();
    let mut kinds: BTreeMap<Kind, BTreeMap<String, ArmSetting>> = BTreeMap::new();
    for setting in &settings {
        kinds.entry(kind(setting)).or_default().entry(name(setting)).or_insert_with(|| (**setting).clone());
    }
    let words: BTreeMap<Kind, BTreeMap<String, String>> =
        kinds.into_iter().map(|(kind, settings)| (kind, apart(&settings))).collect();
    for setting in settings {
        let apart = &words[&kind(setting)][&name(setting)];
        setting.apart.clone_from(apart);
    }
}

fn kind(setting: &ArmSetting) -> Kind {
    (setting.role, setting.idleness, setting.latent_dim, setting.ambient_dim, setting.reduced)
}

/// Its traits, by which equal settings are equal.
fn name(setting: &ArmSetting) -> String {
    TRAITS.map(|(_, value)| value(setting).to_string()).join(" ")
}

/// The words of settings of one kind, by name.
fn apart(settings: &BTreeMap<String, ArmSetting>) -> BTreeMap<String, String> {
    let usual: Vec<f64> = TRAITS.iter().map(|(_, value)| most_common(settings.values().map(value))).collect();
    let words = |setting: &ArmSetting| {
        let differs = TRAITS.iter().zip(&usual).filter(|((_, value), usual)| value(setting) != **usual);
        differs.map(|((word, value), _)| format!(" {word} = {}", value(setting))).collect::<Vec<_>>().concat()
    };
    settings.iter().map(|(name, setting)| (name.clone(), words(setting))).collect()
}

/// The value that most have; of several the smallest.
fn most_common(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let groups = sorted.chunk_by(|a, b| a == b);
    groups.rev().max_by_key(|group| group.len()).map_or(f64::NAN, |group| group[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_common_value_is_the_usual_one() {
        assert_eq!(most_common([2.0, 1.0, 2.0, 3.0].into_iter()), 2.0);
        assert_eq!(most_common([3.0, 1.0].into_iter()), 1.0);
    }
}
