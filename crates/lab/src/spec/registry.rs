//! Every setting of a run on sparse-coding data: the one list that parsing, defaults, suggestions and `explain` read.
//!
//! What a part needs stands beside the part: a slot's entry here stands for the word that chooses the part and
//! for the settings of all its parts. To add a setting of the run as a whole: one entry here, one field in
//! [`typed`](mod@super::typed). A test holds both against each other.

use super::catalogue::{Catalogue, Entry, kept, setting};
use super::renamed::Renamed;
use super::setting::{Condition, Kind, Range, Setting};
use featurescope_sim::augment::AUGMENTATIONS;
use featurescope_sim::data::DATA_LAWS;
use featurescope_sim::head::HEADS;
use featurescope_sim::measure::{CADENCES, MEASUREMENTS};
use featurescope_sim::network::NETWORKS;
use featurescope_sim::objective::{OBJECTIVES, Objective};
use featurescope_sim::train::{ADVERSARIES, BIAS_RULES, OPTIMIZERS, SCHEDULES};

const SAMPLED: Condition = Condition { key: "training.dynamics", any_of: &["sampled"] };
const REDUCED: Condition = Condition { key: "training.dynamics", any_of: &["reduced"] };

fn needs_two_views() -> Vec<Condition> {
    with_objective(|objective| objective.needs().two_views)
}

fn needs_negatives() -> Vec<Condition> {
    with_objective(|objective| objective.needs().negatives)
}

fn has_fast_step() -> Vec<Condition> {
    with_objective(|objective| objective.fast().is_some())
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
    Entry::Setting(setting("experiment", Kind::Text, "", "Name of the experiment. The run directory has it in its name.")
        .absent("the name of the file or experiment that was run")),
    Entry::Setting(setting("seed", Kind::Whole(0, i64::MAX), "1", "Seed of everything random. Equal seeds give equal bytes.")),
    Entry::Slot(&DATA_LAWS),
    Entry::SlotWith(needs_two_views, &AUGMENTATIONS),
    Entry::Slot(&NETWORKS),
    Entry::OptionalSlot(&HEADS),
    Entry::Slot(&OBJECTIVES),
    Entry::OptionalSlot(&ADVERSARIES),
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
         process in the latent_dim + width coordinates that the learner sees. Its cost does not depend on \
         ambient_dim. Without masks it is equal in law. With masks it is the limit for large ambient_dim and even \
         leverages. For a Haar dictionary of 32 atoms the share of dense energy then ends 19, 5 and 2 % too low \
         where ambient_dim is 8, 16 and 32 times latent_dim. It needs plain descent (sgd).",
    )),
    Entry::Setting(setting(
        "training.fork",
        Kind::Text,
        "",
        "ARM@STEP, ARM@t1 or ARM@t2: the arm and the moment at which this one leaves it. Until then this arm is the \
         other one. From there on it has its own settings. The other arm stands before it in the spec. Both see the same \
         samples. If the other arm does not get there, this one is the same all along.",
    )
    .absent("the arm has its own settings from the start")),
    Entry::With(has_fast_step, setting(
        "training.arithmetic",
        Kind::Choice(&["single", "mixed"]),
        "\"single\"",
        "How products are computed. single: in single precision. mixed: from inputs rounded to bfloat16, with sums in \
         single precision. With in-batch negatives it takes W x⁺⁺ from W x and W x⁺. It is faster, most of all on \
         processors that multiply bfloat16 fast. Its results have other bits.",
    )
    .when(&[SAMPLED])),
    Entry::Beside("augmentation.keep_rate", setting(
        "training.mask_jitter",
        Kind::Choice(&["kept", "dropped"]),
        "\"kept\"",
        "What reduced dynamics keeps of the masks' effect on the signal. kept: its first order in \
         latent_dim/ambient_dim. dropped: nothing, as in the limit in which that ratio is zero.",
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
    Entry::Slot(&MEASUREMENTS),
    Entry::Slot(&CADENCES),
    Entry::Setting(setting("measure.samples", Kind::count(2), "512", "Fresh samples behind each cosine and firing rate.")),
    Entry::Setting(setting(
        "measure.potential_per_atom",
        Kind::Number(Range::POSITIVE),
        "3.0",
        "Number of neurons per atom that are expected to start above the threshold of luck (Definition B.1). It sets \
         this threshold. The paper's own constants leave about 0.2 at sizes that fit a computer.",
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
        "s: entries of a target w* are random signs times magnitudes uniform on [1 − s, 1 + s]. By default they are \
         plain signs. A larger spread makes classification harder, because two active atoms may nearly cancel.",
    )),
    Entry::Setting(setting("probe.validation_rows", Kind::count(1), "2000", "Samples that choose the regularisation.")),
    Entry::Setting(setting("probe.test_rows", Kind::count(1), "10000", "Fresh samples behind each score.")),
];

const RENAMED: Renamed = Renamed {
    keys: &[
        ("encoder", "network"),
        ("loss", "objective"),
        ("training.tasks", "objective.tasks"),
        ("training.head_rate_ratio", "objective.head_rate_ratio"),
    ],
    words: &[
        ("training.dynamics", "supervised", "objective.kind = \"regression\""),
        (
            "training.dynamics",
            "reduced_supervised",
            "training.dynamics = \"reduced\" and objective.kind = \"regression\"",
        ),
    ],
};

/// The list as a catalogue.
pub static SPARSE_CODING: Catalogue = Catalogue::new("runs on sparse-coding data", ENTRIES, RENAMED);

/// All settings, in the order in which they are written and explained.
pub fn settings() -> &'static [Setting] {
    SPARSE_CODING.settings()
}

/// The setting with this key.
pub fn find(key: &str) -> Option<&'static Setting> {
    SPARSE_CODING.find(key)
}

/// The key of the setting that a part calls `name`: parts know their own parameters, and not the tables they stand in.
/// `name` itself where no setting has it, or several have.
pub fn in_full(name: &'static str) -> &'static str {
    if find(name).is_some() {
        return name;
    }
    // A part that is refused as a whole is named by its slot, and `noise_directions.count` by its end.
    let is_meant = |key: &&str| {
        let key = key.strip_suffix(".kind").unwrap_or(key);
        key.strip_suffix(name).is_some_and(|table| table.is_empty() || table.ends_with('.'))
    };
    let mut meant = settings().iter().map(|setting| setting.key).filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(key), None) => key,
        _ => name,
    }
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
