//! Every setting there is: the one list that parsing, defaults, suggestions and `explain` read.
//!
//! What a part needs stands beside the part: a slot's entry here stands for the word that chooses the part and
//! for the settings of all its parts. To add a setting of the run as a whole: one entry here, one field in
//! [`typed`](super::typed). A test holds both against each other.

use super::setting::{Condition, Fallback, Kind, Range, Setting};
use featurescope_sim::augment::AUGMENTATIONS;
use featurescope_sim::measure::CADENCES;
use featurescope_sim::network::NETWORKS;
use featurescope_sim::objective::{OBJECTIVES, Objective};
use featurescope_sim::part::{AnySlot, PartOutline, PartSetting};
use featurescope_sim::train::{BIAS_RULES, OPTIMIZERS, SCHEDULES};
use std::sync::{PoisonError, RwLock};

const SAMPLED: Condition = Condition { key: "training.dynamics", any_of: &["sampled"] };
const REDUCED: Condition = Condition { key: "training.dynamics", any_of: &["reduced"] };
const DIRECTED: Condition = Condition { key: "data.noise_directions.kind", any_of: &["random", "file"] };

/// Dimensions are counted in double precision, which tells neighbouring whole numbers apart up to here.
const LARGEST_DIMENSION: i64 = 1 << 53;

const ACTIVITY: &[&str] = &["data.activity", "data.activity_constant", "data.active_count"];
const NOISE: &[&str] = &["data.noise_variance", "data.noise_constant"];
const DIRECTION_VARIANCE: &[&str] =
    &["data.noise_directions.variance", "data.noise_directions.variance_ratio"];

/// A setting that is always used, has a default and no alternatives; the others say how they differ.
const fn setting(key: &'static str, kind: Kind, fallback: &'static str, doc: &'static str) -> Setting {
    Setting { key, kind, fallback: Fallback::Value(fallback), used_when: &[], alternatives: &[], doc }
}

impl Setting {
    const fn when(self, used_when: &'static [Condition]) -> Self {
        Self { used_when, ..self }
    }

    const fn required(self) -> Self {
        Self { fallback: Fallback::Required, ..self }
    }

    const fn absent(self, meaning: &'static str) -> Self {
        Self { fallback: Fallback::Absent(meaning), ..self }
    }

    const fn same_as(self, key: &'static str) -> Self {
        Self { fallback: Fallback::SameAs(key), ..self }
    }

    const fn one_of(self, alternatives: &'static [&'static str]) -> Self {
        Self { alternatives, ..self }
    }

    /// Whether all arms of a run share it: the run itself, its data and its probes.
    pub fn is_shared(&self) -> bool {
        !self.key.contains('.') || self.key.starts_with("data.") || self.key.starts_with("probe.")
    }
}

/// One or several settings of the list.
enum Entry {
    /// A setting of the run as a whole.
    Setting(Setting),
    /// A setting that is used only where the one of this key is, which stands before it.
    Beside(&'static str, Setting),
    /// A setting that is used only with objectives of which this holds.
    With(fn(&mut dyn Objective) -> bool, Setting),
    /// A slot: the word that chooses a part, and the settings of its parts.
    Slot(&'static dyn AnySlot),
    /// A slot that is used only with objectives of which this holds.
    SlotWith(fn(&mut dyn Objective) -> bool, &'static dyn AnySlot),
}

fn needs_two_views(objective: &mut dyn Objective) -> bool {
    objective.needs().two_views
}

fn needs_negatives(objective: &mut dyn Objective) -> bool {
    objective.needs().negatives
}

fn has_fast_step(objective: &mut dyn Objective) -> bool {
    objective.fast().is_some()
}

/// "The objective is one of which this holds", asked of every part of the slot as it is built from an example of
/// its settings; nothing where it holds of all. A part that cannot be built so counts as one.
fn with_objective(holds: fn(&mut dyn Objective) -> bool) -> Vec<Condition> {
    let parts = OBJECTIVES.parts();
    let built =
        parts.iter().map(|part| (part.kind, part.example().and_then(|given| (part.build)(&given, &()))));
    let kinds: Vec<&'static str> = built
        .filter_map(|(kind, built)| {
            built.map_or(true, |mut objective| holds(objective.as_mut())).then_some(kind)
        })
        .collect();
    if kinds.len() == parts.len() {
        return Vec::new();
    }
    vec![Condition { key: "objective.kind", any_of: kept(kinds) }]
}

/// The list, in the order in which settings are written and explained.
static ENTRIES: &[Entry] = &[
    Entry::Setting(setting("experiment", Kind::Text, "", "Name of the experiment; names the run directory.")
        .absent("the name of the file or experiment that was run")),
    Entry::Setting(setting("seed", Kind::Whole(0, i64::MAX), "1", "Seed of everything random. Equal seeds give equal bytes.")),
    Entry::Setting(setting("data.latent_dim", Kind::count(3), "", "Number of atoms of the dictionary M (the paper's d).")
        .required()),
    Entry::Setting(setting("data.ambient_dim", Kind::Whole(3, LARGEST_DIMENSION), "", "Dimension of a sample x (the paper's d1), at least latent_dim.")
        .required()),
    Entry::Setting(setting(
        "data.dictionary.kind",
        Kind::Choice(&["haar", "hadamard", "axes", "file"]),
        "\"haar\"",
        "Where M comes from: uniformly random orthonormal atoms; a randomised Hadamard matrix, whose leverages are \
         all equal (ambient_dim must be a power of two); the first coordinate axes, which break the paper's assumption \
         that atoms are spread over many coordinates: masks then hide whole atoms; or a file.",
    )),
    Entry::Setting(setting(
        "data.dictionary.path",
        Kind::File,
        "",
        "File that holds M: ambient_dim rows and latent_dim orthonormal columns, as .npy or as text.",
    )
    .required()
    .when(&[Condition { key: "data.dictionary.kind", any_of: &["file"] }])),
    Entry::Setting(setting("data.activity", Kind::Number(Range::DRAWN_FRACTION), "", "Pr(z_j ≠ 0) of each atom (the paper's p).")
        .absent("activity_constant or active_count sets it")
        .one_of(ACTIVITY)),
    Entry::Setting(setting(
        "data.activity_constant",
        Kind::Number(Range::POSITIVE),
        "1.0",
        "C_z in the paper's order of magnitude, activity = C_z·ln ln d/d.",
    )
    .one_of(ACTIVITY)),
    Entry::Setting(setting(
        "data.active_count",
        Kind::count(1),
        "",
        "Exactly this many atoms are active in every sample, instead of each one independently.",
    )
    .absent("atoms are active independently")
    .one_of(ACTIVITY)),
    Entry::Setting(setting(
        "data.noise_variance",
        Kind::Number(Range::NON_NEGATIVE),
        "",
        "Variance of each coordinate of the dense noise ξ (the paper's σ²).",
    )
    .absent("noise_constant sets it")
    .one_of(NOISE)),
    Entry::Setting(setting(
        "data.noise_constant",
        Kind::Number(Range::NON_NEGATIVE),
        "0.7",
        "C_σ in the paper's order of magnitude, noise_variance = C_σ·√(ln d)/d.",
    )
    .one_of(NOISE)),
    Entry::Setting(setting(
        "data.noise_directions.kind",
        Kind::Choice(&["none", "random", "file"]),
        "\"none\"",
        "Directions in which the noise is larger (the paper's footnote 1): none; random ones outside the span of M; \
         or those in a file.",
    )),
    Entry::Setting(setting("data.noise_directions.count", Kind::count(1), "1", "Number of random directions.")
        .when(&[Condition { key: "data.noise_directions.kind", any_of: &["random"] }])),
    Entry::Setting(setting(
        "data.noise_directions.path",
        Kind::File,
        "",
        "File with one orthonormal direction per row, ambient_dim columns, as .npy or as text.",
    )
    .required()
    .when(&[Condition { key: "data.noise_directions.kind", any_of: &["file"] }])),
    Entry::Setting(setting(
        "data.noise_directions.variance",
        Kind::Number(Range::NON_NEGATIVE),
        "",
        "Variance of the noise along these directions, at least noise_variance.",
    )
    .absent("variance_ratio sets it")
    .one_of(DIRECTION_VARIANCE)
    .when(&[DIRECTED])),
    Entry::Setting(setting(
        "data.noise_directions.variance_ratio",
        Kind::Number(Range::FROM_ONE),
        "10.0",
        "Variance of the noise along these directions, in units of noise_variance.",
    )
    .one_of(DIRECTION_VARIANCE)
    .when(&[DIRECTED])),
    Entry::SlotWith(needs_two_views, &AUGMENTATIONS),
    Entry::Slot(&NETWORKS),
    Entry::Slot(&OBJECTIVES),
    Entry::Setting(setting("batch.anchors", Kind::count(1), "", "Samples per step (the paper's P).").required()),
    Entry::With(needs_negatives, setting("batch.negatives", Kind::count(1), "", "Fresh negatives per step, shared by all anchors (the paper's N).")
        .required()
        .when(&[Condition { key: "batch.negative_set", any_of: &["fresh"] }])),
    Entry::With(needs_negatives, setting(
        "batch.negative_set",
        Kind::Choice(&["fresh", "in_batch"]),
        "\"fresh\"",
        "Where negatives come from: drawn for the purpose, or the other samples of the batch.",
    )),
    Entry::With(needs_negatives, setting(
        "batch.negative_views",
        Kind::Choice(&["raw", "augmented"]),
        "\"raw\"",
        "Whether negatives are raw samples (the paper) or single views (Remark 2.4).",
    )),
    Entry::Setting(setting(
        "training.dynamics",
        Kind::Choice(&["sampled", "reduced"]),
        "\"sampled\"",
        "How the learner is trained. sampled: on samples drawn in the ambient space. reduced: the same \
         process in the latent_dim + width coordinates that the learner sees, at a cost that does not depend on \
         ambient_dim; equal in law without masks, with masks its limit for large ambient_dim and even leverages: of a \
         Haar dictionary of 32 atoms the share of dense energy ends 19, 5 and 2 % too low where ambient_dim is 8, 16 \
         and 32 times latent_dim. It takes plain descent (sgd) alone.",
    )),
    Entry::Setting(setting(
        "training.fork",
        Kind::Text,
        "",
        "ARM@STEP, ARM@t1 or ARM@t2: until that moment the arm is that other one, written before it; from there on it has its \
         own settings. Both see the same samples. If the other arm does not get there, this one is the same all along.",
    )
    .absent("the arm has its own settings from the start")),
    Entry::With(has_fast_step, setting(
        "training.arithmetic",
        Kind::Choice(&["single", "mixed"]),
        "\"single\"",
        "How products are computed. single: in single precision. mixed: from inputs rounded to bfloat16 with sums in single \
         precision, and with in-batch negatives W x⁺⁺ from W x and W x⁺: faster, most of all on processors that multiply \
         bfloat16 fast; other bits.",
    )
    .when(&[SAMPLED])),
    Entry::Beside("augmentation.keep_rate", setting(
        "training.mask_jitter",
        Kind::Choice(&["kept", "dropped"]),
        "\"kept\"",
        "What reduced dynamics keeps of the masks' effect on the signal: its first order in latent_dim/ambient_dim, or \
         nothing, the limit in which that ratio is zero.",
    )
    .when(&[REDUCED])),
    Entry::Setting(setting("training.steps", Kind::count(0), "", "Number of steps.").required()),
    Entry::Setting(setting("training.learning_rate", Kind::Number(Range::POSITIVE), "0.5", "Learning rate of the weights (the paper's η).")),
    Entry::Slot(&SCHEDULES),
    Entry::Slot(&OPTIMIZERS),
    Entry::Setting(setting(
        "training.weight_decay",
        Kind::Number(Range::NON_NEGATIVE),
        "3e-4",
        "Weight of ‖w‖²/2 in the objective (the paper's λ). 1–2 % of the activity works well, 18 % is slow.",
    )),
    Entry::Setting(setting(
        "training.first_energy_ratio",
        Kind::Number(Range::ABOVE_ONE),
        "64.0",
        "Stage I ends (T1) when every neuron has grown to this multiple of its initial ‖w‖² (the paper's K).",
    )),
    Entry::Setting(setting(
        "training.second_energy_ratio",
        Kind::Number(Range::ABOVE_ONE),
        "",
        "Stage II ends (T2) when some neuron has grown to this multiple of its ‖w‖² at T1.",
    )
    .same_as("data.latent_dim")),
    Entry::Slot(&BIAS_RULES),
    Entry::Slot(&CADENCES),
    Entry::Setting(setting("measure.samples", Kind::count(2), "512", "Fresh samples behind each cosine and firing rate.")),
    Entry::Setting(setting(
        "measure.potential_per_atom",
        Kind::Number(Range::POSITIVE),
        "3.0",
        "Sets the threshold of luck: so many neurons per atom are expected to start above it (Definition B.1; the \
         paper's own constants leave about 0.2 at sizes that fit a computer).",
    )),
    Entry::Setting(setting(
        "probe.labels",
        Kind::counts(1),
        "[200, 1000, 5000]",
        "Numbers of labels that linear probes are fitted on. An empty list: no probes.",
    )),
    Entry::Setting(setting("probe.targets", Kind::count(1), "3", "Number of target vectors w* that scores are averaged over.")),
    Entry::Setting(setting(
        "probe.target_spread",
        Kind::Number(Range::BELOW_ONE),
        "0.0",
        "s: entries of a target w* are random signs times magnitudes uniform on [1 − s, 1 + s]. Plain signs by default; a \
         larger spread makes classification harder, for two active atoms may nearly cancel.",
    )),
    Entry::Setting(setting("probe.validation_rows", Kind::count(1), "2000", "Samples that choose the regularisation.")),
    Entry::Setting(setting("probe.test_rows", Kind::count(1), "10000", "Fresh samples behind each score.")),
];

/// The list that was built last, and of how many parts.
static BUILT: RwLock<(usize, &'static [Setting])> = RwLock::new((0, &[]));

/// All settings, in the order in which they are written and explained. Parts that are added while the program
/// runs bring theirs along.
pub fn settings() -> &'static [Setting] {
    let slots = ENTRIES.iter().filter_map(|entry| match entry {
        Entry::Slot(slot) | Entry::SlotWith(_, slot) => Some(*slot),
        Entry::Setting(_) | Entry::Beside(..) | Entry::With(..) => None,
    });
    let parts = slots.map(AnySlot::part_count).sum();
    let (known, settings) = *BUILT.read().unwrap_or_else(PoisonError::into_inner);
    if known == parts {
        return settings;
    }
    let settings = kept(build());
    *BUILT.write().unwrap_or_else(PoisonError::into_inner) = (parts, settings);
    settings
}

fn build() -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    for entry in ENTRIES {
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
            Entry::With(holds, setting) => {
                let used_when = [with_objective(*holds), setting.used_when.to_vec()].concat();
                settings.push(Setting { used_when: kept(used_when), ..*setting });
            }
            Entry::Slot(slot) => settings.extend(of_slot(*slot, &[])),
            Entry::SlotWith(holds, slot) => settings.extend(of_slot(*slot, kept(with_objective(*holds)))),
        }
    }
    settings
}

/// Keeps something for as long as the program runs: what the list of settings is made of.
fn kept<T>(items: Vec<T>) -> &'static [T] {
    Vec::leak(items)
}

fn kept_text(text: String) -> &'static str {
    String::leak(text)
}

/// The word that chooses a part, then the settings of the parts, each used with the parts that have it.
fn of_slot(slot: &dyn AnySlot, used_when: &'static [Condition]) -> Vec<Setting> {
    let (parts, key) = (slot.outlines(), |name: &str| kept_text(format!("{}.{name}", slot.key())));
    let kind = key("kind");
    let summaries: Vec<String> =
        parts.iter().map(|part| format!("{}: {}.", part.kind, part.summary)).collect();
    let mut settings = vec![Setting {
        key: kind,
        kind: Kind::Choice(kept(parts.iter().map(|part| part.kind).collect())),
        fallback: Fallback::Value(kept_text(format!("\"{}\"", slot.default_kind()))),
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

/// The setting with this key.
pub fn find(key: &str) -> Option<&'static Setting> {
    settings().iter().find(|setting| setting.key == key)
}

/// Whether some setting's key starts with `prefix` and a dot.
pub fn is_table(prefix: &str) -> bool {
    settings()
        .iter()
        .any(|setting| setting.key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')))
}

/// Least similarity (Jaro–Winkler, 0 to 1) of a suggestion; below it a suggestion confuses more than it helps.
const LEAST_SIMILARITY: f64 = 0.8;

/// Of `candidates` the one that `typed` was probably meant to be.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let (mut best, mut best_similarity) = (None, LEAST_SIMILARITY);
    for candidate in candidates {
        // A right name in the wrong table counts nearly as much as a wrong letter.
        let whole = strsim::jaro_winkler(typed, candidate);
        let by_name = 0.99 * strsim::jaro_winkler(&last(typed), &last(candidate));
        let similarity = whole.max(by_name);
        if similarity > best_similarity {
            (best, best_similarity) = (Some(candidate), similarity);
        }
    }
    best
}
