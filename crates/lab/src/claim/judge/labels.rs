//! Words that tell settings of one kind and size apart: the rungs of a ladder over P look alike otherwise.

use crate::claim::measure::{ArmSetting, Sizes};
use crate::paper::{Idleness, Role};
use std::collections::{BTreeMap, BTreeSet};

/// Settings that would have the same label: their size, or the experiment of those without one.
type Kind = (Role, Option<Idleness>, Option<(usize, usize, bool)>, Option<String>);

/// A number of a setting.
type Trait = fn(&Sizes) -> f64;

/// What may differ between settings of one kind and size: a letter or word, and the value.
const TRAITS: [(&str, Trait); 7] = [
    ("P", |sizes| sizes.anchors as f64),
    ("τ", |sizes| sizes.temperature),
    ("λ", |sizes| sizes.weight_decay),
    ("C_σ", |sizes| (1e3 * sizes.noise_constant).round() / 1e3),
    ("m", |sizes| sizes.width as f64),
    ("N", |sizes| sizes.negatives as f64),
    ("steps", |sizes| sizes.steps as f64),
];

/// Gives every setting the words that tell it from others of its kind and size: where it differs from what most
/// of them have, or, without sizes, every setting that is not the same in all of them.
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
    let size = setting.sizes.map(|sizes| (sizes.latent_dim, sizes.ambient_dim, sizes.reduced));
    let experiment = size.is_none().then(|| setting.experiment.clone());
    (setting.role, setting.idleness, size, experiment)
}

/// Its traits, by which equal settings are equal.
fn name(setting: &ArmSetting) -> String {
    match &setting.sizes {
        Some(sizes) => TRAITS.map(|(_, value)| value(sizes).to_string()).join(" "),
        None => format!("{:?}", setting.key),
    }
}

/// The words of settings of one kind, by name.
fn apart(settings: &BTreeMap<String, ArmSetting>) -> BTreeMap<String, String> {
    let sizes: Vec<Sizes> = settings.values().filter_map(|setting| setting.sizes).collect();
    let usual: Vec<f64> = TRAITS.iter().map(|(_, value)| most_common(sizes.iter().map(value))).collect();
    let varied = varied(settings);
    let words = |setting: &ArmSetting| match &setting.sizes {
        Some(sizes) => {
            let differs = TRAITS.iter().zip(&usual).filter(|((_, value), usual)| value(sizes) != **usual);
            differs.map(|((word, value), _)| format!(" {word} = {}", value(sizes))).collect::<String>()
        }
        None => {
            let own = setting.settings.iter().filter(|(key, _)| varied.contains(*key));
            own.map(|(key, value)| format!(" {key} = {value}")).collect()
        }
    };
    settings.iter().map(|(name, setting)| (name.clone(), words(setting))).collect()
}

/// The settings that are not the same in all of these.
fn varied(settings: &BTreeMap<String, ArmSetting>) -> BTreeSet<String> {
    let Some(first) = settings.values().next() else { return BTreeSet::new() };
    let differing = settings.values().flat_map(|other| first.settings.differing(&other.settings));
    differing.map(str::to_owned).collect()
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
