//! Every setting there is: the one list that parsing, defaults, suggestions and `explain` read.
//!
//! To add a setting: one entry here, one field in [`typed`](super::typed). A test holds both against each other.

use super::setting::{Condition, Fallback, Kind, Range, Setting};

const CONTRASTIVE: Condition = Condition { key: "training.dynamics", any_of: &["sampled", "reduced"] };
const SAMPLED: Condition = Condition { key: "training.dynamics", any_of: &["sampled"] };
const REDUCED: Condition = Condition { key: "training.dynamics", any_of: &["reduced"] };
const SUPERVISED: Condition =
    Condition { key: "training.dynamics", any_of: &["supervised", "reduced_supervised"] };
const MASKED: Condition =
    Condition { key: "augmentation.kind", any_of: &["random_mask", "disjoint_masks", "independent_masks"] };
const STAGED: Condition = Condition { key: "bias.kind", any_of: &["staged"] };
const TRAINED: Condition = Condition { key: "bias.kind", any_of: &["trained"] };
const RESET: Condition = Condition { key: "bias.kind", any_of: &["staged", "trained"] };
const DIRECTED: Condition = Condition { key: "data.noise_directions.kind", any_of: &["random", "file"] };
const COSINE: Condition = Condition { key: "training.schedule.kind", any_of: &["cosine"] };
const DROPS: Condition = Condition { key: "training.schedule.kind", any_of: &["drops"] };

/// `bias.reset` of a staged bias that is not given. The paper's 1 loses neurons at sizes that fit a computer.
pub const STAGED_RESET: f64 = 0.8;

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

/// All settings, in the order in which they are written and explained.
pub const SETTINGS: &[Setting] = &[
    setting("experiment", Kind::Text, "", "Name of the experiment; names the run directory.")
        .absent("the name of the file or experiment that was run"),
    setting("seed", Kind::Whole(0, i64::MAX), "1", "Seed of everything random. Equal seeds give equal bytes."),
    setting("data.latent_dim", Kind::count(3), "", "Number of atoms of the dictionary M (the paper's d).")
        .required(),
    setting("data.ambient_dim", Kind::Whole(3, LARGEST_DIMENSION), "", "Dimension of a sample x (the paper's d1), at least latent_dim.")
        .required(),
    setting(
        "data.dictionary.kind",
        Kind::Choice(&["haar", "hadamard", "axes", "file"]),
        "\"haar\"",
        "Where M comes from: uniformly random orthonormal atoms; a randomised Hadamard matrix, whose leverages are \
         all equal (ambient_dim must be a power of two); the first coordinate axes, which break the paper's assumption \
         that atoms are spread over many coordinates: masks then hide whole atoms; or a file.",
    ),
    setting(
        "data.dictionary.path",
        Kind::File,
        "",
        "File that holds M: ambient_dim rows and latent_dim orthonormal columns, as .npy or as text.",
    )
    .required()
    .when(&[Condition { key: "data.dictionary.kind", any_of: &["file"] }]),
    setting("data.activity", Kind::Number(Range::DRAWN_FRACTION), "", "Pr(z_j ≠ 0) of each atom (the paper's p).")
        .absent("activity_constant or active_count sets it")
        .one_of(ACTIVITY),
    setting(
        "data.activity_constant",
        Kind::Number(Range::POSITIVE),
        "1.0",
        "C_z in the paper's order of magnitude, activity = C_z·ln ln d/d.",
    )
    .one_of(ACTIVITY),
    setting(
        "data.active_count",
        Kind::count(1),
        "",
        "Exactly this many atoms are active in every sample, instead of each one independently.",
    )
    .absent("atoms are active independently")
    .one_of(ACTIVITY),
    setting(
        "data.noise_variance",
        Kind::Number(Range::NON_NEGATIVE),
        "",
        "Variance of each coordinate of the dense noise ξ (the paper's σ²).",
    )
    .absent("noise_constant sets it")
    .one_of(NOISE),
    setting(
        "data.noise_constant",
        Kind::Number(Range::NON_NEGATIVE),
        "0.7",
        "C_σ in the paper's order of magnitude, noise_variance = C_σ·√(ln d)/d.",
    )
    .one_of(NOISE),
    setting(
        "data.noise_directions.kind",
        Kind::Choice(&["none", "random", "file"]),
        "\"none\"",
        "Directions in which the noise is larger (the paper's footnote 1): none; random ones outside the span of M; \
         or those in a file.",
    ),
    setting("data.noise_directions.count", Kind::count(1), "1", "Number of random directions.")
        .when(&[Condition { key: "data.noise_directions.kind", any_of: &["random"] }]),
    setting(
        "data.noise_directions.path",
        Kind::File,
        "",
        "File with one orthonormal direction per row, ambient_dim columns, as .npy or as text.",
    )
    .required()
    .when(&[Condition { key: "data.noise_directions.kind", any_of: &["file"] }]),
    setting(
        "data.noise_directions.variance",
        Kind::Number(Range::NON_NEGATIVE),
        "",
        "Variance of the noise along these directions, at least noise_variance.",
    )
    .absent("variance_ratio sets it")
    .one_of(DIRECTION_VARIANCE)
    .when(&[DIRECTED]),
    setting(
        "data.noise_directions.variance_ratio",
        Kind::Number(Range::FROM_ONE),
        "10.0",
        "Variance of the noise along these directions, in units of noise_variance.",
    )
    .one_of(DIRECTION_VARIANCE)
    .when(&[DIRECTED]),
    setting(
        "augmentation.kind",
        Kind::Choice(&["random_mask", "disjoint_masks", "independent_masks", "none"]),
        "\"random_mask\"",
        "How a sample becomes two views. random_mask: complementary masks, 2Dx and 2(I−D)x (the paper). \
         disjoint_masks: each view keeps keep_rate of the coordinates, overlapping as little as possible. \
         independent_masks: each view keeps keep_rate, drawn independently. none: both views are the sample.",
    )
    .when(&[CONTRASTIVE]),
    setting(
        "augmentation.keep_rate",
        Kind::Number(Range::DRAWN_FRACTION),
        "0.5",
        "Probability that a view (with random_mask: the anchor) keeps a coordinate. The paper has 1/2.",
    )
    .when(&[CONTRASTIVE, MASKED]),
    setting(
        "encoder.kind",
        Kind::Choice(&["sym_relu"]),
        "\"sym_relu\"",
        "The activation. sym_relu: ReLU(⟨w,x⟩ − b) − ReLU(−⟨w,x⟩ − b).",
    ),
    setting("encoder.width", Kind::count(1), "", "Number of neurons (the paper's m).").required(),
    setting(
        "encoder.initial_norm",
        Kind::Number(Range::SQUARABLE),
        "0.05",
        "Expected norm of a neuron at the start, σ_0·√d1. Too large a value saturates stage I.",
    ),
    setting(
        "loss.kind",
        Kind::Choice(&["info_nce", "spectral"]),
        "\"info_nce\"",
        "The contrastive loss: InfoNCE on un-normalised embeddings (the paper), or the spectral contrastive loss.",
    )
    .when(&[CONTRASTIVE]),
    setting("loss.temperature", Kind::Number(Range::POSITIVE), "1.0", "Temperature of InfoNCE (the paper's τ).")
        .when(&[CONTRASTIVE, Condition { key: "loss.kind", any_of: &["info_nce"] }]),
    setting(
        "loss.stop_gradient",
        Kind::Choice(&["targets", "nowhere"]),
        "\"targets\"",
        "targets: no gradient flows into positives and negatives (the paper's StopGrad). nowhere: it flows everywhere.",
    )
    .when(&[CONTRASTIVE]),
    setting("batch.anchors", Kind::count(1), "", "Samples per step (the paper's P).").required(),
    setting("batch.negatives", Kind::count(1), "", "Fresh negatives per step, shared by all anchors (the paper's N).")
        .required()
        .when(&[CONTRASTIVE, Condition { key: "batch.negative_set", any_of: &["fresh"] }]),
    setting(
        "batch.negative_set",
        Kind::Choice(&["fresh", "in_batch"]),
        "\"fresh\"",
        "Where negatives come from: drawn for the purpose, or the other samples of the batch.",
    )
    .when(&[CONTRASTIVE]),
    setting(
        "batch.negative_views",
        Kind::Choice(&["raw", "augmented"]),
        "\"raw\"",
        "Whether negatives are raw samples (the paper) or single views (Remark 2.4).",
    )
    .when(&[CONTRASTIVE]),
    setting(
        "training.dynamics",
        Kind::Choice(&["sampled", "reduced", "supervised", "reduced_supervised"]),
        "\"sampled\"",
        "What is trained, and how. sampled: the contrastive learner on samples drawn in the ambient space. reduced: the same \
         process in the latent_dim + width coordinates that the learner sees, at a cost that does not depend on \
         ambient_dim; equal in law without masks, with masks its limit for large ambient_dim and even leverages: of a \
         Haar dictionary of 32 atoms the share of dense energy ends 19, 5 and 2 % too low where ambient_dim is 8, 16 \
         and 32 times latent_dim. supervised, reduced_supervised: the same encoder under a linear head on regression tasks y = ⟨w*, z⟩.",
    ),
    setting(
        "training.fork",
        Kind::Text,
        "",
        "ARM@STEP, ARM@t1 or ARM@t2: until that moment the arm is that other one, written before it; from there on it has its \
         own settings. Both see the same samples. If the other arm does not get there, this one is the same all along.",
    )
    .absent("the arm has its own settings from the start"),
    setting(
        "training.arithmetic",
        Kind::Choice(&["single", "mixed"]),
        "\"single\"",
        "How products are computed. single: in single precision. mixed: from inputs rounded to bfloat16 with sums in single \
         precision, and with in-batch negatives W x⁺⁺ from W x and W x⁺: faster, most of all on processors that multiply \
         bfloat16 fast; other bits.",
    )
    .when(&[SAMPLED]),
    setting(
        "training.mask_jitter",
        Kind::Choice(&["kept", "dropped"]),
        "\"kept\"",
        "What reduced dynamics keeps of the masks' effect on the signal: its first order in latent_dim/ambient_dim, or \
         nothing, the limit in which that ratio is zero.",
    )
    .when(&[REDUCED, MASKED]),
    setting("training.steps", Kind::count(0), "", "Number of steps.").required(),
    setting("training.learning_rate", Kind::Number(Range::POSITIVE), "0.5", "Learning rate of the weights (the paper's η)."),
    setting(
        "training.schedule.kind",
        Kind::Choice(&["constant", "cosine", "drops"]),
        "\"constant\"",
        "How the learning rate changes: not at all, along half a cosine over all steps, or by a factor at given steps.",
    ),
    setting(
        "training.schedule.final_fraction",
        Kind::Number(Range::FRACTION),
        "0.0",
        "Learning rate at the end of the cosine, as a fraction of the initial one.",
    )
    .when(&[COSINE]),
    setting("training.schedule.at", Kind::counts(1), "", "Steps at which the learning rate drops.")
        .required()
        .when(&[DROPS]),
    setting("training.schedule.factor", Kind::Number(Range::POSITIVE_FRACTION), "0.1", "Factor of each drop.")
        .when(&[DROPS]),
    setting(
        "training.weight_decay",
        Kind::Number(Range::NON_NEGATIVE),
        "3e-4",
        "Weight of ‖w‖²/2 in the objective (the paper's λ). 1–2 % of the activity works well, 18 % is slow.",
    ),
    setting(
        "training.first_energy_ratio",
        Kind::Number(Range::ABOVE_ONE),
        "64.0",
        "Stage I ends (T1) when every neuron has grown to this multiple of its initial ‖w‖² (the paper's K).",
    ),
    setting(
        "training.second_energy_ratio",
        Kind::Number(Range::ABOVE_ONE),
        "",
        "Stage II ends (T2) when some neuron has grown to this multiple of its ‖w‖² at T1.",
    )
    .same_as("data.latent_dim"),
    setting("training.tasks", Kind::count(1), "", "Number of regression tasks, at least latent_dim.")
        .same_as("data.latent_dim")
        .when(&[SUPERVISED]),
    setting(
        "training.head_rate_ratio",
        Kind::Number(Range::POSITIVE),
        "1.0",
        "Learning rate of the head over that of the weights.",
    )
    .when(&[SUPERVISED]),
    setting(
        "bias.kind",
        Kind::Choice(&["zero", "trained", "staged"]),
        "\"staged\"",
        "How thresholds move: never; by gradient descent (footnote 4); or by the paper's schedule from T1 on. At zero the map \
         stays linear and no neuron becomes a single atom.",
    ),
    setting(
        "bias.reset",
        Kind::Number(Range::POSITIVE),
        "",
        "Bias at T1 in units of √(2 ln d/d)·‖w‖, zero before. The paper has 1.",
    )
    .absent("staged: 0.8; trained: there is no reset, biases are trained from the start")
    .when(&[RESET]),
    setting(
        "bias.growth",
        Kind::Number(Range::NON_NEGATIVE),
        "0.05",
        "A step multiplies biases by 1 + growth·η/d, unless norms grow faster (κ). The paper has 1; at finite size a \
         slower race loses fewer neurons.",
    )
    .when(&[STAGED]),
    setting("bias.cap", Kind::Number(Range::POSITIVE), "0.45", "Largest bias over norm.").when(&[STAGED]),
    setting("bias.learning_rate", Kind::Number(Range::POSITIVE), "", "Learning rate of trained biases (η_b).")
        .required()
        .when(&[TRAINED]),
    setting(
        "measure.cadence.kind",
        Kind::Choice(&["every", "logarithmic"]),
        "\"every\"",
        "When to measure, besides step 0, T1, T2 and the end: at equal or at equal logarithmic distances.",
    ),
    setting("measure.cadence.steps", Kind::count(1), "10", "Steps between measurements.")
        .when(&[Condition { key: "measure.cadence.kind", any_of: &["every"] }]),
    setting("measure.cadence.per_decade", Kind::count(1), "20", "Measurements per factor of ten in steps.")
        .when(&[Condition { key: "measure.cadence.kind", any_of: &["logarithmic"] }]),
    setting("measure.samples", Kind::count(2), "512", "Fresh samples behind each cosine and firing rate."),
    setting(
        "measure.potential_per_atom",
        Kind::Number(Range::POSITIVE),
        "3.0",
        "Sets the threshold of luck: so many neurons per atom are expected to start above it (Definition B.1; the \
         paper's own constants leave about 0.2 at sizes that fit a computer).",
    ),
    setting(
        "probe.labels",
        Kind::counts(1),
        "[200, 1000, 5000]",
        "Numbers of labels that linear probes are fitted on. An empty list: no probes.",
    ),
    setting("probe.targets", Kind::count(1), "3", "Number of target vectors w* that scores are averaged over."),
    setting(
        "probe.target_spread",
        Kind::Number(Range::BELOW_ONE),
        "0.0",
        "s: entries of a target w* are random signs times magnitudes uniform on [1 − s, 1 + s]. Plain signs by default; a \
         larger spread makes classification harder, for two active atoms may nearly cancel.",
    ),
    setting("probe.validation_rows", Kind::count(1), "2000", "Samples that choose the regularisation."),
    setting("probe.test_rows", Kind::count(1), "10000", "Fresh samples behind each score."),
];

/// The setting with this key.
pub fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// Whether some setting's key starts with `prefix` and a dot.
pub fn is_table(prefix: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')))
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
