//! Every setting of a run on pictures: the one list that parsing, defaults, suggestions and `explain` read.
//!
//! What a part needs stands beside the part. To add a setting of the run as a whole: one entry here, one field in the
//! struct of its table in [`settings`](super). A test holds both against each other.

use crate::adversary::ADVERSARIES;
use crate::data::PICTURES;
use crate::network::NETWORKS;
use crate::objective::OBJECTIVES;
use crate::views::AUGMENTATIONS;
use featurescope_lab::spec::Catalogue;
use featurescope_lab::spec::catalogue::{Entry, setting};
use featurescope_lab::spec::renamed::Renamed;
use featurescope_sim::part::{Kind, Range};

/// The list, in the order in which settings are written and explained.
static ENTRIES: &[Entry] = &[
    Entry::Setting(
        setting("experiment", Kind::Text, "", "Name of the experiment; names the run directory.")
            .absent("the name of the file or experiment that was run"),
    ),
    Entry::Setting(setting(
        "seed",
        Kind::Whole(0, i64::MAX),
        "1",
        "Seed of everything random: which pictures, initial weights, their order, their views. Equal seeds give \
         equal bytes. All arms of a run see the same pictures in the same order.",
    )),
    Entry::Setting(setting(
        "device",
        Kind::Choice(&["cpu", "wgpu"]),
        "\"cpu\"",
        "Where networks compute: on the processor, or on a graphics card through Vulkan, Metal or DX12, where the \
         program was built with --features images-wgpu. Another device makes other bits.",
    )),
    Entry::Slot(&PICTURES),
    Entry::Setting(
        setting(
            "data.train",
            Kind::count(20),
            "",
            "Pictures to train on; where they are read from files, the seed chooses them.",
        )
        .required(),
    ),
    Entry::Setting(
        setting("data.test", Kind::count(10), "", "Pictures that probes are scored on, chosen likewise.")
            .required(),
    ),
    Entry::Setting(
        setting(
            "probe.pictures",
            Kind::count(20),
            "",
            "Training pictures that the linear probe is fitted on, at most data.train.",
        )
        .required(),
    ),
    Entry::Setting(setting(
        "probe.neighbours",
        Kind::count(1),
        "10",
        "Training pictures that vote on a test picture; fewer if a class has fewer.",
    )),
    Entry::Slot(&NETWORKS),
    Entry::Slot(&AUGMENTATIONS),
    Entry::Slot(&ADVERSARIES),
    Entry::Slot(&OBJECTIVES),
    Entry::Setting(
        setting("training.epochs", Kind::count(1), "", "Times that every training picture is seen.")
            .required(),
    ),
    Entry::Setting(
        setting("training.batch", Kind::count(2), "", "Pictures of a step, at most data.train.").required(),
    ),
    Entry::Setting(setting(
        "training.learning_rate",
        Kind::Number(Range::POSITIVE),
        "0.1",
        "Largest learning rate. It falls to 0 along a half cosine.",
    )),
    Entry::Setting(setting(
        "training.warmup",
        Kind::Number(Range::NON_NEGATIVE),
        "1.0",
        "Epochs over which the learning rate first rises linearly from 0.",
    )),
    Entry::Setting(setting(
        "training.momentum",
        Kind::Number(Range::BELOW_ONE),
        "0.9",
        "Momentum of the descent.",
    )),
    Entry::Setting(setting(
        "training.weight_decay",
        Kind::Number(Range::NON_NEGATIVE),
        "5e-4",
        "Pull of the weights to 0, added to their gradient. Shifts and normalisation are not pulled.",
    )),
    Entry::Setting(setting(
        "training.arithmetic",
        Kind::Choice(&["single", "mixed"]),
        "\"single\"",
        "How the products of layers are computed while training. single: in single precision. mixed: from factors \
         rounded to bfloat16, with sums in single precision. All else, and everything that is measured, is in single \
         precision.",
    )),
    Entry::Setting(setting("measure.every", Kind::count(1), "1", "Epochs between two measurements.")),
    Entry::Setting(setting(
        "measure.features",
        Kind::count(1),
        "24",
        "Units of the last layer that get a picture, and that their chroma share is averaged over.",
    )),
    Entry::Setting(setting(
        "measure.feature_steps",
        Kind::count(0),
        "64",
        "Ascent steps of a unit's picture. 0: no pictures of units.",
    )),
];

/// What earlier versions called otherwise.
const RENAMED: Renamed = Renamed {
    keys: &[
        ("seeds", "seed"),
        ("views", "augmentation.kind"),
        ("strength", "augmentation.strength"),
        ("blur", "augmentation.blur"),
        ("keep_rate", "augmentation.keep_rate"),
        ("patch", "augmentation.patch"),
        ("training.objective", "objective"),
        ("data.size", "data.pictures.size"),
        ("data.classes", "data.pictures.classes"),
        ("data.path", "data.pictures.path"),
        ("measure.probe", "probe.pictures"),
        ("measure.neighbours", "probe.neighbours"),
    ],
    words: &[
        ("objective.stop_gradient", "candidates", "objective.stop_gradient = \"targets\""),
        ("objective.stop_gradient", "none", "objective.stop_gradient = \"nowhere\""),
    ],
};

/// The list as a catalogue.
pub static CATALOGUE: Catalogue = Catalogue::new("runs on pictures", ENTRIES, RENAMED);
